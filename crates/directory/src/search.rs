//! Searching the table of tokens.
//!
//! Every step reads a range of the token table and stops at a limit, so that the work does not depend on the size of
//! the directory. One word finds the best ranks first, within them tokens in alphabetical order, and stops at
//! [`RESULTS_MAX`]; below that it is complete.
//!
//! Several words: the rarest one leads, and its tokens carry the names in which the others are looked for, and a
//! sketch of everything else; entries it does not rule out are read. This is complete when the rarest word has at most
//! [`SCAN_TOKENS_MAX`] tokens and leaves at most [`VERIFIED_ENTRIES_MAX`] entries to read. When even the rarest is
//! common, pairs of words are looked up together ("ann schm": every name that begins with `ann`,
//! followed by a word that begins with `schm`), leaping from one completion of the first word to the next.

use std::collections::{HashMap, HashSet};

use ledger::{
    Result, Transaction,
    tables::directory::{self, Entry, EntryId, TenantId},
};

use crate::{
    limits::{COMPLETIONS_MAX, RESULTS_MAX, SCAN_TOKENS_MAX, SCAN_TOKENS_MIN, VERIFIED_ENTRIES_MAX},
    query::Query,
    resident::Index,
    terms::{AFTER_ALL, Class, Rank, Terms, Token, WORD_END},
};

/// Which of the results, counted from 0, both ends included (MS-ASCMD 2.2.3.143).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first one.
    pub first: u32,
    /// The last one.
    pub last: u32,
}

impl Range {
    /// The first `count` results; at least one.
    #[must_use]
    pub const fn first(count: u32) -> Self {
        Self { first: 0, last: count.saturating_sub(1) }
    }

    /// What it means of so many results.
    fn within(self, total: usize) -> std::ops::Range<usize> {
        let first = (self.first as usize).min(total);
        first..(self.last as usize).saturating_add(1).clamp(first, total)
    }
}

/// A page of results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchResult {
    /// The entries of the range, the best first; empty when the range begins after the last one.
    pub entries: Vec<Entry>,
    /// How many entries match, counted up to [`RESULTS_MAX`]. It is the same on every page.
    pub total: u32,
}

/// The order of results.
type Place = (Rank, Vec<u8>, EntryId);

pub(crate) fn search(tx: &mut dyn Transaction, tenant: TenantId, query: &Query, range: Range) -> Result<SearchResult> {
    let mut search = Search { tx, tenant, found: HashMap::new(), open: Open::default(), read: HashMap::new() };
    match query.words.as_slice() {
        [] => return Ok(SearchResult::default()),
        [word] => search.one_word(word)?,
        words => search.several_words(words)?,
    }
    let Search { found, read, .. } = search;
    let mut places: Vec<Place> = found.into_iter().map(|(id, (rank, key))| (rank, key, id)).collect();
    places.sort_unstable();
    places.truncate(RESULTS_MAX);
    let ids: Vec<EntryId> = places.into_iter().map(|(_, _, id)| id).collect();
    page_of(tx, tenant, &ids, range, read)
}

/// The range of what an index in memory finds.
pub(crate) fn with_index(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    index: &Index,
    query: &Query,
    range: Range,
) -> Result<SearchResult> {
    let found = index.matches(query);
    let ids: Vec<EntryId> = found.iter().filter_map(|position| index.id(*position)).collect();
    let known = found.get(range.within(found.len())).unwrap_or_default();
    let known = known.iter().filter_map(|position| index.entry(*position)).map(|entry| (entry.id, entry)).collect();
    page_of(tx, tenant, &ids, range, known)
}

/// The range of these results; entries that are not known are read.
fn page_of(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    results: &[EntryId],
    range: Range,
    mut entries: HashMap<EntryId, Entry>,
) -> Result<SearchResult> {
    let ids = results.get(range.within(results.len())).unwrap_or_default();
    let unread: Vec<EntryId> = ids.iter().filter(|id| !entries.contains_key(id)).copied().collect();
    entries.extend(directory::by_ids(tx, tenant, &unread)?.into_iter().map(|entry| (entry.id, entry)));
    let total = u32::try_from(results.len()).unwrap_or(u32::MAX);
    Ok(SearchResult { entries: ids.iter().filter_map(|id| entries.remove(id)).collect(), total })
}

struct Search<'t> {
    tx: &'t mut dyn Transaction,
    tenant: TenantId,
    found: HashMap<EntryId, (Rank, Vec<u8>)>,
    open: Open,
    /// Entries that had to be read.
    read: HashMap<EntryId, Entry>,
}

/// Entries that may match, each once, in the order in which they were met.
#[derive(Default)]
struct Open {
    met: HashSet<EntryId>,
    order: Vec<EntryId>,
}

impl Open {
    fn add(&mut self, id: EntryId) {
        if self.met.insert(id) {
            self.order.push(id);
        }
    }
}

/// `class text` up to, not including, `class text` followed by `end`.
fn bounds(class: Class, text: &[u8], from: &[u8], end: u8) -> (Vec<u8>, Vec<u8>) {
    let base = [&[class as u8], text].concat();
    ([base.as_slice(), from].concat(), [base.as_slice(), &[end]].concat())
}

/// The tokens of words that begin with `prefix`.
fn beginning_with(class: Class, prefix: &str) -> (Vec<u8>, Vec<u8>) {
    bounds(class, prefix.as_bytes(), &[], AFTER_ALL)
}

/// What a token says about a query of several words.
enum Verdict {
    /// Every word is in the name or is the token's own.
    Matches(Rank, Vec<u8>),
    /// Some word is not; another term of the entry may be.
    Open,
    /// Some word is nowhere.
    Fails,
}

impl Search<'_> {
    fn is_full(&self) -> bool {
        self.found.len() >= RESULTS_MAX
    }

    fn add(found: &mut HashMap<EntryId, (Rank, Vec<u8>)>, id: EntryId, rank: Rank, key: impl FnOnce() -> Vec<u8>) {
        found.entry(id).and_modify(|(known, _)| *known = rank.min(*known)).or_insert_with(|| (rank, key()));
    }

    /// From the best rank to the least, until there are enough.
    fn one_word(&mut self, word: &str) -> Result<()> {
        let text = word.as_bytes();
        let exactly = |class| bounds(class, text, &[WORD_END], WORD_END + 1);
        let steps = [
            (exactly(Class::Name), Rank::Exact),
            (exactly(Class::Email), Rank::Exact),
            (bounds(Class::Email, text, b"@", b'@' + 1), Rank::Exact),
            (bounds(Class::Name, text, &[WORD_END + 1], AFTER_ALL), Rank::Name),
            (beginning_with(Class::Email, word), Rank::Email),
            (beginning_with(Class::Other, word), Rank::Other),
        ];
        steps.into_iter().try_for_each(|(range, rank)| self.scan_rank(range, rank))
    }

    /// Reads tokens whose entries match with this rank, until there are enough.
    fn scan_rank(&mut self, (mut from, to): (Vec<u8>, Vec<u8>), rank: Rank) -> Result<()> {
        while !self.is_full() {
            // An entry may have several of the tokens, so a full answer may not be enough.
            let limit = (RESULTS_MAX - self.found.len()).max(SCAN_TOKENS_MIN);
            let (before, mut count, mut last) = (self.found.len(), 0, Vec::new());
            let (tx, found) = (&mut *self.tx, &mut self.found);
            directory::scan(tx, self.tenant, (&from, &to), limit, |bytes, id| {
                count += 1;
                if count == limit {
                    last = bytes.to_vec();
                }
                let Some(token) = Token::parse(bytes) else { return Ok(()) };
                // A word of the local part that is no address ranks as its beginning does.
                let whole_address = token.class != Class::Email || token.lead.contains(&b'@');
                let rank = if rank == Rank::Exact && !whole_address { Rank::Email } else { rank };
                if found.len() < RESULTS_MAX || found.contains_key(&id) {
                    Self::add(found, id, rank, || token.sort_key());
                }
                Ok(())
            })?;
            if count < limit || (self.found.len() == before && last == from) {
                break;
            }
            from = last;
        }
        Ok(())
    }

    fn several_words(&mut self, words: &[String]) -> Result<()> {
        let mut counted = Vec::with_capacity(words.len());
        for word in words {
            counted.push((self.tokens_of(word)?, word.as_str()));
        }
        counted.sort_unstable();
        let [(rarest, lead), (_, second), ..] = counted.as_slice() else { return Ok(()) };

        self.scan_lead(words, lead)?;
        if *rarest > SCAN_TOKENS_MAX || self.open.order.len() > VERIFIED_ENTRIES_MAX {
            for (first, then) in [(lead, second), (second, lead)] {
                self.scan_pairs(words, first, then)?;
            }
        }
        self.verify(words)
    }

    /// How many tokens begin with the word; more than the limit is not counted exactly.
    fn tokens_of(&mut self, word: &str) -> Result<usize> {
        let mut count = 0;
        for class in Class::ALL {
            if count <= SCAN_TOKENS_MAX {
                let (from, to) = beginning_with(class, word);
                count += directory::count_tokens(self.tx, self.tenant, (&from, &to), SCAN_TOKENS_MAX + 1)?;
            }
        }
        Ok(count)
    }

    fn scan_lead(&mut self, words: &[String], lead: &str) -> Result<()> {
        let mut left = SCAN_TOKENS_MAX;
        for class in Class::ALL {
            left -= self.scan(words, lead, beginning_with(class, lead), left)?.min(left);
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Entries in which a word that begins with `first` is followed by one that begins with `then`.
    fn scan_pairs(&mut self, words: &[String], first: &str, then: &str) -> Result<()> {
        for class in [Class::Name, Class::Other] {
            let (mut from, to) = beginning_with(class, first);
            for _ in 0..COMPLETIONS_MAX {
                if self.is_full() {
                    return Ok(());
                }
                let mut completion = None;
                directory::scan(self.tx, self.tenant, (&from, &to), 1, |bytes, _| {
                    completion = Token::parse(bytes).map(|token| token.lead.to_vec());
                    Ok(())
                })?;
                let Some(completion) = completion else { break };
                let pair = [&completion, [WORD_END].as_slice(), then.as_bytes()].concat();
                let range = bounds(class, &pair, &[], AFTER_ALL);
                self.scan(words, first, range, RESULTS_MAX - self.found.len())?;
                (from, _) = bounds(class, &completion, &[WORD_END + 1], AFTER_ALL);
            }
        }
        Ok(())
    }

    /// Reads up to `limit` tokens that stand under `lead` and sorts their entries into matching, open and failing; the
    /// number of tokens.
    fn scan(&mut self, words: &[String], lead: &str, (from, to): (Vec<u8>, Vec<u8>), limit: usize) -> Result<usize> {
        let (tx, found, open) = (&mut *self.tx, &mut self.found, &mut self.open);
        let mut count = 0;
        directory::scan(tx, self.tenant, (&from, &to), limit, |bytes, id| {
            count += 1;
            match Token::parse(bytes).map_or(Verdict::Fails, |token| judge(token, words, lead)) {
                Verdict::Matches(rank, key) => Self::add(found, id, rank, || key),
                Verdict::Open => open.add(id),
                Verdict::Fails => {}
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// Reads the entries that are still open, as many as allowed.
    fn verify(&mut self, words: &[String]) -> Result<()> {
        let open = self.open.order.iter().filter(|id| !self.found.contains_key(id));
        let ids: Vec<EntryId> = open.take(VERIFIED_ENTRIES_MAX).copied().collect();
        for entry in directory::by_ids(self.tx, self.tenant, &ids)? {
            let terms = Terms::of(&entry);
            let ranks: Option<Vec<Rank>> = words.iter().map(|word| terms.rank(word)).collect();
            let Some(rank) = ranks.and_then(|ranks| ranks.into_iter().max()) else { continue };
            Self::add(&mut self.found, entry.id, rank, || terms.sort_key());
            self.read.insert(entry.id, entry);
        }
        Ok(())
    }
}

/// The rank of an entry is that of its worst word.
fn judge(token: Token<'_>, words: &[String], lead: &str) -> Verdict {
    let mut worst = Some(Rank::Exact);
    for word in words {
        let rank = token.name_rank(word).or_else(|| (word.as_str() == lead).then(|| Rank::from(token.class)));
        if rank.is_none() && !token.may_have(word) {
            return Verdict::Fails;
        }
        worst = rank.and_then(|rank| worst.map(|worst| rank.max(worst)));
    }
    worst.map_or(Verdict::Open, |rank| Verdict::Matches(rank, token.sort_key()))
}
