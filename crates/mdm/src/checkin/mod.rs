//! What a device says when it enrolls, brings a token, leaves, or asks for declarations (Apple: "Check-in").

pub mod message;

pub use message::{CheckIn, Device, Introduction, Message, Token};
