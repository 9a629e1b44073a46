//! `com.apple.applicationaccess`: managed contacts stay away from personal apps.
//!
//! Several of these payloads may stand side by side, but a key that two of them set has an unforeseeable value. So this
//! one has our keys and no others.

use super::{
    contacts::Installation,
    payload::{Names, Payload},
};
use crate::enrolment::Enrolment;

/// The payload for a device that is enrolled like this.
///
/// `allowOpenFromManagedToUnmanaged` is the master switch: while it is true the two contact keys do nothing. They are
/// MDM's alone, and in User Enrollment one of them would have the whole profile rejected.
pub(super) fn payload(names: &Names, enrolment: Enrolment, installation: Installation) -> Payload {
    let mut payload =
        Payload::new(names, "com.apple.applicationaccess", "restrictions", "Company contacts stay in company apps")
            .flag("allowOpenFromManagedToUnmanaged", false);
    if installation == Installation::Mdm {
        payload = payload.flag("allowUnmanagedToReadManagedContacts", false);
        if enrolment != Enrolment::User {
            payload = payload.flag("allowManagedToWriteUnmanagedContacts", false);
        }
    }
    payload
}
