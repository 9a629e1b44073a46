//! Which card of ours a card of the phone's is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Brought, Choices, Doubt, Evidence, Kept, Match,
    joining::{Circumstances, brings_nothing},
    keys::Keys,
};

/// How well a card of ours fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    /// By this alone nobody is joined.
    Possible(Doubt),
    Sure(Evidence),
}

/// A card of ours that may be meant: its grade, and how many names, numbers and addresses they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    grade: Grade,
    shared: usize,
    /// Its place.
    at: usize,
}

/// Which card of ours each of the phone's cards is. The same for the same cards.
#[must_use]
pub fn matched(kept: &[Kept], brought: &[Brought], choices: &Choices) -> Vec<Match> {
    let ours: Vec<Keys> = kept.iter().map(|kept| Keys::of(&kept.card)).collect();
    let theirs: Vec<Keys> = brought.iter().map(|brought| Keys::of(&brought.card)).collect();
    let index = Index::of(&ours);
    let (here_by_name, theirs_by_name) = (names(&ours), names(&theirs));
    let found = theirs.iter().zip(brought).enumerate().map(|(place, (keys, brought))| {
        if let Some(at) = choices.same.get(&place) {
            return Match::Kept { at: *at, why: Evidence::Chosen, duplicate_of: None };
        }
        if choices.new.contains(&place) {
            return Match::New { duplicate_of: None };
        }
        let only_one = choices.trust_names
            && here_by_name.get(keys.name.as_str()) == Some(&1)
            && theirs_by_name.get(keys.name.as_str()) == Some(&1);
        decided(kept, brought, index.candidates(kept, &ours, brought, keys), only_one)
    });
    let mut found: Vec<Match> = found.collect();
    name_duplicates(&mut found, &theirs, choices);
    found
}

fn names(keys: &[Keys]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for keys in keys.iter().filter(|keys| !keys.name.is_empty()) {
        *counts.entry(keys.name.as_str()).or_default() += 1;
    }
    counts
}

/// Where each name, number, address and UID stands in ours.
struct Index<'a> {
    places: HashMap<(Kind, &'a str), Vec<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Uid,
    Name,
    Email,
    Number,
}

fn entries(keys: &Keys) -> impl Iterator<Item = (Kind, &str)> {
    let uid = Some((Kind::Uid, keys.uid.as_str())).filter(|(_, uid)| !uid.is_empty());
    let name = Some((Kind::Name, keys.name.as_str())).filter(|(_, name)| !name.is_empty());
    let emails = keys.emails.iter().map(|email| (Kind::Email, email.as_str()));
    let numbers = keys.numbers.iter().map(|number| (Kind::Number, number.as_str()));
    uid.into_iter().chain(name).chain(emails).chain(numbers)
}

impl<'a> Index<'a> {
    fn of(ours: &'a [Keys]) -> Self {
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, keys) in ours.iter().enumerate() {
            for entry in entries(keys) {
                places.entry(entry).or_default().push(at);
            }
        }
        Self { places }
    }

    /// Everything of ours that has something in common with it, the best last.
    fn candidates(&self, kept: &[Kept], ours: &[Keys], brought: &Brought, keys: &Keys) -> Vec<Candidate> {
        let spare = (Kind::Uid, brought.spare_uid.as_str());
        let places: BTreeSet<usize> =
            entries(keys).chain([spare]).filter_map(|entry| self.places.get(&entry)).flatten().copied().collect();
        let graded = places.into_iter().filter_map(|at| {
            let (kept, ours) = (kept.get(at)?, ours.get(at)?);
            if kept.card.kind != brought.card.kind {
                return None;
            }
            let by_uid = ours.uid == keys.uid && !keys.uid.is_empty() || ours.uid == brought.spare_uid;
            let (grade, shared) = grade(ours, keys, by_uid)?;
            Some(Candidate { grade, shared, at })
        });
        let mut candidates: Vec<Candidate> = graded.collect();
        candidates.sort_unstable();
        candidates
    }
}

/// How well two cards fit; `None` when they have nothing in common.
fn grade(one: &Keys, other: &Keys, by_uid: bool) -> Option<(Grade, usize)> {
    let same_name = !one.name.is_empty() && one.name == other.name;
    let emails = one.emails.intersection(&other.emails).count();
    let numbers = one.numbers.intersection(&other.numbers).count();
    let shared = usize::from(same_name) + emails + numbers;
    let nameless = one.name.is_empty() || other.name.is_empty();
    let grade = if by_uid {
        Grade::Sure(Evidence::Uid)
    } else if same_name && emails + numbers > 0 {
        Grade::Sure(Evidence::NameAndReach)
    } else if nameless && emails > 0 && numbers > 0 {
        Grade::Sure(Evidence::AddressAndNumber)
    } else if same_name && !(one.can_be_reached() && other.can_be_reached()) {
        Grade::Sure(Evidence::Name)
    } else if same_name {
        Grade::Possible(Doubt::NameAlone)
    } else if emails + numbers > 0 {
        Grade::Possible(Doubt::OtherName)
    } else {
        return None;
    };
    Some((grade, shared))
}

/// The match, from candidates of which the best is the last. A living card goes before a deleted one.
fn decided(kept: &[Kept], brought: &Brought, candidates: Vec<Candidate>, only_one_of_the_name: bool) -> Match {
    let is_deleted = |candidate: &Candidate| kept.get(candidate.at).is_some_and(|kept| kept.is_deleted);
    let (deleted, living): (Vec<Candidate>, Vec<Candidate>) = candidates.into_iter().partition(is_deleted);
    let contains = |candidate: &&Candidate| {
        kept.get(candidate.at).is_some_and(|kept| brings_nothing(&kept.card, &brought.card, &Circumstances::default()))
    };
    let as_kept = |at: usize, why: Evidence| Match::Kept { at, why, duplicate_of: None };
    if let Some(best) = living.last() {
        let best_ones: Vec<&Candidate> =
            living.iter().filter(|one| (one.grade, one.shared) == (best.grade, best.shared)).collect();
        return match (best.grade, best_ones.as_slice()) {
            (Grade::Sure(why), [only]) => as_kept(only.at, why),
            // It is in one of ours already: nothing has to be decided.
            _ if living.iter().any(|one| contains(&one)) => {
                let at = living.iter().rev().find(contains).map_or(best.at, |one| one.at);
                as_kept(at, Evidence::Contained)
            }
            (Grade::Sure(_), _) => {
                Match::Unclear { candidates: best_ones.iter().map(|one| one.at).collect(), doubt: Doubt::Several }
            }
            (Grade::Possible(Doubt::NameAlone), [only]) if only_one_of_the_name => as_kept(only.at, Evidence::Name),
            (Grade::Possible(doubt), _) => {
                Match::Unclear { candidates: living.iter().rev().map(|one| one.at).collect(), doubt }
            }
        };
    }
    let sure = |candidate: &&Candidate| matches!(candidate.grade, Grade::Sure(_));
    let gone: Vec<usize> = deleted.iter().rev().filter(sure).map(|one| one.at).collect();
    if gone.is_empty() {
        Match::New { duplicate_of: None }
    } else {
        Match::Unclear { candidates: gone, doubt: Doubt::DeletedHere }
    }
}

/// Names the first of several cards of the phone's that are one person. Cards that were chosen to be new are nobody's
/// duplicate.
fn name_duplicates(found: &mut [Match], theirs: &[Keys], choices: &Choices) {
    let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut first_new: BTreeSet<usize> = BTreeSet::new();
    let index = Index::of(theirs);
    for place in 0..found.len() {
        match found.get_mut(place) {
            Some(Match::Kept { at, duplicate_of, .. }) => {
                let first = *firsts.entry(*at).or_insert(place);
                *duplicate_of = (first != place).then_some(first);
            }
            Some(Match::New { duplicate_of }) if !choices.new.contains(&place) => {
                let Some(keys) = theirs.get(place) else { continue };
                first_new.insert(place);
                let earlier: BTreeSet<usize> =
                    entries(keys).filter_map(|entry| index.places.get(&entry)).flatten().copied().collect();
                let twin = earlier.into_iter().take_while(|at| *at < place).find(|at| {
                    let sure = theirs.get(*at).and_then(|other| grade(other, keys, false));
                    first_new.contains(at) && matches!(sure, Some((Grade::Sure(Evidence::NameAndReach), _)))
                });
                if twin.is_some() {
                    first_new.remove(&place);
                }
                *duplicate_of = twin;
            }
            _ => {}
        }
    }
}
