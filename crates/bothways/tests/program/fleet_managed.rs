//! The MDM server inside, from an enrolment profile to synced contacts and back: the real program, its TLS, and a phone that
//! enrols by SCEP.

use std::{
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use phone::{
    LocalContact,
    managed::{DeviceSpec, IdentitySource, ManagedPhone, OUTLOOK, OsVersion, SignIn, Store},
    sign_in::{Mode, Person},
};
use serde_json::Value;

use crate::house::{House, Serving};

const ANNA: &str = "anna@example.com";
/// Longer than anything here takes; the tests wait for events, not for time.
const LONG: Duration = Duration::from_mins(2);
const CARD: &str = "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nN:Muster;Bea\nFN:Bea Muster\nEND:VCARD\n";

/// An installation with the MDM server inside, and the address it is always found at.
fn house() -> (House, String) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let house = House::with_anna();
    let settings = format!("[server]\npublic_url = \"https://{address}\"\n[mdm]\nserver = \"inside\"\n");
    std::fs::write(house.data().join("bothways.toml"), settings).unwrap();
    let card = house.file("bea.vcf", CARD);
    house.run(&["contacts", "import", &card, "--user", ANNA]).good();
    (house, address)
}

fn serve(house: &House, address: &str) -> Serving {
    house.serve_with(&["--listen", address])
}

/// A phone out of the box, which trusts the installation's own certificate.
fn phone(house: &House, os: OsVersion) -> ManagedPhone {
    let mut spec = DeviceSpec::numbered(1, os);
    spec.authorities = Arc::from(std::fs::read(house.data().join("certificate.pem")).unwrap());
    ManagedPhone::new(spec)
}

async fn enrol(house: &House, phone: &mut ManagedPhone) {
    let profile = house.bytes(&["fleet", "profile", "enrolment", "--user", ANNA]);
    phone.enrol(&profile, IdentitySource::Profile).await.unwrap();
}

/// The phone does whatever management has for it.
async fn connect(phone: &mut ManagedPhone) {
    phone.connect().await.unwrap();
    while phone.connect_by_itself().await.unwrap().is_some() {}
}

fn status(house: &House) -> Value {
    house.run(&["fleet", "rollout", "status", "pilot", "--json"]).json()
}

/// Steps, lets the phone connect and its person do what they are asked, until the rollout is where it should be.
async fn carried_on(house: &House, phone: &mut ManagedPhone, until: impl Fn(&Value) -> bool) -> Value {
    let patience = Instant::now() + LONG;
    loop {
        let now = status(house);
        if until(&now) {
            return now;
        }
        assert!(Instant::now() < patience, "it does not get there: {now:#}");
        house.run(&["fleet", "rollout", "step", "pilot"]).good();
        connect(phone).await;
        phone.run_outlook();
        let asked: Vec<_> = phone.managed_accounts().map(|account| (account.id, account.sign_in_pending)).collect();
        for (account, sign_in) in asked {
            assert_eq!(phone.outlook().exported(), [], "the account comes after the export is gone");
            if sign_in {
                let anna = Person::new(ANNA, "secret");
                phone.sign_in(account, SignIn::OAuth(Mode::OnPremises, &anna)).await.unwrap();
            }
            phone.sync(account).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_enrols_gets_its_contacts_by_a_rollout_and_gives_them_back() {
    let (house, address) = house();
    let server = serve(&house, &address);
    let mut phone = phone(&house, OsVersion::new(18, 4));
    phone.outlook_mut().mailbox = vec![LocalContact::named("Bea", "Muster")];
    enrol(&house, &mut phone).await;
    let devices = house.run(&["fleet", "devices", "--json"]).json();
    assert_eq!(
        (&devices[0]["enrolment"], &devices[0]["user"], &devices[0]["enrolled"], &devices[0]["osVersion"]),
        (&phone.spec().udid.as_str().into(), &ANNA.into(), &true.into(), &"18.4".into()),
        "{devices:#}"
    );
    let told = house.run(&["fleet", "outlook", "install"]).good();
    assert!(told.contains("1 device"), "{told}");
    connect(&mut phone).await;
    assert!(phone.apps().is_installed(OUTLOOK));
    phone.set_save_contacts(true).unwrap();
    assert_eq!(phone.outlook().exported().len(), 1);

    // Whoever enrolled stays enrolled over a restart, which is also when devices are asked to report their accounts.
    server.signal("TERM");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    let _server = serve(&house, &address);

    let start = ["fleet", "rollout", "start", "pilot", "--notice", "0s", "--clean-up", "0s"];
    house.run(&start).good();
    let done = carried_on(&house, &mut phone, |status| status["finished"] == true).await;
    assert_eq!(
        (&done["waves"][0]["evidence"]["done"], &done["waves"][0]["phase"]),
        (&1.into(), &"passed".into()),
        "{done:#}"
    );
    let account = phone.managed_accounts().next().unwrap().id;
    let names = |phone: &ManagedPhone| {
        phone.contacts_of(Store::Account(account)).iter().map(|contact| contact.display_name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&phone), ["Bea Muster"]);
    assert_eq!(phone.duplicates(), [""; 0]);
    assert!(!phone.may_read("net.whatsapp.WhatsApp", Store::Account(account)), "personal apps see none of it");
    assert_eq!(house.run(&["fleet", "devices", "--json"]).json()[0]["contactsProfile"], true);

    phone.phone_of(account).unwrap().add_contact(LocalContact::named("Cem", "Berg")).unwrap();
    phone.sync(account).await.unwrap();
    let listed = house.run(&["contacts", "list", "--user", ANNA, "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2, "both ways: {listed:#}");

    house.run(&["fleet", "rollout", "rollback", "pilot"]).good();
    carried_on(&house, &mut phone, |status| status["waves"][0]["phase"] == "rolled-back").await;
    assert_eq!(phone.managed_accounts().count(), 0);
    assert_eq!(house.run(&["contacts", "list", "--user", ANNA, "--json"]).json(), listed, "the contacts stay here");
    assert_eq!(phone.violations(), [], "and the server kept to the protocol all the while");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_ios_12_enrols_and_is_held_back() {
    let (house, address) = house();
    let _server = serve(&house, &address);
    let mut phone = phone(&house, OsVersion::new(12, 5));
    enrol(&house, &mut phone).await;
    house.run(&["fleet", "rollout", "start", "pilot", "--notice", "0s", "--clean-up", "0s"]).good();
    house.run(&["fleet", "rollout", "step", "pilot"]).good();
    connect(&mut phone).await;
    house.run(&["fleet", "rollout", "step", "pilot"]).good();
    connect(&mut phone).await;
    assert_eq!(status(&house)["held"][0]["reason"], "iOS below 13");
    assert_eq!(phone.accounts().len(), 0);
    assert!(house.run(&["fleet", "rollout", "status", "pilot"]).good().contains("Update or replace the device"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_managed_outlook_fails_with_what_to_do_and_gets_another_chance() {
    let (house, address) = house();
    let server = serve(&house, &address);
    let mut phone = phone(&house, OsVersion::new(15, 8));
    enrol(&house, &mut phone).await;
    house.run(&["fleet", "rollout", "start", "pilot", "--notice", "0s", "--clean-up", "0s"]).good();
    let vouch = ["fleet", "rollout", "vouch", "pilot", &phone.spec().udid, "--export-off"];
    let refused = house.run(&vouch).bad();
    assert!(refused.contains("their word counts"), "nobody vouches for a device that answers: {refused}");
    let status = carried_on(&house, &mut phone, |status| status["failed"] != serde_json::json!([])).await;
    assert!(status["failed"][0]["remedy"].as_str().unwrap().contains("Outlook is not managed"), "{status:#}");
    assert_eq!(phone.accounts().len(), 0, "no account while Outlook may export");
    let device = phone.spec().udid.clone();
    house.run(&["fleet", "outlook", "install", "--device", &device]).good();
    house.run(&["fleet", "rollout", "retry", "pilot", &device]).good();
    let stopped = house.run(&["fleet", "rollout", "resume", "pilot", "--wave", "all"]);
    assert!(stopped.code == Some(0) || stopped.err.contains("not stopped"), "{}", stopped.err);
    carried_on(&house, &mut phone, |status| status["finished"] == true).await;
    assert_eq!(phone.managed_accounts().count(), 1);
    drop(server);
    let error = house.run(&["fleet", "outlook", "install", "--device", "D9"]).bad();
    assert!(error.contains("D9 is not enrolled"), "{error}");
}
