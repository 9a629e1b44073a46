//! Waves on their way: which is open, and the gate between one and the next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Member, Rollout, ladder::Rung};

/// How far a wave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It is going on.
    Open,
    /// Enough of it is done; the next may begin. Its stragglers go on.
    Passed,
    /// It has too many errors. Nothing further is ordered in it, and no other wave begins.
    Stopped,
    /// It is being taken back.
    RollingBack,
    /// It was taken back. No other wave begins until it is said how to go on.
    RolledBack,
    /// It was taken back, and the rollout goes on without it.
    LeftOut,
}

/// A wave on its way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaveState {
    /// How far it is.
    pub phase: Phase,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// Since when it is in this phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Errors that somebody looked at and went on.
    #[serde(default)]
    pub forgiven: usize,
}

impl WaveState {
    pub(super) fn serves(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Passed)
    }

    pub(super) fn to(&mut self, phase: Phase, now: Timestamp) {
        if phase == Phase::Open && self.began.is_none() {
            self.began = Some(now);
        }
        (self.phase, self.since) = (phase, Some(now));
    }
}

/// What a gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Devices that take part: neither held back nor taken back.
    pub ready: usize,
    /// Of these, done.
    pub done: usize,
    /// Of these, failed.
    pub failed: usize,
    /// On their way back.
    pub rolling_back: usize,
}

impl Rollout {
    /// What the gates look at, wave by wave.
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        let mut all = vec![Health::default(); self.waves.len()];
        for member in self.members.values() {
            let Some(health) = member.wave.and_then(|wave| all.get_mut(wave)) else { continue };
            count(health, member);
        }
        all
    }

    /// Opens, passes, stops. True: what is due may have changed.
    pub(super) fn turn_waves(&mut self, now: Timestamp) -> bool {
        let before = self.phases.clone();
        let healths = self.health();
        for ((wave, state), health) in self.waves.iter().zip(&mut self.phases).zip(healths) {
            match state.phase {
                Phase::Open | Phase::Passed
                    if wave.gate.errors_max.exceeded_by(health.failed.saturating_sub(state.forgiven), health.ready) =>
                {
                    state.to(Phase::Stopped, now);
                }
                Phase::Open => {
                    let enough = health.done * 100 >= health.ready * usize::from(wave.gate.done_percent);
                    let long = state.began.is_some_and(|began| now.duration_since(began) >= wave.gate.at_least);
                    if health.ready == 0 || (enough && long) {
                        state.to(Phase::Passed, now);
                    }
                }
                Phase::RollingBack if health.rolling_back == 0 => state.to(Phase::RolledBack, now),
                _ => {}
            }
        }
        if !self.paused {
            self.open_next(now);
        }
        self.phases != before
    }

    /// The first wave that waits begins when the rollout has begun and all before it are through.
    fn open_next(&mut self, now: Timestamp) {
        let through = |phase| matches!(phase, Phase::Passed | Phase::LeftOut);
        let begun = self.phases.first().is_some_and(|first| first.phase != Phase::Waiting);
        let trouble = self
            .phases
            .iter()
            .any(|state| matches!(state.phase, Phase::Stopped | Phase::RollingBack | Phase::RolledBack));
        if !begun || trouble {
            return;
        }
        if let Some(next) = self.phases.iter_mut().find(|state| !through(state.phase))
            && next.phase == Phase::Waiting
        {
            next.to(Phase::Open, now);
        }
    }

    /// Every wave is through, and no device is on its way any more, there or back.
    #[must_use]
    pub fn finished(&self) -> bool {
        let through =
            |state: &super::WaveState| matches!(state.phase, Phase::Passed | Phase::LeftOut | Phase::RolledBack);
        let settled = |member: &Member| {
            let ended =
                matches!(member.rung, Rung::Done(_) | Rung::HeldBack(_) | Rung::Failed(_) | Rung::RolledBack(_));
            let left_out = member
                .wave
                .and_then(|wave| self.phases.get(wave))
                .is_none_or(|state| matches!(state.phase, Phase::LeftOut | Phase::RolledBack));
            ended || (left_out && !matches!(member.rung, Rung::RollingBack(_)))
        };
        self.phases.iter().all(through) && self.members.values().all(settled)
    }
}

fn count(health: &mut Health, member: &Member) {
    match &member.rung {
        Rung::HeldBack(_) | Rung::RolledBack(_) => return,
        Rung::RollingBack(_) => {
            health.rolling_back += 1;
            return;
        }
        // It could not be taken back: the wave is not taken back either.
        Rung::Failed(failed) if failed.rolling_back => {
            health.rolling_back += 1;
            return;
        }
        Rung::Done(_) => health.done += 1,
        Rung::Failed(_) => health.failed += 1,
        _ => {}
    }
    health.ready += 1;
}
