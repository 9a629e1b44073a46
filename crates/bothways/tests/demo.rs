//! The demonstration, run as people run it: the real binary, whose every line is a promise that was checked.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken line fails the test as it should")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs it with a temporary folder of its own.
fn demo(temporary: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bothways"));
    command.arg("demo").args(options).env("TMPDIR", temporary).output().unwrap()
}

fn folders(temporary: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_promise_of_the_demonstration_holds_and_nothing_of_it_is_left_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let output = demo(temporary.path(), &["--json", "--contacts", "120", "--seed", "3"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));

    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["ok"] == true), "{text}");
    let (summary, steps) = lines.split_last().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    let expected = "hub person import import-again directory set-up first-sync outlook-reads outlook-edits iphone-edits \
                    both-edit conflict lost-answer restart search delete restore rules agreement";
    assert_eq!(names.join(" "), expected);

    let fact = |step: &str, name: &str| steps.iter().find(|line| line["step"] == step).unwrap()[name].clone();
    assert_eq!(fact("import", "contacts"), 120);
    assert_eq!(fact("import-again", "contacts"), 120);
    assert_eq!(fact("first-sync", "contacts"), 120);
    assert_eq!(fact("iphone-edits", "emails"), 4);
    assert_eq!(fact("lost-answer", "contacts_of_this_name"), 1);
    assert_eq!(fact("restart", "received"), 0);
    assert!(fact("search", "photo_bytes").as_u64().unwrap() > 0);
    assert_eq!(fact("rules", "violations"), 0);
    assert_eq!((fact("agreement", "iphone"), fact("agreement", "outlook")), (121.into(), 121.into()));
    assert_eq!((fact("agreement", "lost"), fact("agreement", "doubled")), (0.into(), 0.into()));
    assert_eq!(summary["steps"], steps.len());
    assert!(summary["requests"]["iphone"]["Ping"].as_u64().unwrap() > 0, "{summary}");

    assert_eq!(folders(temporary.path()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_address_books_alone_are_enough_and_can_be_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let output = demo(temporary.path(), &["--keep", "--contacts", "0"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains('\u{1b}'), "colours that are for terminals alone: {text:?}");
    assert!(text.contains("lost 0, doubled 0"), "{text}");

    let kept = folders(temporary.path());
    let [folder] = kept.as_slice() else { panic!("{kept:?}") };
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&folder.display().to_string()), "{said}");
    let list = Command::new(env!("CARGO_BIN_EXE_bothways"))
        .args(["contacts", "list", "--json", "--user", "anna@lake.example", "--data"])
        .arg(folder)
        .output()
        .unwrap();
    let contacts: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap();
    assert!(contacts.len() > 30, "{}", contacts.len());
}

/// A hundred devices; with `ROLLOUT_DEVICES=1000` (`./test --long`) as many as people see.
#[test]
fn a_rollout_to_a_mixed_fleet_ends_with_every_ready_phone_in_sync_and_nothing_doubled() {
    let temporary = tempfile::tempdir().unwrap();
    let devices = std::env::var("ROLLOUT_DEVICES").unwrap_or_else(|_| "100".to_owned());
    let output = demo(temporary.path(), &["--rollout", "--json", "--devices", &devices]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));

    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["ok"] == true), "{text}");
    let (summary, steps) = lines.split_last().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    let expected = "contradictions mended hub people enrolment export plan pilot branch back again all twice both-ways \
                    no-doubles boundary rules";
    assert_eq!(names.join(" "), expected);
    assert_eq!(summary["steps"], steps.len());

    let fact = |step: &str, name: &str| steps.iter().find(|line| line["step"] == step).unwrap()[name].clone();
    assert_eq!((fact("contradictions", "errors"), fact("mended", "errors")), (3.into(), 0.into()));
    assert_eq!(fact("enrolment", "enrolled").to_string(), devices);
    assert!(fact("plan", "held").as_u64().unwrap() > 0, "{text}");
    assert!(fact("branch", "failed").as_u64().unwrap() > 0, "{text}");
    assert_eq!(fact("back", "left"), 0);
    assert_eq!(fact("all", "done"), fact("both-ways", "devices"));
    assert_eq!((fact("no-doubles", "doubled"), fact("boundary", "read")), (0.into(), 0.into()));

    assert_eq!(folders(temporary.path()), Vec::<std::path::PathBuf>::new());
}
