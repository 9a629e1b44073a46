//! One file per command of MS-ASCMD 2.2.1: how its request is read, what it does, how its answer is written.
//!
//! To add a command: a file here with `Request::parse`, `run` and `encode`, its row in `command.rs`, its statuses in
//! `status.rs`, and an arm in [`run`].

pub mod denied;
pub mod find;
pub mod folder_create;
pub mod folder_delete;
pub mod folder_sync;
pub mod folder_update;
pub mod get_item_estimate;
pub mod item_operations;
pub mod move_items;
pub mod ping;
pub mod provision;
pub mod resolve_recipients;
pub mod search;
pub mod settings;
pub mod sync;
mod withheld;

use hub::withheld::View;

use crate::{
    command::Command,
    request::RequestError,
    session::{Outcome, Session},
    status::Refusal,
};

/// Runs every command but those that wait.
pub(crate) async fn run(command: Command, session: &Session, body: &[u8]) -> Outcome {
    if session.shown.view == View::Withheld {
        return Box::pin(withheld::run(command, session, body)).await;
    }
    match command {
        Command::FolderSync => folder_sync::run(session, body).await,
        Command::FolderCreate => folder_create::run(session, body).await,
        Command::FolderDelete => folder_delete::run(session, body).await,
        Command::FolderUpdate => folder_update::run(session, body).await,
        Command::MoveItems => Box::pin(move_items::run(session, body)).await,
        Command::GetItemEstimate => get_item_estimate::run(session, body).await,
        Command::Search => Box::pin(search::run(session, body)).await,
        Command::Settings => settings::run(session, body).await,
        Command::ItemOperations => Box::pin(item_operations::run(session, body)).await,
        Command::Provision => provision::run(session, body).await,
        Command::ResolveRecipients => Box::pin(resolve_recipients::run(session, body)).await,
        Command::Find => find::run(session, body).await,
        Command::Sync | Command::Ping => Err(Refusal::Malformed),
        Command::SendMail
        | Command::SmartForward
        | Command::SmartReply
        | Command::GetAttachment
        | Command::MeetingResponse
        | Command::ValidateCert => Err(Refusal::MailCommand),
    }
}

/// A request that cannot be understood: a broken document is refused, one that breaks a rule gets the command's own
/// status.
pub(crate) fn not_understood(error: &RequestError, rule_broken: impl FnOnce() -> Vec<u8>) -> Outcome {
    tracing::info!(%error, "a request that is not understood");
    if error.is_malformed() { Err(Refusal::Malformed) } else { Ok(crate::answer::Answer::Document(rule_broken())) }
}
