//! What is taken out of Apple's YAML: for each payload that iOS knows, its keys with what they may hold and where they
//! hold. Texts stay behind.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// The release the table is taken from. It is not written in the files.
const RELEASE: &str = "iOS 18.1";
const SOURCE: &str = "apple/device-management";
const LICENCE: &str = "MIT, Copyright (c) 2022-2024 Apple Inc.; see NOTICE";

/// Name of a group in the table, the folder it comes from, the member of `payload` that holds a type's name.
const GROUPS: [(&str, &str, &str); 4] = [
    ("profiles", "mdm/profiles", "payloadtype"),
    ("declarations", "declarative/declarations", "declarationtype"),
    ("status", "declarative/status", "statusitemtype"),
    ("protocol", "declarative/protocol", "requesttype"),
];

/// The whole table as JSON, one type a line so that the next release shows as a readable difference.
pub fn table(folder: &Path) -> io::Result<String> {
    let mut text =
        format!("{{\"release\":{},\n\"source\":{},\n\"licence\":{}", json!(RELEASE), json!(SOURCE), json!(LICENCE));
    for (group, place, name) in GROUPS {
        let mut types = BTreeMap::new();
        read(&folder.join(place), name, &mut types)?;
        if types.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("nothing in {place}")));
        }
        let lines: Vec<String> = types.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        text.extend([",\n\"", group, "\":{\n", &lines.join(",\n"), "\n}"]);
    }
    text.push_str("}\n");
    Ok(text)
}

fn read(folder: &Path, name: &str, types: &mut BTreeMap<String, Value>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            read(&path, name, types)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let wrong =
                |error: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()));
            let documents = YamlLoader::load_from_str(&fs::read_to_string(&path)?).map_err(|e| wrong(e.to_string()))?;
            let document = documents.first().ok_or_else(|| wrong("empty".to_owned()))?;
            let Some(of) = document["payload"][name].as_str() else { continue };
            let Some(found) = payload(document) else { continue };
            match types.remove(of) {
                None => types.insert(of.to_owned(), found),
                Some(other) => types.insert(of.to_owned(), merged(&other, &found)),
            };
        }
    }
    Ok(())
}

/// A payload type; `None` when iOS does not know it.
fn payload(document: &Yaml) -> Option<Value> {
    let ios = &document["payload"]["supportedOS"]["iOS"];
    let mut value = Map::new();
    if !support(ios, &mut value) || !value.contains_key("since") {
        return None;
    }
    if ios["multiple"].as_bool() == Some(false) {
        value.insert("single".into(), json!(true));
    }
    value.insert("keys".into(), keys(&document["payloadkeys"]));
    Some(value.into())
}

/// Members about iOS; false when it is not for iOS.
fn support(ios: &Yaml, value: &mut Map<String, Value>) -> bool {
    for (theirs, ours) in [("introduced", "since"), ("deprecated", "deprecated"), ("removed", "removed")] {
        match ios[theirs].as_str() {
            Some("n/a") => return false,
            Some(version) => drop(value.insert(ours.into(), json!(version))),
            None => (),
        }
    }
    if ios["supervised"].as_bool() == Some(true) {
        value.insert("supervised".into(), json!(true));
    }
    if ios["allowmanualinstall"].as_bool() == Some(false) {
        value.insert("mdm_only".into(), json!(true));
    }
    if let Some(mode) = ios["userenrollment"]["mode"].as_str().filter(|mode| *mode != "allowed") {
        value.insert("user_enrolment".into(), json!(mode));
    }
    if let Some(enrolments) = ios["allowed-enrollments"].as_vec() {
        value.insert("enrolments".into(), enrolments.iter().map(scalar).collect());
    }
    true
}

fn keys(list: &Yaml) -> Value {
    list.as_vec().into_iter().flatten().map(key).collect()
}

fn key(yaml: &Yaml) -> Value {
    let mut value = Map::new();
    value.insert("key".into(), scalar(&yaml["key"]));
    let kind = yaml["type"].as_str().unwrap_or("<any>").trim_matches(['<', '>']);
    value.insert("type".into(), json!(kind));
    if !support(&yaml["supportedOS"]["iOS"], &mut value) {
        value.insert("not_ios".into(), json!(true));
    }
    if yaml["presence"].as_str() == Some("required") {
        value.insert("required".into(), json!(true));
    }
    if !yaml["default"].is_badvalue() {
        value.insert("default".into(), scalar(&yaml["default"]));
    }
    for (theirs, ours) in [("rangelist", "one_of"), ("assettypes", "assets")] {
        if let Some(list) = yaml[theirs].as_vec() {
            value.insert(ours.into(), list.iter().map(scalar).collect());
        }
    }
    let range = &yaml["range"];
    for (theirs, ours) in [("min", "least"), ("max", "most")] {
        if !range[theirs].is_badvalue() {
            value.insert(ours.into(), scalar(&range[theirs]));
        }
    }
    if let Some(pattern) = yaml["format"].as_str() {
        value.insert("pattern".into(), json!(pattern));
    }
    // What refers to itself (folders on the Home screen) cannot be read here, and is left open.
    if yaml["subkeys"].as_vec().is_some_and(|list| !list.is_empty()) {
        value.insert("keys".into(), keys(&yaml["subkeys"]));
    }
    value.into()
}

fn scalar(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => json!(text),
        Yaml::Integer(number) => json!(number),
        Yaml::Boolean(value) => json!(value),
        Yaml::Real(text) => text.parse::<f64>().map_or(Value::Null, |number| json!(number)),
        _ => Value::Null,
    }
}

/// Two files for one type (single sign-on, with and without Kerberos): a key is demanded when both demand it, and may
/// hold what either allows.
fn merged(one: &Value, other: &Value) -> Value {
    let empty = Vec::new();
    let of = |value: &Value| value["keys"].as_array().unwrap_or(&empty).clone();
    let find = |list: &[Value], key: &Value| list.iter().find(|entry| entry["key"] == key["key"]).cloned();
    let (left, right) = (of(one), of(other));
    let mut keys = Vec::new();
    for key in left.iter().chain(right.iter().filter(|key| find(&left, key).is_none())) {
        let mut key = key.clone();
        let twin = find(&left, &key).and(find(&right, &key));
        let Some(object) = key.as_object_mut() else { continue };
        match twin {
            None => drop(object.remove("required")),
            Some(twin) => {
                for member in ["required", "one_of", "pattern", "least", "most", "keys"] {
                    if object.get(member) != twin.get(member) {
                        object.remove(member);
                    }
                }
            }
        }
        keys.push(key);
    }
    let mut value = one.as_object().cloned().unwrap_or_default();
    value.insert("keys".into(), keys.into());
    value.into()
}
