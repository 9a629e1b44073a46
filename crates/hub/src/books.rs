//! Address books: list, create, rename, delete.

use ledger::{
    AccountId, BookId, CardId, Transaction,
    tables::{accounts, books, versions},
};

pub use ledger::tables::books::Book;

use crate::{
    error::{HubError, Result},
    hub::Access,
    limits::{BOOK_NAME_MAX, BOOKS_MAX},
    writer::Writer,
};

/// Cards deleted with their book are taken in portions of this many.
const DELETE_PORTION: i64 = 500;

impl Access {
    /// The living books, the default one first.
    pub async fn books(&self) -> Result<Vec<Book>> {
        let account = self.account();
        self.ledger().read::<_, HubError>(move |tx| Ok(books::living(tx, &account)?)).await
    }

    /// One living book; `None` when there is none of this id.
    pub async fn book(&self, book: BookId) -> Result<Option<Book>> {
        Ok(self.books().await?.into_iter().find(|known| known.book == book))
    }

    /// The book that takes contacts of no particular book.
    ///
    /// # Errors
    /// [`HubError::NoSuchAccount`] when the account was never created.
    pub async fn default_book(&self) -> Result<Book> {
        self.books().await?.into_iter().find(|book| book.is_default).ok_or(HubError::NoSuchAccount)
    }

    /// Makes a book.
    ///
    /// # Errors
    /// [`HubError::BookNameTaken`], [`HubError::BadBookName`], [`HubError::TooManyBooks`].
    pub async fn create_book(&self, name: &str) -> Result<Book> {
        let (writer, name) = (self.writer(), name.trim().to_owned());
        let book = self.ledger().write::<_, HubError>(move |tx| create(tx, &writer, &name)).await?;
        self.announce();
        Ok(book)
    }

    /// Gives a book another name.
    ///
    /// # Errors
    /// As for creation; [`HubError::NoSuchBook`]; [`HubError::DefaultBook`].
    pub async fn rename_book(&self, book: BookId, name: &str) -> Result<Book> {
        let (writer, name) = (self.writer(), name.trim().to_owned());
        let book = self.ledger().write::<_, HubError>(move |tx| rename(tx, &writer, book, &name)).await?;
        self.announce();
        Ok(book)
    }

    /// Deletes a book and the cards in it. Both stay in history.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`]; [`HubError::DefaultBook`].
    pub async fn delete_book(&self, book: BookId) -> Result<()> {
        let writer = self.writer();
        self.ledger().write::<_, HubError>(move |tx| delete(tx, &writer, book)).await?;
        self.announce();
        Ok(())
    }

    /// Deletes every card of a book (MS-ASCMD 2.2.3.55 EmptyFolderContents). They stay in history.
    pub async fn empty_book(&self, book: BookId) -> Result<()> {
        let writer = self.writer();
        self.ledger()
            .write::<_, HubError>(move |tx| {
                living(tx, &writer.account, book)?;
                empty(tx, &writer, book)
            })
            .await?;
        self.announce();
        Ok(())
    }
}

/// The book, if it is living.
pub(crate) fn living(tx: &mut dyn Transaction, account: &AccountId, book: BookId) -> Result<Book> {
    books::get(tx, account, book)?.filter(|known| !known.deleted).ok_or(HubError::NoSuchBook(book))
}

fn changeable(tx: &mut dyn Transaction, account: &AccountId, book: BookId) -> Result<Book> {
    accounts::lock(tx, account)?;
    let known = living(tx, account, book)?;
    if known.is_default { Err(HubError::DefaultBook) } else { Ok(known) }
}

pub(crate) fn rename(tx: &mut dyn Transaction, writer: &Writer, book: BookId, name: &str) -> Result<Book> {
    let mut known = changeable(tx, &writer.account, book)?;
    check_name(tx, &writer.account, name, Some(book))?;
    name.clone_into(&mut known.name);
    known.revision = accounts::next_revision(tx, &writer.account, writer.now)?;
    books::update(tx, &writer.account, &known)?;
    Ok(known)
}

pub(crate) fn delete(tx: &mut dyn Transaction, writer: &Writer, book: BookId) -> Result<()> {
    let known = changeable(tx, &writer.account, book)?;
    empty(tx, writer, book)?;
    let revision = accounts::next_revision(tx, &writer.account, writer.now)?;
    books::update(tx, &writer.account, &books::Book { deleted: true, revision, ..known })?;
    Ok(())
}

pub(crate) fn create(tx: &mut dyn Transaction, writer: &Writer, name: &str) -> Result<Book> {
    accounts::lock(tx, &writer.account)?;
    check_name(tx, &writer.account, name, None)?;
    let revision = accounts::next_revision(tx, &writer.account, writer.now)?;
    let book = Book { book: BookId(revision.0), name: name.to_owned(), is_default: false, revision, deleted: false };
    books::insert(tx, &writer.account, &book)?;
    Ok(book)
}

fn check_name(tx: &mut dyn Transaction, account: &AccountId, name: &str, of: Option<BookId>) -> Result<()> {
    if name.is_empty() || name.chars().count() > BOOK_NAME_MAX || name.chars().any(char::is_control) {
        return Err(HubError::BadBookName(name.to_owned()));
    }
    let known = books::living(tx, account)?;
    let same = |book: &&Book| Some(book.book) != of && book.name.to_lowercase() == name.to_lowercase();
    if known.iter().find(same).is_some() {
        return Err(HubError::BookNameTaken(name.to_owned()));
    }
    if of.is_none() && known.len() >= BOOKS_MAX {
        return Err(HubError::TooManyBooks(BOOKS_MAX));
    }
    Ok(())
}

fn empty(tx: &mut dyn Transaction, writer: &Writer, book: BookId) -> Result<()> {
    loop {
        let portion = versions::living_after(tx, &writer.account, book, CardId(0), DELETE_PORTION)?;
        if portion.is_empty() {
            return Ok(());
        }
        for (row, _) in portion {
            writer.delete(tx, &row)?;
        }
    }
}
