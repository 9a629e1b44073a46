//! Which client is simulated. Everything a kind does differently hangs on this type; grep for it to add another.

use serde::{Deserialize, Serialize};

use crate::property::Property;
use crate::wbxml::Tag;
use crate::wbxml::code_pages::contacts;

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeviceKind {
    /// The native Contacts app of iOS and iPadOS.
    #[default]
    IPhone,
    /// A client that shows, keeps and sends every one of the 61 properties word for word, as a full replace.
    Generic161,
    /// The Exchange client of Android's open-source project: a Supported list, ClientIds from the millisecond clock (so
    /// that one request can hold two Adds with the same one), `"Name" <addr>` addresses, notes with CR LF, an empty
    /// Picture to delete one, and the city of an "other" address sent as that of the home address.
    Aosp,
}

impl DeviceKind {
    /// The DeviceType parameter.
    pub fn device_type(self) -> &'static str {
        match self {
            DeviceKind::IPhone => "iPhone",
            DeviceKind::Generic161 => "SmartPhone",
            DeviceKind::Aosp => "Android",
        }
    }

    /// The User-Agent header.
    pub fn user_agent(self) -> &'static str {
        match self {
            DeviceKind::IPhone => "Apple-iPhone15C4/2302.85",
            DeviceKind::Generic161 => "Generic/16.1",
            DeviceKind::Aosp => "Android/8.1.0-EAS-2.0",
        }
    }

    /// The tags declared as Supported with key 0; `None` if no list is sent.
    pub fn supported(self) -> Option<Vec<Tag>> {
        match self {
            DeviceKind::IPhone | DeviceKind::Generic161 => None,
            DeviceKind::Aosp => {
                Some(Property::ALL.iter().map(|property| property.tag()).chain([contacts::PICTURE]).collect())
            }
        }
    }

    /// The ClientId of the n-th Add this device makes, which is for the record `local`.
    pub(crate) fn client_id(self, local: u64, adds_so_far: u64) -> String {
        match self {
            DeviceKind::IPhone | DeviceKind::Generic161 => local.to_string(),
            // Two Adds a millisecond.
            DeviceKind::Aosp => (1_700_000_000_000 + adds_so_far / 2).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn android_declares_58_supported_tags_with_picture_and_without_categories() {
        let supported = DeviceKind::Aosp.supported().unwrap();
        assert_eq!(supported.len(), 58);
        assert!(supported.contains(&contacts::PICTURE) && !supported.contains(&contacts::CATEGORIES));
    }
}
