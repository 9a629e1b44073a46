//! Subscriptions: endpoints that a path tells of changes. The hub keeps them and how far each has been told; what is
//! told, and how, is the path's own.

use ledger::{
    AccountId,
    tables::{
        accounts,
        subscriptions::{self, Progress, Subscription as Row},
    },
};

pub use ledger::tables::subscriptions::{Progress as SubscriptionProgress, Subscription};

use crate::{
    books::living,
    error::{HubError, Result},
    hub::{Access, Hub},
};

impl Access {
    /// The subscriptions of the account that have not reached their end.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let (account, now) = (self.account(), self.hub().now());
        let all = self.ledger().read::<_, HubError>(move |tx| Ok(subscriptions::of_account(tx, &account)?)).await?;
        Ok(all.into_iter().filter(|subscription| subscription.expires_at > now).collect())
    }

    /// One of them; `None` when there is none of this id.
    pub async fn subscription(&self, id: &str) -> Result<Option<Subscription>> {
        Ok(self.subscriptions().await?.into_iter().find(|subscription| subscription.id == id))
    }

    /// Adds a subscription, to be told what changes from now on. `None` when the account has `max` of them already.
    ///
    /// # Errors
    /// [`HubError::NoSuchBook`].
    pub async fn subscribe(&self, mut wanted: Subscription, max: usize) -> Result<Option<Subscription>> {
        let (account, now) = (self.account(), self.hub().now());
        let newest = self
            .ledger()
            .write::<_, HubError>({
                let wanted = wanted.clone();
                move |tx| {
                    // Locked, so that no change slips between the revision read and the subscription.
                    let newest = accounts::lock(tx, &account)?;
                    living(tx, &account, wanted.book)?;
                    let known = subscriptions::of_account(tx, &account)?;
                    if known.iter().filter(|known| known.expires_at > now).count() >= max {
                        return Ok(None);
                    }
                    let progress = Progress { cursor: newest, ..wanted.progress };
                    subscriptions::insert(tx, &account, &Row { progress, ..wanted.clone() })?;
                    Ok(Some(newest))
                }
            })
            .await?;
        Ok(newest.map(|newest| {
            wanted.progress.cursor = newest;
            wanted
        }))
    }

    /// Gives a subscription another end, in microseconds since 1970; `None` when there is none of this id.
    pub async fn renew_subscription(&self, id: &str, expires_at: i64) -> Result<Option<Subscription>> {
        let Some(known) = self.subscription(id).await? else { return Ok(None) };
        let (account, id) = (self.account(), id.to_owned());
        let changed = self
            .ledger()
            .write::<_, HubError>(move |tx| Ok(subscriptions::renew(tx, &account, &id, expires_at)?))
            .await?;
        Ok((changed == 1).then_some(Subscription { expires_at, ..known }))
    }

    /// Ends a subscription; false when there was none of this id.
    pub async fn unsubscribe(&self, id: &str) -> Result<bool> {
        let (account, id) = (self.account(), id.to_owned());
        let removed =
            self.ledger().write::<_, HubError>(move |tx| Ok(subscriptions::delete(tx, &account, &id)?)).await?;
        Ok(removed == 1)
    }

    /// Takes the right to tell a subscription until a moment; false when somebody else has it, or it is too early.
    pub async fn claim_subscription(&self, id: &str, until: i64) -> Result<bool> {
        let (account, id, now) = (self.account(), id.to_owned(), self.hub().now());
        self.ledger().write::<_, HubError>(move |tx| Ok(subscriptions::claim(tx, &account, &id, now, until)?)).await
    }

    /// Records how far a subscription has been told.
    pub async fn settle_subscription(&self, id: &str, progress: SubscriptionProgress) -> Result<()> {
        let (account, id) = (self.account(), id.to_owned());
        self.ledger().write::<_, HubError>(move |tx| Ok(subscriptions::settle(tx, &account, &id, &progress)?)).await
    }

    /// Every subscription of the account, those past their end included.
    pub async fn all_subscriptions(&self) -> Result<Vec<Subscription>> {
        let account = self.account();
        self.ledger().read::<_, HubError>(move |tx| Ok(subscriptions::of_account(tx, &account)?)).await
    }
}

impl Hub {
    /// The accounts that have subscriptions.
    pub async fn subscribed_accounts(&self) -> Result<Vec<AccountId>> {
        let all = self.ledger().read_long::<_, HubError>(|tx| Ok(subscriptions::all(tx)?)).await?;
        let mut accounts: Vec<AccountId> = all.into_iter().map(|(account, _)| account).collect();
        accounts.dedup();
        Ok(accounts)
    }
}
