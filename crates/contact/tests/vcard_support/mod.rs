//! What the vCard tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::{fs, path::PathBuf};

use contact::{
    Card, Fact, Item, ItemId, NewItemIds,
    vcard::{self, ImportedCard, VcardVersion},
};

/// Ids that count up.
pub struct Counting(pub u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

/// A file of `tests/cards`.
pub fn file(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cards").join(name)).unwrap()
}

/// The cards of a sample book.
pub fn book(name: &str) -> Vec<ImportedCard> {
    vcard::read(&file(&format!("{name}.vcf")), &mut Counting(0)).map(Result::unwrap).collect()
}

/// The only card of a text.
pub fn read_one(text: &str) -> Card {
    vcard::read(text.as_bytes(), &mut Counting(0)).next().unwrap().unwrap().card
}

/// A card with these lines.
pub fn card_of(version: &str, lines: &str) -> Card {
    read_one(&format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{lines}\r\nEND:VCARD\r\n"))
}

/// The only item these lines of vCard 3.0 give.
pub fn item_of(lines: &str) -> Item {
    let mut card = card_of("3.0", lines);
    assert_eq!(card.items.len(), 1, "{:?}", card.items);
    card.items.remove(0)
}

/// The card of a sample book in which some item says this.
pub fn with(name: &str, fact: &Fact) -> Card {
    book(name).into_iter().map(|read| read.card).find(|card| has(card, fact)).unwrap()
}

/// Whether the card says this.
pub fn has(card: &Card, fact: &Fact) -> bool {
    card.items.iter().any(|item| item.fact == *fact)
}

/// The item that says this.
pub fn saying<'a>(card: &'a Card, fact: &Fact) -> &'a Item {
    card.items.iter().find(|item| item.fact == *fact).unwrap_or_else(|| panic!("{fact:?} is not in {card:?}"))
}

/// The card without photos as text.
pub fn written(card: &Card, version: VcardVersion) -> String {
    vcard::write(card, version, &|_| None)
}

/// The same card with nothing to write word for word.
pub fn untouched(mut card: Card) -> Card {
    card.items.iter_mut().filter(|item| !matches!(item.fact, Fact::Opaque(_))).for_each(Item::touched);
    card
}
