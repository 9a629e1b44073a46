//! A mixed fleet of a thousand phones, whole.

use rollout::{
    inventory::{Device, Inventory},
    plan::{Errors, Settings, Who},
    state::{Phase, control::Scope},
    status::{Evidence, Status},
};

use super::{
    bench::{Bench, at_once, hours, listed, wave},
    world::{Phone, device, error},
};

const VERSIONS: [&str; 10] = ["12.5.7", "13.7", "14.8", "15.8", "16.4", "17.2", "18.4", "26.0", "27.0", "17.5"];

fn phone(number: usize) -> Phone {
    let mut phone = Phone::new(VERSIONS[number % 10], &format!("p{number}@example.com"));
    phone.locked = usize::from(number.is_multiple_of(7)) * 2;
    phone.loses = usize::from(number.is_multiple_of(11));
    phone.offline = number.is_multiple_of(97);
    phone
}

fn group(number: usize) -> &'static str {
    match number {
        0..100 => "pilot",
        100..400 => "sales",
        _ => "everyone",
    }
}

#[tokio::test]
async fn old_ones_are_held_back_one_wave_is_stopped_taken_back_and_mended_and_all_the_rest_is_done() {
    let ids: Vec<_> = (0..1_000).map(|number| format!("P{number:04}")).collect();
    let entry =
        |(number, id): (usize, &String)| Device { group: Some(group(number).into()), ..listed(id, &phone(number)) };
    let mut inventory: Inventory = ids.iter().enumerate().map(entry).collect();
    // Ten that the list calls newer than they are.
    let liars: Vec<_> = (0..10).map(|number| format!("P{:04}", number * 100 + 10)).collect();
    for id in &liars {
        let mut lied = inventory.get(&device(id)).unwrap().clone();
        lied.versions = listed(id, &Phone::new("17.0", "x")).versions;
        inventory = inventory.devices().filter(|other| other.id != lied.id).cloned().chain([lied.clone()]).collect();
    }
    let waves = ["pilot", "sales", "everyone"].map(|name| wave(name, Who::Group(name.into()), Errors::Percent(10)));
    let phones = ids.iter().enumerate().map(|(number, id)| (id.as_str(), phone(number))).collect();
    let settings = Settings { patience: hours(1), ..at_once() };
    let mut bench = Bench::with(phones, inventory, waves.to_vec(), settings).await;
    for id in &ids[100..150] {
        bench.world.phone(id, |phone| {
            phone.fails = 1_000;
            phone.error = Some(error("MCMDMErrorDomain", 12029, "The app is not managed."));
        });
    }

    run(&mut bench).await;
    assert_eq!(phases(&mut bench).await, [Phase::Passed, Phase::Stopped, Phase::Waiting]);

    ids[100..150].iter().for_each(|id| bench.world.phone(id, |phone| phone.fails = 0));
    bench.change(|rollout, now| rollout.roll_back(&Scope::Wave("sales".into()), now).unwrap()).await;
    wake(&bench);
    run(&mut bench).await;
    assert_eq!(phases(&mut bench).await, [Phase::Passed, Phase::RolledBack, Phase::Waiting]);
    assert!(bench.world.inner().phones.values().skip(100).all(|phone| !phone.has_account()));

    bench.change(|rollout, now| rollout.again("sales", now).unwrap()).await;
    wake(&bench);
    run(&mut bench).await;
    assert_eq!(phases(&mut bench).await, [Phase::Passed, Phase::Passed, Phase::Passed]);

    let status = Status::of(bench.rig.rollout().await.unwrap());
    let count = |evidence| status.waves.iter().filter_map(|wave| wave.evidence.get(&evidence)).sum::<usize>();
    assert_eq!((count(Evidence::HeldBack), count(Evidence::Done), status.doubts.len()), (100, 900, 10), "{status}");
    assert!(status.finished && bench.never_doubled());
    let inner = bench.world.inner();
    assert!(inner.phones.values().all(|phone| phone.has_account() == (phone.os != "12.5.7")));
}

/// Everything happens that can, and a few hours pass for those that do not answer.
async fn run(bench: &mut Bench) {
    for _ in 0..3 {
        bench.settle().await;
        bench.wait(hours(3)).await;
    }
}

fn wake(bench: &Bench) {
    bench.world.inner().phones.values_mut().for_each(|phone| phone.offline = false);
}

async fn phases(bench: &mut Bench) -> Vec<Phase> {
    bench.rig.rollout().await.unwrap().waves().map(|(_, state)| state.phase).collect()
}
