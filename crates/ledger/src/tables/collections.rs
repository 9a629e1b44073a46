//! Table `collection`: the position of a device in an address book. The texts are the hub's; here they are opaque.

use crate::{AccountId, BookId, Result, Revision, Row, Transaction};

/// What every request of a device for a book reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Goes up by one with every write of the row, so that a writer can tell that he was overtaken.
    pub serial: i64,
    /// The current state.
    pub state: String,
    /// The options the device asked for (what it can ghost, body size), remembered between requests.
    pub options: String,
}

/// Where a device sits at a book: all that a request without news needs to know, in one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The account's newest revision.
    pub newest: Revision,
    /// The book is there and not deleted.
    pub book_is_living: bool,
    /// The row; `None` when the device never synchronised the book.
    pub collection: Option<Collection>,
}

/// The place of a device at a book; `None` when there is no such account.
pub fn seat(tx: &mut dyn Transaction, account: &AccountId, device: &str, book: BookId) -> Result<Option<Seat>> {
    tx.first(
        "SELECT account.revision, book.deleted, collection.serial, collection.state, collection.options FROM account
         LEFT JOIN book ON book.account = account.account AND book.book = $1
         LEFT JOIN collection ON collection.account = account.account AND collection.device = $2
            AND collection.book = $1
         WHERE account.account = $3",
        &[book.into(), device.into(), account.into()],
        |row| {
            Ok(Seat {
                newest: Revision(row.integer(0)?),
                book_is_living: row.optional_integer(1)? == Some(0),
                collection: read(row, 2)?,
            })
        },
    )
}

/// Reads a row of an outer join, whose columns begin at `first`.
fn read(row: &dyn Row, first: usize) -> Result<Option<Collection>> {
    let Some(serial) = row.optional_integer(first)? else { return Ok(None) };
    Ok(Some(Collection { serial, state: row.text(first + 1)?.to_owned(), options: row.text(first + 2)?.to_owned() }))
}

/// What a repeated request needs; empty text when there is none, `None` without a row.
pub fn previous(tx: &mut dyn Transaction, account: &AccountId, device: &str, book: BookId) -> Result<Option<String>> {
    tx.first(
        "SELECT previous FROM collection WHERE account = $1 AND device = $2 AND book = $3",
        &[account.into(), device.into(), book.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Writes the row if its serial still is `expected` (0: there is no row yet). `false` when another request of the
/// device was faster; nothing is written then.
pub fn put(
    tx: &mut dyn Transaction,
    account: &AccountId,
    device: &str,
    book: BookId,
    expected: i64,
    collection: &Collection,
    previous: &str,
) -> Result<bool> {
    let rows = if expected == 0 {
        tx.execute(
            "INSERT INTO collection (account, device, book, serial, state, previous, options)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, device, book) DO NOTHING",
            &[
                account.into(),
                device.into(),
                book.into(),
                collection.serial.into(),
                (&collection.state).into(),
                previous.into(),
                (&collection.options).into(),
            ],
        )?
    } else {
        tx.execute(
            "UPDATE collection SET serial = $1, state = $2, previous = $3, options = $4
             WHERE account = $5 AND device = $6 AND book = $7 AND serial = $8",
            &[
                collection.serial.into(),
                (&collection.state).into(),
                previous.into(),
                (&collection.options).into(),
                account.into(),
                device.into(),
                book.into(),
                expected.into(),
            ],
        )?
    };
    Ok(rows == 1)
}

/// The books a device has a position in.
pub fn books(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<Vec<BookId>> {
    tx.all(
        "SELECT book FROM collection WHERE account = $1 AND device = $2 ORDER BY book",
        &[account.into(), device.into()],
        |row| Ok(BookId(row.integer(0)?)),
    )
}

/// Forgets every position of a device.
pub fn forget_device(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<()> {
    tx.execute("DELETE FROM collection WHERE account = $1 AND device = $2", &[account.into(), device.into()])?;
    Ok(())
}
