//! Contacts that live on a phone alone: proposed, taken over, taken back.

use crate::house::{Done, House};

const USER: [&str; 2] = ["--user", "anna@example.com"];

/// What is here: Bea with a birthday, Cem.
const HERE: &str = "BEGIN:VCARD\nVERSION:3.0\nUID:bea\nN:Muster;Bea;;;\nFN:Bea Muster\nTEL;TYPE=CELL:+49 170 1234567\n\
    EMAIL:bea@example.com\nBDAY:1980-05-04\nEND:VCARD\n\
    BEGIN:VCARD\nVERSION:3.0\nUID:cem\nN:Berg;Cem;;;\nFN:Cem Berg\nTEL;TYPE=WORK:+49 30 11111111\nEND:VCARD\n";

/// What is on the phone: Bea with a new number (line 1), Bea again with a note (7), Cem as he is here (13), Dora (18),
/// somebody called Cem Berg with another number (23).
const PHONE: &str = "BEGIN:VCARD\nVERSION:3.0\nN:Muster;Bea;;;\nTEL;TYPE=CELL:0170 7654321\nEMAIL;TYPE=HOME:BEA@example.com\nEND:VCARD\n\
    BEGIN:VCARD\nVERSION:3.0\nN:Muster;Bea;;;\nTEL;TYPE=CELL:0170/1234567\nNOTE:likes tea\nEND:VCARD\n\
    BEGIN:VCARD\nVERSION:3.0\nN:Berg;Cem;;;\nTEL;TYPE=WORK:03011111111\nEND:VCARD\n\
    BEGIN:VCARD\nVERSION:3.0\nN:Dorn;Dora;;;\nTEL;TYPE=CELL:+49 171 1\nEND:VCARD\n\
    BEGIN:VCARD\nVERSION:3.0\nN:Berg;Cem;;;\nTEL;TYPE=HOME:+49 40 99999999\nEND:VCARD\n";

fn adopt(house: &House, file: &str, more: &[&str]) -> Done {
    house.run(&[&["contacts", "adopt", file], &USER[..], more].concat())
}

fn export(house: &House) -> String {
    house.run(&[&["contacts", "export"], &USER[..]].concat()).good()
}

fn with_both() -> (House, String) {
    let house = House::with_anna();
    let here = house.file("here.vcf", HERE);
    house.run(&[&["contacts", "import", &here], &USER[..]].concat()).good();
    let phone = house.file("phone.vcf", PHONE);
    (house, phone)
}

fn verdicts(report: &serde_json::Value) -> Vec<&str> {
    report["proposals"].as_array().unwrap().iter().map(|row| row["verdict"].as_str().unwrap()).collect()
}

#[test]
fn a_phone_s_contacts_are_proposed_then_taken_over_once_and_taken_back() {
    let (house, phone) = with_both();
    let before = export(&house);
    let report = adopt(&house, &phone, &["--json"]).json();
    assert_eq!(verdicts(&report), ["differs", "duplicate", "same", "only-there", "unclear"], "{report:#}");
    assert_eq!((&report["to_create"], &report["to_edit"]), (&1.into(), &1.into()));
    let shown = adopt(&house, &phone, &[]).good();
    for told in ["+mobile 0170 7654321", "likes tea", "Dora Dorn", "the name alone", "--apply does it", "like line 1"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert_eq!(export(&house), before, "nothing is done without --apply");

    let done = adopt(&house, &phone, &["--apply", "--json"]).json();
    assert_eq!((&done["outcome"]["created"], &done["outcome"]["edited"]), (&1.into(), &1.into()), "{done:#}");
    let after = export(&house);
    for kept in ["+49 170 1234567", "0170 7654321", "likes tea", "1980-05-04", "Dora"] {
        assert!(after.contains(kept), "{kept}: {after}");
    }
    assert_eq!((after.matches("N:Muster;Bea").count(), after.matches("BEGIN:VCARD").count()), (1, 3));

    let again = adopt(&house, &phone, &["--apply"]).good();
    assert!(again.contains("Nothing was to be written"), "{again}");
    assert_eq!(export(&house), after, "twice is once");

    let run = done["outcome"]["run"].as_str().unwrap();
    let undone = house.run(&[&["contacts", "adopt", "--undo", run], &USER[..]].concat()).good();
    assert!(undone.contains("1 as before, 1 removed again, 0 undone earlier"), "{undone}");
    assert_eq!(export(&house), before, "as if it had never been");
    let undone = house.run(&[&["contacts", "adopt", "--undo", run], &USER[..]].concat()).good();
    assert!(undone.contains("0 as before, 0 removed again, 2 undone earlier"), "{undone}");
    adopt(&house, &phone, &["--apply"]).good();
    assert_eq!(export(&house).matches("BEGIN:VCARD").count(), 3, "and it can be done again");
}

#[test]
fn somebody_chooses_where_it_is_not_clear() {
    let (house, phone) = with_both();
    let listed = house.run(&[&["contacts", "list", "--json"], &USER[..]].concat()).json();
    let cem = listed.as_array().unwrap().iter().find(|row| row["name"] == "Cem Berg").unwrap()["id"].to_string();
    let same = format!("23={cem}");
    adopt(&house, &phone, &["--apply", "--same", &same]).good();
    assert!(export(&house).contains("+49 40 99999999"));
    let (house, phone) = with_both();
    adopt(&house, &phone, &["--apply", "--new", "23"]).good();
    assert_eq!(export(&house).matches("N:Berg;Cem").count(), 2);
    assert!(adopt(&house, &phone, &["--new", "22"]).bad().contains("no card begins on line 22"));
    assert!(adopt(&house, &phone, &["--same", "23=999999"]).bad().contains("there is no contact 999999"));
}

#[test]
fn what_was_changed_since_is_left_and_named_when_a_run_is_taken_back() {
    let (house, phone) = with_both();
    let done = adopt(&house, &phone, &["--apply", "--json"]).json();
    let run = done["outcome"]["run"].as_str().unwrap();
    let bea = done["proposals"][0]["contact"].to_string();
    house.run(&[&["contacts", "restore", &bea], &USER[..]].concat()).good();
    let before = export(&house);
    let undone = house.run(&[&["contacts", "adopt", "--undo", run], &USER[..]].concat()).good();
    assert!(undone.contains(&format!("Changed since, and left as they are: {bea}")), "{undone}");
    assert!(undone.contains("0 as before, 1 removed again"), "{undone}");
    assert_eq!(export(&house).matches("BEGIN:VCARD").count(), before.matches("BEGIN:VCARD").count() - 1);
    let error = house.run(&[&["contacts", "adopt", "--undo", "nothing"], &USER[..]].concat()).bad();
    assert!(error.contains("has no run nothing; there are: ") && error.contains(run), "{error}");
}

#[test]
fn a_file_that_is_no_address_book_is_said_to_be_none_and_nothing_is_done() {
    let (house, _) = with_both();
    let before = export(&house);
    let ten_megabytes = vec![0xff_u8; 10 * 1024 * 1024];
    let cases: [(&str, &[u8]); 4] = [
        ("empty.vcf", b""),
        ("page.vcf", b"<html>no</html>\n"),
        ("rubbish.vcf", &ten_megabytes),
        ("cut.vcf", b"BEGIN:VCARD\nN:A"),
    ];
    for (name, bytes) in cases {
        std::fs::write(house.path(name), bytes).unwrap();
        let error = adopt(&house, name, &["--apply"]).bad();
        assert!(error.contains(name) && error.contains("no contact that can be read"), "{error}");
    }
    // One broken card among whole ones, and letters of an older charset.
    let mut mixed =
        b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1:M\xfcller;Ann\nTEL:+49 30 5555555\nEND:VCARD\n".to_vec();
    mixed.extend(b"BEGIN:VCARD\nVERSION:3.0\nN:Thr");
    std::fs::write(house.path("mixed.vcf"), mixed).unwrap();
    let done = adopt(&house, "mixed.vcf", &[]);
    assert_eq!(done.code, Some(2));
    assert!(done.out.contains("Ann Müller") && done.err.contains("line 6"), "{}{}", done.out, done.err);
    assert_eq!(export(&house), before);
}
