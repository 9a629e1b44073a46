//! The text properties of a contact on the code pages Contacts and Contacts2 (MS-ASCNTC 2.2.2).
//!
//! Together with Categories, Children, Picture and Body these are the 61 properties a contact can have.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wbxml::Tag;
use crate::wbxml::code_pages::{contacts, contacts2};

/// What iOS does with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnIos {
    /// The person can see and edit it.
    Shown,
    /// Invisible; kept as the server sent it and returned unchanged.
    Kept,
}

macro_rules! properties {
    ($($variant:ident = $page:ident::$tag:ident $on_ios:ident),* $(,)?) => {
        /// A text property, in the order iOS emits them (page Contacts by token, then Contacts2).
        #[allow(missing_docs, reason = "each variant is the specification's own element name")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Property { $($variant),* }

        impl Property {
            /// Every text property, in emission order.
            pub const ALL: &[Property] = &[$(Property::$variant),*];

            /// The tag on the wire.
            pub fn tag(self) -> Tag {
                match self { $(Property::$variant => $page::$tag),* }
            }

            fn on_ios(self) -> OnIos {
                match self { $(Property::$variant => OnIos::$on_ios),* }
            }
        }
    };
}

properties! {
    Anniversary = contacts::ANNIVERSARY Shown,
    AssistantName = contacts::ASSISTANT_NAME Shown,
    AssistantPhoneNumber = contacts::ASSISTANT_PHONE_NUMBER Shown,
    Birthday = contacts::BIRTHDAY Shown,
    Business2PhoneNumber = contacts::BUSINESS2_PHONE_NUMBER Shown,
    BusinessAddressCity = contacts::BUSINESS_ADDRESS_CITY Shown,
    BusinessAddressCountry = contacts::BUSINESS_ADDRESS_COUNTRY Shown,
    BusinessAddressPostalCode = contacts::BUSINESS_ADDRESS_POSTAL_CODE Shown,
    BusinessAddressState = contacts::BUSINESS_ADDRESS_STATE Shown,
    BusinessAddressStreet = contacts::BUSINESS_ADDRESS_STREET Shown,
    BusinessFaxNumber = contacts::BUSINESS_FAX_NUMBER Shown,
    BusinessPhoneNumber = contacts::BUSINESS_PHONE_NUMBER Shown,
    CarPhoneNumber = contacts::CAR_PHONE_NUMBER Shown,
    CompanyName = contacts::COMPANY_NAME Shown,
    Department = contacts::DEPARTMENT Shown,
    Email1Address = contacts::EMAIL1_ADDRESS Shown,
    Email2Address = contacts::EMAIL2_ADDRESS Shown,
    Email3Address = contacts::EMAIL3_ADDRESS Shown,
    FileAs = contacts::FILE_AS Shown,
    FirstName = contacts::FIRST_NAME Shown,
    Home2PhoneNumber = contacts::HOME2_PHONE_NUMBER Shown,
    HomeAddressCity = contacts::HOME_ADDRESS_CITY Shown,
    HomeAddressCountry = contacts::HOME_ADDRESS_COUNTRY Shown,
    HomeAddressPostalCode = contacts::HOME_ADDRESS_POSTAL_CODE Shown,
    HomeAddressState = contacts::HOME_ADDRESS_STATE Shown,
    HomeAddressStreet = contacts::HOME_ADDRESS_STREET Shown,
    HomeFaxNumber = contacts::HOME_FAX_NUMBER Shown,
    HomePhoneNumber = contacts::HOME_PHONE_NUMBER Shown,
    JobTitle = contacts::JOB_TITLE Shown,
    LastName = contacts::LAST_NAME Shown,
    MiddleName = contacts::MIDDLE_NAME Shown,
    MobilePhoneNumber = contacts::MOBILE_PHONE_NUMBER Shown,
    OfficeLocation = contacts::OFFICE_LOCATION Kept,
    OtherAddressCity = contacts::OTHER_ADDRESS_CITY Shown,
    OtherAddressCountry = contacts::OTHER_ADDRESS_COUNTRY Shown,
    OtherAddressPostalCode = contacts::OTHER_ADDRESS_POSTAL_CODE Shown,
    OtherAddressState = contacts::OTHER_ADDRESS_STATE Shown,
    OtherAddressStreet = contacts::OTHER_ADDRESS_STREET Shown,
    PagerNumber = contacts::PAGER_NUMBER Shown,
    RadioPhoneNumber = contacts::RADIO_PHONE_NUMBER Shown,
    Spouse = contacts::SPOUSE Shown,
    Suffix = contacts::SUFFIX Shown,
    Title = contacts::TITLE Shown,
    WebPage = contacts::WEB_PAGE Shown,
    YomiCompanyName = contacts::YOMI_COMPANY_NAME Kept,
    YomiFirstName = contacts::YOMI_FIRST_NAME Shown,
    YomiLastName = contacts::YOMI_LAST_NAME Shown,
    CustomerId = contacts2::CUSTOMER_ID Kept,
    GovernmentId = contacts2::GOVERNMENT_ID Kept,
    ImAddress = contacts2::IM_ADDRESS Shown,
    ImAddress2 = contacts2::IM_ADDRESS2 Shown,
    ImAddress3 = contacts2::IM_ADDRESS3 Shown,
    ManagerName = contacts2::MANAGER_NAME Shown,
    CompanyMainPhone = contacts2::COMPANY_MAIN_PHONE Shown,
    AccountName = contacts2::ACCOUNT_NAME Kept,
    NickName = contacts2::NICK_NAME Shown,
    Mms = contacts2::MMS Kept,
}

impl Property {
    /// The property of a tag; `None` for containers, Picture, Body and everything that is no contact property.
    pub fn of(tag: Tag) -> Option<Property> {
        Self::ALL.iter().copied().find(|property| property.tag() == tag)
    }

    /// The property with this element name, as the specification writes it.
    pub fn named(name: &str) -> Option<Property> {
        Self::ALL.iter().copied().find(|property| property.name() == name)
    }

    /// The element name of the specification.
    pub fn name(self) -> &'static str {
        self.tag().name().unwrap_or_default()
    }

    /// Whether the iOS Contacts app shows it; the others it only keeps.
    pub fn shown_on_ios(self) -> bool {
        self.on_ios() == OnIos::Shown
    }

    /// Whether the wire carries a dateTime.
    pub fn is_date(self) -> bool {
        matches!(self, Property::Birthday | Property::Anniversary)
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_categories_children_picture_and_body_there_are_61_properties() {
        assert_eq!(Property::ALL.len() + 4, 61);
    }

    #[test]
    fn properties_are_emitted_in_the_order_of_their_tags() {
        assert!(Property::ALL.is_sorted_by_key(|property| property.tag()));
        assert!(Property::ALL.iter().all(|property| Property::of(property.tag()) == Some(*property)));
        assert!(Property::ALL.iter().all(|property| Property::named(property.name()) == Some(*property)));
    }
}
