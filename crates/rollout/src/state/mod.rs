//! The state of a rollout: a value that events are folded into and that says what to do next. It asks no clock, gives no
//! orders itself, and says the same again when nothing happened.

pub mod control;
pub mod document;
pub mod failure;
mod fold;
pub mod ladder;
mod member;
pub mod order;
pub mod waves;

use std::collections::BTreeMap;

use fleet::{
    delivery::{Logged, Order, OrderId},
    enrolment::EnrolmentId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use member::Member;
pub use waves::{Phase, WaveState};

use self::{
    failure::Failure,
    ladder::{Rung, Way},
    member::Need,
    order::Stage,
};
use crate::{
    documents::Documents,
    inventory::Inventory,
    limits::{ORDERS_PER_STEP_MAX, ORDERS_UNDER_WAY_MAX, TOLD_PER_STEP_MAX},
    plan::{Plan, Settings, Wave},
};

/// A rollout: its plan and how far every device is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    id: String,
    settings: Settings,
    waves: Vec<Wave>,
    phases: Vec<WaveState>,
    /// The newest event that was taken.
    position: i64,
    paused: bool,
    members: BTreeMap<EnrolmentId, Member>,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Devices whose person is to be told.
    pub tell: Vec<EnrolmentId>,
    /// Devices with an order written down that is to be given; giving it twice is giving it once.
    pub give: Vec<EnrolmentId>,
}

/// A device that may have synced: the hub is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncQuestion {
    /// Which.
    pub device: EnrolmentId,
    /// Whose.
    pub person: String,
    /// Its ActiveSync DeviceId.
    pub eas_device_identifier: String,
    /// Syncs before this do not count: they are another account's.
    pub since: Timestamp,
}

impl Rollout {
    /// A rollout of a plan, not begun: every wave waits. `id` names it and its orders; never use one twice.
    #[must_use]
    pub fn new(id: &str, plan: &Plan, inventory: &Inventory, settings: Settings) -> Self {
        let member = |(id, planned): (&EnrolmentId, &crate::plan::Planned)| {
            let device = inventory.get(id)?.clone();
            Some((id.clone(), Member::new(device, planned.wave, planned.readiness.held.clone())))
        };
        Self {
            id: id.to_owned(),
            settings,
            waves: plan.waves.clone(),
            phases: plan.waves.iter().map(|_| WaveState::default()).collect(),
            position: 0,
            paused: false,
            members: plan.devices.iter().filter_map(member).collect(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it waits.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The newest event that was taken.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Nothing new is ordered, except to take things back.
    #[must_use]
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// Its devices.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// One of them; `None` when it is not part of the rollout.
    #[must_use]
    pub fn member(&self, id: &EnrolmentId) -> Option<&Member> {
        self.members.get(id)
    }

    /// The waves, and how far each is.
    pub fn waves(&self) -> impl Iterator<Item = (&Wave, &WaveState)> {
        self.waves.iter().zip(&self.phases)
    }

    /// Takes an event. False: it was taken before, or is of a device that is not part of this.
    pub fn fold(&mut self, logged: &Logged, way: Way) -> bool {
        if logged.position <= self.position {
            return false;
        }
        self.position = logged.position;
        let Some(member) = self.members.get_mut(&logged.device) else { return false };
        let Ok(at) = Timestamp::from_microsecond(logged.at) else { return false };
        member.fold(&logged.event, at, &self.settings.host, way);
        true
    }

    /// The devices whose account lacks only what the hub sees.
    #[must_use]
    pub fn sync_questions(&self) -> Vec<SyncQuestion> {
        let question = |member: &Member| {
            let Rung::Account(account) = &member.rung else { return None };
            account.synced().is_none().then_some(())?;
            Some(SyncQuestion {
                device: member.device.id.clone(),
                person: member.device.person.clone()?,
                eas_device_identifier: member.device.eas_device_identifier.clone()?,
                since: member.traces.profile_since?,
            })
        };
        self.members.values().filter_map(question).collect()
    }

    /// Takes that the hub saw a sync of a device's account. One from before the account was ordered is another's.
    pub fn synced(&mut self, device: &EnrolmentId, at: Timestamp) {
        let Some(member) = self.members.get_mut(device) else { return };
        if let Rung::Account(account) = &mut member.rung
            && member.traces.profile_since.is_some_and(|since| at >= since)
        {
            account.synced = Some(at);
        }
    }

    /// Takes that a device's person was told.
    pub fn told(&mut self, device: &EnrolmentId, at: Timestamp) {
        if let Some(member) = self.members.get_mut(device)
            && member.rung == Rung::Planned
        {
            member.to(Rung::Told(at));
        }
    }

    /// Goes on as far as evidence and time allow: opens, passes and stops waves, and writes the orders down that are due.
    /// Asked again without news it says the same orders again, under the same names.
    pub fn advance(&mut self, now: Timestamp, way: Way) -> Work {
        let mut work = self.advance_members(now, way);
        if self.turn_waves(now) {
            // A wave opened or stopped: what is due changed.
            work = self.advance_members(now, way);
        }
        work
    }

    fn advance_members(&mut self, now: Timestamp, way: Way) -> Work {
        let mut work = Work::default();
        let mut under_way = self.members.values().filter(|member| under_way(member, way)).count();
        for (id, member) in &mut self.members {
            let open = member.wave.and_then(|wave| self.phases.get(wave)).is_some_and(WaveState::serves);
            let need = member.advance(now, way, &self.settings, open && !self.paused);
            let room = work.give.len() < ORDERS_PER_STEP_MAX;
            match need {
                Some(Need::Tell) if work.tell.len() < TOLD_PER_STEP_MAX => work.tell.push(id.clone()),
                Some(Need::Give) if room => work.give.push(id.clone()),
                Some(Need::Order) if room && under_way < ORDERS_UNDER_WAY_MAX => {
                    member.place(&self.id, now);
                    under_way += 1;
                    work.give.push(id.clone());
                }
                _ => {}
            }
        }
        work
    }

    /// Makes a device's order that is written down. `None`: it turned out not to be needed, or could not be made, which
    /// the device's state then says. Save the state before giving the order.
    pub fn make<D: Documents>(
        &mut self,
        device: &EnrolmentId,
        documents: &D,
        now: Timestamp,
    ) -> Option<(OrderId, Order)> {
        let member = self.members.get_mut(device)?;
        member.make(documents, &self.id, now).unwrap_or_else(|failure| {
            member.fail(failure, now);
            None
        })
    }

    /// Takes that the way to the devices has an order.
    pub fn given(&mut self, device: &EnrolmentId, id: &OrderId, at: Timestamp) {
        let Some(member) = self.members.get_mut(device) else { return };
        if let Some(order) = member.order.as_mut().filter(|order| order.id == *id && order.stage == Stage::Intended) {
            order.stage = Stage::Given(at);
        }
    }

    /// Takes that the way to the devices will not take an order.
    pub fn refused(&mut self, device: &EnrolmentId, why: &str, at: Timestamp) {
        if let Some(member) = self.members.get_mut(device) {
            member.fail(Failure::Refused(why.to_owned()), at);
        }
    }

    /// Takes that the way to the devices does not know a device.
    pub fn not_enrolled(&mut self, device: &EnrolmentId, at: Timestamp) {
        if let Some(member) = self.members.get_mut(device) {
            member.left(at);
        }
    }
}

/// Where no answers come, an order is never known to have ended, so it does not count.
fn under_way(member: &Member, way: Way) -> bool {
    way.answers && member.order.as_ref().is_some_and(|order| order.stage != Stage::Intended)
}
