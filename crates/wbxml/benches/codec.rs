//! How long it takes to read, write and copy contacts.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wbxml::{
    Fragment, Reader, WbxmlError, Writer, document,
    pages::{airsync, contacts},
};

const CONTACTS: u64 = 1_000;

fn application_data(w: &mut Writer) {
    w.text(contacts::FILE_AS, "Muster, Bea");
    w.text(contacts::FIRST_NAME, "Bea");
    w.text(contacts::LAST_NAME, "Muster");
    w.text(contacts::EMAIL1_ADDRESS, "bea.muster@example.net");
    w.text(contacts::MOBILE_PHONE_NUMBER, "+49 170 1234567");
    w.text(contacts::COMPANY_NAME, "Beispiel GmbH & Co. KG");
    w.text(contacts::BUSINESS_ADDRESS_STREET, "Hauptstraße 12\nHinterhaus");
}

fn adds(contact: impl Fn(&mut Writer)) -> Vec<u8> {
    document(airsync::SYNC, |w| {
        w.element(airsync::COMMANDS, |w| {
            for id in 0..CONTACTS {
                w.element(airsync::ADD, |w| {
                    w.text(airsync::SERVER_ID, &id.to_string());
                    w.element(airsync::APPLICATION_DATA, &contact);
                });
            }
        });
    })
}

fn codec(criterion: &mut Criterion) {
    let fragment = Fragment::write(application_data);
    let bytes = adds(application_data);
    let mut group = criterion.benchmark_group("wbxml");
    group.throughput(Throughput::Elements(CONTACTS));
    group.bench_function("write", |b| b.iter(|| adds(application_data)));
    group.bench_function("copy", |b| b.iter(|| adds(|w| w.fragment(&fragment))));
    group.bench_function("read", |b| {
        b.iter(|| -> Result<(), WbxmlError> { Reader::at_start(&bytes)?.finish() });
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
