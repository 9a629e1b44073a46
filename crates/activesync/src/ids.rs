//! The ids of folders and contacts on the wire. A book keeps its id over every key; a contact's names its book, so
//! that what stands in another book is told apart.

use hub::{BookId, CardId};

/// The `CollectionId` of a book.
#[must_use]
pub fn collection_id(book: BookId) -> String {
    book.0.to_string()
}

/// The book of a `CollectionId`; `None` for what was never one.
#[must_use]
pub fn book(text: &str) -> Option<BookId> {
    canonical(text).map(BookId)
}

/// The `ServerId` of a contact.
#[must_use]
pub fn server_id(book: BookId, card: CardId) -> String {
    format!("{}:{}", book.0, card.0)
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
        for nonsense in ["", "0", "-1", "07", "+7", "7:", ":9", "9999999999999999999", "root"] {
            assert_eq!((book(nonsense), card(nonsense)), (None, None), "{nonsense}");
        }
    }
}
