//! What goes into a round and what comes out of it.

use contact::{
    eas::{EasContact, Element, Family, Version},
    photo::PreparedPhoto,
};
use ledger::CardId;
use serde::{Deserialize, Serialize};

use super::state::{SyncKey, SyncOptions};

/// One device's request for one book (MS-ASCMD 2.2.1.21, one Collection).
#[derive(Debug, Clone)]
pub struct SyncRequest {
    /// The key the device has.
    pub key: SyncKey,
    /// Which client it is: decides what an absent element means.
    pub family: Family,
    /// The protocol version it speaks.
    pub version: Version,
    /// What it asks for; `None` means as last time.
    pub options: Option<SyncOptions>,
    /// What it did, in its order.
    pub commands: Vec<SyncCommand>,
    /// Whether it wants to hear what others did.
    pub get_changes: bool,
    /// The device is held back ([`crate::withheld`]): nothing exists for it but what it brought, and nothing is told.
    pub withheld: bool,
    /// How many cards it wants at most.
    pub window: u32,
    /// The hash of the request's bytes: two requests with the same key and hash are one request, delivered twice.
    pub fingerprint: [u8; 32],
}

/// Something a device did to a card.
#[derive(Debug, Clone)]
pub enum SyncCommand {
    /// A new contact.
    Add {
        /// The device's name of it until it learns ours. Not unique, not even within a request.
        client_id: String,
        /// What it is.
        contact: Box<EasContact>,
        /// The picture that `contact` names.
        photo: Option<Box<PreparedPhoto>>,
    },
    /// A changed contact.
    Change {
        /// Which.
        card: CardId,
        /// As the device now shows it.
        contact: Box<EasContact>,
        /// The picture that `contact` names.
        photo: Option<Box<PreparedPhoto>>,
    },
    /// A deleted contact.
    Delete {
        /// Which.
        card: CardId,
    },
    /// A contact the device wants to see again, as it is in the ledger.
    Fetch {
        /// Which.
        card: CardId,
    },
}

/// The outcome of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncAnswer {
    /// The key is neither the current one nor the one before: the device has to start over, nothing was touched.
    BadKey,
    /// Nothing to say; the device keeps its key.
    Unchanged,
    /// A new key, and what belongs to it.
    Round(Round),
}

/// An answer with a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The key for the next request.
    pub key: SyncKey,
    /// One for each Add and Fetch, and for each Change and Delete that failed, in the order of the request.
    pub responses: Vec<CommandResponse>,
    /// What the device shall do.
    pub commands: Vec<ServerCommand>,
    /// There is more; the device should ask again at once.
    pub more_available: bool,
    /// This answer was given before: the request came twice.
    pub repeated: bool,
}

/// How a command of the device went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandResponse {
    /// The Add of this ClientId is this card.
    Added(String, #[serde(with = "card_number")] CardId),
    /// The Change or Delete names a card that this book never had.
    NotFound(#[serde(with = "card_number")] CardId, FailedCommand),
    /// The card that was asked for; its encoded form is looked up when the answer is made.
    Fetched(#[serde(with = "card_number")] CardId, #[serde(skip)] Option<Vec<u8>>),
}

/// Which kind of command failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedCommand {
    /// A Change.
    Change,
    /// A Delete.
    Delete,
    /// A Fetch.
    Fetch,
}

/// Something the device shall do to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerCommand {
    /// Show a card it does not hold.
    Add {
        /// Which.
        card: CardId,
        /// Its encoded form.
        form: Vec<u8>,
    },
    /// Replace a card it holds.
    Change {
        /// Which.
        card: CardId,
        /// Its encoded form: the whole contact.
        form: Vec<u8>,
        /// What it had and has no more.
        cleared: Vec<Element>,
    },
    /// Forget a card it holds.
    Delete {
        /// Which.
        card: CardId,
    },
}

impl ServerCommand {
    /// The card it is about.
    #[must_use]
    pub fn card(&self) -> CardId {
        match self {
            Self::Add { card, .. } | Self::Change { card, .. } | Self::Delete { card } => *card,
        }
    }
}

pub(crate) mod card_number {
    //! A card id as a number in the hub's records.
    use ledger::CardId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(crate) fn serialize<S: Serializer>(card: &CardId, serializer: S) -> Result<S::Ok, S::Error> {
        card.0.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CardId, D::Error> {
        i64::deserialize(deserializer).map(CardId)
    }
}
