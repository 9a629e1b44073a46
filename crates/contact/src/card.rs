//! The card and its items.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{fact::Fact, ids::ItemId};

/// One contact, as the ledger keeps it.
///
/// The order of `items` is meaningful: among items of one kind the earlier is the more important, and a lens with
/// few slots fills them in this order (after [`Item::pref`]).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// The vCard UID (RFC 6350 §6.7.6); minted once for cards born on a path without UIDs, then never changed.
    pub uid: String,
    /// Person, group, organisation ... (RFC 9553 §2.1.4).
    #[serde(default, skip_serializing_if = "CardKind::is_individual")]
    pub kind: CardKind,
    /// The facts. Item ids are unique within a card.
    #[serde(default)]
    pub items: Vec<Item>,
}

/// What a card describes (RFC 9553 §2.1.4, RFC 6350 §6.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardKind {
    /// A person.
    #[default]
    Individual,
    /// A list of other cards.
    Group,
    /// An organisation.
    Org,
    /// A place.
    Location,
}

impl CardKind {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
    fn is_individual(&self) -> bool {
        *self == Self::Individual
    }
}

/// One fact about a contact, with an id that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Identifies the item in every version of the card.
    pub id: ItemId,
    /// The typed value.
    pub fact: Fact,
    /// Where the fact applies; empty means no particular place.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub contexts: BTreeSet<Context>,
    /// A label of the person's own ("Ferry office"), shown instead of the contexts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// 1 is most preferred, 100 least (RFC 6350 §5.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pref: Option<u8>,
    /// What the item looked like on the path it came from, so that this path gets it back word for word.
    #[serde(default, skip_serializing_if = "Source::is_empty")]
    pub source: Source,
}

/// Where a fact applies (RFC 9553 §1.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// At home; vCard's `home`.
    Private,
    /// At work.
    Work,
}

/// An item's verbatim form on the path it came from. Valid only while the fact is unchanged: whoever changes the
/// fact clears it ([`Item::touched`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Source {
    /// The content lines of the vCard property group this item came from, unfolded, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vcard: Vec<String>,
}

impl Source {
    fn is_empty(&self) -> bool {
        self.vcard.is_empty()
    }
}

impl Item {
    /// An item with a fact and nothing else.
    #[must_use]
    pub fn new(id: ItemId, fact: Fact) -> Self {
        Self { id, fact, contexts: BTreeSet::new(), label: None, pref: None, source: Source::default() }
    }

    /// The same item with these contexts.
    #[must_use]
    pub fn in_contexts(mut self, contexts: impl IntoIterator<Item = Context>) -> Self {
        self.contexts = contexts.into_iter().collect();
        self
    }

    /// To be called on every change of a fact: the verbatim form no longer says the truth.
    pub fn touched(&mut self) {
        self.source = Source::default();
    }
}

impl Card {
    /// The item with this id; `None` when the card has no such item.
    #[must_use]
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }
}
