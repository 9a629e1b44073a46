//! A company, its people, and profiles of other companies to look at.

use std::{path::Path, process::Command, sync::LazyLock};

use access::version::Version;
use base64::{Engine, engine::general_purpose::STANDARD};
use fleet::{
    enrolment::Enrolment,
    lint::{Context, Report, lint},
    profile::{
        Account, ClientIdentity, Hub, Installation, LdapDirectory, MdmEnrolment, MdmServer, Options, Person, Pkcs12,
        Profile, RootCertificate, Scep, ServerCapability, ServerUrl, SignIn, contacts, mdm_enrolment,
    },
};
use serde_json::{Value as Json, json};

pub fn hub() -> Hub {
    Hub {
        host: "contacts.example.org".to_owned(),
        sign_in_url: "https://contacts.example.org/oauth2/authorize".to_owned(),
        token_url: "https://contacts.example.org/oauth2/token".to_owned(),
        help_url: "https://contacts.example.org/help".to_owned(),
        organisation: "Example".to_owned(),
        identifier_prefix: "org.example".to_owned(),
    }
}

pub fn anna() -> Person {
    Person {
        email: "anna@example.org".to_owned(),
        user_name: "anna@corp.example.org".to_owned(),
        full_name: Some("Anna Müller <&>".to_owned()),
    }
}

pub fn ben() -> Person {
    Person { email: "ben@example.org".to_owned(), user_name: "ben@example.org".to_owned(), full_name: None }
}

pub fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub fn on(enrolment: Enrolment, os: &str) -> Context {
    Context { enrolment: Some(enrolment), os: Some(version(os)), manual: false }
}

pub fn scep() -> ClientIdentity {
    ClientIdentity::Scep(Scep {
        url: "https://contacts.example.org/scep".to_owned(),
        challenge: Some("once".to_owned()),
        common_name: "anna@example.org".to_owned(),
        email: Some("anna@example.org".to_owned()),
        authority_fingerprint: vec![7; 32],
    })
}

pub fn pkcs12(password: Option<&str>) -> ClientIdentity {
    ClientIdentity::Pkcs12(Pkcs12 { der: vec![0x30, 0], password: password.map(str::to_owned) })
}

pub fn directory() -> LdapDirectory {
    LdapDirectory {
        host: "ldap.example.org".to_owned(),
        description: "Everybody".to_owned(),
        search_base: "o=example".to_owned(),
        user_name: None,
    }
}

/// Makes a key and a certificate, issued by `issuer` (of an earlier call) or by itself.
pub fn certificate(folder: &Path, name: &str, issuer: Option<&str>) {
    let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
    let subject = format!("/CN={name}");
    let mut arguments = vec!["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    arguments.extend(["-subj", &subject, "-keyout", &key, "-out", &pem, "-days", "2"]);
    let authority = issuer.map(|name| (format!("{name}.pem"), format!("{name}.key")));
    if let Some((pem, key)) = &authority {
        arguments.extend(["-CA", pem, "-CAkey", key]);
    }
    openssl(folder, &arguments);
}

pub fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A root that is a certificate; making one takes longer than most tests.
pub fn root() -> RootCertificate {
    static ROOT: LazyLock<RootCertificate> = LazyLock::new(make_root);
    ROOT.clone()
}

fn make_root() -> RootCertificate {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path(), "root", None);
    openssl(folder.path(), &["x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"]);
    RootCertificate { name: "Example root".to_owned(), der: std::fs::read(folder.path().join("root.der")).unwrap() }
}

/// Everything a contacts profile can have beside its account.
pub fn everything(account: Account, installation: Installation) -> Options {
    Options {
        account,
        installation,
        restrictions: true,
        web_clip: true,
        directory: Some(directory()),
        roots: vec![root()],
        audio_calls: Some("org.example.calls".to_owned()),
    }
}

pub fn mdm_server() -> MdmServer {
    MdmServer {
        server_url: ServerUrl::parse("https://mdm.example.org/connect").unwrap(),
        check_in_url: Some(ServerUrl::parse("https://mdm.example.org/checkin").unwrap()),
        topic: "com.apple.mgmt.External.1".to_owned(),
        sign_messages: true,
        rights: fleet::profile::AccessRights::ROLLOUT,
        capabilities: vec![ServerCapability::Token],
        organisation: "Example".to_owned(),
        identifier_prefix: "org.example".to_owned(),
        roots: vec![root()],
    }
}

/// Every profile that is made here, with the devices it is for.
pub fn all_profiles() -> Vec<(String, Profile, Context)> {
    let accounts = [
        ("oauth", Account::Exchange(SignIn::OAuth)),
        ("oauth and scep", Account::Exchange(SignIn::OAuthWithCertificate(scep()))),
        ("scep", Account::Exchange(SignIn::Certificate(scep()))),
        ("pkcs12", Account::Exchange(SignIn::Certificate(pkcs12(None)))),
        ("carddav", Account::CardDav { principal_url: Some("/dav/anna/".to_owned()), port: Some(8443) }),
    ];
    let mut profiles = Vec::new();
    for (name, account) in accounts {
        for enrolment in [Enrolment::Device, Enrolment::Supervised, Enrolment::User] {
            for installation in [Installation::Mdm, Installation::ByHand] {
                let options = everything(account.clone(), installation);
                let context = Context { manual: installation == Installation::ByHand, ..on(enrolment, "17.4") };
                let name = format!("{name}, {enrolment:?}, {installation:?}");
                profiles.push((name, contacts(&hub(), &anna(), enrolment, &options), context));
            }
        }
    }
    let managed_apple_account = "anna@apple.example.org".to_owned();
    for (enrolment, kind) in [
        (Enrolment::Device, MdmEnrolment::Profile),
        (Enrolment::Device, MdmEnrolment::AccountDrivenDevice { managed_apple_account: managed_apple_account.clone() }),
        (Enrolment::User, MdmEnrolment::AccountDrivenUser { managed_apple_account }),
    ] {
        let context = Context { manual: true, ..on(enrolment, "17.4") };
        profiles.push((format!("{kind:?}"), mdm_enrolment(&mdm_server(), &scep(), &kind), context));
    }
    profiles
}

/// A profile with these payloads; what is common to all payloads is added where it is missing.
pub fn profile_of(payloads: &[Json]) -> Json {
    let mut content = Vec::new();
    for (place, payload) in payloads.iter().enumerate() {
        let mut payload = payload.clone();
        let uuid = format!("{place:08}-0000-4000-8000-000000000000");
        let common = [
            ("PayloadIdentifier", json!(format!("org.other.{place}"))),
            ("PayloadUUID", json!(uuid)),
            ("PayloadVersion", json!(1)),
        ];
        for (key, value) in common {
            if payload.get(key).is_none() {
                payload[key] = value;
            }
        }
        content.push(payload);
    }
    json!({"PayloadType": "Configuration", "PayloadVersion": 1, "PayloadIdentifier": "org.other",
        "PayloadUUID": "99999999-0000-4000-8000-000000000000", "PayloadContent": content})
}

/// JSON as a property list; `{"$data": base64}` is data.
pub fn plist_of(json: &Json) -> plist::Value {
    match json {
        Json::Null => panic!("a property list has no null"),
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => number.as_i64().map_or_else(|| number.as_f64().unwrap().into(), Into::into),
        Json::String(text) => text.clone().into(),
        Json::Array(items) => plist::Value::Array(items.iter().map(plist_of).collect()),
        Json::Object(members) => match members.get("$data") {
            Some(data) => plist::Value::Data(STANDARD.decode(data.as_str().unwrap()).unwrap()),
            None => {
                plist::Value::Dictionary(members.iter().map(|(key, value)| (key.clone(), plist_of(value))).collect())
            }
        },
    }
}

pub fn xml(json: &Json) -> Vec<u8> {
    let mut bytes = Vec::new();
    plist::to_writer_xml(&mut bytes, &plist_of(json)).unwrap();
    bytes
}

pub fn lint_json(json: &Json, context: &Context) -> Report {
    lint(&xml(json), context)
}

/// Somebody's contacts-only account that is as it should be.
pub fn sound_account() -> Json {
    let mut account = json!({"PayloadType": "com.apple.eas.account", "Host": "outlook.office365.com", "SSL": true,
        "OAuth": true, "UserName": "anna@example.org", "EmailAddress": "anna@example.org"});
    for service in ["Mail", "Contacts", "Calendars", "Reminders", "Notes"] {
        account[format!("Enable{service}")] = json!(service == "Contacts");
        account[format!("Enable{service}UserOverridable")] = json!(false);
    }
    account
}

/// The same with other values; `null` takes a key out.
pub fn account_with(changes: Json) -> Json {
    with(sound_account(), changes)
}

pub fn with(mut value: Json, changes: Json) -> Json {
    let Json::Object(changes) = changes else { panic!("changes are members") };
    for (key, change) in changes {
        let members = value.as_object_mut().unwrap();
        match change {
            Json::Null => drop(members.remove(&key)),
            change => drop(members.insert(key, change)),
        }
    }
    value
}

pub fn ids(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id()).collect()
}
