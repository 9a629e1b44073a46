//! `bothways fleet devices`: what is under management.

use std::path::Path;

use clap::Args;
use mdm::register::ManagedDevice;
use serde::Serialize;

use crate::{
    ambient::moment,
    cli::{Done, Missing, open_with},
    management::Way,
    output::{self, Column},
};

/// List the devices under management: the MDM server inside, or NanoMDM.
#[derive(Debug, Args)]
pub struct Devices {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    enrolment: String,
    kind: fleet::enrolment::Enrolment,
    enrolled: bool,
    user: Option<String>,
    product: Option<String>,
    os_version: Option<String>,
    serial_number: Option<String>,
    eas_device: Option<String>,
    /// It holds the contacts profile.
    contacts_profile: Option<bool>,
    last_seen: String,
    can_be_woken: bool,
}

impl Devices {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (folder, configuration, installation) = open_with(data, Missing::Refuse).await?;
        let Some(way) = Way::open(&installation, &folder, &configuration, None).await? else {
            anyhow::bail!("no devices are managed through this installation; see [mdm] in bothways.toml");
        };
        let people = installation.people().await?;
        let row = |device: ManagedDevice| Row {
            enrolment: device.id.to_string(),
            kind: device.kind,
            enrolled: device.enrolled,
            user: people
                .iter()
                .find(|person| Some(person.account) == device.account)
                .map(|person| person.email.clone()),
            product: device.facts.product_name,
            os_version: device.facts.os_version,
            serial_number: device.serial_number,
            eas_device: device.facts.eas_device_identifier,
            contacts_profile: device.managed,
            last_seen: moment(device.last_seen),
            can_be_woken: !device.asleep,
        };
        let rows: Vec<Row> = way.register().devices().await?.into_iter().map(row).collect();
        let columns: [Column<Row>; 7] = [
            Column("DEVICE", |row| row.enrolment.clone()),
            Column("USER", |row| row.user.clone().unwrap_or_else(|| "-".to_owned())),
            Column("MODEL", |row| row.product.clone().unwrap_or_else(|| "-".to_owned())),
            Column("IOS", |row| row.os_version.clone().unwrap_or_else(|| "-".to_owned())),
            Column("ENROLLED", |row| if row.enrolled { "yes" } else { "no" }.to_owned()),
            Column("CONTACTS", |row| match row.contacts_profile {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => "not asked".to_owned(),
            }),
            Column("LAST SEEN", |row| row.last_seen.clone()),
        ];
        output::list(self.json, &rows, &columns, "no device has enrolled yet")?;
        Ok(Done::Whole)
    }
}
