//! What it takes to wake a device, sealed in the ledger.

use fleet::enrolment::EnrolmentId;
use identity::Identity;
use ledger::{
    LedgerError,
    tables::mdm_enrolments::{self, Enrolment as Row},
};
use serde::{Deserialize, Serialize};

use super::Register;
use crate::{checkin::Token, limits};

/// What push tokens are sealed for.
const PUSH: &str = "mdm push";

/// Where a device can be woken.
#[derive(Clone, PartialEq, Eq)]
pub struct WakeAddress {
    /// Whom.
    pub device: EnrolmentId,
    /// Topic.
    pub topic: String,
    /// Token.
    pub token: Vec<u8>,
    /// PushMagic.
    pub magic: String,
    /// As it is kept, to know later whether it still is.
    pub(crate) kept: Vec<u8>,
}

impl WakeAddress {
    /// Where a device can be woken that no register knows: for those who try a way to wake devices.
    #[must_use]
    pub fn new(device: EnrolmentId, topic: String, token: Vec<u8>, magic: String) -> Self {
        Self { device, topic, token, magic, kept: Vec::new() }
    }
}

impl std::fmt::Debug for WakeAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WakeAddress").field("device", &self.device).field("topic", &self.topic).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    topic: String,
    token: Vec<u8>,
    magic: String,
}

pub(super) fn seal(identity: &Identity, token: &Token) -> Vec<u8> {
    let kept = Kept { topic: token.topic.clone(), token: token.token.clone(), magic: token.magic.clone() };
    identity.seal(PUSH, &serde_json::to_vec(&kept).unwrap_or_default())
}

impl Register {
    fn open_address(&self, row: &Row) -> Option<WakeAddress> {
        let sealed = row.push.as_ref().filter(|_| !row.push_gone)?;
        let kept: Kept = serde_json::from_slice(&self.identity().open(PUSH, sealed).ok()?).ok()?;
        let device = EnrolmentId::parse(&row.enrolment)?;
        Some(WakeAddress { device, topic: kept.topic, token: kept.token, magic: kept.magic, kept: sealed.clone() })
    }

    /// Where a device can be woken; `None` when it cannot.
    pub(crate) async fn wake_address(&self, device: &EnrolmentId) -> Result<Option<WakeAddress>, LedgerError> {
        let device = device.clone();
        let row = self.ledger().read(move |tx| mdm_enrolments::get(tx, device.as_str())).await?;
        Ok(row.and_then(|row| self.open_address(&row)))
    }

    /// Devices that have something left to do and were not woken lately.
    pub(crate) async fn to_wake(&self) -> Result<Vec<WakeAddress>, LedgerError> {
        let again = i64::try_from(limits::PUSH_AGAIN.as_micros()).unwrap_or(i64::MAX);
        let before = self.now().saturating_sub(again);
        let rows = self.ledger().read(move |tx| mdm_enrolments::to_wake(tx, before, limits::PUSH_AT_ONCE)).await?;
        Ok(rows.iter().filter_map(|row| self.open_address(row)).collect())
    }

    /// Notes that a device was woken, or (`gone`) cannot be until it brings another token.
    pub(crate) async fn note_pushed(&self, address: &WakeAddress, gone: bool) -> Result<(), LedgerError> {
        let (device, kept, now) = (address.device.clone(), address.kept.clone(), self.now());
        self.ledger().write(move |tx| mdm_enrolments::put_pushed(tx, (device.as_str(), &kept), now, gone)).await
    }
}
