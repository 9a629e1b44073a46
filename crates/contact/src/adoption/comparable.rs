//! Two items of one thing made comparable: what is only written otherwise is made alike, so that what still differs is a
//! difference.

use super::keys::folded;
use crate::{
    Fact, Item,
    fact::{Address, Email, Name, OnlineService, Organization},
    names,
};

/// The two sides' item as if both had been made of one: what they spell differently and is the same is ours, and what
/// identifies it is not in question. `None` when there is nothing that could differ.
pub(super) fn comparable(ours: &Item, theirs: &Item, newer_there: bool) -> Option<(Item, Item)> {
    let mut sent = Item { id: ours.id, pref: ours.pref, ..theirs.clone() };
    let blank = match (&ours.fact, &mut sent.fact) {
        (Fact::Name(here), Fact::Name(there)) => {
            same_spelling(here, there);
            Fact::Name(Name::default())
        }
        (Fact::Organization(here), Fact::Organization(there)) => {
            keep_spelling(here.name.as_deref(), &mut there.name);
            keep_spelling(here.office.as_deref(), &mut there.office);
            keep_spelling(here.phonetic.as_deref(), &mut there.phonetic);
            if there.units.is_empty() {
                there.units.clone_from(&here.units);
            }
            Fact::Organization(Organization::default())
        }
        (Fact::Address(here), Fact::Address(there)) => {
            for (here, there) in [
                (here.street.as_deref(), &mut there.street),
                (here.extended.as_deref(), &mut there.extended),
                (here.po_box.as_deref(), &mut there.po_box),
                (here.city.as_deref(), &mut there.city),
                (here.state.as_deref(), &mut there.state),
                (here.postal_code.as_deref(), &mut there.postal_code),
                (here.country.as_deref(), &mut there.country),
                (here.country_code.as_deref(), &mut there.country_code),
            ] {
                keep_spelling(here, there);
            }
            Fact::Address(Address::default())
        }
        (Fact::Email(here), Fact::Email(there)) => {
            there.address.clone_from(&here.address);
            keep_spelling(here.name.as_deref(), &mut there.name);
            Fact::Email(Email { address: here.address.clone(), name: None })
        }
        (Fact::Phone(here), Fact::Phone(there)) => {
            there.clone_from(here);
            ours.fact.clone()
        }
        (Fact::OnlineService(here), Fact::OnlineService(there)) => {
            there.user.clone_from(&here.user);
            keep_spelling(here.service.as_deref(), &mut there.service);
            Fact::OnlineService(OnlineService { user: here.user.clone(), service: None, kind: here.kind })
        }
        (Fact::Anniversary(_), Fact::Anniversary(_)) => sent.fact.clone(),
        (Fact::Opaque(_) | Fact::Keyword(_), _) => return None,
        (here, there) => {
            *there = here.clone();
            here.clone()
        }
    };
    // For a day there is nothing before both: without a base, a difference is one that both sides made.
    let blank = match (&ours.fact, blank) {
        (Fact::Anniversary(here), Fact::Anniversary(there)) if *here != there => Fact::Note(String::new()),
        (_, blank) => blank,
    };
    let may_label = newer_there || ours.contexts.is_empty();
    if sent.label.is_none() || ours.label.is_none() && !may_label {
        sent.label.clone_from(&ours.label);
    }
    if !newer_there || !ours.contexts.is_empty() || ours.label.is_some() || sent.contexts.is_empty() {
        sent.contexts.clone_from(&ours.contexts);
    }
    Some((Item { label: None, pref: ours.pref, ..Item::new(ours.id, blank) }, sent))
}

/// The same words written otherwise, or not at all, are as ours writes them.
fn keep_spelling(here: Option<&str>, there: &mut Option<String>) {
    let same = match (here, there.as_deref()) {
        (Some(here), Some(there)) => folded(here) == folded(there),
        (_, None) => true,
        (None, Some(there)) => folded(there).is_empty(),
    };
    if same {
        *there = here.map(str::to_owned);
    }
}

fn same_spelling(here: &Name, there: &mut Name) {
    // A whole name that is only its parts, or ours, says nothing of its own.
    let as_here = here.full.clone().or_else(|| names::composed(here)).map(|full| folded(&full));
    if names::full_pattern(there).is_some() {
        there.full = None;
    } else if there.full.is_some() && there.full.as_deref().map(folded) == as_here {
        there.full.clone_from(&here.full);
    }
    for (here, there) in [
        (here.given.as_deref(), &mut there.given),
        (here.given2.as_deref(), &mut there.given2),
        (here.surname.as_deref(), &mut there.surname),
        (here.prefix.as_deref(), &mut there.prefix),
        (here.suffix.as_deref(), &mut there.suffix),
        (here.phonetic_given.as_deref(), &mut there.phonetic_given),
        (here.phonetic_given2.as_deref(), &mut there.phonetic_given2),
        (here.phonetic_surname.as_deref(), &mut there.phonetic_surname),
        (here.file_as.as_deref(), &mut there.file_as),
        (here.initials.as_deref(), &mut there.initials),
    ] {
        keep_spelling(here, there);
    }
}
