//! Facts in a few words, for tables.

use crate::{
    Fact,
    fact::{AnniversaryKind, PhoneKind},
};

/// What kind of fact it is.
pub(super) fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Name(_) => "name",
        Fact::Nickname(_) => "nickname",
        Fact::Organization(_) => "company",
        Fact::Title(_) => "title",
        Fact::Email(_) => "e-mail",
        Fact::Phone(phone) => match phone.kind {
            PhoneKind::Mobile => "mobile",
            PhoneKind::Fax => "fax",
            PhoneKind::Pager => "pager",
            _ => "phone",
        },
        Fact::Address(_) => "address",
        Fact::Link(_) => "link",
        Fact::OnlineService(_) => "messenger",
        Fact::Anniversary(day) => match day.kind {
            AnniversaryKind::Birth => "birthday",
            AnniversaryKind::Wedding => "wedding day",
            AnniversaryKind::Other => "day",
        },
        Fact::Relation(_) => "relation",
        Fact::Note(_) => "note",
        Fact::Keyword(_) => "category",
        Fact::Photo(_) => "photo",
        Fact::Identifier(_) => "identifier",
        Fact::Opaque(_) => "other",
    }
}

/// What it says.
pub(super) fn words(fact: &Fact) -> String {
    let join =
        |parts: &[&Option<String>]| parts.iter().filter_map(|part| part.as_deref()).collect::<Vec<_>>().join(", ");
    match fact {
        Fact::Name(name) => name
            .full
            .clone()
            .or_else(|| crate::names::composed(name))
            .or_else(|| name.file_as.clone())
            .unwrap_or_default(),
        Fact::Nickname(text) | Fact::Link(text) | Fact::Note(text) | Fact::Keyword(text) => text.clone(),
        Fact::Organization(company) => {
            let name = company.name.clone().into_iter();
            name.chain(company.units.iter().cloned()).chain(company.office.clone()).collect::<Vec<_>>().join(", ")
        }
        Fact::Title(title) => title.name.clone(),
        Fact::Email(email) => match &email.name {
            Some(name) => format!("{name} <{}>", email.address),
            None => email.address.clone(),
        },
        Fact::Phone(phone) => phone.number.clone(),
        Fact::Address(address) => {
            join(&[&address.street, &address.postal_code, &address.city, &address.state, &address.country])
        }
        Fact::OnlineService(account) => account.user.clone(),
        Fact::Anniversary(day) => {
            let (month, date) = (day.date.month(), day.date.day());
            day.date
                .year()
                .map_or_else(|| format!("--{month:02}-{date:02}"), |year| format!("{year:04}-{month:02}-{date:02}"))
        }
        Fact::Relation(relation) => relation.name.clone(),
        Fact::Photo(photo) => photo.media_type.clone(),
        Fact::Identifier(identifier) => identifier.value.clone(),
        Fact::Opaque(opaque) => format!("{}: {}", opaque.property, opaque.value),
    }
}
