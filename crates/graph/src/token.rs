//! `$skiptoken` and `$deltatoken`: positions in the change feed. The server keeps nothing for them.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccountId, BookId, Revision, feed::Position};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Where a run over a folder's contacts stands, and what the client asked to see of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContactsToken {
    #[serde(rename = "a")]
    account: String,
    #[serde(rename = "b")]
    book: i64,
    #[serde(rename = "c")]
    cursor: i64,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    target: Option<i64>,
    /// `$select`; asked for once, it holds for the whole chain.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) select: Option<Vec<String>>,
    /// Extended properties asked for.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) expand: Vec<String>,
}

/// Which folders a client knows, as of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoldersToken {
    #[serde(rename = "a")]
    account: String,
    #[serde(rename = "r")]
    pub(crate) revision: i64,
    #[serde(rename = "f")]
    pub(crate) known: BTreeSet<i64>,
}

impl ContactsToken {
    pub(crate) fn new(account: AccountId, book: BookId, position: Position) -> Self {
        Self {
            account: account.to_string(),
            book: book.0,
            cursor: position.cursor.0,
            target: position.target.map(|target| target.0),
            select: None,
            expand: Vec::new(),
        }
    }

    pub(crate) fn position(&self) -> Position {
        Position { cursor: Revision(self.cursor), target: self.target.map(Revision) }
    }

    /// Reads a token; `None` when it is damaged or not of this mailbox and folder.
    pub(crate) fn read(text: &str, account: AccountId, book: BookId) -> Option<Self> {
        let token: Self = read(text)?;
        (token.account == account.to_string() && token.book == book.0 && token.cursor >= 0).then_some(token)
    }
}

impl FoldersToken {
    pub(crate) fn new(account: AccountId, revision: Revision, known: BTreeSet<i64>) -> Self {
        Self { account: account.to_string(), revision: revision.0, known }
    }

    /// Reads a token; `None` when it is damaged or not of this mailbox.
    pub(crate) fn read(text: &str, account: AccountId) -> Option<Self> {
        read(text).filter(|token: &Self| token.account == account.to_string())
    }
}

/// A token as text for a link.
pub(crate) fn write(token: &impl Serialize) -> String {
    // Integers, texts and lists of them always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(token).unwrap_or_default())
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_worth_nothing_in_another_mailbox_or_folder() {
        let (ann, bob) = (AccountId([1; 16]), AccountId([2; 16]));
        let position = Position { cursor: Revision(4), target: Some(Revision(9)) };
        let text = write(&ContactsToken::new(ann, BookId(1), position));
        assert_eq!(ContactsToken::read(&text, ann, BookId(1)).unwrap().position(), position);
        assert_eq!(ContactsToken::read(&text, bob, BookId(1)), None);
        assert_eq!(ContactsToken::read(&text, ann, BookId(2)), None);
        assert_eq!(ContactsToken::read("nonsense", ann, BookId(1)), None);
        assert_eq!(FoldersToken::read(&text, ann), None);
    }
}
