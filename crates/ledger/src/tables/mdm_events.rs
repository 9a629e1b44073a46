//! Tables `mdm_log` and `mdm_event`: what happened to managed devices, in one order. Rows are added, and forgotten when
//! they are old enough; never changed.

use crate::{LedgerError, Result, Transaction};

/// The one log there is.
const LOG: &str = "devices";

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Later events have higher ones, in the order of commits.
    pub position: i64,
    /// The device.
    pub enrolment: String,
    /// Microseconds since 1970.
    pub at: i64,
    /// JSON.
    pub event: String,
}

/// Adds an event behind all others; its position.
pub fn append(tx: &mut dyn Transaction, enrolment: &str, at: i64, event: &str) -> Result<i64> {
    let position = tx.first(
        "INSERT INTO mdm_log (log, position) VALUES ($1, 1)
         ON CONFLICT (log) DO UPDATE SET position = mdm_log.position + 1 RETURNING position",
        &[LOG.into()],
        |row| row.integer(0),
    )?;
    let position = position.ok_or_else(|| LedgerError::Damaged("a log without position".to_owned()))?;
    tx.execute(
        "INSERT INTO mdm_event (enrolment, position, at, event) VALUES ($1, $2, $3, $4)",
        &[enrolment.into(), position.into(), at.into(), event.into()],
    )?;
    Ok(position)
}

/// The next events behind a position, the oldest first.
pub fn page(tx: &mut dyn Transaction, after: i64, rows: i64) -> Result<Vec<Event>> {
    tx.all(
        "SELECT position, enrolment, at, event FROM mdm_event WHERE position > $1 ORDER BY position LIMIT $2",
        &[after.into(), rows.into()],
        |row| {
            Ok(Event {
                position: row.integer(0)?,
                enrolment: row.text(1)?.to_owned(),
                at: row.integer(2)?,
                event: row.text(3)?.to_owned(),
            })
        },
    )
}

/// Forgets what happened before a moment; the number of events.
pub fn forget(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    tx.execute("DELETE FROM mdm_event WHERE at < $1", &[before.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::both_engines;

    #[test]
    fn events_of_many_writers_have_one_order_without_gaps() {
        both_engines(async |ledger| {
            let mut writers = tokio::task::JoinSet::new();
            for writer in 0..8 {
                let ledger = ledger.clone();
                writers.spawn(async move {
                    let name = format!("D{writer}");
                    ledger.write(move |tx| append(tx, &name, writer, "{}")).await.unwrap()
                });
            }
            let mut positions = writers.join_all().await;
            positions.sort_unstable();
            assert_eq!(positions, (1..=8).collect::<Vec<_>>());
            let page = ledger.read(|tx| page(tx, 3, 2)).await.unwrap();
            assert_eq!(page.iter().map(|event| event.position).collect::<Vec<_>>(), [4, 5]);
            assert_eq!(ledger.write(|tx| forget(tx, 4)).await.unwrap(), 4);
            assert_eq!(
                ledger.write(|tx| append(tx, "D", 9, "{}")).await.unwrap(),
                9,
                "a position is never given again"
            );
        });
    }
}
