//! What was not heard: commands that NanoMDM took, and that no webhook told of.

use std::time::Duration;

use fleet::{
    delivery::{DeliveryError, OrderId},
    enrolment::EnrolmentId,
};
use ledger::tables::mdm_commands::{self, Command as Row};
use plist::Value;

use super::NanoMdm;
use crate::{
    command::Command,
    document,
    embedded::not_taken,
    error::Refusal,
    limits,
    register::{Desk, Register},
};

const NEVER: &str = "nothing was heard of it for too long";

/// What a silence was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// Questions that were asked again.
    pub asked_again: usize,
    /// Commands that are given up.
    pub given_up: usize,
}

/// A command of which nothing was heard.
struct Silent {
    device: EnrolmentId,
    row: Row,
    plist: Vec<u8>,
}

impl Register {
    /// A command that no other MDM has taken yet and nothing has come of: as the device gets it.
    pub(crate) async fn not_taken(&self, device: &EnrolmentId, id: &OrderId) -> Result<Option<Vec<u8>>, Refusal> {
        let (device, id, register) = (device.clone(), id.clone(), self.clone());
        let read = self.ledger().read(move |tx| {
            let row = mdm_commands::get(tx, device.as_str(), &id.0)?;
            let open = row.filter(|row| row.taken_at.is_none() && !row.state.is_final());
            open.map(|row| Desk::new(tx, &register, 0).open(&row)).transpose()
        });
        read.await
    }

    pub(crate) async fn note_taken(&self, device: &EnrolmentId, id: &OrderId) -> Result<(), Refusal> {
        let (device, id) = (device.clone(), id.clone());
        self.write(move |desk| Ok(mdm_commands::put_taken(desk.tx, device.as_str(), &id.0, desk.now)?)).await
    }

    async fn silent(&self, before: i64) -> Result<Vec<Silent>, Refusal> {
        let register = self.clone();
        let read = self.ledger().read(move |tx| {
            let rows = mdm_commands::silent(tx, before, limits::RECONCILED_AT_ONCE)?;
            let desk = Desk::new(tx, &register, 0);
            let opened = rows.into_iter().filter_map(|(device, row)| {
                let device = EnrolmentId::parse(&device)?;
                Some(desk.open(&row).map(|plist| Silent { device, row, plist }))
            });
            opened.collect::<Result<Vec<_>, Refusal>>()
        });
        read.await
    }
}

impl NanoMdm {
    /// Asks again about every command of which nothing was heard for a while, and gives up those of which nothing was
    /// heard for [`limits::SILENT_FOR_GOOD`]. To be called now and then.
    ///
    /// A question is repeated under another CommandUUID, and its answer counts for the first. What changed something is
    /// never repeated: the device is asked what it has now, and that answer stands for itself in the log.
    pub async fn reconcile(&self, silent_for: Duration) -> Result<Reconciled, DeliveryError> {
        let now = self.register().now();
        let span = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let silent = self.register().silent(now.saturating_sub(span(silent_for))).await.map_err(not_taken)?;
        let mut done = Reconciled::default();
        for silent in silent {
            let id = OrderId(silent.row.command.clone());
            if now.saturating_sub(silent.row.created_at) >= span(limits::SILENT_FOR_GOOD) {
                self.register().give_up(&silent.device, &id.0, NEVER).await.map_err(not_taken)?;
                done.given_up += 1;
                continue;
            }
            match question(&silent.row.request_type, &silent.plist) {
                Question::Same => {
                    let again = format!("{}~{}", id.0, now.div_euclid(1_000_000));
                    if let Some(plist) = renamed(&silent.plist, &again) {
                        self.api.enqueue(&silent.device, plist).await?;
                    }
                }
                Question::What(command) => {
                    let own = OrderId(self.register().draw_id());
                    self.give_command(&silent.device, &own, command).await?;
                }
            }
            self.register().note_taken(&silent.device, &id).await.map_err(not_taken)?;
            if self.api.pushes() {
                self.api.push(&silent.device).await?;
            }
            done.asked_again += 1;
        }
        Ok(done)
    }
}

/// How to find out what a silence means.
enum Question {
    /// By asking the same again.
    Same,
    /// By asking this.
    What(Command),
}

fn question(request_type: &str, plist: &[u8]) -> Question {
    match request_type {
        "InstallProfile" | "RemoveProfile" => Question::What(Command::ProfileList),
        "Settings" => match configured_app(plist) {
            Some(identifier) => {
                Question::What(Command::ManagedApplicationConfiguration { identifiers: vec![identifier] })
            }
            None => Question::What(Command::ProfileList),
        },
        "InstallApplication" => Question::What(Command::ManagedApplicationList { identifiers: Vec::new() }),
        _ => Question::Same,
    }
}

fn configured_app(plist: &[u8]) -> Option<String> {
    let message = document::read(plist).ok()?;
    let command = message.get("Command")?.as_dictionary()?;
    let item = document::dictionaries(command, "Settings")?.next()?;
    document::text(item, "Identifier")
}

fn renamed(plist: &[u8], uuid: &str) -> Option<Vec<u8>> {
    let mut message = document::read(plist).ok()?;
    message.insert("CommandUUID".to_owned(), Value::from(uuid));
    Some(document::write(message))
}
