//! One device of a rollout: what it is, where it stands, what it may have by us.

use fleet::{
    delivery::{Order, OrderId},
    enrolment::EnrolmentId,
};
use jiff::{SignedDuration, Timestamp};
use plist::Dictionary;
use serde::{Deserialize, Serialize};

use super::{
    failure::Failure,
    ladder::{
        Account, AccountStep, Attempts, Cleared, Confirmed, ExportOff, ExportStep, Failed, Gone, ProfileName,
        RemoveStep, Removed, RestoreStep, RollBack, Rung, Way,
    },
    order::{self, Placed, Purpose, Stage},
};
use crate::{
    configuration::{Before, Fingerprint},
    documents::Documents,
    inventory::{Device, Managed},
    limits::PATIENCE_DOUBLINGS_MAX,
    plan::Settings,
    readiness::{Floor, Reason, existing_account},
};

/// What a device has, or may have, by this rollout: what a way back has to look after.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traces {
    /// Outlook's configuration before, once it was read.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "read")]
    pub(super) before: Option<Before>,
    /// What Outlook's configuration was to become; set as soon as that was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wanted: Option<Fingerprint>,
    /// What it was to be put back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restored: Option<Fingerprint>,
    /// The contacts profile; set as soon as it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<ProfileName>,
    /// The same, kept after its removal: an order to install that was under way may still arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_profile: Option<ProfileName>,
    /// When it was first ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) profile_since: Option<Timestamp>,
    /// The orders that brought it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) installs: Vec<OrderId>,
}

/// `None` is "not read"; a read `None` is "Outlook had none": two things that JSON's null would make one.
mod read {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::configuration::Before;

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(before: &Option<Before>, serializer: S) -> Result<S::Ok, S::Error> {
        before.as_ref().map(|before| [before]).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Before>, D::Error> {
        Ok(Option::<[Before; 1]>::deserialize(deserializer)?.map(|[before]| before))
    }
}

/// One device of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// What is known of it.
    pub device: Device,
    /// Its wave's place; `None`: no wave wants it.
    pub wave: Option<usize>,
    pub(super) rung: Rung,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<Placed>,
    /// Orders written down so far; numbers the next.
    #[serde(default)]
    pub(super) issued: u32,
    /// Questions in a row without an answer.
    #[serde(default)]
    pub(super) unanswered: u32,
    /// When anything was last heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) heard: Option<Timestamp>,
    /// How it was enrolled before it left: it comes back under the same id only in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enrolled_before: Option<Managed>,
    #[serde(default)]
    pub(super) traces: Traces,
}

/// What a device needs from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its person is to be told.
    Tell,
    /// An order is to be written down.
    Order,
    /// An order written down is to be given, perhaps again.
    Give,
}

impl Member {
    pub(super) fn new(device: Device, wave: Option<usize>, held: Vec<Reason>) -> Self {
        let rung = if held.is_empty() { Rung::Planned } else { Rung::HeldBack(held) };
        let (order, heard, traces) = (None, None, Traces::default());
        Self { device, wave, rung, order, issued: 0, unanswered: 0, heard, enrolled_before: None, traces }
    }

    /// Where it stands.
    #[must_use]
    pub fn rung(&self) -> &Rung {
        &self.rung
    }

    /// The order under way, if there is one.
    #[must_use]
    pub fn order(&self) -> Option<&Placed> {
        self.order.as_ref()
    }

    /// Moves to another rung. What was under way is not waited for any more.
    pub(super) fn to(&mut self, rung: Rung) {
        self.rung = rung;
        self.order = None;
        self.unanswered = 0;
    }

    pub(super) fn fail(&mut self, failure: Failure, at: Timestamp) {
        let rolling_back = matches!(self.rung, Rung::RollingBack(_));
        self.to(Rung::Failed(Failed { failure, at, rolling_back }));
    }

    /// It is not under management any more: what management had installed left with it.
    pub(super) fn left(&mut self, at: Timestamp) {
        if self.device.managed != Managed::No {
            self.enrolled_before = Some(self.device.managed);
        }
        self.device.managed = Managed::No;
        self.traces = Traces::default();
        match &mut self.rung {
            Rung::HeldBack(reasons) if reasons.contains(&Reason::NotEnrolled) => {}
            Rung::HeldBack(reasons) => reasons.push(Reason::NotEnrolled),
            Rung::RollingBack(_) | Rung::RolledBack(_) => {
                self.to(Rung::RolledBack(Removed::now(Gone::LeftManagement, at)));
            }
            _ => self.to(Rung::HeldBack(vec![Reason::NotEnrolled])),
        }
    }

    /// It enrolled, perhaps again: nothing that was installed before is there any more.
    pub(super) fn enrolled(&mut self, at: Timestamp) {
        if self.device.managed == Managed::No {
            self.device.managed = self.enrolled_before.take().unwrap_or_default();
        }
        match &mut self.rung {
            Rung::HeldBack(reasons) => {
                reasons.retain(|reason| *reason != Reason::NotEnrolled);
                if reasons.is_empty() {
                    self.to(Rung::Planned);
                }
            }
            Rung::Planned | Rung::Told(_) | Rung::Failed(_) | Rung::RolledBack(_) => {}
            Rung::RollingBack(_) => {
                self.traces = Traces::default();
                self.to(Rung::RolledBack(Removed::now(Gone::LeftManagement, at)));
            }
            _ => {
                self.traces.profile = None;
                self.traces.profile_since = None;
                self.to(Rung::Told(at));
            }
        }
    }

    /// Takes back what was done, or may have been done.
    pub(super) fn roll_back(&mut self, now: Timestamp) {
        match &self.rung {
            Rung::RollingBack(_) | Rung::RolledBack(_) => {}
            _ if self.traces.profile.is_some() => self.remove_account(),
            Rung::HeldBack(_) | Rung::Planned | Rung::Told(_) if self.traces.wanted.is_none() => {}
            _ => self.restore(Removed::now(Gone::NeverOrdered, now)),
        }
    }

    pub(super) fn remove_account(&mut self) {
        let attempts = Attempts::default();
        self.to(Rung::RollingBack(RollBack::Account { step: RemoveStep::Removing, attempts }));
    }

    /// Goes on to Outlook once the account is gone; done if Outlook was never touched.
    pub(super) fn restore(&mut self, removed: Removed) {
        self.traces.profile = None;
        self.traces.profile_since = None;
        let (step, attempts) = (RestoreStep::Restoring, Attempts::default());
        match self.traces.wanted {
            Some(_) => self.to(Rung::RollingBack(RollBack::Outlook { removed, step, attempts })),
            None => self.rolled_back(removed),
        }
    }

    pub(super) fn rolled_back(&mut self, removed: Removed) {
        self.traces.wanted = None;
        self.traces.restored = None;
        self.traces.before = None;
        self.to(Rung::RolledBack(removed));
    }

    /// Begins turning the export off. What was read before is kept: by now it may be our own configuration that is there.
    pub(super) fn turn_export_off(&mut self, way: Way) {
        let read = self.traces.before.is_some() || !way.answers;
        let step = if read { ExportStep::Setting } else { ExportStep::Reading };
        self.to(Rung::ExportOff(ExportOff { step, attempts: Attempts::default() }));
    }

    fn bring_account(&mut self, cleared: Cleared, floor: Floor) {
        self.to(Rung::Account(Account::begin(cleared, floor)));
    }

    /// What forbids going on with the account, whatever was planned: the version that counts now, enrolment, an account
    /// that would make the profile fail.
    fn forbidden(&self, settings: &Settings) -> Option<Reason> {
        if self.device.managed == Managed::No {
            return Some(Reason::NotEnrolled);
        }
        match Floor::reached(&self.device.versions) {
            Err(reason @ Reason::BelowFloor { .. }) => return Some(reason),
            // One that can be asked is asked before anything else.
            Err(reason) if !matches!(self.rung, Rung::Planned | Rung::Told(_) | Rung::Examining(_)) => {
                return Some(reason);
            }
            _ => {}
        }
        // Once ours is ordered, the account that it lists is ours.
        if self.traces.profile.is_some() { None } else { existing_account(&self.device, &settings.host) }
    }

    /// Holds back a device that must not go on, and takes back what it may have got.
    fn keep_safe(&mut self, settings: &Settings, now: Timestamp) {
        if matches!(self.rung, Rung::HeldBack(_) | Rung::Failed(_) | Rung::RollingBack(_) | Rung::RolledBack(_)) {
            return;
        }
        let Some(reason) = self.forbidden(settings) else { return };
        if self.traces.profile.is_some() || self.traces.wanted.is_some() {
            self.roll_back(now);
        } else {
            self.to(Rung::HeldBack(vec![reason]));
        }
    }

    /// Goes as far as evidence and time allow. `serving`: its wave is open and nothing is paused; without, only evidence counts.
    pub(super) fn advance(&mut self, now: Timestamp, way: Way, settings: &Settings, serving: bool) -> Option<Need> {
        self.keep_safe(settings, now);
        if let Rung::Account(account) = &self.rung
            && account.proven(way)
        {
            let account = account.clone();
            self.to(Rung::Done(account));
        }
        let back = matches!(self.rung, Rung::RollingBack(_));
        if !back && !serving {
            return None;
        }
        self.climb(now, way, settings);
        self.chase(now, way, settings.patience);
        match (&self.rung, &self.order) {
            (Rung::Planned, _) => Some(Need::Tell),
            (_, Some(Placed { stage: Stage::Intended, .. })) => Some(Need::Give),
            (rung, None) => rung.purpose().map(|_| Need::Order),
            _ => None,
        }
    }

    /// Rungs that time alone opens.
    fn climb(&mut self, now: Timestamp, way: Way, settings: &Settings) {
        match &self.rung {
            Rung::Told(at) if now.duration_since(*at) >= settings.notice => {
                let known = self.device.versions.first_hand().is_some() && self.device.eas_device_identifier.is_some();
                if way.answers && !known {
                    self.to(Rung::Examining(Attempts::default()));
                } else {
                    self.turn_export_off(way);
                }
            }
            Rung::CleaningUp(confirmed) => {
                let floor = Floor::reached(&self.device.versions).ok();
                if let Some((cleared, floor)) = confirmed.waited(settings.clean_up, now).zip(floor) {
                    self.bring_account(cleared, floor);
                }
            }
            Rung::RollingBack(RollBack::Outlook { removed, step: RestoreStep::Restoring, .. }) if !way.answers => {
                // Nothing can be read back: given is as far as it gets.
                if matches!(self.order, Some(Placed { stage: Stage::Given(_), .. })) {
                    let removed = removed.clone();
                    self.rolled_back(removed);
                }
            }
            _ => {}
        }
    }

    /// Asks how things stand when an answer is overdue: it may be lost although the device did what it was told.
    fn chase(&mut self, now: Timestamp, way: Way, patience: SignedDuration) {
        if !way.answers || !self.overdue(now, patience) {
            return;
        }
        let unanswered = self.unanswered.saturating_add(1);
        self.look();
        self.order = None;
        self.unanswered = unanswered;
    }

    fn overdue(&self, now: Timestamp, patience: SignedDuration) -> bool {
        let Some(order) = &self.order else { return false };
        let patience = patience.saturating_mul(1 << self.unanswered.min(PATIENCE_DOUBLINGS_MAX));
        let long_since = |at: Timestamp| now.duration_since(at) > patience;
        match order.stage {
            Stage::Intended => false,
            // An acknowledged question whose answer did not come.
            Stage::Delivered(at) | Stage::Acknowledged(at) => long_since(at),
            // Waiting for the device, unless it has been here since and the word of it was lost.
            Stage::Given(at) | Stage::NotNow(at) => {
                long_since(at) && self.heard.is_some_and(|heard| heard.duration_since(at) > patience)
            }
        }
    }

    /// Goes from a change to the question whether it holds; stays at a question.
    pub(super) fn look(&mut self) {
        self.order = None;
        match &mut self.rung {
            Rung::ExportOff(off) if off.step == ExportStep::Setting => off.step = ExportStep::ReadingBack,
            Rung::Account(account) if account.step == AccountStep::Installing => account.step = AccountStep::Listing,
            Rung::RollingBack(RollBack::Account { step, .. }) => *step = RemoveStep::Listing,
            Rung::RollingBack(RollBack::Outlook { step, .. }) => *step = RestoreStep::ReadingBack,
            _ => {}
        }
    }

    /// Tries a change, or a question, once more; after that it has failed.
    pub(super) fn again(&mut self, failure: Failure, at: Timestamp) {
        self.order = None;
        let another = match &mut self.rung {
            Rung::ExportOff(off) => off.attempts.another().map(|attempts| {
                let step = if off.step == ExportStep::Reading { ExportStep::Reading } else { ExportStep::Setting };
                *off = ExportOff { step, attempts };
            }),
            Rung::Account(account) => account.attempts.another().map(|attempts| {
                (account.step, account.attempts) = (AccountStep::Installing, attempts);
            }),
            Rung::RollingBack(RollBack::Account { step, attempts }) => {
                attempts.another().map(|more| (*step, *attempts) = (RemoveStep::Removing, more))
            }
            Rung::RollingBack(RollBack::Outlook { step, attempts, .. }) => {
                attempts.another().map(|more| (*step, *attempts) = (RestoreStep::Restoring, more))
            }
            Rung::Examining(attempts) => attempts.another().map(|more| *attempts = more),
            _ => Some(()),
        };
        if another.is_none() {
            self.fail(failure, at);
        }
    }

    /// Writes the next order down. Its name depends on what is written down only.
    pub(super) fn place(&mut self, rollout: &str, now: Timestamp) {
        let Some(purpose) = self.rung.purpose() else { return };
        self.issued = self.issued.saturating_add(1);
        let id = order::name(rollout, &self.device.id, self.issued, purpose);
        self.order = Some(Placed { id, purpose, at: now, stage: Stage::Intended });
    }

    /// Makes the order that is written down, and notes what it leaves on the device. `Ok(None)`: it turned out not to be
    /// needed.
    pub(super) fn make<D: Documents>(
        &mut self,
        documents: &D,
        rollout: &str,
        now: Timestamp,
    ) -> Result<Option<(OrderId, Order)>, Failure> {
        let Some(placed) = self.order.clone() else { return Ok(None) };
        let bundle_id = || documents.outlook_bundle_id().to_owned();
        let configure = |configuration| Order::ConfigureApp { bundle_id: bundle_id(), configuration };
        let order = match placed.purpose {
            Purpose::Examine => Order::DeviceInformation,
            Purpose::ReadBefore | Purpose::ReadExportOff | Purpose::ReadRestored => {
                Order::ReadAppConfiguration { bundle_id: bundle_id() }
            }
            Purpose::TurnExportOff => match self.wanted(documents, placed.at) {
                Some(wanted) => configure(Some(wanted)),
                None => return Ok(None),
            },
            Purpose::InstallAccount => return self.install(documents, rollout, now),
            Purpose::ListAccount | Purpose::ListRemoved => Order::ListProfiles,
            Purpose::RemoveAccount => match &self.traces.profile {
                Some(profile) => Order::RemoveProfile(profile.identifier.clone()),
                None => return Ok(None),
            },
            Purpose::RestoreOutlook => configure(self.restoration(documents)),
        };
        Ok(Some((placed.id, order)))
    }

    /// The configuration to set; `None` when it is there already, which counts as read back.
    fn wanted<D: Documents>(&mut self, documents: &D, read: Timestamp) -> Option<Dictionary> {
        let before = self.traces.before.as_ref().and_then(|before| before.0.as_ref());
        let wanted = documents.export_off(&self.device, before);
        let fingerprint = Fingerprint::of(Some(&wanted));
        let untouched = self.traces.wanted.is_none() && before.is_some();
        self.traces.wanted = Some(fingerprint.clone());
        if let Some(confirmed) =
            before.filter(|_| untouched).and_then(|before| Confirmed::read_back(&fingerprint, Some(before), read))
        {
            self.to(Rung::CleaningUp(confirmed));
            return None;
        }
        Some(wanted)
    }

    fn restoration<D: Documents>(&mut self, documents: &D) -> Option<Dictionary> {
        let restoration = match &self.traces.before {
            Some(before) => before.0.clone(),
            None => documents.export_before(&self.device),
        };
        self.traces.restored = Some(Fingerprint::of(restoration.as_ref()));
        restoration
    }

    /// The order to install. Written down with one version of the profile and given with another it would be another
    /// order, so it gets another name.
    fn install<D: Documents>(
        &mut self,
        documents: &D,
        rollout: &str,
        now: Timestamp,
    ) -> Result<Option<(OrderId, Order)>, Failure> {
        let Rung::Account(account) = &self.rung else { return Ok(None) };
        let profile = documents.contacts_profile(&self.device).map_err(|error| Failure::Document(error.0))?;
        let order = account.install(profile.bytes);
        let newer = self.traces.profile.as_ref().is_some_and(|known| *known != profile.name);
        if newer {
            self.place(rollout, now);
        }
        let Some(placed) = &self.order else { return Ok(None) };
        self.traces.last_profile = Some(profile.name.clone());
        self.traces.profile = Some(profile.name);
        self.traces.profile_since.get_or_insert(placed.at);
        if !self.traces.installs.contains(&placed.id) {
            self.traces.installs.push(placed.id.clone());
        }
        Ok(Some((placed.id.clone(), order)))
    }

    /// Orders written down so far.
    #[must_use]
    pub fn orders_so_far(&self) -> u32 {
        self.issued
    }

    /// The id that management knows it by.
    #[must_use]
    pub fn id(&self) -> &EnrolmentId {
        &self.device.id
    }
}
