//! Names as people read them: composed from their parts, and texts that were composed and follow their parts.

use crate::{Card, Fact, fact::Name};

/// The name to show for a card: the person's own writing of it, else composed of its parts, else the company, the
/// nickname, an e-mail address or a number. Empty only for a card with none of these.
#[must_use]
pub fn display_name(card: &Card) -> String {
    let first = |pick: fn(&Fact) -> Option<String>| {
        card.items.iter().find_map(|item| pick(&item.fact).filter(|text| !text.trim().is_empty()))
    };
    first(|fact| match fact {
        Fact::Name(name) => name.full.clone().filter(|full| !full.trim().is_empty()).or_else(|| composed(name)),
        _ => None,
    })
    .or_else(|| {
        first(|fact| match fact {
            Fact::Organization(organization) => organization.name.clone(),
            _ => None,
        })
    })
    .or_else(|| {
        first(|fact| match fact {
            Fact::Nickname(nickname) => Some(nickname.clone()),
            _ => None,
        })
    })
    .or_else(|| {
        first(|fact| match fact {
            Fact::Email(email) => Some(email.address.clone()),
            _ => None,
        })
    })
    .or_else(|| {
        first(|fact| match fact {
            Fact::Phone(phone) => Some(phone.number.clone()),
            _ => None,
        })
    })
    .unwrap_or_default()
}

/// The parts of a name in Western order ("Dr. Ada M. King Jr."); `None` when there are none.
#[must_use]
pub fn composed(name: &Name) -> Option<String> {
    join(&[&name.prefix, &name.given, &name.given2, &name.surname, &name.suffix])
}

/// The full name after its parts changed from `before` to `after`: a full name that was composed of the parts is
/// composed again in the same way, a person's own writing stays.
pub(crate) fn full_following(before: &Name, after: &Name) -> Option<String> {
    match full_pattern(before) {
        Some(pattern) => pattern.compose(after),
        None => before.full.clone(),
    }
}

/// The way in which the full name is composed of the parts; `None` when it is somebody's own writing or missing.
pub(crate) fn full_pattern(name: &Name) -> Option<FullName> {
    FullName::ALL.into_iter().find(|pattern| name.full.is_some() && pattern.compose(name) == name.full)
}

/// The ways in which programs compose a full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FullName {
    AllParts,
    WithoutPrefix,
    WithoutTitles,
    GivenSurname,
    SurnameGiven,
}

impl FullName {
    const ALL: [Self; 5] =
        [Self::AllParts, Self::WithoutPrefix, Self::WithoutTitles, Self::GivenSurname, Self::SurnameGiven];

    pub(crate) fn compose(self, name: &Name) -> Option<String> {
        match self {
            Self::AllParts => composed(name),
            Self::WithoutPrefix => join(&[&name.given, &name.given2, &name.surname, &name.suffix]),
            Self::WithoutTitles => join(&[&name.given, &name.given2, &name.surname]),
            Self::GivenSurname => join(&[&name.given, &name.surname]),
            Self::SurnameGiven => join(&[&name.surname, &name.given]),
        }
    }
}

fn join(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
