//! What a server does beside answering: it looks who has changed, and forgets what is old.

use std::time::Duration;

use ledger::{
    LedgerError,
    tables::{audit, codes, sessions},
};
use tokio::time::MissedTickBehavior;

use crate::{authenticate::Identity, limits};

impl Identity {
    /// Watches for changes that other processes make, until the future is dropped. To be run once beside the paths:
    /// without it every request reads the person's row.
    pub async fn watch(&self) {
        let mut ticks = tokio::time::interval(Duration::from_millis(limits::LOOK_MILLISECONDS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        let mut looks = 0_u32;
        loop {
            ticks.tick().await;
            let looked = self.look().await;
            match &looked {
                Ok(_) if failing => tracing::info!("changes to people are seen again"),
                Err(error) if !failing => {
                    tracing::warn!(%error, "changes to people are not seen; every request asks the ledger until they are");
                }
                Ok(_) | Err(_) => {}
            }
            failing = looked.is_err();
            if looks.is_multiple_of(limits::LOOKS_PER_CLEANING)
                && let Err(error) = self.forget_old().await
            {
                tracing::warn!(%error, "old sessions and audit events were not forgotten");
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// Forgets codes that were used or expired, sessions that ended, and audit events beyond their retention.
    pub async fn forget_old(&self) -> Result<(), LedgerError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let retention = i64::try_from(inner.settings.audit_retention.as_micros()).unwrap_or(i64::MAX);
        let write = move |tx: &mut dyn ledger::Transaction| {
            codes::forget_expired(tx, now.saturating_sub(limits::CODE_REMEMBERED))?;
            sessions::forget_ended(tx, now.saturating_sub(limits::ENDED_REMEMBERED))?;
            audit::forget(tx, now.saturating_sub(retention))
        };
        let forgotten = inner.database.write::<_, LedgerError>(write).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "audit events were beyond their retention");
        }
        Ok(())
    }
}
