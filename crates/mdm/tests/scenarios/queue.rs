//! The command queue: NotNow, lost answers, results that hide what went wrong.

use fleet::{
    delivery::{Delivery, DeliveryError, Event, Order},
    enrolment::Enrolment,
};
use ledger::testing::{both_engines, sqlite};
use mdm::{Embedded, Refusal, command::Command, limits};
use plist::Dictionary;

use crate::{
    device::{Phone, entry, error_chain, profile_list, security_info},
    house::{ANNA, House, id, order},
};

const OUTLOOK: &str = "com.microsoft.Office.Outlook";

async fn with(house: &House, name: &str, orders: &[(&str, Order)]) -> (Phone, i64) {
    let phone = Phone::of(house, ANNA, name).await;
    phone.settle(house).await;
    let delivery = Embedded(house.service.clone());
    for (name, what) in orders {
        delivery.give(&id(&phone.id), &order(name), what).await.unwrap();
    }
    let position = house.position().await;
    (phone, position)
}

#[test]
fn what_is_put_off_is_offered_again_and_goes_when_it_is_done() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let (phone, position) = with(&house, "A", &[("C", Order::ListProfiles)]).await;
        let got = phone.idle(&house).await.unwrap();
        assert_eq!(phone.not_now(&house, &got).await, None, "there is nothing else");
        let again = phone.idle(&house).await.unwrap();
        assert_eq!(again, got);
        assert_eq!(phone.not_now(&house, &again).await, None);
        let again = phone.idle(&house).await.unwrap();
        assert_eq!(phone.acknowledge(&house, &again, &profile_list(&[])).await, None);
        assert_eq!(phone.idle(&house).await, None);
        let told = house.told(position).await;
        assert_eq!(told, ["delivered C", "not now C", "not now C", "acknowledged C", "profiles C: 0"]);
    });
}

#[test]
fn not_now_is_the_last_thing_a_device_says_so_that_it_asks_again_by_itself() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let orders = [("C", Order::InstallProfile(vec![1])), ("D", Order::ListProfiles)];
        let (phone, _) = with(&house, "A", &orders).await;
        let put_off = phone.idle(&house).await.unwrap();
        let other = phone.not_now(&house, &put_off).await.unwrap();
        assert_eq!((put_off.uuid.as_str(), other.uuid.as_str()), ("C", "D"));
        // It went well, so the device would not come again by itself: it is offered what it put off.
        let again = phone.acknowledge(&house, &other, &profile_list(&[])).await.unwrap();
        assert_eq!(again.uuid, "C");
        assert_eq!(phone.not_now(&house, &again).await, None);
        // And if it never comes, it is woken.
        house.push.take();
        house.clock.pass(limits::PUSH_AGAIN * 2);
        house.service.wake_waiting().await.unwrap();
        assert_eq!(house.push.take(), [id("A")]);
        house.service.wake_waiting().await.unwrap();
        assert!(house.push.take().is_empty(), "not so soon again");
    });
}

#[test]
fn a_command_whose_answer_was_lost_is_told_again_and_logged_once() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let (phone, position) = with(&house, "A", &[("C", Order::InstallProfile(vec![1]))]).await;
        let got = phone.idle(&house).await.unwrap();
        assert_eq!(phone.idle(&house).await.unwrap(), got, "the answer with the command was lost");
        assert_eq!(phone.acknowledge(&house, &got, "").await, None);
        assert_eq!(phone.acknowledge(&house, &got, "").await, None, "the answer to the report was lost");
        assert_eq!(phone.report(&house, "Error", Some("C"), "").await, None, "too late");
        assert_eq!(phone.report(&house, "Acknowledged", Some("never given"), "").await, None);
        assert_eq!(house.told(position).await, ["delivered C", "acknowledged C"]);
    });
}

#[test]
fn an_acknowledged_settings_command_that_hides_an_error_of_its_item_is_a_failure() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let configure = Order::ConfigureApp { bundle_id: OUTLOOK.into(), configuration: Some(Dictionary::new()) };
        let (phone, position) = with(&house, "A", &[("C", configure.clone()), ("D", configure)]).await;
        let got = phone.idle(&house).await.unwrap();
        let item = |inner: &str| format!("<key>Settings</key><array><dict>{inner}</dict></array>");
        let refused = entry("Status", "Error") + &error_chain(&[("MCMDMErrorDomain", 12029, "the app is not managed")]);
        let next = phone.acknowledge(&house, &got, &item(&refused)).await.unwrap();
        phone.acknowledge(&house, &next, &item(&entry("Status", "Acknowledged"))).await;
        let told = house.told(position).await;
        assert_eq!(told, ["delivered C", "failed C: MCMDMErrorDomain 12029", "delivered D", "acknowledged D"]);
    });
}

#[test]
fn an_acknowledgement_without_the_answer_that_was_asked_for_is_a_failure() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let (phone, position) = with(&house, "A", &[("C", Order::ListProfiles)]).await;
        let got = phone.idle(&house).await.unwrap();
        phone.acknowledge(&house, &got, "").await;
        assert_eq!(house.told(position).await, ["delivered C", "failed C: BothwaysMDM 1"]);
    });
}

#[test]
fn what_a_device_answers_comes_back_as_it_was_said() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let orders = [
            ("C", Order::ReadAppConfiguration { bundle_id: OUTLOOK.into() }),
            ("D", Order::ReadAppConfiguration { bundle_id: OUTLOOK.into() }),
            ("E", Order::ListApps { bundle_ids: vec![OUTLOOK.into()] }),
            ("F", Order::RemoveProfile("a.b".into())),
        ];
        let (phone, position) = with(&house, "A", &orders).await;
        let got = phone.idle(&house).await.unwrap();
        assert!(got.text.contains(OUTLOOK), "{}", got.text);
        let configuration = format!(
            "<key>ApplicationConfigurations</key><array><dict>{}<key>Configuration</key><dict><key>LocalSyncEnabled</key><false/></dict></dict></array>",
            entry("Identifier", OUTLOOK)
        );
        let got = phone.acknowledge(&house, &got, &configuration).await.unwrap();
        let none = "<key>ApplicationConfigurations</key><array/>";
        let got = phone.acknowledge(&house, &got, none).await.unwrap();
        let apps = format!(
            "<key>InstalledApplicationList</key><array><dict>{}{}</dict></array>",
            entry("Identifier", OUTLOOK),
            entry("ShortVersion", "4.2400")
        );
        let got = phone.acknowledge(&house, &got, &apps).await.unwrap();
        assert!(got.text.contains("<string>a.b</string>"), "{}", got.text);
        phone.report(&house, "CommandFormatError", Some("F"), "").await;
        let answer = house.register.answer(&id("A"), &order("D")).await.unwrap().unwrap();
        assert!(answer.contains_key("ApplicationConfigurations"));
        assert_eq!(house.register.answer(&id("A"), &order("none")).await.unwrap(), None);
        let events: Vec<_> = house.register.events(position).await.unwrap().into_iter().map(|it| it.event).collect();
        let mut set = Dictionary::new();
        set.insert("LocalSyncEnabled".into(), false.into());
        assert!(events.contains(&Event::AppConfiguration(order("C"), Some(set))));
        assert!(events.contains(&Event::AppConfiguration(order("D"), None)));
        assert!(events.contains(&Event::Apps(order("E"), vec![(OUTLOOK.into(), "4.2400".into())])));
        assert!(matches!(events.last(), Some(Event::Failed(failed, _)) if failed.0 == "F"));
    });
}

#[test]
fn a_personal_device_is_never_asked_what_it_must_not_tell_nor_told_what_it_must_not_do() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::personal(&house, ANNA, "enrolment-7").await;
        phone.enrol(&house).await;
        let got = phone.idle(&house).await.unwrap();
        assert_eq!(got.kind, "DeviceInformation");
        assert!(!got.text.contains("SerialNumber") && !got.text.contains("<string>UDID"), "{}", got.text);
        let got = phone.acknowledge(&house, &got, &phone.information()).await.unwrap();
        phone.acknowledge(&house, &got, &security_info(true)).await;
        let known = house.register.device(&id("enrolment-7")).await.unwrap().unwrap();
        assert_eq!((known.kind, known.serial_number), (Enrolment::User, None));
        let take_over =
            Command::InstallApplication { identifier: OUTLOOK.into(), configuration: None, take_over: true };
        let refused = house.service.give(&id("enrolment-7"), &order("T"), take_over).await;
        assert!(matches!(refused, Err(Refusal::UnfitOrder(why)) if why.contains("removed first")));
    });
}

#[test]
fn orders_that_would_never_be_carried_out_are_not_taken() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let (phone, _) = with(&house, "A", &[]).await;
        let delivery = Embedded(house.service.clone());
        let give = async |name: &str, what: Order| delivery.give(&id(&phone.id), &order(name), &what).await;
        let large = Order::InstallProfile(vec![0; limits::PROFILE_BYTES_MAX + 1]);
        assert!(matches!(give("C", large).await, Err(DeliveryError::Refused(_))));
        for name in ["", "a/b", "a b", "a~1", &"x".repeat(limits::ORDER_ID_BYTES_MAX + 1)] {
            assert!(matches!(give(name, Order::ListProfiles).await, Err(DeliveryError::Refused(_))), "{name}");
        }
        for number in 0..limits::OPEN_COMMANDS_MAX {
            give(&format!("n{number}"), Order::ListProfiles).await.unwrap();
        }
        assert!(matches!(give("last", Order::ListProfiles).await, Err(DeliveryError::Temporary(_))));
        give("n0", Order::ListProfiles).await.unwrap();
    });
}

#[test]
fn profiles_and_push_tokens_are_not_readable_in_the_database() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let (_, _) = with(&house, "A", &[("C", Order::InstallProfile(b"the-password-in-it".to_vec()))]).await;
        let kept: Vec<Vec<u8>> = house
            .ledger
            .read::<_, ledger::LedgerError>(|tx| {
                let mut kept = tx.all("SELECT push FROM mdm_enrolment", &[], |row| Ok(row.bytes(0)?.to_vec()))?;
                kept.extend(tx.all("SELECT plist FROM mdm_command WHERE state = 'queued'", &[], |row| {
                    Ok(row.bytes(0)?.to_vec())
                })?);
                Ok(kept)
            })
            .await
            .unwrap();
        assert_eq!(kept.len(), 2);
        // As text, in base64, and as a list of numbers.
        for secret in ["F0F0-magic", "the-password-in-it", "dGhlLXBhc3N3b3Jk", "CommandUUID", "171,205,239"] {
            let found = kept.iter().any(|it| it.windows(secret.len()).any(|part| part == secret.as_bytes()));
            assert!(!found, "{secret}");
        }
    });
}
