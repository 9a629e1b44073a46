//! What the fuzz targets do, one function each; the files in `fuzz_targets` only hand over the bytes.
//!
//! | target | input | promise |
//! | --- | --- | --- |
//! | `wbxml_reader` | any bytes | read or refused, and shown as text |
//! | `wbxml_roundtrip` | choices | what is written is read back, and no opened tag is empty |
//! | `eas_commands` | requests with any body | never 500 or 503, answers are WBXML, other accounts stay as they are |
//! | `eas_structured` | choices | the same, for well-formed requests that get deep into the handlers |
//! | `eas_query` | a query string, plain or base64 | read or refused |
//! | `autodiscover_xml` | a body, and texts for the answer | read or refused; the answer is well-formed XML |
//! | `vcard_import` | a file | each card is written as one card in every version, and taken back |
//! | `graph_json` | a PATCH's body | absorbed by a card without harm |
//! | `graph_requests` | request lines with bodies | never 500 or 503, answers are JSON, other accounts stay as they are |
//! | `card_facts` | a stored card | every path can show it |
//! | `merge` | choices | the sides are equal, nothing is invented |
//! | `certificates` | what strangers send to the authority | read or refused, and nobody gets a certificate |
//! | `mdm_messages` | messages of devices and webhooks on them | read or refused, the log stays readable, a stranger is answered 403 |
//! | `profile_lint` | a profile or a declaration | there is a report, and it can be shown |
//! | `tenant_export` | files of a company's policies | there is a report, whatever their order |
//!
//! To add one: a function here, a file in `fuzz_targets`, its `[[bin]]`, and seeds in `write-seeds`.
#![forbid(unsafe_code)]

mod cards;
mod certificates;
mod device_management;
mod eas;
mod formats;
mod grammar;
mod graph_path;
mod profiles;
mod request;
mod tenants;
mod tree;
mod world;

pub use cards::merge;
pub use certificates::certificates;
pub use device_management::mdm_messages;
pub use eas::{eas_commands, eas_structured};
pub use formats::{autodiscover_xml, card_facts, eas_query, graph_json, vcard_import, wbxml_reader};
pub use graph_path::graph_requests;
pub use profiles::profile_lint;
pub use tenants::tenant_export;
pub use tree::wbxml_roundtrip;
