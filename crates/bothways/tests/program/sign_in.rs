//! Programs, sessions and the audit: what scripts rely on, and that a running server is told.

use crate::house::House;

#[test]
fn a_program_is_added_listed_and_removed() {
    let house = House::with_anna();
    let arguments =
        ["client", "add", "CRM", "--id", "crm", "--path", "graph", "--acts-for", "anna@example.com", "--json"];
    let added = house.run(&arguments).json();
    assert_eq!((&added["id"], &added["confidential"]), (&"crm".into(), &true.into()));
    assert_eq!(added["secret"].as_str().unwrap().len(), 43);
    let listed = house.run(&["client", "list", "--json"]).json();
    assert_eq!(listed[0]["name"], "Apple Internet Accounts");
    assert_eq!((&listed[1]["id"], &listed[1]["acts_for"]), (&"crm".into(), &"anna@example.com".into()));
    assert_eq!(listed[1].get("secret"), None, "it cannot be read again");
    assert!(house.run(&arguments).bad().contains("already"));
    house.run(&["client", "remove", "crm"]).good();
    assert!(house.run(&["client", "remove", "crm"]).bad().contains("no client crm"));
}

#[test]
fn a_program_that_could_never_get_a_token_is_told_what_it_needs() {
    let house = House::with_anna();
    let error = house.run(&["client", "add", "X", "--path", "graph"]).bad();
    assert!(error.contains("--redirect"), "{error}");
    let error = house.run(&["client", "add", "X", "--path", "graph", "--redirect", "http://app.example/back"]).bad();
    assert!(error.contains("https"), "{error}");
}

#[test]
fn where_there_are_no_sessions_a_list_is_empty_and_a_wrong_id_is_told() {
    let house = House::with_anna();
    assert_eq!(house.run(&["session", "list", "--json"]).json(), serde_json::json!([]));
    assert!(house.run(&["session", "revoke", "anna@example.com", "abc"]).bad().contains("no living session abc"));
    assert_eq!(house.run(&["session", "revoke", "anna@example.com", "--all"]).good().trim(), "0 sessions ended");
    let neither = house.run(&["session", "revoke", "anna@example.com"]);
    assert!(neither.code == Some(2) && neither.err.contains("ID"), "{}", neither.err);
}

#[test]
fn what_an_administrator_does_is_in_the_audit_and_no_secret_is() {
    let house = House::with_anna();
    house.run(&["user", "disable", "anna@example.com"]).good();
    house.run_with("hunter2", &["user", "password", "anna@example.com", "--password-stdin"]).good();
    house.run(&["user", "paths", "anna@example.com", "--off", "activesync"]).good();
    house.run(&["user", "add", "ben@example.com"]).good();
    let lines = house.run(&["audit", "export", "--user", "anna@example.com"]).good();
    let events: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["person-added", "person-disabled", "password-set", "paths-closed"]);
    assert!(events.iter().all(|event| event["user"] == "anna@example.com"));
    assert!(events[1]["actor"].as_str().unwrap().starts_with("command"));
    assert!(!lines.contains("hunter2"));
    let all = house.run(&["audit", "list", "--since", "1h", "--json"]).json();
    assert_eq!(all.as_array().unwrap().len(), 5);
}

#[test]
fn tokens_are_listed_without_their_secrets() {
    let house = House::with_anna();
    let token = house.run(&["token", "issue", "anna@example.com", "--path", "graph"]).good();
    let listed = house.run(&["token", "list", "anna@example.com", "--json"]);
    assert!(!listed.out.contains(token.trim()));
    assert_eq!(listed.json()[0]["path"], "graph");
}

#[test]
fn a_running_server_refuses_what_a_command_took_back() {
    let house = House::with_anna();
    let token = house.run(&["token", "issue", "anna@example.com", "--path", "graph"]).good();
    let server = house.serve();
    assert_eq!(server.status_with_token("/v1.0/me/contacts", token.trim()), 200);
    house.run(&["token", "revoke", "anna@example.com"]).good();
    // The server was told, and hears it between two requests.
    let refused = (0..10_000).any(|_| server.status_with_token("/v1.0/me/contacts", token.trim()) == 401);
    assert!(refused);
}
