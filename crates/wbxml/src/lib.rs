//! ActiveSync's binary XML (MS-ASWBXML): a streaming [`Reader`] over borrowed bytes, a [`Writer`] that cannot write
//! what strict clients refuse, and the code pages as tables ([`pages`]).
//!
//! Knows tags, text and opaque bytes; must never know what a command means, what a contact is, or HTTP.
//! Every malformed input is a [`WbxmlError`], never a panic, and every size has a bound in [`limits`].
//!
//! ```
//! use wbxml::{Reader, document, pages::folder_hierarchy};
//!
//! let bytes = document(folder_hierarchy::FOLDER_SYNC, |w| w.text(folder_hierarchy::SYNC_KEY, "0"));
//! let (mut reader, root) = Reader::open(&bytes)?;
//! assert_eq!(root, folder_hierarchy::FOLDER_SYNC);
//! let mut key = String::new();
//! reader.children(|reader, tag| {
//!     if tag == folder_hierarchy::SYNC_KEY {
//!         key = reader.text()?.into_owned();
//!     }
//!     Ok::<_, wbxml::WbxmlError>(())
//! })?;
//! assert_eq!(key, "0");
//! # Ok::<_, wbxml::WbxmlError>(())
//! ```

mod dump;
mod error;
pub mod limits;
pub mod pages;
mod reader;
mod tag;
mod token;
mod writer;

pub use dump::to_text;
pub use error::WbxmlError;
pub use reader::{Reader, Token};
pub use tag::Tag;
pub use writer::{Fragment, Writer, document};
