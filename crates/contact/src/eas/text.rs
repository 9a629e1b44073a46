//! Text on the wire: what XML forbids, line ends, e-mail addresses with names around them, cut notes.

/// The text as it can stand on the wire: without the characters XML 1.0 forbids, line ends as `\n`.
#[must_use]
pub fn wire_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut previous_was_return = false;
    for character in text.chars() {
        match character {
            '\r' => clean.push('\n'),
            '\n' if previous_was_return => {}
            '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}' => {
                clean.push(character);
            }
            _ => {}
        }
        previous_was_return = character == '\r';
    }
    clean
}

/// Splits `"Name" <a@b>` into name and bare address; other text is an address as a whole. Clients send either.
#[must_use]
pub fn split_address(text: &str) -> (Option<String>, String) {
    let text = text.trim();
    let Some((before, bracketed)) = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) else {
        return (None, text.to_owned());
    };
    let address = bracketed.trim();
    if address.is_empty() {
        return (None, text.to_owned());
    }
    let before = before.trim();
    let unquoted = before.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(before);
    let name = unquoted.replace("\\\"", "\"").replace("\\\\", "\\").trim().to_owned();
    ((!name.is_empty() && name != address).then_some(name), address.to_owned())
}

/// The longest beginning of at most `limit` bytes that ends between characters.
pub(super) fn truncated(text: &str, limit: Option<u32>) -> &str {
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_left_out_and_line_ends_unified() {
        assert_eq!(wire_text("a\0b\u{b}c\u{ffff}d\te"), "abcd\te");
        assert_eq!(wire_text("one\r\ntwo\rthree\nfour\r\n\r\nfive"), "one\ntwo\nthree\nfour\n\nfive");
    }

    #[test]
    fn a_name_before_an_address_is_split_off() {
        let name = |text: &str| Some(text.to_owned());
        assert_eq!(split_address("\"Ada King\" <ada@example.org>"), (name("Ada King"), "ada@example.org".to_owned()));
        assert_eq!(split_address("Ada King<ada@example.org>"), (name("Ada King"), "ada@example.org".to_owned()));
        assert_eq!(split_address("\"a@b.example\" <a@b.example>"), (None, "a@b.example".to_owned()));
        assert_eq!(split_address("<a@b.example>"), (None, "a@b.example".to_owned()));
        assert_eq!(split_address(" a@b.example "), (None, "a@b.example".to_owned()));
        assert_eq!(split_address("\"A \\\"B\\\" C\" <a@b>"), (name("A \"B\" C"), "a@b".to_owned()));
        assert_eq!(split_address("no address <>"), (None, "no address <>".to_owned()));
    }

    #[test]
    fn a_note_is_cut_between_characters() {
        assert_eq!(truncated("höhe", Some(2)), "h");
        assert_eq!(truncated("höhe", Some(3)), "hö");
        assert_eq!(truncated("höhe", Some(5)), "höhe");
        assert_eq!(truncated("höhe", None), "höhe");
    }
}
