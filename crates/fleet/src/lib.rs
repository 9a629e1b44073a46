//! What an enrolled device needs so that its native Contacts app uses the managed, contacts-only account: configuration
//! profiles, declarations, Outlook's app configuration; and what is wrong with a profile, ours or anybody's.
//!
//! Documents in, documents and findings out: nothing here asks a clock, draws at random, signs, or talks to anything.
//! The words that the rooms of device management share stand here too: [`enrolment`] and [`delivery`].
//!
//! [`profile`] and [`declaration`] write; [`schema`] is Apple's table of keys, which says what may be written; [`lint`]
//! reads with [`document`] and judges by the table and by what is known of devices; [`outlook`] is the one app whose
//! configuration matters here.

pub mod declaration;
pub mod delivery;
pub mod document;
pub mod enrolment;
pub mod limits;
pub mod lint;
pub mod outlook;
pub mod profile;
pub mod schema;
