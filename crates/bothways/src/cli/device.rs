//! `bothways device`: what phones and other devices the hub knows.

use std::path::Path;

use access::{Exemption, Verdict, os};
use clap::{Args, Subcommand};
use hub::devices::Wipe;
use identity::DeviceRecord;
use serde::Serialize;

use super::{Done, Missing, open};
use crate::{
    ambient::{ago, moment},
    configuration::Configuration,
    data_folder::DataFolder,
    installation::{Installation, Person},
    output::{self, Column},
};

const EXAMPLES: &str = "\
Examples:
  bothways device list --user anna@example.com
  bothways device block anna@example.com ABCDEF0123456789 --reason 'lost on the train'
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
    /// Let a person in on a device, whatever the rules say.
    Allow(Exempted),
    /// Hold a device back, whatever the rules say: it sees an empty account, and what it brings is kept.
    Quarantine(Exempted),
    /// Shut a person out on a device, whatever the rules say.
    Block(Exempted),
    /// Take back what was decided about a device; the rules hold again, and any account of the person may hold it.
    Clear(Exempted),
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

/// What is decided about whom.
#[derive(Debug, Args)]
pub struct Exempted {
    /// Whose device.
    email: String,
    /// Its id, as `device list` shows it. A device that never asked is known when it comes.
    device: String,
    /// Why: for those who look at it later.
    #[arg(long, default_value = "")]
    reason: String,
}

/// A device, as it is printed.
#[derive(Debug, Default, Serialize)]
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
    verdict: String,
    decided_by: String,
    exemption: String,
    exemption_by: String,
    exemption_reason: String,
    sign_in: String,
    network: String,
    login_name: String,
    host: String,
    refused_second_account: String,
    enrolled: Option<String>,
    compliant: Option<bool>,
    managed_profile: Option<bool>,
    first_sync: String,
    last_sync: String,
    /// Counted for `show` alone: it looks at every contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<u64>,
    /// Where the person reads why it gets no contacts; only for one that gets none.
    #[serde(skip_serializing_if = "Option::is_none")]
    help_page: Option<String>,
    #[serde(skip)]
    last_seen_micros: i64,
}

impl DeviceRow {
    fn new(person: &Person, record: DeviceRecord, contacts: Option<u64>, help_page: &str) -> Self {
        let help_page = record.verdict().filter(|verdict| *verdict != Verdict::Allow).map(|_| help_page.to_owned());
        let (access, known) = (record.access, record.device);
        let seen = access.seen;
        let Some(device) = known else {
            return Self {
                user: person.email.clone(),
                device: record.id,
                wipe: "no",
                exemption: access.exemption,
                exemption_by: access.exemption_by,
                exemption_reason: access.exemption_why,
                enrolled: access.enrolment.enrolled,
                compliant: access.enrolment.compliant,
                managed_profile: access.enrolment.managed,
                ..Self::default()
            };
        };
        let (told, agent) = (&device.information, &device.greeting.user_agent);
        let model = os::model(told.model.as_deref(), agent);
        let system = os::Os::of(told.os.as_deref(), &device.greeting.device_type, agent);
        let at = |time: Option<i64>| time.map_or_else(String::new, moment);
        Self {
            verdict: seen.verdict,
            decided_by: seen.verdict_by,
            exemption: access.exemption,
            exemption_by: access.exemption_by,
            exemption_reason: access.exemption_why,
            sign_in: seen.sign_in,
            network: seen.network,
            login_name: seen.login_name,
            host: seen.host,
            refused_second_account: seen.second_name,
            enrolled: access.enrolment.enrolled,
            compliant: access.enrolment.compliant,
            managed_profile: access.enrolment.managed,
            first_sync: at(access.synced_at.map(|(first, _)| first)),
            last_sync: at(access.synced_at.map(|(_, last)| last)),
            contacts,
            user: person.email.clone(),
            device: device.greeting.device,
            device_type: device.greeting.device_type,
            model: model.unwrap_or_default(),
            os: system.map(|system| system.to_string()).unwrap_or_default(),
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
            help_page,
            last_seen_micros: device.last_seen,
        }
    }
}

const COLUMNS: [Column<DeviceRow>; 9] = [
    Column("USER", |row| row.user.clone()),
    Column("DEVICE", |row| row.device.clone()),
    Column("TYPE", |row| row.device_type.clone()),
    Column("MODEL", |row| row.model.clone()),
    Column("SYSTEM", |row| row.os.clone()),
    Column("ACCESS", |row| row.verdict.clone()),
    Column("EAS", |row| row.protocol.clone()),
    Column("LAST SEEN", |row| ago(row.last_seen_micros)),
    Column("WIPE", |row| row.wipe.to_owned()),
];

impl Device {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let mut installation = open(data, Missing::Refuse).await?;
        let help_page = Configuration::read(&DataFolder::open(data)?)?.help_page();
        match self {
            Self::List { user, json } => list(&installation, user.as_deref(), json, &help_page).await?,
            Self::Show { device, user, json } => show(&installation, &device, &user, json, &help_page).await?,
            Self::Allow(one) => exempt(&installation, one, Some(Exemption::Allow)).await?,
            Self::Quarantine(one) => exempt(&installation, one, Some(Exemption::Quarantine)).await?,
            Self::Block(one) => exempt(&installation, one, Some(Exemption::Block)).await?,
            Self::Clear(one) => exempt(&installation, one, None).await?,
            Self::Forget { device, user } => {
                let (person, access) = installation.access_of(&user).await?;
                installation.gate.forget(person.account, &device).await?;
                if !access.forget_device(&device).await? {
                    anyhow::bail!("{user} has no device {device}; `bothways device list --user {user}` shows them");
                }
            }
            Self::Wipe { device, user, cancel } => wipe(&installation, &device, &user, cancel).await?,
        }
        installation.finish().await;
        Ok(Done::Whole)
    }
}

async fn list(installation: &Installation, user: Option<&str>, json: bool, help_page: &str) -> anyhow::Result<()> {
    let people = match user {
        Some(user) => vec![installation.person(user).await?],
        None => installation.people().await?,
    };
    let mut rows = Vec::new();
    for person in &people {
        let access = installation.access(person);
        for record in installation.gate.records(&access).await? {
            rows.push(DeviceRow::new(person, record, None, help_page));
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen_micros));
    output::list(json, &rows, &COLUMNS, "no device has asked yet")?;
    if !json && rows.iter().any(|row| row.help_page.is_some()) {
        output::line(&format!("Why a device gets no contacts, its person reads at {help_page}"))?;
    }
    Ok(())
}

async fn show(
    installation: &Installation,
    device: &str,
    user: &str,
    json: bool,
    help_page: &str,
) -> anyhow::Result<()> {
    let (person, access) = installation.access_of(user).await?;
    let records = installation.gate.records(&access).await?;
    let found = records.into_iter().find(|record| record.id.eq_ignore_ascii_case(device));
    let found = found.ok_or_else(|| {
        anyhow::anyhow!("{user} has no device {device}; `bothways device list --user {user}` shows them")
    })?;
    let contacts = access.contacts_held(&found.id).await?;
    let row = DeviceRow::new(&person, found, Some(contacts), help_page);
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
        ("Access", row.verdict.as_str()),
        ("Because", &row.decided_by),
        ("Help page", row.help_page.as_deref().unwrap_or_default()),
        ("Exemption", &row.exemption),
        ("Exempted by", &row.exemption_by),
        ("Reason", &row.exemption_reason),
        ("Signs in by", &row.sign_in),
        ("Network", &row.network),
        ("Login name", &row.login_name),
        ("Host", &row.host),
        ("2nd account", &row.refused_second_account),
        ("Enrolled as", row.enrolled.as_deref().unwrap_or("not known to be enrolled")),
        ("Compliant", yes_no(row.compliant)),
        ("Managed", yes_no(row.managed_profile)),
        ("First sync", &row.first_sync),
        ("Last sync", &row.last_sync),
        ("Contacts", &row.contacts.unwrap_or_default().to_string()),
    ] {
        output::line(&format!("{name:<12} {value}"))?;
    }
    Ok(())
}

fn yes_no(known: Option<bool>) -> &'static str {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

async fn exempt(installation: &Installation, one: Exempted, exemption: Option<Exemption>) -> anyhow::Result<()> {
    let person = installation.person(&one.email).await?;
    let device = one.device.to_ascii_uppercase();
    let by = "command";
    installation.gate.set_exemption(&person.email, &device, exemption, by, &one.reason).await?;
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
