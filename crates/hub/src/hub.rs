//! The hub, and what one caller may do in it.

use std::sync::Arc;

use ledger::{
    AccountId, Database,
    tables::{
        accounts,
        books::{self, Book},
    },
};

use crate::{
    ambient::{Clock, Entropy},
    caller::Caller,
    error::{HubError, Result},
    wait::WakeUps,
    writer::{FormEncoder, Writer},
};

/// The name of the book that every account has.
const DEFAULT_BOOK: &str = "Contacts";

/// Everybody's contacts. Clones share it.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Database,
    forms: Arc<dyn FormEncoder>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    wake_ups: WakeUps,
}

impl Hub {
    /// A hub over a ledger whose schema is up to date.
    pub fn new(
        ledger: Database,
        forms: Arc<dyn FormEncoder>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { inner: Arc::new(Inner { ledger, forms, clock, entropy, wake_ups: WakeUps::default() }) }
    }

    /// Makes an account with its default address book; nothing happens when it is there.
    pub async fn create_account(&self, account: AccountId) -> Result<()> {
        let now = self.now();
        self.inner
            .ledger
            .write::<_, HubError>(move |tx| {
                accounts::create(tx, &account, now)?;
                accounts::lock(tx, &account)?;
                if books::living(tx, &account)?.iter().any(|book| book.is_default) {
                    return Ok(());
                }
                let revision = accounts::next_revision(tx, &account, now)?;
                let book = Book {
                    book: ledger::BookId(revision.0),
                    name: DEFAULT_BOOK.to_owned(),
                    is_default: true,
                    revision,
                    deleted: false,
                };
                Ok(books::insert(tx, &account, &book)?)
            })
            .await
    }

    /// What this caller may do: everything with their own contacts, nothing else.
    #[must_use]
    pub fn for_caller(&self, caller: &Caller) -> Access {
        self.for_account(caller.account, caller.path.name())
    }

    /// What the administrator's commands may do with an account. `author` stands in the history.
    #[must_use]
    pub fn for_account(&self, account: AccountId, author: &str) -> Access {
        Access { hub: self.clone(), account, author: Arc::from(author) }
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.inner.clock.now()
    }

    /// The clock the hub was given.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }

    /// Who waits for what, and the way to wake them.
    #[must_use]
    pub fn wake_ups(&self) -> &WakeUps {
        &self.inner.wake_ups
    }

    pub(crate) fn ledger(&self) -> &Database {
        &self.inner.ledger
    }
}

/// The contacts of one account, for one caller.
#[derive(Clone)]
pub struct Access {
    hub: Hub,
    account: AccountId,
    author: Arc<str>,
}

impl Access {
    /// Whose contacts.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The same contacts; what is written bears this device's name in the history.
    #[must_use]
    pub fn as_device(&self, device: &str) -> Self {
        Self { hub: self.hub.clone(), account: self.account, author: format!("{}:{device}", self.author).into() }
    }

    /// The same contacts; what is written bears this author.
    pub(crate) fn authored(&self, author: &str) -> Self {
        Self { author: author.into(), ..self.clone() }
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn ledger(&self) -> &Database {
        self.hub.ledger()
    }

    pub(crate) fn writer(&self) -> Writer {
        let inner = &self.hub.inner;
        Writer {
            account: self.account,
            author: Arc::clone(&self.author),
            now: inner.clock.now(),
            forms: Arc::clone(&inner.forms),
            entropy: Arc::clone(&inner.entropy),
        }
    }

    /// Tells everyone who waits for this account that it has moved on. Called after every commit that wrote.
    pub(crate) fn announce(&self) {
        self.hub.wake_ups().publish(self.account);
    }
}
