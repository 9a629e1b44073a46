//! Commands to devices, and what their answers mean.

mod outcome;
mod report;
mod request;

pub(crate) use outcome::{is_version, outcome, own as own_error};
pub use report::{Report, Status, last_error};
pub use request::{Command, Unfit};
