//! What every engine promises, on every engine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to stop")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use ledger::{
    Database, LedgerError, Result, SqliteOptions, Transaction, Value,
    testing::{Folder, both_engines, both_engines_bare, clock},
};

const MAKE: &str = "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, note TEXT)";
const PUT: &str = "INSERT INTO thing (id, note) VALUES ($1, $2)";
const NEXT: &str =
    "INSERT INTO counter (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = counter.n + 1 RETURNING n";

async fn with_things(database: &Database) {
    database.write(|t| t.execute(MAKE, &[])).await.unwrap();
}

fn put(t: &mut dyn Transaction, id: i64) -> Result<()> {
    t.execute(PUT, &[id.into(), "x".into()]).map(|_| ())
}

async fn things(database: &Database) -> Vec<i64> {
    database.read(|t| t.all("SELECT id FROM thing ORDER BY id", &[], |row| row.integer(0))).await.unwrap()
}

/// What a rule above the ledger may say.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Rule {
    #[error("no")]
    No,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ledger::WorkError for Rule {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(LedgerError::Conflict))
    }
}

#[test]
fn values_come_back_as_they_went_in() {
    both_engines_bare(async |database| {
        database.write(|t| t.execute("CREATE TABLE v (i BIGINT, t TEXT, b BYTEA)", &[])).await.unwrap();
        for (integer, text, bytes) in
            [(i64::MIN, "", &b""[..]), (i64::MAX, "Zoë \u{1F600} 'x' $1", b"\x00\xff"), (0, "a\nb", b"'")]
        {
            let found = database
                .write(move |t| {
                    t.execute("DELETE FROM v", &[])?;
                    t.execute(
                        "INSERT INTO v (i, t, b) VALUES ($1, $2, $3)",
                        &[integer.into(), text.into(), bytes.into()],
                    )?;
                    t.first("SELECT i, t, b FROM v", &[], |row| {
                        Ok((row.integer(0)?, row.text(1)?.to_owned(), row.bytes(2)?.to_vec()))
                    })
                })
                .await
                .unwrap();
            assert_eq!(found, Some((integer, text.to_owned(), bytes.to_vec())));
        }
    });
}

#[test]
fn null_is_none_and_never_a_default() {
    both_engines_bare(async |database| {
        database.write(|t| t.execute("CREATE TABLE v (i BIGINT, t TEXT, b BYTEA)", &[])).await.unwrap();
        database
            .write(|t| {
                t.execute("INSERT INTO v (i, t, b) VALUES ($1, $2, $3)", &[Value::Null, Value::Null, Value::Null])
            })
            .await
            .unwrap();
        let nulls = |t: &mut dyn Transaction| {
            t.first("SELECT i, t, b FROM v", &[], |row| {
                let strict = [row.integer(0).is_err(), row.text(1).is_err(), row.bytes(2).is_err()];
                let lenient =
                    (row.optional_integer(0)?, row.optional_text(1)?.is_none(), row.optional_bytes(2)?.is_none());
                Ok((strict, lenient))
            })
        };
        assert_eq!(database.read(nulls).await.unwrap(), Some(([true; 3], (None, true, true))));
    });
}

#[test]
fn a_column_of_another_type_is_a_damaged_row() {
    both_engines(async |database| {
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        let read = database.read(|t| t.first("SELECT note FROM thing", &[], |row| row.integer(0))).await;
        assert!(matches!(read, Err(LedgerError::Damaged(_))), "{read:?}");
        let read = database.read(|t| t.first("SELECT id FROM thing", &[], |row| row.text(0).map(str::to_owned))).await;
        assert!(matches!(read, Err(LedgerError::Damaged(_))), "{read:?}");
        let read = database.read(|t| t.first("SELECT id FROM thing", &[], |row| row.integer(7))).await;
        assert!(read.is_err());
    });
}

#[test]
fn small_integers_and_sums_of_parameters_are_integers() {
    both_engines(async |database| {
        with_things(&database).await;
        let sum = database
            .write(|t| {
                t.execute("INSERT INTO thing (id) VALUES ($1 + 1)", &[1.into()])?;
                t.first("SELECT id, 7, COUNT(*) FROM thing GROUP BY id", &[], |row| {
                    Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?))
                })
            })
            .await
            .unwrap();
        assert_eq!(sum, Some((2, 7, 1)));
    });
}

#[test]
fn a_text_with_nul_is_refused_on_every_engine() {
    both_engines(async |database| {
        with_things(&database).await;
        let put = database.write(|t| t.execute(PUT, &[1.into(), "a\0b".into()])).await;
        assert!(matches!(put, Err(LedgerError::Database(_))), "{put:?}");
    });
}

#[test]
fn an_error_of_the_rules_rolls_back_what_was_written() {
    both_engines(async |database| {
        with_things(&database).await;
        let refused: Result<(), Rule> = database
            .write(|t| {
                put(t, 1)?;
                Err(Rule::No)
            })
            .await;
        assert_eq!(refused, Err(Rule::No));
        assert!(things(&database).await.is_empty());
    });
}

#[test]
fn a_second_row_with_the_same_key_is_a_duplicate_and_nothing_else_is() {
    both_engines(async |database| {
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        assert_eq!(database.write(|t| put(t, 1)).await, Err(LedgerError::Duplicate));
        let null = database.write(|t| t.execute("INSERT INTO thing (id) VALUES ($1)", &[Value::Null])).await;
        assert!(matches!(null, Err(LedgerError::Database(_))), "{null:?}");
    });
}

#[test]
fn work_that_passes_over_a_failed_statement_is_not_committed() {
    both_engines(async |database| {
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        let result = database
            .write(|t| {
                put(t, 2)?;
                let _ = put(t, 1);
                Ok::<_, LedgerError>(())
            })
            .await;
        assert_eq!(result, Err(LedgerError::Broken));
        assert_eq!(things(&database).await, [1]);
    });
}

#[test]
fn an_error_while_rows_are_read_ends_the_query_and_is_returned() {
    both_engines(async |database| {
        with_things(&database).await;
        let seen = database
            .write(|t| {
                (0..5).try_for_each(|id| put(t, id))?;
                let mut seen = 0;
                let stop = t.for_each("SELECT id FROM thing ORDER BY id", &[], &mut |row| {
                    seen = row.integer(0)?;
                    if seen == 2 { Err(LedgerError::Closed) } else { Ok(()) }
                });
                assert_eq!(stop, Err(LedgerError::Closed));
                Ok::<_, LedgerError>(seen)
            })
            .await;
        assert_eq!(seen, Ok(2));
    });
}

#[test]
fn a_read_cannot_write() {
    both_engines(async |database| {
        with_things(&database).await;
        let result = database.read(|t| put(t, 1)).await;
        assert!(matches!(result, Err(LedgerError::Unwritable(_))), "{result:?}");
        assert!(things(&database).await.is_empty());
    });
}

#[test]
fn a_long_read_and_a_read_in_place_see_what_was_committed() {
    both_engines(async |database| {
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        let one = |t: &mut dyn Transaction| t.first("SELECT id FROM thing", &[], |row| row.integer(0));
        assert_eq!(database.read_long(one).await, Ok(Some(1)));
        match database.read_now(one) {
            Some(result) => assert_eq!(result, Ok(Some(1))),
            None => assert_eq!(database.engine_name(), "PostgreSQL"),
        }
    });
}

#[test]
fn a_change_number_is_never_given_twice() {
    both_engines(async |database| {
        database
            .write(|t| t.execute("CREATE TABLE counter (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)", &[]))
            .await
            .unwrap();
        let next = |t: &mut dyn Transaction| t.first(NEXT, &[1.into()], |row| row.integer(0));
        let tasks: Vec<_> = (0..60)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move { database.write(next).await.unwrap().unwrap() })
            })
            .collect();
        let mut given = BTreeSet::new();
        for task in tasks {
            assert!(given.insert(task.await.unwrap()), "twice");
        }
        assert_eq!(given, (1..=60).collect());
    });
}

#[test]
fn two_who_look_before_they_leap_do_not_both_leap() {
    // Write skew: each checks that there is nobody, then comes in. Only a serializable engine lets in just one.
    both_engines(async |database| {
        with_things(&database).await;
        let come_in = |id: i64| {
            let database = database.clone();
            tokio::spawn(async move {
                let come_in = move |t: &mut dyn Transaction| {
                    let there = t.first("SELECT COUNT(*) FROM thing", &[], |row| row.integer(0))?;
                    if there == Some(0) { put(t, id) } else { Ok(()) }
                };
                database.write(come_in).await.unwrap();
            })
        };
        let tasks: Vec<_> = (0..16).map(come_in).collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(things(&database).await.len(), 1);
    });
}

#[test]
fn neighbours_in_a_commit_do_not_feel_each_other_fail() {
    both_engines(async |database| {
        with_things(&database).await;
        let tasks: Vec<_> = (0..60)
            .map(|id| {
                let database = database.clone();
                let work = move |t: &mut dyn Transaction| {
                    put(t, id)?;
                    if id % 3 == 0 { Err(Rule::No) } else { Ok(()) }
                };
                tokio::spawn(async move { (id, database.write(work).await) })
            })
            .collect();
        for task in tasks {
            let (id, result) = task.await.unwrap();
            assert_eq!(result, if id % 3 == 0 { Err(Rule::No) } else { Ok(()) });
        }
        assert_eq!(things(&database).await, (0..60).filter(|id| id % 3 != 0).collect::<Vec<_>>());
    });
}

#[test]
fn work_that_panics_harms_only_its_caller() {
    both_engines(async |database| {
        with_things(&database).await;
        let panicking = {
            let database = database.clone();
            tokio::spawn(async move {
                let work = |t: &mut dyn Transaction| {
                    put(t, 1)?;
                    assert!(t.execute("DELETE FROM thing WHERE id = $1", &[2.into()])? > 0, "meant to panic");
                    Ok::<_, LedgerError>(())
                };
                database.write(work).await
            })
        };
        assert!(panicking.await.unwrap_err().is_panic());
        database.write(|t| put(t, 3)).await.unwrap();
        assert_eq!(things(&database).await, [3]);
    });
}

#[test]
fn conflicts_that_the_rules_report_are_tried_again_or_told() {
    // Only PostgreSQL has conflicts in the middle of work; SQLite's writer meets none once it has begun.
    both_engines(async |database| {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let work = move |_: &mut dyn Transaction| {
            if counted.fetch_add(1, Ordering::Relaxed) < 3 { Err(Rule::Ledger(LedgerError::Conflict)) } else { Ok(()) }
        };
        let result = database.write(work).await;
        if database.engine_name() == "PostgreSQL" {
            assert_eq!((result, runs.load(Ordering::Relaxed)), (Ok(()), 4));
        } else {
            assert_eq!(result, Err(Rule::Ledger(LedgerError::Conflict)));
        }
    });
}

#[test]
fn migrating_twice_and_at_once_ends_in_the_same_schema() {
    both_engines_bare(async |database| {
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move { database.migrate(&clock).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let versions = |t: &mut dyn Transaction| {
            t.all("SELECT number FROM schema_version ORDER BY number", &[], |row| row.integer(0))
        };
        let first: Vec<i64> = database.read(versions).await.unwrap();
        assert!(first.len() >= 4 && (1..).zip(&first).all(|(expected, number)| expected == *number), "{first:?}");
        database.migrate(&clock).await.unwrap();
        assert_eq!(database.read(versions).await.unwrap(), first);
    });
}

#[test]
fn a_database_of_a_newer_release_is_refused_and_left_alone() {
    both_engines(async |database| {
        database
            .write(|t| {
                t.execute("INSERT INTO schema_version (number, name, applied_at) VALUES (9999, 'later', 0)", &[])
            })
            .await
            .unwrap();
        let refused = database.migrate(&clock).await;
        assert!(
            matches!(refused, Err(LedgerError::SchemaTooNew { found: 9999, known }) if known < 9999),
            "{refused:?}"
        );
    });
}

#[test]
fn a_migrator_that_died_is_followed_by_the_next_when_its_lease_has_run_out() {
    both_engines_bare(async |database| {
        database
            .write(|t| {
                t.execute("CREATE TABLE schema_version (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)", &[])?;
                t.execute("CREATE TABLE schema_lease (lease BIGINT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, held_until BIGINT NOT NULL)", &[])?;
                t.execute("INSERT INTO schema_lease (lease, holder, held_until) VALUES (1, 'a dead process', $1)", &[(clock() - 1).into()])
            })
            .await
            .unwrap();
        database.migrate(&clock).await.unwrap();
    });
}

fn open(folder: &Folder, options: SqliteOptions) -> Database {
    Database::open_sqlite(&folder.path().join("ledger.db"), options).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_full_disk_refuses_the_write_and_loses_nothing() {
    let folder = Folder::new();
    wait(async {
        let database = open(&folder, SqliteOptions { pages_max: Some(64), ..SqliteOptions::default() });
        with_things(&database).await;
        // Many at once, so that commits are shared: the disk fills in the middle of somebody's group.
        let tasks: Vec<_> = (0..200)
            .map(|id| {
                let database = database.clone();
                let note = "x".repeat(if id % 20 == 19 { 1 << 20 } else { 2000 });
                let work = move |t: &mut dyn Transaction| t.execute(PUT, &[id.into(), (&note).into()]);
                tokio::spawn(async move { (id, database.write(work).await) })
            })
            .collect();
        let (mut kept, mut refused) = (Vec::new(), 0);
        for task in tasks {
            match task.await.unwrap() {
                (id, Ok(_)) => kept.push(id),
                (_, Err(LedgerError::Unwritable(_))) => refused += 1,
                (id, other) => panic!("{id}: {other:?}"),
            }
        }
        assert!(refused > 10 && kept.len() > 10, "{refused} refused, {} kept", kept.len());
        assert!(kept.iter().all(|id| id % 20 != 19), "more than the disk holds");
        assert_eq!(things(&database).await, kept);
        drop(database);
        assert_eq!(things(&open(&folder, SqliteOptions::default())).await, kept);
    });
}

#[test]
fn two_processes_may_write_to_one_file() {
    let folder = Folder::new();
    wait(async {
        let one = open(&folder, SqliteOptions::default());
        let other = open(&folder, SqliteOptions::default());
        with_things(&one).await;
        let tasks: Vec<_> = (0..100)
            .map(|id| {
                let database = if id % 2 == 0 { one.clone() } else { other.clone() };
                tokio::spawn(async move { database.write(move |t| put(t, id)).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(things(&one).await, (0..100).collect::<Vec<_>>());
        assert_eq!(things(&other).await, things(&one).await);
    });
}

#[test]
fn a_file_held_by_another_process_for_too_long_is_a_conflict() {
    let folder = Folder::new();
    wait(async {
        let options = SqliteOptions { busy: std::time::Duration::from_millis(1), ..SqliteOptions::default() };
        let database = open(&folder, options);
        with_things(&database).await;
        let other = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(database.write(|t| put(t, 1)).await, Err(LedgerError::Conflict));
        assert!(things(&database).await.is_empty(), "readers do not wait for writers");
        other.execute_batch("COMMIT").unwrap();
        database.write(|t| put(t, 2)).await.unwrap();
        assert_eq!(things(&database).await, [2]);
    });
}

#[test]
fn what_was_written_is_there_after_the_database_was_closed() {
    let folder = Folder::new();
    wait(async {
        let database = open(&folder, SqliteOptions::default());
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        drop(database);
        assert_eq!(things(&open(&folder, SqliteOptions::default())).await, [1]);
    });
}

/// Holds the writer back until all of `works` are in its queue, so that they share a commit.
async fn in_one_group(database: &Database, works: impl IntoIterator<Item = Work>) -> Vec<Result<u64>> {
    let (has_begun, mut begun) = tokio::sync::mpsc::unbounded_channel::<()>();
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let waiting = move |_: &mut dyn Transaction| {
        has_begun.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        Ok::<_, LedgerError>(())
    };
    let held = tokio::spawn({
        let database = database.clone();
        async move { database.write(waiting).await }
    });
    begun.recv().await.unwrap();
    let mut queued: Vec<_> = works.into_iter().map(|work| Box::pin(database.write(work))).collect();
    std::future::poll_fn(|context| {
        assert!(queued.iter_mut().all(|write| write.as_mut().poll(context).is_pending()));
        std::task::Poll::Ready(())
    })
    .await;
    open_gate.send(()).unwrap();
    held.await.unwrap().unwrap();
    let mut results = Vec::new();
    for write in queued {
        results.push(write.await);
    }
    results
}

type Work = fn(&mut dyn Transaction) -> Result<u64>;

#[test]
fn a_piece_that_ends_the_shared_transaction_takes_no_neighbour_with_it() {
    let folder = Folder::new();
    wait(async {
        let database = open(&folder, SqliteOptions::default());
        with_things(&database).await;
        database.write(|t| put(t, 1)).await.unwrap();
        let works: [Work; 3] = [
            |t| put(t, 2).map(|()| 2),
            |t| t.execute("INSERT OR ROLLBACK INTO thing (id) VALUES (1)", &[]),
            |t| put(t, 3).map(|()| 3),
        ];
        assert_eq!(in_one_group(&database, works).await, [Ok(2), Err(LedgerError::Duplicate), Ok(3)]);
        assert_eq!(things(&database).await, [1, 2, 3]);
    });
}

#[test]
fn a_commit_that_fails_is_told_to_everyone_in_it() {
    let folder = Folder::new();
    wait(async {
        let database = open(&folder, SqliteOptions::default());
        with_things(&database).await;
        let owned = "CREATE TABLE owned (owner BIGINT REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)";
        database.write(move |t| t.execute(owned, &[])).await.unwrap();
        // The second piece is fine until the commit looks for the owner.
        let works: [Work; 3] = [
            |t| put(t, 1).map(|()| 1),
            |t| t.execute("INSERT INTO owned (owner) VALUES (99)", &[]),
            |t| put(t, 1).map(|()| 1),
        ];
        let results = in_one_group(&database, works).await;
        // The third saw the first one's row, which never came to be: it is not told `Duplicate`.
        assert!(results.iter().all(|result| matches!(result, Err(LedgerError::Database(_)))), "{results:?}");
        assert!(things(&database).await.is_empty());
        database.write(|t| put(t, 1)).await.unwrap();
        assert_eq!(things(&database).await, [1]);
    });
}
