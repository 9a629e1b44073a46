//! The words an entry is found by, and their tokens in the index.
//!
//! A token is `class, word, names, start, sketch`: the class is one byte in the order of ranks; the names are the words of the
//! entry's name, so that a second word of a query can be checked, and the result be put in order, without reading the
//! entry. A name's own token continues with the words that follow it, going round: `anna maria schmidt` has the
//! tokens `anna maria schmidt`, `maria schmidt anna` and `schmidt anna maria`, of which every pair of words that
//! follow each other is a prefix. Other words are followed by the surname first. `start` says where the name begins.
//! The sketch has one of 64 bits for the beginning of every word that is no name, to rule out most entries that lack
//! a word.

use ledger::tables::directory::Entry;

use crate::{
    fold::{cut, fold, word_form, words},
    limits::{ADDRESS_BYTES_MAX, NAME_WORDS_MAX, OTHER_TERMS_MAX, PHONE_DIGITS_MIN, PHONE_GROUPS_MAX, WORD_BYTES_MAX},
};

/// Ends a word within a token. Folded text has no control characters.
pub(crate) const WORD_END: u8 = 1;
/// Is before the byte that says where the name begins.
const NAMES_END: u8 = 0;
/// Characters of a word that its bit of the sketch depends on.
const SKETCHED_CHARS: usize = 3;
/// Is greater than every byte of UTF-8.
pub(crate) const AFTER_ALL: u8 = 0xff;

/// Where a word comes from; the number is the token's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    /// Display name, given name, surname.
    Name = 1,
    /// The address and the words of its local part.
    Email = 2,
    /// Company, department, office, alias, phone numbers.
    Other = 3,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::Name, Self::Email, Self::Other];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| *class as u8 == byte)
    }
}

/// How well an entry matches; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A word of the name; for a query of one word also the address or its local part.
    Exact,
    /// The beginning of a word of the name.
    Name,
    /// The beginning of the address or of a word of its local part.
    Email,
    /// The beginning of something else.
    Other,
}

impl Rank {
    /// The best first.
    pub(crate) const ALL: [Self; 4] = [Self::Exact, Self::Name, Self::Email, Self::Other];
}

impl From<Class> for Rank {
    fn from(class: Class) -> Self {
        match class {
            Class::Name => Self::Name,
            Class::Email => Self::Email,
            Class::Other => Self::Other,
        }
    }
}

/// Everything an entry is found by, folded.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    /// The words of the display name, then those of given name and surname that it lacks.
    names: Vec<String>,
    /// Where in `names` the surname begins.
    surname_at: usize,
    emails: Vec<String>,
    others: Vec<String>,
}

impl Terms {
    pub(crate) fn of(entry: &Entry) -> Self {
        let mut terms = Self::default();
        let surname = fold(&entry.surname);
        for text in [&fold(&entry.name), &fold(&entry.given_name), &surname] {
            words(text).for_each(|word| push(&mut terms.names, word, NAME_WORDS_MAX));
        }
        let first_of_surname = words(&surname).next().map(|word| word_form(word, WORD_BYTES_MAX));
        terms.surname_at = first_of_surname
            .and_then(|first| terms.names.iter().position(|name| name == first))
            .unwrap_or(terms.names.len().saturating_sub(1));

        let email = fold(entry.email.trim());
        terms.emails.push(cut(&email, ADDRESS_BYTES_MAX).to_owned());
        let local = email.rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
        for word in words(local).map(|word| word_form(word, WORD_BYTES_MAX)) {
            // A word of the name is found there, and better.
            if !terms.names.iter().any(|name| name == word) {
                push(&mut terms.emails, word, NAME_WORDS_MAX);
            }
        }

        let alias = fold(entry.alias.trim());
        push(&mut terms.others, &alias, OTHER_TERMS_MAX);
        for phone in [&entry.phone, &entry.mobile, &entry.home_phone] {
            phone_parts(phone).for_each(|digits| push(&mut terms.others, &digits, OTHER_TERMS_MAX));
        }
        for text in [alias, fold(&entry.company), fold(&entry.department), fold(&entry.office)] {
            words(&text).for_each(|word| push(&mut terms.others, word, OTHER_TERMS_MAX));
        }
        terms
    }

    /// How well one of several words matches; `None` when it does not.
    pub(crate) fn rank(&self, word: &str) -> Option<Rank> {
        let begins = |terms: &[String]| terms.iter().any(|term| term.starts_with(word));
        if self.names.iter().any(|name| name == word) {
            Some(Rank::Exact)
        } else if begins(&self.names) {
            Some(Rank::Name)
        } else if begins(&self.emails) {
            Some(Rank::Email)
        } else {
            begins(&self.others).then_some(Rank::Other)
        }
    }

    /// The folded name, by which results are put in order; as [`Token::sort_key`].
    pub(crate) fn sort_key(&self) -> Vec<u8> {
        self.names.join(" ").into_bytes()
    }

    /// The entry's tokens, sorted, each once.
    pub(crate) fn tokens(&self) -> Vec<Vec<u8>> {
        let sketch =
            self.emails.iter().chain(&self.others).filter_map(|term| sketch(term)).fold(0, |all, bit| all | bit);
        let mut tokens: Vec<_> = (0..self.names.len()).map(|at| self.token(Class::Name, None, at, sketch)).collect();
        for (class, terms) in [(Class::Email, &self.emails), (Class::Other, &self.others)] {
            tokens.extend(terms.iter().map(|term| self.token(class, Some(term), self.surname_at, sketch)));
        }
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    fn token(&self, class: Class, lead: Option<&str>, first_name: usize, sketch: u64) -> Vec<u8> {
        let (before, from) = self.names.split_at_checked(first_name).unwrap_or((&[], &self.names));
        let mut token = vec![class as u8];
        for word in lead.into_iter().chain(from.iter().chain(before).map(String::as_str)) {
            token.extend_from_slice(word.as_bytes());
            token.push(WORD_END);
        }
        token.push(NAMES_END);
        // At most NAME_WORDS_MAX.
        token.push(u8::try_from(from.len()).unwrap_or(0));
        token.extend_from_slice(&sketch.to_be_bytes());
        token
    }
}

fn push(terms: &mut Vec<String>, word: &str, count_max: usize) {
    let word = word_form(word, WORD_BYTES_MAX);
    if !word.is_empty() && terms.len() < count_max && !terms.iter().any(|term| term == word) {
        terms.push(word.to_owned());
    }
}

/// The bit of a word's beginning; `None` for a word too short to have one.
fn sketch(word: &str) -> Option<u64> {
    let end = word.char_indices().nth(SKETCHED_CHARS - 1).map(|(at, c)| at + c.len_utf8())?;
    // FNV-1a (64 bits): it must be the same in every release.
    let hash = word
        .bytes()
        .take(end)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    Some(1 << (hash >> 58))
}

/// A phone number's digits from every group on: `+49 89 1234-56` is found as 4989123456, 89123456, 123456.
fn phone_parts(phone: &str) -> impl Iterator<Item = String> + '_ {
    let folded = fold(phone);
    let groups: Vec<String> =
        folded.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(str::to_owned).collect();
    (0..groups.len().min(PHONE_GROUPS_MAX)).filter_map(move |from| {
        let digits = groups.get(from..)?.concat();
        (digits.len() >= PHONE_DIGITS_MIN).then_some(digits)
    })
}

/// A token as the index gives it back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) class: Class,
    /// The word it stands under.
    pub(crate) lead: &'a [u8],
    /// Words, each with its end.
    names: &'a [u8],
    start: usize,
    sketch: u64,
}

impl<'a> Token<'a> {
    /// `None` for bytes that are no token.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&class, rest) = bytes.split_first()?;
        let (rest, sketch) = rest.split_last_chunk::<8>()?;
        let (rest, &[NAMES_END, start]) = rest.split_last_chunk::<2>()? else { return None };
        let class = Class::of(class)?;
        let lead_end = rest.iter().position(|byte| *byte == WORD_END)?;
        let lead = rest.get(..lead_end)?;
        let names = if class == Class::Name { rest } else { rest.get(lead_end + 1..)? };
        Some(Self { class, lead, names, start: usize::from(start), sketch: u64::from_be_bytes(*sketch) })
    }

    fn name_words(self) -> impl Iterator<Item = &'a [u8]> {
        self.names.split(|byte| *byte == WORD_END).filter(|word| !word.is_empty())
    }

    /// How well a word matches the name; `None` when it does not, and other terms may.
    pub(crate) fn name_rank(self, word: &str) -> Option<Rank> {
        let word = word.as_bytes();
        self.name_words()
            .filter(|name| name.starts_with(word))
            .map(|name| if name.len() == word.len() { Rank::Exact } else { Rank::Name })
            .min()
    }

    /// Whether the entry may have the word elsewhere than in its name.
    pub(crate) fn may_have(self, word: &str) -> bool {
        sketch(word).is_none_or(|bit| self.sketch & bit != 0)
    }

    /// The folded name from its beginning, by which results are put in order.
    pub(crate) fn sort_key(self) -> Vec<u8> {
        let words: Vec<&[u8]> = self.name_words().collect();
        let (before, from) = words.split_at_checked(self.start).unwrap_or((&[], &words));
        [from, before].concat().join(&b' ')
    }
}
