//! The typed values an item can have. Vocabulary of RFC 9553; each variant names the standard's object.

use serde::{Deserialize, Serialize};

use crate::{date::PartialDate, ids::BlobHash};

/// The value of an [`Item`](crate::Item).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact {
    /// The name; at most one per card.
    Name(Name),
    /// A nickname.
    Nickname(String),
    /// A company and the department within it. The first is the one small paths show.
    Organization(Organization),
    /// A job title or role.
    Title(Title),
    /// An e-mail address.
    Email(Email),
    /// A telephone, fax, pager or text number.
    Phone(Phone),
    /// A postal address.
    Address(Address),
    /// A web page.
    Link(String),
    /// An account at an instant-messaging or social service.
    OnlineService(OnlineService),
    /// A birthday, wedding day or another yearly date.
    Anniversary(Anniversary),
    /// Another person, by name: spouse, child, manager, assistant ...
    Relation(Relation),
    /// Free text; at most one is shown on small paths.
    Note(String),
    /// A category.
    Keyword(String),
    /// A picture of the contact; at most one per card.
    Photo(Photo),
    /// A number or name without a place in RFC 9553 that Exchange knows.
    Identifier(Identifier),
    /// A property no lens here understands, kept word for word.
    Opaque(Opaque),
}

/// The parts of a name (RFC 9553 §2.2.1). Empty parts are `None`, never `Some("")`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Name {
    /// The whole name as its owner writes it (vCard FN, Graph displayName); `None` when only parts are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
    /// EAS FirstName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// EAS MiddleName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given2: Option<String>,
    /// EAS LastName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surname: Option<String>,
    /// "Dr."; EAS Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// "Jr.", "PhD"; EAS Suffix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// EAS YomiFirstName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phonetic_given: Option<String>,
    /// No place in EAS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phonetic_given2: Option<String>,
    /// EAS YomiLastName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phonetic_surname: Option<String>,
    /// The text the contact is filed under (EAS FileAs). Free text, never computed back into parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_as: Option<String>,
    /// "A. B." (Graph initials); no place in EAS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initials: Option<String>,
}

/// A company (RFC 9553 §2.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Organization {
    /// EAS CompanyName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Department, then its sub-units; EAS Department is the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// EAS YomiCompanyName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phonetic: Option<String>,
    /// Room or site; EAS OfficeLocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
}

/// A job title or role (RFC 9553 §2.2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// Which of the two.
    pub kind: TitleKind,
    /// The words.
    pub name: String,
}

/// The two kinds of [`Title`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TitleKind {
    /// vCard TITLE, EAS JobTitle.
    Title,
    /// vCard ROLE, Graph profession; no place in EAS.
    Role,
}

/// An e-mail address, split from any display name it came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// `a@b`, without angle brackets.
    pub address: String,
    /// The name beside it (Graph `emailAddresses[].name`, `"Name" <a@b>`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A number to dial; the person's own spelling, never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As typed.
    pub number: String,
    /// What kind of line it is.
    #[serde(default, skip_serializing_if = "PhoneKind::is_voice")]
    pub kind: PhoneKind,
}

/// The kind of a [`Phone`]: the union of RFC 9553's features and what EAS has slots for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhoneKind {
    /// A telephone that stands somewhere.
    #[default]
    Voice,
    /// A mobile phone.
    Mobile,
    /// A fax machine.
    Fax,
    /// A pager.
    Pager,
    /// The switchboard (EAS CompanyMainPhone).
    Main,
    /// EAS CarPhoneNumber.
    Car,
    /// EAS RadioPhoneNumber.
    Radio,
    /// EAS AssistantPhoneNumber.
    Assistant,
    /// Text messages only (EAS MMS).
    Text,
    /// A text telephone for deaf people.
    Textphone,
    /// A video phone.
    Video,
}

impl PhoneKind {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
    fn is_voice(&self) -> bool {
        *self == Self::Voice
    }
}

/// A postal address. `street` may have several lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    /// House number and street, lines separated by `\n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// vCard ADR's second component; no place in EAS and Graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended: Option<String>,
    /// No place in EAS and Graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub po_box: Option<String>,
    /// EAS *AddressCity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// EAS *AddressState.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// EAS *AddressPostalCode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// EAS *AddressCountry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2, lower case (Apple X-ABADR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
}

/// An account at a messaging or social service (RFC 9553 §2.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineService {
    /// The account or address; what EAS IMAddress carries.
    pub user: String,
    /// "Jabber", "Skype", "LinkedIn"; no place in EAS and Graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Messaging or social.
    #[serde(default)]
    pub kind: ServiceKind,
}

/// The two kinds of [`OnlineService`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceKind {
    /// vCard IMPP; fills EAS IMAddress 1-3.
    #[default]
    Messaging,
    /// vCard X-SOCIALPROFILE, SOCIALPROFILE; no place in EAS and Graph.
    Social,
}

/// A date that comes back every year (RFC 9553 §2.8.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anniversary {
    /// Which day it is.
    pub kind: AnniversaryKind,
    /// A calendar day, without time and zone: it must never move.
    pub date: PartialDate,
}

/// What an [`Anniversary`] remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnniversaryKind {
    /// EAS Birthday.
    Birth,
    /// EAS Anniversary.
    Wedding,
    /// Another date, named by the item's label.
    Other,
}

/// A person this contact is related to, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// Their name.
    pub name: String,
}

/// The kinds of [`Relation`] that some path has a place for; others are `Other` with the item's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// EAS Spouse.
    Spouse,
    /// EAS Children/Child.
    Child,
    /// EAS ManagerName.
    Manager,
    /// EAS AssistantName.
    Assistant,
    /// No place in EAS and Graph.
    Other,
}

/// A picture. The bytes live in the ledger's photo table under their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// The picture at full size, as it came.
    pub original: BlobHash,
    /// `image/jpeg` ...
    pub media_type: String,
    /// The form phones are served: a JPEG small enough for iOS to send back. Equal to `original` when that is one.
    pub served: BlobHash,
    /// The device that uploaded it (its DeviceId), when one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_by: Option<String>,
}

/// Something Exchange has a field for and RFC 9553 has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Which field.
    pub kind: IdentifierKind,
    /// Its text.
    pub value: String,
}

/// The fields of [`Identifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentifierKind {
    /// EAS CustomerId.
    CustomerId,
    /// EAS GovernmentId.
    GovernmentId,
    /// EAS AccountName.
    AccountName,
    /// EAS Alias (recipient information cache).
    Alias,
    /// EAS WeightedRank (recipient information cache), decimal.
    WeightedRank,
}

/// A property that only its own path understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opaque {
    /// The path's own name of it: `vcard:X-KEEP`, `graph:String 0x3A1F`.
    pub property: String,
    /// Its value in that path's own writing (a vCard's unfolded lines stand in [`Item::source`](crate::Item)).
    pub value: String,
}
