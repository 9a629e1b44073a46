//! Searching the index.
//!
//! Every step reads a range of the token table and stops at a limit, so that the work does not depend on the size of
//! the directory. A search whose words have at most [`SCAN_TOKENS_MAX`] tokens in each class is complete. One with
//! more finds the best ranks first and within them tokens in alphabetical order, and stops at [`RESULTS_MAX`].
//!
//! Several words: the rarest one leads, and its tokens carry the names in which the others are looked for. When even
//! the rarest is common, pairs of words are looked up together ("ann schm": every name that begins with `ann`,
//! followed by a word that begins with `schm`), leaping from one completion of the first word to the next.

use std::collections::{BTreeMap, HashMap, HashSet};

use ledger::{
    Result, Transaction,
    tables::directory::{self, Entry, EntryId, TenantId},
};

use crate::{
    limits::{COMPLETIONS_MAX, RESULTS_MAX, SCAN_TOKENS_MAX, VERIFIED_ENTRIES_MAX},
    query::Query,
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
    let mut search = Search { tx, tenant, found: HashMap::new() };
    match query.words.as_slice() {
        [] => return Ok(SearchResult::default()),
        [word] => search.one_word(word)?,
        words => search.several_words(words)?,
    }
    let mut places: Vec<Place> = search.found.into_iter().map(|(id, (rank, key))| (rank, key, id)).collect();
    places.sort_unstable();
    places.truncate(RESULTS_MAX);

    let total = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let page =
        range.first.min(total) as usize..range.last.saturating_add(1).clamp(range.first.min(total), total) as usize;
    let ids: Vec<EntryId> = places.get(page).unwrap_or_default().iter().map(|(_, _, id)| *id).collect();
    let mut entries: HashMap<EntryId, Entry> =
        directory::by_ids(tx, tenant, &ids)?.into_iter().map(|entry| (entry.id, entry)).collect();
    Ok(SearchResult { entries: ids.iter().filter_map(|id| entries.remove(id)).collect(), total })
}

struct Search<'t> {
    tx: &'t mut dyn Transaction,
    tenant: TenantId,
    found: HashMap<EntryId, (Rank, Vec<u8>)>,
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
    /// Some word is not; another term of the entry may have it.
    Open(Vec<u8>),
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
        for ((from, to), rank) in steps {
            if self.is_full() {
                break;
            }
            let (tx, found) = (&mut *self.tx, &mut self.found);
            directory::scan(tx, self.tenant, (&from, &to), SCAN_TOKENS_MAX, |bytes, id| {
                let Some(token) = Token::parse(bytes) else { return Ok(()) };
                // A word of the local part that is no address ranks as its beginning does.
                let whole_address = token.class != Class::Email || token.lead.contains(&b'@');
                let rank = if rank == Rank::Exact && !whole_address { Rank::Email } else { rank };
                if found.len() < RESULTS_MAX || found.contains_key(&id) {
                    Self::add(found, id, rank, || token.sort_key());
                }
                Ok(())
            })?;
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

        let mut open = BTreeMap::new();
        let mut order = Vec::new();
        self.scan_lead(words, lead, &mut open, &mut order)?;
        if *rarest > SCAN_TOKENS_MAX || order.len() > VERIFIED_ENTRIES_MAX {
            for (first, then) in [(lead, second), (second, lead)] {
                self.scan_pairs(words, first, then, &mut open, &mut order)?;
            }
        }
        self.verify(words, &order, &mut open)
    }

    /// How many tokens begin with the word, counted up to one more than the limit in any class.
    fn tokens_of(&mut self, word: &str) -> Result<usize> {
        let mut most = 0;
        for class in Class::ALL {
            let (from, to) = beginning_with(class, word);
            most += directory::count_tokens(self.tx, self.tenant, (&from, &to), SCAN_TOKENS_MAX + 1)?;
        }
        Ok(most)
    }

    fn scan_lead(&mut self, words: &[String], lead: &str, open: &mut Open, order: &mut Vec<EntryId>) -> Result<()> {
        for class in Class::ALL {
            let range = beginning_with(class, lead);
            self.scan(words, lead, range, SCAN_TOKENS_MAX, open, order)?;
        }
        Ok(())
    }

    /// Entries in which a word that begins with `first` is followed by one that begins with `then`.
    fn scan_pairs(
        &mut self,
        words: &[String],
        first: &str,
        then: &str,
        open: &mut Open,
        order: &mut Vec<EntryId>,
    ) -> Result<()> {
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
                self.scan(words, first, range, RESULTS_MAX, open, order)?;
                (from, _) = bounds(class, &completion, &[WORD_END + 1], AFTER_ALL);
            }
        }
        Ok(())
    }

    /// Reads tokens that stand under `lead`: matches go to the results, entries that may match to `open`.
    fn scan(
        &mut self,
        words: &[String],
        lead: &str,
        (from, to): (Vec<u8>, Vec<u8>),
        limit: usize,
        open: &mut Open,
        order: &mut Vec<EntryId>,
    ) -> Result<()> {
        let (tx, found) = (&mut *self.tx, &mut self.found);
        directory::scan(tx, self.tenant, (&from, &to), limit, |bytes, id| {
            let Some(token) = Token::parse(bytes) else { return Ok(()) };
            match judge(token, words, lead) {
                Verdict::Matches(rank, key) => Self::add(found, id, rank, || key),
                Verdict::Open(key) => {
                    if open.insert(id, key).is_none() {
                        order.push(id);
                    }
                }
            }
            Ok(())
        })
    }

    /// Reads the entries whose tokens left a word open, as many as allowed.
    fn verify(&mut self, words: &[String], order: &[EntryId], open: &mut Open) -> Result<()> {
        let known: HashSet<EntryId> = self.found.keys().copied().collect();
        let ids: Vec<EntryId> =
            order.iter().filter(|id| !known.contains(id)).take(VERIFIED_ENTRIES_MAX).copied().collect();
        for entry in directory::by_ids(self.tx, self.tenant, &ids)? {
            let terms = Terms::of(&entry);
            let ranks: Option<Vec<Rank>> = words.iter().map(|word| terms.rank(word)).collect();
            let Some(rank) = ranks.and_then(|ranks| ranks.into_iter().max()) else { continue };
            let key = open.remove(&entry.id).unwrap_or_default();
            Self::add(&mut self.found, entry.id, rank, || key);
        }
        Ok(())
    }
}

/// Entries that may match, with their place among equals.
type Open = BTreeMap<EntryId, Vec<u8>>;

/// The rank of an entry is that of its worst word.
fn judge(token: Token<'_>, words: &[String], lead: &str) -> Verdict {
    let rank_of =
        |word: &String| token.name_rank(word).or_else(|| (word.as_str() == lead).then(|| Rank::from(token.class)));
    let ranks: Option<Vec<Rank>> = words.iter().map(rank_of).collect();
    match ranks.and_then(|ranks| ranks.into_iter().max()) {
        Some(rank) => Verdict::Matches(rank, token.sort_key()),
        None => Verdict::Open(token.sort_key()),
    }
}
