//! One form for everything that should be found alike: without case, without accents, ligatures taken apart.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters that no decomposition takes apart.
const fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ı' => "i",
        'ĸ' => "k",
        'ς' => "σ",
        _ => return None,
    })
}

/// The folded form of a text (NFKD without marks, lower case). Control characters become spaces. Folding twice is
/// folding once.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        folded.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c.to_ascii_lowercase() }));
        return folded;
    }
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match letter(c) {
            Some(letters) => folded.push_str(letters),
            None if is_combining_mark(c) => {}
            None if c.is_control() => folded.push(' '),
            None => folded.push(c),
        }
    }
    folded
}

/// The words of a folded text: runs of letters and digits.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The form of a word under which it is found: cut to a length, numbers without leading zeros, because nobody types
/// the zero that a phone number has in one country and loses abroad.
pub fn word_form(word: &str, bytes_max: usize) -> &str {
    let word = cut(word, bytes_max);
    if !word.bytes().all(|b| b.is_ascii_digit()) {
        return word;
    }
    match word.trim_start_matches('0') {
        "" => word.get(..1).unwrap_or(word),
        digits => digits,
    }
}

/// The longest beginning of a text within so many bytes.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_their_accents() {
        assert_eq!(fold("Müller-Lüdenscheidt"), "muller-ludenscheidt");
        assert_eq!(fold("Søren Ærø"), "soren aero");
        assert_eq!(fold("STRAẞE"), "strasse");
        assert_eq!(fold("Łukasz Đorđević"), "lukasz dordevic");
        assert_eq!(fold("İstanbul ışık"), "istanbul isik");
        assert_eq!(fold("ﬁnance Ⅳ"), "finance iv");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
    }

    #[test]
    fn a_number_is_found_with_and_without_its_leading_zero() {
        assert_eq!(word_form("0891234", 64), "891234");
        assert_eq!(word_form("000", 64), "0");
        assert_eq!(word_form("0x1f", 64), "0x1f");
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in ".{0,24}") {
            let once = fold(&text);
            proptest::prop_assert_eq!(fold(&once), once);
        }
    }
}
