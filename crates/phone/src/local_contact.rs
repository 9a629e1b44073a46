//! A contact as a device holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::property::Property;

/// What a device holds of one contact: `ActiveSync`'s properties, as the device shows them.
///
/// A property that is missing and one that is empty are the same to every device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocalContact {
    /// The text properties; dates are wire text (`1980-05-04T00:00:00.000Z`).
    pub texts: BTreeMap<Property, String>,
    /// Categories, in order.
    pub categories: Vec<String>,
    /// Children's names, in order.
    pub children: Vec<String>,
    /// The note (`AirSyncBase:Body`); empty if there is none.
    pub note: String,
    /// The picture's bytes (JPEG or PNG) and where it came from.
    pub picture: Option<Picture>,
    /// Rows iOS shows and `ActiveSync` has no element for (`iPhone`, `other`, own labels): label and value.
    /// They stay on the phone until the server sends the contact again.
    pub unsendable: Vec<(String, String)>,
}

/// A contact's picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The image file.
    pub bytes: Vec<u8>,
    /// Who put it there.
    pub origin: PictureOrigin,
}

/// Where a picture came from; some releases of iOS return only their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureOrigin {
    /// Chosen on this device.
    Device,
    /// Received from the server.
    Server,
}

impl LocalContact {
    /// An empty contact.
    pub fn new() -> Self {
        Self::default()
    }

    /// A contact with a first and a last name.
    pub fn named(first: &str, last: &str) -> Self {
        Self::new().with(Property::FirstName, first).with(Property::LastName, last)
    }

    /// The same contact with one property set.
    #[must_use]
    pub fn with(mut self, property: Property, value: impl Into<String>) -> Self {
        self.set(property, value);
        self
    }

    /// The same contact with a picture chosen on the device.
    #[must_use]
    pub fn with_picture(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.set_picture(bytes);
        self
    }

    /// The same contact with a note.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// A text property; `None` if it is missing or empty.
    pub fn get(&self, property: Property) -> Option<&str> {
        self.texts.get(&property).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Sets a text property; an empty value removes it.
    pub fn set(&mut self, property: Property, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            self.texts.remove(&property);
        } else {
            self.texts.insert(property, value);
        }
    }

    /// Removes a text property.
    pub fn clear(&mut self, property: Property) {
        self.texts.remove(&property);
    }

    /// Sets the picture as if the person had chosen it on the device.
    pub fn set_picture(&mut self, bytes: impl Into<Vec<u8>>) {
        self.picture = Some(Picture { bytes: bytes.into(), origin: PictureOrigin::Device });
    }

    /// The picture's bytes.
    pub fn picture_bytes(&self) -> Option<&[u8]> {
        self.picture.as_ref().map(|picture| picture.bytes.as_slice())
    }

    /// Adds an e-mail row; iOS has room for three on the wire, a further one overwrites the third.
    pub fn add_email(&mut self, address: &str) {
        self.add_row(&[Property::Email1Address, Property::Email2Address, Property::Email3Address], address);
    }

    /// Adds a phone row under a label; which element it becomes, if any, is iOS's own table.
    pub fn add_phone(&mut self, label: &PhoneLabel, number: &str) {
        match label {
            PhoneLabel::Home => self.add_row(&[Property::HomePhoneNumber, Property::Home2PhoneNumber], number),
            PhoneLabel::Work => self.add_row(&[Property::BusinessPhoneNumber, Property::Business2PhoneNumber], number),
            PhoneLabel::Mobile => self.set(Property::MobilePhoneNumber, number),
            PhoneLabel::HomeFax => self.set(Property::HomeFaxNumber, number),
            PhoneLabel::WorkFax => self.set(Property::BusinessFaxNumber, number),
            PhoneLabel::Pager => self.set(Property::PagerNumber, number),
            PhoneLabel::Main => self.set(Property::CompanyMainPhone, number),
            PhoneLabel::Car => self.set(Property::CarPhoneNumber, number),
            PhoneLabel::Radio => self.set(Property::RadioPhoneNumber, number),
            PhoneLabel::Assistant => self.set(Property::AssistantPhoneNumber, number),
            PhoneLabel::Other(label) => self.unsendable.push((label.clone(), number.to_owned())),
        }
    }

    /// What a person would call this contact: first and last name, else the company, else an address or number.
    pub fn display_name(&self) -> String {
        let name = [Property::FirstName, Property::MiddleName, Property::LastName];
        let parts: Vec<&str> = name.iter().filter_map(|property| self.get(*property)).collect();
        if !parts.is_empty() {
            return parts.join(" ");
        }
        [Property::CompanyName, Property::Email1Address, Property::MobilePhoneNumber]
            .iter()
            .find_map(|property| self.get(*property))
            .unwrap_or_default()
            .to_owned()
    }

    /// Puts a row into the first free element, or over the last one.
    fn add_row(&mut self, slots: &[Property], value: &str) {
        let free = slots.iter().find(|slot| self.get(**slot).is_none()).or(slots.last());
        if let Some(slot) = free {
            self.set(*slot, value);
        }
    }
}

/// The label of a phone row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneLabel {
    /// `home`
    Home,
    /// `work`
    Work,
    /// `mobile`
    Mobile,
    /// `home fax`
    HomeFax,
    /// `work fax`
    WorkFax,
    /// `pager`
    Pager,
    /// `main`
    Main,
    /// The label iOS shows for a car's phone.
    Car,
    /// The label iOS shows for a radio phone.
    Radio,
    /// The label iOS shows for an assistant's phone.
    Assistant,
    /// `iPhone`, `other`, `other fax` and labels people invent: never sent.
    Other(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fourth_address_overwrites_the_third() {
        let mut contact = LocalContact::new();
        for address in ["a@x", "b@x", "c@x", "d@x"] {
            contact.add_email(address);
        }
        assert_eq!(contact.get(Property::Email1Address), Some("a@x"));
        assert_eq!(contact.get(Property::Email3Address), Some("d@x"));
    }

    #[test]
    fn a_third_home_number_overwrites_the_second_and_an_own_label_is_not_sendable() {
        let mut contact = LocalContact::new();
        for number in ["1", "2", "3"] {
            contact.add_phone(&PhoneLabel::Home, number);
        }
        contact.add_phone(&PhoneLabel::Other("iPhone".to_owned()), "4");
        assert_eq!(contact.get(Property::Home2PhoneNumber), Some("3"));
        assert_eq!(contact.unsendable, [("iPhone".to_owned(), "4".to_owned())]);
    }
}
