//! Files from strangers: signed, broken, hostile, or something else altogether.

use fleet::{
    document::{self, Node, Unreadable},
    lint::{Context, Report, lint},
};

use crate::house::{certificate, ids, openssl, plist_of, profile_of, sound_account, xml};

fn look(bytes: &[u8]) -> Report {
    lint(bytes, &Context::default())
}

fn binary(value: &plist::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    plist::to_writer_binary(&mut bytes, value).unwrap();
    bytes
}

#[test]
fn a_binary_profile_is_read_like_one_in_xml() {
    let json = profile_of(&[crate::house::account_with(serde_json::json!({"SSL": false, "Host": "münchen.example"}))]);
    let (xml, binary) = (look(&xml(&json)), look(&binary(&plist_of(&json))));
    assert_eq!(xml, binary);
    assert_eq!(ids(&xml), ["ACCOUNT-WITHOUT-TLS"]);
}

#[test]
fn both_forms_hold_the_same_values() {
    let json = serde_json::json!({"a": [true, false, -1, 1.5, "ä", {"$data": "AAEC"}], "b": {"c": 4_294_967_296_i64},
        "long": "x".repeat(300), "many": vec![1; 20]});
    assert_eq!(document::read(&xml(&json)).unwrap(), document::read(&binary(&plist_of(&json))).unwrap());
}

#[test]
fn a_signed_profile_is_read_and_its_signer_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    certificate(place, "Example authority", None);
    certificate(place, "Example profiles", Some("Example authority"));
    std::fs::write(place.join("profile"), xml(&profile_of(&[sound_account()]))).unwrap();
    let sign = |more: &[&str]| {
        let mut arguments = vec!["cms", "-sign", "-binary", "-nodetach", "-in", "profile", "-outform", "DER"];
        arguments.extend(["-signer", "Example profiles.pem", "-inkey", "Example profiles.key", "-out", "signed"]);
        arguments.extend(more);
        openssl(place, &arguments);
        std::fs::read(place.join("signed")).unwrap()
    };
    // With -stream: indefinite lengths and content in pieces, as Apple's tools write them.
    for more in [&[][..], &["-stream"], &["-keyid"], &["-certfile", "Example authority.pem"]] {
        let report = look(&sign(more));
        assert_eq!(ids(&report), ["SIGNATURE-UNVERIFIED"], "{more:?}: {report}");
        let signer = report.signed_by.unwrap();
        assert_eq!(signer.subject.as_deref(), Some("CN=Example profiles"), "{more:?}");
        assert_eq!(signer.issuer.as_deref(), Some("CN=Example authority"), "{more:?}");
        assert!(!signer.self_signed);
        assert_eq!(report.identifier.as_deref(), Some("org.other"));
    }
}

#[test]
fn a_signature_without_a_profile_and_an_encrypted_profile_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    certificate(place, "somebody", None);
    std::fs::write(place.join("profile"), xml(&profile_of(&[]))).unwrap();
    openssl(
        place,
        &[
            "cms",
            "-sign",
            "-binary",
            "-in",
            "profile",
            "-outform",
            "DER",
            "-signer",
            "somebody.pem",
            "-inkey",
            "somebody.key",
            "-out",
            "detached",
        ],
    );
    openssl(
        place,
        &["cms", "-encrypt", "-binary", "-in", "profile", "-outform", "DER", "-out", "encrypted", "somebody.pem"],
    );
    let read = |name: &str| std::fs::read(place.join(name)).unwrap();
    let detached = look(&read("detached"));
    assert_eq!(ids(&detached), ["FILE-NOT-PLIST"]);
    assert!(detached.to_string().contains("no profile in the signature"), "{detached}");
    assert_eq!(ids(&look(&read("encrypted"))), ["FILE-ENCRYPTED"]);
    openssl(place, &["x509", "-in", "somebody.pem", "-outform", "DER", "-out", "der"]);
    assert_eq!(ids(&look(&read("der"))), ["FILE-NOT-PLIST"], "a certificate is no profile");
}

#[test]
fn a_profile_that_was_cut_off_anywhere_is_no_profile() {
    let json = profile_of(&[sound_account()]);
    let whole = xml(&json);
    let end = whole.windows(8).rposition(|part| part == b"</plist>").unwrap();
    for length in (0..end).step_by(7) {
        assert!(look(&whole[..length]).breaks(), "{length} bytes were taken for a profile");
    }
    let whole = binary(&plist_of(&json));
    for length in 0..whole.len() {
        assert!(look(&whole[..length]).breaks(), "{length} bytes were taken for a binary profile");
    }
}

#[test]
fn what_is_no_property_list_is_called_what_it_is() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b" \n\t", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<HTML><body>", "web page"),
        (b"{\"PayloadType\": \"Configuration\"}", "no property list"),
        (b"\xff\xfe<\0p\0l\0i\0s\0t\0>\0", "no property list"),
        (b"<plist><dict><key>a</key></dict></plist>", "a key without a value"),
        (b"<plist><dict><true/></dict></plist>", "a value without a key"),
        (b"<plist><dict></array></plist>", "line 1"),
        (b"<plist>\n<dict>\n<key>a</key><integer>twelve</integer></dict></plist>", "line 3: no whole number"),
        (b"<plist><dict><key>a</key><data>!</data></dict></plist>", "base64"),
        (b"<plist><date>yesterday</date></plist>", "no date"),
        (b"<plist><string>a</string><string>b</string></plist>", "second value"),
        (b"<plist><string>&who;</string></plist>", "entity"),
        (b"<svg/>", "no element svg"),
        (b"<plist></plist>", "no value"),
        (b"<plist><dict>", "ends in the middle"),
        (b"bplist00", "ends in the middle"),
    ] {
        let report = look(bytes);
        assert_eq!(ids(&report), ["FILE-NOT-PLIST"], "{word}");
        assert!(report.to_string().contains(word), "{word}: {report}");
    }
}

#[test]
fn ten_megabytes_are_refused_before_they_are_looked_at() {
    let mut bytes = b"<plist><string>".to_vec();
    bytes.resize(fleet::limits::FILE_BYTES_MAX + 1, b'a');
    let report = look(&bytes);
    assert_eq!(ids(&report), ["FILE-TOO-LARGE"]);
    assert!(report.to_string().contains("10485760"), "{report}");
}

#[test]
fn dictionaries_in_dictionaries_in_dictionaries_end_somewhere() {
    let nested = |depth: usize| format!("<plist>{}{}</plist>", "<array>".repeat(depth), "</array>".repeat(depth));
    assert!(document::read(nested(32).as_bytes()).is_ok());
    assert_eq!(document::read(nested(33).as_bytes()), Err(Unreadable::TooDeep));
    assert_eq!(document::read("<array>".repeat(1_000_000).as_bytes()), Err(Unreadable::TooDeep));
}

#[test]
fn an_entity_that_unfolds_is_not_unfolded() {
    let bomb =
        b"<!DOCTYPE plist [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]><plist><string>&b;</string></plist>";
    assert_eq!(ids(&look(bomb)), ["FILE-NOT-PLIST"]);
}

/// Objects 0 to n: each an array that names the next one twice.
fn bomb(levels: u8) -> Vec<u8> {
    let mut bytes = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for level in 0..levels {
        offsets.push(u8::try_from(bytes.len()).unwrap());
        bytes.extend([0xa2, level + 1, level + 1]);
    }
    offsets.push(u8::try_from(bytes.len()).unwrap());
    bytes.push(0x09);
    let table = bytes.len();
    bytes.extend(&offsets);
    bytes.extend([0; 6]);
    bytes.extend([1, 1]);
    for number in [offsets.len(), 0, table] {
        bytes.extend(u64::try_from(number).unwrap().to_be_bytes());
    }
    bytes
}

#[test]
fn a_binary_list_that_names_its_parts_over_and_over_ends_somewhere() {
    assert!(matches!(document::read(&bomb(3)), Ok(Node::Array(items)) if items.len() == 2));
    assert_eq!(document::read(&bomb(30)), Err(Unreadable::TooMuch));
    assert_eq!(document::read(&bomb(40)), Err(Unreadable::TooDeep));
}

#[test]
fn a_binary_list_that_contains_itself_ends_at_the_depth() {
    let mut bytes = b"bplist00\xa1\x00\x08".to_vec();
    bytes.extend([0; 6]);
    bytes.extend([1, 1]);
    for number in [1_u64, 0, 10] {
        bytes.extend(number.to_be_bytes());
    }
    assert_eq!(document::read(&bytes), Err(Unreadable::TooDeep));
}

#[test]
fn endless_findings_are_cut_off() {
    let keys = "<key>Made up</key><true/>".repeat(2_000);
    let file = format!("<plist><dict><key>PayloadType</key><string>Configuration</string>{keys}</dict></plist>");
    assert_eq!(look(file.as_bytes()).findings.len(), fleet::limits::FINDINGS_MAX);
}

#[test]
fn a_strangers_text_gives_no_orders_to_a_terminal() {
    let key = "\u{9b}31mred".to_owned() + &"x".repeat(500);
    let mut json = profile_of(&[sound_account()]);
    json[&key] = serde_json::json!(true);
    let report = look(&xml(&json));
    assert_eq!(ids(&report), ["KEY-UNKNOWN"]);
    let shown = report.to_string();
    assert!(!shown.contains('\u{9b}') && shown.len() < 1_000, "{shown}");
}

#[test]
fn a_strangers_element_gives_no_orders_either() {
    for file in ["<plist><a\u{9b}31m></b></plist>", "<plist><dict\u{202e}/></plist>", "<plist><dict></a\u{1b}></plist>"]
    {
        let shown = look(file.as_bytes()).to_string();
        assert!(!shown.contains(['\u{9b}', '\u{1b}', '\u{202e}']), "{shown}");
    }
}

#[test]
fn a_profile_with_more_payloads_than_anybody_has_is_looked_at_in_part() {
    let many: Vec<serde_json::Value> = (0..600)
        .map(|n| {
            serde_json::json!({"PayloadType": "com.apple.font", "Font": {"$data": "AAAA"},
        "PayloadIdentifier": format!("font.{n}")})
        })
        .collect();
    let report = look(&xml(&profile_of(&many)));
    assert_eq!(ids(&report), ["FILE-TOO-LARGE"]);
    assert_eq!(report.findings[0].path, "PayloadContent");
}
