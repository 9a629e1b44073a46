//! The main promise: what either side does, the other shows, and nobody else sees it.

use std::{collections::BTreeMap, time::Duration};

use phone::{DeviceKind, LocalContact, Phone, PingOutcome, Property};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    house::{House, write},
    outlook::{Outlook, path_of},
};

/// How long a Ping may wait for what is sure to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What both sides can show of a contact, by the ActiveSync names.
type Shown = BTreeMap<&'static str, String>;

fn on_the_phone(contact: &LocalContact) -> Shown {
    let shown = [
        ("FirstName", Property::FirstName),
        ("LastName", Property::LastName),
        ("CompanyName", Property::CompanyName),
        ("JobTitle", Property::JobTitle),
        ("Department", Property::Department),
        ("MobilePhoneNumber", Property::MobilePhoneNumber),
        ("HomePhoneNumber", Property::HomePhoneNumber),
        ("BusinessPhoneNumber", Property::BusinessPhoneNumber),
        ("Email1Address", Property::Email1Address),
        ("Email2Address", Property::Email2Address),
        ("NickName", Property::NickName),
    ];
    let shown = shown.map(|(name, property)| (name, contact.get(property).unwrap_or_default().to_owned()));
    shown.into_iter().chain([("Body", contact.note.clone())]).collect()
}

fn in_outlook(contact: &Value) -> Shown {
    let shown = [
        ("FirstName", "/givenName"),
        ("LastName", "/surname"),
        ("CompanyName", "/companyName"),
        ("JobTitle", "/jobTitle"),
        ("Department", "/department"),
        ("MobilePhoneNumber", "/mobilePhone"),
        ("HomePhoneNumber", "/homePhones/0"),
        ("BusinessPhoneNumber", "/businessPhones/0"),
        ("Email1Address", "/emailAddresses/0/address"),
        ("Email2Address", "/emailAddresses/1/address"),
        ("NickName", "/nickName"),
        ("Body", "/personalNotes"),
    ];
    let text = |pointer| contact.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    shown.into_iter().map(|(name, pointer)| (name, text(pointer))).collect()
}

/// Both sides show the same contacts, as many times.
async fn assert_agreement(iphone: &Phone, outlook: &Outlook, step: &str) {
    let mut phone: Vec<Shown> = iphone.contacts().map(|(_, contact)| on_the_phone(contact)).collect();
    let mut graph: Vec<Shown> = outlook.contacts().await.iter().map(in_outlook).collect();
    phone.sort();
    graph.sort();
    assert_eq!(phone, graph, "{step}");
    assert_eq!(iphone.violations(), [], "{step}");
}

/// The phone waits in a Ping, the other side does something, and the phone fetches what the Ping told of.
async fn hears_of<T>(iphone: &mut Phone, deed: impl Future<Output = T>) -> T {
    let (outcome, done) = tokio::join!(iphone.ping_until_change(PATIENCE), deed);
    assert!(matches!(outcome.unwrap(), PingOutcome::Changed(_)), "the Ping ended without a change");
    let report = iphone.sync().await.unwrap();
    assert!(report.received > 0, "the Ping told of a change, and Sync brought none");
    done
}

/// The changes that name this contact, and no other contact.
fn told(changes: &[Value], contact: &Value) -> Value {
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["id"], contact["id"]);
    changes[0].clone()
}

#[tokio::test]
async fn a_contact_created_on_each_side_edited_on_both_deleted_on_one_and_restored_is_the_same_on_both_at_every_step() {
    let house = House::with(&["anna"]);
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let mut outlook = house.outlook("anna");
    outlook.changes().await;

    // Created on each side.
    let bea = iphone
        .add_contact(
            LocalContact::named("Bea", "Muster")
                .with(Property::MobilePhoneNumber, "+49 170 1")
                .with_note("From the phone"),
        )
        .unwrap();
    iphone.sync().await.unwrap();
    let bea_in_outlook = outlook.only("Bea").await;
    told(&outlook.changes().await, &bea_in_outlook);
    let cleo = json!({
        "givenName": "Cleo", "surname": "Roth", "companyName": "Roth GmbH",
        "emailAddresses": [{ "address": "cleo@example.net", "name": "Cleo Roth" }],
    });
    let cleo = hears_of(&mut iphone, outlook.create(&cleo)).await;
    told(&outlook.changes().await, &cleo);
    assert_agreement(&iphone, &outlook, "created on each side").await;

    // Edited on both: each contact by the side that did not create it, and both at once by the two of them.
    hears_of(&mut iphone, outlook.change(&bea_in_outlook, &json!({ "companyName": "Muster AG" }))).await;
    outlook.changes().await;
    let cleo_on_the_phone = iphone.find_by_name("Cleo Roth").unwrap();
    iphone.edit(cleo_on_the_phone, |cleo| cleo.set(Property::HomePhoneNumber, "+49 30 2")).unwrap();
    iphone.sync().await.unwrap();
    let change = told(&outlook.changes().await, &cleo);
    assert_eq!(change["homePhones"], json!(["+49 30 2"]));
    assert_agreement(&iphone, &outlook, "each edited by the other side").await;

    outlook.change(&bea_in_outlook, &json!({ "jobTitle": "Engineer" })).await;
    iphone.edit(bea, |bea| bea.set(Property::NickName, "B")).unwrap();
    iphone.sync().await.unwrap();
    let bea_now = outlook.only("Bea").await;
    assert_eq!((&bea_now["jobTitle"], &bea_now["nickName"]), (&json!("Engineer"), &json!("B")));
    assert_agreement(&iphone, &outlook, "one contact edited by both at once").await;

    // Deleted on one.
    outlook.changes().await;
    iphone.delete(bea).unwrap();
    iphone.sync().await.unwrap();
    assert_eq!(told(&outlook.changes().await, &bea_in_outlook)["@removed"]["reason"], "deleted");
    assert_eq!(outlook.ask(Method::GET, &path_of(&bea_in_outlook), None).await.status, 404);
    assert_agreement(&iphone, &outlook, "deleted on the phone").await;

    // Restored.
    let deleted = house.administer(&["contacts", "list", "--user", "anna@example.org", "--deleted", "--json"]);
    let deleted: Value = serde_json::from_str(&deleted).unwrap();
    let id = deleted[0]["id"].to_string();
    hears_of(&mut iphone, async {
        house.administer(&["contacts", "restore", &id, "--user", "anna@example.org"]);
    })
    .await;
    let restored = told(&outlook.changes().await, &bea_in_outlook);
    assert_eq!((&restored["jobTitle"], &restored["nickName"]), (&json!("Engineer"), &json!("B")));
    assert_eq!(iphone.contact_count(), 2);
    assert_agreement(&iphone, &outlook, "restored").await;

    // And the other way round.
    hears_of(&mut iphone, outlook.delete(&cleo)).await;
    assert_eq!(iphone.find_by_name("Cleo Roth"), None);
    assert_agreement(&iphone, &outlook, "deleted in Outlook").await;
}

#[tokio::test]
async fn of_two_values_for_one_fact_one_wins_on_both_sides_and_the_other_is_in_history() {
    let house = House::with(&["anna"]);
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let outlook = house.outlook("anna");
    let bea = iphone.add_contact(LocalContact::named("Bea", "Muster").with(Property::JobTitle, "Clerk")).unwrap();
    iphone.sync().await.unwrap();

    let known = outlook.only("Bea").await;
    outlook.change(&known, &json!({ "jobTitle": "Engineer", "department": "R&D" })).await;
    let both = |bea: &mut LocalContact| {
        bea.set(Property::JobTitle, "Doctor");
        bea.set(Property::MobilePhoneNumber, "+49 170 1");
    };
    iphone.edit(bea, both).unwrap();
    iphone.sync().await.unwrap();

    assert_agreement(&iphone, &outlook, "merged").await;
    let merged = outlook.only("Bea").await;
    assert_eq!((&merged["department"], &merged["mobilePhone"]), (&json!("R&D"), &json!("+49 170 1")));
    let list = house.administer(&["contacts", "list", "--user", "anna@example.org", "--json"]);
    let id = serde_json::from_str::<Value>(&list).unwrap()[0]["id"].to_string();
    let history = house.administer(&["contacts", "history", &id, "--user", "anna@example.org", "--json"]);
    let versions: Value = serde_json::from_str(&history).unwrap();
    let conflicts: Vec<&Value> =
        versions.as_array().unwrap().iter().flat_map(|version| version["conflicts"].as_array().unwrap()).collect();
    assert_eq!(conflicts.len(), 1, "{history}");
    let both = conflicts[0].to_string();
    assert!(both.contains("Engineer") && both.contains("Doctor"), "{both}");
}

#[tokio::test]
async fn what_a_phone_cannot_show_survives_its_edits() {
    let house = House::with(&["anna"]);
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let file = write(
        house.data(),
        "rich.vcf",
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:rich\r\nN:Muster;Bea;;;\r\nFN:Bea Muster\r\n\
          EMAIL;TYPE=WORK:one@example.net\r\nEMAIL;TYPE=WORK:two@example.net\r\n\
          EMAIL;TYPE=WORK:three@example.net\r\nEMAIL;TYPE=WORK:four@example.net\r\n\
          item1.TEL:+49 30 5\r\nitem1.X-ABLabel:Boathouse\r\n\
          X-SOMETHING-ELSE:kept\r\nEND:VCARD\r\n",
    );
    let file = file.to_str().unwrap();
    hears_of(&mut iphone, async {
        house.administer(&["contacts", "import", file, "--user", "anna@example.org"]);
    })
    .await;
    let bea = iphone.find_by_name("Bea Muster").unwrap();
    assert_eq!(iphone.contact(bea).unwrap().get(Property::Email3Address), Some("three@example.net"));

    iphone.edit(bea, |bea| bea.set(Property::Email1Address, "new@example.net")).unwrap();
    iphone.sync().await.unwrap();

    let exported = house.administer(&["contacts", "export", "--user", "anna@example.org"]);
    for kept in ["new@example.net", "two@example.net", "three@example.net", "four@example.net", "Boathouse", "kept"] {
        assert!(exported.contains(kept), "{kept} is gone: {exported}");
    }
    assert!(!exported.contains("one@example.net"), "{exported}");
    assert_eq!(iphone.violations(), []);
}

#[tokio::test]
async fn nobody_sees_the_contacts_of_others_on_either_side() {
    let house = House::with(&["anna", "bob"]);
    let mut annas = house.iphone("anna", "SAMEDEVICE").await;
    annas.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    annas.sync().await.unwrap();
    let bea = house.outlook("anna").only("Bea").await;

    let bobs = house.iphone("bob", "SAMEDEVICE").await;
    assert_eq!(bobs.contact_count(), 0);
    let mut bob = house.outlook("bob");
    assert_eq!(bob.contacts().await, Vec::<Value>::new());
    assert_eq!(bob.changes().await, Vec::<Value>::new());
    assert_eq!(bob.ask(Method::GET, &path_of(&bea), None).await.status, 404);
    assert_eq!(bob.ask(Method::PATCH, &path_of(&bea), Some(&json!({ "surname": "X" }))).await.status, 404);
    assert_eq!(bob.ask(Method::DELETE, &path_of(&bea), None).await.status, 404);
    let others = bob.ask(Method::GET, "users/anna@example.org/contacts", None).await;
    assert_eq!(others.status, 403, "{}", others.json());
    assert_eq!(house.outlook("anna").only("Bea").await, bea);
}

#[tokio::test]
async fn an_android_device_and_an_iphone_of_one_person_agree_with_outlook() {
    let house = House::with(&["anna"]);
    let mut iphone = house.iphone("anna", "IPHONE").await;
    let mut android = Phone::new(house.device(DeviceKind::Aosp, "anna", "ANDROID")).unwrap();
    android.set_up().await.unwrap();
    android.sync().await.unwrap();
    let outlook = house.outlook("anna");

    android.add_contact(LocalContact::named("Ada", "One").with(Property::Email1Address, "ada@example.net")).unwrap();
    android.add_contact(LocalContact::named("Bea", "Two").with(Property::MobilePhoneNumber, "+49 170 2")).unwrap();
    android.sync().await.unwrap();
    iphone.sync().await.unwrap();
    let ada = iphone.find_by_name("Ada One").unwrap();
    iphone.edit(ada, |ada| ada.set(Property::CompanyName, "Analytical Engines")).unwrap();
    iphone.sync().await.unwrap();
    android.sync().await.unwrap();

    assert_agreement(&iphone, &outlook, "the iPhone").await;
    assert_agreement(&android, &outlook, "the Android device").await;
}
