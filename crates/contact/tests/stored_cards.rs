//! Cards in the form in which a ledger keeps them: what one release wrote, every later one reads.

use contact::{Card, Fact, display_name};

/// A card with every kind of fact, as release 0.1 wrote it. Never changed; a later form gets a file of its own.
const CARD_0_1: &str = include_str!("stored/card-0.1.json");

#[test]
fn a_card_of_release_0_1_is_read_whole_and_written_as_it_was() {
    let card: Card = serde_json::from_str(CARD_0_1).unwrap();
    let written: serde_json::Value = serde_json::to_value(&card).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(CARD_0_1).unwrap());
    assert_eq!(display_name(&card), "Ada King");
}

#[test]
fn the_stored_card_has_every_kind_of_fact() {
    let card: Card = serde_json::from_str(CARD_0_1).unwrap();
    let kinds: std::collections::HashSet<_> =
        card.items.iter().map(|item| std::mem::discriminant(&item.fact)).collect();
    assert_eq!(kinds.len(), 16);
    assert!(card.items.iter().any(|item| matches!(&item.fact, Fact::Opaque(_))));
}

#[test]
fn a_card_with_fields_of_a_later_release_is_still_read() {
    let card: Card =
        serde_json::from_str(r#"{"uid":"u","language":"en","items":[{"id":"01","fact":{"note":"x"},"seen":3}]}"#)
            .unwrap();
    assert_eq!(card.items.len(), 1);
}

#[test]
fn a_card_without_a_name_is_shown_by_what_it_has() {
    let shown = |items: &str| {
        let card: Card = serde_json::from_str(&format!(r#"{{"uid":"u","items":[{items}]}}"#)).unwrap();
        display_name(&card)
    };
    let email = r#"{"id":"1","fact":{"email":{"address":"a@x.example"}}}"#;
    let company = r#"{"id":"2","fact":{"organization":{"name":"Engines"}}}"#;
    let parts = r#"{"id":"3","fact":{"name":{"prefix":"Dr.","given":"Ada","surname":"King"}}}"#;
    assert_eq!(shown(email), "a@x.example");
    assert_eq!(shown(&format!("{email},{company}")), "Engines");
    assert_eq!(shown(&format!("{email},{company},{parts}")), "Dr. Ada King");
    assert_eq!(shown(""), "");
}
