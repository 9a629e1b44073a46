//! Devices that are held back: they bring, and are given nothing.
//!
//! A device in quarantine must see an account that is valid and empty, whether it held contacts before or not; when it is
//! cleared it must end with every contact once. Three ways were weighed:
//!
//! - *Freeze it*: the same folders, nothing told. Safe for the data, but what the device held stays on it.
//! - *A book of its own* for what it brings, moved over when it is cleared. All other devices would see that book come and
//!   go.
//! - *Another folder over the same book*, which is what happens here.
//!
//! The device's folders are exchanged for one: the default book under another id ([`stands_for`]), so that a device drops
//! what it held with the folders and has a default contacts folder all the time (iOS stops looking at an account whose
//! folder list is empty). Behind it is the round engine as ever, with a position of its own ([`position_name`]) that
//! never hears of changes and for which nothing exists but what the device itself brought
//! ([`SyncRequest::withheld`](crate::round::SyncRequest)). What it brings is in the person's book at once, as Exchange has
//! it for quarantined devices. Cleared, the folders are exchanged back, and each begins with key 0: every contact once,
//! those brought meanwhile among them.
//!
//! A folder that leaves a device takes with it what was edited there and not yet sent. So it leaves only after its Sync
//! came ([`Access::bring`]): Ping reports it as changed, that Sync's commands are worked in, its answer is status 12
//! whatever it asked for, and FolderSync exchanges it. A device that asks for its folders twice and never synchronises one
//! of them is not waited for.

use ledger::{
    AccountId, BookId, Transaction,
    tables::{books, collections, devices},
};
use serde::{Deserialize, Serialize};

use crate::{
    books::Book,
    devices::{read, write},
    error::{HubError, Result},
    hierarchy::Hierarchy,
    hub::Access,
};

/// FolderSyncs that wait for a folder's Sync.
const WAITS_MAX: u32 = 1;

/// What of the account a device is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// All of it.
    #[default]
    Whole,
    /// One folder that gives nothing away.
    Withheld,
}

/// What a device is shown, and since when: what it brought before does not count as brought now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// What.
    pub view: View,
    /// Any number that is another one whenever the view has changed.
    pub since: i64,
}

/// A device that asks for a folder it should not have (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// It holds that folder: what it has to bring is taken, then the folder goes.
    Held,
    /// It does not.
    Unknown,
}

/// The folders on their way out that a device has been waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leaving {
    since: i64,
    brought: Vec<i64>,
    waits: u32,
}

impl Leaving {
    fn at(&self, since: i64) -> Self {
        if self.since == since { self.clone() } else { Self { since, ..Self::default() } }
    }
}

/// The id under which a held-back device is shown a book; and back.
#[must_use]
pub fn stands_for(book: BookId) -> BookId {
    BookId(book.0.saturating_neg())
}

/// The name under which the position of a held-back device is kept. No DeviceId has a slash.
#[must_use]
pub fn position_name(device: &str) -> String {
    format!("{device}/withheld")
}

/// The folders of a view.
pub(crate) fn wanted(living: &[Book], view: View) -> Vec<Book> {
    match view {
        View::Whole => living.to_vec(),
        View::Withheld => {
            let default = living.iter().filter(|book| book.is_default);
            default.map(|book| Book { book: stands_for(book.book), ..book.clone() }).collect()
        }
    }
}

/// The folders that a device holds, should not hold, synchronised once and has not brought its edits of.
pub(crate) fn leaving(
    tx: &mut dyn Transaction,
    account: &AccountId,
    device: &str,
    hierarchy: &Hierarchy,
    held: &[(i64, String)],
    living: &[Book],
    shown: Shown,
) -> Result<Vec<Book>> {
    let wanted = wanted(living, shown.view);
    let foreign = |id: i64| !wanted.iter().any(|book| book.book.0 == id);
    if !held.iter().any(|(id, _)| foreign(*id)) {
        return Ok(Vec::new());
    }
    let state = hierarchy.leaving.at(shown.since);
    if state.waits > WAITS_MAX {
        return Ok(Vec::new());
    }
    let synchronised = collections::books(tx, account, device)?;
    let withheld = collections::books(tx, account, &position_name(device))?;
    let leaves = |(id, name): &(i64, String)| {
        let book = BookId(id.abs());
        let alive = living.iter().find(|one| one.book == book)?;
        let known = if *id < 0 { withheld.contains(&book) } else { synchronised.contains(&book) };
        let stays = foreign(*id) && known && !state.brought.contains(id);
        stays.then(|| Book { book: BookId(*id), name: name.clone(), ..alive.clone() })
    };
    Ok(held.iter().filter_map(leaves).collect())
}

/// Notes that a FolderSync was answered with the folders as they are, to wait for their Syncs.
pub(crate) fn note_wait(hierarchy: &mut Hierarchy, shown: Shown) -> bool {
    let mut leaving = hierarchy.leaving.at(shown.since);
    leaving.waits += 1;
    let gives_up = leaving.waits > WAITS_MAX;
    hierarchy.leaving = leaving;
    gives_up
}

impl Access {
    /// Those of the folders a device holds that are to leave it once it has synchronised them.
    pub async fn leaving(&self, device: &str, shown: Shown) -> Result<Vec<BookId>> {
        let (account, device) = (self.account(), device.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let Some(row) = devices::get(tx, &account, &device)? else { return Ok(Vec::new()) };
                let hierarchy: Hierarchy = read(&row.hierarchy)?;
                let living = books::living(tx, &account)?;
                let left = leaving(tx, &account, &device, &hierarchy, &hierarchy.shown, &living, shown)?;
                Ok(left.into_iter().map(|book| book.book).collect())
            })
            .await
    }

    /// Whether a device holds a folder, and may therefore bring what it edited in it.
    pub async fn holds_folder(&self, device: &str, folder: BookId) -> Result<Brought> {
        let (account, device) = (self.account(), device.to_owned());
        self.ledger()
            .read::<_, HubError>(move |tx| {
                let Some(row) = devices::get(tx, &account, &device)? else { return Ok(Brought::Unknown) };
                let hierarchy: Hierarchy = read(&row.hierarchy)?;
                Ok(if hierarchy.shows_or_showed(folder) { Brought::Held } else { Brought::Unknown })
            })
            .await
    }

    /// Notes that a device has brought what it edited in a folder that is to leave it.
    pub async fn bring(&self, device: &str, folder: BookId, shown: Shown) -> Result<()> {
        let (account, device) = (self.account(), device.to_owned());
        self.ledger()
            .write::<_, HubError>(move |tx| {
                let Some(mut row) = devices::get(tx, &account, &device)? else { return Ok(()) };
                let mut hierarchy: Hierarchy = read(&row.hierarchy)?;
                let mut leaving = hierarchy.leaving.at(shown.since);
                if leaving.brought.contains(&folder.0) {
                    return Ok(());
                }
                leaving.brought.push(folder.0);
                hierarchy.leaving = leaving;
                row.hierarchy = write(&hierarchy)?;
                Ok(devices::put(tx, &account, &row)?)
            })
            .await
    }
}
