//! What one card costs: `cargo bench -p contact`.

use std::{hint::black_box, path::Path};

use contact::{
    Card, ItemId, NewItemIds,
    eas::{EasContact, Family, Lens, Property, Supported, Version},
    merge::{Winner, merge},
};
use criterion::{Criterion, criterion_group, criterion_main};

struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

/// A card of 20 items as an address book of years has them.
fn typical_card() -> Card {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored/card-0.1.json");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn iphone() -> Lens {
    Lens {
        family: Family::Ios,
        version: Version::V16_1,
        supported: Supported::NotSent,
        body_truncation: Some(32_768),
        device: "PHONE".to_owned(),
    }
}

fn with(served: &EasContact, property: Property, text: &str) -> EasContact {
    let mut sent = served.clone();
    sent.texts.insert(property, text.to_owned());
    sent
}

fn benches(criterion: &mut Criterion) {
    let (card, lens) = (typical_card(), iphone());
    let served = lens.project(&card);
    let sent = with(&served, Property::MobilePhoneNumber, "+49 171 999");
    let other = with(&served, Property::JobTitle, "Captain");
    let mine = lens.absorb(&card, &served, &sent, None, &mut Counting(1_000));
    let theirs = lens.absorb(&card, &served, &other, None, &mut Counting(2_000));

    criterion.bench_function("project", |bencher| bencher.iter(|| lens.project(black_box(&card))));
    criterion.bench_function("absorb an edit", |bencher| {
        bencher.iter(|| lens.absorb(black_box(&card), &served, &sent, None, &mut Counting(1_000)));
    });
    criterion.bench_function("absorb an echo", |bencher| {
        bencher.iter(|| lens.absorb(black_box(&card), &served, &served, None, &mut Counting(1_000)));
    });
    criterion.bench_function("add", |bencher| {
        let (nothing, none) = (Card::default(), EasContact::default());
        bencher.iter(|| lens.absorb(black_box(&nothing), &none, &sent, None, &mut Counting(1_000)));
    });
    criterion.bench_function("merge", |bencher| {
        bencher.iter(|| merge(black_box(&card), &mine, &theirs, Winner::Theirs));
    });
}

criterion_group!(contact, benches);
criterion_main!(contact);
