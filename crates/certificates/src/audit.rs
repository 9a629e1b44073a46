//! What the audit hears of certificates. Neither challenges nor keys are in it.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use identity::AuditEvent;
use ledger::{AccountId, tables::certificates::Certificate as Row};

use crate::limits;

/// A certificate was issued by command.
pub(crate) fn issued(row: &Row) -> AuditEvent {
    of_certificate("certificate-issued", row).with("not_after", row.not_after)
}

/// A certificate was revoked; `reason` is the number in lists.
pub(crate) fn revoked(row: &Row, reason: i64) -> AuditEvent {
    of_certificate("certificate-revoked", row).with("reason", reason)
}

/// A challenge was made.
pub(crate) fn challenge_made(account: AccountId, label: &str, expires_at: i64) -> AuditEvent {
    let event = AuditEvent { account: Some(account), ..AuditEvent::new("scep-challenge-made") };
    event.with("label", label).with("expires_at", expires_at)
}

/// Somebody got a certificate by SCEP, in place of the one with the number `renews` if there is one.
pub(crate) fn enrolled(row: &Row, renews: Option<&str>, network: Option<IpAddr>) -> AuditEvent {
    let event = of_certificate("scep-enrolment", row).with("not_after", row.not_after);
    let event = AuditEvent { network, ..event };
    match renews {
        Some(serial) => event.with("renews", serial),
        None => event,
    }
}

/// Somebody got none. `account` is whose challenge or certificate they showed, when they showed one.
pub(crate) fn not_enrolled(outcome: String, account: Option<AccountId>, network: Option<IpAddr>) -> AuditEvent {
    AuditEvent { account, outcome, network, ..AuditEvent::new("scep-enrolment") }
}

fn of_certificate(event: &'static str, row: &Row) -> AuditEvent {
    let event = AuditEvent { account: Some(row.account), ..AuditEvent::new(event) };
    event.with("serial", row.serial.as_str()).with("label", row.label.as_str())
}

/// Counts refusals of people unknown, so that whoever asks without end does not fill the audit.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// Microseconds since 1970.
    since: i64,
    refused: u32,
}

impl Strangers {
    /// Whether one more is written down.
    pub(crate) fn one_more(&self, now: i64) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !(0..limits::REFUSALS_AUDITED_TIME).contains(&now.saturating_sub(counted.since)) {
            *counted = Counted { since: now, refused: 0 };
        }
        counted.refused = counted.refused.saturating_add(1);
        counted.refused <= limits::REFUSALS_AUDITED_MAX
    }
}
