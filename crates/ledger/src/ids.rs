//! The ids under which facts are kept. All but the account's are integers unique within their account.

use std::fmt;

/// An account: one person's contacts. Sixteen random bytes, first in every key of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub [u8; 16]);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for crate::Value<'_> {
            fn from(id: $name) -> Self {
                Self::Integer(id.0)
            }
        }
    };
}

integer_id! {
    /// An address book of an account.
    BookId
}
integer_id! {
    /// A card of an account: the revision that created it.
    CardId
}
integer_id! {
    /// A position in an account's history. Every version of a card and every change to an address book takes one;
    /// they are given out inside the transaction that writes, so their order is the order of commits.
    Revision
}

impl<'a> From<&'a AccountId> for crate::Value<'a> {
    fn from(id: &'a AccountId) -> Self {
        Self::Bytes(&id.0)
    }
}
