//! Commands, as devices are told them.

use fleet::{delivery::Order, enrolment::Enrolment};
use plist::{Dictionary, Value};

use crate::{
    document::{self, dictionary, strings},
    limits,
};

/// What a device may be asked of itself in `DeviceInformation`.
const QUERIES: [&str; 8] = [
    "OSVersion",
    "BuildVersion",
    "ProductName",
    "IsSupervised",
    "EASDeviceIdentifier",
    "SupplementalOSVersionExtra",
    "SerialNumber",
    "UDID",
];
/// Of these, what user enrolment forbids.
const FORBIDDEN_TO_ASK: [&str; 2] = ["SerialNumber", "UDID"];

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Install a configuration profile, signed or not.
    InstallProfile(Vec<u8>),
    /// Remove the profile with this PayloadIdentifier.
    RemoveProfile(String),
    /// Which profiles are there. What is asked for are managed ones alone: other ones are nobody's business here.
    ProfileList,
    /// OS version, model, supervision, `EASDeviceIdentifier`; under user enrolment no serial number and no UDID.
    DeviceInformation,
    /// How it is enrolled.
    SecurityInfo,
    /// Which of these apps are there.
    InstalledApplicationList {
        /// Bundle ids.
        identifiers: Vec<String>,
    },
    /// Which managed apps there are.
    ManagedApplicationList {
        /// Bundle ids; all when there are none.
        identifiers: Vec<String>,
    },
    /// Which configuration these apps have.
    ManagedApplicationConfiguration {
        /// Bundle ids.
        identifiers: Vec<String>,
    },
    /// What these apps have to say.
    ManagedApplicationFeedback {
        /// Bundle ids.
        identifiers: Vec<String>,
    },
    /// Gives an app its configuration (`Settings`, item ApplicationConfiguration); `None` takes it away.
    ConfigureApplication {
        /// The app's bundle id.
        identifier: String,
        /// All of it.
        configuration: Option<Dictionary>,
    },
    /// Install an app, or take over one that is there.
    InstallApplication {
        /// The app's bundle id.
        identifier: String,
        /// Its first configuration.
        configuration: Option<Dictionary>,
        /// Take over an app that the person has installed. Forbidden under user enrolment.
        take_over: bool,
    },
    /// Begins declarative management, or has the device look for changes. The tokens as JSON.
    DeclarativeManagement(Vec<u8>),
    /// Setup Assistant may go on.
    DeviceConfigured,
}

/// Why a device cannot be told this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The device would refuse it.
    #[error(
        "under user enrolment an app that the person has installed cannot be taken over: it has to be removed first"
    )]
    TakeOver,
    /// Too large.
    #[error("the profile is too large")]
    ProfileTooLarge,
}

impl Command {
    /// The command that carries out an order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        match order {
            Order::InstallProfile(profile) => Self::InstallProfile(profile.clone()),
            Order::RemoveProfile(identifier) => Self::RemoveProfile(identifier.clone()),
            Order::ListProfiles => Self::ProfileList,
            Order::ConfigureApp { bundle_id, configuration } => {
                Self::ConfigureApplication { identifier: bundle_id.clone(), configuration: configuration.clone() }
            }
            Order::ReadAppConfiguration { bundle_id } => {
                Self::ManagedApplicationConfiguration { identifiers: vec![bundle_id.clone()] }
            }
            Order::DeviceInformation => Self::DeviceInformation,
            Order::SecurityInfo => Self::SecurityInfo,
            Order::ListApps { bundle_ids } => Self::InstalledApplicationList { identifiers: bundle_ids.clone() },
        }
    }

    /// RequestType.
    #[must_use]
    pub fn request_type(&self) -> &'static str {
        match self {
            Self::InstallProfile(_) => "InstallProfile",
            Self::RemoveProfile(_) => "RemoveProfile",
            Self::ProfileList => "ProfileList",
            Self::DeviceInformation => "DeviceInformation",
            Self::SecurityInfo => "SecurityInfo",
            Self::InstalledApplicationList { .. } => "InstalledApplicationList",
            Self::ManagedApplicationList { .. } => "ManagedApplicationList",
            Self::ManagedApplicationConfiguration { .. } => "ManagedApplicationConfiguration",
            Self::ManagedApplicationFeedback { .. } => "ManagedApplicationFeedback",
            Self::ConfigureApplication { .. } => "Settings",
            Self::InstallApplication { .. } => "InstallApplication",
            Self::DeclarativeManagement(_) => "DeclarativeManagement",
            Self::DeviceConfigured => "DeviceConfigured",
        }
    }

    /// The command as a device that is enrolled so gets it; `uuid` is its CommandUUID.
    ///
    /// # Errors
    /// A device that is enrolled so must not get it.
    pub fn write(&self, uuid: &str, kind: Enrolment) -> Result<Vec<u8>, Unfit> {
        let mut request = self.request(kind)?;
        request.insert("RequestType".to_owned(), self.request_type().into());
        Ok(document::write(dictionary([("CommandUUID", uuid.into()), ("Command", Value::Dictionary(request))])))
    }

    fn request(&self, kind: Enrolment) -> Result<Dictionary, Unfit> {
        let identifiers = |identifiers: &[String]| dictionary([("Identifiers", strings(identifiers))]);
        Ok(match self {
            Self::InstallProfile(profile) if profile.len() > limits::PROFILE_BYTES_MAX => {
                return Err(Unfit::ProfileTooLarge);
            }
            Self::InstallProfile(profile) => dictionary([("Payload", Value::Data(profile.clone()))]),
            Self::RemoveProfile(identifier) => dictionary([("Identifier", identifier.as_str().into())]),
            Self::ProfileList => dictionary([("ManagedOnly", true.into())]),
            Self::DeviceInformation => {
                let allowed = |query: &&str| kind != Enrolment::User || !FORBIDDEN_TO_ASK.contains(query);
                let queries = QUERIES.into_iter().filter(allowed).map(Value::from).collect();
                dictionary([("Queries", Value::Array(queries))])
            }
            Self::SecurityInfo | Self::DeviceConfigured => Dictionary::new(),
            Self::InstalledApplicationList { identifiers: wanted } => {
                let mut request = identifiers(wanted);
                // A personal device tells of managed apps alone, and says so when it is asked for others.
                request.insert("ManagedAppsOnly".to_owned(), (kind == Enrolment::User).into());
                request
            }
            Self::ManagedApplicationList { identifiers: wanted } if wanted.is_empty() => Dictionary::new(),
            Self::ManagedApplicationList { identifiers: wanted }
            | Self::ManagedApplicationConfiguration { identifiers: wanted }
            | Self::ManagedApplicationFeedback { identifiers: wanted } => identifiers(wanted),
            Self::ConfigureApplication { identifier, configuration } => {
                let mut item = dictionary([
                    ("Item", "ApplicationConfiguration".into()),
                    ("Identifier", identifier.as_str().into()),
                ]);
                if let Some(configuration) = configuration {
                    item.insert("Configuration".to_owned(), Value::Dictionary(configuration.clone()));
                }
                dictionary([("Settings", Value::Array(vec![Value::Dictionary(item)]))])
            }
            Self::InstallApplication { take_over: true, .. } if kind == Enrolment::User => return Err(Unfit::TakeOver),
            Self::InstallApplication { identifier, configuration, take_over } => {
                let mut request =
                    dictionary([("Identifier", identifier.as_str().into()), ("ManagementFlags", 1.into())]);
                if let Some(configuration) = configuration {
                    request.insert("Configuration".to_owned(), Value::Dictionary(configuration.clone()));
                }
                if *take_over {
                    request.insert("ChangeManagementState".to_owned(), "Managed".into());
                }
                request
            }
            Self::DeclarativeManagement(tokens) => dictionary([("Data", Value::Data(tokens.clone()))]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(command: &Command, kind: Enrolment) -> String {
        String::from_utf8(command.write("U1", kind).unwrap()).unwrap()
    }

    #[test]
    fn a_personal_device_is_not_asked_for_serial_number_and_udid() {
        let personal = written(&Command::DeviceInformation, Enrolment::User);
        assert!(personal.contains("<string>EASDeviceIdentifier</string>"), "{personal}");
        assert!(!personal.contains("SerialNumber") && !personal.contains("UDID<"), "{personal}");
        assert!(written(&Command::DeviceInformation, Enrolment::Device).contains("<string>SerialNumber</string>"));
    }

    #[test]
    fn an_app_of_a_person_is_not_taken_over_on_a_personal_device() {
        let take_over = Command::InstallApplication { identifier: "a.b".into(), configuration: None, take_over: true };
        assert_eq!(take_over.write("U1", Enrolment::User), Err(Unfit::TakeOver));
        assert!(written(&take_over, Enrolment::Device).contains("<key>ChangeManagementState</key>"));
    }

    #[test]
    fn taking_a_configuration_away_leaves_the_key_out() {
        let away = Command::ConfigureApplication { identifier: "a.b".into(), configuration: None };
        assert!(!written(&away, Enrolment::Device).contains("<key>Configuration</key>"));
        let empty = Command::ConfigureApplication { identifier: "a.b".into(), configuration: Some(Dictionary::new()) };
        assert!(written(&empty, Enrolment::Device).contains("<key>Configuration</key>"));
    }
}
