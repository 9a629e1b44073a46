//! Outlook's keys about contacts ("Deploying Outlook for iOS and Android app configuration settings").

/// Outlook on iOS.
pub const BUNDLE_ID: &str = "com.microsoft.Office.Outlook";
/// Save Contacts: Outlook copies contacts into the phone's own, one way.
pub const LOCAL_SYNC: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
/// Whether people may change it. While they may, a choice they made once wins over the administrator's value.
pub const LOCAL_SYNC_CHANGE: &str = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";

/// A field that may be kept back from the export. Names, photo and web page cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // Outlook's own words, nothing to add
pub enum ExportField {
    Address,
    Birthday,
    Company,
    Department,
    Email,
    InstantMessage,
    JobTitle,
    Nickname,
    Notes,
    PhoneHome,
    PhoneHomeFax,
    PhoneMobile,
    PhoneOther,
    PhonePager,
    PhoneWork,
    PhoneWorkFax,
    Prefix,
    Suffix,
}

impl ExportField {
    /// All eighteen, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Address,
        Self::Birthday,
        Self::Company,
        Self::Department,
        Self::Email,
        Self::InstantMessage,
        Self::JobTitle,
        Self::Nickname,
        Self::Notes,
        Self::PhoneHome,
        Self::PhoneHomeFax,
        Self::PhoneMobile,
        Self::PhoneOther,
        Self::PhonePager,
        Self::PhoneWork,
        Self::PhoneWorkFax,
        Self::Prefix,
        Self::Suffix,
    ];

    /// The configuration key. It works for managed apps only.
    pub fn key(self) -> String {
        format!("com.microsoft.outlook.ContactSync.{self:?}Allowed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_outlooks_own_key() {
        assert_eq!(ExportField::PhoneHomeFax.key(), "com.microsoft.outlook.ContactSync.PhoneHomeFaxAllowed");
    }
}
