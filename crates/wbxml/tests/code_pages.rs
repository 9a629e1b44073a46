//! The tables are consistent.

use std::collections::BTreeSet;

use wbxml::pages::{LAST_PAGE, PAGES};

#[test]
fn every_page_needed_for_contacts_has_a_table() {
    let numbers: Vec<u8> = PAGES.iter().map(|page| page.number).collect();
    assert_eq!(numbers, [0, 1, 5, 6, 7, 10, 12, 13, 14, 15, 16, 17, 18, 20, 25]);
    assert_eq!(numbers.last(), Some(&LAST_PAGE));
}

#[test]
fn tokens_are_legal_ascending_and_names_unique_within_a_page() {
    for page in PAGES {
        let tokens: Vec<u8> = page.tags.iter().map(|(tag, _)| tag.token()).collect();
        assert!(tokens.is_sorted_by(|a, b| a < b), "{}", page.name);
        assert!(tokens.iter().all(|token| (0x05..=0x3F).contains(token)), "{}", page.name);
        assert!(page.tags.iter().all(|(tag, _)| tag.page() == page.number), "{}", page.name);
        let names: BTreeSet<&str> = page.tags.iter().map(|(_, name)| *name).collect();
        assert_eq!(names.len(), page.tags.len(), "{}", page.name);
    }
}

#[test]
fn more_available_is_0x14_and_conflict_is_0x1b() {
    use wbxml::pages::airsync::{CONFLICT, MORE_AVAILABLE};
    assert_eq!((MORE_AVAILABLE.token(), CONFLICT.token()), (0x14, 0x1B));
}

#[test]
fn find_has_its_picture_elements_at_0x20_to_0x22() {
    use wbxml::pages::find::{MAX_PICTURES, MAX_SIZE, PICTURE};
    assert_eq!((MAX_PICTURES.token(), MAX_SIZE.token(), PICTURE.token()), (0x20, 0x21, 0x22));
}

#[test]
fn a_tag_is_shown_by_its_names_in_the_specification() {
    use wbxml::pages::airsync::SYNC_KEY;
    assert_eq!(SYNC_KEY.to_string(), "AirSync:SyncKey");
    assert_eq!(SYNC_KEY.name(), Some("SyncKey"));
}
