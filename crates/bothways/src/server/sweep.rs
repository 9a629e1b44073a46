//! Catches changes whose wake-up got lost: one cheap query now and then for all who wait together.

use std::time::Duration;

use hub::Hub;
use ledger::{Database, LedgerError, tables::accounts};
use tokio::time::MissedTickBehavior;

/// Looks every `interval` for accounts that changed since the look before, and `overlap` further back.
pub async fn run(ledger: Database, hub: Hub, interval: Duration, overlap: Duration) {
    let overlap = i64::try_from(overlap.as_micros()).unwrap_or(i64::MAX);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut since = hub.now();
    loop {
        ticks.tick().await;
        let now = hub.now();
        match sweep(&ledger, &hub, since.saturating_sub(overlap)).await {
            Ok(found) => {
                since = now;
                tracing::trace!(found, "swept");
            }
            Err(error) => tracing::warn!(%error, "the ledger was not asked for changes of other processes"),
        }
    }
}

/// Wakes those who wait for an account changed at or after a moment. How many accounts there were.
async fn sweep(ledger: &Database, hub: &Hub, since: i64) -> Result<usize, LedgerError> {
    let changed = ledger.read::<_, LedgerError>(move |tx| accounts::changed_since(tx, since)).await?;
    for (account, _) in &changed {
        hub.wake_ups().publish(*account);
    }
    Ok(changed.len())
}
