//! The order of the merged items.

use super::Winner;
use crate::{Card, ItemId};

/// Every id of the three cards once, in merged order.
///
/// Ids of the base come in the base's order, or in the order of the side that changed it (the winner's when both did).
/// An addition follows the item it was added after. Additions of both sides at one place stay together by side, the
/// side whose first id is smaller first, so that it does not matter who came first.
pub(super) fn merged(base: &Card, mine: &Card, theirs: &Card, winner: Winner) -> Vec<ItemId> {
    let base: Vec<ItemId> = ids(base);
    let (mine, theirs) = (ids(mine), ids(theirs));
    let leader = match (is_reordered(&base, &mine), is_reordered(&base, &theirs), winner) {
        (true, false, _) | (true, true, Winner::Mine) => &mine,
        (false, true, _) | (true, true, Winner::Theirs) => &theirs,
        (false, false, _) => &base,
    };
    let anchors = anchors(&base, leader);
    let mut order = Vec::with_capacity(anchors.len() + mine.len() + theirs.len());
    for anchor in std::iter::once(None).chain(anchors.into_iter().map(Some)) {
        order.extend(anchor);
        let (one, two) = (added_after(anchor, &base, &mine), added_after(anchor, &base, &theirs));
        let (first, second) = if one <= two { (one, two) } else { (two, one) };
        for id in first.into_iter().chain(second) {
            if !order.contains(&id) {
                order.push(id);
            }
        }
    }
    order
}

fn ids(card: &Card) -> Vec<ItemId> {
    card.items.iter().map(|item| item.id).collect()
}

fn is_reordered(base: &[ItemId], side: &[ItemId]) -> bool {
    let kept = side.iter().filter(|id| base.contains(id));
    let before = base.iter().filter(|id| side.contains(id));
    !kept.eq(before)
}

/// The base's ids as the leader has them; those it deleted stay behind the one they followed in the base.
fn anchors(base: &[ItemId], leader: &[ItemId]) -> Vec<ItemId> {
    let mut anchors: Vec<ItemId> = leader.iter().copied().filter(|id| base.contains(id)).collect();
    let mut previous = None;
    for &id in base {
        if !anchors.contains(&id) {
            let at = previous.and_then(|previous| anchors.iter().position(|&anchor| anchor == previous));
            anchors.insert(at.map_or(0, |at| at + 1), id);
        }
        previous = Some(id);
    }
    anchors
}

/// What the side added directly behind the anchor (`None`: before everything of the base).
fn added_after(anchor: Option<ItemId>, base: &[ItemId], side: &[ItemId]) -> Vec<ItemId> {
    let start = match anchor {
        None => 0,
        Some(anchor) => match side.iter().position(|&id| id == anchor) {
            Some(at) => at + 1,
            None => return Vec::new(),
        },
    };
    side.iter().skip(start).copied().take_while(|id| !base.contains(id)).collect()
}
