//! Table `oauth_client`: the programs that may ask for tokens, beside those that every installation knows.

use crate::{AccountId, Result, Row, Transaction, tables::accounts::account_id};

/// A program that may ask for tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// Its id.
    pub client: String,
    /// The name people are shown.
    pub name: String,
    /// The hash of its secret; `None` for a public client.
    pub secret: Option<String>,
    /// Where codes may be sent, one per line.
    pub redirect_uris: String,
    /// Names of the ways it may ask for, one per line.
    pub paths: String,
    /// The ways it may get tokens, one per line.
    pub grants: String,
    /// Whose contacts a service reaches.
    pub acts_for: Option<AccountId>,
    /// Microseconds since 1970.
    pub created_at: i64,
}

fn read(row: &dyn Row) -> Result<OAuthClient> {
    Ok(OAuthClient {
        client: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        secret: row.optional_text(2)?.map(str::to_owned),
        redirect_uris: row.text(3)?.to_owned(),
        paths: row.text(4)?.to_owned(),
        grants: row.text(5)?.to_owned(),
        acts_for: row.optional_bytes(6)?.map(account_id).transpose()?,
        created_at: row.integer(7)?,
    })
}

/// Adds a client. [`LedgerError::Duplicate`](crate::LedgerError::Duplicate) when there is one of this id.
pub fn insert(tx: &mut dyn Transaction, client: &OAuthClient) -> Result<()> {
    tx.execute(
        "INSERT INTO oauth_client (client, name, secret, redirect_uris, paths, grants, acts_for, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            (&client.client).into(),
            (&client.name).into(),
            client.secret.as_ref().into(),
            (&client.redirect_uris).into(),
            (&client.paths).into(),
            (&client.grants).into(),
            client.acts_for.as_ref().into(),
            client.created_at.into(),
        ],
    )?;
    Ok(())
}

/// The client of this id; `None` when there is none.
pub fn find(tx: &mut dyn Transaction, client: &str) -> Result<Option<OAuthClient>> {
    tx.first(
        "SELECT client, name, secret, redirect_uris, paths, grants, acts_for, created_at FROM oauth_client
         WHERE client = $1",
        &[client.into()],
        read,
    )
}

/// Every client, by id.
pub fn all(tx: &mut dyn Transaction) -> Result<Vec<OAuthClient>> {
    tx.all(
        "SELECT client, name, secret, redirect_uris, paths, grants, acts_for, created_at FROM oauth_client
         ORDER BY client",
        &[],
        read,
    )
}

/// Removes a client; the number removed (0 or 1).
pub fn delete(tx: &mut dyn Transaction, client: &str) -> Result<u64> {
    tx.execute("DELETE FROM oauth_client WHERE client = $1", &[client.into()])
}
