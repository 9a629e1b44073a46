//! The documents that a rollout brings to devices.

use fleet::{
    enrolment::Enrolment,
    outlook::SaveContactsOff,
    profile::{Hub, Options, Person, contacts},
};
use plist::Dictionary;
use rollout::{
    documents::{ContactsProfile, DocumentError, Documents},
    inventory::{Device, device::Managed},
    state::ladder::ProfileName,
};

use crate::{
    configuration::Configuration, data_folder::DataFolder, fleet_settings, fleet_settings::Signer,
    installation::Installation,
};

/// Makes profiles, signed, and Outlook's configuration.
pub struct Papers {
    hub: Hub,
    outlook: String,
    signer: Signer,
}

impl Papers {
    /// Of this installation.
    ///
    /// # Errors
    /// The signing certificate cannot be read.
    pub async fn new(
        hub: Hub,
        folder: &DataFolder,
        configuration: &Configuration,
        installation: &Installation,
    ) -> anyhow::Result<Self> {
        let signer = fleet_settings::signer(folder, configuration, &installation.certificates).await?;
        Ok(Self { hub, outlook: configuration.fleet.outlook.clone(), signer })
    }
}

impl Documents for Papers {
    fn outlook_bundle_id(&self) -> &str {
        &self.outlook
    }

    fn contacts_profile(&self, device: &Device) -> Result<ContactsProfile, DocumentError> {
        let email = device.person.clone().ok_or_else(|| DocumentError("nobody has this device".to_owned()))?;
        let enrolment = match (device.managed, device.supervised) {
            (Managed::As(Enrolment::Device), Some(true)) => Enrolment::Supervised,
            (Managed::As(enrolment), _) => enrolment,
            (Managed::No | Managed::Unknown, _) => {
                return Err(DocumentError("nobody knows how the device is enrolled".to_owned()));
            }
        };
        let person = Person { user_name: email.clone(), email, full_name: None };
        let options = Options { restrictions: true, web_clip: true, ..Options::default() };
        let profile = contacts(&self.hub, &person, enrolment, &options);
        let name = ProfileName { identifier: profile.identifier().to_owned(), uuid: profile.uuid().to_string() };
        let bytes = self.signer.sign(&profile.to_plist()).map_err(|error| DocumentError(format!("{error:#}")))?;
        Ok(ContactsProfile { name, bytes })
    }

    fn export_off(&self, _: &Device, before: Option<&Dictionary>) -> Dictionary {
        match before {
            Some(before) => SaveContactsOff.within(before),
            None => SaveContactsOff.configuration(),
        }
    }

    fn export_before(&self, _: &Device) -> Option<Dictionary> {
        None
    }
}
