//! Waiting for changes: the Ping loop with the guards that keep a wrong server from draining the battery.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout_at};

use crate::commands::Command;
use crate::commands::ping::{self, Pong};
use crate::device::Phone;
use crate::error::PhoneError;
use crate::ids::FolderId;
use crate::limits::{
    PING_EMPTY_REPORTS, PING_GRACE, PING_HIERARCHY_REPORTS, PING_HIERARCHY_WINDOW, PING_SPIN_FULL, PING_SPIN_OFF,
    PING_SPIN_WINDOW, PROVISIONS_PER_COMMAND, RETRIES_WHEN_BUSY,
};
use crate::session::Verdict;
use crate::state::PingMemory;
use crate::strictness::Violation;
use crate::transport::Lane;

/// How waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PingOutcome {
    /// These folders changed; sync them.
    Changed(Vec<FolderId>),
    /// The hierarchy changed and was fetched.
    FoldersChanged,
    /// Nothing happened; the waiting Ping was abandoned.
    Quiet,
}

/// What the phone remembers about Pings until it is restarted.
#[derive(Debug, Default)]
pub(crate) struct PushGuards {
    quiet_answers: VecDeque<Instant>,
    hierarchy_reports: VecDeque<Instant>,
    reports_without_items: BTreeMap<FolderId, u32>,
    excluded: BTreeSet<FolderId>,
    failed: BTreeSet<FolderId>,
    heartbeat_min: Option<u64>,
    heartbeat_max: Option<u64>,
    folders_max: Option<usize>,
    send_whole: bool,
    off: bool,
}

impl PushGuards {
    /// A folder's Sync succeeded.
    pub(crate) fn synced(&mut self, folder: &FolderId, received: usize) {
        self.failed.remove(folder);
        if received > 0 {
            self.reports_without_items.remove(folder);
        }
    }

    /// A folder's Sync failed: it is left out of Ping until one succeeds.
    pub(crate) fn failed(&mut self, folder: &FolderId) {
        self.failed.insert(folder.clone());
    }
}

/// Counts an event in a sliding window; returns how many are in it.
fn count(events: &mut VecDeque<Instant>, window: Duration) -> usize {
    let now = Instant::now();
    events.push_back(now);
    while events.front().is_some_and(|first| now.duration_since(*first) > window) {
        events.pop_front();
    }
    events.len()
}

/// What follows one Ping's answer.
enum Then {
    PingAgain,
    Return(PingOutcome),
}

impl Phone {
    /// Keeps a Ping waiting until the server reports a change or `patience` is over; then the waiting Ping is abandoned, its
    /// connection closed. Dropping the future does the same.
    pub async fn ping_until_change(&mut self, patience: Duration) -> Result<PingOutcome, PhoneError> {
        if self.state.version.is_none() {
            return Err(PhoneError::NotSetUp);
        }
        let deadline = Instant::now() + patience;
        if let Ok(result) = timeout_at(deadline, self.ping_forever()).await {
            return result;
        }
        self.transport.hang_up_ping();
        Ok(PingOutcome::Quiet)
    }

    /// A person pulls to refresh: guards that switched pushing off are forgotten.
    pub fn refresh_push(&mut self) {
        self.guards = PushGuards::default();
    }

    /// Whether a loop guard switched pushing off.
    pub fn push_is_off(&self) -> bool {
        self.guards.off
    }

    async fn ping_forever(&mut self) -> Result<PingOutcome, PhoneError> {
        let (mut provisions, mut busy) = (0, 0);
        let mut renewed = false;
        self.renew_if_due().await?;
        loop {
            if self.guards.off {
                return Err(PhoneError::PushOff);
            }
            let wanted = self.wanted_ping();
            if wanted.folders.is_empty() {
                return Err(PhoneError::NoContactsFolder);
            }
            let acknowledged = self.state.ping.as_ref().filter(|_| !self.guards.send_whole);
            let body = Bytes::from(ping::request(&wanted, acknowledged));
            let patience = Duration::from_secs(wanted.heartbeat_seconds) + PING_GRACE;
            let answer = self.post(Lane::Ping, Command::Ping, body, patience).await?;
            match self.judge(Command::Ping, &answer)? {
                Verdict::Content(Some(root)) => match self.take_pong(ping::read(&root), wanted).await? {
                    Then::PingAgain => {}
                    Then::Return(outcome) => return Ok(outcome),
                },
                // An empty answer says nothing at all; the next Ping is whole.
                Verdict::Content(None) => self.guards.send_whole = true,
                Verdict::Renew if !renewed => {
                    renewed = true;
                    self.renew_after(&answer).await?;
                }
                Verdict::Renew => return Err(PhoneError::Unauthorized),
                Verdict::Provision => {
                    provisions += 1;
                    if provisions > PROVISIONS_PER_COMMAND {
                        return Err(PhoneError::Circles(Command::Ping));
                    }
                    self.provision().await?;
                }
                Verdict::Busy if busy < RETRIES_WHEN_BUSY => {
                    busy += 1;
                    self.guards.send_whole = true;
                    sleep(self.config.pace.before_whole_ping).await;
                }
                Verdict::Busy => return Err(PhoneError::Status { command: Command::Ping, status: 111 }),
                Verdict::Unavailable => return Err(PhoneError::Http { command: Command::Ping, status: 503 }),
                Verdict::Moved(endpoint) => {
                    self.state.endpoint = endpoint.clone();
                    self.transport.move_to(endpoint);
                }
            }
            sleep(self.config.pace.between_pings).await;
        }
    }

    fn wanted_ping(&self) -> PingMemory {
        let guards = &self.guards;
        let folders = self.state.contacts_folders().map(|folder| folder.id.clone());
        let folders = folders.filter(|id| !guards.excluded.contains(id) && !guards.failed.contains(id));
        let heartbeat = self.config.heartbeat.as_secs();
        let heartbeat = heartbeat.max(guards.heartbeat_min.unwrap_or(0)).min(guards.heartbeat_max.unwrap_or(u64::MAX));
        PingMemory {
            folders: folders.take(guards.folders_max.unwrap_or(usize::MAX)).collect(),
            heartbeat_seconds: heartbeat,
        }
    }

    async fn take_pong(&mut self, pong: Pong, asked: PingMemory) -> Result<Then, PhoneError> {
        let failed = |status| Err(PhoneError::Status { command: Command::Ping, status });
        match pong.status {
            1 => {
                self.acknowledged(asked);
                self.quiet_answer()?;
                Ok(Then::PingAgain)
            }
            2 => {
                let folders = if pong.folders.is_empty() { asked.folders.clone() } else { pong.folders };
                self.acknowledged(asked);
                self.report(&folders)?;
                Ok(Then::Return(PingOutcome::Changed(folders)))
            }
            3 => {
                self.guards.send_whole = true;
                sleep(self.config.pace.before_whole_ping).await;
                Ok(Then::PingAgain)
            }
            5 => {
                let bound = pong.heartbeat_seconds.ok_or(PhoneError::Status { command: Command::Ping, status: 5 })?;
                let limit = if asked.heartbeat_seconds >= bound {
                    &mut self.guards.heartbeat_max
                } else {
                    &mut self.guards.heartbeat_min
                };
                if *limit == Some(bound) {
                    return failed(5);
                }
                *limit = Some(bound);
                Ok(Then::PingAgain)
            }
            6 => match pong.max_folders {
                Some(most) if most > 0 && most < asked.folders.len() => {
                    self.guards.folders_max = Some(most);
                    Ok(Then::PingAgain)
                }
                _ => {
                    self.guards.off = true;
                    failed(6)
                }
            },
            7 => self.hierarchy_report().await,
            status => failed(status),
        }
    }

    fn acknowledged(&mut self, ping: PingMemory) {
        self.state.ping = Some(ping);
        self.guards.send_whole = false;
    }

    fn quiet_answer(&mut self) -> Result<(), PhoneError> {
        let answers = count(&mut self.guards.quiet_answers, PING_SPIN_WINDOW);
        if answers > PING_SPIN_FULL {
            self.guards.send_whole = true;
            if answers == PING_SPIN_FULL + 1 {
                let violation = Violation::PingSpin { answers, seconds: PING_SPIN_WINDOW.as_secs() };
                self.hold_against(Command::Ping, vec![violation])?;
            }
        }
        self.guards.off |= answers > PING_SPIN_OFF;
        Ok(())
    }

    fn report(&mut self, folders: &[FolderId]) -> Result<(), PhoneError> {
        for folder in folders {
            let reports = self.guards.reports_without_items.entry(folder.clone()).or_default();
            *reports += 1;
            if *reports > PING_EMPTY_REPORTS {
                self.guards.excluded.insert(folder.clone());
                self.hold_against(Command::Ping, vec![Violation::PingReportWithoutItems(folder.clone())])?;
            }
        }
        Ok(())
    }

    async fn hierarchy_report(&mut self) -> Result<Then, PhoneError> {
        if self.sync_folders().await? {
            self.guards.hierarchy_reports.clear();
            return Ok(Then::Return(PingOutcome::FoldersChanged));
        }
        if count(&mut self.guards.hierarchy_reports, PING_HIERARCHY_WINDOW) > PING_HIERARCHY_REPORTS {
            self.guards.off = true;
            self.hold_against(Command::Ping, vec![Violation::PingHierarchySpin])?;
        }
        Ok(Then::PingAgain)
    }
}
