//! What the managed side of the phone did, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts since the phone was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ManagedCounters {
    /// Check-in messages sent, by MessageType.
    pub check_ins: BTreeMap<&'static str, u64>,
    /// Connections to the command queue.
    pub connections: u64,
    /// Commands carried out, by RequestType.
    pub commands: BTreeMap<String, u64>,
    /// Commands answered with an error.
    pub errors: u64,
    /// Commands put off.
    pub not_now: u64,
    /// Answers that were not sent although the command was carried out.
    pub acknowledgements_dropped: u64,
    /// Declarations fetched.
    pub declarations_fetched: u64,
    /// Status reports sent.
    pub status_reports: u64,
    /// Times the person was asked to sign in.
    pub sign_ins_asked: u64,
    /// Times the person did.
    pub sign_ins: u64,
    /// Exports that wrote contacts.
    pub exports: u64,
    /// SCEP enrolments that brought a certificate.
    pub scep_enrolments: u64,
    /// Times the device left management by itself or by command.
    pub unenrolments: u64,
}
