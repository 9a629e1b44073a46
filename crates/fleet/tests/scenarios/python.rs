//! Python's plistlib reads what is written here, and reads the same in it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use fleet::outlook::SaveContactsOff;
use serde_json::Value as Json;

use crate::house::all_profiles;

/// A file a line, in hexadecimal, and a line of JSON for each.
const READ: &str = "import json, plistlib, sys\n\
    data = lambda value: value.hex() if isinstance(value, bytes) else str(value)\n\
    for line in sys.stdin: print(json.dumps(plistlib.loads(bytes.fromhex(line)), default=data))\n";

/// What Python reads in each file; `None`: there is no Python.
fn python(files: &[Vec<u8>]) -> Option<Vec<Json>> {
    let program = Command::new("python3").args(["-c", READ]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = program.ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = files.iter().map(|file| hex(file) + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "plistlib refused a file");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
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
    let profiles = all_profiles();
    let mut files: Vec<Vec<u8>> = profiles.iter().map(|(_, profile, _)| profile.to_plist()).collect();
    files.push(SaveContactsOff.asset());
    let Some(mut read) = python(&files) else {
        eprintln!("left out: there is no python3");
        return;
    };
    assert_eq!(read.pop(), Some(json(&plist::Value::Dictionary(SaveContactsOff.configuration()))));
    assert_eq!(read.len(), profiles.len());
    for (read, (name, profile, _)) in read.iter().zip(&profiles) {
        assert_eq!(read, &json(&plist::Value::Dictionary(profile.dictionary().clone())), "{name}");
    }
}
