//! Outlook's app configuration: the keys about contacts, in the channel of managed devices or of managed apps.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use fleet::document::{self, Node};

use super::value::Object;

/// "Save Contacts".
pub const LOCAL_SYNC: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
/// Whether the person may change it.
pub const USER_CHANGE: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";
/// Start of the keys that hold fields back from the export: `com.microsoft.outlook.ContactSync.NotesAllowed`.
pub const FIELD_PREFIX: &str = "com.microsoft.outlook.ContactSync.";
/// Outlook's bundle id.
pub const OUTLOOK_BUNDLE: &str = "com.microsoft.Office.Outlook";

/// How a configuration gets to the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// Through device management: `iosMobileAppConfiguration`. Only enrolled phones.
    ManagedDevices,
    /// Through the app itself: `targetedManagedAppConfiguration`.
    ManagedApps(ManagementLevels),
}

/// `targetedAppManagementLevels`: on which phones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagementLevels(BTreeSet<String>);

impl ManagementLevels {
    pub(crate) fn read(object: Object<'_>) -> Self {
        let mut levels = object.words("targetedAppManagementLevels");
        levels.remove("unspecified");
        levels.remove("0");
        Self(levels)
    }

    /// Whether phones under device management are among them.
    #[must_use]
    pub fn enrolled(&self) -> bool {
        self.0.is_empty() || self.0.contains("mdm") || self.0.contains("2")
    }

    /// Whether phones without device management are among them.
    #[must_use]
    pub fn unenrolled(&self) -> bool {
        self.0.is_empty() || self.0.contains("unmanaged") || self.0.contains("1")
    }
}

/// For which apps an object is meant, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Apps {
    /// It does not say, or all.
    Any,
    /// Bundle ids, of managed apps.
    Bundles(BTreeSet<String>),
    /// Ids of the tenant's own list of apps.
    Listed(BTreeSet<String>),
}

/// The keys about contacts of one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlookConfiguration {
    /// How it gets to the app.
    pub channel: Channel,
    /// For which apps.
    pub apps: Apps,
    /// [`LOCAL_SYNC`].
    pub local_sync: Option<bool>,
    /// [`USER_CHANGE`].
    pub user_change: Option<bool>,
    /// The fields of [`FIELD_PREFIX`] keys, and whether they may be exported.
    pub fields: BTreeMap<String, bool>,
}

impl OutlookConfiguration {
    /// From an `iosMobileAppConfiguration`.
    pub(crate) fn read_managed_devices(object: Object<'_>) -> Self {
        let mut values = pairs(object.objects("settings"), "appConfigKey", "appConfigKeyValue");
        values.extend(object.text("encodedSettingXml").map(|encoded| encoded_values(&encoded)).unwrap_or_default());
        let listed: BTreeSet<String> = object.texts("targetedMobileApps").into_iter().collect();
        let apps = if listed.is_empty() { Apps::Any } else { Apps::Listed(listed) };
        Self::of(&values, Channel::ManagedDevices, apps)
    }

    /// From a `targetedManagedAppConfiguration`.
    pub(crate) fn read_managed_apps(object: Object<'_>) -> Self {
        let mut values = pairs(object.objects("customSettings"), "name", "value");
        values.extend(pairs(object.objects("settings"), "name", "value"));
        Self::of(&values, Channel::ManagedApps(ManagementLevels::read(object)), managed_apps(object))
    }

    fn of(values: &BTreeMap<String, String>, channel: Channel, apps: Apps) -> Self {
        let flag = |name: &str| values.get(&name.to_ascii_lowercase()).and_then(|value| truth(value));
        let prefix = FIELD_PREFIX.to_ascii_lowercase();
        let fields = values.iter().filter_map(|(name, value)| {
            let field = name.strip_prefix(&prefix)?.strip_suffix("allowed")?;
            Some((field.to_owned(), truth(value)?))
        });
        Self { channel, apps, local_sync: flag(LOCAL_SYNC), user_change: flag(USER_CHANGE), fields: fields.collect() }
    }

    /// Whether it says anything about contacts.
    #[must_use]
    pub fn concerns_contacts(&self) -> bool {
        self.local_sync.is_some() || self.user_change.is_some() || !self.fields.is_empty()
    }

    /// Whether it gets to Outlook on phones under device management.
    #[must_use]
    pub fn reaches_enrolled(&self) -> bool {
        match &self.channel {
            Channel::ManagedDevices => true,
            Channel::ManagedApps(levels) => levels.enrolled(),
        }
    }
}

/// `apps` of an app policy; `appGroupType` may name whole groups of apps.
pub(crate) fn managed_apps(object: Object<'_>) -> Apps {
    let group = object.text("appGroupType").unwrap_or_default().to_ascii_lowercase();
    let bundles: BTreeSet<String> = object
        .objects("apps")
        .into_iter()
        .map(|app| app.object("mobileAppIdentifier").unwrap_or(app))
        .filter_map(|app| app.first_text(&["bundleId", "packageId", "windowsAppId"]))
        .collect();
    if bundles.is_empty() || group.starts_with("all") { Apps::Any } else { Apps::Bundles(bundles) }
}

fn truth(value: &str) -> Option<bool> {
    super::value::flag(&serde_json::Value::String(value.to_owned()))
}

fn pairs(objects: Vec<Object<'_>>, name: &str, value: &str) -> BTreeMap<String, String> {
    objects
        .into_iter()
        .filter_map(|object| Some((object.text(name)?.to_ascii_lowercase(), object.text(value)?)))
        .collect()
}

/// `encodedSettingXml`: base64 of a dictionary, with or without the property list around it.
fn encoded_values(encoded: &str) -> BTreeMap<String, String> {
    let Ok(bytes) = STANDARD.decode(encoded.trim()) else { return BTreeMap::new() };
    let wrapped = [b"<plist version=\"1.0\">", bytes.as_slice(), b"</plist>"].concat();
    let Ok(found) = document::read(&bytes).or_else(|_| document::read(&wrapped)) else { return BTreeMap::new() };
    let text =
        |value: &Node| value.boolean().map(|truth| truth.to_string()).or_else(|| value.text().map(str::to_owned));
    found.members().iter().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_may_come_as_an_encoded_dictionary() {
        let dictionary =
            format!("<dict><key>{LOCAL_SYNC}</key><false/><key>{USER_CHANGE}</key><string>True</string></dict>");
        for xml in [dictionary.clone(), format!("<plist version=\"1.0\">{dictionary}</plist>")] {
            let object = json!({ "encodedSettingXml": STANDARD.encode(xml) });
            let read = OutlookConfiguration::read_managed_devices(Object::of(&object).unwrap());
            assert_eq!((read.local_sync, read.user_change), (Some(false), Some(true)));
        }
    }
}
