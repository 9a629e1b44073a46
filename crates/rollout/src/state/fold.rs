//! What happened, taken into a device's state. Events may come twice, late, in another order or never: an answer counts
//! only for the order that is under way.

use fleet::delivery::{DeviceError, Event, ListedProfile, OrderId, ReportedAccount};
use jiff::Timestamp;
use plist::Dictionary;

use super::{
    failure::Failure,
    ladder::{AccountStep, Confirmed, ExportStep, Gone, Removed, RollBack, Rung, Switches, Way},
    member::Member,
    order::{Purpose, Stage},
};
use crate::{
    configuration::{Before, Fingerprint},
    inventory::device::same_address,
};

impl Member {
    /// Takes an event of this device.
    pub(super) fn fold(&mut self, event: &Event, at: Timestamp, host: &str, way: Way) {
        self.heard = self.heard.max(Some(at));
        self.device.last_seen = self.device.last_seen.max(Some(at));
        match event {
            Event::Delivered(id) => {
                self.late_install(id);
                self.reach(id, Stage::Delivered(at));
            }
            Event::NotNow(id) => self.reach(id, Stage::NotNow(at)),
            Event::Acknowledged(id) => {
                self.late_install(id);
                self.acknowledged(id, at);
            }
            Event::Failed(id, chain) => self.refused(id, chain, at),
            Event::Profiles(id, profiles) => self.profiles(id, profiles, at),
            Event::AppConfiguration(id, configuration) => self.configuration(id, configuration.as_ref(), at),
            Event::Apps(..) => {}
            Event::Facts(facts) => {
                self.device.learn(facts);
                if matches!(self.rung, Rung::Examining(_)) && self.device.versions.first_hand().is_some() {
                    self.turn_export_off(way);
                }
            }
            Event::Enrolled => self.enrolled(at),
            Event::CheckedOut => self.left(at),
            Event::Accounts(accounts) => self.accounts(accounts, host, at),
        }
    }

    /// What the order under way is for, if it bears this name.
    fn under_way(&self, id: &OrderId) -> Option<Purpose> {
        self.order.as_ref().filter(|order| order.id == *id).map(|order| order.purpose)
    }

    fn reach(&mut self, id: &OrderId, stage: Stage) {
        if let Some(order) = self.order.as_mut().filter(|order| order.id == *id) {
            order.stage = stage;
        }
    }

    fn acknowledged(&mut self, id: &OrderId, at: Timestamp) {
        match self.under_way(id) {
            Some(purpose) if purpose.changes() => {
                self.unanswered = 0;
                self.look();
            }
            _ => self.reach(id, Stage::Acknowledged(at)),
        }
    }

    fn refused(&mut self, id: &OrderId, chain: &[DeviceError], at: Timestamp) {
        match self.under_way(id) {
            // It may say that the profile is not there: looking tells.
            Some(Purpose::RemoveAccount) => self.look(),
            Some(_) => self.again(Failure::Device(chain.to_vec()), at),
            None => {}
        }
    }

    /// An install that was still on its way when the way back began arrives: what was removed may be there again.
    fn late_install(&mut self, id: &OrderId) {
        let back = matches!(self.rung, Rung::RollingBack(_) | Rung::RolledBack(_));
        if back && self.traces.installs.contains(id) {
            let Some(profile) = self.traces.last_profile.clone() else { return };
            self.traces.profile = Some(profile);
            self.remove_account();
        }
    }

    fn profiles(&mut self, id: &OrderId, profiles: &[ListedProfile], at: Timestamp) {
        let Some(purpose) = self.under_way(id) else { return };
        let Some(ours) = self.traces.profile.clone() else { return };
        self.unanswered = 0;
        let listed = profiles.iter().find(|profile| profile.identifier == ours.identifier);
        match (purpose, listed) {
            (Purpose::ListAccount, Some(profile)) if profile.uuid.eq_ignore_ascii_case(&ours.uuid) => {
                self.order = None;
                if let Rung::Account(account) = &mut self.rung {
                    (account.step, account.listed) = (AccountStep::SigningIn, Some(at));
                }
            }
            (Purpose::ListAccount, Some(other)) => self.again(Failure::OtherVersion(other.uuid.clone()), at),
            (Purpose::ListAccount, None) => self.again(Failure::NotListed, at),
            (Purpose::ListRemoved, Some(_)) => self.again(Failure::StillListed, at),
            (Purpose::ListRemoved, None) => self.restore(Removed::now(Gone::NotListed, at)),
            _ => {}
        }
    }

    fn configuration(&mut self, id: &OrderId, held: Option<&Dictionary>, at: Timestamp) {
        let Some(purpose) = self.under_way(id) else { return };
        self.unanswered = 0;
        match purpose {
            Purpose::ReadBefore => {
                self.traces.before = Some(Before(held.cloned()));
                if let Rung::ExportOff(off) = &mut self.rung {
                    off.step = ExportStep::Setting;
                }
                self.order = None;
            }
            Purpose::ReadExportOff => {
                let wanted = self.traces.wanted.as_ref();
                match wanted.and_then(|wanted| Confirmed::read_back(wanted, held, at)) {
                    Some(confirmed) => self.to(Rung::CleaningUp(confirmed)),
                    None => self.again(Failure::OtherConfiguration, at),
                }
            }
            Purpose::ReadRestored => {
                let as_it_was = self.traces.restored == Some(Fingerprint::of(held));
                match &self.rung {
                    Rung::RollingBack(RollBack::Outlook { removed, .. }) if as_it_was => {
                        let removed = removed.clone();
                        self.rolled_back(removed);
                    }
                    _ => self.again(Failure::OtherConfiguration, at),
                }
            }
            _ => {}
        }
    }

    /// A report of all accounts. Once ours is ordered, the one with our host and the person's address is ours.
    fn accounts(&mut self, accounts: &[ReportedAccount], host: &str, at: Timestamp) {
        let (ours, others): (Vec<_>, Vec<_>) =
            accounts.iter().cloned().partition(|account| self.is_ours(account, host));
        self.device.reported(&others);
        let switches = ours.first().map(Switches::of);
        let has_it = matches!(self.rung, Rung::Account(_) | Rung::Done(_));
        if has_it && switches.is_some_and(|switches| switches.more) {
            return self.fail(Failure::NotOnlyContacts, at);
        }
        match &mut self.rung {
            Rung::Account(account) => account.switches = switches,
            // It was there and is not any more, or the report is an old one: looking tells.
            Rung::Done(account) if switches.is_none() => {
                let mut account = account.clone();
                (account.step, account.listed, account.switches) = (AccountStep::Listing, None, None);
                self.to(Rung::Account(account));
            }
            _ => {}
        }
    }

    fn is_ours(&self, account: &ReportedAccount, host: &str) -> bool {
        let at_host = account.host.as_deref().is_some_and(|reported| reported.eq_ignore_ascii_case(host));
        let persons = match (&account.user_name, &self.device.person) {
            (Some(user_name), Some(person)) => same_address(user_name, person),
            _ => true,
        };
        self.traces.profile.is_some() && at_host && persons
    }
}
