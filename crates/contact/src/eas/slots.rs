//! Which item sits in which slot, computed from the card alone.
//!
//! A *line* is a row of slots that show one kind of item: Email1-3, HomePhone and Home2, a single Spouse, the list of
//! categories. Its members are all items the line could show, in order of preference and then of the card; the first
//! ones fill the slots, the others wait and move up when a slot frees. An item that no line and no
//! [record](super::record) shows is outside the lens's coverage and survives every edit.

use super::{Property, day, split_address, wire_text};
use crate::{
    Card, Context, Fact, Item,
    fact::{
        Anniversary, AnniversaryKind, Email, Identifier, IdentifierKind, OnlineService, Phone, PhoneKind, Relation,
        RelationKind, ServiceKind, Title, TitleKind,
    },
    limits::LIST_MAX,
};

/// A row of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Emails,
    HomePhones,
    BusinessPhones,
    Phone(PhoneKind, Property),
    HomeFax,
    BusinessFax,
    Messaging,
    WebPage,
    NickName,
    JobTitle,
    Date(AnniversaryKind, Property),
    Relation(RelationKind, Property),
    Identifier(IdentifierKind, Property),
    Children,
    Categories,
}

impl Line {
    pub(super) const ALL: [Self; 28] = [
        Self::Emails,
        Self::HomePhones,
        Self::BusinessPhones,
        Self::Phone(PhoneKind::Mobile, Property::MobilePhoneNumber),
        Self::Phone(PhoneKind::Pager, Property::PagerNumber),
        Self::Phone(PhoneKind::Car, Property::CarPhoneNumber),
        Self::Phone(PhoneKind::Radio, Property::RadioPhoneNumber),
        Self::Phone(PhoneKind::Assistant, Property::AssistantPhoneNumber),
        Self::Phone(PhoneKind::Main, Property::CompanyMainPhone),
        Self::Phone(PhoneKind::Text, Property::MMS),
        Self::HomeFax,
        Self::BusinessFax,
        Self::Messaging,
        Self::WebPage,
        Self::NickName,
        Self::JobTitle,
        Self::Date(AnniversaryKind::Birth, Property::Birthday),
        Self::Date(AnniversaryKind::Wedding, Property::Anniversary),
        Self::Relation(RelationKind::Spouse, Property::Spouse),
        Self::Relation(RelationKind::Manager, Property::ManagerName),
        Self::Relation(RelationKind::Assistant, Property::AssistantName),
        Self::Identifier(IdentifierKind::CustomerId, Property::CustomerId),
        Self::Identifier(IdentifierKind::GovernmentId, Property::GovernmentId),
        Self::Identifier(IdentifierKind::AccountName, Property::AccountName),
        Self::Identifier(IdentifierKind::Alias, Property::Alias),
        Self::Identifier(IdentifierKind::WeightedRank, Property::WeightedRank),
        Self::Children,
        Self::Categories,
    ];

    /// The elements of its slots, first slot first; none for the two lists, which are containers.
    pub(super) const fn elements(&self) -> &[Property] {
        use Property as P;
        match self {
            Self::Emails => &[P::Email1Address, P::Email2Address, P::Email3Address],
            Self::HomePhones => &[P::HomePhoneNumber, P::Home2PhoneNumber],
            Self::BusinessPhones => &[P::BusinessPhoneNumber, P::Business2PhoneNumber],
            Self::HomeFax => &[P::HomeFaxNumber],
            Self::BusinessFax => &[P::BusinessFaxNumber],
            Self::Messaging => &[P::IMAddress, P::IMAddress2, P::IMAddress3],
            Self::WebPage => &[P::WebPage],
            Self::NickName => &[P::NickName],
            Self::JobTitle => &[P::JobTitle],
            Self::Phone(_, element)
            | Self::Date(_, element)
            | Self::Relation(_, element)
            | Self::Identifier(_, element) => std::slice::from_ref(element),
            Self::Children | Self::Categories => &[],
        }
    }

    /// How many items it can show.
    pub(super) const fn capacity(self) -> usize {
        match self {
            Self::Children | Self::Categories => LIST_MAX,
            _ => self.elements().len(),
        }
    }

    /// The positions in `card.items` of all items it could show, best first.
    pub(super) fn members(self, card: &Card) -> Vec<usize> {
        let mut ranked: Vec<(u8, u8, usize)> = card
            .items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let rank = self.rank(item)?;
                (!self.is_blank(item)).then_some((rank, item.pref.unwrap_or(u8::MAX), at))
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, _, at)| at).collect()
    }

    /// `None` for an item the line never shows; the least come first. A number with a label of its own has no slot
    /// unless the slot is for its kind of line; an untyped one takes what the typed ones leave of the home slots, or
    /// of the fax slot at work.
    pub(super) fn rank(self, item: &Item) -> Option<u8> {
        let labelled = u8::from(item.label.is_some());
        let at = |context| item.contexts.contains(&context);
        match (self, &item.fact) {
            (Self::Emails, Fact::Email(_)) | (Self::WebPage, Fact::Link(_)) | (Self::NickName, Fact::Nickname(_)) => {
                Some(0)
            }
            (Self::Messaging, Fact::OnlineService(service)) => (service.kind == ServiceKind::Messaging).then_some(0),
            (Self::JobTitle, Fact::Title(title)) => (title.kind == TitleKind::Title).then_some(0),
            (Self::Date(kind, _), Fact::Anniversary(date)) => (date.kind == kind).then_some(0),
            (Self::Relation(kind, _), Fact::Relation(relation)) => (relation.kind == kind).then_some(0),
            (Self::Children, Fact::Relation(relation)) => (relation.kind == RelationKind::Child).then_some(0),
            (Self::Identifier(kind, _), Fact::Identifier(identifier)) => (identifier.kind == kind).then_some(0),
            (Self::Categories, Fact::Keyword(_)) => Some(0),
            (_, Fact::Phone(phone)) => match (self, phone.kind) {
                (Self::HomePhones, PhoneKind::Voice) if labelled == 0 => {
                    if at(Context::Private) {
                        Some(0)
                    } else {
                        item.contexts.is_empty().then_some(UNTYPED)
                    }
                }
                (Self::BusinessPhones, PhoneKind::Voice) if labelled == 0 => {
                    (at(Context::Work) && !at(Context::Private)).then_some(0)
                }
                (Self::HomeFax, PhoneKind::Fax) => at(Context::Private).then_some(labelled),
                (Self::BusinessFax, PhoneKind::Fax) if !at(Context::Private) => {
                    Some(labelled + if at(Context::Work) { 0 } else { UNTYPED })
                }
                (Self::Phone(kind, _), of) => (kind == of).then_some(labelled),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_blank(self, item: &Item) -> bool {
        !matches!(self, Self::Date(..)) && raw(&item.fact).is_some_and(|text| wire_text(text).is_empty())
    }

    /// What a slot shows of the item.
    pub(super) fn shown(item: &Item) -> String {
        match &item.fact {
            Fact::Anniversary(anniversary) => day::to_wire(anniversary.date),
            Fact::Email(email) => split_address(&wire_text(&email.address)).1,
            fact => raw(fact).map(wire_text).unwrap_or_default(),
        }
    }

    /// Makes the item show this text, keeping all else that stays true. `name` is the name sent beside an e-mail
    /// address; the old one went with the old address. No change when a date is none.
    pub(super) fn write(fact: &mut Fact, text: &str, name: Option<String>) {
        match fact {
            Fact::Email(email) => *email = Email { address: text.to_owned(), name },
            Fact::Phone(phone) => text.clone_into(&mut phone.number),
            Fact::Link(value) | Fact::Nickname(value) | Fact::Keyword(value) => text.clone_into(value),
            Fact::OnlineService(service) => text.clone_into(&mut service.user),
            Fact::Title(title) => text.clone_into(&mut title.name),
            Fact::Relation(relation) => text.clone_into(&mut relation.name),
            Fact::Identifier(identifier) => text.clone_into(&mut identifier.value),
            Fact::Anniversary(anniversary) => {
                if let Some(date) = day::from_wire(text, None) {
                    anniversary.date = date;
                }
            }
            Fact::Name(_)
            | Fact::Organization(_)
            | Fact::Address(_)
            | Fact::Note(_)
            | Fact::Photo(_)
            | Fact::Opaque(_) => {}
        }
    }

    /// A fact, and the context, for something typed into an empty slot; `None` when a date is none.
    pub(super) fn create(self, text: &str, name: Option<String>) -> Option<(Fact, Option<Context>)> {
        let text = text.to_owned();
        let phone = |number, kind, context| (Fact::Phone(Phone { number, kind }), context);
        Some(match self {
            Self::Emails => (Fact::Email(Email { address: text, name }), None),
            Self::HomePhones => phone(text, PhoneKind::Voice, Some(Context::Private)),
            Self::BusinessPhones => phone(text, PhoneKind::Voice, Some(Context::Work)),
            Self::Phone(kind, _) => phone(text, kind, None),
            Self::HomeFax => phone(text, PhoneKind::Fax, Some(Context::Private)),
            Self::BusinessFax => phone(text, PhoneKind::Fax, Some(Context::Work)),
            Self::Messaging => {
                let kind = ServiceKind::Messaging;
                (Fact::OnlineService(OnlineService { user: text, service: None, kind }), None)
            }
            Self::WebPage => (Fact::Link(text), None),
            Self::NickName => (Fact::Nickname(text), None),
            Self::JobTitle => (Fact::Title(Title { kind: TitleKind::Title, name: text }), None),
            Self::Date(kind, _) => (Fact::Anniversary(Anniversary { kind, date: day::from_wire(&text, None)? }), None),
            Self::Relation(kind, _) => (Fact::Relation(Relation { kind, name: text }), None),
            Self::Children => (Fact::Relation(Relation { kind: RelationKind::Child, name: text }), None),
            Self::Identifier(kind, _) => (Fact::Identifier(Identifier { kind, value: text }), None),
            Self::Categories => (Fact::Keyword(text), None),
        })
    }

    /// Whether the item can be brought before the other one: preferences and [places](Self::place_of_untyped) can be
    /// given for it, but a label is the person's.
    pub(super) fn can_stand_before(self, item: &Item, other: &Item) -> bool {
        let rank = self.rank(item).unwrap_or(0);
        let placed = if rank >= UNTYPED && self.place_of_untyped().is_some() { rank - UNTYPED } else { rank };
        placed <= self.rank(other).unwrap_or(0)
    }

    /// Where a number without a place is put when somebody sets it before a number with one: where its slot says.
    pub(super) const fn place_of_untyped(self) -> Option<Context> {
        match self {
            Self::HomePhones => Some(Context::Private),
            Self::BusinessFax => Some(Context::Work),
            _ => None,
        }
    }
}

/// Rank of numbers without a place, after the typed ones.
const UNTYPED: u8 = 2;

/// The text of a fact that is nothing but text.
fn raw(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Email(email) => Some(&email.address),
        Fact::Phone(phone) => Some(&phone.number),
        Fact::Link(text) | Fact::Nickname(text) | Fact::Keyword(text) | Fact::Note(text) => Some(text),
        Fact::OnlineService(service) => Some(&service.user),
        Fact::Title(title) => Some(&title.name),
        Fact::Relation(relation) => Some(&relation.name),
        Fact::Identifier(identifier) => Some(&identifier.value),
        Fact::Name(_)
        | Fact::Organization(_)
        | Fact::Address(_)
        | Fact::Anniversary(_)
        | Fact::Photo(_)
        | Fact::Opaque(_) => None,
    }
}
