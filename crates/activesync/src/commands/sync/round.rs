//! One folder of a Sync: into the hub's round, and back.

use contact::{
    eas::{Picture, Supported},
    merge::Winner,
    photo,
};
use hub::{
    BookId, CardId, HubError,
    round::{CommandResponse, FailedCommand, Round, SyncAnswer, SyncCommand, SyncKey, SyncOptions, SyncRequest},
    withheld::{Brought, View, position_name, stands_for},
};

use super::{Collection, CollectionAnswer, Command, Conflict, Options, Response, ServerCommand, window};
use crate::{
    application_data::{Received, Unreadable},
    ids,
    limits::WINDOW_DEFAULT,
    session::Session,
    status::{Refusal, SyncStatus},
};

/// Works one folder; `None` when there is nothing to say about it.
pub(super) async fn run(
    session: &Session,
    collection: &Collection,
    left: u32,
    fingerprint: [u8; 32],
) -> Result<Option<CollectionAnswer>, Refusal> {
    let id = &collection.collection_id;
    let key = SyncKey(collection.sync_key.clone().unwrap_or_default());
    let failed = |status| Ok(Some(CollectionAnswer::failed(id.clone(), key.0.clone(), status)));
    let Some(folder) = ids::folder(id) else { return failed(SyncStatus::NotFound) };
    let is_first = key.is_zero();
    let place = Place::of(session, folder);
    if place.is_leaving && session.access.holds_folder(session.device_id(), folder).await? == Brought::Unknown {
        return failed(SyncStatus::NotFound);
    }
    if place.is_withheld && session.access.default_book().await?.book != place.book {
        return failed(SyncStatus::NotFound);
    }
    let commands = if is_first { &[] } else { collection.commands.as_slice() };
    if place.is_leaving && commands.is_empty() {
        session.access.bring(session.device_id(), folder, session.shown).await?;
        return failed(SyncStatus::HierarchyChanged);
    }
    let Sorted { commands, mut refused } = sort(folder, commands).await;
    let request = SyncRequest {
        key: key.clone(),
        family: session.family,
        version: session.version,
        options: options(collection, is_first),
        commands,
        get_changes: collection.get_changes.unwrap_or(!is_first) && !place.is_leaving,
        withheld: place.is_withheld,
        window: window(collection.window, WINDOW_DEFAULT).min(left),
        fingerprint,
    };
    let outcome = session.access.sync(&place.position, place.book, request).await;
    if place.is_leaving && matches!(outcome, Ok(SyncAnswer::Unchanged | SyncAnswer::Round(_))) {
        session.access.bring(session.device_id(), folder, session.shown).await?;
        return failed(SyncStatus::HierarchyChanged);
    }
    match outcome {
        Ok(SyncAnswer::BadKey) => {
            tracing::info!(device = session.device_id(), collection = %id, %key, "a key that is not ours");
            Ok(Some(CollectionAnswer::failed(id.clone(), SyncKey::ZERO.into(), SyncStatus::InvalidSyncKey)))
        }
        Ok(SyncAnswer::Unchanged) if refused.is_empty() => Ok(None),
        Ok(SyncAnswer::Unchanged) => {
            let answer = CollectionAnswer::failed(id.clone(), key.0, SyncStatus::Success);
            Ok(Some(CollectionAnswer { responses: refused, ..answer }))
        }
        Ok(SyncAnswer::Round(round)) => {
            let mut answer = answer(id.clone(), folder, round);
            answer.responses.append(&mut refused);
            // The answer to key 0 is a key and nothing else.
            answer.more_available &= !is_first;
            Ok(Some(answer))
        }
        Err(HubError::NoSuchBook(_)) => failed(missing_book(session).await?),
        Err(error) => Err(error.into()),
    }
}

/// Where a folder's round takes place.
struct Place {
    book: BookId,
    /// The name of the position in the book.
    position: String,
    /// It is what a device that is held back is shown in a book's place.
    is_withheld: bool,
    /// The device is not shown it (any more). What it edited there is worked in, nothing is told but that its folders
    /// have changed.
    is_leaving: bool,
}

impl Place {
    fn of(session: &Session, folder: BookId) -> Self {
        let is_withheld = folder.0 < 0;
        let device = session.device_id();
        Self {
            book: if is_withheld { stands_for(folder) } else { folder },
            position: if is_withheld { position_name(device) } else { device.to_owned() },
            is_withheld,
            is_leaving: is_withheld != (session.shown.view == View::Withheld),
        }
    }
}

/// A folder the device may have been told of and that is gone, or one that never was.
async fn missing_book(session: &Session) -> Result<SyncStatus, Refusal> {
    let stale = session.access.hierarchy_is_stale_of(session.device_id(), session.shown).await?;
    Ok(if stale { SyncStatus::HierarchyChanged } else { SyncStatus::NotFound })
}

/// What a collection asks for; with key 0 always said, because `Supported` is read there.
fn options(collection: &Collection, is_first: bool) -> Option<SyncOptions> {
    let supported = collection.supported.clone().filter(|_| is_first);
    let said = collection.options.map(|Options { body_truncation, conflict }| SyncOptions {
        supported: Supported::NotSent,
        body_truncation,
        winner: match conflict {
            Conflict::ClientWins => Winner::Mine,
            Conflict::ServerWins => Winner::Theirs,
        },
    });
    match supported {
        Some(supported) => Some(SyncOptions { supported, ..said.unwrap_or_default() }),
        None => said,
    }
}

/// Commands for the hub, and answers to those that never get there.
struct Sorted {
    commands: Vec<SyncCommand>,
    refused: Vec<Response>,
}

/// Prepares a folder's commands. Contacts that cannot be taken and ids that are not this folder's are refused one by
/// one; the others go on.
async fn sort(folder: BookId, commands: &[Command]) -> Sorted {
    let mut sorted = Sorted { commands: Vec::with_capacity(commands.len()), refused: Vec::new() };
    for command in commands {
        match prepare(folder, command).await {
            Ok(command) => sorted.commands.push(command),
            Err(response) => sorted.refused.push(response),
        }
    }
    sorted
}

async fn prepare(folder: BookId, command: &Command) -> Result<SyncCommand, Response> {
    match command {
        Command::Add { client_id, data } => {
            let refuse = |status| Response::Add { client_id: client_id.clone(), server_id: None, status };
            let (contact, photo) = taken(data).await.map_err(refuse)?;
            Ok(SyncCommand::Add { client_id: client_id.clone(), contact, photo })
        }
        Command::Change { server_id, data } => {
            let refuse = |status| Response::Change { server_id: server_id.clone(), status };
            let card = card_of(folder, server_id).ok_or_else(|| refuse(SyncStatus::NotFound))?;
            let (contact, photo) = taken(data).await.map_err(refuse)?;
            Ok(SyncCommand::Change { card, contact, photo })
        }
        Command::Delete { server_id } => card_of(folder, server_id)
            .map(|card| SyncCommand::Delete { card })
            .ok_or_else(|| Response::Delete { server_id: server_id.clone(), status: SyncStatus::NotFound }),
        Command::Fetch { server_id } => card_of(folder, server_id)
            .map(|card| SyncCommand::Fetch { card })
            .ok_or_else(|| Response::Fetch { server_id: server_id.clone(), form: Err(SyncStatus::NotFound) }),
    }
}

fn card_of(folder: BookId, server_id: &str) -> Option<CardId> {
    ids::card_in(folder, server_id)
}

type Taken = (Box<contact::eas::EasContact>, Option<Box<photo::PreparedPhoto>>);

/// The contact and its picture made ready. Scaling a picture takes long enough to be done beside the other requests.
async fn taken(data: &Result<Box<Received>, Unreadable>) -> Result<Taken, SyncStatus> {
    let received = data.as_ref().map_err(|error| {
        tracing::info!(%error, "a contact that cannot be taken");
        SyncStatus::ItemUnreadable
    })?;
    let mut contact = Box::new(received.contact.clone());
    let Some(bytes) = received.picture.clone() else { return Ok((contact, None)) };
    match tokio::task::spawn_blocking(move || photo::prepare(&bytes)).await {
        Ok(Ok(photo)) => return Ok((contact, Some(Box::new(photo)))),
        // A refused Add is not sent again: better a contact without its picture than none.
        Ok(Err(error)) => tracing::warn!(%error, "a picture that cannot be taken; the contact is taken without it"),
        Err(error) => tracing::error!(%error, "preparing a picture failed; the contact is taken without it"),
    }
    contact.picture = Picture::Absent;
    Ok((contact, None))
}

fn answer(collection_id: String, folder: BookId, round: Round) -> CollectionAnswer {
    let commands: Vec<_> = round.commands.into_iter().map(|command| server_command(folder, command)).collect();
    CollectionAnswer {
        sync_key: round.key.0,
        collection_id,
        status: SyncStatus::Success,
        responses: round.responses.into_iter().map(|response| told(folder, response)).collect(),
        // iOS takes MoreAvailable without items for a fault and does not ask again.
        more_available: round.more_available && !commands.is_empty(),
        commands,
    }
}

fn told(folder: BookId, response: CommandResponse) -> Response {
    let server_id = |card| ids::server_id(folder, card);
    match response {
        CommandResponse::Added(client_id, card) => {
            Response::Add { client_id, server_id: Some(server_id(card)), status: SyncStatus::Success }
        }
        CommandResponse::NotFound(card, FailedCommand::Change) => {
            Response::Change { server_id: server_id(card), status: SyncStatus::NotFound }
        }
        CommandResponse::NotFound(card, FailedCommand::Delete) => {
            Response::Delete { server_id: server_id(card), status: SyncStatus::NotFound }
        }
        CommandResponse::NotFound(card, FailedCommand::Fetch) => {
            Response::Fetch { server_id: server_id(card), form: Err(SyncStatus::NotFound) }
        }
        CommandResponse::Fetched(card, form) => {
            Response::Fetch { server_id: server_id(card), form: form.ok_or(SyncStatus::NotFound) }
        }
    }
}

fn server_command(folder: BookId, command: hub::round::ServerCommand) -> ServerCommand {
    use hub::round::ServerCommand as Told;
    match command {
        Told::Add { card, form } => ServerCommand::Add { server_id: ids::server_id(folder, card), form },
        Told::Change { card, form, cleared } => {
            ServerCommand::Change { server_id: ids::server_id(folder, card), form, cleared }
        }
        Told::Delete { card } => ServerCommand::Delete { server_id: ids::server_id(folder, card) },
    }
}
