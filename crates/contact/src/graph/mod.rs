//! The Microsoft Graph lens: a card as the v1.0 `contact` resource, and a PATCH of that resource as an edit of a card.
//!
//! | file | what it decides |
//! | --- | --- |
//! | [`property`] | the names of the v1.0 resource, and which of them are texts, lists, addresses |
//! | [`extended`] | ids of single-value extended properties, and which of them are facts of ours |
//! | `shelf` | which item of a card sits in which place of the resource |
//! | `name` | names, companies and the display name computed from them |
//! | [`birthday`] | days as Exchange writes them |
//! | [`contact`] | [`project`]: the resource a client is shown |
//! | [`patch`] | [`Patch`]: what a client sent, property by property, unset, null or set |
//! | `absorb` | [`absorb()`]: that edit on a card |
//!
//! What the lens promises:
//! - A property that a patch does not name is untouched; null and the empty text clear.
//! - A property that comes back as it was served is no change, down to the item's verbatim source.
//! - A list replaces the *shown* list. Its entries are matched with items by value, then by place, so that items keep
//!   their ids, labels and contexts. What lay hidden behind the shown ones (the fourth e-mail address) stays, and moves
//!   up when a place becomes free. Entries beyond what the resource shows are kept as items all the same.
//! - Extended properties that are facts of ours (fax, pager, wedding day ...) are those facts; any other is kept word
//!   for word as [`Opaque`](crate::fact::Opaque) `graph:<id>` and can be read back by the same id.

mod absorb;
pub mod birthday;
pub mod contact;
pub mod extended;
mod name;
pub mod patch;
pub mod property;
mod shelf;

pub use absorb::absorb;
pub use contact::{EmailAddress, ExtendedProperty, GraphContact, PhysicalAddress, project};
pub use extended::{BadExtendedPropertyId, ExtendedPropertyId};
pub use patch::{Field, Patch, PatchError};
pub use property::{List, Place, Text};

/// Entries of one list in a patch; more are refused.
pub const LIST_ENTRIES_MAX: usize = 1000;
/// Extended properties in one patch; more are refused.
pub const EXTENDED_PROPERTIES_MAX: usize = 200;
/// What `emailAddresses` shows: primary, secondary and tertiary.
pub const EMAILS_SHOWN: usize = 3;
/// What `businessPhones` and `homePhones` show each: Exchange has two places for either.
pub const PHONES_SHOWN: usize = 2;
/// What `imAddresses` shows.
pub const IM_ADDRESSES_SHOWN: usize = 3;
