//! Writing a Sync's answer (MS-ASCMD 2.2.1.21). No `Class` in a Collection, and no `Collections` without content: an
//! answer with nothing to say is an empty body.

use contact::eas::Element;
use wbxml::{Writer, document, pages::airsync as a};

use crate::{application_data, status::SyncStatus};

/// One folder of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// The key for the next request.
    pub sync_key: String,
    /// Which folder.
    pub collection_id: String,
    /// How it went; exactly one, always.
    pub status: SyncStatus,
    /// What became of the device's commands: Adds and Fetches always, Changes and Deletes when they failed.
    pub responses: Vec<Response>,
    /// What the device shall do.
    pub commands: Vec<Command>,
    /// The device should ask again at once.
    pub more_available: bool,
}

impl Collection {
    /// A folder about which nothing but a status is said.
    #[must_use]
    pub fn failed(collection_id: String, sync_key: String, status: SyncStatus) -> Self {
        Self { sync_key, collection_id, status, responses: Vec::new(), commands: Vec::new(), more_available: false }
    }
}

/// What became of a command of the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The server's id for what the device calls `client_id`; none when it was not taken.
    Add {
        /// The device's id.
        client_id: String,
        /// Ours; present exactly when the status is success.
        server_id: Option<String>,
        /// How it went.
        status: SyncStatus,
    },
    /// A Change that failed.
    Change {
        /// Which.
        server_id: String,
        /// Why.
        status: SyncStatus,
    },
    /// A Delete that failed.
    Delete {
        /// Which.
        server_id: String,
        /// Why.
        status: SyncStatus,
    },
    /// The contact that was asked for, or why not.
    Fetch {
        /// Which.
        server_id: String,
        /// Its encoded form.
        form: Result<Vec<u8>, SyncStatus>,
    },
}

/// What the device shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Show a contact it does not hold.
    Add {
        /// Which.
        server_id: String,
        /// Its encoded form: the whole contact.
        form: Vec<u8>,
    },
    /// Replace one it holds.
    Change {
        /// Which.
        server_id: String,
        /// Its encoded form: the whole contact.
        form: Vec<u8>,
        /// What it had and has no more.
        cleared: Vec<Element>,
    },
    /// Forget one it holds.
    Delete {
        /// Which.
        server_id: String,
    },
}

/// The answer's document.
#[must_use]
pub fn encode(collections: &[Collection]) -> Vec<u8> {
    document(a::SYNC, |w| {
        w.element(a::COLLECTIONS, |w| {
            for collection in collections {
                w.element(a::COLLECTION, |w| write_collection(w, collection));
            }
        });
    })
}

/// An answer that is a status alone, with the nearest bound of `Wait` or `HeartbeatInterval` beside status 14.
#[must_use]
pub fn encode_status(status: SyncStatus, limit: Option<u64>) -> Vec<u8> {
    document(a::SYNC, |w| {
        w.number(a::STATUS, status);
        if let Some(limit) = limit {
            w.text(a::LIMIT, &limit.to_string());
        }
    })
}

fn write_collection(w: &mut Writer, collection: &Collection) {
    w.text(a::SYNC_KEY, &collection.sync_key);
    w.text(a::COLLECTION_ID, &collection.collection_id);
    w.number(a::STATUS, collection.status);
    if collection.more_available {
        w.empty(a::MORE_AVAILABLE);
    }
    if !collection.commands.is_empty() {
        w.element(a::COMMANDS, |w| collection.commands.iter().for_each(|command| write_command(w, command)));
    }
    if !collection.responses.is_empty() {
        w.element(a::RESPONSES, |w| collection.responses.iter().for_each(|response| write_response(w, response)));
    }
}

fn write_command(w: &mut Writer, command: &Command) {
    match command {
        Command::Add { server_id, form } => w.element(a::ADD, |w| {
            w.text(a::SERVER_ID, server_id);
            w.element(a::APPLICATION_DATA, |w| w.stored_fragment(form));
        }),
        Command::Change { server_id, form, cleared } => w.element(a::CHANGE, |w| {
            w.text(a::SERVER_ID, server_id);
            w.element(a::APPLICATION_DATA, |w| {
                w.stored_fragment(form);
                application_data::write_cleared(w, cleared);
            });
        }),
        Command::Delete { server_id } => w.element(a::DELETE, |w| w.text(a::SERVER_ID, server_id)),
    }
}

fn write_response(w: &mut Writer, response: &Response) {
    match response {
        Response::Add { client_id, server_id, status } => w.element(a::ADD, |w| {
            w.text(a::CLIENT_ID, client_id);
            if let Some(server_id) = server_id {
                w.text(a::SERVER_ID, server_id);
            }
            w.number(a::STATUS, *status);
        }),
        Response::Change { server_id, status } => w.element(a::CHANGE, |w| {
            w.text(a::SERVER_ID, server_id);
            w.number(a::STATUS, *status);
        }),
        Response::Delete { server_id, status } => w.element(a::DELETE, |w| {
            w.text(a::SERVER_ID, server_id);
            w.number(a::STATUS, *status);
        }),
        Response::Fetch { server_id, form } => w.element(a::FETCH, |w| {
            w.text(a::SERVER_ID, server_id);
            match form {
                Ok(form) => {
                    w.number(a::STATUS, SyncStatus::Success);
                    w.element(a::APPLICATION_DATA, |w| w.stored_fragment(form));
                }
                Err(status) => w.number(a::STATUS, *status),
            }
        }),
    }
}
