//! What a contact is: cards, items, lenses, three-way merge, photos, and a contact's vCard and Graph forms.
//!
//! A [`Card`] is a list of [`Item`]s in JSContact's vocabulary (RFC 9553). A path (ActiveSync, Graph, vCard) never
//! sees a card directly; it sees it through a *lens*: `project` makes the path's wire form and says which items that
//! form covers, `absorb` turns what came back into an edited card. What the wire form cannot carry is not touched.
//! [`merge`](merge::merge) then joins an edit with what others wrote meanwhile, item by item and facet by facet.
//!
//! This crate is pure: no I/O, no clock, no randomness. New ids are handed in ([`NewItemIds`]). It must never know
//! HTTP, WBXML, a database or a device's sync state.
//!
//! To add a path: write a module beside [`eas`] with a wire type, `project` and `absorb`, and put its row into the
//! law tests in `tests/laws.rs`; the five laws are what makes it a lens.

pub mod adoption;
pub mod card;
pub mod date;
pub mod eas;
pub mod fact;
pub mod graph;
pub mod ids;
pub mod limits;
pub mod merge;
pub mod names;
pub mod photo;
pub mod vcard;

pub use card::{Card, CardKind, Context, Item, Source};
pub use date::PartialDate;
pub use fact::Fact;
pub use ids::{BlobHash, ItemId, NewItemIds};
pub use names::display_name;
