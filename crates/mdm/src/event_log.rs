//! Events as they are kept: JSON, in which a configuration stands as the property list it is.

use fleet::delivery::{DeviceError, DeviceFacts, Event, ListedProfile, OrderId, ReportedAccount};
use plist::{Dictionary, Value};
use serde::{Deserialize, Serialize};

use crate::document;

/// The domain of errors that no device has told, but that are found here.
pub const OWN_DOMAIN: &str = "BothwaysMDM";

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Kept {
    Delivered { order: OrderId },
    NotNow { order: OrderId },
    Acknowledged { order: OrderId },
    Failed { order: OrderId, errors: Vec<DeviceError> },
    Profiles { order: OrderId, profiles: Vec<ListedProfile> },
    AppConfiguration { order: OrderId, configuration: Option<String> },
    Apps { order: OrderId, apps: Vec<(String, String)> },
    Facts { facts: DeviceFacts },
    Enrolled,
    CheckedOut,
    Accounts { accounts: Vec<ReportedAccount> },
}

/// Something in the log that this release cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event cannot be read: {0}")]
pub struct Unreadable(String);

/// The event as it is kept.
pub(crate) fn to_text(event: &Event) -> String {
    let kept = match event.clone() {
        Event::Delivered(order) => Kept::Delivered { order },
        Event::NotNow(order) => Kept::NotNow { order },
        Event::Acknowledged(order) => Kept::Acknowledged { order },
        Event::Failed(order, errors) => Kept::Failed { order, errors },
        Event::Profiles(order, profiles) => Kept::Profiles { order, profiles },
        Event::AppConfiguration(order, configuration) => {
            let configuration = configuration.map(|it| String::from_utf8_lossy(&document::write(it)).into_owned());
            Kept::AppConfiguration { order, configuration }
        }
        Event::Apps(order, apps) => Kept::Apps { order, apps },
        Event::Facts(facts) => Kept::Facts { facts },
        Event::Enrolled => Kept::Enrolled,
        Event::CheckedOut => Kept::CheckedOut,
        Event::Accounts(accounts) => Kept::Accounts { accounts },
    };
    // Texts, numbers and lists of them are always JSON.
    serde_json::to_string(&kept).unwrap_or_default()
}

/// The event that was kept.
pub(crate) fn from_text(text: &str) -> Result<Event, Unreadable> {
    let kept: Kept = serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
    Ok(match kept {
        Kept::Delivered { order } => Event::Delivered(order),
        Kept::NotNow { order } => Event::NotNow(order),
        Kept::Acknowledged { order } => Event::Acknowledged(order),
        Kept::Failed { order, errors } => Event::Failed(order, errors),
        Kept::Profiles { order, profiles } => Event::Profiles(order, profiles),
        Kept::AppConfiguration { order, configuration } => {
            Event::AppConfiguration(order, configuration.as_deref().map(configuration_of).transpose()?)
        }
        Kept::Apps { order, apps } => Event::Apps(order, apps),
        Kept::Facts { facts } => Event::Facts(facts),
        Kept::Enrolled => Event::Enrolled,
        Kept::CheckedOut => Event::CheckedOut,
        Kept::Accounts { accounts } => Event::Accounts(accounts),
    })
}

fn configuration_of(text: &str) -> Result<Dictionary, Unreadable> {
    let value = Value::from_reader_xml(text.as_bytes()).map_err(|error| Unreadable(error.to_string()))?;
    value.into_dictionary().ok_or_else(|| Unreadable("a configuration that is no dictionary".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_as_it_was_written() {
        let order = || OrderId("o".to_owned());
        let mut configuration = Dictionary::new();
        configuration.insert("flag".to_owned(), false.into());
        configuration.insert("data".to_owned(), Value::Data(vec![0, 255]));
        configuration.insert("nothing".to_owned(), Value::Dictionary(Dictionary::new()));
        let account = ReportedAccount {
            identifier: "1".into(),
            declaration: None,
            host: Some("h".into()),
            user_name: None,
            contacts: true,
            mail: false,
            others: false,
        };
        let error = DeviceError { domain: "MCEASErrorDomain".into(), code: 21005, description: "not unique".into() };
        let events = [
            Event::Delivered(order()),
            Event::NotNow(order()),
            Event::Acknowledged(order()),
            Event::Failed(order(), vec![error]),
            Event::Profiles(order(), vec![ListedProfile { identifier: "i".into(), uuid: "u".into() }]),
            Event::AppConfiguration(order(), None),
            Event::AppConfiguration(order(), Some(configuration)),
            Event::Apps(order(), vec![("a".into(), "1".into())]),
            Event::Facts(DeviceFacts { os_version: Some("17.2".into()), ..DeviceFacts::default() }),
            Event::Enrolled,
            Event::CheckedOut,
            Event::Accounts(vec![account]),
        ];
        for event in events {
            assert_eq!(from_text(&to_text(&event)), Ok(event));
        }
        assert!(from_text("{\"event\":\"danced\"}").is_err());
    }
}
