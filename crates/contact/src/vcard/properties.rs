//! From one property to facts: the reading half of the mapping table.

use super::{
    android, days, encodings,
    labels::{AppleLabel, Facets, facets},
    services,
    syntax::ContentLine,
};
use crate::{
    card::CardKind,
    fact::{
        Address, Anniversary, AnniversaryKind, Email, Fact, Identifier, IdentifierKind, Organization, Phone, Relation,
        RelationKind, Title, TitleKind,
    },
};

/// What a property means here.
#[derive(Debug)]
pub(super) enum Meaning {
    /// These facts, each with its facets.
    Facts(Vec<(Fact, Facets)>),
    /// The bytes of a picture.
    Picture(Vec<u8>),
    /// A line of the name; all of a card's make one item.
    NameLine,
    /// What the card describes.
    Kind(CardKind),
    /// Bookkeeping of the writer, or nothing at all.
    Nothing,
    /// Something no lens here understands.
    Opaque,
}

/// The lines of a property's group that belong to it.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    pub(super) label: Option<AppleLabel>,
    pub(super) country_code: Option<String>,
    pub(super) phonetic: Option<String>,
    /// X-EVOLUTION-OFFICE, which stands for itself and belongs to the first company.
    pub(super) office: Option<String>,
    pub(super) lines: Vec<&'a ContentLine>,
}

/// Properties that only say something about another one.
pub(super) fn is_support(name: &str) -> bool {
    matches!(name, "X-ABLABEL" | "X-ABADR" | "X-PHONETIC-ORG" | "X-EVOLUTION-OFFICE")
}

/// Reads a property.
pub(super) fn meaning(line: &ContentLine, group: &Group<'_>) -> Meaning {
    match line.name.as_str() {
        "BEGIN" | "END" | "VERSION" | "PRODID" | "REV" | "UID" => Meaning::Nothing,
        "N"
        | "FN"
        | "X-PHONETIC-FIRST-NAME"
        | "X-PHONETIC-MIDDLE-NAME"
        | "X-PHONETIC-LAST-NAME"
        | "X-EVOLUTION-FILE-AS"
        | "X-MS-INITIALS" => Meaning::NameLine,
        "SOUND" if line.types().iter().any(|word| word.eq_ignore_ascii_case("X-IRMC-N")) => Meaning::NameLine,
        "KIND" | "X-ADDRESSBOOKSERVER-KIND" => kind(line),
        "PHOTO" => picture(line),
        _ if line.value.trim().is_empty() && group.office.is_none() && group.phonetic.is_none() => Meaning::Nothing,
        "X-ANDROID-CUSTOM" => some(android::read(line)),
        "NICKNAME" => each(line, group, Fact::Nickname),
        "CATEGORIES" => each(line, group, Fact::Keyword),
        "NOTE" => one(line, group, Fact::Note(line.text())),
        "ORG" | "X-EVOLUTION-OFFICE" | "X-PHONETIC-ORG" => organization(line, group),
        "TITLE" => one(line, group, Fact::Title(Title { kind: TitleKind::Title, name: line.text() })),
        "ROLE" => one(line, group, Fact::Title(Title { kind: TitleKind::Role, name: line.text() })),
        "EMAIL" => one(line, group, Fact::Email(email(&line.text()))),
        "TEL" | "X-MS-TEL" => phone(line, group),
        "ADR" => address(line, group),
        "URL" => one(line, group, Fact::Link(line.text())),
        "BDAY" => anniversary(line, group, AnniversaryKind::Birth),
        "ANNIVERSARY"
        | "X-ANNIVERSARY"
        | "X-EVOLUTION-ANNIVERSARY"
        | "X-MS-ANNIVERSARY"
        | "X-KADDRESSBOOK-X-ANNIVERSARY" => anniversary(line, group, AnniversaryKind::Wedding),
        "X-ABDATE" => apple_date(line, group),
        "X-ABRELATEDNAMES" | "RELATED" => relation(line, group),
        name => match (old_relation(name), identifier(name)) {
            (Some(kind), _) => one(line, group, Fact::Relation(Relation { kind, name: line.text() })),
            (_, Some(kind)) => one(line, group, Fact::Identifier(Identifier { kind, value: line.text() })),
            _ => match services::read(line) {
                Some(service) => social_facets(line, group, service),
                None => Meaning::Opaque,
            },
        },
    }
}

fn some(fact: Option<(Fact, Facets)>) -> Meaning {
    fact.map_or(Meaning::Opaque, |fact| Meaning::Facts(vec![fact]))
}

fn one(line: &ContentLine, group: &Group<'_>, fact: Fact) -> Meaning {
    Meaning::Facts(vec![(fact, facets(line, group.label.as_ref()))])
}

fn each(line: &ContentLine, group: &Group<'_>, fact: impl Fn(String) -> Fact) -> Meaning {
    let facets = facets(line, group.label.as_ref());
    Meaning::Facts(line.list().into_iter().map(|value| (fact(value), facets.clone())).collect())
}

fn kind(line: &ContentLine) -> Meaning {
    match line.text().to_ascii_lowercase().as_str() {
        "individual" => Meaning::Kind(CardKind::Individual),
        "group" => Meaning::Kind(CardKind::Group),
        "org" => Meaning::Kind(CardKind::Org),
        "location" => Meaning::Kind(CardKind::Location),
        _ => Meaning::Opaque,
    }
}

fn picture(line: &ContentLine) -> Meaning {
    let inline = match line.value.trim().get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => line.value.split_once(',').map(|(_, data)| data),
        _ => line.is_base64().then_some(line.value.as_str()),
    };
    // Stalwart and others escape the comma of a data URI.
    match inline.and_then(encodings::base64) {
        Some(bytes) => Meaning::Picture(bytes),
        None if line.value.trim().is_empty() => Meaning::Nothing,
        None => Meaning::Opaque,
    }
}

pub(super) fn present(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn organization(line: &ContentLine, group: &Group<'_>) -> Meaning {
    let mut organization = Organization { office: group.office.clone(), ..Organization::default() };
    if line.name == "ORG" {
        let parts = line.parts();
        organization.name = parts.first().and_then(|name| present(name));
        organization.units = parts.iter().skip(1).filter_map(|unit| present(unit)).collect();
        organization.phonetic = group.phonetic.clone().or_else(|| line.param("SORT-AS"));
    } else if line.name == "X-PHONETIC-ORG" {
        organization.phonetic = present(&line.text());
    } else {
        organization.office = present(&line.text());
    }
    if organization == Organization::default() {
        return Meaning::Nothing;
    }
    one(line, group, Fact::Organization(organization))
}

/// Splits `"Name" <a@b>` and drops `mailto:`.
fn email(text: &str) -> Email {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    if let Some((name, rest)) = text.rsplit_once('<')
        && let Some(address) = rest.trim_end().strip_suffix('>')
        && !address.trim().is_empty()
    {
        return Email { address: address.trim().to_owned(), name: present(name.trim().trim_matches(['"', '\''])) };
    }
    Email { address: text.to_owned(), name: None }
}

fn phone(line: &ContentLine, group: &Group<'_>) -> Meaning {
    let mut facets = facets(line, group.label.as_ref());
    let kind = facets.phone_kind();
    let text = line.text();
    let number = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or_default().to_owned(),
        _ => text,
    };
    Meaning::Facts(vec![(Fact::Phone(Phone { number, kind }), facets)])
}

fn address(line: &ContentLine, group: &Group<'_>) -> Meaning {
    let parts = line.parts();
    let part = |at: usize| parts.get(at).and_then(|part| present(part));
    let address = Address {
        po_box: part(0),
        extended: part(1),
        street: part(2),
        city: part(3),
        state: part(4),
        postal_code: part(5),
        country: part(6),
        country_code: group.country_code.clone().or_else(|| line.param("CC")).map(|code| code.to_ascii_lowercase()),
    };
    if parts.iter().all(String::is_empty) {
        return Meaning::Nothing;
    }
    one(line, group, Fact::Address(address))
}

fn anniversary(line: &ContentLine, group: &Group<'_>, kind: AnniversaryKind) -> Meaning {
    match days::day_of(line) {
        Some(date) => one(line, group, Fact::Anniversary(Anniversary { kind, date })),
        None => Meaning::Opaque,
    }
}

fn apple_date(line: &ContentLine, group: &Group<'_>) -> Meaning {
    let mut facets = facets(line, group.label.as_ref());
    let Some(date) = days::day_of(line) else { return Meaning::Opaque };
    let wedding = facets.label.as_deref().is_some_and(|label| label.eq_ignore_ascii_case("anniversary"));
    let kind = if wedding { AnniversaryKind::Wedding } else { AnniversaryKind::Other };
    if wedding {
        facets.label = None;
    }
    Meaning::Facts(vec![(Fact::Anniversary(Anniversary { kind, date }), facets)])
}

fn relation(line: &ContentLine, group: &Group<'_>) -> Meaning {
    let mut facets = facets(line, group.label.as_ref());
    let text = line.text();
    let is_text = line.param("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("text"));
    // RFC 6350 §6.6.6: a RELATED is a URI unless it says text; a link to another card is no name.
    if line.name == "RELATED" && !is_text && (text.contains(':') || text.contains('@')) {
        return Meaning::Opaque;
    }
    let by_type = facets.types.first().map(|word| (relation_kind(word), word.trim_start_matches("x-")));
    let kind = match (facets.label.take(), by_type) {
        (Some(label), by_type) => {
            let mut kind = relation_kind(&label);
            if let Some((typed, _)) = by_type.filter(|_| kind == RelationKind::Other) {
                kind = typed;
            }
            facets.label = relation_label(kind, &label);
            kind
        }
        (None, Some((kind, word))) => {
            facets.label = relation_label(kind, word).map(|word| capitalised(&word));
            kind
        }
        (None, None) => RelationKind::Other,
    };
    facets.types.clear();
    Meaning::Facts(vec![(Fact::Relation(Relation { kind, name: text }), facets)])
}

/// The kind a label or type word names.
pub(super) fn relation_kind(word: &str) -> RelationKind {
    match word.to_lowercase().as_str() {
        "spouse" => RelationKind::Spouse,
        "child" | "son" | "daughter" => RelationKind::Child,
        "manager" | "x-manager" => RelationKind::Manager,
        "assistant" | "agent" => RelationKind::Assistant,
        _ => RelationKind::Other,
    }
}

/// What the label says beyond the kind; `None` when the kind says it all.
pub(super) fn relation_label(kind: RelationKind, word: &str) -> Option<String> {
    let told = match kind {
        RelationKind::Spouse => "spouse",
        RelationKind::Child => "child",
        RelationKind::Manager => "manager",
        RelationKind::Assistant => "assistant",
        RelationKind::Other => "other",
    };
    let agent = kind == RelationKind::Assistant && word.eq_ignore_ascii_case("agent");
    let contact = kind == RelationKind::Other && word.eq_ignore_ascii_case("contact");
    let told = word.is_empty() || word.eq_ignore_ascii_case(told) || agent || contact;
    (!told).then(|| word.to_owned())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Properties for relations from before RFC 6350, by program.
fn old_relation(name: &str) -> Option<RelationKind> {
    Some(match name {
        "X-SPOUSE" | "X-EVOLUTION-SPOUSE" | "X-MS-SPOUSE" | "X-KADDRESSBOOK-X-SPOUSENAME" => RelationKind::Spouse,
        "X-CHILD" | "X-MS-CHILD" => RelationKind::Child,
        "X-MANAGER" | "X-EVOLUTION-MANAGER" | "X-MS-MANAGER" | "X-KADDRESSBOOK-X-MANAGERSNAME" => RelationKind::Manager,
        "X-ASSISTANT" | "X-EVOLUTION-ASSISTANT" | "X-MS-ASSISTANT" | "X-KADDRESSBOOK-X-ASSISTANTSNAME" => {
            RelationKind::Assistant
        }
        _ => return None,
    })
}

/// Exchange's fields without a vCard property, under names of Exchange's own.
fn identifier(name: &str) -> Option<IdentifierKind> {
    IDENTIFIERS.iter().find(|(_, property)| *property == name).map(|(kind, _)| *kind)
}

/// The property each identifier is written as.
pub(super) const IDENTIFIERS: &[(IdentifierKind, &str)] = &[
    (IdentifierKind::CustomerId, "X-MS-CUSTOMER-ID"),
    (IdentifierKind::GovernmentId, "X-MS-GOVERNMENT-ID"),
    (IdentifierKind::AccountName, "X-MS-ACCOUNT-NAME"),
    (IdentifierKind::Alias, "X-MS-ALIAS"),
    (IdentifierKind::WeightedRank, "X-MS-WEIGHTED-RANK"),
];

fn social_facets(line: &ContentLine, group: &Group<'_>, service: crate::fact::OnlineService) -> Meaning {
    let mut facets = facets(line, group.label.as_ref());
    facets.types.clear();
    // A type that named the service is no label.
    if group.label.is_none() {
        facets.label = None;
    }
    Meaning::Facts(vec![(Fact::OnlineService(service), facets)])
}
