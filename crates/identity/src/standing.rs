//! Credentials that were found good, and whether they still are.

/// A credential that was found good.
#[derive(Debug)]
pub(crate) struct Known {}
