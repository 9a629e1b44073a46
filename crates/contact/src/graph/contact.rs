//! The v1.0 `contact` resource as a client is shown it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    EMAILS_SHOWN, IM_ADDRESSES_SHOWN, PHONES_SHOWN, birthday,
    extended::{ExtendedPropertyId, Slot},
    name,
    property::{self, EmailSlot, List, Place, Text},
    shelf::{Line, Shelf},
};
use crate::{
    card::{Card, Item},
    date::PartialDate,
    fact::{AnniversaryKind, Fact, PhoneKind, RelationKind, TitleKind},
};

/// A contact's content: everything of the resource but its id, its version and its folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphContact {
    /// The properties that are one text; absent ones are null on the wire.
    pub texts: BTreeMap<Text, String>,
    /// The properties that are lists; absent ones are empty.
    pub lists: BTreeMap<List, Vec<String>>,
    /// At most [`EMAILS_SHOWN`], the primary first.
    pub emails: Vec<EmailAddress>,
    /// The postal addresses; absent ones are `{}`.
    pub addresses: BTreeMap<Place, PhysicalAddress>,
    /// The birthday.
    pub birthday: Option<PartialDate>,
    /// The extended properties that were asked for and exist.
    pub extended: Vec<ExtendedProperty>,
}

/// `microsoft.graph.emailAddress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmailAddress {
    /// The name beside the address; the address itself when there is none.
    pub name: String,
    /// `a@b`.
    pub address: String,
}

/// `microsoft.graph.physicalAddress`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhysicalAddress {
    /// Street and number; lines are separated by `\n`.
    pub street: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, in words.
    pub country_or_region: Option<String>,
}

/// `microsoft.graph.singleValueLegacyExtendedProperty`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendedProperty {
    /// Which property.
    pub id: ExtendedPropertyId,
    /// Its value as text, whatever its type.
    pub value: String,
}

impl PhysicalAddress {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The card as a client sees it, with the extended properties it asked for.
#[must_use]
pub fn project(card: &Card, expand: &[ExtendedPropertyId]) -> GraphContact {
    let lists = List::ALL.iter().map(|list| (*list, list_of(card, *list))).filter(|(_, texts)| !texts.is_empty());
    let addresses = Place::ALL.iter().map(|place| (*place, address_of(card, *place)));
    let extended = expand.iter().filter_map(|id| {
        let value = extended_value(card, id)?;
        Some(ExtendedProperty { id: id.clone(), value })
    });
    GraphContact {
        texts: Text::ALL.iter().filter_map(|text| Some((*text, text_of(card, *text)?))).collect(),
        lists: lists.collect(),
        emails: emails_of(card),
        addresses: addresses.filter(|(_, address)| !address.is_empty()).collect(),
        birthday: date_at(card, AnniversaryKind::Birth).and_then(|index| date_of(card, index)),
        extended: extended.collect(),
    }
}

/// The shelf behind a property that is the text of one whole item; `None` for the parts of names and companies.
pub(super) fn text_shelf(text: Text) -> Option<Shelf> {
    match text {
        Text::AssistantName => Some(Shelf::Relation(RelationKind::Assistant)),
        Text::BusinessHomePage => Some(Shelf::Links),
        Text::JobTitle => Some(Shelf::Title(TitleKind::Title)),
        Text::Manager => Some(Shelf::Relation(RelationKind::Manager)),
        Text::MobilePhone => Some(Shelf::Phone(PhoneKind::Mobile, Line::Any)),
        Text::NickName => Some(Shelf::Nicknames),
        Text::PersonalNotes => Some(Shelf::Notes),
        Text::Profession => Some(Shelf::Title(TitleKind::Role)),
        Text::SpouseName => Some(Shelf::Relation(RelationKind::Spouse)),
        _ => None,
    }
}

/// The shelf behind a list, and how many of its items the list shows.
pub(super) fn list_shelf(list: List) -> (Shelf, usize) {
    match list {
        List::BusinessPhones => (Shelf::Phone(PhoneKind::Voice, Line::Work), PHONES_SHOWN),
        List::HomePhones => (Shelf::Phone(PhoneKind::Voice, Line::Home), PHONES_SHOWN),
        List::ImAddresses => (Shelf::Messaging, IM_ADDRESSES_SHOWN),
        List::Categories => (Shelf::Keywords, usize::MAX),
        List::Children => (Shelf::Relation(RelationKind::Child), usize::MAX),
    }
}

fn text_of(card: &Card, text: Text) -> Option<String> {
    let found = match text {
        Text::DisplayName => name::display_name(card),
        Text::FileAs => name::file_as(card),
        Text::CompanyName => name::organization(card).name,
        Text::Department => name::organization(card).units.into_iter().next(),
        Text::OfficeLocation => name::organization(card).office,
        Text::YomiCompanyName => name::organization(card).phonetic,
        _ => match text_shelf(text) {
            Some(shelf) => shelf.text_at(card, 0).map(str::to_owned),
            None => name::part(&mut name::name(card), text).and_then(Option::take),
        },
    };
    found.filter(|text| !text.is_empty())
}

fn list_of(card: &Card, list: List) -> Vec<String> {
    let (shelf, shown) = list_shelf(list);
    shelf.items(card).into_iter().take(shown).filter_map(|item| shelf.text_of(item)).map(str::to_owned).collect()
}

fn emails_of(card: &Card) -> Vec<EmailAddress> {
    let shown = Shelf::Emails.items(card).into_iter().take(EMAILS_SHOWN);
    shown
        .filter_map(|item| if let Fact::Email(email) = &item.fact { Some(email) } else { None })
        .map(email_of)
        .collect()
}

fn email_of(email: &crate::fact::Email) -> EmailAddress {
    EmailAddress { name: email.name.as_ref().unwrap_or(&email.address).clone(), address: email.address.clone() }
}

/// Index of the item behind a postal address.
pub(super) fn address_at(card: &Card, place: Place) -> Option<usize> {
    let line = line_of(place);
    let here = |item: &Item| matches!(item.fact, Fact::Address(_)) && Line::of(item) == line;
    let found = card.items.iter().enumerate().filter(|(_, item)| here(item));
    found.min_by_key(|(index, item)| (item.pref.unwrap_or(u8::MAX), *index)).map(|(index, _)| index)
}

pub(super) fn line_of(place: Place) -> Line {
    match place {
        Place::Business => Line::Work,
        Place::Home => Line::Home,
        Place::Other => Line::Neither,
    }
}

fn address_of(card: &Card, place: Place) -> PhysicalAddress {
    match address_at(card, place).and_then(|index| card.items.get(index)).map(|item| &item.fact) {
        Some(Fact::Address(address)) => PhysicalAddress {
            street: address.street.clone(),
            city: address.city.clone(),
            state: address.state.clone(),
            postal_code: address.postal_code.clone(),
            country_or_region: address.country.clone(),
        },
        _ => PhysicalAddress::default(),
    }
}

/// Index of the first date of this kind.
pub(super) fn date_at(card: &Card, kind: AnniversaryKind) -> Option<usize> {
    let is_it = |item: &Item| matches!(&item.fact, Fact::Anniversary(anniversary) if anniversary.kind == kind);
    card.items.iter().position(is_it)
}

fn date_of(card: &Card, index: usize) -> Option<PartialDate> {
    match card.items.get(index).map(|item| &item.fact) {
        Some(Fact::Anniversary(anniversary)) => Some(anniversary.date),
        _ => None,
    }
}

/// The value of an extended property; `None` when the card has none.
pub(super) fn extended_value(card: &Card, id: &ExtendedPropertyId) -> Option<String> {
    match id.slot() {
        Some(Slot::Shelf(shelf, rank)) => shelf.text_at(card, rank).map(str::to_owned),
        Some(Slot::WeddingDay) => {
            date_at(card, AnniversaryKind::Wedding).and_then(|index| date_of(card, index)).map(birthday::to_wire)
        }
        None => match opaque_at(card, id).and_then(|index| card.items.get(index)).map(|item| &item.fact) {
            Some(Fact::Opaque(opaque)) => Some(opaque.value.clone()),
            _ => None,
        },
    }
}

/// The name under which a property that is none of ours is kept.
pub(super) fn opaque_name(id: &ExtendedPropertyId) -> String {
    format!("graph:{id}")
}

/// Index of the item that keeps a property that is none of ours.
pub(super) fn opaque_at(card: &Card, id: &ExtendedPropertyId) -> Option<usize> {
    let name = opaque_name(id);
    card.items.iter().position(|item| matches!(&item.fact, Fact::Opaque(opaque) if opaque.property == name))
}

impl Serialize for GraphContact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for text in Text::ALL {
            map.serialize_entry(text.name(), &self.texts.get(text))?;
        }
        for list in List::ALL {
            map.serialize_entry(list.name(), self.lists.get(list).map_or(&[][..], Vec::as_slice))?;
        }
        map.serialize_entry(property::EMAIL_ADDRESSES, &self.emails)?;
        for slot in EmailSlot::ALL {
            map.serialize_entry(slot.name(), &self.emails.get(slot.index()))?;
        }
        for place in Place::ALL {
            match self.addresses.get(place) {
                Some(address) => map.serialize_entry(place.name(), address)?,
                None => map.serialize_entry(place.name(), &BTreeMap::<&str, &str>::new())?,
            }
        }
        map.serialize_entry(property::BIRTHDAY, &self.birthday.map(birthday::to_wire))?;
        if !self.extended.is_empty() {
            map.serialize_entry(property::SINGLE_VALUE_EXTENDED_PROPERTIES, &self.extended)?;
        }
        map.end()
    }
}
