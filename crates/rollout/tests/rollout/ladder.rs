//! One phone at a time.

use fleet::delivery::{DeviceFacts, Event, Order};
use plist::{Dictionary, Value};
use rollout::{
    readiness::Reason,
    state::{
        control::Scope,
        failure::Failure,
        ladder::{Gone, Rung},
    },
    status::{Evidence, Status},
};

use super::{
    bench::{Bench, at_once, hours},
    world::{Phone, device, error},
};
use rollout::plan::Settings;

const ANNA: &str = "anna@example.com";

async fn one(phone: Phone) -> Bench {
    Bench::of(vec![("D1", phone)], at_once()).await
}

fn failure(rung: &Rung) -> &Failure {
    match rung {
        Rung::Failed(failed) => &failed.failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_phone_climbs_every_rung_and_is_done_only_when_the_hub_saw_it() {
    let mut bench = one(Phone { signed_out: true, ..Phone::new("17.2", ANNA) }).await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        bench.step().await;
        let evidence = bench.evidence("D1").await;
        if seen.last() != Some(&evidence) {
            seen.push(evidence);
        }
    }
    let wanted = [
        Evidence::Told,
        Evidence::Examining,
        Evidence::ExportRead,
        Evidence::ExportQueued,
        Evidence::ExportAcknowledged,
        Evidence::AccountQueued,
        Evidence::AccountReported,
    ];
    assert_eq!(seen, wanted);
    bench.world.phone("D1", |phone| phone.signed_out = false);
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(bench.never_doubled());
}

#[tokio::test]
async fn the_account_waits_until_outlook_had_a_day_to_clean_up() {
    let mut bench =
        Bench::of(vec![("D1", Phone::new("17.2", ANNA))], Settings { notice: hours(0), ..at_once_day() }).await;
    bench.world.inner().clean_up = hours(20);
    bench.settle().await;
    bench.wait(hours(23)).await;
    assert_eq!(bench.evidence("D1").await, Evidence::ExportConfirmed);
    bench.wait(hours(1)).await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(bench.never_doubled());
}

fn at_once_day() -> Settings {
    Settings { clean_up: hours(24), ..at_once() }
}

#[tokio::test]
async fn nothing_changes_on_a_phone_before_its_person_had_notice() {
    let mut bench =
        Bench::of(vec![("D1", Phone::new("17.2", ANNA))], Settings { notice: hours(24), ..at_once() }).await;
    bench.world.inner().mute = true;
    let report = bench.step().await;
    assert_eq!(report.not_told[0].1, "the mail server is away");
    bench.wait_unsettled(hours(48)).await;
    assert_eq!(bench.orders("D1"), []);
    bench.world.inner().mute = false;
    bench.settle().await;
    bench.wait(hours(23)).await;
    assert_eq!(bench.orders("D1"), []);
    bench.wait(hours(1)).await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert_eq!(bench.world.inner().told.len(), 1);
}

impl Bench {
    /// Time passes; one step.
    async fn wait_unsettled(&mut self, time: jiff::SignedDuration) {
        self.world.inner().now += time;
        self.step().await;
    }
}

#[tokio::test]
async fn lost_acknowledgements_hold_nothing_up_because_the_device_is_asked() {
    let mut bench = one(Phone { loses: 3, ..Phone::new("17.2", ANNA) }).await;
    for _ in 0..8 {
        bench.settle().await;
        bench.wait(hours(9)).await;
    }
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 1);
}

#[tokio::test]
async fn a_lost_answer_to_the_install_does_not_install_twice() {
    let mut bench = one(Phone::new("15.8", ANNA)).await;
    while bench.evidence("D1").await != Evidence::AccountQueued {
        bench.world.phone("D1", |phone| phone.loses = 0);
        let report = bench.try_step().await.unwrap();
        assert!(!report.idle());
        let installing = bench.evidence("D1").await == Evidence::AccountQueued;
        bench.world.phone("D1", |phone| phone.loses = usize::from(installing));
        bench.world.run();
    }
    bench.settle().await;
    bench.wait(hours(2)).await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 1);
}

#[tokio::test]
async fn not_now_is_waiting_and_no_error() {
    let mut bench = one(Phone { locked: 7, ..Phone::new("17.2", ANNA) }).await;
    bench.settle().await;
    for _ in 0..12 {
        bench.world.run();
        bench.settle().await;
    }
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(Status::of(bench.rig.rollout().await.unwrap()).failed.is_empty());
}

#[tokio::test]
async fn an_error_is_retried_once() {
    let failing = |fails| Phone {
        fails,
        error: Some(error("MCMDMErrorDomain", 12029, "The app is not managed.")),
        ..Phone::new("17.2", ANNA)
    };
    let mut once = one(failing(1)).await;
    once.settle().await;
    assert_eq!(once.evidence("D1").await, Evidence::Done);
    let mut twice = one(failing(2)).await;
    twice.settle().await;
    assert_eq!(failure(&twice.rung("D1").await).to_string(), "MCMDMErrorDomain 12029: The app is not managed.");
    assert!(!twice.world.phone("D1", |phone| phone.has_account()));
}

#[tokio::test]
async fn an_account_that_is_there_already_fails_with_21005_and_goes_on_once_it_is_removed() {
    let mut bench = one(Phone { own_account: true, ..Phone::new("15.8", ANNA) }).await;
    bench.settle().await;
    let rung = bench.rung("D1").await;
    assert_eq!(failure(&rung).most_specific().unwrap().code, 21005);
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 2);
    bench.world.phone("D1", |phone| phone.own_account = false);
    bench.change(|rollout, now| rollout.retry(&device("D1"), now).unwrap()).await;
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
}

#[tokio::test]
async fn an_account_that_the_phone_reports_beforehand_holds_it_back() {
    let mut bench = one(Phone { own_account: true, ..Phone::new("17.2", ANNA) }).await;
    let accounts = bench.world.inner().accounts(&device("D1"));
    bench.world.log("D1", Event::Accounts(accounts));
    bench.settle().await;
    assert!(matches!(&bench.rung("D1").await, Rung::HeldBack(reasons) if reasons[0].code() == "existing-account"));
    assert_eq!(bench.orders("D1"), []);
}

#[tokio::test]
async fn a_phone_that_is_listed_as_17_and_says_12_5_itself_never_gets_the_profile() {
    let mut bench = one(Phone::new("17.0", ANNA)).await;
    bench.world.phone("D1", |phone| phone.os = "12.5.7");
    bench.settle().await;
    assert!(matches!(&bench.rung("D1").await, Rung::HeldBack(reasons) if reasons[0].code() == "below-floor"));
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 0);
    let status = Status::of(bench.rig.rollout().await.unwrap());
    assert_eq!(status.doubts[0].text, "iOS 12.5.7, as the device itself says; the list says 17.0");
}

#[tokio::test]
async fn a_phone_that_turns_out_to_be_ios_12_loses_what_it_got() {
    let mut bench = one(Phone { signed_out: true, ..Phone::new("17.2", ANNA) }).await;
    bench.settle().await;
    assert!(bench.world.phone("D1", |phone| phone.has_account()));
    let facts = DeviceFacts { os_version: Some("12.5".into()), ..DeviceFacts::default() };
    bench.world.log("D1", Event::Facts(facts));
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::RolledBack);
    assert!(!bench.world.phone("D1", |phone| phone.has_account()));
}

#[tokio::test]
async fn an_account_with_mail_on_is_an_error_at_once() {
    let mut bench = one(Phone { with_mail: true, ..Phone::new("17.2", ANNA) }).await;
    bench.settle().await;
    assert_eq!(failure(&bench.rung("D1").await), &Failure::NotOnlyContacts);
}

#[tokio::test]
async fn an_older_version_of_the_profile_proves_nothing() {
    let mut bench = one(Phone { signed_out: true, ..Phone::new("15.8", ANNA) }).await;
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::AccountListed);
    let mut other = one(Phone { signed_out: true, ..Phone::new("15.8", ANNA) }).await;
    while other.evidence("D1").await != Evidence::AccountAcknowledged {
        other.step().await;
        // Another management puts its own version back.
        other.world.phone("D1", |phone| phone.profiles.values_mut().for_each(|uuid| *uuid = "OLD".into()));
    }
    for _ in 0..10 {
        other.step().await;
        other.world.phone("D1", |phone| phone.profiles.values_mut().for_each(|uuid| *uuid = "OLD".into()));
    }
    assert_eq!(failure(&other.rung("D1").await), &Failure::OtherVersion("OLD".into()));
}

#[tokio::test]
async fn a_configuration_that_is_another_one_when_read_back_is_no_confirmation() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    for _ in 0..20 {
        bench.step().await;
        // Another policy takes it away again.
        bench.world.phone("D1", |phone| phone.outlook = None);
    }
    assert_eq!(failure(&bench.rung("D1").await), &Failure::OtherConfiguration);
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 0);
}

#[tokio::test]
async fn outlooks_other_settings_stay_and_come_back() {
    let mut held = Dictionary::new();
    held.insert("IntuneMAMUPN".into(), Value::String(ANNA.into()));
    let mut bench = one(Phone { outlook: Some(held.clone()), ..Phone::new("17.2", ANNA) }).await;
    bench.settle().await;
    let during = bench.world.phone("D1", |phone| phone.outlook.clone().unwrap());
    assert_eq!((during.len(), during.get("IntuneMAMUPN")), (3, held.get("IntuneMAMUPN")));
    bench.change(|rollout, now| rollout.roll_back(&Scope::Device(device("D1")), now).unwrap()).await;
    bench.settle().await;
    assert!(matches!(&bench.rung("D1").await, Rung::RolledBack(removed) if removed.since().1 == Gone::NotListed));
    assert_eq!(bench.world.phone("D1", |phone| (phone.outlook.clone(), phone.has_account())), (Some(held), false));
    assert!(bench.never_doubled());
}

#[tokio::test]
async fn a_phone_whose_export_is_off_already_is_not_configured_again() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    let wanted = rollout::documents::Documents::export_off(
        &bench.world,
        &bench.inventory.devices().next().unwrap().clone(),
        None,
    );
    bench.world.phone("D1", |phone| phone.outlook = Some(wanted.clone()));
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(!bench.orders("D1").iter().any(|order| matches!(order, Order::ConfigureApp { .. })));
}

#[tokio::test]
async fn the_way_back_takes_the_account_before_it_gives_outlook_its_export() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    bench.settle().await;
    bench.change(|rollout, now| rollout.roll_back(&Scope::All, now).unwrap()).await;
    bench.settle().await;
    let orders = bench.orders("D1");
    let removed = orders.iter().position(|order| matches!(order, Order::RemoveProfile(_))).unwrap();
    let restored = orders.iter().rposition(|order| matches!(order, Order::ConfigureApp { configuration: None, .. }));
    assert!(removed < restored.unwrap());
    assert!(matches!(orders[removed + 1], Order::ListProfiles));
}

#[tokio::test]
async fn an_install_that_was_under_way_when_the_way_back_began_is_removed_again() {
    let mut bench = one(Phone { signed_out: true, ..Phone::new("17.2", ANNA) }).await;
    bench.settle().await;
    let installed = {
        let inner = bench.world.inner();
        inner.calls.iter().find(|(_, _, order)| matches!(order, Order::InstallProfile(_))).unwrap().1.clone()
    };
    bench.change(|rollout, now| rollout.roll_back(&Scope::All, now).unwrap()).await;
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::RolledBack);
    // A second delivery of the install arrives late, as networks do.
    bench.world.phone("D1", |phone| phone.profiles.insert("com.example.contacts.D1".into(), "D1-1".into()));
    bench.world.log("D1", Event::Acknowledged(installed));
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::RolledBack);
    assert!(!bench.world.phone("D1", |phone| phone.has_account()));
}

#[tokio::test]
async fn a_phone_that_leaves_is_held_back_and_one_that_comes_again_starts_over() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    bench.settle().await;
    bench.world.phone("D1", |phone| phone.profiles.clear());
    bench.world.log("D1", Event::CheckedOut);
    bench.settle().await;
    assert_eq!(bench.rung("D1").await, Rung::HeldBack(vec![Reason::NotEnrolled]));
    bench.world.log("D1", Event::Enrolled);
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert_eq!(bench.world.phone("D1", |phone| phone.installs()), 2);
}

#[tokio::test]
async fn a_phone_that_left_and_came_back_before_the_rollout_began_is_not_held_back() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    for event in [Event::Enrolled, Event::CheckedOut, Event::Enrolled] {
        bench.world.log("D1", event);
    }
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
}

#[tokio::test]
async fn leaving_does_not_mend_what_held_a_phone_back() {
    let mut bench = one(Phone::new("12.5", ANNA)).await;
    for event in [Event::CheckedOut, Event::Enrolled] {
        bench.world.log("D1", event);
    }
    bench.settle().await;
    assert!(matches!(&bench.rung("D1").await, Rung::HeldBack(reasons) if reasons[0].code() == "below-floor"));
}

#[tokio::test]
async fn a_phone_that_the_management_does_not_know_is_held_back() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    bench.world.inner().phones.clear();
    bench.settle().await;
    assert_eq!(bench.rung("D1").await, Rung::HeldBack(vec![Reason::NotEnrolled]));
}

#[tokio::test]
async fn a_profile_that_vanished_from_a_finished_phone_comes_back() {
    let mut bench = one(Phone::new("17.2", ANNA)).await;
    bench.settle().await;
    bench.world.phone("D1", |phone| phone.profiles.clear());
    bench.world.log("D1", Event::Accounts(Vec::new()));
    bench.settle().await;
    assert_eq!(bench.evidence("D1").await, Evidence::Done);
    assert!(bench.world.phone("D1", |phone| phone.has_account()));
}
