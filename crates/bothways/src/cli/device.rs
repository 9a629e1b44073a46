//! `bothways device`: what phones and other devices the hub knows.

use std::path::Path;

use clap::Subcommand;
use hub::devices::Wipe;
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    ambient::{ago, moment},
    installation::{Installation, Person},
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways device list --user anna@example.com
  bothways device wipe ABCDEF0123456789 --user anna@example.com";

/// Phones and other devices.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Device {
    /// List devices, the most recently seen first.
    List {
        /// Of this person only.
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show everything known about a device.
    Show {
        /// Its id, as `device list` shows it.
        device: String,
        /// Whose it is.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget a device; if it comes again, it starts over like a new one.
    Forget {
        /// Its id, as `device list` shows it.
        device: String,
        /// Whose it is.
        #[arg(long, value_name = "EMAIL")]
        user: String,
    },
    /// Take the account and its contacts off a device at its next request. What else is on it stays.
    ///
    /// The device is shut out from then on; `device forget` lets it in again.
    Wipe {
        /// Its id, as `device list` shows it.
        device: String,
        /// Whose it is.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// Take a wipe back that the device has not carried out yet.
        #[arg(long)]
        cancel: bool,
    },
}

/// A device, as it is printed.
#[derive(Debug, Serialize)]
struct DeviceRow {
    user: String,
    device: String,
    device_type: String,
    model: String,
    os: String,
    user_agent: String,
    protocol: String,
    first_seen: String,
    last_seen: String,
    provisioned: bool,
    wipe: &'static str,
    #[serde(skip)]
    last_seen_micros: i64,
}

impl DeviceRow {
    fn new(person: &Person, device: hub::devices::Device) -> Self {
        Self {
            user: person.email.clone(),
            device: device.greeting.device,
            device_type: device.greeting.device_type,
            model: device.information.model.unwrap_or_default(),
            os: device.information.os.unwrap_or_default(),
            user_agent: device.greeting.user_agent,
            protocol: device.greeting.protocol,
            first_seen: moment(device.first_seen),
            last_seen: moment(device.last_seen),
            provisioned: device.policy_key != 0,
            wipe: match device.wipe {
                Wipe::No => "no",
                Wipe::Asked => "asked",
                Wipe::Done => "done",
            },
            last_seen_micros: device.last_seen,
        }
    }
}

const COLUMNS: [Column<DeviceRow>; 7] = [
    Column("USER", |row| row.user.clone()),
    Column("DEVICE", |row| row.device.clone()),
    Column("TYPE", |row| row.device_type.clone()),
    Column("MODEL", |row| row.model.clone()),
    Column("EAS", |row| row.protocol.clone()),
    Column("LAST SEEN", |row| ago(row.last_seen_micros)),
    Column("WIPE", |row| row.wipe.to_owned()),
];

impl Device {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        match self {
            Self::List { user, json } => list(&installation, user.as_deref(), json).await?,
            Self::Show { device, user, json } => show(&installation, &device, &user, json).await?,
            Self::Forget { device, user } => {
                let (_, access) = installation.access_of(&user).await?;
                if !access.forget_device(&device).await? {
                    anyhow::bail!("{user} has no device {device}; `bothways device list --user {user}` shows them");
                }
            }
            Self::Wipe { device, user, cancel } => wipe(&installation, &device, &user, cancel).await?,
        }
        installation.send_hints();
        Ok(Done::Whole)
    }
}

async fn list(installation: &Installation, user: Option<&str>, json: bool) -> anyhow::Result<()> {
    let people = match user {
        Some(user) => vec![installation.person(user).await?],
        None => installation.people().await?,
    };
    let mut rows = Vec::new();
    for person in &people {
        let devices = installation.access(person).devices().await?;
        rows.extend(devices.into_iter().map(|device| DeviceRow::new(person, device)));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen_micros));
    output::list(json, &rows, &COLUMNS, "no device has asked yet")
}

async fn show(installation: &Installation, device: &str, user: &str, json: bool) -> anyhow::Result<()> {
    let (person, access) = installation.access_of(user).await?;
    let found = access.device(device).await?;
    let found = found.ok_or_else(|| {
        anyhow::anyhow!("{user} has no device {device}; `bothways device list --user {user}` shows them")
    })?;
    let row = DeviceRow::new(&person, found);
    if json {
        return output::object(&row);
    }
    for (name, value) in [
        ("User", row.user.as_str()),
        ("Device", &row.device),
        ("Type", &row.device_type),
        ("Model", &row.model),
        ("System", &row.os),
        ("User agent", &row.user_agent),
        ("ActiveSync", &row.protocol),
        ("First seen", &row.first_seen),
        ("Last seen", &row.last_seen),
        ("Provisioned", if row.provisioned { "yes" } else { "no" }),
        ("Wipe", row.wipe),
    ] {
        output::line(&format!("{name:<12} {value}"))?;
    }
    Ok(())
}

async fn wipe(installation: &Installation, device: &str, user: &str, cancel: bool) -> anyhow::Result<()> {
    let (_, access) = installation.access_of(user).await?;
    let known = access.device(device).await?.map(|device| device.wipe);
    match (known, cancel) {
        (None, _) => {
            anyhow::bail!("{user} has no device {device}; `bothways device list --user {user}` shows them")
        }
        (Some(Wipe::Done), true) => {
            anyhow::bail!("the device has been wiped already; `bothways device forget` lets it in again")
        }
        (Some(_), true) => access.set_wipe(device, Wipe::No).await?,
        (Some(_), false) => access.set_wipe(device, Wipe::Asked).await?,
    };
    Ok(())
}
