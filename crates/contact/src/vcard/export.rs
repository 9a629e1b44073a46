//! From a card to a vCard.

use std::collections::{HashMap, HashSet};

use super::{
    VcardVersion, encodings,
    import::{self, Content},
    make, pictures,
    properties::is_support,
    syntax::{self, ContentLine},
    written::{self, Made, Value, escape},
};
use crate::{
    card::{Card, CardKind, Item},
    fact::{Fact, Name, Opaque},
    ids::BlobHash,
    names::{composed, display_name},
};

/// The bytes stored under a hash; `None` leaves the picture out.
pub type Photos<'a> = dyn Fn(BlobHash) -> Option<Vec<u8>> + 'a;

/// The card as a vCard: CRLF, folded at 75 octets, ending with `END:VCARD`.
///
/// An item read from the same version whose lines still say what it is goes out in those lines. FN (and N before 4.0)
/// is always present. Left out: photos whose bytes `photos` does not have, facts of other paths
/// ([`Opaque`] not of vCard) and, in 2.1, a preference other than the first.
#[must_use]
pub fn write(card: &Card, version: VcardVersion, photos: &Photos<'_>) -> String {
    let mut writer = Writer::new(card, version);
    for item in &card.items {
        writer.item(item, photos);
    }
    writer.finish()
}

struct Writer<'a> {
    card: &'a Card,
    version: VcardVersion,
    lines: Vec<String>,
    /// Groups used so far, in lower case, with the lines that go with them.
    groups: HashMap<String, Vec<String>>,
    /// Group names that items brought along, which new groups must not take.
    reserved: HashSet<String>,
    last_group: usize,
    /// Sources that were written for all the items they belong to.
    shared: HashSet<&'a [String]>,
    company_written: bool,
}

impl<'a> Writer<'a> {
    fn new(card: &'a Card, version: VcardVersion) -> Self {
        let lines = card.items.iter().flat_map(|item| &item.source.vcard);
        let reserved = lines.filter_map(|line| group_name(line)).map(str::to_lowercase).collect();
        Self {
            card,
            version,
            lines: Vec::new(),
            groups: HashMap::new(),
            reserved,
            last_group: 0,
            shared: HashSet::new(),
            company_written: false,
        }
    }

    fn item(&mut self, item: &'a Item, photos: &Photos<'_>) {
        if let Fact::Photo(photo) = &item.fact {
            let Some(bytes) = photos(photo.original) else { return };
            let head = own_lines(item, self.version).map(<[String]>::to_vec);
            let head = head.unwrap_or_else(|| vec![photo_head(&photo.media_type, self.version)]);
            let lines: Vec<String> = head.iter().map(|line| pictures::with_data(line, &bytes)).collect();
            self.push_own(&lines);
            return;
        }
        if self.shared.contains(item.source.vcard.as_slice()) && !item.source.vcard.is_empty() {
            return;
        }
        if let Some(lines) = own_lines(item, self.version) {
            match says(lines, self.version, &self.card.items, item) {
                Says::Nothing => {}
                alone_or_shared => {
                    if alone_or_shared == Says::SeveralItems {
                        self.shared.insert(&item.source.vcard);
                    }
                    self.company_written |= matches!(item.fact, Fact::Organization(_));
                    self.push_own(lines);
                    return;
                }
            }
        }
        if let Fact::Opaque(opaque) = &item.fact {
            let lines = translated(item, opaque, self.version);
            self.push_own(&lines);
            return;
        }
        let fallback = display_name(self.card);
        let first_company = !self.company_written;
        self.company_written |= matches!(item.fact, Fact::Organization(_));
        for made in make::properties(item, self.version, &fallback, first_company) {
            self.push_made(&made);
        }
    }

    fn push_made(&mut self, made: &Made) {
        let group = if made.companions.is_empty() { String::new() } else { self.fresh_group() };
        self.lines.extend(made.lines(self.version, &group));
    }

    fn fresh_group(&mut self) -> String {
        loop {
            self.last_group += 1;
            let group = format!("item{}", self.last_group);
            if !self.reserved.contains(&group) {
                return group;
            }
        }
    }

    /// Lines as they are. A group that another item's lines already use with other labels gets a new name.
    fn push_own(&mut self, lines: &[String]) {
        let Some(group) = lines.iter().find_map(|line| group_name(line)).map(str::to_owned) else {
            self.lines.extend(lines.iter().cloned());
            return;
        };
        let companions: Vec<String> = lines.iter().filter(|line| is_companion(line)).cloned().collect();
        match self.groups.get(&group.to_lowercase()) {
            None => {
                self.groups.insert(group.to_lowercase(), companions);
                self.lines.extend(lines.iter().cloned());
            }
            Some(used) if *used == companions => {
                self.lines.extend(lines.iter().filter(|line| !is_companion(line)).cloned());
            }
            Some(_) => {
                let fresh = self.fresh_group();
                let renamed = lines.iter().map(|line| match group_name(line) {
                    Some(old) => format!("{fresh}{}", line.get(old.len()..).unwrap_or_default()),
                    None => line.clone(),
                });
                self.lines.extend(renamed);
            }
        }
    }

    fn finish(mut self) -> String {
        let version = self.version;
        let has = |lines: &[String], name: &str| lines.iter().any(|line| property_name(line) == name);
        let mut head = vec!["BEGIN:VCARD".to_owned(), format!("VERSION:{}", version.number())];
        if let Some(kind) = kind_line(self.card.kind, version) {
            head.push(kind);
        }
        if !has(&self.lines, "N") && version != VcardVersion::V4 {
            head.push("N:;;;;".to_owned());
        }
        if !has(&self.lines, "FN") {
            let full = display_name(self.card);
            head.extend(Made::text("FN", &full).lines(version, ""));
        }
        if !self.card.uid.is_empty() {
            let value = Value::Raw(self.card.uid.replace(['\r', '\n'], " "));
            self.lines.extend(Made::new("UID", value).lines(version, ""));
        }
        self.lines.push("END:VCARD".to_owned());
        let mut text = String::new();
        for line in head.iter().chain(&self.lines) {
            written::push_folded(&mut text, line, version);
        }
        text
    }
}

fn kind_line(kind: CardKind, version: VcardVersion) -> Option<String> {
    let word = match kind {
        CardKind::Individual => return None,
        CardKind::Group => "group",
        CardKind::Org => "org",
        CardKind::Location => "location",
    };
    let property = if version == VcardVersion::V4 { "KIND" } else { "X-ADDRESSBOOKSERVER-KIND" };
    Some(format!("{property}:{word}"))
}

fn photo_head(media_type: &str, version: VcardVersion) -> String {
    let subtype = media_type.rsplit('/').next().unwrap_or("jpeg").to_ascii_uppercase();
    match version {
        VcardVersion::V4 => format!("PHOTO:data:{media_type};base64,"),
        VcardVersion::V3 => format!("PHOTO;ENCODING=b;TYPE={subtype}:"),
        VcardVersion::V2_1 => format!("PHOTO;ENCODING=BASE64;{subtype}:"),
    }
}

/// `item1` of `item1.TEL;TYPE=HOME:1`.
fn group_name(line: &str) -> Option<&str> {
    let head = line.split([';', ':']).next().unwrap_or_default();
    head.split_once('.').map(|(group, _)| group)
}

/// `TEL` of `item1.tel;TYPE=HOME:1`.
fn property_name(line: &str) -> String {
    let head = line.split([';', ':']).next().unwrap_or_default();
    head.rsplit('.').next().unwrap_or_default().to_ascii_uppercase()
}

fn is_companion(line: &str) -> bool {
    group_name(line).is_some() && is_support(&property_name(line))
}

/// The version and the lines of a source.
fn source_lines(item: &Item) -> Option<(VcardVersion, &[String])> {
    let (first, rest) = item.source.vcard.split_first()?;
    match first.strip_prefix("VERSION:") {
        Some(version) => Some((VcardVersion::read(version), rest)),
        None => Some((VcardVersion::V3, &item.source.vcard)),
    }
}

/// The item's own lines, when they are of this version.
fn own_lines(item: &Item, version: VcardVersion) -> Option<&[String]> {
    let (own, lines) = source_lines(item)?;
    (own == version && !lines.is_empty()).then_some(lines)
}

#[derive(PartialEq)]
enum Says {
    /// Just this item.
    ThisItem,
    /// All items that share the lines, as `NICKNAME:Kat,Kitty` does.
    SeveralItems,
    /// Something else by now.
    Nothing,
}

/// Whether the lines still say what the item, or the items that share them, say.
fn says(lines: &[String], version: VcardVersion, items: &[Item], item: &Item) -> Says {
    let parsed: Option<Vec<ContentLine>> = lines.iter().map(|line| syntax::line_of(line, version)).collect();
    let Some(parsed) = parsed else { return Says::Nothing };
    let drafts = import::drafts(&parsed).items;
    let agree = |item: &Item, draft: &import::Draft| {
        let Content::Fact(fact) = &draft.content else {
            return matches!(item.fact, Fact::Opaque(_));
        };
        *fact == item.fact
            && draft.facets.contexts == item.contexts
            && draft.facets.label == item.label
            && draft.facets.pref == item.pref
    };
    if let [draft] = drafts.as_slice() {
        return if agree(item, draft) { Says::ThisItem } else { Says::Nothing };
    }
    let sharing: Vec<&Item> = items.iter().filter(|other| other.source == item.source).collect();
    let all = sharing.len() == drafts.len() && sharing.iter().zip(&drafts).all(|(item, draft)| agree(item, draft));
    if all && !drafts.is_empty() { Says::SeveralItems } else { Says::Nothing }
}

/// An opaque item in another version than it came in, as near as the versions allow.
fn translated(item: &Item, opaque: &Opaque, version: VcardVersion) -> Vec<String> {
    let Some(name) = opaque.property.strip_prefix("vcard:") else { return Vec::new() };
    let Some((from, lines)) = source_lines(item) else {
        let name = name_in(name, version);
        return vec![format!("{name}:{}", opaque.value.replace("\r\n", "\\n").replace('\n', "\\n"))];
    };
    if name == "AGENT" && lines.len() > 1 {
        let nested: Vec<&str> = lines.iter().skip(1).map(String::as_str).collect();
        return match version {
            VcardVersion::V2_1 => lines.to_vec(),
            VcardVersion::V3 | VcardVersion::V4 => vec![format!("AGENT:{}", escape(&nested.join("\n"), version))],
        };
    }
    lines.iter().filter_map(|line| syntax::line_of(line, from)).map(|line| translate(&line, version)).collect()
}

/// The name of a property whose name depends on the version.
fn name_in(name: &str, version: VcardVersion) -> &str {
    match (name, version) {
        ("MEMBER", VcardVersion::V3 | VcardVersion::V2_1) => "X-ADDRESSBOOKSERVER-MEMBER",
        ("X-ADDRESSBOOKSERVER-MEMBER", VcardVersion::V4) => "MEMBER",
        (name, _) => name,
    }
}

fn translate(line: &ContentLine, version: VcardVersion) -> String {
    let name = name_in(&line.name, version);
    let group = line.group.as_ref().map(|group| format!("{group}.")).unwrap_or_default();
    let mut made = Made::new(format!("{group}{name}"), Value::Raw(line.value.clone()));
    made.types = line.types();
    let mut extra = Vec::new();
    for param in &line.params {
        match param.name.as_str() {
            "TYPE" | "CHARSET" | "QUOTED-PRINTABLE" | "BASE64" | "ENCODING" => {}
            _ if param.values.is_empty() => {}
            _ if version == VcardVersion::V2_1 => extra.push(format!("{}={}", param.name, param.values.join(","))),
            _ => extra.push(param.written.clone()),
        }
    }
    if line.is_base64() {
        let encoding = if version == VcardVersion::V2_1 { "BASE64" } else { "b" };
        extra.push(format!("ENCODING={encoding}"));
    } else if version == VcardVersion::V2_1 {
        let text = line.value.replace("\\n", "\n").replace("\\N", "\n");
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            extra.push("CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE".to_owned());
            made.value = Value::Raw(encodings::to_quoted_printable(&text));
        }
    } else if line.version == VcardVersion::V2_1 {
        made.value = Value::Raw(line.value.replace("\r\n", "\\n").replace('\n', "\\n"));
    }
    let made_line = made.lines(version, "").concat();
    let at = made_line.find(':').unwrap_or(made_line.len());
    let (head, value) = made_line.split_at(at);
    extra.insert(0, head.to_owned());
    format!("{}{value}", extra.join(";"))
}

/// What a reader of this version is shown of an item: the item as it reads its own lines back. `None` when it is
/// shown nothing.
pub(super) fn shown(card: &Card, item: &Item, version: VcardVersion) -> Option<Item> {
    if matches!(item.fact, Fact::Photo(_)) {
        return Some(item.clone());
    }
    let lone = Card { uid: String::new(), kind: CardKind::Individual, items: vec![item.clone()] };
    let mut writer = Writer::new(&lone, version);
    let only = lone.items.first()?;
    writer.item(only, &|_| None);
    let lines: Vec<ContentLine> = writer.lines.iter().filter_map(|line| syntax::line_of(line, version)).collect();
    let draft = import::drafts(&lines).items.into_iter().next()?;
    let fact = match draft.content {
        Content::Fact(fact) => fact,
        Content::Picture(_, opaque) => Fact::Opaque(opaque),
    };
    let fact = match (fact, &item.fact) {
        (Fact::Name(name), Fact::Name(base)) => Fact::Name(shown_name(name, base.full.is_some(), card)),
        (fact, _) => fact,
    };
    let mut shown = Item::new(item.id, fact);
    shown.contexts = draft.facets.contexts;
    shown.label = draft.facets.label;
    shown.pref = draft.facets.pref;
    Some(shown)
}

/// The name without an FN that is read as none: one made for want of a name, or one that repeats another item.
fn shown_name(name: Name, has_full: bool, card: &Card) -> Name {
    let full = name.full.as_deref().unwrap_or_default();
    let others = card.items.iter().filter_map(|item| import::name_of_last_resort(&item.fact));
    let repeats = || others.map(str::trim).any(|other| other == full);
    if composed(&name).is_none() && (!has_full || repeats()) {
        return Name { full: None, ..name };
    }
    name
}
