//! Ids and change keys as clients see them: opaque, case-sensitive, safe in a path, and never those of another mailbox.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hub::{AccountId, BookId, CardId, Revision};

use crate::error::{GraphError, Result};

/// The id under which the default folder can always be asked for.
pub(crate) const DEFAULT_FOLDER: &str = "contacts";

const CONTACT: u8 = b'c';
const FOLDER: u8 = b'f';
/// Kind, account, number: 1 + 16 + 8 bytes.
const BYTES: usize = 25;

fn encode(kind: u8, account: AccountId, number: i64) -> String {
    URL_SAFE_NO_PAD.encode([&[kind][..], &account.0[..], &number.to_be_bytes()[..]].concat())
}

/// The number in an id of this kind. An id of another mailbox is as good as one of nothing.
fn decode(kind: u8, account: AccountId, id: &str) -> Result<i64> {
    let bytes: [u8; BYTES] =
        URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(GraphError::IdMalformed)?;
    let (head, number) = bytes.split_at(17);
    if head.first() != Some(&kind) {
        return Err(GraphError::IdMalformed);
    }
    if head.get(1..) != Some(&account.0[..]) {
        return Err(GraphError::ItemNotFound);
    }
    number.try_into().map(i64::from_be_bytes).map_err(|_| GraphError::IdMalformed)
}

/// A contact's id. The same in every folder, so it is its immutable id too.
pub(crate) fn contact(account: AccountId, card: CardId) -> String {
    encode(CONTACT, account, card.0)
}

/// The contact an id names.
pub(crate) fn parse_contact(account: AccountId, id: &str) -> Result<CardId> {
    decode(CONTACT, account, id).map(CardId)
}

/// A folder's id.
pub(crate) fn folder(account: AccountId, book: BookId) -> String {
    encode(FOLDER, account, book.0)
}

/// The folder that holds the default folder. It cannot be asked for.
pub(crate) fn root(account: AccountId) -> String {
    encode(FOLDER, account, 0)
}

/// The folder an id names; `None` for the default one by its well-known name.
pub(crate) fn parse_folder(account: AccountId, id: &str) -> Result<Option<BookId>> {
    if id.eq_ignore_ascii_case(DEFAULT_FOLDER) {
        return Ok(None);
    }
    decode(FOLDER, account, id).map(|book| Some(BookId(book)))
}

/// The version of a contact.
pub(crate) fn change_key(revision: Revision) -> String {
    URL_SAFE_NO_PAD.encode(revision.0.to_be_bytes())
}

/// The `@odata.etag` of a contact: `W/"<changeKey>"`.
pub(crate) fn etag(revision: Revision) -> String {
    format!("W/\"{}\"", change_key(revision))
}

/// The version an `If-Match` names; `None` for `*`.
///
/// # Errors
/// [`GraphError::ChangeKeyMismatch`] for what is no etag of ours: no version has it.
pub(crate) fn parse_etag(header: &str) -> Result<Option<Revision>> {
    let header = header.trim();
    if header == "*" {
        return Ok(None);
    }
    let key = header.trim_start_matches("W/").trim_matches('"');
    let bytes = URL_SAFE_NO_PAD.decode(key).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(|bytes| Some(Revision(i64::from_be_bytes(bytes)))).ok_or(GraphError::ChangeKeyMismatch)
}

/// An account as a `user` resource's id: a GUID.
pub(crate) fn user(account: AccountId) -> String {
    guid(u128::from_be_bytes(account.0))
}

/// Sixteen bytes as a GUID.
pub(crate) fn guid(number: u128) -> String {
    let digits = format!("{number:032x}");
    let group = |from, to| digits.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

/// A directory entry as a `user` resource's id: a GUID that no account has by chance.
pub(crate) fn person(entry: directory::EntryId) -> String {
    guid(DIRECTORY_GUIDS | u128::from(entry.0.unsigned_abs()))
}

/// The directory entry a GUID names; `None` for any other text.
pub(crate) fn parse_person(id: &str) -> Option<directory::EntryId> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
    let entry = i64::try_from(number & u128::from(u64::MAX)).ok()?;
    (number & !u128::from(u64::MAX) == DIRECTORY_GUIDS).then_some(directory::EntryId(entry))
}

/// The first half of the GUIDs of directory entries.
const DIRECTORY_GUIDS: u128 = 0x6469_7265_6374_4f72 << 64;

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId([7; 16]);
    const BOB: AccountId = AccountId([8; 16]);

    #[test]
    fn an_id_names_one_contact_of_one_mailbox() {
        let id = contact(ANN, CardId(42));
        assert_eq!(parse_contact(ANN, &id).unwrap(), CardId(42));
        assert!(matches!(parse_contact(BOB, &id), Err(GraphError::ItemNotFound)));
        assert!(matches!(parse_folder(ANN, &id), Err(GraphError::IdMalformed)));
        assert!(matches!(parse_contact(ANN, "nonsense"), Err(GraphError::IdMalformed)));
        assert!(parse_contact(ANN, &id.to_lowercase()).is_err());
    }

    #[test]
    fn the_default_folder_has_a_well_known_name() {
        assert_eq!(parse_folder(ANN, "contacts").unwrap(), None);
        assert_eq!(parse_folder(ANN, &folder(ANN, BookId(3))).unwrap(), Some(BookId(3)));
    }

    #[test]
    fn an_etag_comes_back_as_the_revision_it_was_made_of() {
        let tag = etag(Revision(9));
        assert_eq!(parse_etag(&tag).unwrap(), Some(Revision(9)));
        assert_eq!(parse_etag(tag.trim_start_matches("W/")).unwrap(), Some(Revision(9)));
        assert_eq!(parse_etag("*").unwrap(), None);
        assert!(matches!(parse_etag("W/\"EQAAAB\""), Err(GraphError::ChangeKeyMismatch)));
    }

    #[test]
    fn a_directory_entry_is_told_from_an_account() {
        let id = person(directory::EntryId(5));
        assert_eq!(parse_person(&id), Some(directory::EntryId(5)));
        assert_eq!(parse_person(&user(ANN)), None);
        assert_eq!(parse_person("ann@example.com"), None);
    }
}
