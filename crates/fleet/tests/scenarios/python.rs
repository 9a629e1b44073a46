//! Python's plistlib reads what is written here, and reads the same in it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value as Json;

use crate::house::all_profiles;

const READ: &str = "import json, plistlib, sys\n\
    data = lambda value: value.hex() if isinstance(value, bytes) else str(value)\n\
    print(json.dumps(plistlib.loads(sys.stdin.buffer.read()), default=data))\n";

fn python(plist: &[u8]) -> Option<Json> {
    let mut child =
        Command::new("python3").args(["-c", READ]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(plist).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "plistlib refused it");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn json(value: &plist::Value) -> Json {
    match value {
        plist::Value::Array(items) => items.iter().map(json).collect(),
        plist::Value::Dictionary(members) => members.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        plist::Value::Boolean(value) => (*value).into(),
        plist::Value::Integer(number) => number.as_signed().unwrap().into(),
        plist::Value::Data(bytes) => hex(bytes).into(),
        other => other.as_string().unwrap().into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[test]
fn python_reads_every_profile_as_it_is_meant() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out: there is no python3");
        return;
    }
    for (name, profile, _) in all_profiles() {
        let read = python(&profile.to_plist()).unwrap();
        assert_eq!(read, json(&plist::Value::Dictionary(profile.dictionary().clone())), "{name}");
    }
    assert!(python(&fleet::outlook::SaveContactsOff.asset()).unwrap().is_object());
}
