//! Whether somebody whom Exchange names is among an audience: Exchange and the directory do not always use the same names.

use std::collections::BTreeSet;

use super::{Audience, People, Person};
use crate::{export::directory_object::Identity, reach::Reach};

/// Ids, addresses, names: which of them somebody is known by.
type Ways = [bool; 3];

fn ways(identity: &Identity) -> Ways {
    [!identity.ids.is_empty(), !identity.addresses.is_empty(), !identity.names.is_empty()]
}

/// Whether somebody whom a mailbox or a device of Exchange names is among an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Among {
    /// No.
    No,
    /// They are named in another way than the audience is, and nothing about the names is alike.
    Hardly,
    /// The export does not tell.
    Perhaps,
    /// Yes.
    Yes,
}

/// An audience as it is known by name.
pub(crate) struct Acquaintance<'p> {
    people: &'p People<'p>,
    audience: &'p Audience,
    ways: BTreeSet<Ways>,
    names: BTreeSet<&'p str>,
    /// It has people whom the export does not show.
    open: bool,
}

impl Acquaintance<'_> {
    pub(crate) fn has(&self, identity: &Identity) -> Among {
        let found = self.people.find(identity).map_or(Reach::No, |person| self.audience[person]);
        let namesake = identity.names.iter().any(|name| self.names.contains(name.as_str()));
        match found {
            Reach::Does => return Among::Yes,
            Reach::May => return Among::Perhaps,
            Reach::No if self.open || namesake || identity.is_empty() => return Among::Perhaps,
            Reach::No => {}
        }
        let own = ways(identity);
        let shared = |other: &Ways| own.iter().zip(other).any(|(one, two)| *one && *two);
        let mut unlike = self.ways.iter().filter(|other| !shared(other));
        // Names here, addresses there: `Anna Berg` may well be anna.berg@contoso.com.
        let only_by_name = own == [false, false, true];
        match (unlike.clone().count(), unlike.all(|[_, addresses, _]| *addresses)) {
            (0, _) => Among::No,
            (_, true) if only_by_name && !self.sounds_like(identity) => Among::Hardly,
            _ => Among::Perhaps,
        }
    }

    fn sounds_like(&self, identity: &Identity) -> bool {
        let words: Vec<&str> = identity.names.iter().flat_map(|name| name.split([' ', '.', ',', '-'])).collect();
        self.audience.people().filter_map(|(person, _)| self.people.identity(person)).any(|known| {
            let local = known.addresses.iter().filter_map(|address| address.split('@').next());
            local.flat_map(|local| local.split(['.', '-', '_'])).any(|part| words.contains(&part))
        })
    }
}

impl People<'_> {
    /// What tells whether somebody whom Exchange names is among an audience.
    pub(crate) fn acquaintance<'p>(&'p self, audience: &'p Audience) -> Acquaintance<'p> {
        let mut known =
            Acquaintance { people: self, audience, ways: BTreeSet::new(), names: BTreeSet::new(), open: false };
        for (person, _) in audience.people() {
            match self.persons.get(person) {
                Some(Person::Known(identity)) => {
                    known.ways.insert(ways(identity));
                    known.names.extend(identity.names.iter().map(String::as_str));
                }
                Some(Person::MembersOf(_) | Person::EverybodyElse) => known.open = true,
                None => {}
            }
        }
        known
    }
}
