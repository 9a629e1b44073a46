//! By what cards of one person are found: names, numbers and addresses without regard to how they are written.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{Card, Fact, fact::Name};

/// Digits at the end of a number that two spellings of it share: what stands before is a prefix that not everybody dials.
const NUMBER_TAIL: usize = 8;
/// A number with fewer digits says too little.
const NUMBER_DIGITS_MIN: usize = 5;
/// Titles that some write into the name.
const TITLES: [&str; 10] = ["dr", "prof", "mr", "mrs", "ms", "herr", "frau", "ing", "dipl", "phd"];

/// What a card is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) uid: String,
    /// The words of the name, or of the company where there is no name; empty without either.
    pub(super) name: String,
    pub(super) emails: BTreeSet<String>,
    pub(super) numbers: BTreeSet<String>,
}

impl Keys {
    pub(super) fn of(card: &Card) -> Self {
        let mut keys =
            Self { uid: card.uid.clone(), name: name_of(card), emails: BTreeSet::new(), numbers: BTreeSet::new() };
        for item in &card.items {
            match &item.fact {
                Fact::Email(email) => drop(keys.emails.insert(folded(&email.address))),
                Fact::Phone(phone) => keys.numbers.extend(number(&phone.number)),
                _ => {}
            }
        }
        keys
    }

    pub(super) fn can_be_reached(&self) -> bool {
        !self.emails.is_empty() || !self.numbers.is_empty()
    }
}

fn name_of(card: &Card) -> String {
    let person = card.items.iter().find_map(|item| match &item.fact {
        Fact::Name(name) => Some(words_of(name)).filter(|words| !words.is_empty()),
        _ => None,
    });
    let company = || {
        card.items.iter().find_map(|item| match &item.fact {
            Fact::Organization(company) => company.name.as_deref().map(|name| format!("company {}", words(name))),
            _ => None,
        })
    };
    person.or_else(company).unwrap_or_default()
}

/// Given name and surname; the whole name only where these are missing. In any order: some write the surname first.
fn words_of(name: &Name) -> String {
    let parts = [&name.given, &name.surname].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let of_parts = words(&parts);
    if of_parts.is_empty() { words(name.full.as_deref().unwrap_or_default()) } else { of_parts }
}

fn words(text: &str) -> String {
    let plain = folded(text);
    let mut words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| !TITLES.contains(word)) {
        words.retain(|word| !TITLES.contains(word));
    }
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

/// Without accents, case and superfluous space.
pub(super) fn folded(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    plain.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The digits by which a number is recognised; `None` when it has too few to be anybody's.
pub(super) fn number(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.get(digits.len().saturating_sub(NUMBER_TAIL)..).unwrap_or_default();
    (digits.len() >= NUMBER_DIGITS_MIN).then(|| tail.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_with_and_without_its_country() {
        assert_eq!(number("+49 (170) 123 45 67"), number("0170/1234567"));
        assert_eq!(number("0049 170 1234567"), number("01701234567"));
        assert_ne!(number("+49 170 1234567"), number("+49 170 1234568"));
        assert_eq!(number("112"), None);
    }

    #[test]
    fn names_are_the_same_in_any_order_case_and_accent() {
        for (one, other) in [("Müller, Ann", "ann muller"), ("Dr. Bea Muster", "Muster Bea"), ("ÅNGSTRÖM", "Angstrom")]
        {
            assert_eq!(words(one), words(other));
        }
        assert_ne!(words("Ann Lee"), words("Anna Lee"));
        assert_eq!(words("Dr."), "dr", "who is called so is called so");
    }
}
