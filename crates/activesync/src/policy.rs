//! The rules an administrator may demand of devices (MS-ASPROV 2.2.2.28 EASProvisionDoc).

use wbxml::{Writer, pages::provision as p};

/// Rules for devices. A device that cannot keep them is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// A passcode of at least this many characters; none is demanded when missing.
    pub passcode_length_min: Option<u8>,
    /// Letters beside digits in the passcode.
    pub passcode_alphanumeric: bool,
    /// Seconds without use until the device locks.
    pub lock_after_seconds: Option<u32>,
    /// Wrong passcodes until the device erases itself.
    pub failed_attempts_max: Option<u8>,
    /// The device must encrypt what it stores.
    pub encryption: bool,
}

impl Policy {
    /// Writes the rules. Without a passcode rule all passcode rules are off.
    pub(crate) fn write(&self, w: &mut Writer) {
        let flag = |on: bool| if on { "1" } else { "0" };
        w.text(p::DEVICE_PASSWORD_ENABLED, flag(self.passcode_length_min.is_some()));
        if let Some(length) = self.passcode_length_min {
            w.text(p::ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED, flag(self.passcode_alphanumeric));
            w.text(p::MIN_DEVICE_PASSWORD_LENGTH, &length.to_string());
            if let Some(seconds) = self.lock_after_seconds {
                w.text(p::MAX_INACTIVITY_TIME_DEVICE_LOCK, &seconds.to_string());
            }
            if let Some(attempts) = self.failed_attempts_max {
                w.text(p::MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS, &attempts.to_string());
            }
            w.text(p::ALLOW_SIMPLE_DEVICE_PASSWORD, "1");
        }
        w.text(p::REQUIRE_DEVICE_ENCRYPTION, flag(self.encryption));
    }
}
