//! The terms of one class in byte order, each with the entries that have it, in little memory.
//!
//! Most terms (addresses, phone numbers, aliases) belong to one entry and share their beginning with the term before, so
//! a term is written as what it adds to that (front coding), in blocks that can be searched. The entries of all terms
//! stand in one list in the order of the terms: those of the terms that begin with a prefix are one piece of it.

use super::{
    Position,
    numbers::{push_number, take_number},
};

/// Terms in a block: each lookup decodes about as many, and each block costs as much as a term.
const BLOCK_TERMS: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// For every term: how many bytes it shares with the one before in its block, how many it adds, how many entries
    /// have it (a variable-length number), the bytes it adds.
    text: Vec<u8>,
    blocks: Vec<Block>,
    entries: Vec<Position>,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy)]
struct Block {
    text: u32,
    entries: u32,
}

impl Vocabulary {
    /// The entries of all terms that begin with the prefix: term by term, those of a term ascending. An entry with
    /// several such terms is there several times.
    pub(super) fn beginning_with(&self, prefix: &[u8]) -> &[Position] {
        // No byte of UTF-8 is that great.
        self.between(prefix, &[prefix, &[0xff]].concat())
    }

    /// The entries of a term, ascending.
    pub(super) fn exactly(&self, term: &[u8]) -> &[Position] {
        self.between(term, &[term, &[0]].concat())
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.text.capacity()
            + self.blocks.capacity() * size_of::<Block>()
            + self.entries.capacity() * size_of::<Position>()
    }

    fn between(&self, from: &[u8], to: &[u8]) -> &[Position] {
        self.entries.get(self.before(from)..self.before(to)).unwrap_or_default()
    }

    /// How many entries the terms before `key` have.
    fn before(&self, key: &[u8]) -> usize {
        let after =
            self.blocks.partition_point(|block| self.terms(*block).next().is_some_and(|first| first.adds < key));
        let Some(block) = after.checked_sub(1).and_then(|at| self.blocks.get(at)) else { return 0 };
        let mut count = block.entries as usize;
        let mut term: Vec<u8> = Vec::with_capacity(key.len());
        for coded in self.terms(*block).take(BLOCK_TERMS) {
            term.truncate(coded.shares);
            term.extend_from_slice(coded.adds);
            if term.as_slice() >= key {
                break;
            }
            count += coded.entries;
        }
        count
    }

    /// The terms from the beginning of a block on.
    fn terms(&self, block: Block) -> Terms<'_> {
        Terms(self.text.get(block.text as usize..).unwrap_or_default())
    }
}

/// A term as it is kept.
struct Coded<'v> {
    shares: usize,
    adds: &'v [u8],
    entries: usize,
}

struct Terms<'v>(&'v [u8]);

impl<'v> Iterator for Terms<'v> {
    type Item = Coded<'v>;

    fn next(&mut self) -> Option<Coded<'v>> {
        let (&[shares, adds], rest) = self.0.split_first_chunk::<2>()?;
        let (entries, rest) = take_number(rest)?;
        let (adds, rest) = rest.split_at_checked(usize::from(adds))?;
        self.0 = rest;
        Some(Coded { shares: usize::from(shares), adds, entries })
    }
}

/// Takes terms in byte order.
#[derive(Debug, Default)]
pub(super) struct Writer {
    vocabulary: Vocabulary,
    /// The term whose entries are being taken.
    term: Vec<u8>,
    entries: Vec<Position>,
    /// The term before.
    last: Vec<u8>,
    terms: usize,
}

/// More than the vocabulary can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Writer {
    /// An entry that has the term; terms come in byte order, the entries of a term in any.
    pub(super) fn add(&mut self, term: &[u8], entry: Position) -> Result<(), TooLarge> {
        if self.term != term {
            self.end_term()?;
            self.term.clear();
            self.term.extend_from_slice(term);
        }
        self.entries.push(entry);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vocabulary, TooLarge> {
        self.end_term()?;
        let mut vocabulary = self.vocabulary;
        vocabulary.text.shrink_to_fit();
        vocabulary.blocks.shrink_to_fit();
        vocabulary.entries.shrink_to_fit();
        Ok(vocabulary)
    }

    fn end_term(&mut self) -> Result<(), TooLarge> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.entries.sort_unstable();
        self.entries.dedup();
        let Vocabulary { text, blocks, entries } = &mut self.vocabulary;
        if self.terms.is_multiple_of(BLOCK_TERMS) {
            let small = |length: usize| u32::try_from(length).map_err(|_| TooLarge);
            blocks.push(Block { text: small(text.len())?, entries: small(entries.len())? });
            self.last.clear();
        }
        let shares = self.last.iter().zip(&self.term).take_while(|(one, other)| one == other).count();
        let adds = self.term.get(shares..).unwrap_or_default();
        let byte = |length: usize| u8::try_from(length).map_err(|_| TooLarge);
        text.extend([byte(shares)?, byte(adds.len())?]);
        push_number(text, self.entries.len());
        text.extend_from_slice(adds);
        entries.append(&mut self.entries);
        self.last.clone_from(&self.term);
        self.terms += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_lookup_gives_what_looking_at_every_term_would(
            terms in prop::collection::btree_map("[a-cä]{1,6}", prop::collection::btree_set(0_u32..500, 1..200), 0..80),
            asked in "[a-cä]{0,4}",
        ) {
            let terms: BTreeMap<String, BTreeSet<Position>> = terms;
            let mut writer = Writer::default();
            for (term, entries) in &terms {
                for entry in entries.iter().rev() {
                    writer.add(term.as_bytes(), *entry).unwrap();
                }
            }
            let vocabulary = writer.finish().unwrap();
            let begin = terms.iter().filter(|(term, _)| term.starts_with(&asked));
            let expected: Vec<Position> = begin.flat_map(|(_, entries)| entries).copied().collect();
            prop_assert_eq!(vocabulary.beginning_with(asked.as_bytes()), expected);
            let expected: Vec<Position> = terms.get(&asked).into_iter().flatten().copied().collect();
            prop_assert_eq!(vocabulary.exactly(asked.as_bytes()), expected);
        }
    }

    #[test]
    fn a_term_that_cannot_be_written_is_refused() {
        let mut writer = Writer::default();
        writer.add(&[b'a'; 256], 0).unwrap();
        assert_eq!(writer.finish().unwrap_err(), TooLarge);
    }
}
