//! Where the ActiveSync address of an e-mail address is, in the two ways clients ask.

pub mod v1;
pub mod v2;

/// The path of the ActiveSync address; iOS uses no other, whatever it is told.
pub const ACTIVESYNC_PATH: &str = "/Microsoft-Server-ActiveSync";
