//! What an administrator may say to a rollout. Nothing here reaches a device: the next step does.

use std::fmt;

use fleet::enrolment::EnrolmentId;
use jiff::Timestamp;

use super::{
    Member, Phase, Rollout,
    ladder::{Confirmed, Gone, Removed, RollBack, Rung, Way},
};
use crate::{
    inventory::Inventory,
    plan::place,
    readiness::{Conditions, judge},
};

/// Why that cannot be done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is no such wave.
    #[error("there is no wave {0:?}")]
    NoWave(String),
    /// There is no such device.
    #[error("{0} is no device of this rollout")]
    NoDevice(EnrolmentId),
    /// The wave is not where this would make sense.
    #[error("the wave {wave} is {phase}, not {wanted}")]
    Phase {
        /// Which.
        wave: String,
        /// Where it is.
        phase: Phase,
        /// Where it would have to be.
        wanted: &'static str,
    },
    /// It did not fail.
    #[error("{0} has not failed")]
    NotFailed(EnrolmentId),
    /// The device is not where a word could replace evidence.
    #[error("{0} does not wait for that")]
    NotWaiting(EnrolmentId),
    /// Answers come back, so evidence is asked for, not a word.
    #[error("the devices answer; their word counts, not another's")]
    Answers,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Stopped => "stopped",
            Self::RollingBack => "rolling back",
            Self::RolledBack => "rolled back",
            Self::LeftOut => "left out",
        })
    }
}

/// What to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything. No further wave begins.
    All,
    /// A wave, by name.
    Wave(String),
    /// One device.
    Device(EnrolmentId),
}

/// What an administrator vouches for where no answers come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Outlook's export is off and locked on this device.
    ExportIsOff,
    /// The contacts profile is not on this device any more.
    ProfileIsGone,
}

impl Rollout {
    /// Opens the first wave. Doing it twice changes nothing.
    pub fn start(&mut self, now: Timestamp) {
        if let Some(first) = self.phases.first_mut().filter(|first| first.phase == Phase::Waiting) {
            first.to(Phase::Open, now);
        }
    }

    /// Nothing new is ordered from now on; what is under way is still listened to, and what is being taken back goes on.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Goes on after a pause.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Goes on with a stopped wave, its errors so far forgiven; or without one that was taken back.
    pub fn go_on(&mut self, wave: &str, now: Timestamp) -> Result<(), ControlError> {
        let place = self.wave(wave)?;
        let failed = self.health().get(place).map_or(0, |health| health.failed);
        let Some(state) = self.phases.get_mut(place) else { return Err(ControlError::NoWave(wave.to_owned())) };
        match state.phase {
            Phase::Stopped => {
                state.forgiven = failed;
                state.to(Phase::Open, now);
            }
            Phase::RolledBack => state.to(Phase::LeftOut, now),
            phase => {
                let wanted = "stopped or rolled back";
                return Err(ControlError::Phase { wave: wave.to_owned(), phase, wanted });
            }
        }
        Ok(())
    }

    /// Begins a stopped, taken back or left out wave again, once its cause is mended: failed and taken back devices start over.
    pub fn again(&mut self, wave: &str, now: Timestamp) -> Result<(), ControlError> {
        let place = self.wave(wave)?;
        let Some(state) = self.phases.get_mut(place) else { return Err(ControlError::NoWave(wave.to_owned())) };
        if !matches!(state.phase, Phase::Stopped | Phase::RolledBack | Phase::LeftOut) {
            let (phase, wanted) = (state.phase, "stopped, rolled back or left out");
            return Err(ControlError::Phase { wave: wave.to_owned(), phase, wanted });
        }
        (state.forgiven, state.began) = (0, None);
        state.to(Phase::Open, now);
        for member in self.members.values_mut().filter(|member| member.wave == Some(place)) {
            if matches!(member.rung, Rung::Failed(_) | Rung::RolledBack(_)) {
                start_over(member);
            }
        }
        Ok(())
    }

    /// Gives a failed device another chance: from the beginning, or the way back once more.
    pub fn retry(&mut self, device: &EnrolmentId, now: Timestamp) -> Result<(), ControlError> {
        let member = self.members.get_mut(device).ok_or_else(|| ControlError::NoDevice(device.clone()))?;
        match &member.rung {
            Rung::Failed(failed) if failed.rolling_back => member.roll_back(now),
            Rung::Failed(_) => start_over(member),
            _ => return Err(ControlError::NotFailed(device.clone())),
        }
        Ok(())
    }

    /// Takes back what was done: the account first, then Outlook's configuration; with evidence again.
    pub fn roll_back(&mut self, scope: &Scope, now: Timestamp) -> Result<(), ControlError> {
        match scope {
            Scope::All => (0..self.phases.len()).for_each(|place| self.roll_back_wave(place, now)),
            Scope::Wave(wave) => {
                let place = self.wave(wave)?;
                self.roll_back_wave(place, now);
            }
            Scope::Device(device) => {
                let member = self.members.get_mut(device).ok_or_else(|| ControlError::NoDevice(device.clone()))?;
                member.roll_back(now);
            }
        }
        Ok(())
    }

    fn roll_back_wave(&mut self, place: usize, now: Timestamp) {
        let Some(state) = self.phases.get_mut(place) else { return };
        if !matches!(state.phase, Phase::RollingBack | Phase::RolledBack | Phase::LeftOut) {
            state.to(Phase::RollingBack, now);
        }
        let of_wave = self.members.values_mut().filter(|member| member.wave == Some(place));
        of_wave.for_each(|member| member.roll_back(now));
    }

    /// Takes an administrator's word where no answer can come. Where devices answer it is refused.
    pub fn vouch(&mut self, device: &EnrolmentId, word: Word, way: Way, now: Timestamp) -> Result<(), ControlError> {
        let confirmed = Confirmed::on_word(way, now).ok_or(ControlError::Answers)?;
        let member = self.members.get_mut(device).ok_or_else(|| ControlError::NoDevice(device.clone()))?;
        match (word, &member.rung) {
            (Word::ExportIsOff, Rung::ExportOff(_)) => member.to(Rung::CleaningUp(confirmed)),
            (Word::ProfileIsGone, Rung::RollingBack(RollBack::Account { .. })) => {
                member.restore(Removed::now(Gone::Word, now));
            }
            _ => return Err(ControlError::NotWaiting(device.clone())),
        }
        Ok(())
    }

    /// Takes a newer inventory and judges again: new devices join in their wave, held back ones that are ready now go
    /// on, ready ones that nothing was done to yet may be held back. Devices keep their wave.
    pub fn refresh(&mut self, inventory: &Inventory, conditions: &Conditions, now: Timestamp) {
        for device in inventory.devices() {
            let joining = || Member::new(device.clone(), place(&self.waves, device), Vec::new());
            let member = self.members.entry(device.id.clone());
            member.and_modify(|member| member.device.merge(device.clone())).or_insert_with(joining);
        }
        for member in self.members.values_mut() {
            let held = judge(&member.device, conditions, now).held;
            match &member.rung {
                Rung::HeldBack(_) if held.is_empty() => member.to(Rung::Planned),
                Rung::HeldBack(_) | Rung::Planned | Rung::Told(_) if !held.is_empty() => {
                    member.to(Rung::HeldBack(held));
                }
                _ => {}
            }
        }
    }

    fn wave(&self, name: &str) -> Result<usize, ControlError> {
        self.waves.iter().position(|wave| wave.name == name).ok_or_else(|| ControlError::NoWave(name.to_owned()))
    }
}

/// From the beginning. Its person is told again; what was read of Outlook before stays known.
fn start_over(member: &mut Member) {
    member.to(Rung::Planned);
}
