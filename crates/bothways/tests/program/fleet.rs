//! The administrator's documents and checks: profiles, declarations, Outlook's configuration, `lint`, `check`, `ca-eval`.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::house::{Done, House};

const ANNA: &str = "anna@example.com";
const PROFILE: [&str; 5] = ["fleet", "profile", "contacts", "--user", ANNA];
const GROUP: &str = "11111111-1111-1111-1111-111111111111";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

fn house() -> House {
    let house = House::with_anna();
    settings(&house, "");
    house
}

fn settings(house: &House, more: &str) {
    let text = format!("[server]\npublic_url = \"https://contacts.example.com\"\n{more}");
    std::fs::write(house.data().join("bothways.toml"), text).unwrap();
}

/// As Python's plistlib understands a document.
fn by_python(file: &Path) -> Value {
    let script = "import json, plistlib, sys\n\
                  print(json.dumps(plistlib.load(open(sys.argv[1], 'rb')), default=lambda data: data.hex()))";
    let output = Command::new("python3").args(["-c", script]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn unsigned(house: &House, more: &[&str]) -> Value {
    let profile = house.bytes(&[&PROFILE[..], &["--unsigned"], more].concat());
    std::fs::write(house.path("unsigned"), profile).unwrap();
    by_python(&house.path("unsigned"))
}

/// The payload of a kind.
fn payload<'a>(profile: &'a Value, kind: &str) -> &'a Value {
    let payloads = profile["PayloadContent"].as_array().unwrap();
    payloads.iter().find(|payload| payload["PayloadType"] == kind).unwrap_or_else(|| panic!("no {kind}: {profile:#}"))
}

fn lint(house: &House, name: &str, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let file = house.path(name);
    let done = house.run(&[&["fleet", "lint", file.to_str().unwrap(), "--json"], more].concat());
    assert!(!done.err.contains("panicked"), "{name}: {}", done.err);
    (
        done.code,
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{name}: {error}: {}{}", done.out, done.err)),
    )
}

#[test]
fn a_persons_profile_is_read_by_others_and_has_nothing_to_complain_about() {
    let house = house();
    let profile = unsigned(&house, &[]);
    let account = payload(&profile, "com.apple.eas.account");
    assert_eq!((&account["Host"], &account["EmailAddress"]), (&"contacts.example.com".into(), &ANNA.into()));
    assert_eq!((&account["EnableContacts"], &account["EnableMail"]), (&true.into(), &false.into()));
    assert_eq!(account["OAuthSignInURL"], "https://contacts.example.com/oauth2/authorize");
    let restrictions = payload(&profile, "com.apple.applicationaccess");
    assert_eq!(restrictions["allowManagedToWriteUnmanagedContacts"], false);
    for (more, mode) in [(&[][..], "device"), (&["--mode", "user"][..], "user")] {
        unsigned(&house, more);
        assert_eq!(lint(&house, "unsigned", &["--mode", mode]), (Some(0), vec![]), "{mode}");
    }
}

#[test]
fn user_enrolment_gets_a_profile_without_what_it_must_not_have() {
    let house = house();
    let profile = unsigned(&house, &["--mode", "user"]);
    let restrictions = payload(&profile, "com.apple.applicationaccess");
    assert_eq!(restrictions.get("allowManagedToWriteUnmanagedContacts"), None, "{restrictions:#}");
    assert_eq!(restrictions["allowOpenFromManagedToUnmanaged"], false, "the boundary stays: {restrictions:#}");
    unsigned(&house, &["--mode", "supervised"]);
    let (code, findings) = lint(&house, "unsigned", &["--mode", "user"]);
    assert!(
        code == Some(1) && !findings.is_empty(),
        "one for supervised devices is none for a person's own: {findings:?}"
    );
}

#[test]
fn a_profile_is_signed_and_openssl_says_by_whom() {
    let house = house();
    std::fs::write(house.path("signed"), house.bytes(&PROFILE)).unwrap();
    let authority = house.run(&["certificate", "authority", "--pem"]).good();
    house.file("authority.pem", &authority);
    let verify = [
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "signed",
        "-CAfile",
        "authority.pem",
        "-purpose",
        "any",
        "-out",
        "inside",
    ];
    let output = Command::new("openssl").args(verify).current_dir(house.path(".")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(by_python(&house.path("inside")), unsigned(&house, &[]), "the signature is around the same profile");
    assert_eq!(lint(&house, "signed", &["--mode", "device"]).0, Some(0));
    let mut forged = std::fs::read(house.path("signed")).unwrap();
    let place = forged.windows(4).position(|four| four == b"Host").unwrap();
    forged[place] = b'J';
    std::fs::write(house.path("signed"), forged).unwrap();
    let output = Command::new("openssl").args(verify).current_dir(house.path(".")).output().unwrap();
    assert!(!output.status.success(), "what was changed after the signature is not verified");
}

#[test]
fn the_same_person_keeps_the_account_and_every_change_shows() {
    let house = house();
    let (one, two) = (unsigned(&house, &[]), unsigned(&house, &[]));
    assert_eq!(one, two, "the same again");
    let other = unsigned(&house, &["--no-web-clip"]);
    let uuid = |profile: &Value| payload(profile, "com.apple.eas.account")["PayloadUUID"].clone();
    assert_eq!(uuid(&one), uuid(&other), "nobody is asked to sign in again");
    assert_ne!(one["PayloadUUID"], other["PayloadUUID"]);
    assert_eq!(one["PayloadIdentifier"], other["PayloadIdentifier"], "it replaces the one before");
    house.run(&["user", "add", "ben@example.com", "--name", "Ben"]).good();
    let ben = house.bytes(&["fleet", "profile", "contacts", "--user", "ben@example.com", "--unsigned"]);
    std::fs::write(house.path("ben"), ben).unwrap();
    assert_ne!(uuid(&by_python(&house.path("ben"))), uuid(&one));
}

#[test]
fn who_is_not_known_and_an_address_that_is_guessed_are_told() {
    let house = House::with_anna();
    let done = house.run(&["fleet", "profile", "contacts", "--user", "eve@example.com", "--unsigned"]);
    assert!(
        done.err.contains("public_url") && done.err.contains("nobody here is called eve@example.com"),
        "{}",
        done.err
    );
    assert!(done.good().starts_with("<?xml"));
    let error = house.run(&["fleet", "profile", "enrolment", "--user", ANNA]).bad();
    assert!(error.contains("[mdm] server = \"inside\""), "{error}");
}

#[test]
fn broken_profiles_have_findings_and_break_nothing() {
    let house = house();
    let profile = house.bytes(&[&PROFILE[..], &["--unsigned"]].concat());
    let signed = house.bytes(&PROFILE);
    let twice = String::from_utf8(profile.clone()).unwrap().replacen(
        "<key>PayloadVersion</key>",
        "<key>PayloadVersion</key>\n<integer>1</integer>\n<key>PayloadVersion</key>",
        1,
    );
    let cases: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("page.html", b"<html><body>not here</body></html>".to_vec()),
        ("cut", profile[..profile.len() / 2].to_vec()),
        ("cut signed", signed[..signed.len() / 2].to_vec()),
        ("twice", twice.into_bytes()),
        ("zeros", vec![0; 10 * 1024 * 1024]),
        ("long", [&profile[..], &vec![b' '; 10 * 1024 * 1024]].concat()),
    ];
    for (name, bytes) in cases {
        std::fs::write(house.path(name), bytes).unwrap();
        let (code, findings) = lint(&house, name, &[]);
        assert_eq!(code, Some(1), "{name}: {findings:?}");
        assert!(!findings.is_empty(), "{name}");
    }
    let error = house.run(&["fleet", "lint", "nowhere.mobileconfig"]).bad();
    assert!(error.contains("nowhere.mobileconfig"), "{error}");
}

#[test]
fn a_profile_can_come_through_a_pipe() {
    let house = house();
    let profile = String::from_utf8(house.bytes(&[&PROFILE[..], &["--unsigned"]].concat())).unwrap();
    let done = house.run_with(&profile, &["fleet", "lint", "-", "--json"]);
    assert_eq!(done.json(), json!([]));
}

#[test]
fn outlook_is_told_to_stop_in_every_form() {
    let house = House::new();
    let save = "com.microsoft.outlook.Contacts.LocalSyncEnabled";
    let lock = "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed";
    let plist = |form: &str| {
        house.file("outlook.plist", &house.run(&["fleet", "outlook", "off", "--form", form]).good());
        by_python(&house.path("outlook.plist"))
    };
    let off = json!({ save: false, lock: false });
    let item = plist("mdm-settings");
    assert_eq!(
        item,
        json!({ "Item": "ApplicationConfiguration", "Identifier": "com.microsoft.Office.Outlook", "Configuration": off })
    );
    assert_eq!(plist("declaration"), off);
    let pairs = house.run(&["fleet", "outlook", "off", "--form", "apps"]).json();
    assert_eq!(pairs, json!([{ "name": save, "value": "false" }, { "name": lock, "value": "false" }]));
    let pairs = house.run(&["fleet", "outlook", "off", "--form", "devices"]).json();
    assert_eq!(
        pairs[1],
        json!({ "appConfigKey": lock, "appConfigKeyType": "booleanType", "appConfigKeyValue": "false" })
    );
    assert!(!house.data().exists(), "nothing is made by printing");
}

#[test]
fn outlooks_export_names_all_eighteen_fields() {
    let house = House::new();
    let pairs = house.run(&["fleet", "outlook", "export", "--allow", "PhoneMobile,company"]).json();
    let on = |pair: &&Value| pair["value"] == "true";
    let pairs = pairs.as_array().unwrap();
    assert_eq!((pairs.len(), pairs.iter().filter(on).count()), (20, 3), "{pairs:?}");
    let refused = house.run(&["fleet", "outlook", "export", "--allow", "Shoes"]);
    assert!(refused.code == Some(2) && refused.err.contains("PhoneMobile"), "{}", refused.err);
}

#[test]
fn declarations_are_the_accounts_twins_and_refer_to_each_other() {
    let house = house();
    let declarations = house.run(&["fleet", "declarations", "--user", ANNA]).json();
    let of = |kind: &str| {
        let of_kind = |one: &&Value| one["Type"] == format!("com.apple.{kind}");
        declarations.as_array().unwrap().iter().find(of_kind).unwrap_or_else(|| panic!("no {kind}: {declarations:#}"))
    };
    let account = of("configuration.account.exchange");
    assert_eq!(account["Payload"]["HostName"], "contacts.example.com");
    assert_eq!(account["Payload"]["UserIdentityAssetReference"], of("asset.useridentity")["Identifier"]);
    let active = of("activation.simple")["Payload"]["StandardConfigurations"].as_array().unwrap();
    assert!(active.contains(&account["Identifier"]), "{active:?}");
    assert_eq!(house.run(&["fleet", "declarations", "--user", ANNA]).json(), declarations, "the same again");
}

/// Exports of a tenant in a folder of its own.
fn tenant(house: &House, name: &str, files: &[(&str, Value)]) -> String {
    let folder = house.path(name);
    std::fs::create_dir_all(&folder).unwrap();
    let assigned = json!([{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP } }]);
    let profile = json!({
        "@odata.type": "#microsoft.graph.iosEasEmailProfileConfiguration", "id": "p", "displayName": "Contacts",
        "hostName": "outlook.office365.com", "accountName": "Contacts", "authenticationMethod": "usernameAndPassword",
        "useOAuth": true, "requireSsl": true, "easServices": "contacts", "easServicesUserOverrideEnabled": false,
        "usernameSource": "userPrincipalName", "emailAddressSource": "primarySmtpAddress", "assignments": assigned,
    });
    let anna = json!({ "@odata.type": "#microsoft.graph.user", "id": "u1", "userPrincipalName": ANNA, "displayName": "Anna Lee" });
    let group =
        json!({ "@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "Pilot", "members": [anna] });
    for (name, value) in [("profile.json", profile), ("group.json", group)].iter().chain(files) {
        std::fs::write(folder.join(name), value.to_string()).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

pub fn apps_only(state: &str) -> Value {
    json!({
        "id": "ca", "displayName": "Apps only", "state": state,
        "conditions": {
            "clientAppTypes": ["all"], "applications": { "includeApplications": [EXCHANGE] },
            "users": { "includeGroups": [GROUP] }, "platforms": { "includePlatforms": ["iOS"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["approvedApplication", "compliantApplication"] },
    })
}

/// A tenant whose policies lock Anna out.
pub fn locking(house: &House) -> String {
    tenant(house, "locking", &[("ca.json", apps_only("enabled"))])
}

fn severities(done: &Done) -> BTreeSet<String> {
    let findings: Value = serde_json::from_str(&done.out).unwrap();
    findings.as_array().unwrap().iter().map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn check_says_what_would_break_and_for_whom() {
    let house = house();
    let done = house.run(&["fleet", "check", &locking(&house), "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    let findings: Value = serde_json::from_str(&done.out).unwrap();
    let found = findings.as_array().unwrap().iter().find(|finding| finding["rule"] == "CA-APPROVED-APP").unwrap();
    assert_eq!(
        (&found["severity"], &found["objects"]),
        (&"error".into(), &json!(["Apps only", "Contacts"])),
        "{found:#}"
    );
    for finding in findings.as_array().unwrap() {
        let told = |key: &str| finding[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(told("rule") && told("severity") && told("text") && told("fix"), "{finding:#}");
        assert!(finding["objects"].is_array(), "{finding:#}");
    }
    let text = house.run(&["fleet", "check", &locking(&house)]).out;
    assert!(text.contains("CA-APPROVED-APP") && text.contains("Anna Lee"), "{text}");
}

#[test]
fn check_ends_well_where_it_only_warns() {
    let house = house();
    let folder = tenant(&house, "warning", &[("ca.json", apps_only("enabledForReportingButNotEnforced"))]);
    let done = house.run(&["fleet", "check", &folder, "--json", "--exchange-host", "mail.example.com"]);
    let found = severities(&done);
    assert!(found.contains("warning") && !found.contains("error"), "{}", done.out);
    assert_eq!(done.code, Some(0));
}

#[test]
fn check_speaks_to_pipelines() {
    let house = house();
    let done = house.run(&["fleet", "check", &locking(&house), "--sarif"]);
    assert_eq!(done.code, Some(1));
    let sarif: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["ruleId"] == "CA-APPROVED-APP").unwrap();
    assert_eq!(found["level"], "error");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "CA-APPROVED-APP"), "{rules:?}");
}

#[test]
fn check_says_what_is_no_folder_of_exports() {
    let house = house();
    assert!(house.run(&["fleet", "check", "nowhere"]).bad().contains("nowhere"));
    std::fs::create_dir(house.path("empty")).unwrap();
    let empty = house.path("empty");
    assert!(house.run(&["fleet", "check", empty.to_str().unwrap()]).bad().contains("no .json file"));
    let folder = tenant(&house, "broken", &[]);
    std::fs::write(Path::new(&folder).join("cut.json"), "{\"displayName\": \"Half").unwrap();
    let done = house.run(&["fleet", "check", &folder, "--json"]);
    assert!(done.out.contains("cut.json"), "a file that cannot be read is named: {}", done.out);
}

#[test]
fn ca_eval_gives_three_verdicts_with_exactly_their_members() {
    let house = house();
    let sign_in = house.file(
        "anna.json",
        &json!({ "signInIdentity": { "userId": "u1" }, "signInConditions": { "devicePlatform": "iOS" } }).to_string(),
    );
    let folder = locking(&house);
    let ask = ["fleet", "ca-eval", "--policies", &folder, "--sign-in", &sign_in];
    let verdicts = house.run(&[&ask[..], &["--json"]].concat()).json();
    assert_eq!(
        verdicts,
        json!([
            { "client": "native-contacts", "allowed": false, "decidedBy": ["Apps only"],
              "unmet": ["approvedApplication", "compliantApplication"], "reportOnly": [] },
            { "client": "outlook", "allowed": true, "decidedBy": ["Apps only"], "unmet": [], "reportOnly": [] },
            { "client": "hub", "allowed": true, "decidedBy": [], "unmet": [], "reportOnly": [] },
        ])
    );
    let text = house.run(&ask).good();
    assert!(text.contains("native-contacts: refused") && text.contains("refused by: Apps only"), "{text}");
    let nobody = house.file("nobody.json", "{}");
    let error = house.run(&["fleet", "ca-eval", "--policies", &folder, "--sign-in", &nobody]).bad();
    assert!(error.contains("nobody.json") && error.contains("userId"), "{error}");
}

#[test]
fn findings_end_quietly_when_nobody_reads_on() {
    let house = house();
    let binary = env!("CARGO_BIN_EXE_bothways");
    let folder = locking(&house);
    let mut child = Command::new(binary)
        .args(["fleet", "check", &folder, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
