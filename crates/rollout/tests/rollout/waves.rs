//! Many phones: gates, stops, pauses.

use fleet::delivery::Order;
use rollout::{
    inventory::Inventory,
    plan::{Errors, Gate, Plan, PlanError, Who},
    state::{
        Phase,
        control::{ControlError, Scope},
    },
    status::{Evidence, Status},
};

use super::{
    bench::{Bench, at_once, conditions, hours, listed, start_of_time, wave},
    world::{Phone, device, error},
};

/// Ten phones, P0 to P9, the first five in the group `pilot`.
async fn ten(errors_max: Errors) -> Bench {
    let phones: Vec<_> =
        (0..10).map(|number| (format!("P{number}"), Phone::new("17.2", &format!("p{number}@example.com")))).collect();
    let grouped = |(place, (id, phone)): (usize, &(String, Phone))| {
        let mut device = listed(id, phone);
        device.group = (place < 5).then(|| "pilot".to_owned());
        device
    };
    let inventory: Inventory = phones.iter().enumerate().map(grouped).collect();
    let waves = vec![wave("pilot", Who::Group("pilot".into()), errors_max), wave("rest", Who::Rest, errors_max)];
    let phones = phones.iter().map(|(id, phone)| (id.as_str(), phone.clone())).collect();
    Bench::with(phones, inventory, waves, at_once()).await
}

fn break_phones(bench: &Bench, ids: &[&str]) {
    for id in ids {
        bench.world.phone(id, |phone| {
            phone.fails = 100;
            phone.error = Some(error("MCMDMErrorDomain", 12029, "The app is not managed."));
        });
    }
}

async fn phases(bench: &mut Bench) -> Vec<Phase> {
    bench.rig.rollout().await.unwrap().waves().map(|(_, state)| state.phase).collect()
}

#[tokio::test]
async fn the_second_wave_waits_for_the_gate() {
    let mut bench = ten(Errors::Count(0)).await;
    bench.world.phone("P0", |phone| phone.signed_out = true);
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::Open, Phase::Waiting]);
    assert_eq!(bench.orders("P7"), []);
    bench.world.phone("P0", |phone| phone.signed_out = false);
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::Passed, Phase::Passed]);
    assert!(bench.rig.rollout().await.unwrap().finished());
}

#[tokio::test]
async fn a_gate_also_takes_its_time() {
    let mut bench = ten(Errors::Count(0)).await;
    let gate = Gate { done_percent: 100, errors_max: Errors::Count(0), at_least: hours(48) };
    let mut waves = bench.rig.rollout().await.unwrap().waves().map(|(wave, _)| wave.clone()).collect::<Vec<_>>();
    waves[0].gate = gate;
    let phones = bench.world.inner().phones.clone();
    let phones = phones.iter().map(|(id, phone)| (id.as_str(), phone.clone())).collect();
    let mut bench = Bench::with(phones, bench.inventory.clone(), waves, at_once()).await;
    bench.settle().await;
    bench.wait(hours(47)).await;
    assert_eq!(phases(&mut bench).await, [Phase::Open, Phase::Waiting]);
    bench.wait(hours(1)).await;
    assert_eq!(phases(&mut bench).await[0], Phase::Passed);
}

#[tokio::test]
async fn too_many_errors_stop_the_wave_and_nothing_further_is_ordered() {
    let mut bench = ten(Errors::Count(1)).await;
    break_phones(&bench, &["P0", "P1"]);
    bench.world.phone("P2", |phone| phone.offline = true);
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::Stopped, Phase::Waiting]);
    let calls = bench.world.inner().calls.len();
    bench.world.phone("P2", |phone| phone.offline = false);
    bench.world.run();
    bench.wait(hours(100)).await;
    assert_eq!(bench.world.inner().calls.len(), calls);
    let status = Status::of(bench.rig.rollout().await.unwrap());
    assert_eq!(status.failed[0].error, "MCMDMErrorDomain 12029: The app is not managed.");
    assert!(status.to_string().contains("stopped"), "{status}");
}

#[tokio::test]
async fn a_stopped_wave_goes_on_when_somebody_looked_and_said_so() {
    let mut bench = ten(Errors::Count(1)).await;
    break_phones(&bench, &["P0", "P1"]);
    bench.settle().await;
    let refused = bench.rig.change(|rollout| rollout.go_on("rest", start_of_time())).await.unwrap();
    assert!(matches!(refused, Err(ControlError::Phase { phase: Phase::Waiting, .. })));
    bench.change(|rollout, now| rollout.go_on("pilot", now).unwrap()).await;
    bench.settle().await;
    assert_eq!(bench.evidence("P4").await, Evidence::Done);
    // Three of five are not ninety percent: the next wave waits still.
    assert_eq!(phases(&mut bench).await, [Phase::Open, Phase::Waiting]);
}

#[tokio::test]
async fn a_wave_that_was_taken_back_begins_again_when_its_cause_is_mended() {
    let mut bench = ten(Errors::Count(1)).await;
    break_phones(&bench, &["P0", "P1"]);
    bench.settle().await;
    bench.world.phone("P0", |phone| phone.fails = 0);
    bench.world.phone("P1", |phone| phone.fails = 0);
    bench.change(|rollout, now| rollout.roll_back(&Scope::Wave("pilot".into()), now).unwrap()).await;
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::RolledBack, Phase::Waiting]);
    for number in 0..5 {
        let left = bench.world.phone(&format!("P{number}"), |phone| (phone.outlook.clone(), phone.has_account()));
        assert_eq!(left, (None, false));
    }
    bench.change(|rollout, now| rollout.again("pilot", now).unwrap()).await;
    bench.settle().await;
    assert!(bench.rig.rollout().await.unwrap().finished());
    assert!(bench.world.inner().phones.values().all(Phone::has_account));
    assert!(bench.never_doubled());
}

#[tokio::test]
async fn a_rollout_goes_on_without_a_wave_only_when_told_to() {
    let mut bench = ten(Errors::Count(1)).await;
    bench.change(|rollout, now| rollout.roll_back(&Scope::Wave("pilot".into()), now).unwrap()).await;
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::RolledBack, Phase::Waiting]);
    bench.change(|rollout, now| rollout.go_on("pilot", now).unwrap()).await;
    bench.settle().await;
    assert_eq!(phases(&mut bench).await, [Phase::LeftOut, Phase::Passed]);
}

#[tokio::test]
async fn a_wave_that_cannot_be_taken_back_is_not_called_so() {
    let mut bench = ten(Errors::Count(1)).await;
    bench.settle().await;
    break_phones(&bench, &["P0"]);
    bench.change(|rollout, now| rollout.roll_back(&Scope::Wave("pilot".into()), now).unwrap()).await;
    bench.settle().await;
    assert_eq!(phases(&mut bench).await[0], Phase::RollingBack);
    assert!(Status::of(bench.rig.rollout().await.unwrap()).failed[0].rolling_back);
    bench.world.phone("P0", |phone| phone.fails = 0);
    bench.change(|rollout, now| rollout.retry(&device("P0"), now).unwrap()).await;
    bench.settle().await;
    assert_eq!(phases(&mut bench).await[0], Phase::RolledBack);
}

#[tokio::test]
async fn a_pause_orders_nothing_new_and_the_way_back_goes_on() {
    let mut bench = ten(Errors::Count(1)).await;
    bench.step().await;
    bench.step().await;
    bench.change(|rollout, _| rollout.pause()).await;
    let calls = bench.world.inner().calls.len();
    bench.settle().await;
    assert_eq!(bench.world.inner().calls.len(), calls);
    bench.change(|rollout, _| rollout.resume()).await;
    bench.settle().await;
    bench.change(|rollout, _| rollout.pause()).await;
    bench.change(|rollout, now| rollout.roll_back(&Scope::All, now).unwrap()).await;
    bench.settle().await;
    assert!(bench.world.inner().phones.values().all(|phone| !phone.has_account()));
}

#[tokio::test]
async fn newcomers_join_and_nobody_changes_waves() {
    let mut bench = ten(Errors::Count(1)).await;
    let before: Vec<_> = bench.rig.rollout().await.unwrap().members().map(|m| (m.id().clone(), m.wave)).collect();
    let mut newer = bench.inventory.clone();
    let phone = Phone::new("17.2", "new@example.com");
    newer.merge(listed("A0", &phone));
    bench.world.inner().phones.insert(device("A0"), phone);
    let conditions = conditions(&newer);
    bench.change(|rollout, now| rollout.refresh(&newer, &conditions, now)).await;
    let rollout = bench.rig.rollout().await.unwrap();
    assert!(before.iter().all(|(id, wave)| rollout.member(id).unwrap().wave == *wave));
    bench.settle().await;
    assert_eq!(bench.evidence("A0").await, Evidence::Done);
}

#[tokio::test]
async fn a_held_back_phone_comes_along_once_it_was_updated() {
    let mut phones: Vec<_> = vec![("D1", Phone::new("12.5.7", "anna@example.com"))];
    let mut bench = Bench::of(phones.clone(), at_once()).await;
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::HeldBack);
    bench.world.phone("D1", |phone| phone.os = "15.8");
    phones[0].1.os = "15.8";
    let newer: Inventory = phones.iter().map(|(id, phone)| listed(id, phone)).collect();
    let conditions = conditions(&newer);
    bench.change(|rollout, now| rollout.refresh(&newer, &conditions, now)).await;
    bench.change(|rollout, now| rollout.again("all", now).unwrap_or_default()).await;
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
}

#[test]
fn a_plan_says_who_comes_when_and_why_others_do_not() {
    let phones = [("D1", Phone::new("17.2", "a@example.com")), ("D2", Phone::new("12.5", "b@example.com"))];
    let inventory: Inventory = phones.iter().map(|(id, phone)| listed(id, phone)).collect();
    let waves = || vec![wave("all", Who::Rest, Errors::Percent(5))];
    let plan = Plan::make(&inventory, waves(), &conditions(&inventory), start_of_time()).unwrap();
    assert_eq!(plan.counts(0), (1, 2));
    let text = plan.to_string();
    assert!(text.contains("1. all: 1 ready of 2; next when 90 % done, at most 5 % errors"), "{text}");
    assert!(text.contains("1  iOS below 13. Update or replace the device."), "{text}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["devices"]["D2"]["held"][0]["reason"], "below-floor");
    let none = Plan::make(&inventory, Vec::new(), &conditions(&inventory), start_of_time());
    assert_eq!(none.unwrap_err(), PlanError::NoWaves);
}

#[tokio::test]
async fn the_status_counts_evidence_for_people_and_for_programs() {
    let mut bench = ten(Errors::Count(1)).await;
    bench.world.phone("P3", |phone| phone.signed_out = true);
    bench.settle().await;
    let status = Status::of(bench.rig.rollout().await.unwrap());
    assert_eq!(status.waves[0].evidence[&Evidence::Done], 4);
    let text = status.to_string();
    assert!(text.contains("4  done: synced") && text.contains("1  account: reported by the device"), "{text}");
    assert_eq!(serde_json::to_value(&status).unwrap()["waves"][0]["evidence"]["account-reported"], 1);
    assert!(!bench.orders("P3").iter().any(|order| matches!(order, Order::RemoveProfile(_))));
}
