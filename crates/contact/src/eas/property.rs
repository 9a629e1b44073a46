//! The elements of a contact on the wire, under the names the specifications give them.

use serde::{Deserialize, Serialize};

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// An element of a contact that holds plain text: all of code page 1 (Contacts, MS-ASCNTC 2.2.2) and 12
        /// (Contacts2) except the containers and the picture, which [`EasContact`](super::EasContact) has fields for.
        ///
        /// The order is alphabetical and without meaning. In JSON a property is its element name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Property { $($(#[$doc])* $name,)+ }

        impl Property {
            /// Every property once.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The element name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }
        }
    };
}

properties! {
    AccountName,
    /// Part of the recipient information cache only; never sent by iOS.
    Alias,
    Anniversary,
    AssistantName,
    AssistantPhoneNumber,
    Birthday,
    Business2PhoneNumber,
    BusinessAddressCity,
    BusinessAddressCountry,
    BusinessAddressPostalCode,
    BusinessAddressState,
    BusinessAddressStreet,
    BusinessFaxNumber,
    BusinessPhoneNumber,
    CarPhoneNumber,
    CompanyMainPhone,
    CompanyName,
    CustomerId,
    Department,
    Email1Address,
    Email2Address,
    Email3Address,
    FileAs,
    FirstName,
    GovernmentId,
    Home2PhoneNumber,
    HomeAddressCity,
    HomeAddressCountry,
    HomeAddressPostalCode,
    HomeAddressState,
    HomeAddressStreet,
    HomeFaxNumber,
    HomePhoneNumber,
    IMAddress,
    IMAddress2,
    IMAddress3,
    JobTitle,
    LastName,
    MMS,
    ManagerName,
    MiddleName,
    MobilePhoneNumber,
    NickName,
    OfficeLocation,
    OtherAddressCity,
    OtherAddressCountry,
    OtherAddressPostalCode,
    OtherAddressState,
    OtherAddressStreet,
    PagerNumber,
    RadioPhoneNumber,
    Spouse,
    Suffix,
    Title,
    WebPage,
    /// Part of the recipient information cache only, a decimal number; never sent by iOS.
    WeightedRank,
    YomiCompanyName,
    YomiFirstName,
    YomiLastName,
}

impl Property {
    /// The property with this element name; `None` for any other element.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|property| property.name() == name)
    }

    /// Whether the element belongs to code page 12 (Contacts2); the others are of page 1 (Contacts).
    #[must_use]
    pub const fn is_contacts2(self) -> bool {
        matches!(
            self,
            Self::CustomerId
                | Self::GovernmentId
                | Self::IMAddress
                | Self::IMAddress2
                | Self::IMAddress3
                | Self::ManagerName
                | Self::CompanyMainPhone
                | Self::AccountName
                | Self::NickName
                | Self::MMS
        )
    }
}

/// What a `Supported` list can name (MS-ASCMD 2.2.3.179): a property or one of the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Element {
    /// A text element.
    Text(Property),
    /// The category names (page 1, Categories).
    Categories,
    /// The children's names (page 1, Children).
    Children,
    /// The photo (page 1, Picture).
    Picture,
    /// The note (page 17, Body).
    Body,
}

impl Element {
    /// The element with this name; `None` for any that is no part of a contact.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "Categories" => Some(Self::Categories),
            "Children" => Some(Self::Children),
            "Picture" => Some(Self::Picture),
            "Body" => Some(Self::Body),
            other => Property::named(other).map(Self::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_properties_are_the_specification_s_sixty_one_and_the_two_of_the_recipient_cache() {
        let containers = 4; // Categories, Children, Picture, Body
        assert_eq!(Property::ALL.len() + containers, 61 + 2);
        assert_eq!(Property::ALL.iter().filter(|property| property.is_contacts2()).count(), 10);
    }

    #[test]
    fn every_name_finds_its_property_and_is_its_json() {
        for &property in Property::ALL {
            assert_eq!(Property::named(property.name()), Some(property));
            assert_eq!(serde_json::to_string(&property).unwrap(), format!("\"{}\"", property.name()));
        }
        assert_eq!(Property::named("Shoesize"), None);
        assert_eq!(Element::named("Body"), Some(Element::Body));
    }
}
