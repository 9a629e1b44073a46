//! Whom people ask when a device is not let in: a line of the settings, shown on the pages.

use serde::Deserialize;

use crate::limits::HELP_CONTACT_BYTES_MAX;

/// Whom people ask: `IT service desk, extension 4711`. Where it is nothing but an e-mail address, a telephone number or a
/// web address, it is a link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HelpContact {
    text: String,
    link: Option<String>,
}

/// Why a text cannot be shown as a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelpContactError {
    /// There is nothing to read in it.
    #[error("help_contact says nothing; leave it out, or write whom people ask: \"IT service desk, extension 4711\"")]
    Empty,
    /// It is longer than [`HELP_CONTACT_BYTES_MAX`].
    #[error("help_contact is longer than {HELP_CONTACT_BYTES_MAX} bytes; name one place to ask")]
    TooLong,
    /// It has line breaks or other control characters.
    #[error("help_contact must be one line")]
    Control,
}

impl TryFrom<String> for HelpContact {
    type Error = HelpContactError;

    fn try_from(text: String) -> Result<Self, HelpContactError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HelpContactError::Empty);
        }
        if text.len() > HELP_CONTACT_BYTES_MAX {
            return Err(HelpContactError::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(HelpContactError::Control);
        }
        Ok(Self { text: text.to_owned(), link: link(text) })
    }
}

impl HelpContact {
    /// For people.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it leads: `mailto:`, `tel:` or `https:`, nothing else.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

fn link(text: &str) -> Option<String> {
    if text.contains(char::is_whitespace) && !text.starts_with('+') {
        return None;
    }
    if text.starts_with("https://") {
        return text.parse::<http::Uri>().ok().map(|_| text.to_owned());
    }
    if let Some(number) = text.strip_prefix('+') {
        let written = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '/' | '(' | ')' | '.');
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        return (number.chars().all(written) && digits.len() >= 4).then(|| format!("tel:+{digits}"));
    }
    let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let is_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let (local, domain) = text.split_once('@')?;
    let fits =
        !local.is_empty() && local.chars().all(is_local) && domain.contains('.') && domain.chars().all(is_domain);
    fits.then(|| format!("mailto:{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(text: &str) -> Result<HelpContact, HelpContactError> {
        HelpContact::try_from(text.to_owned())
    }

    #[test]
    fn an_address_a_number_and_a_page_are_links_and_nothing_else_is() {
        for (text, leads_to) in [
            ("it@example.com", Some("mailto:it@example.com")),
            ("+49 (30) 12-34", Some("tel:+49301234")),
            ("https://help.example.com/devices", Some("https://help.example.com/devices")),
            ("IT service desk, it@example.com", None),
            ("javascript:alert(1)", None),
            ("http://help.example.com/", None),
            ("it@example.com?cc=x@example.com", None),
            ("+49 ask Bea", None),
        ] {
            assert_eq!(contact(text).unwrap().link(), leads_to, "{text}");
        }
        assert_eq!(contact("  Bea, room 7 ").unwrap().text(), "Bea, room 7");
    }

    #[test]
    fn what_cannot_be_shown_on_a_line_is_refused() {
        assert_eq!(contact(" "), Err(HelpContactError::Empty));
        assert_eq!(contact("a\nb"), Err(HelpContactError::Control));
        assert_eq!(contact(&"a".repeat(HELP_CONTACT_BYTES_MAX + 1)), Err(HelpContactError::TooLong));
    }
}
