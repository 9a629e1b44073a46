//! Searching the resident index.
//!
//! Entries are numbered in the order in which equals are given, so a set of entries is a row of bits and the first of
//! them are the best. The words of a query fill one such set each, rank by rank from the best: what all sets have after
//! a rank, and had not before, matches with that rank. The work is one step for every time an entry has a term that
//! begins with a word, and less when the better ranks fill the answer.

use super::{Index, Position};
use crate::{limits::RESULTS_MAX, query::Query, terms::Rank};

impl Index {
    /// The matching entries, the best first, at most [`RESULTS_MAX`]; see [`Directory::search`](crate::Directory::search).
    pub(crate) fn matches(&self, query: &Query) -> Vec<Position> {
        let (words, alone) = (query.words.as_slice(), query.words.len() == 1);
        let occur = |word: &String| self.terms().iter().any(|terms| !terms.beginning_with(word.as_bytes()).is_empty());
        if words.is_empty() || !words.iter().all(occur) {
            return Vec::new();
        }
        let mut found = Found { given: Bits::new(self.entries.len()), order: Vec::new() };
        let mut sets: Vec<Bits> = words.iter().map(|_| Bits::new(self.entries.len())).collect();
        for rank in Rank::ALL {
            for (word, set) in words.iter().zip(&mut sets) {
                self.fill(set, word, rank, alone);
            }
            found.take(&sets);
            if found.order.len() >= RESULTS_MAX {
                break;
            }
        }
        found.order
    }

    /// Adds the entries that a word matches with this rank.
    fn fill(&self, set: &mut Bits, word: &str, rank: Rank, alone: bool) {
        let [names, emails, others] = self.terms();
        let text = word.as_bytes();
        match rank {
            Rank::Exact => {
                set.add(names.exactly(text));
                // Of several words none is meant to be a whole address.
                if alone && word.contains('@') {
                    set.add(emails.exactly(text));
                } else if alone {
                    set.add(emails.beginning_with(&[text, b"@"].concat()));
                }
            }
            Rank::Name => set.add(names.beginning_with(text)),
            Rank::Email => set.add(emails.beginning_with(text)),
            Rank::Other => set.add(others.beginning_with(text)),
        }
    }
}

struct Found {
    /// All that match so far.
    given: Bits,
    /// The same, the best first.
    order: Vec<Position>,
}

impl Found {
    /// Takes what all sets have, until there are enough.
    fn take(&mut self, sets: &[Bits]) {
        let Some((first, others)) = sets.split_first() else { return };
        for (at, (given, bits)) in self.given.0.iter_mut().zip(&first.0).enumerate() {
            let mut new = others.iter().fold(bits & !*given, |bits, set| bits & set.0.get(at).copied().unwrap_or(0));
            *given |= new;
            while new != 0 {
                let position = at * BITS + new.trailing_zeros() as usize;
                // Every position is one.
                self.order.push(Position::try_from(position).unwrap_or(Position::MAX));
                if self.order.len() == RESULTS_MAX {
                    return;
                }
                new &= new - 1;
            }
        }
    }
}

const BITS: usize = u64::BITS as usize;

/// A set of entries.
struct Bits(Vec<u64>);

impl Bits {
    fn new(entries: usize) -> Self {
        Self(vec![0; entries.div_ceil(BITS)])
    }

    fn add(&mut self, entries: &[Position]) {
        for entry in entries {
            if let Some(bits) = self.0.get_mut(*entry as usize / BITS) {
                *bits |= 1 << (*entry as usize % BITS);
            }
        }
    }
}
