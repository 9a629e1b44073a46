//! Where a device stands in a book: three integers, and what it wrote itself.

use std::{collections::BTreeMap, fmt};

use contact::eas;
use contact::merge::Winner;
use ledger::{CardId, Revision};
use serde::{Deserialize, Serialize};

/// The position of a device in a book.
///
/// History is immutable, so what the device holds is a function of this value ([`super::held`]); no list of what was
/// sent is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Random at every start from key 0; with `number` it makes the SyncKey.
    pub(crate) epoch: String,
    /// Goes up with every answer; never given out twice with different content.
    pub(crate) number: u64,
    /// `R`: the device holds the book as of this revision ...
    #[serde(rename = "R")]
    pub(crate) reached: i64,
    /// `S`: ... and is being taken to this one, in pages.
    #[serde(rename = "S")]
    pub(crate) target: i64,
    /// Versions of the run up to here have been handed over; equal to `target` when nothing is under way.
    pub(crate) cursor: i64,
    /// Which run.
    pub(crate) phase: Phase,
    /// The first run passed over cards because an older one bears their name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) owes_namesakes: bool,
    /// Card to revision: what this device wrote or was told beside the pages, and need not be told again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) own: BTreeMap<i64, i64>,
    /// Cards of which this device shows something else than the ledger has, and did not want to hear so
    /// (`GetChanges` 0): told when it asks. The value says whether it shows anything at all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) owed: BTreeMap<i64, bool>,
}

/// The runs of a round, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Everything, but of each name only the oldest card: iOS joins cards of one name in its first run.
    Initial,
    /// The cards held back.
    Namesakes,
    /// What has changed since.
    Steady,
}

impl State {
    /// The start of an epoch, towards everything there is.
    pub(crate) fn fresh(epoch: String, newest: Revision) -> Self {
        Self {
            epoch,
            number: 1,
            reached: 0,
            target: newest.0,
            cursor: 0,
            phase: Phase::Initial,
            owes_namesakes: false,
            own: BTreeMap::new(),
            owed: BTreeMap::new(),
        }
    }

    /// The key the device is given for this state (MS-ASCMD 2.2.3.181.4; opaque, at most 64 characters, never "0").
    pub(crate) fn key(&self) -> SyncKey {
        SyncKey(format!("{}.{}", self.epoch, self.number))
    }

    /// The revision of this card that the device itself wrote or was told, unless a page has passed it since.
    pub(crate) fn own(&self, card: CardId) -> Option<Revision> {
        self.own.get(&card.0).copied().map(Revision)
    }

    /// Whether all pages of the run have been handed over.
    pub(crate) fn run_is_over(&self) -> bool {
        self.cursor == self.target
    }

    /// Whether the device holds everything there is.
    pub(crate) fn is_up_to(&self, newest: Revision) -> bool {
        self.phase == Phase::Steady && self.run_is_over() && self.target >= newest.0
    }

    /// Begins the next run when nothing is under way.
    pub(crate) fn turn(&mut self, newest: Revision) {
        if !self.run_is_over() {
            return;
        }
        if self.phase == Phase::Initial && self.owes_namesakes {
            self.phase = Phase::Namesakes;
            self.owes_namesakes = false;
            self.cursor = 0;
        } else {
            self.phase = Phase::Steady;
            self.reached = self.target;
            self.target = newest.0;
        }
    }

    /// All pages of the run are out.
    pub(crate) fn end_run(&mut self) {
        self.cursor = self.target;
        if self.phase == Phase::Steady {
            self.reached = self.target;
            let reached = self.reached;
            self.own.retain(|_, revision| *revision > reached);
        }
    }
}

/// A SyncKey as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncKey(pub String);

impl SyncKey {
    /// The key of a device that holds nothing.
    pub const ZERO: &'static str = "0";

    /// Whether the device starts over.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == Self::ZERO
    }
}

impl fmt::Display for SyncKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the hub keeps of a device and a book between requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The state whose key the device was given last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<State>,
    /// The key of the state before, while the device has not proved that it got the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<SyncKey>,
    /// The state that was current before the device came again with the key before and another request. If its answer was
    /// lost it is never seen again; but if that other request was an old one that the network delivered late, the
    /// device goes on from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passed_over: Option<State>,
    /// A new epoch whose first key has not come back yet; the old epoch lives until it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fresh: Option<State>,
}

/// What a device asked for when it last said so; kept between requests (MS-ASCMD 2.2.3.125.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncOptions {
    /// What the device declared with key 0 that it can ghost.
    pub supported: eas::Supported,
    /// Bytes of a note it wants at most.
    pub body_truncation: Option<u32>,
    /// Whose change stays when both sides changed the same facet.
    pub winner: Winner,
}
