//! `bothways fleet outlook`: what Outlook is told about the contacts on phones.

use std::{collections::BTreeSet, path::Path};

use clap::{Args, Subcommand, ValueEnum};
use fleet::{
    delivery::OrderId,
    enrolment::EnrolmentId,
    outlook::{Export, Field, SaveContactsOff},
    profile::Uuid,
};
use mdm::{command::Command, register::ManagedDevice};
use plist::{Dictionary, Value};

use super::enrolment;
use crate::{
    ambient::now,
    cli::{Done, Missing, open_with},
    configuration::Configuration,
    data_folder::DataFolder,
    management::Way,
    output,
};

const EXAMPLES: &str = "\
Examples:
  bothways fleet outlook off                       the item of MDM's Settings command
  bothways fleet outlook off --form devices        Intune, app configuration policy for managed devices
  bothways fleet outlook off --form apps           Intune, app configuration policy for managed apps
  bothways fleet outlook off --form declaration    the asset of a declared app (iOS 18.4)
  bothways fleet outlook export --allow PhoneMobile,PhoneWork,Company
  bothways fleet outlook install                   on devices of the MDM server inside

Phones with the contacts account need `off`, a day before the account comes: with both, every contact is there twice.
Phones that are not enrolled may get `export`, one way and with these fields only.";

/// Outlook's configuration: Save Contacts off and locked, or one-way export with chosen fields; and Outlook itself.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Outlook {
    /// Print Save Contacts off, such that people cannot switch it on.
    Off {
        /// How it is delivered.
        #[arg(long, value_enum, default_value_t = Form::MdmSettings)]
        form: Form,
    },
    Export(Exported),
    Install(Install),
}

/// Print one-way export to phones that are not enrolled, for an app configuration policy for managed apps (Intune).
#[derive(Debug, Args)]
#[command(after_help = fields())]
pub struct Exported {
    /// What is copied beside name, picture and web page; nothing without it.
    #[arg(long, value_name = "FIELD", value_delimiter = ',', value_parser = field)]
    allow: Vec<Field>,
    /// People may switch the export off and on.
    #[arg(long)]
    user_may_change: bool,
}

/// Have the MDM server inside install Outlook, or take it over, so that a rollout can configure it.
///
/// A rollout fails on a device whose Outlook is not managed. Devices do it when they connect next.
#[derive(Debug, Args)]
pub struct Install {
    /// This device only, as `fleet devices` shows it; as often as needed. All enrolled ones without it.
    #[arg(long, value_name = "ID", value_parser = enrolment)]
    device: Vec<EnrolmentId>,
    /// Where its person installed it themselves, ask them to let it be managed. Not possible under user enrolment.
    #[arg(long)]
    take_over: bool,
}

/// A way of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The item of MDM's `Settings` command, a property list.
    MdmSettings,
    /// Settings of Intune's app configuration for managed devices, JSON.
    Devices,
    /// Settings of Intune's app configuration for managed apps, JSON.
    Apps,
    /// The asset that a declared app (com.apple.configuration.app.managed) refers to, a property list.
    Declaration,
}

fn fields() -> String {
    let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    format!("Fields: {}", names.join(", "))
}

fn field(text: &str) -> Result<Field, String> {
    let named = |field: &&Field| field.name().eq_ignore_ascii_case(text.trim());
    Field::ALL.iter().find(named).copied().ok_or_else(|| format!("there is no field {text}. {}", fields()))
}

impl Outlook {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Off { form: Form::MdmSettings } => output::document(&item(bundle_id(data)?))?,
            Self::Off { form: Form::Devices } => output::object(&SaveContactsOff.device_settings())?,
            Self::Off { form: Form::Apps } => output::object(&SaveContactsOff.app_settings())?,
            Self::Off { form: Form::Declaration } => output::bytes(&SaveContactsOff.asset())?,
            Self::Export(exported) => {
                let fields: BTreeSet<Field> = exported.allow.into_iter().collect();
                let export = Export { fields, user_may_change: exported.user_may_change };
                output::object(&export.app_settings())?;
            }
            Self::Install(install) => return install.run(data).await,
        }
        Ok(Done::Whole)
    }
}

impl Install {
    async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (folder, configuration, installation) = open_with(data, Missing::Refuse).await?;
        let Some(Way::Inside(service)) = Way::open(&installation, &folder, &configuration, None).await? else {
            anyhow::bail!("there is no MDM server inside; let the company's MDM install Outlook");
        };
        let devices = service.register().devices().await?;
        let unknown = self.device.iter().find(|id| !devices.iter().any(|known| known.enrolled && known.id == **id));
        if let Some(unknown) = unknown {
            anyhow::bail!("{unknown} is not enrolled; `bothways fleet devices` shows those that are");
        }
        let wanted =
            |device: &&ManagedDevice| device.enrolled && (self.device.is_empty() || self.device.contains(&device.id));
        let (mut told, mut not_told) = (0, 0);
        for device in devices.iter().filter(wanted) {
            let install = Command::InstallApplication {
                identifier: configuration.fleet.outlook.clone(),
                configuration: None,
                take_over: self.take_over,
            };
            let id = OrderId(Uuid::of(&[b"outlook", device.id.as_str().as_bytes(), &now().to_be_bytes()]).to_string());
            match service.give(&device.id, &id, install).await {
                Ok(_) => told += 1,
                Err(error) => {
                    eprintln!("error: {}: {error}", device.id);
                    not_told += 1;
                }
            }
        }
        output::line(&format!("{told} devices are told to install Outlook"))?;
        Ok(if not_told == 0 { Done::Whole } else { Done::InPart })
    }
}

/// Outlook's bundle id as the settings have it; nothing is made where there are none.
fn bundle_id(data: &Path) -> anyhow::Result<String> {
    let configuration =
        if data.exists() { Configuration::read(&DataFolder::open(data)?)? } else { Configuration::default() };
    Ok(configuration.fleet.outlook)
}

/// An item of the `Settings` command.
fn item(bundle_id: String) -> Dictionary {
    let members = [
        ("Item", Value::from("ApplicationConfiguration")),
        ("Identifier", bundle_id.into()),
        ("Configuration", SaveContactsOff.configuration().into()),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
