//! A patch as an edit of a card.

use super::{
    EMAILS_SHOWN, birthday,
    contact::{
        GraphContact, PhysicalAddress, address_at, date_at, extended_value, line_of, list_shelf, opaque_at,
        opaque_name, project, text_shelf,
    },
    extended::{ExtendedPropertyId, Slot},
    name,
    patch::{AddressPatch, Field, Patch, SentEmail},
    property::{AddressPart, Place, Text},
    shelf::{Shelf, Wanted},
};
use crate::{
    card::{Card, Item},
    date::PartialDate,
    fact::{Address, Anniversary, AnniversaryKind, Fact, Opaque},
    ids::NewItemIds,
    names::full_following,
};

/// The card after the patch: `base` where the patch names nothing or names what `base` already shows.
///
/// On an empty base this is the card of a POST; its uid is for the caller to mint.
#[must_use]
pub fn absorb(base: &Card, patch: &Patch, ids: &mut dyn NewItemIds) -> Card {
    let mut edit = Edit { card: base.clone(), served: project(base, &[]), ids };
    edit.texts(base, patch);
    edit.lists(patch);
    edit.emails(patch);
    for (place, sent) in &patch.addresses {
        edit.address(*place, sent.as_ref());
    }
    match patch.birthday {
        Field::Unset => {}
        Field::Null => edit.date(AnniversaryKind::Birth, None),
        Field::Set(date) => edit.date(AnniversaryKind::Birth, Some(date)),
    }
    for (id, value) in &patch.extended {
        if extended_value(base, id) != *value {
            edit.extended(id, value.as_deref());
        }
    }
    edit.insist_on_display_name(patch);
    edit.card
}

/// A card being edited, and what the client was shown of it before.
struct Edit<'a> {
    card: Card,
    served: GraphContact,
    ids: &'a mut dyn NewItemIds,
}

impl Edit<'_> {
    fn texts(&mut self, base: &Card, patch: &Patch) {
        let changed: Vec<(Text, Option<String>)> = patch
            .texts
            .iter()
            .filter(|(text, sent)| self.served.texts.get(text) != sent.as_ref())
            .map(|(text, sent)| (*text, sent.clone()))
            .collect();
        // A display name that was composed of the parts follows them, as in Exchange; one of the person's own stays.
        let before = name::name(base);
        let follows = !patch.texts.contains_key(&Text::DisplayName);
        // Names and companies in one go: an item that is empty only between two properties must not go.
        name::edit_name(&mut self.card, self.ids, |name| {
            for (text, value) in &changed {
                if let Some(part) = name::part(name, *text) {
                    part.clone_from(value);
                }
            }
            if follows {
                name.full = full_following(&before, name);
            }
        });
        name::edit_organization(&mut self.card, self.ids, |company| {
            for (text, value) in &changed {
                match text {
                    Text::CompanyName => company.name.clone_from(value),
                    Text::OfficeLocation => company.office.clone_from(value),
                    Text::YomiCompanyName => company.phonetic.clone_from(value),
                    Text::Department => drop(company.units.splice(..company.units.len().min(1), value.clone())),
                    _ => {}
                }
            }
        });
        for (text, value) in changed {
            if let Some(row) = text_shelf(text) {
                row.set_at(&mut self.card, 0, value.map(Wanted::text).as_ref(), self.ids);
            }
        }
    }

    /// A display name sent along, even as it was served, is to stay: clients send it again for that very reason.
    fn insist_on_display_name(&mut self, patch: &Patch) {
        if let Some(Some(sent)) = patch.texts.get(&Text::DisplayName)
            && name::display_name(&self.card).as_ref() != Some(sent)
        {
            name::edit_name(&mut self.card, self.ids, |name| name.full = Some(sent.clone()));
        }
    }

    fn lists(&mut self, patch: &Patch) {
        for (list, sent) in &patch.lists {
            if self.served.lists.get(list).map_or(&[][..], Vec::as_slice) != sent.as_slice() {
                let (row, shown) = list_shelf(*list);
                let wanted: Vec<Wanted> = sent.iter().map(Wanted::text).collect();
                row.replace(&mut self.card, shown, &wanted, self.ids);
            }
        }
    }

    fn emails(&mut self, patch: &Patch) {
        if let Some(sent) = &patch.emails {
            let unchanged = sent.len() == self.served.emails.len()
                && sent.iter().enumerate().all(|(rank, sent)| self.is_as_served(rank, Some(sent)));
            if !unchanged {
                let wanted: Vec<Wanted> = sent.iter().map(|sent| self.wanted(sent)).collect();
                Shelf::Emails.replace(&mut self.card, EMAILS_SHOWN, &wanted, self.ids);
            }
        }
        let changed: Vec<_> = patch
            .email_slots
            .iter()
            .filter(|(slot, sent)| !self.is_as_served(slot.index(), sent.as_ref()))
            .map(|(slot, sent)| (slot.index(), sent.as_ref().map(|sent| self.wanted(sent))))
            .collect();
        let (set, cleared): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, wanted)| wanted.is_some());
        // Places are emptied last and from behind, so that the others keep their rank.
        for (rank, wanted) in set.into_iter().chain(cleared.into_iter().rev()) {
            Shelf::Emails.set_at(&mut self.card, rank, wanted.as_ref(), self.ids);
        }
    }

    fn is_as_served(&self, rank: usize, sent: Option<&SentEmail>) -> bool {
        match (self.served.emails.get(rank), sent) {
            (None, None) => true,
            (Some(served), Some(sent)) => {
                served.address == sent.address
                    && match &sent.name {
                        Field::Unset => true,
                        Field::Null => served.name == served.address,
                        Field::Set(name) => *name == served.name,
                    }
            }
            _ => false,
        }
    }

    /// An address stands in as the name of an entry without one; coming back it is still no name.
    fn wanted(&self, sent: &SentEmail) -> Wanted {
        let served = &self.served.emails;
        let stands_in =
            |name: &str| *name == sent.address || served.iter().any(|it| it.name == it.address && it.address == *name);
        let name = match &sent.name {
            Field::Set(name) if served.iter().any(|it| it.address == sent.address && it.name == *name) => Field::Unset,
            Field::Set(name) if stands_in(name) => Field::Null,
            name => name.clone(),
        };
        Wanted { text: sent.address.clone(), name }
    }

    fn address(&mut self, place: Place, sent: Option<&AddressPatch>) {
        let index = address_at(&self.card, place);
        let Some(parts) = sent else {
            if let Some(index) = index {
                self.card.items.remove(index);
            }
            return;
        };
        let mut address = match index.and_then(|index| self.card.items.get(index)).map(|item| &item.fact) {
            Some(Fact::Address(address)) => address.clone(),
            _ => Address::default(),
        };
        let empty = PhysicalAddress::default();
        let served = self.served.addresses.get(&place).unwrap_or(&empty).clone();
        for (part, value) in parts {
            let (field, served) = match part {
                AddressPart::Street => (&mut address.street, served.street.as_ref()),
                AddressPart::City => (&mut address.city, served.city.as_ref()),
                AddressPart::State => (&mut address.state, served.state.as_ref()),
                AddressPart::PostalCode => (&mut address.postal_code, served.postal_code.as_ref()),
                AddressPart::CountryOrRegion => (&mut address.country, served.country_or_region.as_ref()),
            };
            if served.filter(|text| !text.is_empty()) != value.as_ref() {
                field.clone_from(value);
                if *part == AddressPart::CountryOrRegion {
                    // The code says the old country.
                    address.country_code = None;
                }
            }
        }
        let gone = address == Address::default();
        match index {
            Some(_) => name::store(&mut self.card, index, Fact::Address(address), gone, self.ids),
            None if gone => {}
            None => {
                let item = Item::new(self.ids.new_item_id(), Fact::Address(address));
                self.card.items.push(item.in_contexts(line_of(place).context()));
            }
        }
    }

    fn date(&mut self, kind: AnniversaryKind, date: Option<PartialDate>) {
        let place = date_at(&self.card, kind);
        match (date, place) {
            (Some(date), _) => {
                let fact = Fact::Anniversary(Anniversary { kind, date });
                name::store(&mut self.card, place, fact, false, self.ids);
            }
            (None, Some(index)) => {
                self.card.items.remove(index);
            }
            (None, None) => {}
        }
    }

    fn extended(&mut self, id: &ExtendedPropertyId, value: Option<&str>) {
        match id.slot() {
            Some(Slot::Shelf(row, rank)) => {
                row.set_at(&mut self.card, rank, value.map(Wanted::text).as_ref(), self.ids);
            }
            Some(Slot::WeddingDay) => self.date(AnniversaryKind::Wedding, value.and_then(birthday::from_wire)),
            None => {
                let place = opaque_at(&self.card, id);
                let value = value.unwrap_or_default().to_owned();
                let gone = value.is_empty();
                let fact = Fact::Opaque(Opaque { property: opaque_name(id), value });
                name::store(&mut self.card, place, fact, gone, self.ids);
            }
        }
    }
}
