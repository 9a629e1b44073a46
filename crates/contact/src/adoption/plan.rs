//! From pairs to proposals, and what would be written.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Age, Background, Brought, Change, Kept, Match, Plan, Proposal, Verdict, Write,
    joining::{Circumstances, join, says_something},
};
use crate::{Card, ids::NewItemIds};

/// Proposals for all of the phone's cards, and what would be written. `matches` are those of the same cards.
#[must_use]
pub fn plan(
    kept: &[Kept],
    brought: &[Brought],
    matches: &[Match],
    background: &Background,
    ids: &mut dyn NewItemIds,
) -> Plan {
    let uids = kept.iter().map(|kept| kept.card.uid.clone()).collect();
    let mut making = Making { kept, background, uids, forms: BTreeMap::new(), places: Vec::new(), writes: Vec::new() };
    let mut plan = Plan::default();
    for (place, (brought, found)) in brought.iter().zip(matches).enumerate() {
        let proposal = match found {
            Match::Kept { at, duplicate_of, .. } => {
                let (age, changes) = making.joined(*at, place, brought, ids);
                Proposal { matched: found.clone(), verdict: verdict(age, &changes, *duplicate_of), changes }
            }
            Match::New { duplicate_of } => {
                let changes = making.created(place, brought, *duplicate_of, ids);
                let verdict = if duplicate_of.is_some() { Verdict::Duplicate } else { Verdict::OnlyThere };
                Proposal { matched: found.clone(), verdict, changes }
            }
            Match::Unclear { .. } => {
                Proposal { matched: found.clone(), verdict: Verdict::Unclear, changes: Vec::new() }
            }
        };
        plan.proposals.push(proposal);
    }
    plan.writes = making.finished();
    plan
}

fn verdict(age: Age, changes: &[Change], duplicate_of: Option<usize>) -> Verdict {
    match (duplicate_of, changes.is_empty(), age) {
        (Some(_), ..) => Verdict::Duplicate,
        (None, true, _) => Verdict::Same,
        (None, false, Age::NewerHere) => Verdict::NewerHere,
        (None, false, Age::NewerThere) => Verdict::NewerThere,
        (None, false, Age::Unknown) => Verdict::Differs,
    }
}

/// A card that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Of ours, by its place.
    Kept(usize),
    /// A new one, by the place of the phone's first card of it.
    New(usize),
}

struct Making<'a> {
    kept: &'a [Kept],
    background: &'a Background,
    /// Those that cards of ours, and new ones, have.
    uids: BTreeSet<String>,
    forms: BTreeMap<Form, (Card, Vec<usize>)>,
    /// The forms in the order in which they were begun.
    places: Vec<Form>,
    writes: Vec<Write>,
}

impl Making<'_> {
    fn joined(&mut self, at: usize, place: usize, brought: &Brought, ids: &mut dyn NewItemIds) -> (Age, Vec<Change>) {
        let Some(kept) = self.kept.get(at) else { return (Age::Unknown, Vec::new()) };
        let age = match brought.revised_at {
            None => Age::Unknown,
            Some(revised) if revised > kept.modified_at => Age::NewerThere,
            Some(_) => Age::NewerHere,
        };
        let circumstances = Circumstances {
            newer_there: age == Age::NewerThere,
            past: self.background.past.get(&at).map_or(&[], Vec::as_slice),
            is_copy: self.background.copies.contains(&(at, place)),
        };
        let form = Form::Kept(at);
        let card = self.forms.get(&form).map_or_else(|| kept.card.clone(), |(card, _)| card.clone());
        let joined = join(&card, &brought.card, &circumstances, ids);
        if joined.changes.iter().any(|change| change.effect.writes()) {
            self.keep(form, joined.card, place);
        }
        (age, joined.changes)
    }

    fn created(
        &mut self,
        place: usize,
        brought: &Brought,
        duplicate_of: Option<usize>,
        ids: &mut dyn NewItemIds,
    ) -> Vec<Change> {
        let form = Form::New(duplicate_of.unwrap_or(place));
        if let Some((card, _)) = self.forms.get(&form) {
            let joined = join(card, &brought.card, &Circumstances::default(), ids);
            if joined.changes.iter().any(|change| change.effect.writes()) {
                self.keep(form, joined.card, place);
            }
            return joined.changes;
        }
        let mut card = brought.card.clone();
        card.items.retain(says_something);
        // A UID names one card for ever; one that is taken, also by a deleted card, is not given again.
        if card.uid.is_empty() || !self.uids.insert(card.uid.clone()) {
            card.uid.clone_from(&brought.spare_uid);
            self.uids.insert(card.uid.clone());
        }
        self.keep(form, card, place);
        Vec::new()
    }

    fn keep(&mut self, form: Form, card: Card, place: usize) {
        let entry = self.forms.entry(form).or_insert_with(|| {
            self.places.push(form);
            (card.clone(), Vec::new())
        });
        entry.0 = card;
        entry.1.push(place);
    }

    fn finished(mut self) -> Vec<Write> {
        for form in std::mem::take(&mut self.places) {
            let Some((card, from)) = self.forms.remove(&form) else { continue };
            self.writes.push(match form {
                Form::Kept(kept) => Write::Edit { kept, card, from },
                Form::New(_) => Write::Create { card, from },
            });
        }
        self.writes
    }
}
