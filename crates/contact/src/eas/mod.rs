//! The ActiveSync lens: how a phone sees a card, and what an edit on the phone does to it.
//!
//! Three functions, and the laws that tie them together (`tests/laws.rs`):
//!
//! - [`Lens::project`] makes the complete, canonical wire form of a card.
//! - [`Lens::seen`] says what a device itself shows after it sent something: what it left out is kept or gone by the
//!   one table of what absence means ([`absence`]), dates and addresses are brought into canonical form.
//! - [`Lens::absorb`] edits a card by the difference between what was served and what is seen. What no slot shows (the
//!   fourth e-mail, the third home number, labels, contexts, service names) is not touched.
//!
//! Which item sits in which slot is a function of the card ([`slots`]), so no slot numbers are kept anywhere.

pub mod absence;
mod absorb;
mod day;
mod file_as;
mod project;
mod property;
mod record;
mod seen;
mod slots;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use property::{Element, Property};
pub use text::{split_address, wire_text};

use crate::{Card, NewItemIds, ids::BlobHash, photo::PreparedPhoto};

/// A contact as its elements in `ApplicationData` (MS-ASCNTC 2.2.2), both ways.
///
/// On the way down it is canonical: no empty text, dates as `YYYY-MM-DDT11:59:00.000Z`, bare e-mail addresses, the
/// note at full length. On the way up it is what the client wrote, where empty text means that the element was there
/// and empty, and a missing one that it was not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EasContact {
    /// The text elements.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<Property, String>,
    /// Categories/Category; on the way up `Some` of nothing is an empty `Categories`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// Children/Child; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<String>>,
    /// Body/Data of the plain text note, lines separated by `\n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The photo.
    pub picture: Picture,
    /// The photo was uploaded by the very device this form is for. Set by the lens; meaningless on the way up.
    #[serde(skip_serializing_if = "is_false")]
    pub own_picture: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
fn is_false(value: &bool) -> bool {
    !*value
}

/// The `Picture` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Picture {
    /// No element. On the way up: nothing is said about the photo.
    #[default]
    Absent,
    /// An empty element; only on the way up.
    Empty,
    /// On the way down the photo's served form ([`crate::fact::Photo::served`]); on the way up the decoded bytes.
    Photo(BlobHash),
}

/// Which program speaks; decides what absence and some quirks mean. From the device type and user agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// The native app of iPhone and iPad.
    Ios,
    /// Android's own client (AOSP and those made from it).
    Android,
    /// EAS-4-TbSync in Thunderbird.
    TbSync,
    /// Any other; held to the specification.
    Other,
}

/// The protocol version of the request (`MS-ASProtocolVersion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// 14.1
    #[serde(rename = "14.1")]
    V14_1,
    /// 16.0
    #[serde(rename = "16.0")]
    V16_0,
    /// 16.1
    #[serde(rename = "16.1")]
    V16_1,
}

/// The `Supported` element the client sent with `SyncKey` 0 (MS-ASCMD 2.2.3.179).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Supported {
    /// None: nothing is ghosted.
    #[default]
    NotSent,
    /// An empty one: everything is ghosted.
    Empty,
    /// The listed elements are not ghosted, the others are.
    Listed(BTreeSet<Element>),
}

/// One client's view of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lens {
    /// The program.
    pub family: Family,
    /// The protocol version.
    pub version: Version,
    /// What it said it supports.
    pub supported: Supported,
    /// `BodyPreference/TruncationSize` in bytes: notes longer than this are served cut ([`Lens::served_body`]).
    pub body_truncation: Option<u32>,
    /// The device's id, to tell its own photos from others.
    pub device: String,
}

/// A note as it goes into `Body` (MS-ASAIRS 2.2.2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServedBody<'a> {
    /// `Data`.
    pub data: &'a str,
    /// `Truncated`.
    pub truncated: bool,
    /// `EstimatedDataSize`: the bytes of the whole note.
    pub size: usize,
}

impl Lens {
    /// The card's complete canonical wire form. Truncating the note is left to [`Lens::served_body`], so that the
    /// form is the same for every preference.
    #[must_use]
    pub fn project(&self, card: &Card) -> EasContact {
        project::project(self, card)
    }

    /// The canonical form of what the device itself shows after it sent `sent` while it held `served`. An Add is an
    /// edit of nothing: `served` is then the default.
    #[must_use]
    pub fn seen(&self, served: &EasContact, sent: &EasContact) -> EasContact {
        seen::seen(self, served, sent)
    }

    /// `base` edited by what changed from `served` to `seen(served, sent)`. Slots are computed from `base`; items it
    /// does not touch stay as they are, word for word.
    ///
    /// `photo` is the prepared form of the picture sent; without it a picture that is new changes nothing.
    #[must_use]
    pub fn absorb(
        &self,
        base: &Card,
        served: &EasContact,
        sent: &EasContact,
        photo: Option<&PreparedPhoto>,
        ids: &mut dyn NewItemIds,
    ) -> Card {
        absorb::absorb(self, base, served, sent, photo, ids)
    }

    /// The note of a canonical contact, cut to this client's truncation size; `None` without a note.
    #[must_use]
    pub fn served_body<'a>(&self, contact: &'a EasContact) -> Option<ServedBody<'a>> {
        let whole = contact.body.as_deref()?;
        let data = text::truncated(whole, self.body_truncation);
        Some(ServedBody { data, truncated: data.len() < whole.len(), size: whole.len() })
    }
}

/// What iOS matches cards by in the first run of a folder (the exact first, middle, last and company name): two cards
/// with one key would collapse into one on the phone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamesakeKey {
    first: String,
    middle: String,
    last: String,
    company: String,
}

impl NamesakeKey {
    /// Whether there is nothing to match by: such a card collapses with every other without a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.first, &self.middle, &self.last, &self.company].iter().all(|part| part.is_empty())
    }
}

/// The card's key of namesakes, as this lens shows the names.
#[must_use]
pub fn namesake(card: &Card) -> NamesakeKey {
    let name = record::name_of(card);
    let shown = |part: Option<&str>| part.map(wire_text).unwrap_or_default();
    let part = |element| shown(name.and_then(|name| record::name_part(name, element)));
    NamesakeKey {
        first: part(Property::FirstName),
        middle: part(Property::MiddleName),
        last: part(Property::LastName),
        company: shown(record::organization_of(card).and_then(|company| company.name.as_deref())),
    }
}
