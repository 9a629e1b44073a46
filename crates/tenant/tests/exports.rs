//! Exports as tools write them, and what none of them should be able to do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests; values read best where they are made"
)]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Export, PILOT, account, custom, policy, profile};
use tenant::{
    Options, Severity, Tenant, check,
    conditional_access::{SignIn, evaluate},
    rules::RULES,
};

fn read(file: &str, bytes: Vec<u8>) -> tenant::Report {
    check(&Tenant::read([(file.to_owned(), bytes)]), &Options::default())
}

#[test]
fn one_collection_holds_objects_of_many_kinds() {
    let healthy = Export::healthy();
    let mut objects = Vec::new();
    for value in healthy.0.values() {
        match value.get("value").unwrap_or(value) {
            Value::Array(items) => objects.extend(items.clone()),
            other => objects.push(other.clone()),
        }
    }
    let together = read("everything.json", json!({ "value": objects }).to_string().into_bytes());
    let of = |report: &tenant::Report| {
        report.findings().iter().map(|it| (it.rule, it.severity, it.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(of(&together), of(&healthy.report()));
}

#[test]
fn what_is_exported_twice_is_there_once() {
    let mut export = Export::healthy();
    export.with("list.json", json!({ "value": [export.0["email-profile.json"].clone()] }));
    export.with(
        "groups.json",
        json!({ "value": [{ "@odata.type": "#microsoft.graph.group", "id": PILOT, "displayName": "Pilot" }] }),
    );
    export.passes("EAS-TWO-PROFILES").is_sound();
    assert_eq!(export.found("GROUP-NOT-EXPORTED").len(), 1, "of the emergency accounts only");
}

#[test]
fn assignments_that_powershell_cut_off_are_spoken_of() {
    let mut export = Export::healthy();
    export.set("email-profile.json", "/assignments", json!("@{target=}")).says("EXPORT-UNASSIGNED", Severity::Info);
}

#[test]
fn out_files_utf_16_is_read() {
    let text = json!({ "DefaultAccessLevel": "Block" }).to_string();
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let tenant = Tenant::read([("settings.json".to_owned(), wide)]);
    assert_eq!(tenant.active_sync.len(), 1);
}

#[test]
fn nothing_is_passed_over_without_a_word() {
    let report = read("broken.json", b"{ \"displayName\": ".to_vec());
    assert!(report.would_break(), "a policy that cannot be read may be the one that locks everybody out");
    assert_eq!(report.findings()[0].rule, "EXPORT-NOT-JSON");
    assert_eq!(report.findings()[0].objects, ["broken.json"]);
    for (file, bytes, rule) in [
        ("README.md", b"# notes".to_vec(), "EXPORT-NOT-JSON"),
        ("Get-MobileDevice.json", b"\xEF\xBB\xBF\r\n".to_vec(), "EXPORT-EMPTY"),
        (
            "android.json",
            b"{\"@odata.type\":\"#microsoft.graph.androidCompliancePolicy\",\"displayName\":\"A\"}".to_vec(),
            "EXPORT-UNRECOGNISED",
        ),
        ("number.json", b"7".to_vec(), "EXPORT-UNRECOGNISED"),
        (
            "profile.json",
            b"{\"@odata.type\":\"#microsoft.graph.iosEasEmailProfileConfiguration\",\"displayName\":\"A\"}".to_vec(),
            "EXPORT-UNASSIGNED",
        ),
    ] {
        let report = read(file, bytes);
        let found = report.findings().iter().find(|finding| finding.rule == rule);
        assert!(found.is_some_and(|finding| finding.severity == Severity::Info), "{file}: {report}");
        assert!(!report.would_break());
    }
    let mut payload = Export::hub();
    payload.set("profile.json", "/payload", Value::Null).says("EXPORT-UNREADABLE-PAYLOAD", Severity::Warning);
}

#[test]
fn objects_without_a_type_are_known_by_their_properties_context_or_file() {
    let mut export = Export::healthy();
    for value in export.0.values_mut() {
        if let Some(object) = value.as_object_mut() {
            object.remove("@odata.type");
        }
    }
    export.passes("EXPORT-UNRECOGNISED").passes("ROLLOUT-EMPTY").is_sound();
    export.set("email-profile.json", "/easServices", json!("email")).breaks("EAS-NOT-CONTACTS-ONLY");
    let by_file =
        Tenant::read([("groups/pilot.json".to_owned(), b"{\"id\":\"g\",\"displayName\":\"Pilot\"}".to_vec())]);
    assert_eq!(by_file.groups.len(), 1);
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, high, low], content].concat()
}

/// CMS SignedData around an octet string.
fn envelope(octets: &[u8]) -> Vec<u8> {
    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    let content = der(0x30, &[DATA, &der(0xA0, octets)].concat());
    let signed = der(0x30, &[b"\x02\x01\x01\x31\x00".as_slice(), &content, b"\x31\x00"].concat());
    der(0x30, &[SIGNED_DATA, &der(0xA0, &signed)].concat())
}

#[test]
fn a_signed_profile_is_looked_into_also_when_the_signature_has_it_in_pieces() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let xml = profile(&account("outlook.office365.com", "").replace("<key>OAuth</key><true/>", ""));
    let (first, second) = xml.as_bytes().split_at(100);
    for octets in [der(0x04, xml.as_bytes()), der(0x24, &[der(0x04, first), der(0x04, second)].concat())] {
        let mut signed = custom("Signed", "", &[PILOT]);
        signed["payload"] = json!(STANDARD.encode(envelope(&octets)));
        Export::hub().with("profile.json", signed).breaks("EAS-NO-OAUTH").passes("EXPORT-UNREADABLE-PAYLOAD");
    }
    let mut binary = custom("Binary", "", &[PILOT]);
    binary["payload"] =
        json!(STANDARD.encode(&include_bytes!("../../../fuzz/seeds/profile_lint/contacts-binary")[1..]));
    assert_eq!(Export::hub().with("profile.json", binary).tenant().accounts.len(), 1);
}

#[test]
fn a_payload_nested_without_end_is_refused() {
    let mut deep = custom("Deep", "", &[PILOT]);
    deep["payload"] = json!(format!("<plist><dict><key>a</key>{}</dict></plist>", "<array>".repeat(200_000)));
    Export::hub().with("profile.json", deep).says("EXPORT-UNREADABLE-PAYLOAD", Severity::Warning);
}

#[test]
fn json_begins_with_the_five_members_that_scripts_read_and_sarif_names_every_rule() {
    let mut export = Export::healthy();
    export.with(
        "ca-2.json",
        policy("Apps only", json!({ "operator": "OR", "builtInControls": ["compliantApplication"] }), json!({})),
    );
    let report = export.report();
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.starts_with("[{\"rule\":\"CA-APPROVED-APP\",\"severity\":\"error\",\"objects\":[\"Apps only\",\"Managed contacts\"],\"text\":"), "{text}");
    assert!(report.to_json()[0]["fix"].as_str().is_some_and(|fix| !fix.is_empty()));
    let sarif = report.to_sarif();
    let run = &sarif["runs"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), RULES.len());
    let first = &run["results"][0];
    assert_eq!((&first["ruleId"], &first["level"]), (&json!("CA-APPROVED-APP"), &json!("error")));
    assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "ca-2.json");
    let index = usize::try_from(first["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "CA-APPROVED-APP");
}

#[test]
fn rules_stand_in_order_and_the_documents_describe_every_one() {
    assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
    let documents = include_str!("../../../docs/checks.md");
    let described: Vec<(&str, &str)> = documents
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|heading| heading.split_once(" (").expect("an id and a severity"))
        .collect();
    let mut wanted: Vec<(&str, String)> =
        RULES.iter().map(|rule| (rule.id, format!("{})", rule.severity.word()))).collect();
    let mut described: Vec<(&str, String)> = described.into_iter().map(|(id, word)| (id, word.to_owned())).collect();
    wanted.sort();
    described.sort();
    assert_eq!(described, wanted);
}

/// JSON that has the words of exports in it.
fn anything() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 24] = [
        "@odata.type",
        "value",
        "displayName",
        "assignments",
        "target",
        "groupId",
        "id",
        "members",
        "conditions",
        "users",
        "includeUsers",
        "includeGroups",
        "grantControls",
        "builtInControls",
        "easServices",
        "hostName",
        "payload",
        "customSettings",
        "Characteristic",
        "QueryString",
        "AccessLevel",
        "ClientVersion",
        "DeviceType",
        "osVersion",
    ];
    const WORDS: [&str; 16] = [
        "#microsoft.graph.group",
        "#microsoft.graph.iosEasEmailProfileConfiguration",
        "#microsoft.graph.conditionalAccessPolicy",
        "#microsoft.graph.managedDevice",
        "#microsoft.graph.allLicensedUsersAssignmentTarget",
        "#microsoft.graph.groupAssignmentTarget",
        "#microsoft.graph.iosCustomConfiguration",
        "g-1",
        "All",
        "block",
        "contacts",
        "False",
        "12.4",
        "PHBsaXN0PjxkaWN0Lz48L3BsaXN0Pg==",
        "outlook.office365.com",
        "iPhone",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::sample::select(&WORDS[..]).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(proptest::sample::select(&KEYS[..]).prop_map(str::to_owned), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_is_too_strange(values in prop::collection::vec(anything(), 0..5)) {
        let files = values.iter().enumerate().map(|(place, value)| (format!("{place}.json"), value.to_string().into_bytes()));
        let tenant = Tenant::read(files);
        let report = check(&tenant, &Options::default());
        prop_assert!(report.findings().iter().all(|finding| tenant::rules::rule_of(finding.rule).is_some()));
        if let Some(Ok(sign_in)) = values.first().map(SignIn::of) {
            prop_assert_eq!(evaluate(&tenant, &sign_in, &Options::default()).len(), 3);
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("anything.json", bytes);
    }

    #[test]
    fn the_order_of_files_changes_nothing(order in Just((0..13_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let mut export = Export::healthy();
        export.with("ca-2.json", policy("Apps only", json!({ "operator": "OR", "builtInControls": ["compliantApplication"] }), json!({})));
        let files: Vec<(String, Vec<u8>)> = export.0.iter().map(|(name, value)| (name.clone(), value.to_string().into_bytes())).collect();
        let mut shuffled: Vec<_> = order.iter().filter_map(|place| files.get(*place).cloned()).collect();
        shuffled.extend(files.iter().skip(13).cloned());
        let report = check(&Tenant::read(shuffled), &Options::default());
        prop_assert_eq!(report, export.report());
    }
}
