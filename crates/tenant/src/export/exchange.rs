//! What `Get-*` of Exchange answers, as `ConvertTo-Json` writes it.

use std::collections::BTreeSet;

use access::version::Version;

use super::{assignment::Head, directory_object::Identity, value::Object};

/// `DeviceAccessLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// 0.
    Allow,
    /// 1.
    Block,
    /// 2.
    Quarantine,
}

impl AccessLevel {
    fn read(object: Object<'_>, name: &str) -> Option<Self> {
        let word = enumerated(object, name)?.to_ascii_lowercase();
        match word.as_str() {
            "allow" | "0" => Some(Self::Allow),
            "block" | "1" => Some(Self::Block),
            "quarantine" | "2" => Some(Self::Quarantine),
            _ => None,
        }
    }

    /// Exchange's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Block => "Block",
            Self::Quarantine => "Quarantine",
        }
    }
}

/// An enumeration comes as its word, as its number, or as an object with both.
fn enumerated(object: Object<'_>, name: &str) -> Option<String> {
    object.text(name).or_else(|| object.object(name)?.first_text(&["Value", "value"]))
}

/// `DeviceAccessCharacteristic`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Characteristic {
    /// 0.
    DeviceType,
    /// 1.
    DeviceModel,
    /// 2.
    DeviceOs,
    /// 3.
    UserAgent,
    /// 4.
    XmsWlHeader,
}

/// `Get-ActiveSyncDeviceAccessRule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAccessRule {
    /// Its name.
    pub head: Head,
    /// What it looks at.
    pub characteristic: Characteristic,
    /// Matched exactly.
    pub query: String,
    /// What it does.
    pub level: AccessLevel,
}

impl DeviceAccessRule {
    pub(crate) fn read(object: Object<'_>, mut head: Head) -> Option<Self> {
        let characteristic = match enumerated(object, "Characteristic")?.to_ascii_lowercase().as_str() {
            "devicetype" | "0" => Characteristic::DeviceType,
            "devicemodel" | "1" => Characteristic::DeviceModel,
            "deviceos" | "2" => Characteristic::DeviceOs,
            "useragent" | "3" => Characteristic::UserAgent,
            "xmswlheader" | "4" => Characteristic::XmsWlHeader,
            _ => return None,
        };
        let query = object.text("QueryString")?;
        if head.name == head.file {
            head.name.clone_from(&query);
        }
        Some(Self { level: AccessLevel::read(object, "AccessLevel")?, characteristic, query, head })
    }
}

/// `Get-ActiveSyncOrganizationSettings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveSyncSettings {
    /// Its name.
    pub head: Head,
    /// What becomes of a device that nothing else decides.
    pub default_level: AccessLevel,
}

impl ActiveSyncSettings {
    pub(crate) fn read(object: Object<'_>, head: Head) -> Option<Self> {
        AccessLevel::read(object, "DefaultAccessLevel").map(|default_level| Self { head, default_level })
    }
}

/// `Get-CASMailbox`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasMailbox {
    /// Its name.
    pub head: Head,
    /// Whose it is.
    pub owner: Identity,
    /// `ActiveSyncEnabled`.
    pub active_sync: Option<bool>,
    /// Devices that this person may use whatever the rules say, in lower case.
    pub allowed: BTreeSet<String>,
    /// Devices that this person may not use, in lower case.
    pub blocked: BTreeSet<String>,
}

impl CasMailbox {
    pub(crate) fn read(object: Object<'_>, mut head: Head) -> Self {
        if let Some(name) = object.first_text(&["DisplayName", "PrimarySmtpAddress", "Name"]) {
            head.name = name;
        }
        Self {
            owner: mailbox_owner(object, &[]),
            head,
            active_sync: object.flag("ActiveSyncEnabled"),
            allowed: object.words("ActiveSyncAllowedDeviceIDs"),
            blocked: object.words("ActiveSyncBlockedDeviceIDs"),
        }
    }
}

/// `Get-MobileDevice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MobileDevice {
    /// Its name.
    pub head: Head,
    /// Whose it is.
    pub owner: Identity,
    /// The version of the protocol.
    pub client_version: Option<Version>,
    /// `iPhone`, `Outlook`, ...
    pub device_type: String,
    /// Outlook, which does not speak ActiveSync.
    pub outlook: bool,
    /// Another client that does not speak ActiveSync.
    pub no_active_sync: bool,
    /// Under device management.
    pub managed: bool,
    /// Its id in ActiveSync.
    pub device_id: Option<String>,
    /// `Allowed`, `Blocked`, `Quarantined`, ... in lower case.
    pub access_state: Option<String>,
}

impl MobileDevice {
    pub(crate) fn read(object: Object<'_>, mut head: Head) -> Self {
        let word = |name: &str| enumerated(object, name).unwrap_or_default();
        let said = ["DeviceType", "DeviceModel", "DeviceUserAgent", "ClientType"].map(word);
        let outlook = said.iter().any(|said| said.to_ascii_lowercase().contains("outlook"));
        let [device_type, .., client_type] = said;
        let client_type = client_type.to_ascii_lowercase();
        let name = object.first_text(&["FriendlyName", "DeviceFriendlyName", "UserDisplayName"]);
        if let Some(name) = name.or_else(|| object.first_text(&["DeviceId", "Identity"])) {
            head.name = name;
        }
        // `Anna Berg\ExchangeActiveSyncDevices\iPhone§ApplC39...`
        let identity = object.first_text(&["Identity", "Id"]).unwrap_or_default();
        let folder = identity.replace('/', "\\").to_ascii_lowercase().find("\\exchangeactivesyncdevices");
        let owner_path = folder.and_then(|end| identity.get(..end)).unwrap_or_default();
        Self {
            owner: mailbox_owner(object, &[owner_path.to_owned()]),
            head,
            client_version: version(&object.text("ClientVersion").unwrap_or_default()),
            device_type,
            outlook,
            no_active_sync: !matches!(client_type.as_str(), "" | "eas" | "0" | "activesync"),
            managed: object.flag("IsManaged").unwrap_or(false),
            device_id: object.text("DeviceId").map(|id| id.to_lowercase()),
            access_state: enumerated(object, "DeviceAccessState").map(|state| state.to_ascii_lowercase()),
        }
    }

    /// The Contacts, Mail and Calendar apps of iPhones, iPads and iPods.
    #[must_use]
    pub fn is_apple(&self) -> bool {
        let kind = self.device_type.to_ascii_lowercase();
        !self.outlook && ["iphone", "ipad", "ipod"].iter().any(|name| kind.starts_with(name))
    }
}

/// Whom a row of Exchange belongs to: addresses where there are some, else names, which come as paths as well:
/// `EURPR01A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com/Anna Berg`.
fn mailbox_owner(object: Object<'_>, more: &[String]) -> Identity {
    let addresses = ["UserPrincipalName", "PrimarySmtpAddress", "WindowsEmailAddress", "WindowsLiveID", "UserEmail"];
    let texts = ["Identity", "UserDisplayName", "Name", "DisplayName", "Alias", "SamAccountName", "User", "UserName"];
    let ids = ["ExternalDirectoryObjectId", "UserId"];
    let device_row = object.names_any(&["DeviceType", "DeviceId", "ClientVersion"]);
    // A device's own Identity, Name and Guid do not name a person.
    let own = |name: &&&str| !device_row || !matches!(**name, "Identity" | "Name" | "DisplayName" | "Alias");
    let mut identity = Identity {
        ids: ids.iter().filter_map(|name| object.text(name)).map(|id| id.to_lowercase()).collect(),
        ..Identity::default()
    };
    if !device_row {
        identity.ids.extend(object.text("Guid").map(|id| id.to_lowercase()));
    }
    let words = addresses.iter().chain(texts.iter().filter(own)).filter_map(|name| object.text(name));
    for word in words.chain(more.iter().cloned()).filter(|word| !word.is_empty()) {
        let last = word.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_lowercase();
        if last.is_empty() {
            continue;
        }
        if last.contains('@') {
            identity.addresses.insert(last);
        } else {
            identity.names.insert(last);
        }
    }
    identity.shown = object.first_text(&["UserDisplayName", "DisplayName", "UserPrincipalName", "PrimarySmtpAddress"]);
    identity
}

/// The version within a text such as `iOS 12.4.1 16G102` or `16.1`.
pub(crate) fn version(text: &str) -> Option<Version> {
    text.split(|character: char| !character.is_ascii_digit() && character != '.')
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .and_then(|word| {
            let numbers: Vec<&str> = word.trim_end_matches('.').split('.').take(4).collect();
            Version::parse(&numbers.join("."))
        })
}
