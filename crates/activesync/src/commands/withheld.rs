//! What a device that is held back gets: an account that is valid and empty. Everything such a device can ask for is
//! answered in this file, or in those of FolderSync, Sync and Ping, which ask the hub for what is shown to it; no other
//! command's own code runs, so that none can give anything away. Why it is done so is said in [`hub::withheld`].

use hub::BookId;

use crate::{
    answer::Answer,
    command::Command,
    commands::{
        find, folder_create, folder_delete, folder_sync, folder_update, get_item_estimate, item_operations, move_items,
        not_understood, provision, resolve_recipients, search, settings,
    },
    ids,
    session::{Outcome, Session},
    status::{
        EstimateStatus, FindStatus, FolderStatus, ItemOperationsStatus, MoveStatus, RecipientStatus, Refusal,
        SearchStatus,
    },
};

/// Runs every command but those that wait.
pub(crate) async fn run(command: Command, session: &Session, body: &[u8]) -> Outcome {
    match command {
        Command::FolderSync => folder_sync::run(session, body).await,
        // The device may tell what it is, and hear whose account it has: that is how it can be cleared.
        Command::Settings => settings::run(session, body).await,
        Command::Provision => provision::run(session, body).await,
        Command::FolderCreate => document(folder_create::encode_failure(FolderStatus::Failed)),
        Command::FolderDelete => document(folder_delete::encode_failure(FolderStatus::Failed)),
        Command::FolderUpdate => document(folder_update::encode_failure(FolderStatus::Failed)),
        Command::Search => match search::Request::parse(body) {
            Ok(request) if matches!(request.store, search::Store::Other(_)) => {
                document(search::encode_failure(SearchStatus::UnknownStore))
            }
            Ok(_) => document(search::encode(&search::Found { first: 0, total: 0, results: Vec::new() })),
            Err(error) => not_understood(&error, || search::encode_failure(SearchStatus::ProtocolError)),
        },
        Command::Find => match find::Request::parse(body) {
            Ok(request) => document(find::encode(request.store, 0, 0, &[])),
            Err(error) => not_understood(&error, || find::encode_failure(FindStatus::InvalidRequest)),
        },
        Command::GetItemEstimate => match get_item_estimate::Request::parse(body) {
            Ok(request) => document(get_item_estimate::encode(
                &request
                    .collections
                    .into_iter()
                    .map(|collection| nothing(collection.collection_id))
                    .collect::<Vec<_>>(),
            )),
            Err(error) => not_understood(&error, || get_item_estimate::encode(&[])),
        },
        Command::MoveItems => match move_items::Request::parse(body) {
            Ok(request) => {
                let stays = |one: move_items::Move| move_items::Moved {
                    source_message: one.source_message,
                    outcome: Err(MoveStatus::NoSource),
                };
                document(move_items::encode(&request.moves.into_iter().map(stays).collect::<Vec<_>>()))
            }
            Err(error) => not_understood(&error, || move_items::encode(&[])),
        },
        Command::ItemOperations => match item_operations::Request::parse(body) {
            Ok(request) => {
                let outcomes: Vec<_> = request.operations.into_iter().map(not_there).collect();
                document(item_operations::encode(&outcomes))
            }
            Err(error) => {
                not_understood(&error, || item_operations::encode_failure(ItemOperationsStatus::ProtocolError))
            }
        },
        Command::ResolveRecipients => match resolve_recipients::Request::parse(body) {
            Ok(request) => {
                let nobody =
                    |to: &String| resolve_recipients::Resolved { to: to.clone(), total: 0, recipients: Vec::new() };
                document(resolve_recipients::encode(&request, &request.to.iter().map(nobody).collect::<Vec<_>>()))
            }
            Err(error) => not_understood(&error, || resolve_recipients::encode_failure(RecipientStatus::ProtocolError)),
        },
        Command::Sync | Command::Ping => Err(Refusal::Malformed),
        Command::SendMail
        | Command::SmartForward
        | Command::SmartReply
        | Command::GetAttachment
        | Command::MeetingResponse
        | Command::ValidateCert => Err(Refusal::MailCommand),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "an arm of `run` reads like the others")]
fn document(document: Vec<u8>) -> Outcome {
    Ok(Answer::Document(document))
}

/// In the folder it is shown nothing waits, and there are no others.
fn nothing(collection_id: String) -> get_item_estimate::Estimate {
    let shown = ids::folder(&collection_id).is_some_and(|BookId(folder)| folder < 0);
    let count = if shown { Ok(0) } else { Err(EstimateStatus::NotFound) };
    get_item_estimate::Estimate { collection_id, count }
}

fn not_there(operation: item_operations::Operation) -> item_operations::Outcome {
    use item_operations::{Operation, Outcome};
    let status = ItemOperationsStatus::NotFound;
    match operation {
        Operation::Fetch(fetch) => Outcome::NotFetched { fetch, status },
        Operation::EmptyFolderContents { collection_id } => Outcome::Emptied { collection_id, status },
        Operation::Move => Outcome::NotMoved,
    }
}
