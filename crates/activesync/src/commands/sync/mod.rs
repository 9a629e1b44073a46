//! Sync: what changed on both sides (MS-ASCMD 2.2.1.21).
//!
//! [`request`] reads, [`round`] works one folder through the hub's round engine, [`response`] writes, [`memory`] keeps
//! what empty and partial requests leave out, and this file puts the folders of a request together and holds an answer
//! that has nothing to say for as long as the client asked.

mod memory;
mod request;
mod response;
mod round;

use std::{sync::Arc, time::Duration};

use contact::BlobHash;
use hub::withheld::View;

pub use memory::Memory;
pub(crate) use request::read_body_preference;
pub use request::{Collection, Command, Conflict, Impatience, Options, Request};
pub use response::{Collection as CollectionAnswer, Command as ServerCommand, Response, encode, encode_status};

use crate::{
    admittance::Stop,
    answer::Answer,
    commands::not_understood,
    ids,
    limits::WINDOW_MAX,
    session::{Outcome, Session},
    status::{Refusal, SyncStatus},
    waits::{Kind, Woken},
};

/// What is left to do of a Sync.
pub(crate) enum Step {
    /// Answer.
    Done(Answer),
    /// Nothing to say yet: wait for this long, and look again.
    Hold(Box<Held>, Duration),
}

/// A Sync that waits: no request, no commands, only which folders with which keys.
pub(crate) struct Held {
    session: Session,
    collections: Vec<Collection>,
    window: u32,
    fingerprint: [u8; 32],
}

/// Answers a Sync, or says that there is nothing to say yet.
pub(crate) async fn begin(session: Session, body: &[u8]) -> Result<Step, Refusal> {
    let request = match read(&session, body) {
        Ok(request) => request,
        Err(done) => return done.map(Step::Done),
    };
    let patience = match request.patience() {
        Ok(patience) => patience,
        Err(Impatience::Both) => {
            return Ok(Step::Done(Answer::Document(encode_status(SyncStatus::ProtocolError, None))));
        }
        Err(Impatience::OutOfRange { limit }) => {
            return Ok(Step::Done(Answer::Document(encode_status(SyncStatus::WaitOutOfRange, Some(limit)))));
        }
    };
    let fingerprint = BlobHash::of(body).0;
    let window = window(request.window, WINDOW_MAX);
    let remembered = Memory::of(&request);
    let answers = work(&session, &request.collections, window, fingerprint).await?;
    session.shared.sync_memory.keep(&session, remembered, &answers);
    // An account that begins counts however lately another one of the device was noted: rollouts go by it.
    if session.shown.view == View::Whole && request.collections.iter().any(Collection::begins) {
        let (account, device) = (session.caller().account, session.device_id());
        session.shared.gate.note_sync(account, device).await.map_err(hub::HubError::from)?;
    }
    if !answers.is_empty() {
        return Ok(Step::Done(Answer::Document(finish(&session, &request.collections, &answers))));
    }
    match patience {
        None => Ok(Step::Done(Answer::Nothing)),
        Some(patience) => {
            let collections = request.collections.into_iter().map(Collection::without_commands).collect();
            Ok(Step::Hold(Box::new(Held { session, collections, window, fingerprint }), patience))
        }
    }
}

/// Waits until one of the folders has something to say. Nothing until the deadline is an empty answer.
pub(crate) async fn hold(held: Box<Held>, patience: Duration) -> Result<Answer, Stop> {
    let Held { mut session, collections, window, fingerprint } = *held;
    let (account, access) = (session.caller().account, session.access.clone());
    // The place is taken before the ledger is looked at, so that no change slips through between.
    let mut waiting = session.shared.hub.wake_ups().wait_for(account);
    let policy = session.shared.gate.policy_changes();
    let mut seat = session.shared.waits.sit(account, session.device_id(), Kind::Sync, patience, policy);
    let watched = collections.iter().filter_map(|collection| ids::book(&collection.collection_id));
    let watched: Vec<_> = watched.map(|book| session.pinged(book)).collect();
    loop {
        let is_whole = session.shown.view == View::Whole;
        if is_whole && !access.pending(session.device_id(), watched.clone()).await?.is_empty() {
            let answers = Box::pin(work(&session, &collections, window, fingerprint)).await?;
            if !answers.is_empty() {
                session.shared.sync_memory.moved(&session, &answers);
                return Ok(Answer::Document(finish(&session, &collections, &answers)));
            }
        }
        if seat.wait(&mut waiting).await == Woken::Over {
            return Ok(Answer::Nothing);
        }
        match Box::pin(session.guest.ask_again(&session.shared, &access, session.device_id())).await? {
            Some(shown) if shown.view == session.shown.view => session.shown = shown,
            // The device comes again with whatever it has to bring, and is told about its folders then.
            _ => return Ok(Answer::Nothing),
        }
    }
}

/// The request, completed with what is remembered.
fn read(session: &Session, body: &[u8]) -> Result<Request, Outcome> {
    let incomplete = || Ok(Answer::Document(encode_status(SyncStatus::Incomplete, None)));
    let request = if body.is_empty() {
        session.shared.sync_memory.recall(session).and_then(|memory| memory.whole()).ok_or_else(incomplete)?
    } else {
        let broken = |error| not_understood(&error, || encode_status(SyncStatus::ProtocolError, None));
        let request = Request::parse(body).map_err(broken)?;
        if request.partial {
            let memory = session.shared.sync_memory.recall(session).ok_or_else(incomplete)?;
            memory.complete(request).ok_or_else(incomplete)?
        } else {
            request
        }
    };
    let keyless = request.collections.iter().any(|collection| collection.sync_key.is_none());
    if request.collections.is_empty() || keyless {
        return Err(incomplete());
    }
    Ok(request)
}

fn window(asked: Option<u32>, default: u32) -> u32 {
    match asked {
        None => default,
        Some(0) => WINDOW_MAX,
        Some(size) => size.min(WINDOW_MAX),
    }
}

/// Works all folders; those without anything to say are left out of the answer.
async fn work(
    session: &Session,
    collections: &[Collection],
    window: u32,
    fingerprint: [u8; 32],
) -> Result<Vec<CollectionAnswer>, Refusal> {
    let mut answers = Vec::new();
    let mut left = window;
    for collection in collections {
        if let Some(answer) = round::run(session, collection, left, fingerprint).await? {
            let given = u32::try_from(answer.commands.len()).unwrap_or(u32::MAX);
            left = left.saturating_sub(given).max(1);
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// The answer's document, logged when the client seems not to understand it.
fn finish(session: &Session, asked: &[Collection], answers: &[CollectionAnswer]) -> Vec<u8> {
    let document = encode(answers);
    let account = session.caller().account;
    for answer in answers {
        let key = asked
            .iter()
            .find(|collection| collection.collection_id == answer.collection_id)
            .and_then(|collection| collection.sync_key.as_deref())
            .unwrap_or_default();
        if session.shared.same_keys.asked(account, session.device_id(), &answer.collection_id, key) {
            tracing::warn!(
                %account,
                device = session.device_id(),
                collection = answer.collection_id,
                key,
                bytes = hex(&document),
                answer = wbxml::to_text(&document),
                "the same key again and again: the client seems not to understand the answer"
            );
        }
    }
    document
}

/// The beginning of a document as hexadecimal digits.
fn hex(document: &[u8]) -> String {
    const BYTES_LOGGED: usize = 8 * 1024;
    use std::fmt::Write;
    document.iter().take(BYTES_LOGGED).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The memories of all devices, shared.
pub(crate) type SharedMemory = Arc<memory::Memories>;
