//! A contact's way through `ApplicationData`: what a device makes of a received one, and what it sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::birthday;
use crate::device_kind::DeviceKind;
use crate::file_as::{self, Pattern};
use crate::kana;
use crate::limits::PICTURE_BASE64_MAX;
use crate::local_contact::{LocalContact, Picture, PictureOrigin};
use crate::property::Property;
use crate::strictness::Violation;
use crate::wbxml::code_pages::{airsync_base, contacts};
use crate::wbxml::{Element, Writer};

/// What a device made of a received contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The contact as the device shows and keeps it.
    pub contact: LocalContact,
    /// The automatic pattern its FileAs follows, if any.
    pub file_as: Option<Pattern>,
}

/// Things about a record that matter only when it is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sending {
    /// The automatic pattern of its FileAs.
    pub file_as: Option<Pattern>,
    /// The person removed a picture that was there.
    pub picture_removed: bool,
    /// The person removed a note that was there.
    pub note_removed: bool,
    /// Send an empty Picture for photos that came from the server, as iOS has been seen to do since 8.2.
    pub own_pictures_only: bool,
}

/// Reads `ApplicationData` the way a device of this kind does; an absent and an empty leaf are the same.
pub fn receive(kind: DeviceKind, data: &Element, violations: &mut Vec<Violation>) -> Received {
    let mut contact = LocalContact::new();
    for child in &data.children {
        match child.tag {
            contacts::CATEGORIES => contact.categories = texts_of(child),
            contacts::CHILDREN => contact.children = texts_of(child),
            contacts::PICTURE => contact.picture = picture(&child.text, violations),
            airsync_base::BODY => {
                let text = child.text_of(airsync_base::DATA).unwrap_or_default();
                contact.note = if kind == DeviceKind::Aosp { text.replace('\r', "") } else { text.to_owned() };
            }
            tag => {
                if let Some(property) = Property::of(tag) {
                    contact.set(property, kept(kind, property, &child.text, violations));
                }
            }
        }
    }
    let file_as = contact.get(Property::FileAs).and_then(|text| Pattern::of(&contact, text));
    Received { contact, file_as }
}

/// What a device of this kind keeps of a contact a person types into it.
pub fn entered(kind: DeviceKind, mut contact: LocalContact) -> LocalContact {
    if kind == DeviceKind::IPhone {
        contact.texts.retain(|property, _| property.shown_on_ios());
        contact.categories.clear();
        contact.children.clear();
    }
    for property in [Property::Birthday, Property::Anniversary] {
        if let Some(value) = contact.get(property).map(str::to_owned) {
            let whole = if value.len() == 10 { birthday::midnight(&value) } else { value };
            contact.set(property, kept(kind, property, &whole, &mut Vec::new()));
        }
    }
    contact.texts.retain(|_, text| !text.is_empty());
    contact
}

/// Writes the content of `ApplicationData`, in the order this kind of device emits.
pub fn send(kind: DeviceKind, contact: &LocalContact, sending: Sending, writer: &mut Writer) {
    let with_note = kind != DeviceKind::Generic161 || !contact.note.is_empty() || sending.note_removed;
    if with_note {
        let note = if kind == DeviceKind::Aosp { contact.note.replace('\n', "\r\n") } else { contact.note.clone() };
        writer.element(airsync_base::BODY, |writer| {
            writer.text(airsync_base::TYPE, "1");
            writer.text(airsync_base::DATA, &note);
        });
    }
    // iOS writes what it only keeps for the server behind what it shows; page Contacts2 comes last.
    let (page_two, page_one): (Vec<Property>, Vec<Property>) =
        Property::ALL.iter().partition(|property| property.tag().page != contacts::FIRST_NAME.page);
    let later = |property: &Property| kind == DeviceKind::IPhone && !property.shown_on_ios();
    for property in page_one.iter().copied().filter(|property| !later(property)) {
        if property == Property::RadioPhoneNumber {
            send_picture(kind, contact, sending, writer);
        }
        send_text(kind, contact, sending, property, writer);
    }
    for property in page_one.iter().copied().filter(later) {
        send_text(kind, contact, sending, property, writer);
        if property == Property::OfficeLocation {
            send_lists(contact, writer);
        }
    }
    if kind != DeviceKind::IPhone {
        send_lists(contact, writer);
    }
    for property in page_two {
        send_text(kind, contact, sending, property, writer);
    }
}

fn send_text(kind: DeviceKind, contact: &LocalContact, sending: Sending, property: Property, writer: &mut Writer) {
    let value = contact.get(property);
    match (kind, property) {
        (DeviceKind::IPhone | DeviceKind::Aosp, Property::FileAs) => {
            let text = match (sending.file_as, value) {
                (Some(pattern), _) => pattern.build(contact),
                (None, Some(own)) => own.to_owned(),
                (None, None) => file_as::automatic(contact),
            };
            writer.text(property.tag(), &text);
        }
        (DeviceKind::IPhone, Property::YomiFirstName | Property::YomiLastName) => {
            if let Some(value) = value {
                writer.text(property.tag(), &kana::to_katakana(value));
            }
        }
        (DeviceKind::Aosp, Property::Email1Address | Property::Email2Address | Property::Email3Address) => {
            if let Some(value) = value {
                writer.text(property.tag(), &format!("\"{}\" <{value}>", contact.display_name()));
            }
        }
        (DeviceKind::Aosp, Property::OtherAddressCity) => {
            if let Some(value) = value {
                writer.text(contacts::HOME_ADDRESS_CITY, value);
            }
        }
        _ => {
            if let Some(value) = value {
                writer.text(property.tag(), value);
            }
        }
    }
}

fn send_picture(kind: DeviceKind, contact: &LocalContact, sending: Sending, writer: &mut Writer) {
    let foreign = contact.picture.as_ref().is_some_and(|picture| picture.origin == PictureOrigin::Server);
    match (&contact.picture, kind) {
        (Some(_), DeviceKind::IPhone) if foreign && sending.own_pictures_only => writer.empty(contacts::PICTURE),
        (Some(picture), _) => {
            let text = STANDARD.encode(&picture.bytes);
            if kind != DeviceKind::IPhone || text.len() <= PICTURE_BASE64_MAX {
                writer.text(contacts::PICTURE, &text);
            }
        }
        (None, DeviceKind::IPhone | DeviceKind::Aosp) => writer.empty(contacts::PICTURE),
        (None, DeviceKind::Generic161) => {
            if sending.picture_removed {
                writer.empty(contacts::PICTURE);
            }
        }
    }
}

fn send_lists(contact: &LocalContact, writer: &mut Writer) {
    let lists = [
        (contacts::CATEGORIES, contacts::CATEGORY, &contact.categories),
        (contacts::CHILDREN, contacts::CHILD, &contact.children),
    ];
    for (list, item, values) in lists {
        if !values.is_empty() {
            writer.element(list, |writer| values.iter().for_each(|value| writer.text(item, value)));
        }
    }
}

/// The form in which a device keeps a received or typed text.
fn kept(kind: DeviceKind, property: Property, text: &str, violations: &mut Vec<Violation>) -> String {
    if text.is_empty() || kind == DeviceKind::Generic161 {
        return text.to_owned();
    }
    match property {
        Property::Birthday | Property::Anniversary => {
            let Some(day) = birthday::day(text) else {
                violations.push(Violation::DateWithoutMilliseconds { property, value: text.to_owned() });
                return String::new();
            };
            birthday::midnight(&day)
        }
        Property::Email1Address | Property::Email2Address | Property::Email3Address => bare_address(text),
        Property::YomiFirstName | Property::YomiLastName if kind == DeviceKind::IPhone => kana::to_hiragana(text),
        _ => text.to_owned(),
    }
}

/// `"Name" <a@b>` is reduced to `a@b`.
fn bare_address(text: &str) -> String {
    match (text.rfind('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => text.get(open + 1..close).unwrap_or_default().to_owned(),
        _ => text.to_owned(),
    }
}

fn picture(text: &str, violations: &mut Vec<Violation>) -> Option<Picture> {
    if text.is_empty() {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Ok(bytes) = STANDARD.decode(compact) else {
        violations.push(Violation::PictureNotBase64);
        return None;
    };
    Some(Picture { bytes, origin: PictureOrigin::Server })
}

fn texts_of(list: &Element) -> Vec<String> {
    list.children.iter().map(|item| item.text.clone()).filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wbxml::{Tag, code_pages::airsync, read};

    fn sent(kind: DeviceKind, contact: &LocalContact, sending: Sending) -> Element {
        let mut writer = Writer::new();
        writer.element(airsync::APPLICATION_DATA, |writer| send(kind, contact, sending, writer));
        read(&writer.finish()).unwrap()
    }

    fn tags(element: &Element) -> Vec<String> {
        element.children.iter().map(|child| child.tag.to_string()).collect()
    }

    fn data(leaves: &[(Tag, &str)]) -> Element {
        let mut writer = Writer::new();
        writer.element(airsync::APPLICATION_DATA, |writer| {
            for (tag, text) in leaves {
                writer.text(*tag, text);
            }
        });
        read(&writer.finish()).unwrap()
    }

    #[test]
    fn an_iphone_sends_the_note_first_and_an_empty_picture_for_none() {
        let contact = LocalContact::named("Bea", "Muster")
            .with(Property::Birthday, "1980-05-04T00:00:00.000Z")
            .with(Property::Email1Address, "bea@example.net")
            .with(Property::MobilePhoneNumber, "+49 170 1");
        let element = sent(DeviceKind::IPhone, &contact, Sending::default());
        assert_eq!(
            tags(&element),
            ["Body", "Birthday", "Email1Address", "FileAs", "FirstName", "LastName", "MobilePhoneNumber", "Picture"]
        );
        assert_eq!(element.text_of(contacts::FILE_AS), Some("Muster, Bea"));
        assert_eq!(element.text_of(contacts::PICTURE), Some(""));
    }

    #[test]
    fn an_iphone_returns_the_invisible_behind_the_visible_and_page_two_last() {
        let contact = LocalContact {
            categories: vec!["VIP".to_owned()],
            ..LocalContact::named("Bea", "Muster")
                .with(Property::OfficeLocation, "R1")
                .with(Property::YomiCompanyName, "カ")
                .with(Property::WebPage, "w")
                .with(Property::CustomerId, "7")
                .with(Property::NickName, "B")
        };
        assert_eq!(
            tags(&sent(DeviceKind::IPhone, &contact, Sending::default())),
            [
                "Body",
                "FileAs",
                "FirstName",
                "LastName",
                "Picture",
                "WebPage",
                "OfficeLocation",
                "Categories",
                "YomiCompanyName",
                "CustomerId",
                "NickName"
            ]
        );
    }

    #[test]
    fn a_picture_the_phone_cannot_return_is_left_out() {
        let big = LocalContact::named("B", "M").with_picture(vec![7; PICTURE_BASE64_MAX]);
        assert!(sent(DeviceKind::IPhone, &big, Sending::default()).child(contacts::PICTURE).is_none());
        let small = LocalContact::named("B", "M").with_picture(vec![7; 28_000]);
        assert!(!sent(DeviceKind::IPhone, &small, Sending::default()).text_of(contacts::PICTURE).unwrap().is_empty());
    }

    #[test]
    fn a_foreign_photo_comes_back_as_an_empty_picture_from_the_releases_that_do_so() {
        let photo = Picture { bytes: vec![1, 2, 3], origin: PictureOrigin::Server };
        let contact = LocalContact { picture: Some(photo), ..LocalContact::named("B", "M") };
        let sending = Sending { own_pictures_only: true, ..Sending::default() };
        assert_eq!(sent(DeviceKind::IPhone, &contact, sending).text_of(contacts::PICTURE), Some(""));
        assert_eq!(sent(DeviceKind::IPhone, &contact, Sending::default()).text_of(contacts::PICTURE), Some("AQID"));
    }

    #[test]
    fn an_iphone_keeps_what_it_can_show_and_reduces_named_addresses() {
        let mut violations = Vec::new();
        let element = data(&[
            (contacts::EMAIL1_ADDRESS, "\"Bea\" <bea@example.net>"),
            (contacts::BIRTHDAY, "1980-05-04T11:59:00.000Z"),
            (contacts::ANNIVERSARY, "2001-02-03T00:00:00Z"),
            (contacts::YOMI_LAST_NAME, "ヤマダ"),
            (contacts::WEIGHTED_RANK, "9"),
        ]);
        let received = receive(DeviceKind::IPhone, &element, &mut violations);
        assert_eq!(received.contact.get(Property::Email1Address), Some("bea@example.net"));
        assert_eq!(received.contact.get(Property::Birthday), Some("1980-05-04T00:00:00.000Z"));
        assert_eq!(received.contact.get(Property::Anniversary), None);
        assert_eq!(received.contact.get(Property::YomiLastName), Some("やまだ"));
        assert!(matches!(violations[..], [Violation::DateWithoutMilliseconds { property: Property::Anniversary, .. }]));
    }

    #[test]
    fn a_generic_device_returns_all_61_properties_word_for_word() {
        let mut contact = LocalContact::new().with_note("n\r\nm").with_picture([1, 2]);
        for property in Property::ALL {
            contact.set(*property, format!("\"x\" <{property}@y>"));
        }
        contact.categories = vec!["a".to_owned(), "b".to_owned()];
        contact.children = vec!["c".to_owned()];
        let element = sent(DeviceKind::Generic161, &contact, Sending::default());
        assert_eq!(element.children.len(), 61);
        let mut back = receive(DeviceKind::Generic161, &element, &mut Vec::new()).contact;
        back.picture.as_mut().unwrap().origin = PictureOrigin::Device;
        assert_eq!(back, contact);
    }

    #[test]
    fn android_names_its_addresses_and_sends_the_other_city_as_the_home_city() {
        let contact = LocalContact::named("Bea", "Muster")
            .with(Property::Email1Address, "bea@example.net")
            .with(Property::OtherAddressCity, "Ulm")
            .with_note("a\nb");
        let element = sent(DeviceKind::Aosp, &contact, Sending::default());
        assert_eq!(element.text_of(contacts::EMAIL1_ADDRESS), Some("\"Bea Muster\" <bea@example.net>"));
        assert_eq!(element.text_of(contacts::HOME_ADDRESS_CITY), Some("Ulm"));
        assert_eq!(element.descend(&[airsync_base::BODY, airsync_base::DATA]).unwrap().text, "a\r\nb");
    }
}
