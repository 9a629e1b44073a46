//! How long a decision takes, with all its reasons, under a policy without rules and one of thirty that do not apply.

use std::{fmt::Write, hint::black_box};

use access::{Device, Facts, Person, Policy, SignIn, Standing, decide, os::Os};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn facts() -> Facts {
    Facts {
        person: Some(Person {
            email: "anna@example.org".into(),
            groups: vec!["Sales".into(), "Berlin".into()],
            standing: Standing::Enabled,
        }),
        sign_in: Some(SignIn::OAuth),
        network: Some([203, 0, 113, 9].into()),
        device: Device {
            id: "7Q2M5T9KD14V9B3R".into(),
            device_type: "iPhone".into(),
            model: Some("iPhone15,4".into()),
            os: Os::from_information("iOS 17.2 21C62"),
            user_agent: Some("Apple-iPhone15C4/2103.62".into()),
            enrolled: true,
            number: Some(1),
            ..Device::default()
        },
    }
}

fn thirty_rules() -> String {
    ["block", "quarantine", "allow"].iter().cycle().take(30).enumerate().fold(String::new(), |mut text, (number, kind)| {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[{kind}]]\nname = '{kind} {number}'\nos = 'iOS >= 15'\nuser_agent = 'Apple-*'\nnetwork = '10.0.0.0/8'\n"
        );
        text
    })
}

fn decisions(criterion: &mut Criterion) {
    let facts = facts();
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(1));
    for (name, text) in [("no_rules", String::new()), ("thirty_rules", thirty_rules())] {
        let Ok(policy) = Policy::parse(&text) else { continue };
        group.bench_function(name, |bench| bench.iter(|| decide(black_box(&facts), black_box(&policy))));
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
