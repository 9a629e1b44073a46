//! Identities that are the same person.

use std::collections::{BTreeMap, HashMap};

use crate::export::directory_object::Identity;

/// The first of those joined with one, shortening the way there.
fn root(parent: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = parent.get(at).filter(|next| **next != at) {
        let over = parent.get(next).copied().unwrap_or(next);
        if let Some(place) = parent.get_mut(at) {
            *place = over;
        }
        at = next;
    }
    at
}

/// Identities that share an id or an address are one person; in an order that does not depend on theirs.
pub(super) fn joined(mut all: Vec<Identity>) -> Vec<Identity> {
    all.sort_unstable();
    all.dedup();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut parent: Vec<usize> = (0..all.len()).collect();
    for (place, identity) in all.iter().enumerate() {
        for key in identity.ids.iter().chain(&identity.addresses) {
            let other = *places.entry(key.clone()).or_insert(place);
            let (one, two) = (root(&mut parent, place), root(&mut parent, other));
            if let Some(slot) = parent.get_mut(one.max(two)) {
                *slot = one.min(two);
            }
        }
    }
    let mut persons: BTreeMap<usize, Identity> = BTreeMap::new();
    for (place, identity) in all.into_iter().enumerate() {
        let person = persons.entry(root(&mut parent, place)).or_default();
        person.ids.extend(identity.ids);
        person.addresses.extend(identity.addresses);
        person.names.extend(identity.names);
        person.guest |= identity.guest;
        person.shown = match (person.shown.take(), identity.shown) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
    }
    persons.into_values().collect()
}
