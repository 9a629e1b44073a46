//! `fleet rollout` where orders go out as files: who is ready, what happens when, and what cannot go wrong by repetition.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{fleet::locking, house::House};

const HEADER: &str = "id,email,os_version,enrolment,eas_device_id,group,outlook_export";
const DEVICES: &str = "\
D1,anna@example.com,17.2,device,EAS1,it,on
D2,ben@example.com,18.0,supervised,EAS2,,off
D3,ben@example.com,12.5.7,device,EAS3,,
D4,eve@example.com,17.0,device,EAS4,,
D5,carl@example.com,17.0,user,EAS5,,
D6,anna@example.com,17.0,none,EAS6,,";

/// Anna and Ben, and Carl, for whom ActiveSync is off.
fn house() -> (House, String) {
    let house = House::with_anna();
    house.run(&["user", "add", "ben@example.com", "--name", "Ben"]).good();
    house.run(&["user", "add", "carl@example.com", "--name", "Carl"]).good();
    house.run(&["user", "paths", "carl@example.com", "--off", "activesync"]).good();
    std::fs::write(house.data().join("bothways.toml"), "[server]\npublic_url = \"https://contacts.example.com\"\n")
        .unwrap();
    let file = house.file("devices.csv", &format!("{HEADER}\n{DEVICES}\n"));
    (house, file)
}

fn rollout(house: &House, arguments: &[&str]) -> crate::house::Done {
    house.run(&[&["fleet", "rollout"], arguments].concat())
}

fn start(house: &House, file: &str, more: &[&str]) -> crate::house::Done {
    let begin = ["start", "autumn", "--devices", file, "--notice", "0s", "--clean-up", "0s"];
    rollout(house, &[&begin[..], more].concat())
}

fn status(house: &House) -> Value {
    rollout(house, &["status", "autumn", "--json"]).json()
}

/// Why a device is held back, by the plan.
fn held(plan: &Value, device: &str) -> Vec<String> {
    let reasons = plan["devices"][device]["held"].as_array().cloned().unwrap_or_default();
    reasons.iter().map(|reason| reason["reason"].as_str().unwrap().to_owned()).collect()
}

fn state_file(house: &House) -> PathBuf {
    house.data().join("rollouts/autumn.json")
}

/// The files of a folder, under it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.sort();
    all
}

#[test]
fn a_plan_says_who_is_ready_and_why_others_are_not() {
    let (house, file) = house();
    let ask = ["plan", "--devices", &file, "--wave", "pilot=group:it", "--wave", "all=rest"];
    let plan = rollout(&house, &[&ask[..], &["--json"]].concat()).json();
    assert_eq!((held(&plan, "D1"), held(&plan, "D2")), (vec![], vec![]), "{plan:#}");
    assert_eq!(held(&plan, "D3"), ["below-floor"]);
    assert_eq!(held(&plan, "D4"), ["person-unknown"]);
    assert_eq!(held(&plan, "D5"), ["active-sync-off"]);
    assert_eq!(held(&plan, "D6"), ["not-enrolled"]);
    assert_eq!((&plan["devices"]["D1"]["wave"], &plan["devices"]["D2"]["wave"]), (&0.into(), &1.into()));
    let told = rollout(&house, &ask).good();
    assert!(told.contains("iOS below 13") && told.contains("bothways user paths"), "{told}");
    assert!(told.contains("D3 (ben@example.com): iOS 12.5.7 is below 13"), "by name, too: {told}");
    assert!(!house.data().join("rollouts").exists(), "a plan changes nothing");
}

#[test]
fn a_list_with_wrong_columns_is_told_which_are_right() {
    let (house, _) = house();
    let file = house.file("wrong.csv", "device,user,os_version\nD1,anna@example.com,17\n");
    for command in [&["plan"][..], &["start", "autumn"]] {
        let error = rollout(&house, &[command, &["--devices", &file]].concat()).bad();
        assert!(error.contains("wrong.csv") && error.contains("missing columns: id, email, enrolment"), "{error}");
        assert!(error.contains("needed are id, email, os_version, enrolment"), "{error}");
    }
    let file = house.file("typing.csv", "id,email,os_version,enrolment,outlok_export\n");
    let error = rollout(&house, &["plan", "--devices", &file]).bad();
    assert!(error.contains("outlok_export") && error.contains("outlook_export"), "{error}");
    assert!(!house.data().join("rollouts").exists());
    let help = rollout(&house, &["plan", "--help"]).good();
    assert!(help.contains("id, email, os_version, enrolment") && help.contains("eas_device_id"), "{help}");
}

#[test]
fn policies_that_lock_people_out_hold_their_devices_back_until_they_are_mended() {
    let (house, file) = house();
    let policies = locking(&house);
    let ask = ["plan", "--devices", &file, "--json", "--policies", &policies];
    let plan = rollout(&house, &ask).json();
    assert_eq!(held(&plan, "D1"), ["locked-out"], "{plan:#}");
    assert_eq!(plan["devices"]["D1"]["held"][0]["rule"], "CA-APPROVED-APP");
    assert_eq!(held(&plan, "D2"), [""; 0], "Ben is not meant");
    let plan = rollout(&house, &[&ask[..], &["--set-aside", "policies"]].concat()).json();
    assert_eq!(held(&plan, "D1"), [""; 0]);

    start(&house, &file, &["--policies", &policies]).good();
    assert_eq!(status(&house)["waves"][0]["evidence"]["planned"], 1);
    rollout(&house, &["refresh", "autumn", "--devices", &file]).good();
    assert_eq!(status(&house)["waves"][0]["evidence"]["planned"], 2, "mended");
}

#[test]
fn an_export_that_intune_turns_off_is_waited_for() {
    let (house, file) = house();
    let plan = rollout(&house, &["plan", "--devices", &file, "--json", "--export-by-intune"]).json();
    assert_eq!((held(&plan, "D1"), held(&plan, "D2")), (vec!["export-on".to_owned()], vec![]));
}

#[test]
fn begun_twice_is_begun_once() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    let before = std::fs::read(state_file(&house)).unwrap();
    let again = start(&house, &file, &["--wave", "other=rest"]);
    assert!(again.err.contains("begun before"), "{}", again.err);
    again.good();
    assert_eq!(std::fs::read(state_file(&house)).unwrap(), before);
    assert_eq!(rollout(&house, &["list", "--json"]).json(), serde_json::json!(["autumn"]));
}

#[test]
fn a_state_of_a_newer_release_is_left_as_it_is() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    let text = std::fs::read_to_string(state_file(&house)).unwrap();
    for (changed, said) in [
        (text.replacen("\"version\":1", "\"version\":999", 1), "newer release"),
        (text.replacen("D1", "D9", 1), "checksum"),
        (text[..text.len() / 2].to_owned(), "cut off"),
    ] {
        std::fs::write(state_file(&house), &changed).unwrap();
        let orders = house.path("orders");
        for command in [
            &["status", "autumn"][..],
            &["step", "autumn"],
            &["step", "autumn", "--files", orders.to_str().unwrap()],
            &["pause", "autumn"],
            &["rollback", "autumn"],
            &["refresh", "autumn", "--devices", &file],
        ] {
            let error = rollout(&house, command).bad();
            assert!(error.contains(said) && error.contains("nothing was changed"), "{command:?}: {error}");
        }
        assert_eq!(std::fs::read_to_string(state_file(&house)).unwrap(), changed);
        assert_eq!(files(&orders), [""; 0].map(PathBuf::from), "no order went out");
    }
}

#[test]
fn orders_are_files_for_another_mdm_and_the_account_comes_after_export() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    let orders = house.path("orders");
    let step = ["step", "autumn", "--files", orders.to_str().unwrap()];
    let kinds = || {
        let extension = |path: &PathBuf| path.extension().unwrap().to_str().unwrap().to_owned();
        files(&orders.join("D1")).iter().map(extension).collect::<Vec<_>>()
    };
    settle(&house, &step);
    assert!(!kinds().is_empty() && !kinds().contains(&"mobileconfig".to_owned()), "export off first: {:?}", kinds());
    let texts: Vec<String> =
        files(&orders.join("D1")).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("LocalSyncEnabled.UserChangeAllowed")), "{texts:?}");
    let mails = files(&house.data().join("rollouts/autumn-outbox"));
    assert_eq!(mails.len(), 2, "Anna and Ben are told");

    let there = files(&orders);
    settle(&house, &step);
    assert_eq!(files(&orders), there, "nothing is ordered twice");
    rollout(&house, &["vouch", "autumn", "D1", "--export-off"]).good();
    settle(&house, &step);
    assert!(kinds().contains(&"mobileconfig".to_owned()), "{:?}", kinds());
    let profile =
        files(&orders.join("D1")).into_iter().find(|path| path.extension().unwrap() == "mobileconfig").unwrap();
    house.run(&["fleet", "lint", profile.to_str().unwrap()]).good();
    assert!(!orders.join("D3").exists(), "iOS 12 gets nothing");
    assert_ne!(status(&house)["waves"][0]["evidence"]["done"], 1, "never on our own word");
}

/// Steps until nothing is due.
fn settle(house: &House, step: &[&str]) {
    for _ in 0..20 {
        let before = std::fs::read(state_file(house)).unwrap();
        rollout(house, step).good();
        if std::fs::read(state_file(house)).unwrap() == before {
            return;
        }
    }
    panic!("it does not come to rest");
}

#[test]
fn a_pause_holds_and_a_rollback_ends() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    assert!(rollout(&house, &["pause", "autumn"]).good().contains("paused"));
    let orders = house.path("orders");
    let step = ["step", "autumn", "--files", orders.to_str().unwrap()];
    rollout(&house, &step).good();
    assert_eq!((status(&house)["paused"].clone(), files(&orders).len()), (true.into(), 0));
    assert!(rollout(&house, &["status", "autumn"]).good().contains("paused"));
    rollout(&house, &["resume", "autumn"]).good();
    settle(&house, &step);
    assert!(!files(&orders).is_empty());

    rollout(&house, &["rollback", "autumn"]).good();
    settle(&house, &step);
    let wave = &status(&house)["waves"][0];
    assert!(["rolling-back", "rolled-back"].contains(&wave["phase"].as_str().unwrap()), "{wave:#}");
    assert!(rollout(&house, &["rollback", "autumn", "--wave", "none"]).bad().contains("no wave \"none\""));
    assert!(rollout(&house, &["retry", "autumn", "D1"]).bad().contains("has not failed"));
    assert!(rollout(&house, &["retry", "autumn", "D99"]).bad().contains("D99 is no device"));
}

#[test]
fn newcomers_join_and_a_device_that_was_updated_goes_on() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    let before = status(&house)["waves"][0].clone();
    assert_eq!((&before["devices"], &before["evidence"]["planned"]), (&6.into(), &2.into()), "{before:#}");
    let newer = DEVICES.replace("12.5.7", "15.8");
    let file = house.file("newer.csv", &format!("{HEADER}\n{newer}\nD7,anna@example.com,17,device,,,\n"));
    let told = rollout(&house, &["refresh", "autumn", "--devices", &file]).good();
    assert!(told.contains("1 new device"), "{told}");
    let after = status(&house)["waves"][0].clone();
    assert_eq!((&after["devices"], &after["evidence"]["planned"]), (&7.into(), &4.into()), "{after:#}");
    rollout(&house, &["refresh", "autumn", "--devices", &file]).good();
    assert_eq!(status(&house)["waves"][0], after, "twice is once");
}

#[test]
fn status_names_every_device_when_asked_to() {
    let (house, file) = house();
    start(&house, &file, &[]).good();
    assert_eq!(status(&house).get("devices"), None);
    let rows = rollout(&house, &["status", "autumn", "--devices", "--json"]).json()["devices"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 6);
    let anna = serde_json::json!({ "device": "D1", "user": "anna@example.com", "wave": "all", "evidence": "planned" });
    assert_eq!((&rows[0], &rows[2]["evidence"]), (&anna, &"held-back".into()));
    let told = rollout(&house, &["status", "autumn", "--devices"]).good();
    assert!(told.contains("EVIDENCE") && told.contains("D3"), "{told}");
}

#[test]
fn a_pilot_that_has_nobody_does_not_open_the_way_for_all() {
    let (house, file) = house();
    for pilot in ["pilot=group:ti", "pilot=people:ana@example.com", "pilot=devices:D99"] {
        let error = start(&house, &file, &["--wave", pilot, "--wave", "all=rest"]).bad();
        assert!(error.contains("no device is in wave pilot"), "{error}");
    }
    assert!(!house.data().join("rollouts/autumn.json").exists());
    start(&house, &file, &["--wave", "first=1%", "--wave", "all=rest"]).good();
    let error = rollout(&house, &["plan", "--devices", &file, "--hub-app", "x"]).bad();
    assert!(error.contains("--policies"), "{error}");
}

#[test]
fn no_rollout_begins_with_an_address_that_is_guessed() {
    let (house, file) = house();
    std::fs::write(house.data().join("bothways.toml"), "").unwrap();
    let error = start(&house, &file, &[]).bad();
    assert!(error.contains("public_url"), "{error}");
    assert!(!house.data().join("rollouts/autumn.json").exists());
}

#[test]
fn a_rollout_that_is_not_there_and_names_that_are_none_are_told() {
    let (house, _) = house();
    for command in ["status", "step", "pause", "resume", "rollback"] {
        let error = rollout(&house, &[command, "nowhere"]).bad();
        assert!(error.contains("rollout list"), "{command}: {error}");
    }
    assert_eq!(rollout(&house, &["status", "../etc"]).code, Some(2));
    let error = rollout(&house, &["plan"]).bad();
    assert!(error.contains("--devices"), "{error}");
    assert!(!house.data().join("rollouts").exists());
}
