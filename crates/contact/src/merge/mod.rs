//! Three-way merge of cards: two edits of one version become one card.
//!
//! # What a merge promises
//!
//! With `base` the version both sides started from:
//!
//! 1. **Nothing is invented.** Every value in the result was on one of the two sides.
//! 2. **Every change lands or is named.** A facet (a phone's number, a name's given part, an item's label) changed on one
//!    side only is taken over. Changed on both sides to different values, the [`Winner`]'s is kept and the other stands in a
//!    [`Conflict`]; so nothing is overwritten without a trace.
//! 3. **Update beats delete.** An item deleted on one side and changed on the other lives on, and the deletion is named.
//! 4. **Sets merge as sets.** Contexts added on one side and removed on the other do not disturb each other.
//! 5. **One fact once.** The same fact added on both sides (same kind, same [normal form](alike)) is one item afterwards. Of
//!    kinds that a card has one of (name, photo, birthday, wedding day), items made anew on either side join the one
//!    that is there, facet by facet.
//! 6. **Order is kept.** Items stay in the order of the base; one side's new order is taken over; additions stand where
//!    they were made.
//! 7. **The sides are equal.** Swapping them together with the winner gives the same card. Without conflicts the winner
//!    does not matter at all, so either order of arrival gives the same card.
//!
//! An item's word-for-word [source](Source) survives only if the merged item is what that source says.

mod alike;
mod facets;
mod order;

use std::{borrow::Cow, collections::BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Card, Context, Fact, Item, ItemId, Source};

/// Whose value is kept where both sides changed the same facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Winner {
    /// The side given as `mine`.
    Mine,
    /// The side given as `theirs`.
    Theirs,
}

/// The result of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The card with both sides' changes.
    pub card: Card,
    /// What was changed on both sides, in the order of the items; empty in most merges.
    pub conflicts: Vec<Conflict>,
}

/// A facet that both sides changed to different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The item in the merged card; `None` for what belongs to the card itself (its kind).
    pub item: Option<ItemId>,
    /// Which part of it.
    pub facet: Facet,
    /// The value in the merged card, as in the card's JSON; null when it is empty.
    pub kept: Value,
    /// The value of the other side, likewise.
    pub other: Value,
}

/// The name of a part of an item: `phone.number`, `name.given`, `label`, or [`Facet::EXISTENCE`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facet(Cow<'static, str>);

impl Facet {
    /// The item as such: one side changed it, the other deleted it (`other` is null).
    pub const EXISTENCE: Self = Self(Cow::Borrowed("existence"));

    const fn of(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Merges two edits of `base`; the module says what that promises.
#[must_use]
pub fn merge(base: &Card, mine: &Card, theirs: &Card, winner: Winner) -> Merged {
    let (mine, theirs) = alike::aligned(base, mine, theirs);
    let (mine, theirs) = (mine.as_ref(), theirs.as_ref());
    let mut judge = Judge { winner, item: None, conflicts: Vec::new() };
    let kind = judge.facet("kind", Some(&base.kind), &mine.kind, &theirs.kind);

    let mut items = Vec::with_capacity(mine.items.len().max(theirs.items.len()));
    for id in order::merged(base, mine, theirs, winner) {
        items.extend(judge.item(id, base.item(id), mine.item(id), theirs.item(id)));
    }
    let items = alike::without_what_the_other_side_typed_as_well(items, base, mine, theirs);
    let uid = if base.uid.is_empty() { mine.uid.clone() } else { base.uid.clone() };
    Merged { card: Card { uid, kind, items }, conflicts: judge.conflicts }
}

/// Two sides' item, joined without regard to the rest of their cards, and what was in conflict.
pub(crate) fn joined_item(base: &Item, mine: &Item, theirs: &Item, winner: Winner) -> (Item, Vec<Conflict>) {
    let mut judge = Judge { winner, item: Some(mine.id), conflicts: Vec::new() };
    let joined = judge.both(Some(base), mine, theirs);
    (joined, judge.conflicts)
}

/// Decides facet by facet and writes down what it decided against.
struct Judge {
    winner: Winner,
    item: Option<ItemId>,
    conflicts: Vec<Conflict>,
}

impl Judge {
    /// The item after the merge; `None` when it is gone.
    fn item(&mut self, id: ItemId, base: Option<&Item>, mine: Option<&Item>, theirs: Option<&Item>) -> Option<Item> {
        self.item = Some(id);
        match (base, mine, theirs) {
            (_, Some(mine), Some(theirs)) => Some(self.both(base, mine, theirs)),
            (None, Some(added), None) | (None, None, Some(added)) => Some(added.clone()),
            (Some(base), Some(kept), None) | (Some(base), None, Some(kept)) => self.changed_or_deleted(base, kept),
            (_, None, None) => None,
        }
    }

    fn changed_or_deleted(&mut self, base: &Item, kept: &Item) -> Option<Item> {
        // A preference says which of several is first; it is no reason to keep what somebody deleted.
        let is_changed = (&base.fact, &base.contexts, &base.label) != (&kept.fact, &kept.contexts, &kept.label);
        if !is_changed {
            return None;
        }
        let value = serde_json::to_value(&kept.fact).unwrap_or_default();
        self.conflicts.push(Conflict { item: self.item, facet: Facet::EXISTENCE, kept: value, other: Value::Null });
        Some(kept.clone())
    }

    fn both(&mut self, base: Option<&Item>, mine: &Item, theirs: &Item) -> Item {
        if mine == theirs {
            return mine.clone();
        }
        let mut merged = Item {
            id: mine.id,
            fact: self.fact(base.map(|base| &base.fact), &mine.fact, &theirs.fact),
            contexts: merged_contexts(base.map(|base| &base.contexts), &mine.contexts, &theirs.contexts),
            label: self.facet("label", Some(&base.and_then(|base| base.label.clone())), &mine.label, &theirs.label),
            pref: self.facet("pref", Some(&base.and_then(|base| base.pref)), &mine.pref, &theirs.pref),
            source: Source::default(),
        };
        let says = |side: &Item| {
            (&side.fact, &side.contexts, &side.label, side.pref)
                == (&merged.fact, &merged.contexts, &merged.label, merged.pref)
        };
        merged.source = match (says(mine), says(theirs)) {
            // What only its own path understands is all in its source.
            (true, true) if matches!(merged.fact, Fact::Opaque(_)) => {
                self.facet("source", base.map(|base| &base.source), &mine.source, &theirs.source)
            }
            (true, true) => one_source(base.map(|base| &base.source), &mine.source, &theirs.source).clone(),
            (true, false) => mine.source.clone(),
            (false, true) => theirs.source.clone(),
            (false, false) => Source::default(),
        };
        merged
    }

    /// The merged facet; without a base every difference is one that both sides made.
    fn facet<T: PartialEq + Clone + Serialize>(
        &mut self,
        name: &'static str,
        base: Option<&T>,
        mine: &T,
        theirs: &T,
    ) -> T {
        let merged = self.quietly(base, mine, theirs);
        if mine != theirs && base != Some(mine) && base != Some(theirs) {
            let other = if self.winner == Winner::Mine { theirs } else { mine };
            self.conflicts.push(Conflict {
                item: self.item,
                facet: Facet::of(name),
                kept: serde_json::to_value(&merged).unwrap_or_default(),
                other: serde_json::to_value(other).unwrap_or_default(),
            });
        }
        merged
    }

    fn quietly<T: PartialEq + Clone>(&self, base: Option<&T>, mine: &T, theirs: &T) -> T {
        if base == Some(mine) {
            theirs.clone()
        } else if base == Some(theirs) || self.winner == Winner::Mine {
            mine.clone()
        } else {
            theirs.clone()
        }
    }
}

/// The form to keep of two that say the same: the one that is new, else the same one whoever wins.
fn one_source<'a>(base: Option<&Source>, mine: &'a Source, theirs: &'a Source) -> &'a Source {
    match base {
        Some(base) if base == mine => theirs,
        Some(base) if base == theirs => mine,
        _ => mine.max(theirs),
    }
}

fn merged_contexts(
    base: Option<&BTreeSet<Context>>,
    mine: &BTreeSet<Context>,
    theirs: &BTreeSet<Context>,
) -> BTreeSet<Context> {
    let was = |context: &Context| base.is_some_and(|base| base.contains(context));
    mine.union(theirs)
        .copied()
        .filter(|context| !was(context) || (mine.contains(context) && theirs.contains(context)))
        .collect()
}
