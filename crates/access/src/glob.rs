//! Patterns with `*` for any characters and `?` for one.

use std::fmt;

/// A pattern for a whole text; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    written: String,
    pattern: Vec<char>,
}

impl Glob {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self { written: pattern.to_owned(), pattern: pattern.to_lowercase().chars().collect() }
    }

    /// Whether the text is as the pattern says, from its first character to its last. Costs at most the product of both
    /// lengths.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut place) = (0, 0);
        // Where the last star stands, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while let Some(character) = text.get(at) {
            match self.pattern.get(place) {
                Some('*') => {
                    star = Some((place, at));
                    place += 1;
                }
                Some(wanted) if *wanted == '?' || wanted == character => {
                    place += 1;
                    at += 1;
                }
                _ => {
                    let Some((stands, taken)) = star else { return false };
                    star = Some((stands, taken + 1));
                    (place, at) = (stands + 1, taken + 1);
                }
            }
        }
        self.pattern.iter().skip(place).all(|left| *left == '*')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        for (pattern, text, wanted) in [
            ("iPhone", "iphone", true),
            ("iPhone", "iPhone1", false),
            ("iPhone1?,*", "iPhone15,4", true),
            ("Apple-*/23*", "Apple-iPhone15C4/2302.85", true),
            ("*a*b", "xaxbxab", true),
            ("*a*b", "xaxbxac", false),
            ("*", "", true),
            ("?", "", false),
            ("", "", true),
            ("Größe*", "GRÖSSE", false),
            ("GRÖ*", "größe", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_is_slow_and_not_endless() {
        let pattern = Glob::new(&"*a".repeat(100));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(2_000))));
    }
}
