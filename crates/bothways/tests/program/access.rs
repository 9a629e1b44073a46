//! Who gets contacts on which device, decided by commands and a file while the server runs.

use std::time::Duration;

use phone::LocalContact;

use crate::house::House;

/// Longer than anything here takes; the tests wait for events, not for time.
const LONG: Duration = Duration::from_mins(5);

const ANNA: &str = "anna@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn an_iphone_is_held_back_and_cleared_by_commands_and_ends_with_every_contact_once() {
    let house = House::with_anna();
    let server = house.serve();
    let mut phone = server.phone(ANNA, "secret");
    phone.set_up().await.unwrap();
    phone.add_contact(LocalContact::named("Bea", "Muster")).unwrap();
    phone.sync().await.unwrap();
    let device = phone.config().device_id.clone();

    let waiting = tokio::spawn(async move { (phone.ping_until_change(LONG).await, phone) });
    house.run(&["device", "quarantine", ANNA, &device, "--reason", "not ours yet"]).good();
    let (outcome, mut phone) = waiting.await.unwrap();
    outcome.unwrap();
    phone.sync().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.contact_count(), 0, "an account that is valid and empty");
    phone.add_contact(LocalContact::named("Cem", "Berg")).unwrap();
    phone.sync().await.unwrap();

    house.run(&["device", "clear", ANNA, &device]).good();
    phone.sync().await.unwrap();
    phone.sync().await.unwrap();
    for name in ["Bea Muster", "Cem Berg"] {
        assert_eq!(phone.all_by_name(name).len(), 1, "{name}");
    }
    assert_eq!(phone.contact_count(), 2);
    assert_eq!(phone.violations(), []);
    let shown = house.run(&["device", "show", &device, "--user", ANNA, "--json"]).json();
    assert_eq!((shown["verdict"].as_str(), shown["contacts"].as_u64()), (Some("allow"), Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_explained_compared_and_in_force_as_soon_as_its_file_is_there() {
    let house = House::with_anna();
    let server = house.serve();
    let mut phone = server.phone(ANNA, "secret");
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    let device = phone.config().device_id.clone();
    let strict = house.file("strict.toml", "[[block]]\nname = 'No phones'\ndevice_type = 'iP*'\n");
    assert!(house.run(&["access", "check", &strict]).good().contains("1 rules"));
    let faulty = house.file("faulty.toml", "default = 'allow'\n[[block]]\nname = 'x'\nos = 'iOS 17'\n");
    assert!(house.run(&["access", "check", &faulty]).bad().contains("line 4"));

    let compared = house.run(&["access", "what-if", "--policy", &strict, "--json"]);
    assert_eq!(compared.code, Some(1), "somebody would lose access");
    let compared: serde_json::Value = serde_json::from_str(&compared.out).unwrap();
    assert_eq!((&compared["totals"]["lose"], &compared["changes"][0]["device"]), (&1.into(), &device.as_str().into()));
    let explained = house.run(&["access", "explain", "--user", ANNA, "--policy", &strict]).good();
    assert!(
        explained.contains("block (rule \"No phones\")") && explained.contains("Personal exemption?"),
        "{explained}"
    );

    let waiting = tokio::spawn(async move { (phone.ping_until_change(LONG).await, phone) });
    std::fs::copy(&strict, house.data().join("access.toml")).unwrap();
    let (_, mut phone) = waiting.await.unwrap();
    assert!(phone.sync().await.is_err(), "a blocked phone is still let in");
    house.run(&["device", "allow", ANNA, &device]).good();
    phone.sync().await.unwrap();
}
