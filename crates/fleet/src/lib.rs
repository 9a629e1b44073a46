//! What an enrolled device needs so that its native Contacts app uses the managed, contacts-only account: configuration
//! profiles, declarations, Outlook's app configuration; and what is wrong with a profile, ours or anybody's.
//!
//! Documents in, documents and findings out: nothing here asks a clock, draws at random, signs, or talks to anything.
//! The words that the rooms of device management share stand here too: [`enrolment`] and [`delivery`].

pub mod delivery;
pub mod enrolment;
