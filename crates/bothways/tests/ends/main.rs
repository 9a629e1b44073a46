//! From end to end: the real program, the simulated iPhone and an Outlook-side program, over real HTTP.
//!
//! | file | what it shows |
//! | --- | --- |
//! | `both_sides` | what either side does, the other shows |
//! | `properties` | all 61 properties travel unchanged; the table in `docs/lenses.md` is what is observed here |
//! | `crashes` | the server killed at random points: nothing acknowledged is lost, nothing doubled |
//! | `bad_input` | what no client should send, full disks and second servers |
//! | `sign_in` | every way an iPhone signs in, and what ends a sign-in |
//! | `house` | the program under test, and the people in it |
//! | `outlook` | a client of the Graph path |
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod bad_input;
mod both_sides;
mod crashes;
mod house;
mod outlook;
mod properties;
mod sign_in;
