//! Sync: one folder per request (MS-ASCMD 2.2.1.21).

use crate::address_book::{AddressBook, Unsent};
use crate::application_data::{self, Received};
use crate::device_kind::DeviceKind;
use crate::ids::{FolderId, LocalId, ServerId};
use crate::limits::{COMMANDS_PER_SYNC, NOTE_TRUNCATION_BYTES};
use crate::strictness::Violation;
use crate::wbxml::code_pages::{airsync as tags, airsync_base};
use crate::wbxml::{Element, Tag, Writer};

/// A command of the phone that waits for the server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Add, with the ClientId it went out under.
    Add {
        /// The record.
        local: LocalId,
        /// ClientId.
        client_id: String,
    },
    /// Change.
    Change {
        /// The record.
        local: LocalId,
        /// The server's id.
        server_id: ServerId,
    },
    /// Delete.
    Delete {
        /// The server's id.
        server_id: ServerId,
    },
}

/// A request with what it tells the server.
#[derive(Debug, Clone)]
pub struct Request {
    /// The key it carries.
    pub key: String,
    /// Its commands, in order.
    pub sent: Vec<Sent>,
    /// The body.
    pub body: Vec<u8>,
}

/// What shapes a request.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Which client.
    pub kind: DeviceKind,
    /// WindowSize.
    pub window_size: u32,
    /// Empty Picture for photos that came from the server.
    pub own_pictures_only: bool,
}

/// The request with key 0: nothing but the key is asked for.
pub fn initial(shape: Shape, folder: &FolderId) -> Request {
    let body = document(|writer| {
        writer.text(tags::SYNC_KEY, "0");
        writer.text(tags::COLLECTION_ID, &folder.0);
        if let Some(supported) = shape.kind.supported() {
            writer.element(tags::SUPPORTED, |writer| supported.iter().for_each(|tag| writer.empty(*tag)));
        }
        options(writer);
    });
    Request { key: "0".to_owned(), sent: Vec::new(), body }
}

/// The request for changes, with up to 25 commands of the phone's own.
pub fn exchange(shape: Shape, folder: &FolderId, key: &str, sent: Vec<Sent>, book: &AddressBook) -> Request {
    let body = document(|writer| {
        writer.text(tags::SYNC_KEY, key);
        writer.text(tags::COLLECTION_ID, &folder.0);
        writer.text(tags::DELETES_AS_MOVES, "0");
        writer.empty(tags::GET_CHANGES);
        writer.text(tags::WINDOW_SIZE, &shape.window_size.to_string());
        options(writer);
        if !sent.is_empty() {
            writer.element(tags::COMMANDS, |writer| {
                for command in &sent {
                    write_command(shape, book, command, writer);
                }
            });
        }
    });
    Request { key: key.to_owned(), sent, body }
}

/// What of a book goes into the next request. ClientIds of Adds come from `client_id`, given the record.
pub fn collect(book: &AddressBook, mut client_id: impl FnMut(LocalId) -> String) -> Vec<Sent> {
    let (records, deletions) = book.unsent(COMMANDS_PER_SYNC);
    let records = records.into_iter().filter_map(|local| {
        let record = book.get(local)?;
        Some(match (&record.server_id, record.unsent) {
            (Some(server_id), Unsent::Change) => Sent::Change { local, server_id: server_id.clone() },
            _ => Sent::Add { local, client_id: client_id(local) },
        })
    });
    let mut sent: Vec<Sent> = records.collect();
    sent.extend(deletions.into_iter().map(|server_id| Sent::Delete { server_id }));
    sent
}

fn document(collection: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::SYNC, |writer| {
        writer.element(tags::COLLECTIONS, |writer| writer.element(tags::COLLECTION, collection));
    });
    writer.finish()
}

fn options(writer: &mut Writer) {
    writer.element(tags::OPTIONS, |writer| {
        writer.element(airsync_base::BODY_PREFERENCE, |writer| {
            writer.text(airsync_base::TYPE, "1");
            writer.text(airsync_base::TRUNCATION_SIZE, &NOTE_TRUNCATION_BYTES.to_string());
        });
    });
}

fn write_command(shape: Shape, book: &AddressBook, command: &Sent, writer: &mut Writer) {
    let data = |local: LocalId, writer: &mut Writer| {
        if let Some(record) = book.get(local) {
            let sending = record.sending(shape.own_pictures_only);
            writer.element(tags::APPLICATION_DATA, |writer| {
                application_data::send(shape.kind, &record.contact, sending, writer);
            });
        }
    };
    match command {
        Sent::Add { local, client_id } => writer.element(tags::ADD, |writer| {
            writer.text(tags::CLIENT_ID, client_id);
            data(*local, writer);
        }),
        Sent::Change { local, server_id } => writer.element(tags::CHANGE, |writer| {
            writer.text(tags::SERVER_ID, &server_id.0);
            data(*local, writer);
        }),
        Sent::Delete { server_id } => {
            writer.element(tags::DELETE, |writer| writer.text(tags::SERVER_ID, &server_id.0));
        }
    }
}

/// What the server answers to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Add, Change, Delete or Fetch.
    pub tag: Tag,
    /// ClientId; empty if none.
    pub client_id: String,
    /// ServerId, if any.
    pub server_id: Option<ServerId>,
    /// Status.
    pub status: u32,
}

/// What the server tells the phone, in the order in which iOS applies it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    /// Deletes, soft ones included.
    pub deletes: Vec<ServerId>,
    /// Changes.
    pub changes: Vec<(ServerId, Received)>,
    /// Adds.
    pub adds: Vec<(ServerId, Received)>,
}

impl Commands {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.deletes.len() + self.changes.len() + self.adds.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An answer for one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The folder's status, or that of the whole answer if it has no folder.
    pub status: u32,
    /// CollectionId; empty if none.
    pub folder: String,
    /// SyncKey; empty if none.
    pub key: String,
    /// Whether more is to come.
    pub more_available: bool,
    /// Answers to the phone's commands.
    pub responses: Vec<Response>,
    /// The server's commands.
    pub commands: Commands,
}

/// Reads an answer whose shape was checked.
pub fn read(kind: DeviceKind, root: &Element, violations: &mut Vec<Violation>) -> Answer {
    let top = root.number_of(tags::STATUS);
    let Some(collection) = root.descend(&[tags::COLLECTIONS, tags::COLLECTION]) else {
        return Answer {
            status: top.unwrap_or_default(),
            folder: String::new(),
            key: String::new(),
            more_available: false,
            responses: Vec::new(),
            commands: Commands::default(),
        };
    };
    let text = |tag| collection.text_of(tag).unwrap_or_default().to_owned();
    let responses = collection.child(tags::RESPONSES).map(|list| list.children.iter().map(response).collect());
    let commands = collection.child(tags::COMMANDS).map(|list| read_commands(kind, list, violations));
    Answer {
        status: collection.number_of(tags::STATUS).unwrap_or_default(),
        folder: text(tags::COLLECTION_ID),
        key: text(tags::SYNC_KEY),
        more_available: collection.child(tags::MORE_AVAILABLE).is_some(),
        responses: responses.unwrap_or_default(),
        commands: commands.unwrap_or_default(),
    }
}

fn response(element: &Element) -> Response {
    Response {
        tag: element.tag,
        client_id: element.text_of(tags::CLIENT_ID).unwrap_or_default().to_owned(),
        server_id: element.text_of(tags::SERVER_ID).filter(|id| !id.is_empty()).map(|id| ServerId(id.to_owned())),
        status: element.number_of(tags::STATUS).unwrap_or_default(),
    }
}

fn read_commands(kind: DeviceKind, list: &Element, violations: &mut Vec<Violation>) -> Commands {
    let mut commands = Commands::default();
    for item in &list.children {
        let id = ServerId(item.text_of(tags::SERVER_ID).unwrap_or_default().to_owned());
        match (item.tag, item.child(tags::APPLICATION_DATA)) {
            (tags::ADD, Some(data)) => commands.adds.push((id, application_data::receive(kind, data, violations))),
            (tags::CHANGE, Some(data)) => {
                commands.changes.push((id, application_data::receive(kind, data, violations)));
            }
            (tags::DELETE | tags::SOFT_DELETE, _) => commands.deletes.push(id),
            _ => {}
        }
    }
    commands
}
