//! Tells subscribers what changed. A subscription has a cursor in the change feed that moves on only when its endpoint
//! has accepted, so nothing is missed while an endpoint, or this server, is down; what an endpoint does not accept for
//! hours is given up and told as `missed`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hub::{
    Access, AccountId, HubError,
    cards::StoredCard,
    feed::{Change, Position},
    subscriptions::{Subscription, SubscriptionProgress},
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast::error::RecvError};

use crate::{
    ids,
    limits::{
        DELIVERY_CHANGES_MAX, DELIVERY_GIVEN_UP_AFTER, DELIVERY_PAUSE_MAX, DELIVERY_PAUSE_MIN, DELIVERY_TIMEOUT,
        RENEWAL_NOTICE,
    },
    message::date_time,
    service::Service,
    subscriptions::{ChangeType, ChangeTypes, micros},
};

/// How often subscriptions are looked at without a wake-up: for retries, ends and renewals.
const SWEEP: Duration = Duration::from_secs(10);
/// Accounts told at the same time.
const TOLD_AT_ONCE: usize = 64;
/// How long one attempt keeps others from trying; longer than an attempt can take.
const CLAIM: Duration = Duration::from_mins(1);
/// The tenant of a server that has only one.
const TENANT: &str = "00000000-0000-0000-0000-000000000000";

/// What the subscriber learns about a subscription itself.
#[derive(Debug, Clone, Copy)]
enum LifecycleEvent {
    ReauthorizationRequired,
    SubscriptionRemoved,
    Missed,
}

impl LifecycleEvent {
    fn name(self) -> &'static str {
        match self {
            Self::ReauthorizationRequired => "reauthorizationRequired",
            Self::SubscriptionRemoved => "subscriptionRemoved",
            Self::Missed => "missed",
        }
    }
}

/// Tells subscribers until the future is dropped.
pub(crate) async fn run(service: Service) {
    let bell = Arc::new(Bell { service, busy: Mutex::default(), room: Semaphore::new(TOLD_AT_ONCE) });
    let mut changed = bell.service.hub.wake_ups().all();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut subscribed = Vec::new();
    loop {
        tokio::select! {
            account = changed.recv() => match account {
                Ok(account) => bell.ring(account),
                Err(RecvError::Lagged(_)) => subscribed.iter().for_each(|account| bell.ring(*account)),
                Err(RecvError::Closed) => return,
            },
            _ = sweep.tick() => {
                match bell.service.hub.subscribed_accounts().await {
                    Ok(accounts) => subscribed = accounts,
                    Err(error) => tracing::warn!(%error, "subscriptions cannot be looked at now"),
                }
                for account in &subscribed {
                    bell.ring(*account);
                }
            }
        }
    }
}

/// Serves each account by one task at a time.
struct Bell {
    service: Service,
    /// Accounts being served, and whether they were rung for again meanwhile.
    busy: Mutex<HashMap<AccountId, bool>>,
    room: Semaphore,
}

impl Bell {
    fn ring(self: &Arc<Self>, account: AccountId) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = busy.get_mut(&account) {
            *again = true;
            return;
        }
        busy.insert(account, false);
        drop(busy);
        let bell = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                if let Ok(_place) = bell.room.acquire().await {
                    serve(&bell.service, account).await;
                }
                let mut busy = bell.busy.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(again @ true) = busy.get_mut(&account) {
                    *again = false;
                } else {
                    busy.remove(&account);
                    return;
                }
            }
        });
    }
}

/// Tells every subscription of an account what it does not know yet.
pub(crate) async fn serve(service: &Service, account: AccountId) {
    let access = service.hub.for_account(account, "graph");
    let subscriptions = match access.all_subscriptions().await {
        Ok(subscriptions) => subscriptions,
        Err(error) => {
            tracing::warn!(%error, "subscriptions cannot be looked at now");
            return;
        }
    };
    for subscription in subscriptions {
        if let Err(error) = attend(service, &access, &subscription).await {
            tracing::warn!(%error, subscription = subscription.id, "a subscription cannot be served now");
        }
    }
}

async fn attend(service: &Service, access: &Access, subscription: &Subscription) -> Result<(), HubError> {
    let now = service.hub.now();
    if subscription.expires_at <= now {
        access.unsubscribe(&subscription.id).await?;
        return Ok(());
    }
    if subscription.progress.attempt_at > now
        || !access.claim_subscription(&subscription.id, now.saturating_add(micros(CLAIM))).await?
    {
        return Ok(());
    }
    let teller = Teller { service, access, subscription };
    let mut progress = subscription.progress;
    if !progress.renewal_told && subscription.expires_at - now <= micros(RENEWAL_NOTICE) {
        progress.renewal_told = teller.lifecycle(LifecycleEvent::ReauthorizationRequired).await;
    }
    match teller.changes(progress).await {
        Ok(progress) => access.settle_subscription(&subscription.id, progress).await,
        Err(HubError::NoSuchBook(_)) => {
            teller.lifecycle(LifecycleEvent::SubscriptionRemoved).await;
            access.unsubscribe(&subscription.id).await?;
            Ok(())
        }
        Err(error) => {
            // Given back, so that the next attempt need not wait for the claim to run out.
            let attempt_at = service.hub.now().saturating_add(micros(DELIVERY_PAUSE_MIN));
            access.settle_subscription(&subscription.id, SubscriptionProgress { attempt_at, ..progress }).await?;
            Err(error)
        }
    }
}

/// Talks to one subscription's endpoints.
struct Teller<'a> {
    service: &'a Service,
    access: &'a Access,
    subscription: &'a Subscription,
}

impl Teller<'_> {
    /// Tells all changes after the cursor; how far that went.
    async fn changes(&self, mut progress: SubscriptionProgress) -> Result<SubscriptionProgress, HubError> {
        let limit = u32::try_from(DELIVERY_CHANGES_MAX).unwrap_or(u32::MAX);
        let mut position = Position { cursor: progress.cursor, target: None };
        loop {
            let found = match self.access.changes(self.subscription.book, position, limit).await {
                // The ledger was restored from a time before the cursor.
                Err(HubError::NoSuchVersion { .. }) => {
                    self.lifecycle(LifecycleEvent::Missed).await;
                    let all = self.access.changes(self.subscription.book, Position::START, 0).await?.next;
                    progress.cursor = all.target.unwrap_or(all.cursor);
                    return Ok(self.accepted(progress));
                }
                found => found?,
            };
            let told: Vec<Value> =
                found.changes.iter().filter_map(|change| self.notification(change, progress.cursor.0)).collect();
            if !told.is_empty() && !self.post(&self.subscription.notification_url, told).await {
                return self.refused(progress).await;
            }
            position = found.next;
            progress.cursor = position.cursor;
            if !found.more {
                return Ok(self.accepted(progress));
            }
        }
    }

    fn accepted(&self, progress: SubscriptionProgress) -> SubscriptionProgress {
        SubscriptionProgress { attempt_at: self.service.hub.now(), failing_since: None, ..progress }
    }

    /// Pauses that double; after some hours what is outstanding is given up.
    async fn refused(&self, progress: SubscriptionProgress) -> Result<SubscriptionProgress, HubError> {
        let now = self.service.hub.now();
        let failing_since = progress.failing_since.unwrap_or(now);
        let pause = (now - failing_since).clamp(micros(DELIVERY_PAUSE_MIN), micros(DELIVERY_PAUSE_MAX));
        let attempt_at = now.saturating_add(pause);
        if now - failing_since < micros(DELIVERY_GIVEN_UP_AFTER) {
            return Ok(SubscriptionProgress { attempt_at, failing_since: Some(failing_since), ..progress });
        }
        self.lifecycle(LifecycleEvent::Missed).await;
        let all = self.access.changes(self.subscription.book, Position::START, 0).await?.next;
        let cursor = all.target.unwrap_or(all.cursor);
        Ok(SubscriptionProgress { cursor, attempt_at, failing_since: None, ..progress })
    }

    /// A change as the subscriber hears of it; `None` when it did not ask for this kind.
    fn notification(&self, change: &Change, cursor: i64) -> Option<Value> {
        let account = self.access.account();
        let (kind, id, etag) = match change {
            Change::Present(stored) => {
                let StoredCard { id, revision, .. } = **stored;
                let kind = if id.0 > cursor { ChangeType::Created } else { ChangeType::Updated };
                (kind, id, Some(ids::etag(revision)))
            }
            // Come and gone since the last time: nothing to tell.
            Change::Gone(card) if card.0 > cursor => return None,
            Change::Gone(card) => (ChangeType::Deleted, *card, None),
        };
        if !ChangeTypes::of(self.subscription).contains(kind) {
            return None;
        }
        let id = ids::contact(account, id);
        let path = format!("Users/{}/Contacts/{id}", ids::user(account));
        let mut data = json!({"@odata.type": "#Microsoft.Graph.Contact", "@odata.id": path, "id": id});
        if let (Some(etag), Some(data)) = (etag, data.as_object_mut()) {
            data.insert("@odata.etag".to_owned(), etag.into());
        }
        let mut notification = self.envelope();
        if let Some(object) = notification.as_object_mut() {
            object.insert("changeType".to_owned(), kind.name().into());
            object.insert("resource".to_owned(), path.into());
            object.insert("resourceData".to_owned(), data);
        }
        Some(notification)
    }

    fn envelope(&self) -> Value {
        json!({
            "subscriptionId": self.subscription.id,
            "subscriptionExpirationDateTime": date_time(self.subscription.expires_at),
            "clientState": self.subscription.client_state,
            "tenantId": TENANT,
        })
    }

    /// Tells what becomes of the subscription; true when it was accepted or nobody wants to know.
    async fn lifecycle(&self, event: LifecycleEvent) -> bool {
        let Some(url) = &self.subscription.lifecycle_url else { return true };
        let mut notification = self.envelope();
        if let Some(object) = notification.as_object_mut() {
            object.insert("lifecycleEvent".to_owned(), event.name().into());
            object.insert("resource".to_owned(), self.subscription.resource.clone().into());
        }
        self.post(url, vec![notification]).await
    }

    async fn post(&self, url: &str, notifications: Vec<Value>) -> bool {
        let request = self.service.http.post(url).timeout(DELIVERY_TIMEOUT).json(&json!({"value": notifications}));
        match request.send().await {
            Ok(response) if response.status().is_success() => true,
            Ok(response) => {
                let status = response.status().as_u16();
                tracing::info!(subscription = self.subscription.id, status, "a notification was not accepted");
                false
            }
            Err(error) => {
                let reason = error.without_url();
                tracing::info!(subscription = self.subscription.id, %reason, "a notification could not be delivered");
                false
            }
        }
    }
}
