//! How long it takes to write a page of a first run from stored forms, and to read a request of twenty-five Adds.

use activesync::{
    ApplicationDataForms,
    commands::sync::{CollectionAnswer, Request, ServerCommand, encode},
    status::SyncStatus,
};
use contact::eas::{EasContact, Family, Lens, Property, Supported, Version};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hub::FormEncoder;
use wbxml::{
    document,
    pages::{airsync as a, contacts as c},
};

const PAGE: u64 = 512;
const ADDS: u64 = 25;

fn form() -> Vec<u8> {
    let texts = [
        (Property::FileAs, "Muster, Bea"),
        (Property::FirstName, "Bea"),
        (Property::LastName, "Muster"),
        (Property::Email1Address, "bea.muster@example.net"),
        (Property::MobilePhoneNumber, "+49 170 1234567"),
        (Property::CompanyName, "Beispiel GmbH & Co. KG"),
        (Property::BusinessAddressStreet, "Hauptstraße 12"),
    ];
    let texts = texts.into_iter().map(|(property, text)| (property, text.to_owned())).collect();
    let lens = Lens {
        family: Family::Ios,
        version: Version::V16_1,
        supported: Supported::NotSent,
        body_truncation: None,
        device: String::new(),
    };
    ApplicationDataForms.encode(&EasContact { texts, ..EasContact::default() }, &lens, None)
}

fn page() -> Vec<CollectionAnswer> {
    let commands = (0..PAGE).map(|id| ServerCommand::Add { server_id: format!("1:{id}"), form: form() }).collect();
    let answer = CollectionAnswer::failed("1".into(), "0123456789abcdef.2".into(), SyncStatus::Success);
    vec![CollectionAnswer { commands, more_available: true, ..answer }]
}

fn upload() -> Vec<u8> {
    let form = form();
    document(a::SYNC, |w| {
        w.element(a::COLLECTIONS, |w| {
            w.element(a::COLLECTION, |w| {
                w.text(a::SYNC_KEY, "0123456789abcdef.2");
                w.text(a::COLLECTION_ID, "1");
                w.element(a::COMMANDS, |w| {
                    for id in 0..ADDS {
                        w.element(a::ADD, |w| {
                            w.text(a::CLIENT_ID, &id.to_string());
                            w.element(a::APPLICATION_DATA, |w| {
                                w.stored_fragment(&form);
                                w.empty(c::PICTURE);
                            });
                        });
                    }
                });
            });
        });
    })
}

fn answer(criterion: &mut Criterion) {
    let (page, upload) = (page(), upload());
    let mut group = criterion.benchmark_group("sync");
    group.throughput(Throughput::Elements(PAGE));
    group.bench_function("write a page", |b| b.iter(|| encode(&page)));
    group.throughput(Throughput::Elements(ADDS));
    group.bench_function("read Adds", |b| b.iter(|| Request::parse(&upload)));
    group.finish();
}

criterion_group!(benches, answer);
criterion_main!(benches);
