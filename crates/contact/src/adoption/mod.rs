//! Taking over contacts that live on a phone alone: what people edited there while an app exported one way into it.
//!
//! Two steps, both pure. [`matched`] finds out which of the phone's cards is which of ours, and says so where it is not
//! sure. [`plan`] joins each pair and says what would be written. What that promises, for all cards:
//!
//! 1. **Nothing of ours goes.** Every fact of ours that the phone's card lacks is there afterwards, under its id.
//! 2. **Nothing of theirs is lost without a word.** Every fact of the phone's card is there afterwards, or stands in a
//!    [`Change`] that says why not: ours was kept, or it was here before and somebody removed it.
//! 3. **Twice is once.** Planned again after it was carried out, nothing is to be written.
//! 4. **Order does not matter to who is who.** The same cards give the same pairs, every time.
//!
//! Only the same facet of what a card has one of (a name's part, a birthday, the photo) can be in conflict; the phone's
//! wins when its card says that it is newer (`REV`), else ours. Several of a kind are united: a number that was edited on
//! the phone stands beside the old one.

mod comparable;
mod joining;
mod keys;
mod matching;
mod plan;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{Card, Fact};

pub use matching::matched;
pub use plan::plan;

/// A card of ours.
#[derive(Debug, Clone)]
pub struct Kept {
    /// As it is, or, deleted, as it last was.
    pub card: Card,
    /// Microseconds since 1970.
    pub modified_at: i64,
    /// It was deleted here.
    pub is_deleted: bool,
}

/// A card of the phone's.
#[derive(Debug, Clone)]
pub struct Brought {
    /// What it says.
    pub card: Card,
    /// When it was last changed there, by its own word (`REV`), in microseconds since 1970.
    pub revised_at: Option<i64>,
    /// The UID it gets where it has none, or one that is taken: the same for the same content, so that it is found again.
    pub spare_uid: String,
}

/// What an administrator says about cards that the matching is not sure of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The phone's card (by its place) is this one of ours.
    pub same: BTreeMap<usize, usize>,
    /// The phone's card is none of ours.
    pub new: BTreeSet<usize>,
    /// One name that only one card on either side has is one person.
    pub trust_names: bool,
}

/// Which card of ours a card of the phone's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// This one, by its place.
    Kept {
        /// Which.
        at: usize,
        /// Why.
        why: Evidence,
        /// The phone has it more than once; this is the first card of it there.
        duplicate_of: Option<usize>,
    },
    /// None; with the earlier card of the phone's that is the same person.
    New {
        /// The first of them.
        duplicate_of: Option<usize>,
    },
    /// It may be one of these; nothing is done without a choice.
    Unclear {
        /// Places of ours, the likeliest first.
        candidates: Vec<usize>,
        /// Why not.
        doubt: Doubt,
    },
}

/// Why two cards are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// All that the phone's card says is in ours.
    Contained,
    /// The same name, and on one side no number and no address that could differ.
    Name,
    /// An address and a number, and one side has no name.
    AddressAndNumber,
    /// The same name, and an address or a number.
    NameAndReach,
    /// The same UID.
    Uid,
    /// Somebody chose so.
    Chosen,
}

/// Why it is not sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The same name, and nothing else in common.
    NameAlone,
    /// An address or a number in common, and different names.
    OtherName,
    /// Several of ours fit equally well.
    Several,
    /// It was deleted here.
    DeletedHere,
}

/// Which side is newer, where something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Age {
    /// Ours was changed after the phone's.
    NewerHere,
    /// The phone's was changed after ours.
    NewerThere,
    /// The phone's card does not say when it was changed.
    Unknown,
}

/// Something in which the two differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which part: `phone`, `name.given`, `birthday`.
    pub what: String,
    /// What ours says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
    /// What the phone's says.
    pub there: String,
    /// What becomes of it.
    pub effect: Effect,
}

/// What becomes of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The phone's is added.
    Added,
    /// The phone's fills what was empty in ours.
    Filled,
    /// The phone's takes the place of ours, which stays in the history.
    Taken,
    /// Ours stays.
    Kept,
    /// It was here once and was removed: it stays away.
    RemovedBefore,
}

impl Effect {
    /// Whether ours is written anew for it.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Added | Self::Filled | Self::Taken)
    }
}

/// What is known of a pair beside the two cards.
#[derive(Debug, Clone, Default)]
pub struct Background {
    /// Facts that older versions of a card of ours had, by its place.
    pub past: BTreeMap<usize, Vec<Fact>>,
    /// Pairs (ours, the phone's) whose photos are one picture in two sizes.
    pub copies: BTreeSet<(usize, usize)>,
}

/// What is proposed about a card of the phone's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Which card of ours it is.
    pub matched: Match,
    /// What it is called in a word.
    pub verdict: Verdict,
    /// In what they differ.
    pub changes: Vec<Change>,
}

/// A proposal in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It says nothing that ours does not.
    Same,
    /// They differ, and ours was changed last.
    NewerHere,
    /// They differ, and the phone's was changed last.
    NewerThere,
    /// They differ, and nobody says which was changed last.
    Differs,
    /// There is none of ours.
    OnlyThere,
    /// The phone has it twice.
    Duplicate,
    /// Somebody has to choose.
    Unclear,
}

impl Verdict {
    /// As in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::NewerHere => "newer-here",
            Self::NewerThere => "newer-there",
            Self::Differs => "differs",
            Self::OnlyThere => "only-there",
            Self::Duplicate => "duplicate",
            Self::Unclear => "unclear",
        }
    }
}

/// Something to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A card of ours gets this form.
    Edit {
        /// Which, by its place.
        kept: usize,
        /// The new form.
        card: Card,
        /// The phone's cards that are in it.
        from: Vec<usize>,
    },
    /// A new card.
    Create {
        /// The card.
        card: Card,
        /// The phone's cards that are in it.
        from: Vec<usize>,
    },
}

/// What is proposed, and what would be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// One for each of the phone's cards, in their order.
    pub proposals: Vec<Proposal>,
    /// In the order of the phone's cards.
    pub writes: Vec<Write>,
}
