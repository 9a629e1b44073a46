//! A rollout that dies anywhere goes on as if it had not.

use std::collections::BTreeMap;

use fleet::delivery::Order;
use rollout::{
    driver::{StepError, StoreError},
    status::Evidence,
};

use super::{
    bench::{Bench, at_once, hours, rig},
    world::Phone,
};

async fn one() -> Bench {
    Bench::of(vec![("D1", Phone::new("17.2", "anna@example.com"))], at_once()).await
}

#[tokio::test]
async fn whichever_save_fails_every_order_is_done_once_and_the_phone_is_done() {
    for fails_at in 2..24 {
        let mut bench = one().await;
        bench.world.inner().store_fails_at = Some(fails_at);
        for _ in 0..40 {
            let step = bench.try_step().await;
            bench.world.run();
            if step.is_err() {
                // The program dies and another one begins, on a disk that was cleared.
                bench.world.inner().store_fails_at = None;
                bench.rig = rig(&bench.world);
            }
        }
        assert_eq!(bench.evidence("D1").await, Evidence::Done, "{fails_at}");
        let (installs, configurations) = bench.world.phone("D1", |phone| {
            let configures = |order: &&Order| matches!(order, Order::ConfigureApp { .. });
            (phone.installs(), phone.done.iter().filter(configures).count())
        });
        assert_eq!((installs, configurations), (1, 1), "{fails_at}");
        assert!(bench.never_doubled());
    }
}

#[tokio::test]
async fn an_order_given_again_is_the_same_order() {
    let mut bench = one().await;
    bench.settle_told().await;
    bench.world.inner().busy = true;
    for _ in 0..3 {
        assert_eq!(bench.try_step().await.unwrap().put_off, 1);
        bench.rig = rig(&bench.world);
    }
    bench.world.inner().busy = false;
    bench.settle().await;
    let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
    bench
        .world
        .inner()
        .calls
        .iter()
        .for_each(|(_, id, order)| names.entry(id.clone()).or_default().push(order.clone()));
    assert!(names.values().all(|orders| orders.iter().all(|order| *order == orders[0])));
    assert!(names.values().any(|orders| orders.len() == 4));
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
}

impl Bench {
    async fn settle_told(&mut self) {
        assert_eq!(self.try_step().await.unwrap().told, 1);
    }
}

#[tokio::test]
async fn a_profile_that_changed_between_writing_down_and_giving_is_another_order() {
    let mut bench = one().await;
    while !matches!(bench.evidence("D1").await, Evidence::AccountQueued) {
        bench.world.run();
        let almost = bench.evidence("D1").await == Evidence::ExportAcknowledged;
        bench.world.inner().busy = almost;
        bench.try_step().await.unwrap();
    }
    bench.world.inner().profile_version = 2;
    bench.world.inner().busy = false;
    bench.settle().await;
    let inner = bench.world.inner();
    let installs = inner.calls.iter().filter(|(_, _, order)| matches!(order, Order::InstallProfile(_)));
    let names: BTreeMap<_, _> = installs.map(|(_, id, order)| (id.clone(), order.clone())).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(inner.phones.values().next().unwrap().profiles.values().next().unwrap(), "D1-2");
}

#[tokio::test]
async fn a_step_without_news_gives_nothing_and_saves_nothing() {
    let mut bench = one().await;
    bench.world.phone("D1", |phone| phone.offline = true);
    bench.settle().await;
    let (calls, saves) = {
        let inner = bench.world.inner();
        (inner.calls.len(), inner.saves)
    };
    for _ in 0..5 {
        assert!(bench.step().await.idle());
    }
    let inner = bench.world.inner();
    assert_eq!((inner.calls.len(), inner.saves), (calls, saves));
}

#[tokio::test]
async fn a_rollout_that_was_paused_by_another_program_gives_nothing() {
    let mut bench = one().await;
    bench.step().await;
    let mut other = rig(&bench.world);
    other
        .change(|rollout| {
            rollout.pause();
            Ok::<_, std::convert::Infallible>(())
        })
        .await
        .unwrap()
        .unwrap();
    let calls = bench.world.inner().calls.len();
    assert!(matches!(bench.try_step().await, Err(StepError::Store(StoreError::Changed))));
    assert_eq!(bench.world.inner().calls.len(), calls);
    // The next step sees the pause.
    assert!(bench.try_step().await.unwrap().idle());
    assert!(bench.rig.rollout().await.unwrap().paused());
}

#[tokio::test]
async fn beginning_twice_is_refused() {
    let mut bench = one().await;
    let rollout = bench.rig.rollout().await.unwrap().clone();
    assert!(matches!(rig(&bench.world).begin(rollout).await, Err(StepError::Begun)));
}

#[tokio::test]
async fn a_phone_that_is_switched_off_for_a_week_is_waited_for() {
    let mut bench = one().await;
    bench.world.phone("D1", |phone| phone.offline = true);
    bench.settle().await;
    bench.wait(hours(24 * 7)).await;
    assert_eq!(bench.orders("D1").len(), 1);
    bench.world.phone("D1", |phone| phone.offline = false);
    bench.world.run();
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
}
