//! The ids of folders and contacts on the wire. A book keeps its id over every key; a contact's names its book, so
//! that what stands in another book is told apart.

use hub::{BookId, CardId, withheld::stands_for};

/// The `CollectionId` of a folder: of a book, or of what a device that is held back is shown in its place
/// ([`hub::withheld::stands_for`]).
#[must_use]
pub fn collection_id(folder: BookId) -> String {
    if folder.0 < 0 { format!("q{}", folder.0.unsigned_abs()) } else { folder.0.to_string() }
}

/// The folder of a `CollectionId`; `None` for what was never one.
#[must_use]
pub fn folder(text: &str) -> Option<BookId> {
    match text.strip_prefix('q') {
        Some(number) => book(number).map(stands_for),
        None => book(text),
    }
}

/// The book of a `CollectionId`; `None` for what was never one.
#[must_use]
pub fn book(text: &str) -> Option<BookId> {
    canonical(text).map(BookId)
}

/// The `ServerId` of a contact.
#[must_use]
pub fn server_id(folder: BookId, card: CardId) -> String {
    format!("{}:{}", collection_id(folder), card.0)
}

/// The contact of a `ServerId` in a folder; `None` for what was never one there.
#[must_use]
pub fn card_in(in_folder: BookId, text: &str) -> Option<CardId> {
    let (id, card) = text.split_once(':')?;
    (folder(id)? == in_folder).then_some(CardId(canonical(card)?))
}

/// The contact of a `ServerId`; `None` for what was never one.
#[must_use]
pub fn card(text: &str) -> Option<(BookId, CardId)> {
    let (book, card) = text.split_once(':')?;
    Some((BookId(canonical(book)?), CardId(canonical(card)?)))
}

/// A positive number in its one spelling.
fn canonical(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_and_nonsense_does_not() {
        assert_eq!(book(&collection_id(BookId(7))), Some(BookId(7)));
        assert_eq!(card(&server_id(BookId(7), CardId(9))), Some((BookId(7), CardId(9))));
        let withheld = stands_for(BookId(7));
        assert_eq!(folder(&collection_id(withheld)), Some(withheld));
        assert_eq!(card_in(withheld, &server_id(withheld, CardId(9))), Some(CardId(9)));
        assert_eq!((card_in(BookId(7), "q7:9"), card_in(withheld, "7:9"), card("q7:9")), (None, None, None));
        assert_eq!((book("q7"), folder("q-7"), folder("qq7"), folder("q")), (None, None, None, None));
        for nonsense in ["", "0", "-1", "07", "+7", "7:", ":9", "9999999999999999999", "root"] {
            assert_eq!((book(nonsense), card(nonsense)), (None, None), "{nonsense}");
        }
    }
}
