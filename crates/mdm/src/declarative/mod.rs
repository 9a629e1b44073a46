//! Declarative management: declarations a device keeps to by itself, and the status it reports.

mod declaration;
mod endpoint;
mod status;

pub use declaration::Declaration;
pub(crate) use declaration::check;
pub(crate) use endpoint::{answer, tokens};
pub use status::{DeclarationState, Reason, StatusReport, Valid};
pub(crate) use status::{accounts, facts, states};
