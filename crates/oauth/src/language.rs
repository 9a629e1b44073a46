//! Which language a page speaks: what the app asks for (`ui_locales`), else what the browser prefers.

use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language, in the order in which pages offer them.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag (RFC 5646) in `lang` attributes.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What the language calls itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first known one of OpenID Connect's `ui_locales`: tags with spaces between, the preferred one first.
    pub(crate) fn of_ui_locales(locales: &str) -> Option<Self> {
        locales.split_ascii_whitespace().take(20).find_map(Self::of_tag)
    }

    /// The known one that the browser likes best (RFC 9110 12.5.4); English when it likes none.
    pub(crate) fn of_browser(headers: &HeaderMap) -> Self {
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok()).unwrap_or_default();
        let mut best = (Self::English, 0.0);
        for range in header.split(',').take(20) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::of_tag) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            if let Ok(weight) = weight
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(value: &str) -> Language {
        Language::of_browser(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value.parse().unwrap())]))
    }

    #[test]
    fn the_app_decides_before_the_browser() {
        assert_eq!(Language::of_ui_locales("de-de"), Some(Language::German));
        assert_eq!(Language::of_ui_locales("fr-FR de en"), Some(Language::German));
        assert_eq!(Language::of_ui_locales("fr"), None);
    }

    #[test]
    fn the_browsers_weights_count_and_order_breaks_ties() {
        assert_eq!(browser("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(browser("en;q=0.5, de;q=0.7"), Language::German);
        assert_eq!(browser("en,de"), Language::English);
        assert_eq!(browser("fr, *;q=0.1"), Language::English);
        assert_eq!(browser("de;q=0, en;q=x"), Language::English);
        assert_eq!(Language::of_browser(&HeaderMap::new()), Language::English);
    }
}
