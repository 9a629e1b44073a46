//! The folder hierarchy a device holds: which books it knows, under which names.
//!
//! As in a round, the key before is accepted once more: its answer may have been lost. A folder command of a device
//! (MS-ASCMD 2.2.1.2 FolderCreate, 2.2.1.5 FolderUpdate, 2.2.1.3 FolderDelete) takes only the book it is about into what
//! the device holds; what others did meanwhile stays to be told.

use ledger::{
    AccountId, BookId, Transaction,
    tables::{accounts, books, devices},
};
use serde::{Deserialize, Serialize};

use crate::{
    books as book_rules,
    devices::{read, row, write},
    error::{HubError, Result},
    hub::Access,
    withheld::{self, Leaving, Shown},
    writer::Writer,
};

/// A change to the folder hierarchy of a device (MS-ASCMD 2.2.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HierarchyChange {
    /// A book it does not have.
    Add(books::Book),
    /// A book it has under another name.
    Update(books::Book),
    /// A book that is gone.
    Delete(BookId),
}

/// The answer to a hierarchy round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HierarchyAnswer {
    /// The key is not one of the device's: it starts over (FolderSync status 9).
    BadKey,
    /// The changes, and the key for the next request; the same key when there are none.
    Changes(String, Vec<HierarchyChange>),
}

/// The answer to a folder command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderAnswer {
    /// The key is not one of the device's; nothing was done.
    BadKey,
    /// It is done, now or when this same request came before.
    Done {
        /// The key for the next request.
        key: String,
        /// The book it was about.
        book: BookId,
    },
}

/// What a device wants done to its folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum FolderCommand {
    Create(String),
    Rename(i64, String),
    Delete(i64),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hierarchy {
    number: u64,
    pub(crate) shown: Vec<(i64, String)>,
    /// The generation before, while the device has not proved that it got this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<(u64, Vec<(i64, String)>)>,
    /// The folder command that led from there to here, and its book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done: Option<(FolderCommand, i64)>,
    /// While the device is shown another view than before.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub(crate) leaving: Leaving,
}

fn is_nothing(leaving: &Leaving) -> bool {
    *leaving == Leaving::default()
}

impl Access {
    /// A hierarchy round (MS-ASCMD 2.2.1.4 FolderSync). `key` "0" starts over. The key before is accepted once more.
    pub async fn folder_sync(&self, name: &str, key: &str) -> Result<HierarchyAnswer> {
        self.folder_sync_of(name, key, Shown::default()).await
    }

    /// The hierarchy round of a device that is not shown everything, or was not before.
    pub async fn folder_sync_of(&self, name: &str, key: &str, view: Shown) -> Result<HierarchyAnswer> {
        let (account, now, name, key) = (self.account(), self.hub().now(), name.to_owned(), key.to_owned());
        self.ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &account)?;
                let mut row = row(tx, &account, &name, now, true)?;
                let mut hierarchy: Hierarchy = read(&row.hierarchy)?;
                let Some(shown) = hierarchy.generation(&key) else { return Ok(HierarchyAnswer::BadKey) };
                let living = books::living(tx, &account)?;
                let leaving = withheld::leaving(tx, &account, &row.device, &hierarchy, &shown, &living, view)?;
                let waits = !leaving.is_empty() && difference(&shown, &leaving).is_empty();
                if waits && !withheld::note_wait(&mut hierarchy, view) {
                    row.hierarchy = write(&hierarchy)?;
                    devices::put(tx, &account, &row)?;
                    return Ok(HierarchyAnswer::Changes(key.clone(), Vec::new()));
                }
                let folders = if leaving.is_empty() || waits { withheld::wanted(&living, view.view) } else { leaving };
                let changes = difference(&shown, &folders);
                if changes.is_empty() && key != "0" && key == hierarchy.key() {
                    return Ok(HierarchyAnswer::Changes(key.clone(), changes));
                }
                hierarchy.go_on(&key, shown, &folders);
                row.hierarchy = write(&hierarchy)?;
                devices::put(tx, &account, &row)?;
                Ok(HierarchyAnswer::Changes(hierarchy.key(), changes))
            })
            .await
    }

    /// Whether a hierarchy round with this key would bring changes; `false` for a key that is not the device's.
    pub async fn hierarchy_is_stale(&self, name: &str) -> Result<bool> {
        self.hierarchy_is_stale_of(name, Shown::default()).await
    }

    /// The same for a device that is not shown everything, or was not before.
    pub async fn hierarchy_is_stale_of(&self, name: &str, view: Shown) -> Result<bool> {
        let (account, name) = (self.account(), name.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let living = books::living(tx, &account)?;
                is_stale(tx, &account, &name, &withheld::wanted(&living, view.view))
            })
            .await
    }

    /// Makes a book for a device. The same request again gives the same book.
    ///
    /// # Errors
    /// As [`Access::create_book`]; nothing is done then, and the device keeps its key.
    pub async fn folder_create(&self, device: &str, key: &str, name: &str) -> Result<FolderAnswer> {
        self.folder_command(device, key, FolderCommand::Create(name.trim().to_owned())).await
    }

    /// Renames a book for a device.
    ///
    /// # Errors
    /// As [`Access::rename_book`].
    pub async fn folder_rename(&self, device: &str, key: &str, book: BookId, name: &str) -> Result<FolderAnswer> {
        self.folder_command(device, key, FolderCommand::Rename(book.0, name.trim().to_owned())).await
    }

    /// Deletes a book for a device.
    ///
    /// # Errors
    /// As [`Access::delete_book`].
    pub async fn folder_delete(&self, device: &str, key: &str, book: BookId) -> Result<FolderAnswer> {
        self.folder_command(device, key, FolderCommand::Delete(book.0)).await
    }

    async fn folder_command(&self, device: &str, key: &str, command: FolderCommand) -> Result<FolderAnswer> {
        let (writer, device, key) = (self.writer(), device.to_owned(), key.to_owned());
        let answer = self
            .ledger()
            .write::<_, HubError>(move |tx| {
                accounts::lock(tx, &writer.account)?;
                let mut row = row(tx, &writer.account, &device, writer.now, true)?;
                let mut hierarchy: Hierarchy = read(&row.hierarchy)?;
                if let Some(book) = hierarchy.was_done(&key, &command) {
                    return Ok(FolderAnswer::Done { key: hierarchy.key(), book });
                }
                let Some(came_from) = hierarchy.generation(&key).filter(|_| key != "0") else {
                    return Ok(FolderAnswer::BadKey);
                };
                let mut shown = came_from.clone();
                let book = command.run(tx, &writer, &mut shown)?;
                hierarchy = Hierarchy {
                    number: hierarchy.number + 1,
                    shown,
                    before: key.parse().ok().map(|number| (number, came_from)),
                    done: Some((command.clone(), book.0)),
                    leaving: hierarchy.leaving,
                };
                row.hierarchy = write(&hierarchy)?;
                devices::put(tx, &writer.account, &row)?;
                Ok(FolderAnswer::Done { key: hierarchy.key(), book })
            })
            .await?;
        self.announce();
        Ok(answer)
    }
}

impl FolderCommand {
    /// Does it, and takes the book into what the device is shown.
    fn run(&self, tx: &mut dyn Transaction, writer: &Writer, shown: &mut Vec<(i64, String)>) -> Result<BookId> {
        match self {
            Self::Create(name) => {
                let book = book_rules::create(tx, writer, name)?;
                shown.push((book.book.0, book.name));
                Ok(book.book)
            }
            Self::Rename(book, name) => {
                let renamed = book_rules::rename(tx, writer, BookId(*book), name)?;
                shown.retain(|(known, _)| known != book);
                shown.push((*book, renamed.name));
                Ok(renamed.book)
            }
            Self::Delete(book) => {
                book_rules::delete(tx, writer, BookId(*book))?;
                shown.retain(|(known, _)| known != book);
                Ok(BookId(*book))
            }
        }
    }
}

/// Whether a device holds other folders, or other names, than these, which are those it should have.
pub(crate) fn is_stale(
    tx: &mut dyn Transaction,
    account: &AccountId,
    device: &str,
    wanted: &[books::Book],
) -> Result<bool> {
    let Some(text) = devices::hierarchy(tx, account, device)? else { return Ok(false) };
    let hierarchy: Hierarchy = read(&text)?;
    Ok(hierarchy.number > 0 && !difference(&hierarchy.shown, wanted).is_empty())
}

fn difference(shown: &[(i64, String)], living: &[books::Book]) -> Vec<HierarchyChange> {
    let mut changes = Vec::new();
    for book in living {
        match shown.iter().find(|(id, _)| *id == book.book.0) {
            None => changes.push(HierarchyChange::Add(book.clone())),
            Some((_, name)) if *name != book.name => changes.push(HierarchyChange::Update(book.clone())),
            Some(_) => {}
        }
    }
    for (id, _) in shown {
        if !living.iter().any(|book| book.book.0 == *id) {
            changes.push(HierarchyChange::Delete(BookId(*id)));
        }
    }
    changes
}

impl Hierarchy {
    fn key(&self) -> String {
        self.number.to_string()
    }

    /// Whether a folder is in one of the last two generations.
    pub(crate) fn shows_or_showed(&self, folder: BookId) -> bool {
        let before = self.before.iter().flat_map(|(_, shown)| shown);
        self.shown.iter().chain(before).any(|(id, _)| *id == folder.0)
    }

    /// What the device holds at a key; `None` when the key is not one of its last two.
    fn generation(&self, key: &str) -> Option<Vec<(i64, String)>> {
        if key == "0" {
            return Some(Vec::new());
        }
        if self.number > 0 && key == self.key() {
            return Some(self.shown.clone());
        }
        self.before.as_ref().filter(|(number, _)| number.to_string() == key).map(|(_, shown)| shown.clone())
    }

    /// The book of a folder command whose answer was lost.
    fn was_done(&self, key: &str, command: &FolderCommand) -> Option<BookId> {
        let (number, _) = self.before.as_ref()?;
        let (done, book) = self.done.as_ref()?;
        (number.to_string() == key && done == command).then_some(BookId(*book))
    }

    /// The next generation. The one the device came from is kept, because this answer may be lost.
    fn go_on(&mut self, key: &str, came_from: Vec<(i64, String)>, living: &[books::Book]) {
        let number = self.number + 1;
        let before = if key == "0" {
            (self.number > 0).then(|| (self.number, std::mem::take(&mut self.shown)))
        } else {
            key.parse().ok().map(|number| (number, came_from))
        };
        *self = Self {
            number,
            shown: living.iter().map(|book| (book.book.0, book.name.clone())).collect(),
            before,
            done: None,
            leaving: std::mem::take(&mut self.leaving),
        };
    }
}
