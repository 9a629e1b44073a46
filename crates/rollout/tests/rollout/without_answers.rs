//! A way that takes orders and says nothing, such as a folder of files: evidence is only what the hub sees.

use fleet::delivery::{Capabilities, Order};
use rollout::{
    state::{
        control::{ControlError, Scope, Word},
        ladder::{Gone, Rung, Way},
    },
    status::Evidence,
};

use super::{
    bench::{Bench, at_once, hours, listed, wave},
    world::{Phone, device},
};
use rollout::plan::{Errors, Who};

const SILENT: Way = Way { answers: false, status_reports: false };

async fn silent() -> Bench {
    let phone = Phone::new("17.2", "anna@example.com");
    let mut device = listed("D1", &phone);
    device.eas_device_identifier = Some(phone.eas.clone());
    let waves = vec![wave("all", Who::Rest, Errors::Count(0))];
    let bench = Bench::with(vec![("D1", phone)], [device].into_iter().collect(), waves, at_once()).await;
    bench.world.inner().capabilities = Capabilities { push: false, answers: false, status_reports: false };
    bench
}

impl Bench {
    /// Steps while what the phones say goes nowhere.
    async fn settle_unheard(&mut self) {
        for _ in 0..10 {
            self.step().await;
            self.world.inner().log.clear();
        }
    }
}

#[tokio::test]
async fn without_answers_the_account_waits_for_somebodys_word_and_done_for_the_hub() {
    let mut bench = silent().await;
    bench.settle_unheard().await;
    bench.world.inner().now += hours(1_000);
    bench.settle_unheard().await;
    assert!(matches!(bench.orders("D1")[..], [Order::ConfigureApp { .. }]));
    bench.change(|rollout, now| rollout.vouch(&device("D1"), Word::ExportIsOff, SILENT, now).unwrap()).await;
    bench.world.phone("D1", |phone| phone.signed_out = true);
    bench.settle_unheard().await;
    assert_eq!(bench.evidence("D1").await, Evidence::AccountQueued);
    bench.world.phone("D1", |phone| phone.signed_out = false);
    bench.settle_unheard().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(bench.never_doubled());
}

#[tokio::test]
async fn without_answers_the_way_back_waits_for_a_word_too() {
    let mut bench = silent().await;
    bench.settle_unheard().await;
    bench.change(|rollout, now| rollout.vouch(&device("D1"), Word::ExportIsOff, SILENT, now).unwrap()).await;
    bench.settle_unheard().await;
    bench.change(|rollout, now| rollout.roll_back(&Scope::All, now).unwrap()).await;
    bench.settle_unheard().await;
    assert!(matches!(bench.orders("D1").last(), Some(Order::RemoveProfile(_))));
    bench.change(|rollout, now| rollout.vouch(&device("D1"), Word::ProfileIsGone, SILENT, now).unwrap()).await;
    bench.settle_unheard().await;
    assert!(matches!(&bench.rung("D1").await, Rung::RolledBack(removed) if removed.since().1 == Gone::Word));
    assert!(matches!(bench.orders("D1").last(), Some(Order::ConfigureApp { configuration: None, .. })));
}

#[tokio::test]
async fn where_devices_answer_nobodys_word_counts() {
    let mut bench = Bench::of(vec![("D1", Phone::new("17.2", "anna@example.com"))], at_once()).await;
    let answering = Way { answers: true, ..SILENT };
    let now = bench.world.inner().now;
    let refused = bench.rig.change(|rollout| rollout.vouch(&device("D1"), Word::ExportIsOff, answering, now));
    assert_eq!(refused.await.unwrap().unwrap_err(), ControlError::Answers);
}
