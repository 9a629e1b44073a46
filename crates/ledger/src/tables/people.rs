//! Tables `person`, `login_name`, `app_password` and `bearer_token`: who there is, and what proves who they are.
//!
//! Secrets are kept only as hashes, whose form is the identity crate's. Every change to a person, or to what proves
//! them, counts up `person.revision`; [`touch_app_password`] and [`bind_app_password`] are the exceptions, because they
//! take nothing from anybody.

use crate::{AccountId, Result, Row, Transaction, tables::accounts::account_id};

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Whose contacts are theirs.
    pub account: AccountId,
    /// The main address, in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// The hash of the account's password, if it has one.
    pub password: Option<String>,
    /// Groups, one per line.
    pub groups: String,
    /// May not come in.
    pub disabled: bool,
    /// Counts the changes.
    pub revision: i64,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// A password for one program or device.
#[derive(Clone, PartialEq, Eq)]
pub struct AppPassword {
    /// What the person calls it; unique among theirs.
    pub label: String,
    /// The hash of the secret.
    pub secret: String,
    /// It belongs to the first device that uses it.
    pub bound: bool,
    /// That device's DeviceId, once there was one.
    pub device: Option<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; `None` when it was never used.
    pub last_used_at: Option<i64>,
}

/// What a program shows instead of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    /// Whose.
    pub account: AccountId,
    /// The name of the way it opens.
    pub path: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; not valid from then on.
    pub expires_at: i64,
}

fn read_person(row: &dyn Row) -> Result<Person> {
    Ok(Person {
        account: account_id(row.bytes(0)?)?,
        email: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        password: row.optional_text(3)?.map(str::to_owned),
        groups: row.text(4)?.to_owned(),
        disabled: row.integer(5)? != 0,
        revision: row.integer(6)?,
        created_at: row.integer(7)?,
    })
}

/// Makes a person. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when the account has one.
pub fn insert(tx: &mut dyn Transaction, person: &Person) -> Result<()> {
    tx.execute(
        "INSERT INTO person (account, email, name, password, group_names, disabled, revision, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            (&person.account).into(),
            (&person.email).into(),
            (&person.name).into(),
            person.password.as_ref().into(),
            (&person.groups).into(),
            person.disabled.into(),
            person.revision.into(),
            person.created_at.into(),
        ],
    )?;
    Ok(())
}

/// Lets a person sign in with a name, given in lower case. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate)
/// when it is taken.
pub fn insert_login_name(tx: &mut dyn Transaction, login_name: &str, account: &AccountId) -> Result<()> {
    tx.execute("INSERT INTO login_name (login_name, account) VALUES ($1, $2)", &[login_name.into(), account.into()])?;
    Ok(())
}

/// The person who signs in with this name; `None` when there is none.
pub fn by_login_name(tx: &mut dyn Transaction, login_name: &str) -> Result<Option<Person>> {
    tx.first(
        "SELECT person.account, email, name, password, group_names, disabled, revision, created_at
         FROM login_name JOIN person ON person.account = login_name.account WHERE login_name.login_name = $1",
        &[login_name.into()],
        read_person,
    )
}

/// The person of an account; `None` when there is none.
pub fn by_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Option<Person>> {
    tx.first(
        "SELECT account, email, name, password, group_names, disabled, revision, created_at
         FROM person WHERE account = $1",
        &[account.into()],
        read_person,
    )
}

/// Everybody, in no order.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<Person>> {
    tx.all(
        "SELECT account, email, name, password, group_names, disabled, revision, created_at FROM person",
        &[],
        read_person,
    )
}

/// The names a person may sign in with, in no order.
pub fn login_names(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<String>> {
    tx.all("SELECT login_name FROM login_name WHERE account = $1", &[account.into()], |row| Ok(row.text(0)?.to_owned()))
}

/// Gives the account another password, or none; the number of people changed (0 or 1).
pub fn set_password(tx: &mut dyn Transaction, account: &AccountId, hash: Option<&str>) -> Result<u64> {
    changed(tx, account)?;
    tx.execute("UPDATE person SET password = $1 WHERE account = $2", &[hash.into(), account.into()])
}

/// Shuts a person out, or lets them in again; the number of people changed (0 or 1).
pub fn set_disabled(tx: &mut dyn Transaction, account: &AccountId, disabled: bool) -> Result<u64> {
    changed(tx, account)?;
    tx.execute("UPDATE person SET disabled = $1 WHERE account = $2", &[disabled.into(), account.into()])
}

/// Gives a person another name and other groups; the number of people changed (0 or 1).
pub fn set_name_and_groups(tx: &mut dyn Transaction, account: &AccountId, name: &str, groups: &str) -> Result<u64> {
    changed(tx, account)?;
    tx.execute(
        "UPDATE person SET name = $1, group_names = $2 WHERE account = $3",
        &[name.into(), groups.into(), account.into()],
    )
}

/// The names of the paths that are closed for a person, one per line; none without a row.
pub fn paths_off(tx: &mut dyn Transaction, account: &AccountId) -> Result<String> {
    let sql = "SELECT paths_off FROM person_policy WHERE account = $1";
    Ok(tx.first(sql, &[account.into()], |row| Ok(row.text(0)?.to_owned()))?.unwrap_or_default())
}

/// Closes paths for a person, and opens all others.
pub fn set_paths_off(tx: &mut dyn Transaction, account: &AccountId, paths_off: &str) -> Result<()> {
    changed(tx, account)?;
    tx.execute(
        "INSERT INTO person_policy (account, paths_off) VALUES ($1, $2)
         ON CONFLICT (account) DO UPDATE SET paths_off = excluded.paths_off",
        &[account.into(), paths_off.into()],
    )?;
    Ok(())
}

/// The account of the person whom a provider knows as this subject; `None` when it was never seen.
pub fn by_subject(tx: &mut dyn Transaction, issuer: &str, subject: &str) -> Result<Option<AccountId>> {
    let sql = "SELECT account FROM foreign_subject WHERE issuer = $1 AND subject = $2";
    tx.first(sql, &[issuer.into(), subject.into()], |row| account_id(row.bytes(0)?))
}

/// Whether a provider knows this person as some subject already.
pub fn has_subject(tx: &mut dyn Transaction, issuer: &str, account: &AccountId) -> Result<bool> {
    let sql = "SELECT 1 FROM foreign_subject WHERE issuer = $1 AND account = $2 LIMIT 1";
    Ok(tx.first(sql, &[issuer.into(), account.into()], |row| row.integer(0))?.is_some())
}

/// Notes whom a provider means by a subject. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when that is
/// known.
pub fn insert_subject(tx: &mut dyn Transaction, issuer: &str, subject: &str, account: &AccountId) -> Result<()> {
    tx.execute(
        "INSERT INTO foreign_subject (issuer, subject, account) VALUES ($1, $2, $3)",
        &[issuer.into(), subject.into(), account.into()],
    )?;
    Ok(())
}

/// Counts up a person's revision (which also locks their row until the transaction ends) and says so to every process
/// that watches; the new revision, `None` when there is no such person. Everything that may take something from somebody
/// (who they are, what proves it, what is open to them) calls this in its own transaction.
pub fn changed(tx: &mut dyn Transaction, account: &AccountId) -> Result<Option<i64>> {
    let counted = "UPDATE person SET revision = revision + 1 WHERE account = $1 RETURNING revision";
    let Some(revision) = tx.first(counted, &[account.into()], |row| row.integer(0))? else { return Ok(None) };
    let number = newest_change(tx)?.saturating_add(1);
    tx.execute(
        "INSERT INTO person_change (account, revision, change_number) VALUES ($1, $2, $3)
         ON CONFLICT (account) DO UPDATE SET revision = excluded.revision, change_number = excluded.change_number",
        &[account.into(), revision.into(), number.into()],
    )?;
    Ok(Some(revision))
}

/// The number of the newest change; 0 before the first.
pub fn newest_change(tx: &mut dyn Transaction) -> Result<i64> {
    let newest = "SELECT COALESCE(MAX(change_number), 0) FROM person_change";
    Ok(tx.first(newest, &[], |row| row.integer(0))?.unwrap_or_default())
}

/// A person who has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonChange {
    /// Who.
    pub account: AccountId,
    /// Their newest revision.
    pub revision: i64,
    /// The number of the change.
    pub number: i64,
}

/// Everybody whose newest change has a greater number, in the order of the changes.
pub fn changes_after(tx: &mut dyn Transaction, number: i64) -> Result<Vec<PersonChange>> {
    tx.all(
        "SELECT account, revision, change_number FROM person_change WHERE change_number > $1 ORDER BY change_number",
        &[number.into()],
        |row| {
            Ok(PersonChange { account: account_id(row.bytes(0)?)?, revision: row.integer(1)?, number: row.integer(2)? })
        },
    )
}

/// Gives a person an app password. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when they have one of
/// this label.
pub fn insert_app_password(tx: &mut dyn Transaction, account: &AccountId, app_password: &AppPassword) -> Result<()> {
    changed(tx, account)?;
    tx.execute(
        "INSERT INTO app_password (account, label, secret, bound, device, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            account.into(),
            (&app_password.label).into(),
            (&app_password.secret).into(),
            app_password.bound.into(),
            app_password.device.as_ref().into(),
            app_password.created_at.into(),
            app_password.last_used_at.into(),
        ],
    )?;
    Ok(())
}

/// A person's app passwords, in the order they were made.
pub fn app_passwords(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<AppPassword>> {
    tx.all(
        "SELECT label, secret, bound, device, created_at, last_used_at FROM app_password WHERE account = $1
         ORDER BY created_at",
        &[account.into()],
        |row| {
            Ok(AppPassword {
                label: row.text(0)?.to_owned(),
                secret: row.text(1)?.to_owned(),
                bound: row.integer(2)? != 0,
                device: row.optional_text(3)?.map(str::to_owned),
                created_at: row.integer(4)?,
                last_used_at: row.optional_integer(5)?,
            })
        },
    )
}

/// Takes an app password away; the number taken (0 or 1).
pub fn delete_app_password(tx: &mut dyn Transaction, account: &AccountId, label: &str) -> Result<u64> {
    changed(tx, account)?;
    tx.execute("DELETE FROM app_password WHERE account = $1 AND label = $2", &[account.into(), label.into()])
}

/// Notes that an app password was used.
pub fn touch_app_password(tx: &mut dyn Transaction, account: &AccountId, label: &str, now: i64) -> Result<()> {
    tx.execute(
        "UPDATE app_password SET last_used_at = $1 WHERE account = $2 AND label = $3",
        &[now.into(), account.into(), label.into()],
    )?;
    Ok(())
}

/// Gives an app password to a device, if it belongs to none yet; the device it belongs to now. `None` when there is
/// no such app password.
pub fn bind_app_password(
    tx: &mut dyn Transaction,
    account: &AccountId,
    label: &str,
    device: &str,
) -> Result<Option<String>> {
    tx.first(
        "UPDATE app_password SET device = COALESCE(device, $1) WHERE account = $2 AND label = $3 RETURNING device",
        &[device.into(), account.into(), label.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Keeps a token under the digest of its text.
pub fn insert_token(tx: &mut dyn Transaction, digest: &[u8; 32], token: &BearerToken) -> Result<()> {
    tx.execute(
        "INSERT INTO bearer_token (digest, account, path, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            digest.into(),
            (&token.account).into(),
            (&token.path).into(),
            token.created_at.into(),
            token.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// The token with this digest and its person; `None` when either is missing.
pub fn by_token(tx: &mut dyn Transaction, digest: &[u8; 32]) -> Result<Option<(Person, BearerToken)>> {
    tx.first(
        "SELECT person.account, email, name, password, group_names, disabled, revision, person.created_at,
         path, bearer_token.created_at, expires_at
         FROM bearer_token JOIN person ON person.account = bearer_token.account WHERE digest = $1",
        &[digest.into()],
        |row| {
            let person = read_person(row)?;
            let token = BearerToken {
                account: person.account,
                path: row.text(8)?.to_owned(),
                created_at: row.integer(9)?,
                expires_at: row.integer(10)?,
            };
            Ok((person, token))
        },
    )
}

/// A person's tokens with their digests, the newest first.
pub fn tokens(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<([u8; 32], BearerToken)>> {
    tx.all(
        "SELECT digest, path, created_at, expires_at FROM bearer_token WHERE account = $1 ORDER BY created_at DESC, digest",
        &[account.into()],
        |row| {
            let token = BearerToken {
                account: *account,
                path: row.text(1)?.to_owned(),
                created_at: row.integer(2)?,
                expires_at: row.integer(3)?,
            };
            let digest = row.bytes(0)?.try_into();
            let digest = digest.map_err(|_| crate::LedgerError::Damaged("a digest of another length".into()))?;
            Ok((digest, token))
        },
    )
}

/// Takes one of a person's tokens away; the number taken (0 or 1).
pub fn delete_token(tx: &mut dyn Transaction, account: &AccountId, digest: &[u8; 32]) -> Result<u64> {
    changed(tx, account)?;
    tx.execute("DELETE FROM bearer_token WHERE account = $1 AND digest = $2", &[account.into(), digest.into()])
}

/// Takes all of a person's tokens away; their number.
pub fn delete_tokens(tx: &mut dyn Transaction, account: &AccountId) -> Result<u64> {
    changed(tx, account)?;
    tx.execute("DELETE FROM bearer_token WHERE account = $1", &[account.into()])
}

/// Forgets tokens that are no longer valid; their number.
pub fn delete_expired_tokens(tx: &mut dyn Transaction, now: i64) -> Result<u64> {
    tx.execute("DELETE FROM bearer_token WHERE expires_at <= $1", &[now.into()])
}
