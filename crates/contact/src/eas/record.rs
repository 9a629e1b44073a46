//! Facts of several parts (name, company, postal address) whose parts each have an element of their own.

use super::Property;
use crate::{
    Card, Context, Fact, Item,
    fact::{Address, Name, Organization},
    names,
};

/// A fact that several elements show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Name,
    /// The most preferred company.
    Organization,
    /// The first address at home without a label of its own.
    HomeAddress,
    /// The first one at work without a label of its own.
    BusinessAddress,
    /// The first one that is neither; those without a label before those with one.
    OtherAddress,
}

impl Record {
    pub(super) const ALL: [Self; 5] =
        [Self::Name, Self::Organization, Self::HomeAddress, Self::BusinessAddress, Self::OtherAddress];

    /// The elements that show its parts.
    pub(super) const fn elements(self) -> &'static [Property] {
        use Property as P;
        match self {
            Self::Name => {
                &[P::FirstName, P::MiddleName, P::LastName, P::Title, P::Suffix, P::YomiFirstName, P::YomiLastName]
            }
            Self::Organization => &[P::CompanyName, P::Department, P::YomiCompanyName, P::OfficeLocation],
            Self::HomeAddress => &[
                P::HomeAddressStreet,
                P::HomeAddressCity,
                P::HomeAddressState,
                P::HomeAddressPostalCode,
                P::HomeAddressCountry,
            ],
            Self::BusinessAddress => &[
                P::BusinessAddressStreet,
                P::BusinessAddressCity,
                P::BusinessAddressState,
                P::BusinessAddressPostalCode,
                P::BusinessAddressCountry,
            ],
            Self::OtherAddress => &[
                P::OtherAddressStreet,
                P::OtherAddressCity,
                P::OtherAddressState,
                P::OtherAddressPostalCode,
                P::OtherAddressCountry,
            ],
        }
    }

    /// Where in `card.items` the fact shown stands; `None` when the card has none.
    pub(super) fn position(self, card: &Card) -> Option<usize> {
        let ranked = card.items.iter().enumerate().filter_map(|(at, item)| Some((self.rank(item)?, item, at)));
        ranked.min_by_key(|(rank, item, at)| (*rank, item.pref.unwrap_or(u8::MAX), *at)).map(|(_, _, at)| at)
    }

    /// `None` for an item this record never shows; of the others the least is shown.
    fn rank(self, item: &Item) -> Option<u8> {
        let labelled = u8::from(item.label.is_some());
        let at = |context| item.contexts.contains(&context);
        match (self, &item.fact) {
            (Self::Name, Fact::Name(_)) | (Self::Organization, Fact::Organization(_)) => Some(0),
            (Self::HomeAddress, Fact::Address(_)) => (labelled == 0 && at(Context::Private)).then_some(0),
            (Self::BusinessAddress, Fact::Address(_)) => {
                (labelled == 0 && at(Context::Work) && !at(Context::Private)).then_some(0)
            }
            (Self::OtherAddress, Fact::Address(_)) => (labelled == 1 || item.contexts.is_empty()).then_some(labelled),
            _ => None,
        }
    }

    /// An empty fact and the contexts by which this record finds it again.
    pub(super) fn empty(self) -> (Fact, Option<Context>) {
        match self {
            Self::Name => (Fact::Name(Name::default()), None),
            Self::Organization => (Fact::Organization(Organization::default()), None),
            Self::HomeAddress => (Fact::Address(Address::default()), Some(Context::Private)),
            Self::BusinessAddress => (Fact::Address(Address::default()), Some(Context::Work)),
            Self::OtherAddress => (Fact::Address(Address::default()), None),
        }
    }
}

/// The card's name.
pub(super) fn name_of(card: &Card) -> Option<&Name> {
    card.items.iter().find_map(|item| match &item.fact {
        Fact::Name(name) => Some(name),
        _ => None,
    })
}

/// The company shown.
pub(super) fn organization_of(card: &Card) -> Option<&Organization> {
    match &card.items.get(Record::Organization.position(card)?)?.fact {
        Fact::Organization(organization) => Some(organization),
        _ => None,
    }
}

/// The part of the fact that the element shows.
pub(super) fn part(fact: &Fact, element: Property) -> Option<&str> {
    let part = match fact {
        Fact::Name(name) => return name_part(name, element),
        Fact::Organization(organization) => match element {
            Property::CompanyName => &organization.name,
            Property::YomiCompanyName => &organization.phonetic,
            Property::OfficeLocation => &organization.office,
            Property::Department => return organization.units.first().map(String::as_str),
            _ => return None,
        },
        Fact::Address(address) => match element {
            Property::HomeAddressStreet | Property::BusinessAddressStreet | Property::OtherAddressStreet => {
                &address.street
            }
            Property::HomeAddressCity | Property::BusinessAddressCity | Property::OtherAddressCity => &address.city,
            Property::HomeAddressState | Property::BusinessAddressState | Property::OtherAddressState => &address.state,
            Property::HomeAddressPostalCode
            | Property::BusinessAddressPostalCode
            | Property::OtherAddressPostalCode => &address.postal_code,
            Property::HomeAddressCountry | Property::BusinessAddressCountry | Property::OtherAddressCountry => {
                &address.country
            }
            _ => return None,
        },
        _ => return None,
    };
    part.as_deref()
}

/// The part of a name that the element shows.
pub(super) fn name_part(name: &Name, element: Property) -> Option<&str> {
    if is_written_out_only(name) && is_name_part(element) {
        return word_of(name, element);
    }
    let part = match element {
        Property::FirstName => &name.given,
        Property::MiddleName => &name.given2,
        Property::LastName => &name.surname,
        Property::Title => &name.prefix,
        Property::Suffix => &name.suffix,
        Property::YomiFirstName => &name.phonetic_given,
        Property::YomiLastName => &name.phonetic_surname,
        _ => return None,
    };
    part.as_deref()
}

/// Whether a name is known whole and not by its parts (a vCard with FN alone, a Graph contact with a displayName alone).
pub(super) fn is_written_out_only(name: &Name) -> bool {
    name.full.as_ref().is_some_and(|full| !full.trim().is_empty())
        && [&name.given, &name.given2, &name.surname, &name.prefix, &name.suffix].iter().all(|part| part.is_none())
}

/// The elements that show the parts a full name is composed of.
pub(super) const NAME_PARTS: [Property; 5] =
    [Property::FirstName, Property::MiddleName, Property::LastName, Property::Title, Property::Suffix];

fn is_name_part(element: Property) -> bool {
    NAME_PARTS.contains(&element)
}

/// The part of a name that is only written out whole: a phone would show a contact without a name otherwise. The last
/// word is the last name, the words before it are the first; one word alone is a first name.
fn word_of(name: &Name, element: Property) -> Option<&str> {
    let full = name.full.as_deref()?.trim();
    match (element, full.rsplit_once(char::is_whitespace)) {
        (Property::FirstName, Some((first, _))) => Some(first.trim_end()),
        (Property::LastName, Some((_, last))) => Some(last),
        (Property::FirstName, None) => Some(full),
        _ => None,
    }
}

/// The same name with the parts that [`part`] shows of it, so that one of them can be edited. The full name of one that
/// was only written out is then composed of them.
pub(super) fn taken_apart(name: &Name) -> Name {
    if !is_written_out_only(name) {
        return name.clone();
    }
    let word = |element| word_of(name, element).map(str::to_owned);
    let apart = Name { given: word(Property::FirstName), surname: word(Property::LastName), ..name.clone() };
    Name { full: names::composed(&apart), ..apart }
}

/// Sets the parts of the fact that these elements show, and drops what the change makes untrue.
pub(super) fn set_parts<'a>(fact: &mut Fact, changes: impl Iterator<Item = (Property, Option<&'a String>)> + Clone) {
    // Once and before all: of a name whose first name is just cleared the full name is no writing out of the rest.
    if let Fact::Name(name) = fact
        && changes.clone().any(|(element, _)| is_name_part(element))
    {
        *name = taken_apart(name);
    }
    for (element, text) in changes {
        set_part(fact, element, text.cloned());
    }
}

fn set_part(fact: &mut Fact, element: Property, text: Option<String>) {
    let part = match fact {
        Fact::Name(name) => match element {
            Property::FirstName => &mut name.given,
            Property::MiddleName => &mut name.given2,
            Property::LastName => &mut name.surname,
            Property::Title => &mut name.prefix,
            Property::Suffix => &mut name.suffix,
            Property::YomiFirstName => &mut name.phonetic_given,
            Property::YomiLastName => &mut name.phonetic_surname,
            _ => return,
        },
        Fact::Organization(organization) => match element {
            Property::CompanyName => &mut organization.name,
            Property::YomiCompanyName => &mut organization.phonetic,
            Property::OfficeLocation => &mut organization.office,
            Property::Department => return set_department(&mut organization.units, text),
            _ => return,
        },
        Fact::Address(address) => match element {
            Property::HomeAddressStreet | Property::BusinessAddressStreet | Property::OtherAddressStreet => {
                &mut address.street
            }
            Property::HomeAddressCity | Property::BusinessAddressCity | Property::OtherAddressCity => &mut address.city,
            Property::HomeAddressState | Property::BusinessAddressState | Property::OtherAddressState => {
                &mut address.state
            }
            Property::HomeAddressPostalCode
            | Property::BusinessAddressPostalCode
            | Property::OtherAddressPostalCode => &mut address.postal_code,
            Property::HomeAddressCountry | Property::BusinessAddressCountry | Property::OtherAddressCountry => {
                address.country_code = None;
                &mut address.country
            }
            _ => return,
        },
        _ => return,
    };
    *part = text;
}

/// The sub-units of a cleared department stay where they are: an empty first unit keeps their place.
fn set_department(units: &mut Vec<String>, text: Option<String>) {
    match (units.first_mut(), text) {
        (Some(first), Some(text)) => *first = text,
        (None, Some(text)) => units.push(text),
        (Some(first), None) => first.clear(),
        (None, None) => {}
    }
    if units.iter().all(String::is_empty) {
        units.clear();
    }
}

/// Whether nothing is left that anybody would miss: an address without what the person saw of it is gone.
pub(super) fn is_spent(record: Record, fact: &Fact) -> bool {
    match fact {
        Fact::Name(name) => *name == Name::default(),
        Fact::Organization(organization) => *organization == Organization::default(),
        Fact::Address(_) => record.elements().iter().all(|&element| part(fact, element).is_none_or(str::is_empty)),
        _ => false,
    }
}
