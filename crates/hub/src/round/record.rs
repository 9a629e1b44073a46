//! The replay record: what a device sent in the last round, and what makes the answer to it again.

use contact::eas::{EasContact, Element};
use ledger::{CardId, Revision};
use serde::{Deserialize, Serialize};

use super::{
    request::{CommandResponse, card_number},
    state::State,
};

/// What is needed when a device comes again with the key before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Previous {
    /// The state of that key.
    pub(crate) state: State,
    /// The hash of the request that was answered.
    pub(crate) fingerprint: [u8; 32],
    /// What the device sent in it.
    pub(crate) touched: Vec<Touched>,
    /// What makes the same answer again.
    pub(crate) answer: Recipe,
}

/// A card that the device touched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// By which command.
    pub(crate) command: CommandId,
    /// The card.
    #[serde(with = "card_number")]
    pub(crate) card: CardId,
    /// What the device shows of it since.
    pub(crate) shows: Shows,
    /// The card's newest version when the round ended.
    pub(crate) revision: i64,
    /// The device showed something else than that version.
    pub(crate) differs: bool,
}

/// What a device shows of a card after a command of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shows {
    /// This.
    Contact(Box<EasContact>),
    /// Nothing.
    Nothing,
}

/// A command, recognised when it comes again: kind, name, and the how-manyth of that kind and name in its request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum CommandId {
    /// An Add, by ClientId. One request can hold two of one ClientId: two contacts.
    Add(String, u32),
    /// A Change or Delete.
    Item(i64, u32),
}

/// What makes an answer again, byte for byte, from history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// The number of the key that was given out.
    pub(crate) number: u64,
    /// The responses.
    pub(crate) responses: Vec<CommandResponse>,
    /// What was told beside the page, at which revisions.
    pub(crate) told: Vec<Told>,
    /// There was more to tell than the window had room for.
    #[serde(default)]
    pub(crate) owes: bool,
    /// The state in which the page began; `None` when no page was wanted.
    pub(crate) page_from: Option<State>,
    /// The page's size: what `told` left of the window.
    pub(crate) window: u32,
}

/// A card that was told beside the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The card.
    #[serde(with = "card_number")]
    pub(crate) card: CardId,
    /// In which version.
    pub(crate) revision: i64,
    /// As what.
    pub(crate) how: How,
}

/// The three things a device can be told of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    /// It is new to the device.
    Add,
    /// It differs; these elements are gone.
    Change(Vec<Element>),
    /// It is gone.
    Delete,
}

impl Touched {
    /// The version the card had when the round ended.
    pub(crate) fn revision(&self) -> Revision {
        Revision(self.revision)
    }
}
