//! Table `mdm_command`: what managed devices were told to do, in order, and what became of it.

use crate::{LedgerError, Result, Row, Transaction};

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The device has not been told.
    Queued,
    /// It was told, and has not answered.
    Delivered,
    /// It cannot now.
    NotNow,
    /// Done, as the device says.
    Acknowledged,
    /// Refused.
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::NotNow => "not-now",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
        }
    }

    fn of(name: &str) -> Result<Self> {
        let all = [Self::Queued, Self::Delivered, Self::NotNow, Self::Acknowledged, Self::Failed];
        let state = all.into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| LedgerError::Damaged(format!("a command that is {name}")))
    }

    /// Nothing more will come of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Failed)
    }
}

/// A command to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// CommandUUID, chosen by whoever gave it; unique among the device's.
    pub command: String,
    /// RequestType.
    pub request_type: String,
    /// The command itself, sealed; empty when it is done.
    pub plist: Vec<u8>,
    /// What became of it.
    pub state: State,
    /// What the device answered, sealed.
    pub result: Option<Vec<u8>>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// When `state` last changed, in microseconds since 1970.
    pub changed_at: i64,
    /// When another MDM took it, in microseconds since 1970; `None` where there is no other, or it has not.
    pub taken_at: Option<i64>,
}

fn read(row: &dyn Row) -> Result<Command> {
    Ok(Command {
        command: row.text(0)?.to_owned(),
        request_type: row.text(1)?.to_owned(),
        plist: row.bytes(2)?.to_vec(),
        state: State::of(row.text(3)?)?,
        result: row.optional_bytes(4)?.map(<[u8]>::to_vec),
        created_at: row.integer(5)?,
        changed_at: row.integer(6)?,
        taken_at: row.optional_integer(7)?,
    })
}

/// Adds a command behind all others of the device; `false`, and nothing changes, when it has one of that name.
pub fn insert(tx: &mut dyn Transaction, enrolment: &str, command: &Command) -> Result<bool> {
    let place = tx.first(
        "UPDATE mdm_enrolment SET commands = commands + 1 WHERE enrolment = $1 RETURNING commands",
        &[enrolment.into()],
        |row| row.integer(0),
    )?;
    let place = place.ok_or_else(|| LedgerError::Damaged(format!("no enrolment {enrolment}")))?;
    let added = tx.execute(
        "INSERT INTO mdm_command (enrolment, command, place, request_type, plist, state, result, created_at, changed_at,
            taken_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (enrolment, command) DO NOTHING",
        &[
            enrolment.into(),
            (&command.command).into(),
            place.into(),
            (&command.request_type).into(),
            (&command.plist).into(),
            command.state.name().into(),
            command.result.as_ref().into(),
            command.created_at.into(),
            command.changed_at.into(),
            command.taken_at.into(),
        ],
    )?;
    Ok(added > 0)
}

/// The command; `None` when the device was given none of that name.
pub fn get(tx: &mut dyn Transaction, enrolment: &str, command: &str) -> Result<Option<Command>> {
    tx.first(
        "SELECT command, request_type, plist, state, result, created_at, changed_at, taken_at FROM mdm_command
         WHERE enrolment = $1 AND command = $2",
        &[enrolment.into(), command.into()],
        read,
    )
}

/// The first command that is not done, and (with `skip_not_now`) that the device did not put off.
pub fn next(tx: &mut dyn Transaction, enrolment: &str, skip_not_now: bool) -> Result<Option<Command>> {
    let skipped = if skip_not_now { State::NotNow.name() } else { "" };
    tx.first(
        "SELECT command, request_type, plist, state, result, created_at, changed_at, taken_at FROM mdm_command
         WHERE enrolment = $1 AND state IN ('queued', 'delivered', 'not-now') AND state <> $2 ORDER BY place LIMIT 1",
        &[enrolment.into(), skipped.into()],
        read,
    )
}

/// The device's commands that are not done, in order.
pub fn open(tx: &mut dyn Transaction, enrolment: &str) -> Result<Vec<Command>> {
    tx.all(
        "SELECT command, request_type, plist, state, result, created_at, changed_at, taken_at FROM mdm_command
         WHERE enrolment = $1 AND state IN ('queued', 'delivered', 'not-now') ORDER BY place",
        &[enrolment.into()],
        read,
    )
}

/// The number of the device's commands that are not done.
pub fn count_open(tx: &mut dyn Transaction, enrolment: &str) -> Result<i64> {
    let count = tx.first(
        "SELECT COUNT(*) FROM mdm_command WHERE enrolment = $1 AND state IN ('queued', 'delivered', 'not-now')",
        &[enrolment.into()],
        |row| row.integer(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// Commands that another MDM took, and of which nothing was heard since a moment: device and command, the oldest first.
pub fn silent(tx: &mut dyn Transaction, changed_before: i64, rows: i64) -> Result<Vec<(String, Command)>> {
    tx.all(
        "SELECT command, request_type, plist, state, result, created_at, changed_at, taken_at, enrolment FROM mdm_command
         WHERE state IN ('queued', 'delivered', 'not-now') AND taken_at IS NOT NULL AND changed_at < $1
         ORDER BY changed_at, enrolment, place LIMIT $2",
        &[changed_before.into(), rows.into()],
        |row| Ok((row.text(8)?.to_owned(), read(row)?)),
    )
}

/// Says what became of a command. What it was is forgotten once it is done.
pub fn put_state(
    tx: &mut dyn Transaction,
    (enrolment, command): (&str, &str),
    state: State,
    result: Option<&[u8]>,
    now: i64,
) -> Result<()> {
    let keys = [state.name().into(), result.into(), now.into(), enrolment.into(), command.into()];
    if state.is_final() {
        let empty: &[u8] = &[];
        let [state, result, now, enrolment, command] = keys;
        tx.execute(
            "UPDATE mdm_command SET state = $1, result = $2, changed_at = $3, plist = $4
             WHERE enrolment = $5 AND command = $6",
            &[state, result, now, empty.into(), enrolment, command],
        )?;
    } else {
        tx.execute(
            "UPDATE mdm_command SET state = $1, result = $2, changed_at = $3 WHERE enrolment = $4 AND command = $5",
            &keys,
        )?;
    }
    Ok(())
}

/// Notes that another MDM took a command.
pub fn put_taken(tx: &mut dyn Transaction, enrolment: &str, command: &str, now: i64) -> Result<()> {
    tx.execute(
        "UPDATE mdm_command SET taken_at = $1, changed_at = $2 WHERE enrolment = $3 AND command = $4",
        &[now.into(), now.into(), enrolment.into(), command.into()],
    )?;
    Ok(())
}

/// Forgets every command of a device, done or not.
pub fn delete_all(tx: &mut dyn Transaction, enrolment: &str) -> Result<u64> {
    tx.execute("DELETE FROM mdm_command WHERE enrolment = $1", &[enrolment.into()])
}

/// Forgets commands that were done before a moment; their number.
pub fn forget(tx: &mut dyn Transaction, before: i64) -> Result<u64> {
    let sql = "DELETE FROM mdm_command WHERE state IN ('acknowledged', 'failed') AND changed_at < $1";
    tx.execute(sql, &[before.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        tables::mdm_enrolments::{self, Enrolment, Standing},
        testing::both_engines,
    };

    fn command(name: &str) -> Command {
        Command {
            command: name.to_owned(),
            request_type: "ProfileList".to_owned(),
            plist: vec![7],
            state: State::Queued,
            result: None,
            created_at: 1,
            changed_at: 1,
            taken_at: None,
        }
    }

    fn enrol(tx: &mut dyn Transaction, name: &str) -> Result<()> {
        let row = Enrolment {
            enrolment: name.to_owned(),
            kind: "device".to_owned(),
            standing: Standing::Enrolled,
            account: None,
            certificate: None,
            push: Some(vec![1]),
            push_gone: false,
            pushed_at: 5,
            token_updates: 1,
            facts: "{}".to_owned(),
            eas_device: None,
            managed: None,
            created_at: 1,
            last_seen: 1,
            declarations_at: 0,
        };
        mdm_enrolments::put(tx, &row)
    }

    #[test]
    fn commands_come_in_the_order_they_were_given_and_each_name_once() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    enrol(tx, "A")?;
                    // By name they would come the other way round.
                    assert!(insert(tx, "A", &command("z"))? && insert(tx, "A", &command("a"))?);
                    assert!(!insert(tx, "A", &Command { plist: vec![9], ..command("z") })?);
                    assert_eq!(next(tx, "A", false)?, Some(command("z")));
                    put_state(tx, ("A", "z"), State::NotNow, None, 2)?;
                    assert_eq!(next(tx, "A", true)?, Some(command("a")));
                    assert_eq!(next(tx, "A", false)?.map(|next| next.command).as_deref(), Some("z"));
                    assert_eq!((open(tx, "A")?.len(), count_open(tx, "A")?, count_open(tx, "B")?), (2, 2, 0));
                    Ok(())
                })
                .await
                .unwrap();
        });
    }

    #[test]
    fn what_a_command_was_is_forgotten_once_it_is_done() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    enrol(tx, "A")?;
                    insert(tx, "A", &command("c"))?;
                    put_state(tx, ("A", "c"), State::Acknowledged, Some(b"r"), 3)?;
                    let kept = get(tx, "A", "c")?.unwrap();
                    assert_eq!(
                        (kept.state, kept.plist.len(), kept.result),
                        (State::Acknowledged, 0, Some(b"r".to_vec()))
                    );
                    assert_eq!(next(tx, "A", false)?, None);
                    assert!(!insert(tx, "A", &command("c"))?, "it was given already");
                    assert_eq!((forget(tx, 3)?, forget(tx, 4)?), (0, 1));
                    Ok(())
                })
                .await
                .unwrap();
        });
    }

    #[test]
    fn only_devices_with_something_left_to_do_are_woken() {
        both_engines(async |ledger| {
            ledger
                .write::<_, LedgerError>(|tx| {
                    for name in ["A", "B", "C"] {
                        enrol(tx, name)?;
                    }
                    insert(tx, "A", &command("c"))?;
                    insert(tx, "B", &command("c"))?;
                    put_state(tx, ("B", "c"), State::Failed, None, 3)?;
                    let names = |tx: &mut dyn Transaction, before| -> Result<Vec<String>> {
                        Ok(mdm_enrolments::to_wake(tx, before, 9)?.into_iter().map(|row| row.enrolment).collect())
                    };
                    assert_eq!(names(tx, 6)?, ["A"]);
                    assert!(names(tx, 5)?.is_empty(), "it was woken since");
                    mdm_enrolments::put_pushed(tx, ("A", &[9]), 0, true)?;
                    assert_eq!(names(tx, 6)?, ["A"], "that was another token");
                    mdm_enrolments::put_pushed(tx, ("A", &[1]), 0, true)?;
                    assert!(names(tx, 6)?.is_empty(), "it cannot be woken");
                    put_taken(tx, "A", "c", 4)?;
                    assert_eq!((silent(tx, 4, 9)?.len(), silent(tx, 5, 9)?.len()), (0, 1));
                    assert_eq!(delete_all(tx, "A")?, 1);
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
}
