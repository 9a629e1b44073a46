//! Table `book`: address books.

use crate::{AccountId, BookId, Result, Revision, Row, Transaction};

/// An address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Its id.
    pub book: BookId,
    /// As people see it.
    pub name: String,
    /// The one book that always exists and takes contacts of no particular book.
    pub is_default: bool,
    /// When it was last created, renamed or deleted.
    pub revision: Revision,
    /// Deleted books keep their row, so that their history stays readable.
    pub deleted: bool,
}

fn read(row: &dyn Row) -> Result<Book> {
    Ok(Book {
        book: BookId(row.integer(0)?),
        name: row.text(1)?.to_owned(),
        is_default: row.integer(2)? != 0,
        revision: Revision(row.integer(3)?),
        deleted: row.integer(4)? != 0,
    })
}

/// Makes a book.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, book: &Book) -> Result<()> {
    tx.execute(
        "INSERT INTO book (account, book, name, is_default, revision, deleted) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            account.into(),
            book.book.into(),
            (&book.name).into(),
            book.is_default.into(),
            book.revision.into(),
            book.deleted.into(),
        ],
    )?;
    Ok(())
}

/// Gives a book a new name or marks it deleted; the number of books changed (0 or 1).
pub fn update(tx: &mut dyn Transaction, account: &AccountId, book: &Book) -> Result<u64> {
    tx.execute(
        "UPDATE book SET name = $1, revision = $2, deleted = $3 WHERE account = $4 AND book = $5",
        &[(&book.name).into(), book.revision.into(), book.deleted.into(), account.into(), book.book.into()],
    )
}

/// The living books of an account, the default one first.
pub fn living(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Book>> {
    tx.all(
        "SELECT book, name, is_default, revision, deleted FROM book WHERE account = $1 AND deleted = 0
         ORDER BY is_default DESC, book",
        &[account.into()],
        read,
    )
}

/// One book, living or deleted; `None` when the account has none of this id.
pub fn get(tx: &mut dyn Transaction, account: &AccountId, book: BookId) -> Result<Option<Book>> {
    tx.first(
        "SELECT book, name, is_default, revision, deleted FROM book WHERE account = $1 AND book = $2",
        &[account.into(), book.into()],
        read,
    )
}
