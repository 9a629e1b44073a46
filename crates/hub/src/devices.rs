//! Devices: what the hub knows of each, and what each last pinged.

use std::sync::Arc;

use ledger::{
    Transaction,
    tables::{collections, devices},
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{HubError, Result},
    hub::Access,
    limits::LAST_SEEN_RESOLUTION,
};

/// What a device says of itself in every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceGreeting {
    /// Its DeviceId.
    pub device: String,
    /// Its DeviceType.
    pub device_type: String,
    /// Its User-Agent.
    pub user_agent: String,
    /// The protocol version of the request.
    pub protocol: String,
}

/// A device as the hub knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it says of itself.
    pub greeting: DeviceGreeting,
    /// Microseconds since 1970.
    pub first_seen: i64,
    /// Microseconds since 1970, not finer than [`LAST_SEEN_RESOLUTION`].
    pub last_seen: i64,
    /// The policy key it was last given; 0 when never.
    pub policy_key: u32,
    /// Whether its account shall be, or was, taken off it.
    pub wipe: Wipe,
    /// What it told in Settings or Provision (MS-ASCMD 2.2.3.45 DeviceInformation).
    pub information: DeviceInformation,
    /// Its last full Ping.
    pub ping: Option<PingMemory>,
}

/// The state of an account-only wipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wipe {
    /// None.
    No,
    /// The device will be told at its next request.
    Asked,
    /// The device has done it, and is shut out until it is forgotten.
    Done,
}

/// What a device tells about itself; all of it optional.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // the element names of MS-ASCMD say it
pub struct DeviceInformation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imei: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_operator: Option<String>,
}

/// What a device watches: the server must remember it, because an unchanged Ping has no body (MS-ASCMD 2.2.1.13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingMemory {
    /// Seconds.
    pub heartbeat: u32,
    /// The CollectionIds, as the device wrote them.
    pub folders: Vec<String>,
}

impl Access {
    /// Notes that a device asked. Writes only when something is new or the last note is old.
    pub async fn greet(&self, greeting: DeviceGreeting) -> Result<Device> {
        let (account, now, name) = (self.account(), self.hub().now(), greeting.device.clone());
        let known = self.ledger().query::<_, HubError>(move |tx| Ok(devices::get(tx, &account, &name)?)).await?;
        let resolution = i64::try_from(LAST_SEEN_RESOLUTION.as_micros()).unwrap_or(i64::MAX);
        if let Some(known) = known
            && known.device_type == greeting.device_type
            && known.user_agent == greeting.user_agent
            && known.protocol == greeting.protocol
            && now.saturating_sub(known.last_seen) < resolution
        {
            return device(known);
        }
        self.update_device(greeting.device.clone(), true, move |row| {
            row.device_type.clone_from(&greeting.device_type);
            row.user_agent.clone_from(&greeting.user_agent);
            row.protocol.clone_from(&greeting.protocol);
            row.last_seen = now;
            Ok(())
        })
        .await
    }

    /// A device; `None` when it never asked.
    pub async fn device(&self, name: &str) -> Result<Option<Device>> {
        let (account, name) = (self.account(), name.to_owned());
        let known = self.ledger().read::<_, HubError>(move |tx| Ok(devices::get(tx, &account, &name)?)).await?;
        known.map(device).transpose()
    }

    /// All devices, the most recently seen first.
    pub async fn devices(&self) -> Result<Vec<Device>> {
        let account = self.account();
        let known = self.ledger().read::<_, HubError>(move |tx| Ok(devices::of_account(tx, &account)?)).await?;
        known.into_iter().map(device).collect()
    }

    /// Keeps what a device told about itself.
    pub async fn set_device_information(&self, name: &str, information: DeviceInformation) -> Result<Device> {
        let text = write(&information)?;
        self.update_device(name.to_owned(), false, move |row| {
            row.information.clone_from(&text);
            Ok(())
        })
        .await
    }

    /// Keeps what a device watches.
    pub async fn set_ping(&self, name: &str, ping: &PingMemory) -> Result<Device> {
        let text = write(ping)?;
        self.update_device(name.to_owned(), false, move |row| {
            row.ping.clone_from(&text);
            Ok(())
        })
        .await
    }

    /// Keeps the policy key a device was given.
    pub async fn set_policy_key(&self, name: &str, key: u32) -> Result<Device> {
        self.update_device(name.to_owned(), false, move |row| {
            row.policy_key = i64::from(key);
            Ok(())
        })
        .await
    }

    /// Asks for, notes, or takes back a wipe of the account on a device.
    pub async fn set_wipe(&self, name: &str, wipe: Wipe) -> Result<Device> {
        let device = self
            .update_device(name.to_owned(), false, move |row| {
                row.wipe = match wipe {
                    Wipe::No => 0,
                    Wipe::Asked => 1,
                    Wipe::Done => 2,
                };
                Ok(())
            })
            .await?;
        self.announce();
        Ok(device)
    }

    /// Forgets a device and its positions; if it comes again it starts over. `false` when it was not known.
    pub async fn forget_device(&self, name: &str) -> Result<bool> {
        let (account, name) = (self.account(), name.to_owned());
        self.ledger()
            .write::<_, HubError>(move |tx| {
                collections::forget_device(tx, &account, &name)?;
                collections::forget_device(tx, &account, &crate::withheld::position_name(&name))?;
                Ok(devices::delete(tx, &account, &name)?)
            })
            .await
    }

    async fn update_device(
        &self,
        name: String,
        create: bool,
        change: impl Fn(&mut devices::Device) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Device> {
        let (account, now) = (self.account(), self.hub().now());
        let change = Arc::new(change);
        self.ledger()
            .write::<_, HubError>(move |tx| {
                let mut row = row(tx, &account, &name, now, create)?;
                change(&mut row)?;
                devices::put(tx, &account, &row)?;
                device(row)
            })
            .await
    }
}

pub(crate) fn row(
    tx: &mut dyn Transaction,
    account: &ledger::AccountId,
    name: &str,
    now: i64,
    create: bool,
) -> Result<devices::Device> {
    match devices::get(tx, account, name)? {
        Some(known) => Ok(known),
        None if create => Ok(devices::Device {
            device: name.to_owned(),
            device_type: String::new(),
            user_agent: String::new(),
            protocol: String::new(),
            first_seen: now,
            last_seen: now,
            policy_key: 0,
            wipe: 0,
            information: String::new(),
            ping: String::new(),
            hierarchy: String::new(),
        }),
        None => Err(HubError::NoSuchDevice(name.to_owned())),
    }
}

fn device(row: devices::Device) -> Result<Device> {
    Ok(Device {
        greeting: DeviceGreeting {
            device: row.device,
            device_type: row.device_type,
            user_agent: row.user_agent,
            protocol: row.protocol,
        },
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        policy_key: u32::try_from(row.policy_key).unwrap_or(0),
        wipe: match row.wipe {
            0 => Wipe::No,
            1 => Wipe::Asked,
            _ => Wipe::Done,
        },
        information: read(&row.information)?,
        ping: if row.ping.is_empty() { None } else { Some(read_json(&row.ping)?) },
    })
}

pub(crate) fn read<T: serde::de::DeserializeOwned + Default>(text: &str) -> Result<T> {
    if text.is_empty() { Ok(T::default()) } else { read_json(text) }
}

fn read_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| HubError::Damaged(format!("a device: {error}")))
}

pub(crate) fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| HubError::Damaged(format!("a device: {error}")))
}
