//! One connection to the command queue: Idle, a command, its answer, until the server has nothing more.

use bytes::Bytes;

use super::commands::Outcome;
use super::device::{ManagedError, ManagedPhone};
use super::plist::{self, Dictionary};
use super::violation::ManagedViolation;
use crate::limits::MDM_COMMANDS_PER_CONNECTION;

/// How many acknowledged commands a device remembers.
const REMEMBERED: usize = 64;

/// What one connection came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The commands in order and how each was answered.
    pub commands: Vec<Answered>,
    /// The last answer was not sent, and the connection broke.
    pub broke: bool,
    /// The device left management at the server's command.
    pub unenrolled: bool,
}

/// A command and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// CommandUUID.
    pub uuid: String,
    /// RequestType.
    pub request_type: String,
    /// Status.
    pub status: Status,
}

/// Status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `Acknowledged`, which says nothing about items inside.
    Acknowledged,
    /// `Error`
    Error,
    /// `CommandFormatError`
    CommandFormatError,
    /// `NotNow`
    NotNow,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Status::Acknowledged => "Acknowledged",
            Status::Error => "Error",
            Status::CommandFormatError => "CommandFormatError",
            Status::NotNow => "NotNow",
        }
    }
}

/// A command as it came.
struct Command {
    uuid: String,
    request_type: String,
    inside: Dictionary,
}

impl ManagedPhone {
    /// Whether the device would connect without a push: it put off a command last, or has status to report.
    pub fn wants_to_connect(&self) -> bool {
        let comes_back = self.enrolled.as_ref().is_some_and(|enrolled| enrolled.comes_back);
        !self.faults.offline && ((comes_back && !self.locked) || self.has_status_to_report())
    }

    /// Connects if the device would do so by itself; `None` if not.
    pub async fn connect_by_itself(&mut self) -> Result<Option<Connection>, ManagedError> {
        if !self.wants_to_connect() {
            return Ok(None);
        }
        if self.enrolled.as_ref().is_some_and(|enrolled| enrolled.comes_back) && !self.locked {
            return self.connect().await.map(Some);
        }
        let reported = self.report_status().await;
        self.hang_up();
        reported.map(|()| Some(Connection::default()))
    }

    /// A push arrived: works through the queue, then through declarations and status.
    pub async fn connect(&mut self) -> Result<Connection, ManagedError> {
        if self.enrolled.is_none() {
            return Err(ManagedError::NotEnrolled);
        }
        if self.faults.offline {
            return Err(ManagedError::Offline);
        }
        self.counters.connections += 1;
        let result = self.work_through().await;
        self.hang_up();
        result
    }

    async fn work_through(&mut self) -> Result<Connection, ManagedError> {
        let mut connection = Connection::default();
        let mut answer = self.report(Dictionary::new().with("Status", "Idle")).await?;
        let mut last = None;
        while !answer.is_empty() {
            if connection.commands.len() >= MDM_COMMANDS_PER_CONNECTION {
                self.hold_against(ManagedViolation::EndlessQueue);
                break;
            }
            let command = self.read_command(&answer)?;
            let (report, status) = self.carry_out(&command).await;
            last = Some(status);
            connection.commands.push(Answered {
                uuid: command.uuid.clone(),
                request_type: command.request_type,
                status,
            });
            if self.faults.drop_acknowledgements > 0 {
                self.faults.drop_acknowledgements -= 1;
                self.counters.acknowledgements_dropped += 1;
                connection.broke = true;
                return Ok(connection);
            }
            answer = self.report(report).await?;
            self.remember(&command.uuid, status);
            if self.must_leave() {
                self.check_out().await;
                self.unenrol();
                connection.unenrolled = true;
                return Ok(connection);
            }
        }
        if let Some(enrolled) = self.enrolled.as_mut() {
            enrolled.comes_back = last == Some(Status::NotNow);
        }
        self.synchronise_declarations().await?;
        self.report_status().await?;
        Ok(connection)
    }

    fn read_command(&mut self, answer: &Bytes) -> Result<Command, ManagedError> {
        let read = || {
            let value = plist::read(answer).map_err(|error| error.to_string())?;
            let top = value.as_dictionary().ok_or("no dictionary")?;
            let uuid = top.text("CommandUUID").filter(|uuid| !uuid.is_empty()).ok_or("no CommandUUID")?;
            let inside = top.dictionary("Command").ok_or("no Command")?;
            let request_type = inside.text("RequestType").ok_or("no RequestType")?.to_owned();
            Ok::<_, String>(Command { uuid: uuid.to_owned(), request_type, inside: inside.clone() })
        };
        let read: Result<Command, String> = read();
        match read {
            Ok(command) => {
                let known =
                    self.enrolled.as_ref().is_some_and(|enrolled| enrolled.acknowledged.contains(&command.uuid));
                if known {
                    self.hold_against(ManagedViolation::AcknowledgedCommandAgain(command.uuid.clone()));
                }
                Ok(command)
            }
            Err(reason) => {
                self.hold_against(ManagedViolation::UnreadableCommand(reason.clone()));
                Err(ManagedError::Protocol(reason))
            }
        }
    }

    /// Carries a command out and writes the answer.
    async fn carry_out(&mut self, command: &Command) -> (Dictionary, Status) {
        let outcome = self.obey(&command.request_type, &command.inside).await;
        let head = Dictionary::new().with("CommandUUID", command.uuid.as_str());
        *self.counters.commands.entry(command.request_type.clone()).or_default() += 1;
        let (mut report, status) = match outcome {
            Outcome::Done(answer) => (merged(head, &answer), Status::Acknowledged),
            Outcome::Refused(chain, answer) => {
                self.counters.errors += 1;
                (merged(head, &answer).with("ErrorChain", chain.to_plist()), Status::Error)
            }
            Outcome::Malformed(chain) => {
                self.counters.errors += 1;
                (head.with("ErrorChain", chain.to_plist()), Status::CommandFormatError)
            }
            Outcome::NotNow => {
                self.counters.not_now += 1;
                (head, Status::NotNow)
            }
        };
        report.set("Status", status.word());
        (report, status)
    }

    fn remember(&mut self, uuid: &str, status: Status) {
        let Some(enrolled) = self.enrolled.as_mut().filter(|_| status != Status::NotNow) else { return };
        if enrolled.acknowledged.len() == REMEMBERED {
            enrolled.acknowledged.pop_front();
        }
        enrolled.acknowledged.push_back(uuid.to_owned());
    }

    /// The enrolment profile was removed by command.
    fn must_leave(&self) -> bool {
        self.enrolled.as_ref().is_some_and(|enrolled| self.profiles.get(&enrolled.profile).is_none())
    }
}

fn merged(mut into: Dictionary, from: &Dictionary) -> Dictionary {
    for (key, value) in from.entries() {
        into.set(key, value.clone());
    }
    into
}
