//! Outlook's "Save Contacts", which copies contacts into the phone one way: switched off and locked, where the native
//! account brings them; or on, with the fields chosen, for phones that are not enrolled.
//!
//! Off needs two keys: with the first alone a person who had switched the export on keeps it, and has every contact
//! twice. The field switches work in the managed-apps channel only, so they can be written for that one only. An app
//! protection policy with `contactSyncBlocked` makes an export impossible, whatever stands here.

use std::collections::BTreeSet;

use plist::Dictionary;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// "Save Contacts".
const LOCAL_SYNC: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
/// Whether the person may change it.
const USER_CHANGE: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";

/// The bundle id of Outlook for iOS as it is believed to be; installations name another where it is not.
pub const BUNDLE_ID: &str = "com.microsoft.Office.Outlook";

/// A setting of Intune's managed-devices channel (`appConfigurationSettingItem`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSetting {
    /// The key.
    pub app_config_key: String,
    /// `booleanType`.
    pub app_config_key_type: String,
    /// `true` or `false`, as text.
    pub app_config_key_value: String,
}

/// A setting of Intune's managed-apps channel (`keyValuePair`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSetting {
    /// The key.
    pub name: String,
    /// `true` or `false`, as text.
    pub value: String,
}

/// Save Contacts off, and the person cannot switch it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaveContactsOff;

impl SaveContactsOff {
    const KEYS: [&str; 2] = [LOCAL_SYNC, USER_CHANGE];

    /// The managed app configuration, for MDM's `Settings` command (ApplicationConfiguration).
    pub fn configuration(self) -> Dictionary {
        Self::KEYS.into_iter().map(|key| (key.to_owned(), plist::Value::Boolean(false))).collect()
    }

    /// The same as a property list, for the asset of a declaration.
    pub fn asset(self) -> Vec<u8> {
        crate::profile::xml(&self.configuration())
    }

    /// Intune, managed devices.
    pub fn device_settings(self) -> Vec<DeviceSetting> {
        let setting = |key: &str| DeviceSetting {
            app_config_key: key.to_owned(),
            app_config_key_type: "booleanType".to_owned(),
            app_config_key_value: "false".to_owned(),
        };
        Self::KEYS.into_iter().map(setting).collect()
    }

    /// Intune, managed apps.
    pub fn app_settings(self) -> Vec<AppSetting> {
        Self::KEYS.into_iter().map(|key| app_setting(key, false)).collect()
    }

    /// Whether a configuration that a device reads back has it off and locked, whatever else it has.
    pub fn holds(self, configuration: &Dictionary) -> bool {
        Self::KEYS.into_iter().all(|key| configuration.get(key).and_then(plist::Value::as_boolean) == Some(false))
    }

    /// A configuration as it was, with this in it: what else somebody set for Outlook stays.
    pub fn within(self, before: &Dictionary) -> Dictionary {
        let mut configuration = before.clone();
        configuration.extend(self.configuration());
        configuration
    }
}

/// One-way export to phones that are not enrolled, with these fields beside the name. It is written for managed apps
/// only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Export {
    /// The fields that are copied; all others stay in Outlook. Names, picture and web page are always copied.
    pub fields: BTreeSet<Field>,
    /// Whether the person may switch it off and on.
    pub user_may_change: bool,
}

impl Export {
    /// Intune, managed apps: every field switch is written, since one left out is on.
    pub fn app_settings(&self) -> Vec<AppSetting> {
        let first = [app_setting(LOCAL_SYNC, true), app_setting(USER_CHANGE, self.user_may_change)];
        let fields = Field::ALL.iter().map(|field| app_setting(&field.key(), self.fields.contains(field)));
        first.into_iter().chain(fields).collect()
    }
}

fn app_setting(name: &str, value: bool) -> AppSetting {
    AppSetting { name: name.to_owned(), value: value.to_string() }
}

macro_rules! fields {
    ($($name:ident $meaning:literal)*) => {
        /// The fields whose export can be switched.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Field { $(#[doc = $meaning] $name,)* }

        impl Field {
            /// All eighteen.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Microsoft's word for it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The key of its switch.
            pub fn key(self) -> String {
                format!("com.microsoft.outlook.ContactSync.{}Allowed", self.name())
            }
        }
    };
}

fields! {
    Address "Postal addresses."
    Birthday "The birthday."
    Company "The company."
    Department "The department."
    Email "E-mail addresses."
    InstantMessage "Messaging addresses."
    JobTitle "The job title."
    Nickname "The nickname."
    Notes "The notes."
    PhoneHome "Home telephones."
    PhoneHomeFax "The fax at home."
    PhoneMobile "The mobile telephone."
    PhoneOther "Other telephones."
    PhonePager "The pager."
    PhoneWork "Telephones at work."
    PhoneWorkFax "The fax at work."
    Prefix "The title before the name."
    Suffix "What follows the name."
}

/// How Save Contacts stands in somebody's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveContacts {
    /// Off and locked.
    OffAndLocked,
    /// Off, but people who had switched it on keep exporting.
    OffUnlessChanged,
    /// On.
    On,
    /// Nothing is said: off until somebody switches it on.
    NotSet,
}

impl SaveContacts {
    /// Reads settings by name; values are truths or the texts `true` and `false`, in any case.
    pub fn read<'a>(mut settings: impl FnMut(&str) -> Option<&'a Json>) -> Self {
        let mut truth = |key: &str| match settings(key)? {
            Json::Bool(value) => Some(*value),
            Json::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        match (truth(LOCAL_SYNC), truth(USER_CHANGE)) {
            (Some(true), _) => Self::On,
            (_, Some(false)) => Self::OffAndLocked,
            (Some(false), _) => Self::OffUnlessChanged,
            (None, _) => Self::NotSet,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn off_is_off_and_locked_in_every_form() {
        let off = SaveContactsOff;
        assert!(off.holds(&off.configuration()));
        assert_eq!(off.configuration().len(), 2);
        assert!(off.app_settings().iter().all(|setting| setting.value == "false"));
        assert!(off.device_settings().iter().all(|setting| setting.app_config_key_type == "booleanType"));
        let written: Dictionary = plist::from_bytes(&off.asset()).unwrap();
        assert_eq!(written, off.configuration());
    }

    #[test]
    fn what_else_was_set_for_outlook_stays() {
        let before = Dictionary::from_iter([
            ("IntuneMAMUPN".to_owned(), "anna@example.org".into()),
            (LOCAL_SYNC.to_owned(), plist::Value::Boolean(true)),
        ]);
        let after = SaveContactsOff.within(&before);
        assert!(SaveContactsOff.holds(&after) && !SaveContactsOff.holds(&before));
        assert!(after.contains_key("IntuneMAMUPN"));
    }

    #[test]
    fn an_export_writes_all_eighteen_switches() {
        let export = Export { fields: [Field::Company, Field::PhoneMobile].into(), user_may_change: false };
        let settings = export.app_settings();
        assert_eq!((Field::ALL.len(), settings.len()), (18, 20));
        let on: Vec<&str> = settings.iter().filter(|s| s.value == "true").map(|s| s.name.as_str()).collect();
        assert_eq!(
            on,
            [
                LOCAL_SYNC,
                "com.microsoft.outlook.ContactSync.CompanyAllowed",
                "com.microsoft.outlook.ContactSync.PhoneMobileAllowed"
            ]
        );
    }

    #[test]
    fn off_without_the_lock_is_told_from_off() {
        let read =
            |settings: Json| SaveContacts::read(|key| settings.get(key).cloned().map(|v| &*Box::leak(Box::new(v))));
        assert_eq!(read(json!({LOCAL_SYNC: "False", USER_CHANGE: false})), SaveContacts::OffAndLocked);
        assert_eq!(read(json!({USER_CHANGE: "false"})), SaveContacts::OffAndLocked);
        assert_eq!(read(json!({LOCAL_SYNC: "false"})), SaveContacts::OffUnlessChanged);
        assert_eq!(read(json!({LOCAL_SYNC: true, USER_CHANGE: "false"})), SaveContacts::On);
        assert_eq!(read(json!({})), SaveContacts::NotSet);
    }
}
