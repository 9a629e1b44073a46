//! Who asks, once `identity` has made sure of it.

use ledger::AccountId;

/// A way in. A credential opens one of them, never all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessPath {
    /// Exchange ActiveSync.
    ActiveSync,
    /// Microsoft Graph's contacts.
    Graph,
    /// CardDAV.
    CardDav,
    /// JMAP for Contacts.
    Jmap,
}

impl AccessPath {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ActiveSync, Self::Graph, Self::CardDav, Self::Jmap];

    /// The name used in commands, tokens and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ActiveSync => "activesync",
            Self::Graph => "graph",
            Self::CardDav => "carddav",
            Self::Jmap => "jmap",
        }
    }
}

/// A person who has proved who they are, on one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose contacts.
    pub account: AccountId,
    /// The person's main address, in lower case.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The way they came.
    pub path: AccessPath,
}
