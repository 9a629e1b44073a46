//! What was typed, taken apart.

use crate::{
    fold::{cut, fold, word_form, words},
    limits::{ADDRESS_BYTES_MAX, PHONE_DIGITS_MIN, QUERY_BYTES_MAX, QUERY_WORDS_MAX, WORD_BYTES_MAX},
};

/// The words of a query, each once, folded. An entry matches when every word is the beginning of one of its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) words: Vec<String>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let folded = fold(cut(text, QUERY_BYTES_MAX));
        let mut query = Self { words: Vec::new() };
        if let Some(digits) = phone_digits(&folded) {
            query.push(&digits, WORD_BYTES_MAX);
            return query;
        }
        for piece in folded.split_whitespace() {
            let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
            if piece.contains(['@', '.', '_']) {
                // The beginning of an address: its parts belong together.
                query.push(piece, ADDRESS_BYTES_MAX);
            } else {
                words(piece).for_each(|word| query.push(word, WORD_BYTES_MAX));
            }
        }
        query
    }

    fn push(&mut self, word: &str, bytes_max: usize) {
        let word = word_form(word, bytes_max);
        if !word.is_empty() && self.words.len() < QUERY_WORDS_MAX && !self.words.iter().any(|known| known == word) {
            self.words.push(word.to_owned());
        }
    }
}

/// The digits of what looks like a phone number or its beginning: `+49 (89) 12`.
fn phone_digits(folded: &str) -> Option<String> {
    let telephonic = folded.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    (telephonic && digits.len() >= PHONE_DIGITS_MIN).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(text: &str) -> Vec<String> {
        Query::parse(text).words
    }

    #[test]
    fn a_query_falls_into_words_addresses_and_phone_numbers() {
        assert_eq!(words_of("  Anna  Müller-Schm "), ["anna", "muller", "schm"]);
        assert_eq!(words_of("anna.schm"), ["anna.schm"]);
        assert_eq!(words_of("<A.Schmidt@Example.com>"), ["a.schmidt@example.com"]);
        assert_eq!(words_of("+49 (89) 123-4"), ["49891234"]);
        assert_eq!(words_of("089 1234"), ["891234"]);
        assert_eq!(words_of("Dr. Who"), ["dr", "who"]);
        assert_eq!(words_of("anna anna"), ["anna"]);
        assert!(words_of(" ... ").is_empty());
    }
}
