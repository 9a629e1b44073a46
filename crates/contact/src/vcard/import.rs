//! From content lines to a card.

use super::{
    VcardVersion, days,
    labels::{AppleLabel, Facets},
    name,
    pictures::{self, PreparedPhoto},
    properties::{self, Group, Meaning, present},
    reader::CardError,
    syntax::ContentLine,
};
use crate::{
    card::{Card, CardKind, Item, Source},
    fact::{Fact, Name, Opaque},
    ids::NewItemIds,
    names::composed,
};

/// A card read from a vCard.
#[derive(Debug, Clone)]
pub struct ImportedCard {
    /// The card; its UID is the vCard's, or minted from the handed-in ids when the vCard has none.
    pub card: Card,
    /// The vCard had a UID; a minted one differs each time the same file is read.
    pub has_uid: bool,
    /// The pictures its photo items name, to be stored with it.
    pub photos: Vec<PreparedPhoto>,
    /// When it was last changed, by its own word (REV), in microseconds since 1970. A time without a zone is UTC.
    pub revised_at: Option<i64>,
    /// The line its BEGIN:VCARD stands on, counted from 1.
    pub line: usize,
    /// Lines of it that could not be read and are not in the card.
    pub remarks: Vec<CardError>,
}

/// An item before it has an id.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) content: Content,
    pub(super) facets: Facets,
    /// The lines it came from; empty when they cannot be given back word for word.
    pub(super) lines: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Content {
    Fact(Fact),
    /// The decoded bytes, and the property as it was for a format that is no picture here.
    Picture(Vec<u8>, Opaque),
}

/// What the lines of a card, or of a single item, say.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) uid: Option<String>,
    pub(super) revised_at: Option<i64>,
    pub(super) kind: CardKind,
    pub(super) version: VcardVersion,
    pub(super) items: Vec<Draft>,
}

/// Builds the card of these lines.
pub(super) fn card(lines: &[ContentLine], ids: &mut dyn NewItemIds) -> ImportedCard {
    let read = drafts(lines);
    let mut imported = ImportedCard {
        card: Card { uid: String::new(), kind: read.kind, items: Vec::new() },
        has_uid: read.uid.is_some(),
        revised_at: read.revised_at,
        photos: Vec::new(),
        line: 1,
        remarks: Vec::new(),
    };
    for draft in read.items {
        let (item, photo) = draft.into_item(read.version, !imported.photos.is_empty(), ids);
        imported.card.items.push(item);
        imported.photos.extend(photo);
    }
    imported.card.uid = read.uid.unwrap_or_else(|| minted_uid(ids));
    imported
}

/// A random UID in the form of RFC 9562, from two ids.
fn minted_uid(ids: &mut dyn NewItemIds) -> String {
    let (high, low) = (ids.new_item_id().0, ids.new_item_id().0);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

impl Draft {
    fn into_item(
        self,
        version: VcardVersion,
        has_photo: bool,
        ids: &mut dyn NewItemIds,
    ) -> (Item, Option<PreparedPhoto>) {
        let (fact, lines, photo) = match self.content {
            Content::Fact(fact) => (fact, self.lines, None),
            Content::Picture(bytes, opaque) => match pictures::prepare(&bytes).filter(|_| !has_photo) {
                Some(photo) => {
                    let heads = self.lines.iter().map(|line| pictures::without_data(line)).collect();
                    (Fact::Photo(pictures::fact(&photo)), heads, Some(photo))
                }
                None => (Fact::Opaque(opaque), self.lines, None),
            },
        };
        let mut item = Item::new(ids.new_item_id(), fact);
        item.contexts = self.facets.contexts;
        item.label = self.facets.label;
        item.pref = self.facets.pref;
        item.source = source(lines, version);
        (item, photo)
    }
}

/// Lines are of vCard 3.0 unless the first is another VERSION.
fn source(mut lines: Vec<String>, version: VcardVersion) -> Source {
    if !lines.is_empty() && version != VcardVersion::V3 {
        lines.insert(0, format!("VERSION:{}", version.number()));
    }
    Source { vcard: lines }
}

/// What the lines say, in their order; the name stands where its first line stands.
pub(super) fn drafts(lines: &[ContentLine]) -> Drafts {
    let mut read = Drafts { version: lines.first().map_or(VcardVersion::V3, |line| line.version), ..Drafts::default() };
    let mut name_at = None;
    let mut name_lines = Vec::new();
    let mut lone_org_lines_taken = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if at > 1 && is_of_card(line, "BEGIN") {
            at += take_nested(&mut read, lines.get(at - 1..).unwrap_or_default()).saturating_sub(1);
            continue;
        }
        if line.name == "UID" {
            read.uid = present(&line.text()).or(read.uid);
        }
        if line.name == "REV" {
            read.revised_at = days::moment(&line.text()).or(read.revised_at);
        }
        let owner = supported(lines, line, lone_org_lines_taken);
        if owner == Owner::Another {
            continue;
        }
        let takes_lone = line.name == "ORG" && !lone_org_lines_taken;
        let group = group_of(lines, line, takes_lone);
        lone_org_lines_taken |= takes_lone;
        match properties::meaning(line, &group) {
            Meaning::Nothing => {}
            Meaning::Kind(kind) => read.kind = kind,
            Meaning::NameLine => {
                name_at.get_or_insert(read.items.len());
                name_lines.push(line);
            }
            Meaning::Facts(facts) => {
                for (fact, facets) in facts {
                    read.items.push(Draft { content: Content::Fact(fact), facets, lines: kept(&group.lines) });
                }
            }
            Meaning::Picture(bytes) => {
                let facets = Facets::default();
                let content = Content::Picture(bytes, opaque(line));
                read.items.push(Draft { content, facets, lines: kept(&group.lines) });
            }
            Meaning::Opaque => read.items.push(Draft {
                content: Content::Fact(Fact::Opaque(opaque(line))),
                facets: Facets::default(),
                lines: group.lines.iter().map(|line| line.to_keep()).collect(),
            }),
        }
    }
    if let Some(at) = name_at {
        insert_name(&mut read.items, at, &name_lines);
    }
    read
}

fn opaque(line: &ContentLine) -> Opaque {
    // Apple's name of it in 3.0; one name makes it the same property in every version.
    let name = if line.name == "X-ADDRESSBOOKSERVER-MEMBER" { "MEMBER" } else { &line.name };
    Opaque { property: format!("vcard:{name}"), value: line.value.clone() }
}

fn kept(lines: &[&ContentLine]) -> Vec<String> {
    let written: Option<Vec<String>> = lines.iter().map(|line| line.written.clone()).collect();
    written.unwrap_or_default()
}

/// `BEGIN:VCARD` or `END:VCARD`. With another value they bound nothing, here as where a file is cut into cards.
fn is_of_card(line: &ContentLine, name: &str) -> bool {
    line.name == name && line.value.trim().eq_ignore_ascii_case("VCARD")
}

/// vCard 2.1 nests a whole card behind `AGENT:`; its lines stay with that item. Returns how many lines it has.
fn take_nested(read: &mut Drafts, lines: &[ContentLine]) -> usize {
    let mut depth = 0_usize;
    let mut nested = Vec::new();
    for line in lines {
        if is_of_card(line, "BEGIN") {
            depth += 1;
        } else if is_of_card(line, "END") {
            depth = depth.saturating_sub(1);
        }
        nested.push(line.to_keep());
        if depth == 0 {
            break;
        }
    }
    let count = nested.len();
    let property = Opaque { property: "vcard:AGENT".to_owned(), value: nested.join("\n") };
    nested.insert(0, "AGENT:".to_owned());
    let content = Content::Fact(Fact::Opaque(property));
    read.items.push(Draft { content, facets: Facets::default(), lines: nested });
    count
}

#[derive(PartialEq)]
enum Owner {
    Itself,
    Another,
}

/// Whether another property takes this line with it.
fn supported(lines: &[ContentLine], line: &ContentLine, first_org_read: bool) -> Owner {
    if !properties::is_support(&line.name) {
        return Owner::Itself;
    }
    let for_company = matches!(line.name.as_str(), "X-PHONETIC-ORG" | "X-EVOLUTION-OFFICE");
    let same_group = |other: &&ContentLine| {
        !properties::is_support(&other.name) && (is_filled(other) || other.name == "ORG") && is_same_group(other, line)
    };
    let taken = match &line.group {
        Some(_) => lines.iter().filter(same_group).any(|other| !for_company || other.name == "ORG"),
        None => for_company && (first_org_read || lines.iter().any(|other| other.name == "ORG" && is_filled(other))),
    };
    if taken { Owner::Another } else { Owner::Itself }
}

fn is_filled(line: &ContentLine) -> bool {
    line.value.chars().any(|letter| letter != ';' && !letter.is_whitespace())
}

fn is_same_group(one: &ContentLine, other: &ContentLine) -> bool {
    matches!((&one.group, &other.group), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// The lines that belong to a property: itself, its group's, and for the first company those without a group.
fn group_of<'a>(lines: &'a [ContentLine], line: &'a ContentLine, takes_lone: bool) -> Group<'a> {
    let mut group = Group::default();
    for other in lines {
        let itself = std::ptr::eq(other, line);
        let ungrouped = takes_lone
            && other.group.is_none()
            && matches!(other.name.as_str(), "X-PHONETIC-ORG" | "X-EVOLUTION-OFFICE");
        let belongs = properties::is_support(&other.name) && (is_same_group(other, line) || ungrouped);
        if !itself && !belongs {
            continue;
        }
        group.lines.push(other);
        if itself {
            continue;
        }
        match other.name.as_str() {
            "X-ABLABEL" => group.label = Some(AppleLabel::read(&other.text())),
            "X-ABADR" => group.country_code = present(&other.text()),
            "X-PHONETIC-ORG" => group.phonetic = present(&other.text()),
            "X-EVOLUTION-OFFICE" => group.office = present(&other.text()),
            _ => {}
        }
    }
    group
}

/// Puts the name in, without a full name that only repeats the company, an address or a number.
fn insert_name(drafts: &mut Vec<Draft>, at: usize, lines: &[&ContentLine]) {
    let mut name = name::read(lines.iter().copied());
    let repeats = |draft: &Draft| match (&draft.content, name.full.as_deref()) {
        (Content::Fact(fact), Some(full)) => name_of_last_resort(fact) == Some(full),
        _ => false,
    };
    if composed(&name).is_none() && drafts.iter().any(repeats) {
        name.full = None;
    }
    if name == Name::default() {
        return;
    }
    let content = Content::Fact(Fact::Name(name));
    drafts.insert(at, Draft { content, facets: Facets::default(), lines: kept(lines) });
}

/// What a card without a name is called by, if this fact can do that.
pub(super) fn name_of_last_resort(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Organization(organization) => organization.name.as_deref(),
        Fact::Nickname(text) => Some(text),
        Fact::Email(email) => Some(&email.address),
        Fact::Phone(phone) => Some(&phone.number),
        _ => None,
    }
}
