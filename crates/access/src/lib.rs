//! May they: the access decision, a pure function of person, device, sign-in and policy, with its reasons.
//!
//! No I/O, no clock: [`Facts`] and a [`Policy`] go in, a [`Decision`] comes out, the same every time, and with it every
//! question that was asked on the way and how it was answered. The questions come in the order in which Exchange asks
//! them ([`Question`]). [`what_if`] compares two policies over many facts before one of them goes live.
//!
//! What is not known is said to be unknown, and never opens a door: an unknown fact satisfies no condition of an `allow`
//! rule. It satisfies those of a `quarantine` rule, which is for devices that have yet to show what they are, and none of
//! a `block` rule, so that nobody is shut out for something nobody knows; a rule's `unknown` key says otherwise.
//!
//! To add a condition: its fact in [`facts`], its variant and its check in [`condition`], its key in `file.rs`, its line in
//! `template.toml`. The laws in `tests/laws.rs` hold for it without a change.

pub mod condition;
mod decide;
pub mod facts;
mod file;
mod glob;
pub mod limits;
mod network;
pub mod os;
mod policy;
pub mod version;
mod what_if;

pub use condition::{Answer, Condition};
pub use decide::{Decision, Question, Reason, Step, decide};
pub use facts::{AccountOnDevice, Device, DevicePolicy, Exemption, Facts, Person, SignIn, Standing};
pub use file::{PolicyError, TEMPLATE};
pub use glob::Glob;
pub use network::Network;
pub use policy::{Kind, Policy, Rule, SecondAccount, Unknown, Verdict};
pub use what_if::{Difference, Totals, what_if};
