//! The commands: the forms that scripts rely on, and what is said to those who err.

use crate::house::House;

#[test]
fn people_are_added_listed_disabled_and_enabled() {
    let house = House::with_anna();
    house.run(&["user", "add", "Ben@Example.com", "--name", "Ben"]).good();
    house.run(&["user", "disable", "ben@example.com"]).good();
    let people = house.run(&["user", "list", "--json"]).json();
    assert_eq!(people[0]["email"], "anna@example.com");
    assert_eq!(people[0]["name"], "Anna Lee");
    assert_eq!(people[0]["has_password"], true);
    assert_eq!((&people[1]["email"], &people[1]["disabled"]), (&"ben@example.com".into(), &true.into()));
    house.run(&["user", "enable", "ben@example.com"]).good();
    assert!(house.run(&["user", "list"]).good().lines().all(|line| !line.contains("disabled")));
}

#[test]
fn a_person_is_not_added_twice() {
    let house = House::with_anna();
    let error = house.run(&["user", "add", "ANNA@example.com", "--name", "Another"]).bad();
    assert!(error.contains("belongs to anna@example.com already"), "{error}");
    assert_eq!(house.run(&["user", "list", "--json"]).json().as_array().unwrap().len(), 1);
}

#[test]
fn people_are_imported_once_however_often_the_file_is() {
    let house = House::new();
    let file = house.file(
        "people.csv",
        "email,name,password,groups,aliases\n\
         anna@example.com,Anna,secret,Sales;Board,anna;a.lee@example.com\n\
         not an address,Nobody,,,\n\
         ben@example.com,Ben,,,\n\
         too,few\n",
    );
    let first = house.run(&["user", "import", &file]);
    assert_eq!(first.code, Some(2), "{}", first.err);
    assert!(first.out.contains("2 added, 0 there already, 2 lines refused"), "{}", first.out);
    assert!(first.err.contains("line 3: ") && first.err.contains("line 5: "), "{}", first.err);
    let second = house.run(&["user", "import", &file]);
    assert!(second.out.contains("0 added, 2 there already"), "{}", second.out);
    let people = house.run(&["user", "list", "--json"]).json();
    assert_eq!(people.as_array().unwrap().len(), 2);
    assert_eq!(people[0]["groups"], serde_json::json!(["Sales", "Board"]));
    assert_eq!(people[0]["aliases"], serde_json::json!(["a.lee@example.com", "anna"]));
}

#[test]
fn a_csv_file_without_header_is_told_what_it_needs() {
    let house = House::new();
    let file = house.file("people.csv", "anna@example.com,Anna\n");
    let error = house.run(&["user", "import", &file]).bad();
    assert!(error.contains("email,name,password,groups,aliases"), "{error}");
}

#[test]
fn an_empty_password_is_refused() {
    let house = House::new();
    for input in ["", "\n"] {
        let error = house.run_with(input, &["user", "add", "a@example.com", "--name", "A", "--password-stdin"]).bad();
        assert!(error.contains("empty"), "{error}");
    }
    let error = house.run(&["user", "list"]).bad();
    assert!(error.contains("there is no data folder"), "nothing was made: {error}");
}

#[test]
fn a_token_is_printed_alone() {
    let house = House::with_anna();
    let token = house.run(&["token", "issue", "anna@example.com", "--path", "graph", "--ttl", "1h"]).good();
    assert_eq!(token.lines().count(), 1);
    assert!(token.trim().len() >= 40 && !token.trim().contains(' '), "{token}");
    for path in ["activesync", "carddav", "jmap"] {
        house.run(&["token", "issue", "anna@example.com", "--path", path]).good();
    }
}

#[test]
fn one_token_is_taken_back_and_the_other_stays() {
    let house = House::with_anna();
    let issue = || house.run(&["token", "issue", "anna@example.com", "--path", "graph"]).good().trim().to_owned();
    let (stays, taken) = (issue(), issue());
    let ids = || -> Vec<String> {
        let entries = house.run(&["token", "list", "anna@example.com", "--json"]).json();
        entries.as_array().unwrap().iter().map(|entry| entry["token"].as_str().unwrap().to_owned()).collect()
    };
    let newest = ids()[0].clone();
    let server = house.serve();
    for token in [&stays, &taken] {
        assert_eq!(server.status_with_token("/v1.0/me/contacts", token), 200);
    }
    // A server that knows a token may take up to a second to hear of it; a new one knows none.
    drop(server);
    let revoked = house.run(&["token", "revoke", "anna@example.com", &newest[..8]]).good();
    assert_eq!(revoked.trim(), "1 tokens revoked");
    assert_eq!(ids().len(), 1);
    let server = house.serve();
    assert_eq!(server.status_with_token("/v1.0/me/contacts", &stays), 200);
    assert_eq!(server.status_with_token("/v1.0/me/contacts", &taken), 401);
    for (digits, said) in [(newest.as_str(), "no token"), ("", "more digits")] {
        let error = house.run(&["token", "revoke", "anna@example.com", digits]).bad();
        assert!(error.contains(said), "{error}");
    }
    assert_eq!(ids().len(), 1);
    let audit = house.run(&["audit", "list", "--user", "anna@example.com", "--json"]).json();
    let revoked: Vec<_> = audit.as_array().unwrap().iter().filter(|entry| entry["event"] == "token-revoked").collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["detail"]["token"], newest.as_str());
}

#[test]
fn signing_keys_are_listed_and_exchanged_and_the_audit_tells() {
    let house = House::with_anna();
    let list = || house.run(&["signing-key", "list", "--json"]).json();
    assert_eq!(list(), serde_json::json!([]));
    let first = house.run(&["signing-key", "rotate"]).good().trim().to_owned();
    let second = house.run(&["signing-key", "rotate"]).good().trim().to_owned();
    assert_ne!(first, second);
    let keys = list();
    let told: Vec<_> = keys.as_array().unwrap().iter().map(|key| (&key["kid"], &key["state"])).collect();
    let told: Vec<_> = told.iter().map(|(kid, state)| (kid.as_str().unwrap(), state.as_str().unwrap())).collect();
    assert_eq!(told, [(second.as_str(), "signs"), (first.as_str(), "verifies")]);
    let audit = house.run(&["audit", "list", "--json"]).json();
    let rotated = audit.as_array().unwrap().iter().filter(|entry| entry["event"] == "signing-key-rotated");
    assert_eq!(rotated.map(|entry| entry["detail"]["kid"].as_str().unwrap()).collect::<Vec<_>>(), [&first, &second]);
}

#[test]
fn an_app_password_is_made_or_given_listed_and_taken_back() {
    let house = House::with_anna();
    let made = house.run(&["app-password", "add", "anna@example.com", "--label", "iPhone"]).good();
    assert_eq!(made.lines().count(), 1);
    let given = ["app-password", "add", "anna@example.com", "--label", "Tablet", "--secret-stdin"];
    assert_eq!(house.run_with("of my own\n", &given).good(), "");
    let labels = |house: &House| -> Vec<String> {
        let list = house.run(&["app-password", "list", "anna@example.com", "--json"]).json();
        list.as_array().unwrap().iter().map(|entry| entry["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(&house), ["iPhone", "Tablet"]);
    house.run(&["app-password", "revoke", "anna@example.com", "--label", "iPhone"]).good();
    assert_eq!(labels(&house), ["Tablet"]);
}

#[test]
fn the_directory_is_imported_and_searched() {
    let house = House::new();
    let file = house.file(
        "directory.csv",
        "email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias\n\
         jose@example.com,José Muñoz,José,Muñoz,+34 91 1234567,,,Example,Sales,Lead,Madrid,jm\n\
         nonsense,,,,,,,,,,,\n",
    );
    let rehearsal = house.run(&["directory", "import", &file, "--dry-run"]);
    assert!(rehearsal.out.starts_with("Would import: 1 added"), "{}", rehearsal.out);
    assert_eq!(house.run(&["directory", "search", "jose", "--json"]).json(), serde_json::json!([]));
    let import = house.run(&["directory", "import", &file]);
    assert_eq!(import.code, Some(2));
    assert!(import.err.contains("line 3"), "{}", import.err);
    let found = house.run(&["directory", "search", "munoz", "mad", "--json"]).json();
    assert_eq!(found[0]["email"], "jose@example.com");
}

#[test]
fn who_is_not_there_is_told_with_a_way_on() {
    let house = House::with_anna();
    for arguments in [
        &["user", "disable", "eve@example.com"][..],
        &["token", "issue", "eve@example.com", "--path", "graph"],
        &["contacts", "list", "--user", "eve@example.com"],
        &["device", "list", "--user", "eve@example.com"],
    ] {
        let error = house.run(arguments).bad();
        assert!(error.contains("eve@example.com") && error.contains("bothways user list"), "{error}");
    }
    let error = house.run(&["device", "show", "PHONE", "--user", "anna@example.com"]).bad();
    assert!(error.contains("bothways device list"), "{error}");
    let error = house.run(&["contacts", "history", "77", "--user", "anna@example.com"]).bad();
    assert!(error.contains("there is no contact 77"), "{error}");
}

#[test]
fn a_wrong_command_line_is_exit_code_2_and_says_why() {
    let house = House::new();
    for (arguments, says) in [
        (&["token", "issue", "a@example.com", "--path", "graph", "--ttl", "60"][..], "1h"),
        (&["token", "issue", "a@example.com", "--path", "mail"], "activesync"),
        (&["serve", "--listen", "8080"], "--listen"),
        (&["user", "password", "a@example.com"], "--password-stdin"),
        (&["serve", "--tls-cert", "c.pem"], "--tls-key"),
    ] {
        let done = house.run(arguments);
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert!(done.err.contains(says), "{}", done.err);
    }
}

#[test]
fn a_misspelt_setting_is_told_with_its_file_and_line() {
    let house = House::with_anna();
    std::fs::write(house.data().join("bothways.toml"), "[server]\nplain_htp = true\n").unwrap();
    for arguments in [&["serve"][..], &["user", "list"]] {
        let error = house.run(arguments).bad();
        assert!(error.contains("bothways.toml") && error.contains("line 2") && error.contains("plain_htp"), "{error}");
    }
    let doctor = house.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("PROBLEM") && doctor.out.contains("plain_htp"), "{}", doctor.out);
}

#[test]
fn a_postgres_that_does_not_answer_is_told_as_such() {
    let house = House::with_anna();
    let url = "postgres://nobody@127.0.0.1:1/none";
    std::fs::write(house.data().join("bothways.toml"), format!("[database]\nurl = \"{url}\"\n")).unwrap();
    let error = house.run(&["user", "list"]).bad();
    assert!(error.contains("the database cannot be used"), "{error}");
}

#[test]
fn the_doctor_finds_nothing_wrong_with_a_new_installation() {
    let house = House::with_anna();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!("[server]\nlisten = [\"{port}\"]\npublic_url = \"https://contacts.example.com\"\n");
    std::fs::write(house.data().join("bothways.toml"), settings).unwrap();
    let findings = house.run(&["doctor", "--json"]).json();
    let state = |what: &str| {
        let found = findings.as_array().unwrap().iter().find(|finding| finding["what"] == what);
        found.unwrap_or_else(|| panic!("nothing about {what}"))["state"].as_str().unwrap().to_owned()
    };
    for what in ["configuration", "data folder", "port", "clock", "database", "users", "public url", "server"] {
        assert_eq!(state(what), "good", "{what}: {findings:#}");
    }
}

#[test]
fn the_doctor_without_folder_says_how_to_begin() {
    let done = House::new().run(&["doctor"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("bothways serve"), "{}", done.out);
}

#[test]
fn completions_are_a_script() {
    let script = House::new().run(&["completions", "bash"]).good();
    assert!(script.contains("_bothways()") && script.contains("app-password"));
}
