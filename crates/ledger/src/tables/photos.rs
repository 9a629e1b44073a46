//! Table `photo`: pictures under the hash of their bytes, once per account.

use crate::{AccountId, Result, Transaction};

/// Keeps a picture; nothing happens when the account has it.
pub fn insert(tx: &mut dyn Transaction, account: &AccountId, hash: &[u8; 32], bytes: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO photo (account, hash, bytes) VALUES ($1, $2, $3) ON CONFLICT (account, hash) DO NOTHING",
        &[account.into(), hash.into(), bytes.into()],
    )?;
    Ok(())
}

/// The bytes of a picture; `None` when the account has none of this hash.
pub fn get(tx: &mut dyn Transaction, account: &AccountId, hash: &[u8; 32]) -> Result<Option<Vec<u8>>> {
    tx.first("SELECT bytes FROM photo WHERE account = $1 AND hash = $2", &[account.into(), hash.into()], |row| {
        Ok(row.bytes(0)?.to_vec())
    })
}
