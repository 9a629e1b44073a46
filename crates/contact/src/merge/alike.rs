//! Facts that are the same to a person, though two sides made an item of them each.

use std::borrow::Cow;

use crate::{
    Card, Fact, Item, ItemId,
    fact::{AnniversaryKind, PhoneKind, RelationKind},
};

/// What makes two facts of one kind the same: texts without regard to case and space, numbers by what is dialled.
#[derive(Debug, PartialEq, Eq)]
enum NormalForm<'a> {
    Email(String),
    Phone(PhoneKind, String),
    Relation(RelationKind, String),
    Text(std::mem::Discriminant<Fact>, String),
    AsItIs(&'a Fact),
}

fn normal_form(fact: &Fact) -> NormalForm<'_> {
    let text = |text: &str| NormalForm::Text(std::mem::discriminant(fact), folded(text));
    match fact {
        Fact::Email(email) => NormalForm::Email(folded(&email.address)),
        Fact::Phone(phone) => {
            let dialled: String =
                phone.number.chars().filter(|c| c.is_alphanumeric() || matches!(c, '+' | '*' | '#')).collect();
            NormalForm::Phone(phone.kind, dialled)
        }
        Fact::Relation(relation) => NormalForm::Relation(relation.kind, folded(&relation.name)),
        Fact::Nickname(value) | Fact::Keyword(value) | Fact::Note(value) => text(value),
        Fact::Link(value) => NormalForm::Text(std::mem::discriminant(fact), value.trim().to_owned()),
        Fact::Name(_)
        | Fact::Organization(_)
        | Fact::Title(_)
        | Fact::Address(_)
        | Fact::OnlineService(_)
        | Fact::Anniversary(_)
        | Fact::Photo(_)
        | Fact::Identifier(_)
        | Fact::Opaque(_) => NormalForm::AsItIs(fact),
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Kinds that a card has one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Single {
    Name,
    Photo,
    Birthday,
    WeddingDay,
}

impl Single {
    const ALL: [Self; 4] = [Self::Name, Self::Photo, Self::Birthday, Self::WeddingDay];

    fn is(self, fact: &Fact) -> bool {
        match fact {
            Fact::Name(_) => self == Self::Name,
            Fact::Photo(_) => self == Self::Photo,
            Fact::Anniversary(date) => match date.kind {
                AnniversaryKind::Birth => self == Self::Birthday,
                AnniversaryKind::Wedding => self == Self::WeddingDay,
                AnniversaryKind::Other => false,
            },
            _ => false,
        }
    }

    /// The card's only item of the kind; `None` when there is none or more than one.
    fn only(self, card: &Card) -> Option<ItemId> {
        let mut items = card.items.iter().filter(|item| self.is(&item.fact));
        let only = items.next()?.id;
        items.next().is_none().then_some(only)
    }
}

/// Both sides with items that are one fact under one id.
pub(super) fn aligned<'a>(base: &Card, mine: &'a Card, theirs: &'a Card) -> (Cow<'a, Card>, Cow<'a, Card>) {
    let (mut mine, mut theirs) = (Cow::Borrowed(mine), Cow::Borrowed(theirs));
    for single in Single::ALL {
        let added = |side: &Card| single.only(side).filter(|&id| base.item(id).is_none());
        match (single.only(base), added(&mine), added(&theirs)) {
            // Made anew on one side: it replaces the one that was there.
            (Some(kept), made_mine, made_theirs) => {
                rename(&mut mine, made_mine, kept);
                rename(&mut theirs, made_theirs, kept);
            }
            (None, Some(one), Some(two)) => {
                let kept = one.min(two);
                rename(&mut mine, Some(one), kept);
                rename(&mut theirs, Some(two), kept);
            }
            (None, _, _) => {}
        }
    }
    for (one, two) in same_additions(base, &mine, &theirs) {
        let kept = one.min(two);
        rename(&mut mine, Some(one), kept);
        rename(&mut theirs, Some(two), kept);
    }
    (mine, theirs)
}

fn rename(side: &mut Cow<'_, Card>, from: Option<ItemId>, to: ItemId) {
    let Some(from) = from.filter(|&from| from != to && side.item(to).is_none()) else { return };
    if let Some(item) = side.to_mut().items.iter_mut().find(|item| item.id == from) {
        item.id = to;
    }
}

/// Pairs of items that are one fact and that both sides added; each item in one pair at most.
fn same_additions(base: &Card, mine: &Card, theirs: &Card) -> Vec<(ItemId, ItemId)> {
    let added =
        |side: &Card| -> Vec<Item> { side.items.iter().filter(|item| base.item(item.id).is_none()).cloned().collect() };
    let (mine, mut theirs) = (added(mine), added(theirs));
    theirs.retain(|item| !mine.iter().any(|other| other.id == item.id));
    let mut pairs = Vec::new();
    for one in mine {
        let form = normal_form(&one.fact);
        if let Some(at) = theirs.iter().position(|two| normal_form(&two.fact) == form) {
            // In order, so that both sides see the same pairs.
            pairs.push((one.id, theirs.remove(at).id));
        }
    }
    pairs
}

/// An item that one side added and that says what the other side made of an item of the base is that item: its
/// contexts join it, and it is not kept twice.
pub(super) fn without_what_the_other_side_typed_as_well(
    mut items: Vec<Item>,
    base: &Card,
    mine: &Card,
    theirs: &Card,
) -> Vec<Item> {
    let mut at = 0;
    while let Some(item) = items.get(at) {
        let other_side = match (base.item(item.id), mine.item(item.id), theirs.item(item.id)) {
            (None, Some(_), None) => theirs,
            (None, None, Some(_)) => mine,
            _ => {
                at += 1;
                continue;
            }
        };
        let form = normal_form(&item.fact);
        let edited_to_it = items.iter().position(|edited| {
            let (before, after) = (base.item(edited.id), other_side.item(edited.id));
            edited.id != item.id
                && normal_form(&edited.fact) == form
                && before.is_some_and(|before| normal_form(&before.fact) != form)
                && after.is_some_and(|after| normal_form(&after.fact) == form)
        });
        let Some(twin) = edited_to_it else {
            at += 1;
            continue;
        };
        let doubled = items.remove(at);
        let twin = if twin > at { twin - 1 } else { twin };
        if let Some(twin) = items.get_mut(twin).filter(|twin| !doubled.contexts.is_subset(&twin.contexts)) {
            twin.contexts.extend(doubled.contexts);
            twin.touched();
        }
    }
    items
}
