//! Tables `directory_*`: the entries of the global address list and the tokens they are found by.
//!
//! What a token says is the directory's matter; here it is a string of bytes in byte order.

use std::{fmt::Write, sync::LazyLock};

use contact::BlobHash;

use crate::{LedgerError, Result, Row, Transaction, Value};

/// Whose directory; an installation has one so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub i64);

/// Identifies an entry within its tenant's directory; never used again after the entry is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub i64);

/// Someone or something one can look up. Unknown facts are empty texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// The address as written in the source.
    pub email: String,
    /// The display name.
    pub name: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub surname: String,
    /// Business phone.
    pub phone: String,
    /// Mobile phone.
    pub mobile: String,
    /// Home phone.
    pub home_phone: String,
    /// Company.
    pub company: String,
    /// Department.
    pub department: String,
    /// Job title.
    pub title: String,
    /// Office location.
    pub office: String,
    /// Mail nickname.
    pub alias: String,
    /// The hash of the picture that is served.
    pub photo: Option<BlobHash>,
}

impl Entry {
    /// What makes an address unique: addresses that differ only in case are one.
    pub fn email_key(&self) -> String {
        email_key(&self.email)
    }
}

/// The form of an address under which it is looked up.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Where the directory of a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Goes up with every import and every transaction of an import: what is the same, all of the directory is.
    pub revision: i64,
    /// The next free id.
    pub next_entry: EntryId,
    /// Entries from here on have no tokens yet.
    pub indexed_below: EntryId,
}

/// Before the first import.
const EMPTY: State = State { revision: 0, next_entry: EntryId(1), indexed_below: EntryId(1) };

/// Keys in one `IN` list.
const KEYS_PER_STATEMENT: usize = 50;
/// Rows in one `INSERT`: PostgreSQL pays a round trip for each statement.
const ENTRIES_PER_STATEMENT: usize = 25;
/// As above.
const TOKENS_PER_STATEMENT: usize = 100;

/// `$first, $first+1, ...`
fn parameters(first: usize, count: usize) -> String {
    let mut list = String::new();
    for number in first..first + count {
        let separator = if number == first { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(list, "{separator}${number}");
    }
    list
}

/// `($1, $2, $3), ($4, $5, $6), ...`
fn rows(columns: usize, count: usize) -> String {
    (0..count).map(|row| format!("({})", parameters(row * columns + 1, columns))).collect::<Vec<_>>().join(", ")
}

const COLUMNS: &str = "entry, email, name, given_name, surname, phone, mobile, home_phone, company, department, title,
    office, alias, photo";
const ENTRY_COLUMNS: usize = 16;

fn insert_entries_sql(count: usize) -> String {
    format!("INSERT INTO directory_entry (tenant, email_key, {COLUMNS}) VALUES {}", rows(ENTRY_COLUMNS, count))
}
fn insert_tokens_sql(count: usize) -> String {
    format!(
        "INSERT INTO directory_token (tenant, token, entry) VALUES {}
         ON CONFLICT (tenant, token, entry) DO NOTHING",
        rows(3, count)
    )
}

static INSERT_ENTRY: LazyLock<String> = LazyLock::new(|| insert_entries_sql(1));
static INSERT_ENTRIES: LazyLock<String> = LazyLock::new(|| insert_entries_sql(ENTRIES_PER_STATEMENT));
static INSERT_TOKEN: LazyLock<String> = LazyLock::new(|| insert_tokens_sql(1));
static INSERT_TOKENS: LazyLock<String> = LazyLock::new(|| insert_tokens_sql(TOKENS_PER_STATEMENT));
static BY_IDS: LazyLock<String> = LazyLock::new(|| {
    let keys = parameters(2, KEYS_PER_STATEMENT);
    format!("SELECT {COLUMNS} FROM directory_entry WHERE tenant = $1 AND entry IN ({keys})")
});
static BY_EMAILS: LazyLock<String> = LazyLock::new(|| {
    let keys = parameters(2, KEYS_PER_STATEMENT);
    format!("SELECT {COLUMNS} FROM directory_entry WHERE tenant = $1 AND email_key IN ({keys})")
});
static BY_EMAIL: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM directory_entry WHERE tenant = $1 AND email_key = $2"));
static LIST: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {COLUMNS} FROM directory_entry WHERE tenant = $1 AND entry > $2 ORDER BY entry LIMIT $3")
});
static PHOTO_SOURCES: LazyLock<String> = LazyLock::new(|| {
    let keys = parameters(2, KEYS_PER_STATEMENT);
    format!("SELECT entry, source FROM directory_photo WHERE tenant = $1 AND entry IN ({keys})")
});

fn hash(bytes: &[u8]) -> Result<BlobHash> {
    bytes.try_into().map(BlobHash).map_err(|_| LedgerError::Damaged(format!("a photo hash of {} bytes", bytes.len())))
}

fn read(row: &dyn Row) -> Result<Entry> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Entry {
        id: EntryId(row.integer(0)?),
        email: text(1)?,
        name: text(2)?,
        given_name: text(3)?,
        surname: text(4)?,
        phone: text(5)?,
        mobile: text(6)?,
        home_phone: text(7)?,
        company: text(8)?,
        department: text(9)?,
        title: text(10)?,
        office: text(11)?,
        alias: text(12)?,
        photo: row.optional_bytes(13)?.map(hash).transpose()?,
    })
}

/// Where the directory stands; before the first import, the state of an empty one.
pub fn state(tx: &mut dyn Transaction, tenant: TenantId) -> Result<State> {
    let found = tx.first(
        "SELECT revision, next_entry, indexed_below FROM directory_state WHERE tenant = $1",
        &[tenant.0.into()],
        |row| {
            Ok(State {
                revision: row.integer(0)?,
                next_entry: EntryId(row.integer(1)?),
                indexed_below: EntryId(row.integer(2)?),
            })
        },
    )?;
    Ok(found.unwrap_or(EMPTY))
}

/// Writes the state if the revision still is `expected`, and holds the row until the transaction ends; `false`, and
/// nothing written, when somebody else was faster.
pub fn advance(tx: &mut dyn Transaction, tenant: TenantId, expected: i64, state: State) -> Result<bool> {
    if expected == EMPTY.revision {
        tx.execute(
            "INSERT INTO directory_state (tenant, revision, next_entry, indexed_below) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant) DO NOTHING",
            &[tenant.0.into(), EMPTY.revision.into(), EMPTY.next_entry.0.into(), EMPTY.indexed_below.0.into()],
        )?;
    }
    let changed = tx.execute(
        "UPDATE directory_state SET revision = $1, next_entry = $2, indexed_below = $3
         WHERE tenant = $4 AND revision = $5",
        &[
            state.revision.into(),
            state.next_entry.0.into(),
            state.indexed_below.0.into(),
            tenant.0.into(),
            expected.into(),
        ],
    )?;
    Ok(changed == 1)
}

/// Adds entries. [`LedgerError::Duplicate`] when an id or an address is taken.
pub fn insert(tx: &mut dyn Transaction, tenant: TenantId, entries: &[Entry]) -> Result<()> {
    let mut full = entries.chunks_exact(ENTRIES_PER_STATEMENT);
    for chunk in &mut full {
        insert_chunk(tx, &INSERT_ENTRIES, tenant, chunk)?;
    }
    full.remainder().chunks(1).try_for_each(|chunk| insert_chunk(tx, &INSERT_ENTRY, tenant, chunk))
}

fn insert_chunk(tx: &mut dyn Transaction, sql: &'static str, tenant: TenantId, entries: &[Entry]) -> Result<()> {
    let keys: Vec<String> = entries.iter().map(Entry::email_key).collect();
    let mut values: Vec<Value<'_>> = Vec::with_capacity(entries.len() * ENTRY_COLUMNS);
    for (entry, key) in entries.iter().zip(&keys) {
        let ids: [Value<'_>; 3] = [tenant.0.into(), key.into(), entry.id.0.into()];
        values.extend(ids);
        values.extend(facts(entry));
    }
    tx.execute(sql, &values)?;
    Ok(())
}

/// The columns after the id.
fn facts(entry: &Entry) -> [Value<'_>; 13] {
    [
        (&entry.email).into(),
        (&entry.name).into(),
        (&entry.given_name).into(),
        (&entry.surname).into(),
        (&entry.phone).into(),
        (&entry.mobile).into(),
        (&entry.home_phone).into(),
        (&entry.company).into(),
        (&entry.department).into(),
        (&entry.title).into(),
        (&entry.office).into(),
        (&entry.alias).into(),
        entry.photo.as_ref().map(|hash| &hash.0).into(),
    ]
}

/// Replaces the facts of an entry; `false` when there is none with this id.
pub fn update(tx: &mut dyn Transaction, tenant: TenantId, entry: &Entry) -> Result<bool> {
    let key = entry.email_key();
    let mut values: Vec<Value<'_>> = facts(entry).to_vec();
    let ids: [Value<'_>; 3] = [(&key).into(), tenant.0.into(), entry.id.0.into()];
    values.extend(ids);
    let changed = tx.execute(
        "UPDATE directory_entry SET email = $1, name = $2, given_name = $3, surname = $4, phone = $5, mobile = $6,
            home_phone = $7, company = $8, department = $9, title = $10, office = $11, alias = $12, photo = $13,
            email_key = $14 WHERE tenant = $15 AND entry = $16",
        &values,
    )?;
    Ok(changed == 1)
}

/// Removes an entry and its picture; its tokens are removed by [`delete_tokens`].
pub fn delete(tx: &mut dyn Transaction, tenant: TenantId, entry: EntryId) -> Result<()> {
    let key = [tenant.0.into(), entry.0.into()];
    tx.execute("DELETE FROM directory_photo WHERE tenant = $1 AND entry = $2", &key)?;
    tx.execute("DELETE FROM directory_entry WHERE tenant = $1 AND entry = $2", &key)?;
    Ok(())
}

/// The entry of an address in [`email_key`] form; `None` when nobody has it.
pub fn by_email(tx: &mut dyn Transaction, tenant: TenantId, key: &str) -> Result<Option<Entry>> {
    tx.first(&BY_EMAIL, &[tenant.0.into(), key.into()], read)
}

/// The entries of these addresses in [`email_key`] form, in no order; addresses nobody has are left out.
pub fn by_emails(tx: &mut dyn Transaction, tenant: TenantId, keys: &[String]) -> Result<Vec<Entry>> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(KEYS_PER_STATEMENT) {
        found.extend(tx.all(&BY_EMAILS, &key_list(tenant, chunk.iter().map(Value::from)), read)?);
    }
    Ok(found)
}

/// The entries with these ids, in no order; missing ones are left out.
pub fn by_ids(tx: &mut dyn Transaction, tenant: TenantId, ids: &[EntryId]) -> Result<Vec<Entry>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        found.extend(tx.all(&BY_IDS, &key_list(tenant, chunk.iter().map(|id| Value::from(id.0))), read)?);
    }
    Ok(found)
}

/// A full list of keys: the last one fills what is left, which changes no answer.
fn key_list<'a>(tenant: TenantId, keys: impl Iterator<Item = Value<'a>>) -> Vec<Value<'a>> {
    let mut values = vec![tenant.0.into()];
    values.extend(keys);
    let last = values.last().copied().unwrap_or(Value::Null);
    values.resize(KEYS_PER_STATEMENT + 1, last);
    values
}

/// Up to `limit` entries after `after`, by id.
pub fn list(tx: &mut dyn Transaction, tenant: TenantId, after: EntryId, limit: i64) -> Result<Vec<Entry>> {
    tx.all(&LIST, &[tenant.0.into(), after.0.into(), limit.into()], read)
}

/// How many entries there are. Reads them all: for commands, not for requests.
pub fn count(tx: &mut dyn Transaction, tenant: TenantId) -> Result<i64> {
    let count =
        tx.first("SELECT COUNT(*) FROM directory_entry WHERE tenant = $1", &[tenant.0.into()], |row| row.integer(0))?;
    Ok(count.unwrap_or(0))
}

/// Adds tokens; those that are there already stay. Fastest in byte order.
pub fn insert_tokens<T: AsRef<[u8]>>(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    tokens: &[(T, EntryId)],
) -> Result<()> {
    let mut full = tokens.chunks_exact(TOKENS_PER_STATEMENT);
    for chunk in &mut full {
        let values: Vec<Value<'_>> =
            chunk.iter().flat_map(|(token, entry)| [tenant.0.into(), token.as_ref().into(), entry.0.into()]).collect();
        tx.execute(&INSERT_TOKENS, &values)?;
    }
    for (token, entry) in full.remainder() {
        tx.execute(&INSERT_TOKEN, &[tenant.0.into(), token.as_ref().into(), entry.0.into()])?;
    }
    Ok(())
}

/// Removes these tokens of an entry.
pub fn delete_tokens<T: AsRef<[u8]>>(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    entry: EntryId,
    tokens: &[T],
) -> Result<()> {
    for token in tokens {
        tx.execute(
            "DELETE FROM directory_token WHERE tenant = $1 AND token = $2 AND entry = $3",
            &[tenant.0.into(), token.as_ref().into(), entry.0.into()],
        )?;
    }
    Ok(())
}

/// Hands over up to `limit` tokens in `from..to`, in byte order.
pub fn scan(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    (from, to): (&[u8], &[u8]),
    limit: usize,
    mut each: impl FnMut(&[u8], EntryId) -> Result<()>,
) -> Result<()> {
    tx.for_each(
        "SELECT token, entry FROM directory_token WHERE tenant = $1 AND token >= $2 AND token < $3
         ORDER BY token, entry LIMIT $4",
        &[tenant.0.into(), from.into(), to.into(), rows_at_most(limit)],
        &mut |row| each(row.bytes(0)?, EntryId(row.integer(1)?)),
    )
}

/// Hands over up to `limit` tokens before `to`, in the order of token and entry, that follow this token of this entry.
pub fn scan_after(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    (token, entry): (&[u8], EntryId),
    to: &[u8],
    limit: usize,
    mut each: impl FnMut(&[u8], EntryId) -> Result<()>,
) -> Result<()> {
    tx.for_each(
        "SELECT token, entry FROM directory_token WHERE tenant = $1 AND (token, entry) > ($2, $3) AND token < $4
         ORDER BY token, entry LIMIT $5",
        &[tenant.0.into(), token.into(), entry.0.into(), to.into(), rows_at_most(limit)],
        &mut |row| each(row.bytes(0)?, EntryId(row.integer(1)?)),
    )
}

/// How many tokens there are in `from..to`, counting no further than `limit`.
pub fn count_tokens(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    (from, to): (&[u8], &[u8]),
    limit: usize,
) -> Result<usize> {
    let count = tx.first(
        "SELECT COUNT(*) FROM (SELECT token FROM directory_token
            WHERE tenant = $1 AND token >= $2 AND token < $3 ORDER BY token, entry LIMIT $4) AS counted",
        &[tenant.0.into(), from.into(), to.into(), rows_at_most(limit)],
        |row| row.integer(0),
    )?;
    Ok(usize::try_from(count.unwrap_or(0)).unwrap_or(0))
}

fn rows_at_most(limit: usize) -> Value<'static> {
    i64::try_from(limit).unwrap_or(i64::MAX).into()
}

/// Keeps the picture of an entry: its bytes as served, and the hash of the file it was made from.
pub fn put_photo(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    entry: EntryId,
    source: &BlobHash,
    bytes: &[u8],
) -> Result<()> {
    tx.execute(
        "INSERT INTO directory_photo (tenant, entry, source, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, entry) DO UPDATE SET source = excluded.source, bytes = excluded.bytes",
        &[tenant.0.into(), entry.0.into(), (&source.0).into(), bytes.into()],
    )?;
    Ok(())
}

/// The picture of an entry as served; `None` when it has none.
pub fn photo(tx: &mut dyn Transaction, tenant: TenantId, entry: EntryId) -> Result<Option<Vec<u8>>> {
    tx.first(
        "SELECT bytes FROM directory_photo WHERE tenant = $1 AND entry = $2",
        &[tenant.0.into(), entry.0.into()],
        |row| Ok(row.bytes(0)?.to_vec()),
    )
}

/// The hashes of the files the pictures of these entries were made from; entries without picture are left out.
pub fn photo_sources(tx: &mut dyn Transaction, tenant: TenantId, ids: &[EntryId]) -> Result<Vec<(EntryId, BlobHash)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let keys = key_list(tenant, chunk.iter().map(|id| Value::from(id.0)));
        found.extend(tx.all(&PHOTO_SOURCES, &keys, |row| Ok((EntryId(row.integer(0)?), hash(row.bytes(1)?)?)))?);
    }
    Ok(found)
}
