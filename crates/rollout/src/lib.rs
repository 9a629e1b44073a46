//! A rollout over a fleet: who may get the contacts account, when, in which order, what proves that it works, and the
//! way back.
//!
//! [`inventory`] says which devices there are, [`readiness`] which of them may, [`plan`] who comes when; [`state`] is
//! how far each is, as a value; [`driver`] carries it out over whatever reaches the devices. [`message`] tells people
//! beforehand, [`status`] shows administrators where it stands.
//!
//! Pure but for the driver's traits: the clock is handed in, ids are made of what is written down. The crate never knows
//! how devices are reached or what is in a profile.

mod configuration;
mod digest;
pub mod documents;
pub mod driver;
pub mod inventory;
pub mod limits;
pub mod message;
pub mod plan;
pub mod readiness;
pub mod state;
pub mod status;
mod text;
