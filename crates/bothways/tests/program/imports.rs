//! vCard files in and out.

use crate::house::House;

const USER: [&str; 2] = ["--user", "anna@example.com"];

fn import(house: &House, file: &str, more: &[&str]) -> crate::house::Done {
    house.run(&[&["contacts", "import", file], &USER[..], more].concat())
}

fn list(house: &House) -> serde_json::Value {
    house.run(&[&["contacts", "list", "--json"], &USER[..]].concat()).json()
}

fn names(house: &House) -> Vec<String> {
    let mut names: Vec<String> =
        list(house).as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn card(uid: &str, name: &str) -> String {
    let uid = if uid.is_empty() { String::new() } else { format!("UID:{uid}\r\n") };
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\n{uid}N:{name};Bea;;;\r\nFN:Bea {name}\r\nTEL;TYPE=CELL:+49 170 1\r\nEND:VCARD\r\n"
    )
}

#[test]
fn a_file_imported_twice_doubles_nothing() {
    let house = House::with_anna();
    let file = house.file("c.vcf", &(card("u1", "One") + &card("", "Two") + &card("", "Two") + &card("u1", "One")));
    let first = import(&house, &file, &[]).good();
    assert!(first.contains("3 added, 1 there already, 0 not read"), "{first}");
    let second = import(&house, &file, &[]).good();
    assert!(second.contains("0 added, 4 there already"), "{second}");
    assert_eq!(names(&house), ["Bea One", "Bea Two", "Bea Two"]);
}

#[test]
fn two_different_cards_of_one_uid_are_both_kept() {
    let house = House::with_anna();
    let file = house.file("c.vcf", &(card("u1", "One") + &card("u1", "Copy")));
    import(&house, &file, &[]).good();
    import(&house, &file, &[]).good();
    assert_eq!(names(&house), ["Bea Copy", "Bea One"]);
}

#[test]
fn of_a_file_cut_in_the_middle_every_whole_card_is_imported_and_the_rest_reported_by_line() {
    let house = House::with_anna();
    let whole = card("u1", "One") + &card("u2", "Two");
    let file = house.file("cut.vcf", &(whole.clone() + "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Thr"));
    let done = import(&house, &file, &[]);
    assert_eq!(done.code, Some(2));
    assert!(done.out.contains("2 added, 0 there already, 1 not read"), "{}", done.out);
    let line = whole.lines().count() + 1;
    assert!(done.err.contains(&format!("line {line}:")), "{}", done.err);
    assert_eq!(names(&house), ["Bea One", "Bea Two"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let house = House::with_anna();
    let file = house.file("c.vcf", &card("u1", "One"));
    let said = import(&house, &file, &["--dry-run", "--book", "Club"]).good();
    assert!(said.starts_with("Would import: 1 added"), "{said}");
    assert!(names(&house).is_empty());
}

#[test]
fn what_was_exported_finds_itself_again_when_imported() {
    let house = House::with_anna();
    let file = house.file("c.vcf", &(card("u1", "One") + &card("", "Two")));
    import(&house, &file, &["--book", "Club"]).good();
    for format in ["3", "4"] {
        let exported = house.run(&[&["contacts", "export", "--format", format], &USER[..]].concat()).good();
        assert_eq!(exported.matches("END:VCARD").count(), 2);
        assert!(exported.contains(&format!("VERSION:{format}.0")), "{exported}");
        let again = import(&house, &house.file("again.vcf", &exported), &[]).good();
        assert!(again.contains("0 added, 2 there already"), "{again}");
    }
    let out = house.path("out.vcf");
    house.run(&[&["contacts", "export", "-o", out.to_str().unwrap()], &USER[..]].concat()).good();
    assert_eq!(std::fs::read_to_string(out).unwrap().matches("BEGIN:VCARD").count(), 2);
}

#[test]
fn a_file_that_is_not_there_imports_nothing_of_the_others() {
    let house = House::with_anna();
    let file = house.file("c.vcf", &card("u1", "One"));
    let done = house.run(&[&["contacts", "import", &file, "missing.vcf"], &USER[..]].concat());
    assert!(done.bad().contains("missing.vcf cannot be read"));
    assert!(names(&house).is_empty());
}

#[test]
fn contacts_come_through_standard_input() {
    let house = House::with_anna();
    house.run_with(&card("u1", "One"), &[&["contacts", "import", "-"], &USER[..]].concat()).good();
    assert_eq!(names(&house), ["Bea One"]);
}
