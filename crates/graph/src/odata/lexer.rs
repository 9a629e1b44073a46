//! The words of a `$filter` (OData ABNF, as far as used here).

/// A word of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A name, a path (`a/address`), an operator or a keyword.
    Name(String),
    /// `'it''s'`
    Text(String),
    /// A number or a point in time, as written.
    Number(String),
    Open,
    Close,
    Comma,
    Colon,
}

/// Takes an expression apart; `None` when a text does not end or a character has no meaning.
pub(super) fn words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '(' => (Word::Open, rest.get(1..)?),
            ')' => (Word::Close, rest.get(1..)?),
            ',' => (Word::Comma, rest.get(1..)?),
            ':' => (Word::Colon, rest.get(1..)?),
            '\'' => quoted(rest)?,
            _ if first.is_ascii_digit() || first == '-' => {
                let (number, after) = take(rest, |c| c.is_ascii_alphanumeric() || "-+:.".contains(c));
                (Word::Number(number.to_owned()), after)
            }
            _ => {
                let (name, after) = take(rest, |c| c.is_alphanumeric() || "_/.@".contains(c));
                if name.is_empty() {
                    return None;
                }
                (Word::Name(name.to_owned()), after)
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

fn take(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// A text in single quotes, in which two of them stand for one.
fn quoted(text: &str) -> Option<(Word, &str)> {
    let mut content = String::new();
    let mut rest = text.get(1..)?;
    loop {
        let (piece, after) = rest.split_once('\'')?;
        content.push_str(piece);
        match after.strip_prefix('\'') {
            Some(after) => {
                content.push('\'');
                rest = after;
            }
            None => return Some((Word::Text(content), after)),
        }
    }
}
