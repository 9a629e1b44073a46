//! Search in the directory, the global address list (MS-ASCMD 2.2.1.16).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::limits::GAL_QUERY_MIN;
use crate::strictness::Violation;
use crate::wbxml::code_pages::{gal, search as tags};
use crate::wbxml::{Element, Tag, Writer};

/// The range iOS asks for.
const RANGE: &str = "0-99";

/// Whether a text is long enough to be searched for: four characters, or beginning with an ideograph.
pub fn is_searchable(query: &str) -> bool {
    let ideograph = |c: char| matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..);
    query.chars().count() >= GAL_QUERY_MIN || query.chars().next().is_some_and(ideograph)
}

/// The request.
pub fn request(query: &str, pictures: bool) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tags::SEARCH, |writer| {
        writer.element(tags::STORE, |writer| {
            writer.text(tags::NAME, "GAL");
            writer.text(tags::QUERY, query);
            writer.element(tags::OPTIONS, |writer| {
                writer.text(tags::RANGE, RANGE);
                if pictures {
                    writer.empty(tags::PICTURE);
                }
            });
        });
    });
    writer.finish()
}

/// A person of the directory; texts are empty where the directory knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "each field is the specification's own element name")]
pub struct GalEntry {
    pub display_name: String,
    pub phone: String,
    pub office: String,
    pub title: String,
    pub company: String,
    pub alias: String,
    pub first_name: String,
    pub last_name: String,
    pub home_phone: String,
    pub mobile_phone: String,
    pub email_address: String,
    pub picture: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The worse of the two statuses.
    pub status: u32,
    /// People found; entries without any content are dropped.
    pub entries: Vec<GalEntry>,
    /// How many there are altogether, if the answer says so.
    pub total: Option<u32>,
}

/// Reads an answer whose shape was checked.
pub fn read(root: &Element, violations: &mut Vec<Violation>) -> Found {
    let status = root.number_of(tags::STATUS).unwrap_or_default();
    let Some(store) = root.descend(&[tags::RESPONSE, tags::STORE]) else {
        return Found { status, ..Found::default() };
    };
    let entries: Vec<GalEntry> =
        store.all(tags::RESULT).map(entry).filter(|entry| *entry != GalEntry::default()).collect();
    if let Some(range) = store.text_of(tags::RANGE)
        && !is_range(range)
    {
        violations.push(Violation::SearchRange(range.to_owned()));
    }
    let store_status = store.number_of(tags::STATUS).unwrap_or_default();
    Found { status: if status == 1 { store_status } else { status }, entries, total: store.number_of(tags::TOTAL) }
}

fn is_range(text: &str) -> bool {
    let bounds = text.split_once('-').map(|(from, to)| (from.parse::<u32>(), to.parse::<u32>()));
    matches!(bounds, Some((Ok(from), Ok(to))) if from <= to)
}

fn entry(result: &Element) -> GalEntry {
    let Some(properties) = result.child(tags::PROPERTIES) else { return GalEntry::default() };
    let text = |tag: Tag| properties.text_of(tag).unwrap_or_default().to_owned();
    let picture = properties.descend(&[gal::PICTURE, gal::DATA]).and_then(picture);
    GalEntry {
        display_name: text(gal::DISPLAY_NAME),
        phone: text(gal::PHONE),
        office: text(gal::OFFICE),
        title: text(gal::TITLE),
        company: text(gal::COMPANY),
        alias: text(gal::ALIAS),
        first_name: text(gal::FIRST_NAME),
        last_name: text(gal::LAST_NAME),
        home_phone: text(gal::HOME_PHONE),
        mobile_phone: text(gal::MOBILE_PHONE),
        email_address: text(gal::EMAIL_ADDRESS),
        picture: picture.filter(|bytes| !bytes.is_empty()),
    }
}

/// A byte array (MS-ASCMD 2.2.3.39.4); some servers write base64 instead.
fn picture(data: &Element) -> Option<Vec<u8>> {
    if data.bytes.is_empty() { STANDARD.decode(&data.text).ok() } else { Some(data.bytes.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_are_not_searched_for_but_one_ideograph_is() {
        assert!(!is_searchable("mus") && is_searchable("must") && is_searchable("山"));
    }
}
