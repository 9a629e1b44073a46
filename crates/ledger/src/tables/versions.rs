//! Tables `version` and `card`: every card as it was from some revision on, and a pointer to the newest.
//!
//! A version belongs to a book. A card that moves gets a tombstone in the old book and a version in the new one, so
//! that the history of each book can be read by itself. Facts are never updated; `revision_end` only says where the
//! next version of the card in this book begins.

use crate::{AccountId, BookId, CardId, LedgerError, Result, Revision, Row, Transaction};

/// The `revision_end` of a version that has no successor in its book.
const OPEN: i64 = i64::MAX;

/// A card as it was from `revision` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The book it speaks of.
    pub book: BookId,
    /// The card.
    pub card: CardId,
    /// Since when.
    pub revision: Revision,
    /// From here on the card is not in this book. `facts` are the last it had.
    pub deleted: bool,
    /// Equal for cards that a phone would take for the same person; 0 for deleted ones.
    pub namesake: i64,
    /// The card, serialised by the hub.
    pub facts: String,
    /// Microseconds since 1970.
    pub written_at: i64,
    /// Who wrote it: `activesync:DEVICE`, `graph`, `command`.
    pub author: String,
}

/// The newest state of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// The card.
    pub card: CardId,
    /// Where it is, or was when it was deleted.
    pub book: BookId,
    /// Its newest version.
    pub revision: Revision,
    /// It is in no book.
    pub deleted: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// The vCard UID.
    pub uid: String,
    /// Length of its note: the encoded form shows all of a note up to the standard size.
    pub note_bytes: i64,
}

/// Adds a version; its predecessor in the same book, if there is one, ends here.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, version: &Version) -> Result<()> {
    // By its whole key: asking for the one that is open would read all versions of the card.
    tx.execute(
        "UPDATE version SET revision_end = $1 WHERE account = $2 AND book = $3 AND card = $4
         AND revision = (SELECT newest.revision FROM version newest WHERE newest.account = $2 AND newest.book = $3
            AND newest.card = $4 ORDER BY newest.revision DESC LIMIT 1)",
        &[version.revision.into(), account.into(), version.book.into(), version.card.into()],
    )?;
    insert_first(tx, account, version)
}

/// Adds the first version of a card that was never in this book.
pub fn insert_first(tx: &mut dyn Transaction, account: &AccountId, version: &Version) -> Result<()> {
    tx.execute(
        "INSERT INTO version (account, book, card, revision, revision_end, deleted, namesake, facts, written_at, author)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            account.into(),
            version.book.into(),
            version.card.into(),
            version.revision.into(),
            OPEN.into(),
            version.deleted.into(),
            version.namesake.into(),
            (&version.facts).into(),
            version.written_at.into(),
            (&version.author).into(),
        ],
    )?;
    Ok(())
}

/// Makes a card, with its encoded form.
pub fn insert_card(tx: &mut dyn Transaction, account: &AccountId, card: &CardRow, form: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO card (account, card, book, revision, deleted, created_at, uid, note_bytes, form)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            account.into(),
            card.card.into(),
            card.book.into(),
            card.revision.into(),
            card.deleted.into(),
            card.created_at.into(),
            (&card.uid).into(),
            card.note_bytes.into(),
            form.into(),
        ],
    )?;
    Ok(())
}

/// Points a card to its newest version and keeps its encoded form (`None` for a deleted one). `before` is what the
/// row was.
pub fn update_card(
    tx: &mut dyn Transaction,
    account: &AccountId,
    before: &CardRow,
    card: &CardRow,
    form: Option<&[u8]>,
) -> Result<()> {
    // What is not named here costs no index entry.
    tx.execute(
        "UPDATE card SET revision = $1, deleted = $2, note_bytes = $3, form = $4 WHERE account = $5 AND card = $6",
        &[
            card.revision.into(),
            card.deleted.into(),
            card.note_bytes.into(),
            form.into(),
            account.into(),
            card.card.into(),
        ],
    )?;
    if before.book != card.book || before.uid != card.uid {
        tx.execute(
            "UPDATE card SET book = $1, uid = $2 WHERE account = $3 AND card = $4",
            &[card.book.into(), (&card.uid).into(), account.into(), card.card.into()],
        )?;
    }
    Ok(())
}

fn read_card(row: &dyn Row) -> Result<CardRow> {
    Ok(CardRow {
        card: CardId(row.integer(0)?),
        book: BookId(row.integer(1)?),
        revision: Revision(row.integer(2)?),
        deleted: row.integer(3)? != 0,
        created_at: row.integer(4)?,
        uid: row.text(5)?.to_owned(),
        note_bytes: row.integer(6)?,
    })
}

/// The newest state of a card; `None` when the account never had it.
pub fn card(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<Option<CardRow>> {
    tx.first(
        "SELECT card, book, revision, deleted, created_at, uid, note_bytes FROM card
         WHERE account = $1 AND card = $2",
        &[account.into(), card.into()],
        read_card,
    )
}

/// The cards, living or deleted, that bear a UID, oldest first.
pub fn cards_of_uid(tx: &mut dyn Transaction, account: &AccountId, uid: &str) -> Result<Vec<CardRow>> {
    tx.all(
        "SELECT card, book, revision, deleted, created_at, uid, note_bytes FROM card
         WHERE account = $1 AND uid = $2 ORDER BY card",
        &[account.into(), uid.into()],
        read_card,
    )
}

/// The encoded form of a card and the revision it shows; `None` for unknown and deleted cards.
pub fn form(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<Option<(Revision, Vec<u8>)>> {
    let found = tx.first(
        "SELECT revision, form FROM card WHERE account = $1 AND card = $2",
        &[account.into(), card.into()],
        |row| Ok(row.optional_bytes(1)?.map(<[u8]>::to_vec).map(|form| (row.integer(0), form))),
    )?;
    match found.flatten() {
        Some((revision, form)) => Ok(Some((Revision(revision?), form))),
        None => Ok(None),
    }
}

fn read_version(row: &dyn Row) -> Result<Version> {
    Ok(Version {
        book: BookId(row.integer(0)?),
        card: CardId(row.integer(1)?),
        revision: Revision(row.integer(2)?),
        deleted: row.integer(3)? != 0,
        namesake: row.integer(4)?,
        facts: row.text(5)?.to_owned(),
        written_at: row.integer(6)?,
        author: row.text(7)?.to_owned(),
    })
}

/// The latest version of a card in a book at or below a revision; `None` when it was never there by then.
pub fn at(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    card: CardId,
    revision: Revision,
) -> Result<Option<Version>> {
    tx.first(
        "SELECT book, card, revision, deleted, namesake, facts, written_at, author FROM version
         WHERE account = $1 AND book = $2 AND card = $3 AND revision <= $4 ORDER BY revision DESC LIMIT 1",
        &[account.into(), book.into(), card.into(), revision.into()],
        read_version,
    )
}

/// The newest version of a card in a book.
pub fn newest(tx: &mut dyn Transaction, account: &AccountId, book: BookId, card: CardId) -> Result<Option<Version>> {
    at(tx, account, book, card, Revision(OPEN))
}

/// All versions of a card in all books, oldest first.
pub fn history(tx: &mut dyn Transaction, account: &AccountId, card: CardId) -> Result<Vec<Version>> {
    let mut all = Vec::new();
    for book in
        tx.all("SELECT book FROM book WHERE account = $1 ORDER BY book", &[account.into()], |row| row.integer(0))?
    {
        all.extend(tx.all(
            "SELECT book, card, revision, deleted, namesake, facts, written_at, author FROM version
             WHERE account = $1 AND book = $2 AND card = $3 ORDER BY revision",
            &[account.into(), book.into(), card.into()],
            read_version,
        )?);
    }
    all.sort_by_key(|version| version.revision);
    Ok(all)
}

/// Where a page begins and ends: versions above `after`, seen as of `upto`, at most `limit` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The book.
    pub book: BookId,
    /// Exclusive.
    pub after: Revision,
    /// Inclusive; of each card only its latest version at or below this counts.
    pub upto: Revision,
    /// How many.
    pub limit: i64,
}

/// Which cards of a stretch are wanted. A phone's first run joins cards of one name, so those come apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All, deletions included; namesakes are not told apart.
    Everything,
    /// Living cards, with the namesakes among them marked.
    Living,
    /// Living cards that have an older living namesake.
    Namesakes,
}

/// One row of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The card.
    pub card: CardId,
    /// Its latest version at or below `upto`.
    pub revision: Revision,
    /// That version is a tombstone.
    pub deleted: bool,
    /// An older living card of the book bears the same name.
    pub is_namesake: bool,
    /// Its stored encoded form and the length of its note, when this version is the newest and has one.
    pub form: Option<(Vec<u8>, i64)>,
    /// Its facts: when there is no form, and always in [`Which::Everything`], where they are compared.
    pub facts: Option<String>,
}

macro_rules! older_namesake {
    () => {
        "EXISTS (SELECT 1 FROM version n WHERE n.account = v.account AND n.book = v.book
            AND n.namesake = v.namesake AND n.card < v.card AND n.revision <= $1 AND n.revision_end > $1
            AND n.deleted = 0)"
    };
}
macro_rules! unless_form {
    () => {
        "CASE WHEN c.revision = v.revision AND c.form IS NOT NULL THEN NULL ELSE v.facts END"
    };
}
macro_rules! stretch {
    ($facts:expr, $is_namesake:expr, $condition:expr) => {
        concat!(
            "SELECT v.card, v.revision, v.deleted, CASE WHEN c.revision = v.revision THEN c.form END, ",
            $facts,
            ", c.note_bytes,
                CAST(CASE WHEN ",
            $is_namesake,
            " THEN 1 ELSE 0 END AS BIGINT)
             FROM version v JOIN card c ON c.account = v.account AND c.card = v.card
             WHERE v.revision <= $1 AND v.revision_end > $1 AND v.account = $2 AND v.book = $3 AND v.revision > $4 ",
            $condition,
            " ORDER BY v.revision LIMIT $5"
        )
    };
}
const EVERYTHING: &str = stretch!("v.facts", "1 = 0", "");
const LIVING: &str = stretch!(unless_form!(), older_namesake!(), "AND v.deleted = 0");
const NAMESAKES: &str = stretch!(unless_form!(), "1 = 1", concat!("AND v.deleted = 0 AND ", older_namesake!()));

/// The cards of a book that differ after a revision, in the order of their latest versions.
pub fn stretch(tx: &mut dyn Transaction, account: &AccountId, stretch: Stretch, which: Which) -> Result<Vec<Step>> {
    let sql = match which {
        Which::Everything => EVERYTHING,
        Which::Living => LIVING,
        Which::Namesakes => NAMESAKES,
    };
    let values = [stretch.upto.into(), account.into(), stretch.book.into(), stretch.after.into(), stretch.limit.into()];
    tx.all(sql, &values, |row| {
        let form = row.optional_bytes(3)?.map(<[u8]>::to_vec);
        Ok(Step {
            card: CardId(row.integer(0)?),
            revision: Revision(row.integer(1)?),
            deleted: row.integer(2)? != 0,
            form: form.map(|form| Ok::<_, LedgerError>((form, row.integer(5)?))).transpose()?,
            facts: row.optional_text(4)?.map(str::to_owned),
            is_namesake: row.integer(6)? != 0,
        })
    })
}

/// Whether an older living card of the book bore the same name at a revision.
pub fn has_older_namesake(
    tx: &mut dyn Transaction,
    account: &AccountId,
    version: &Version,
    upto: Revision,
) -> Result<bool> {
    Ok(tx
        .first(
            "SELECT 1 FROM version WHERE account = $1 AND book = $2 AND namesake = $3 AND card < $4
             AND revision <= $5 AND revision_end > $5 AND deleted = 0 LIMIT 1",
            &[account.into(), version.book.into(), version.namesake.into(), version.card.into(), upto.into()],
            |_| Ok(()),
        )?
        .is_some())
}

/// The living cards of a book after a card, in order of card, newest versions with facts.
pub fn living_after(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    after: CardId,
    limit: i64,
) -> Result<Vec<(CardRow, Version)>> {
    tx.all(
        "SELECT v.book, v.card, v.revision, v.deleted, v.namesake, v.facts, v.written_at, v.author,
            c.created_at, c.uid, c.note_bytes
         FROM card c JOIN version v ON v.account = c.account AND v.book = c.book AND v.card = c.card
            AND v.revision = c.revision
         WHERE c.account = $1 AND c.book = $2 AND c.card > $3 AND c.deleted = 0 ORDER BY c.card LIMIT $4",
        &[account.into(), book.into(), after.into(), limit.into()],
        |row| {
            let version = read_version(row)?;
            let card = CardRow {
                card: version.card,
                book: version.book,
                revision: version.revision,
                deleted: false,
                created_at: row.integer(8)?,
                uid: row.text(9)?.to_owned(),
                note_bytes: row.integer(10)?,
            };
            Ok((card, version))
        },
    )
}

/// How many living cards a book has.
pub fn count(tx: &mut dyn Transaction, account: &AccountId, book: BookId) -> Result<i64> {
    Ok(tx
        .first(
            "SELECT COUNT(*) FROM card WHERE account = $1 AND book = $2 AND deleted = 0",
            &[account.into(), book.into()],
            |row| row.integer(0),
        )?
        .unwrap_or(0))
}

/// How many cards of a book have their latest version at or below `upto` above `after`.
pub fn count_stretch(
    tx: &mut dyn Transaction,
    account: &AccountId,
    book: BookId,
    after: Revision,
    upto: Revision,
) -> Result<i64> {
    Ok(tx
        .first(
            "SELECT COUNT(*) FROM version WHERE account = $1 AND book = $2 AND revision > $3 AND revision <= $4
             AND revision_end > $4",
            &[account.into(), book.into(), after.into(), upto.into()],
            |row| row.integer(0),
        )?
        .unwrap_or(0))
}

/// The deleted cards of an account, most recently deleted first.
pub fn deleted(tx: &mut dyn Transaction, account: &AccountId, limit: i64) -> Result<Vec<CardId>> {
    tx.all(
        "SELECT card FROM card WHERE account = $1 AND deleted = 1 ORDER BY revision DESC LIMIT $2",
        &[account.into(), limit.into()],
        |row| Ok(CardId(row.integer(0)?)),
    )
}

/// The authors that begin with `prefix`, which has no `%` and no `_`, of all versions of an account, the one that wrote
/// last first.
pub fn authors(tx: &mut dyn Transaction, account: &AccountId, prefix: &str) -> Result<Vec<String>> {
    let pattern = format!("{prefix}%");
    tx.all(
        "SELECT author FROM version WHERE account = $1 AND author LIKE $2
         GROUP BY author ORDER BY max(revision) DESC",
        &[account.into(), pattern.as_str().into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// The cards of which an author wrote a version, in order.
pub fn cards_by(tx: &mut dyn Transaction, account: &AccountId, author: &str) -> Result<Vec<CardId>> {
    tx.all(
        "SELECT DISTINCT card FROM version WHERE account = $1 AND author = $2 ORDER BY card",
        &[account.into(), author.into()],
        |row| Ok(CardId(row.integer(0)?)),
    )
}
