//! Table `device`: every device that ever asked. `information`, `ping` and `hierarchy` are texts of the hub's.

use crate::{AccountId, Result, Row, Transaction};

/// A device of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The DeviceId it calls itself.
    pub device: String,
    /// `iPhone`, `iPad`, `Android` ...
    pub device_type: String,
    /// Its User-Agent, as last seen.
    pub user_agent: String,
    /// The protocol version it last spoke.
    pub protocol: String,
    /// Microseconds since 1970.
    pub first_seen: i64,
    /// Microseconds since 1970; not more exact than the hub cares to write.
    pub last_seen: i64,
    /// The policy key it was last given; 0 when never.
    pub policy_key: i64,
    /// 0 none, 1 account wipe asked for, 2 account wipe acknowledged (the device is shut out).
    pub wipe: i64,
    /// What it told about itself.
    pub information: String,
    /// Its last full Ping.
    pub ping: String,
    /// The folder hierarchy it holds.
    pub hierarchy: String,
}

const READ: &str = "SELECT device, device_type, user_agent, protocol, first_seen, last_seen, policy_key, wipe,
    information, ping, hierarchy FROM device WHERE account = $1 AND device = $2";

fn read(row: &dyn Row) -> Result<Device> {
    Ok(Device {
        device: row.text(0)?.to_owned(),
        device_type: row.text(1)?.to_owned(),
        user_agent: row.text(2)?.to_owned(),
        protocol: row.text(3)?.to_owned(),
        first_seen: row.integer(4)?,
        last_seen: row.integer(5)?,
        policy_key: row.integer(6)?,
        wipe: row.integer(7)?,
        information: row.text(8)?.to_owned(),
        ping: row.text(9)?.to_owned(),
        hierarchy: row.text(10)?.to_owned(),
    })
}

/// The device; `None` when it never asked.
pub fn get(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<Option<Device>> {
    tx.first(READ, &[account.into(), device.into()], read)
}

/// The folder hierarchy a device holds; `None` when it never asked.
pub fn hierarchy(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<Option<String>> {
    tx.first(
        "SELECT hierarchy FROM device WHERE account = $1 AND device = $2",
        &[account.into(), device.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// The devices of an account, the most recently seen first.
pub fn of_account(tx: &mut dyn Transaction, account: &AccountId) -> Result<Vec<Device>> {
    tx.all(
        "SELECT device, device_type, user_agent, protocol, first_seen, last_seen, policy_key, wipe,
         information, ping, hierarchy FROM device WHERE account = $1 ORDER BY last_seen DESC, device",
        &[account.into()],
        read,
    )
}

/// Writes the device, new or known. `first_seen` of a known one stays.
pub fn put(tx: &mut dyn Transaction, account: &AccountId, device: &Device) -> Result<()> {
    tx.execute(
        "INSERT INTO device (account, device, device_type, user_agent, protocol, first_seen, last_seen, policy_key,
            wipe, information, ping, hierarchy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (account, device) DO UPDATE SET device_type = excluded.device_type,
            user_agent = excluded.user_agent, protocol = excluded.protocol, last_seen = excluded.last_seen,
            policy_key = excluded.policy_key, wipe = excluded.wipe, information = excluded.information,
            ping = excluded.ping, hierarchy = excluded.hierarchy",
        &[
            account.into(),
            (&device.device).into(),
            (&device.device_type).into(),
            (&device.user_agent).into(),
            (&device.protocol).into(),
            device.first_seen.into(),
            device.last_seen.into(),
            device.policy_key.into(),
            device.wipe.into(),
            (&device.information).into(),
            (&device.ping).into(),
            (&device.hierarchy).into(),
        ],
    )?;
    Ok(())
}

/// Forgets a device; `false` when it was not known.
pub fn delete(tx: &mut dyn Transaction, account: &AccountId, device: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM device WHERE account = $1 AND device = $2", &[account.into(), device.into()])? > 0)
}
