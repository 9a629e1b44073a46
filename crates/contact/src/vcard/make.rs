//! From a fact to properties: the writing half of the mapping table.

use super::{
    VcardVersion, days,
    labels::apple_label,
    properties::{IDENTIFIERS, relation_kind},
    services,
    written::{Made, Value},
};
use crate::{
    card::{Context, Item},
    date::PartialDate,
    fact::{
        Address, Anniversary, AnniversaryKind, Fact, Name, OnlineService, Organization, Phone, PhoneKind, Relation,
        RelationKind, ServiceKind, TitleKind,
    },
    names::composed,
};

/// The properties of an item, photos and opaque ones aside. `fallback` is what a nameless card is called;
/// `first_company` may use the lines that have no group.
pub(super) fn properties(item: &Item, version: VcardVersion, fallback: &str, first_company: bool) -> Vec<Made> {
    let mut made = match &item.fact {
        Fact::Name(name) => return name_lines(name, version, fallback),
        Fact::Organization(organization) => company(organization, version, first_company),
        Fact::Nickname(text) => vec![Made::new("NICKNAME", Value::List(vec![text.clone()]))],
        Fact::Keyword(text) => vec![Made::new("CATEGORIES", Value::List(vec![text.clone()]))],
        Fact::Title(title) => {
            vec![Made::text(if title.kind == TitleKind::Title { "TITLE" } else { "ROLE" }, &title.name)]
        }
        Fact::Email(email) => {
            let text = match &email.name {
                Some(name) => format!("\"{name}\" <{}>", email.address),
                None => email.address.clone(),
            };
            let mut made = Made::text("EMAIL", &text);
            if version != VcardVersion::V4 {
                made.types.push("INTERNET".to_owned());
            }
            vec![made]
        }
        Fact::Phone(phone) => vec![number(phone, version, item.label.is_some())],
        Fact::Address(address) => vec![postal(address, version)],
        Fact::Link(link) => vec![link_line(link, version)],
        Fact::OnlineService(service) => vec![account(service, version)],
        Fact::Anniversary(anniversary) => vec![date(anniversary, version, item.label.is_some())],
        Fact::Relation(relation) => vec![relative(relation, version, item.label.as_deref())],
        Fact::Note(text) => vec![Made::text("NOTE", text)],
        Fact::Identifier(identifier) => {
            let property = IDENTIFIERS.iter().find(|(kind, _)| *kind == identifier.kind);
            property.map(|(_, property)| Made::text(*property, &identifier.value)).into_iter().collect()
        }
        Fact::Photo(_) | Fact::Opaque(_) => Vec::new(),
    };
    if let Some(first) = made.first_mut() {
        add_facets(first, item, version);
    }
    made
}

fn add_facets(made: &mut Made, item: &Item, version: VcardVersion) {
    let words = item.contexts.iter().map(|context| match context {
        Context::Private => "HOME",
        Context::Work => "WORK",
    });
    made.types.splice(0..0, words.map(str::to_owned));
    match (item.pref, version) {
        (Some(1), VcardVersion::V2_1 | VcardVersion::V3) => made.types.push("pref".to_owned()),
        (Some(pref), VcardVersion::V3 | VcardVersion::V4) => made.params.push(("PREF", pref.to_string())),
        _ => {}
    }
    if let Some(label) = &item.label {
        made.companions.insert(0, ("X-ABLabel", apple_label(label)));
    }
}

fn or_empty(part: Option<&String>) -> String {
    part.cloned().unwrap_or_default()
}

fn name_lines(name: &Name, version: VcardVersion, fallback: &str) -> Vec<Made> {
    let parts = [&name.surname, &name.given, &name.given2, &name.prefix, &name.suffix];
    let mut n = Made::new("N", Value::Parts(parts.map(|part| or_empty(part.as_ref())).to_vec()));
    let full = name.full.clone().or_else(|| composed(name)).unwrap_or_else(|| fallback.to_owned());
    let mut made = Vec::new();
    let sounds = [&name.phonetic_surname, &name.phonetic_given, &name.phonetic_given2];
    if version == VcardVersion::V4 {
        n.params.extend(name.file_as.clone().map(|text| ("SORT-AS", text)));
        if sounds.iter().any(|sound| sound.is_some()) {
            let mut heard = Made::new("N", Value::Parts(sounds.map(|part| or_empty(part.as_ref())).to_vec()));
            n.params.push(("ALTID", "1".to_owned()));
            heard.params.extend([("ALTID", "1".to_owned()), ("PHONETIC", "script".to_owned())]);
            made.push(heard);
        }
    } else {
        let properties = ["X-PHONETIC-LAST-NAME", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-MIDDLE-NAME"];
        for (property, sound) in properties.into_iter().zip(sounds) {
            made.extend(sound.as_ref().map(|sound| Made::text(property, sound)));
        }
        made.extend(name.file_as.as_ref().map(|text| Made::text("X-EVOLUTION-FILE-AS", text)));
    }
    made.extend(name.initials.as_ref().map(|text| Made::text("X-MS-INITIALS", text)));
    made.splice(0..0, [n, Made::text("FN", &full)]);
    made
}

fn company(organization: &Organization, version: VcardVersion, first: bool) -> Vec<Made> {
    let mut parts = vec![or_empty(organization.name.as_ref())];
    parts.extend(organization.units.iter().cloned());
    let mut beside = Vec::new();
    let mut org = Made::new("ORG", Value::Parts(parts));
    let nameless = organization.name.is_none() && organization.units.is_empty();
    match (&organization.phonetic, version) {
        (Some(sound), VcardVersion::V4) if !nameless => org.params.push(("SORT-AS", sound.clone())),
        (Some(sound), _) => beside.push(("X-PHONETIC-ORG", sound.clone())),
        (None, _) => {}
    }
    beside.extend(organization.office.clone().map(|office| ("X-EVOLUTION-OFFICE", office)));
    if !first || nameless {
        org.companions = beside;
        return vec![org];
    }
    let lone = beside.iter().map(|(property, text)| Made::text(*property, text));
    std::iter::once(org).chain(lone).collect()
}

fn number(phone: &Phone, version: VcardVersion, labelled: bool) -> Made {
    let mut made = Made::text("TEL", &phone.number);
    let v4 = version == VcardVersion::V4;
    // What no version has a type for goes under a type of our own, and under a label for people to see.
    let (types, label): (&[&str], Option<&'static str>) = match phone.kind {
        PhoneKind::Voice => (&["VOICE"], None),
        PhoneKind::Mobile => (&["CELL", "VOICE"], None),
        PhoneKind::Fax => (&["FAX"], None),
        PhoneKind::Pager => (&["PAGER"], None),
        PhoneKind::Video => (&["VIDEO"], None),
        PhoneKind::Main if v4 => (&["MAIN-NUMBER"], None),
        PhoneKind::Main => (&["MAIN"], None),
        PhoneKind::Car if v4 => (&["X-CAR"], Some("Car")),
        PhoneKind::Car => (&["CAR"], None),
        PhoneKind::Radio => (&["X-RADIO"], Some("Radio")),
        PhoneKind::Assistant => (&["X-ASSISTANT"], Some("_$!<Assistant>!$_")),
        PhoneKind::Text if v4 => (&["TEXT"], None),
        PhoneKind::Text => (&["X-MMS"], Some("MMS")),
        PhoneKind::Textphone if v4 => (&["TEXTPHONE"], None),
        PhoneKind::Textphone => (&["X-TEXTPHONE"], Some("Textphone")),
    };
    made.types = types.iter().map(|word| (*word).to_owned()).collect();
    if let Some(label) = label.filter(|_| !labelled) {
        made.companions.push(("X-ABLabel", label.to_owned()));
    }
    made
}

fn postal(address: &Address, version: VcardVersion) -> Made {
    let parts = [
        &address.po_box,
        &address.extended,
        &address.street,
        &address.city,
        &address.state,
        &address.postal_code,
        &address.country,
    ];
    let mut made = Made::new("ADR", Value::Parts(parts.map(|part| or_empty(part.as_ref())).to_vec()));
    match (&address.country_code, version) {
        (Some(code), VcardVersion::V4) => made.params.push(("CC", code.to_uppercase())),
        (Some(code), _) => made.companions.push(("X-ABADR", code.clone())),
        (None, _) => {}
    }
    made
}

/// A web address has no escapes in vCard 4.0, and in 3.0 programs disagree; only what would break the line goes.
fn link_line(link: &str, version: VcardVersion) -> Made {
    if version == VcardVersion::V2_1 || link.contains(['\\', '\n', '\r']) {
        return Made::text("URL", link);
    }
    Made::raw("URL", link.to_owned())
}

fn account(service: &OnlineService, version: VcardVersion) -> Made {
    let v4 = version == VcardVersion::V4;
    let named = |param| service.service.clone().map(|name| (param, name));
    match service.kind {
        ServiceKind::Messaging => {
            let mut made = Made::text("IMPP", &services::uri(service));
            made.params.extend(named(if v4 { "SERVICE-TYPE" } else { "X-SERVICE-TYPE" }));
            made
        }
        ServiceKind::Social if v4 => {
            let mut made = Made::text("SOCIALPROFILE", &service.user);
            made.params.extend(named("SERVICE-TYPE"));
            if !service.user.contains("://") {
                made.params.push(("VALUE", "text".to_owned()));
            }
            made
        }
        ServiceKind::Social => {
            let is_address = service.user.contains("://");
            let text = if is_address { service.user.clone() } else { format!("x-apple:{}", service.user) };
            let mut made = Made::text("X-SOCIALPROFILE", &text);
            made.types.extend(service.service.clone());
            if !is_address {
                made.params.push(("x-user", service.user.clone()));
            }
            made
        }
    }
}

fn date(anniversary: &Anniversary, version: VcardVersion, labelled: bool) -> Made {
    let property = match (anniversary.kind, version) {
        (AnniversaryKind::Birth, _) => "BDAY",
        (AnniversaryKind::Wedding, VcardVersion::V4) => "ANNIVERSARY",
        // A wedding day with a label of its own: X-ABDATE would lose what it is.
        (AnniversaryKind::Wedding, _) if labelled => "X-ANNIVERSARY",
        (AnniversaryKind::Wedding | AnniversaryKind::Other, _) => "X-ABDATE",
    };
    let mut made = day_line(property, anniversary.date, version);
    if anniversary.kind == AnniversaryKind::Wedding && property == "X-ABDATE" {
        made.companions.push(("X-ABLabel", "_$!<Anniversary>!$_".to_owned()));
    }
    made
}

fn day_line(property: &str, day: PartialDate, version: VcardVersion) -> Made {
    match (day.year(), version) {
        (None, VcardVersion::V3) => {
            let text = format!("{}-{:02}-{:02}", days::APPLE_NO_YEAR, day.month(), day.day());
            let mut made = Made::raw(property, text);
            made.params.push(("X-APPLE-OMIT-YEAR", days::APPLE_NO_YEAR.to_string()));
            made
        }
        (Some(_), VcardVersion::V2_1 | VcardVersion::V3) | (None, VcardVersion::V2_1) => {
            Made::raw(property, day.to_string())
        }
        (Some(year), VcardVersion::V4) => Made::raw(property, format!("{year:04}{:02}{:02}", day.month(), day.day())),
        (None, VcardVersion::V4) => Made::raw(property, format!("--{:02}{:02}", day.month(), day.day())),
    }
}

fn relative(relation: &Relation, version: VcardVersion, label: Option<&str>) -> Made {
    let word = match relation.kind {
        RelationKind::Spouse => Some("Spouse"),
        RelationKind::Child => Some("Child"),
        RelationKind::Manager => Some("Manager"),
        RelationKind::Assistant => Some("Assistant"),
        RelationKind::Other => None,
    };
    let in_label = label.is_some_and(|label| relation_kind(label) == relation.kind);
    let v4 = version == VcardVersion::V4;
    let mut made = Made::text(if v4 { "RELATED" } else { "X-ABRELATEDNAMES" }, &relation.name);
    if v4 {
        made.params.push(("VALUE", "text".to_owned()));
    }
    if let Some(word) = word.filter(|_| !in_label) {
        if !v4 && label.is_none() {
            made.companions.push(("X-ABLabel", apple_label(word)));
        } else {
            made.types.push(type_word(relation.kind).to_owned());
        }
    }
    made
}

/// RFC 6350 §6.6.6 has no word for a manager.
fn type_word(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Spouse => "spouse",
        RelationKind::Child => "child",
        RelationKind::Assistant => "agent",
        RelationKind::Manager => "x-manager",
        RelationKind::Other => "contact",
    }
}
