//! What is logged of a client that does not understand an answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use support::{scenario, sync_body, write_add};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wbxml::pages::contacts as c;

type Fields = BTreeMap<String, String>;

/// Keeps the fields of every warning.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<Fields>>>);

struct Collector<'a>(&'a mut Fields);

impl Visit for Collector<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Collector(&mut fields));
        self.0.lock().unwrap().push(fields);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn the_same_key_three_times_logs_the_answer_s_bytes() {
    scenario(async |world| {
        let warnings = Warnings::default();
        let _guard = tracing::subscriber::set_default(warnings.clone());
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let (key, _) = phone.first_sync(&folder).await;
        let request = sync_body(&folder, &key, |w| write_add(w, "17", &[(c::FIRST_NAME, "Bea")]));
        for _ in 0..2 {
            phone.bytes("Sync", request.clone()).await;
        }
        assert!(warnings.0.lock().unwrap().is_empty(), "twice is a repeat, and networks do that");
        let answer = phone.bytes("Sync", request).await;
        let logged = warnings.0.lock().unwrap().pop().unwrap();
        let bytes: String = answer.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!((&logged["bytes"], &logged["key"]), (&bytes, &key));
        assert!(logged["answer"].contains("<AirSync:ClientId>17</AirSync:ClientId>"), "{}", logged["answer"]);
    });
}
