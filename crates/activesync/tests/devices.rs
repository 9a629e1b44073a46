//! Settings, Provision, and taking the account off a device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use activesync::{Settings, policy::Policy};
use hub::devices::Wipe;
use support::{Node, Phone, folder_sync_body, scenario, scenario_with};
use wbxml::{
    Writer, document,
    pages::{provision as p, settings as s},
};

fn information(w: &mut Writer) {
    w.element(s::DEVICE_INFORMATION, |w| {
        w.element(s::SET, |w| {
            w.text(s::OS, "iOS 26.1 23B85");
            w.text(s::MODEL, "iPhone15C4");
            w.text(s::FRIENDLY_NAME, "Anna's iPhone");
            w.text(s::USER_AGENT, "iOS/26.1 dataaccessd/1.0");
            w.text(s::OS_LANGUAGE, "de-DE");
        });
    });
}

fn policy(key: Option<&str>, status: Option<&str>) -> Vec<u8> {
    document(p::PROVISION, |w| {
        if key.is_none() {
            information(w);
        }
        w.element(p::POLICIES, |w| {
            w.element(p::POLICY, |w| {
                w.text(p::POLICY_TYPE, "MS-EAS-Provisioning-WBXML");
                if let Some(key) = key {
                    w.text(p::POLICY_KEY, key);
                }
                if let Some(status) = status {
                    w.text(p::STATUS, status);
                }
            });
        });
    })
}

fn policy_of(answer: &Node) -> &Node {
    answer.child("Policies").child("Policy")
}

fn demanding() -> Settings {
    let rules = Policy { passcode_length_min: Some(6), encryption: true, ..Policy::default() };
    Settings { policy: Some(rules), ..Settings::default() }
}

#[test]
fn settings_tell_whose_account_it_is_in_the_form_ios_reads() {
    scenario(async |world| {
        let body = document(s::SETTINGS, |w| {
            w.element(s::USER_INFORMATION, |w| w.empty(s::GET));
            information(w);
        });
        let phone = world.phone();
        let answer = phone.ask("Settings", body).await;
        assert_eq!(answer.text("Status"), "1");
        assert_eq!(answer.child("DeviceInformation").text("Status"), "1");
        let get = answer.child("UserInformation").child("Get");
        assert_eq!(get.names(), ["Accounts"], "PrimarySmtpAddress in the old EmailAddresses fails the whole answer");
        let account = get.child("Accounts").child("Account");
        assert_eq!(account.names(), ["UserDisplayName", "EmailAddresses"]);
        assert_eq!(account.child("EmailAddresses").text("PrimarySmtpAddress"), "anna@example.org");
        let device = world.other_side().device(&phone.id).await.unwrap().unwrap();
        assert_eq!(device.information.friendly_name.as_deref(), Some("Anna's iPhone"));
        assert_eq!(device.information.model.as_deref(), Some("iPhone15C4"));
    });
}

#[test]
fn nobody_is_out_of_office_and_it_cannot_be_changed() {
    scenario(async |world| {
        let oof =
            |what| document(s::SETTINGS, |w| w.element(s::OOF, |w| w.element(what, |w| w.text(s::BODY_TYPE, "TEXT"))));
        let get = world.phone().ask("Settings", oof(s::GET)).await;
        assert_eq!(get.child("Oof").child("Get").text("OofState"), "0");
        let set = world.phone().ask("Settings", oof(s::SET)).await;
        assert_eq!(set.child("Oof").text("Status"), "5");
    });
}

#[test]
fn without_rules_nobody_is_asked_to_provision_and_who_does_gets_no_policy_and_a_key() {
    scenario(async |world| {
        let phone = world.phone();
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 200);
        let answer = phone.ask("Provision", policy(None, None)).await;
        assert_eq!(answer.names(), ["DeviceInformation", "Status", "Policies"], "only what iOS has rules for");
        let one = policy_of(&answer);
        assert_eq!((one.text("Status"), one.names()), ("2", vec!["PolicyType", "Status", "PolicyKey"]));
        assert_ne!(one.text("PolicyKey"), "0", "a policy key must not be 0");
        let again = phone.ask("Provision", policy(Some(one.text("PolicyKey")), Some("1"))).await;
        assert_eq!(policy_of(&again).text("PolicyKey"), one.text("PolicyKey"));
    });
}

async fn provisioned(phone: &mut Phone) {
    let first = phone.ask("Provision", policy(None, None)).await;
    let key = policy_of(&first).text("PolicyKey").to_owned();
    let second = phone.ask("Provision", policy(Some(&key), Some("1"))).await;
    phone.policy_key = policy_of(&second).text("PolicyKey").parse().unwrap();
}

#[test]
fn rules_are_handed_out_in_two_phases_and_449_goes_on_until_then() {
    scenario_with(&demanding(), async |world| {
        let mut phone = world.phone();
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 449);
        let first = phone.ask("Provision", policy(None, None)).await;
        let document = policy_of(&first).child("Data").child("EASProvisionDoc");
        assert_eq!(document.text("MinDevicePasswordLength"), "6");
        assert_eq!(document.text("RequireDeviceEncryption"), "1");
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 449, "not acknowledged yet");
        provisioned(&mut phone).await;
        assert_ne!(phone.policy_key, 0);
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 200);
        phone.policy_key += 1;
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 449, "a key that is not its own");
    });
}

#[test]
fn a_wrong_key_is_policy_status_5_and_an_unknown_type_3() {
    scenario_with(&demanding(), async |world| {
        let phone = world.phone();
        phone.ask("Provision", policy(None, None)).await;
        let wrong = phone.ask("Provision", policy(Some("4711"), Some("1"))).await;
        assert_eq!(policy_of(&wrong).text("Status"), "5");
        let unknown = document(p::PROVISION, |w| {
            w.element(p::POLICIES, |w| w.element(p::POLICY, |w| w.text(p::POLICY_TYPE, "MS-WAP-Provisioning-XML")));
        });
        assert_eq!(policy_of(&phone.ask("Provision", unknown).await).text("Status"), "3");
    });
}

#[test]
fn a_device_that_never_tells_its_information_is_let_through() {
    scenario(async |world| {
        let body = document(p::PROVISION, |w| {
            w.element(p::POLICIES, |w| w.element(p::POLICY, |w| w.text(p::POLICY_TYPE, "MS-EAS-Provisioning-WBXML")));
        });
        let answer = world.phone().ask("Provision", body).await;
        assert_eq!(answer.text("Status"), "1", "the specification would have 165, which some clients die of");
    });
}

#[test]
fn a_wiped_account_is_told_acknowledged_and_shut_out() {
    scenario(async |world| {
        let phone = world.device("7Q2M5T9KD14V9B3R", "iPhone", "Apple-iPhone15C4/2302.85", "16.1");
        phone.default_folder().await;
        world.other_side().set_wipe(&phone.id, Wipe::Asked).await.unwrap();
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 449);
        let told = phone.ask("Provision", policy(None, None)).await;
        assert!(told.find("AccountOnlyRemoteWipe").is_some());
        assert!(told.find("RemoteWipe").is_none(), "the device itself is never erased");
        let done = document(p::PROVISION, |w| w.element(p::ACCOUNT_ONLY_REMOTE_WIPE, |w| w.text(p::STATUS, "1")));
        assert_eq!(phone.ask("Provision", done).await.text("Status"), "1");
        assert_eq!(world.other_side().device(&phone.id).await.unwrap().unwrap().wipe, Wipe::Done);
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 403);
        assert_eq!(phone.status_of("Provision", policy(None, None)).await, 403);
    });
}

#[test]
fn a_wipe_for_a_client_older_than_16_1_shuts_it_out_and_erases_nothing() {
    scenario(async |world| {
        let phone = world.phone();
        phone.default_folder().await;
        world.other_side().set_wipe(&phone.id, Wipe::Asked).await.unwrap();
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 403);
        assert_eq!(phone.status_of("Provision", policy(None, None)).await, 403);
    });
}
