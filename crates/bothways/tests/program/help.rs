//! A phone that is not let in: it sees an empty, valid account, and its person a page that says why.

use std::collections::BTreeMap;

use crate::house::{House, Serving, status};

const ANNA: &str = "anna@example.com";

/// A browser: keeps cookies, and goes nowhere by itself.
struct Browser<'a> {
    server: &'a Serving,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Serving) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    fn send(&mut self, start: &str, body: &str) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let head = format!("{start} HTTP/1.1\r\nCookie: {}\r\n{kind}", cookies.join("; "));
        let answer = String::from_utf8(self.server.exchange(&head, body.as_bytes())).unwrap();
        for line in answer.lines().take_while(|line| !line.is_empty()) {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn get(&mut self, path: &str) -> String {
        self.send(&format!("GET {path}"), "")
    }

    /// Signs in from the help page, and comes back to it.
    fn help_after_sign_in(&mut self, email: &str, password: &str) -> String {
        assert_eq!(status(&self.get("/help/device/sign-in")), 303);
        let page = self.get("/sign-in");
        let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap();
        let form = format!("token={token}&name={}&password={password}", email.replace('@', "%40"));
        let answer = self.send("POST /sign-in", &form);
        assert!(answer.to_lowercase().contains("location: /help/device\r\n"), "{answer}");
        self.get("/help/device")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_why_their_phone_is_empty_and_nobody_else_does() {
    let house = House::with_anna();
    house.run_with("bert's\n", &["user", "add", "bert@example.com", "--name", "Bert", "--password-stdin"]).good();
    let text = "[server]\npublic_url = \"https://contacts.example.com\"\n[sign_in]\nhelp_contact = \"Room 7\"\n";
    std::fs::write(house.data().join("bothways.toml"), text).unwrap();
    let card = house.file("bea.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Muster;Bea;;;\r\nFN:Bea Muster\r\nEND:VCARD\r\n");
    house.run(&["contacts", "import", &card, "--user", ANNA]).good();
    let policy = "[[quarantine]]\nname = 'Phones are looked at'\ndevice_type = 'iP*'\n";
    std::fs::write(house.data().join("access.toml"), policy).unwrap();
    let server = house.serve();
    let mut phone = server.phone(ANNA, "secret");
    phone.set_up().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!((phone.contact_count(), phone.violations()), (0, &[][..]), "an account that is valid and empty");
    let device = phone.config().device_id.clone();

    let mut anna = Browser::new(&server);
    assert!(!anna.get("/help/device").contains(&device), "a stranger sees no device");
    let page = anna.help_after_sign_in(ANNA, "secret");
    for shown in [&device, "Waiting to be let in", "Phones are looked at", "Room 7", "safe on the server"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let bert = Browser::new(&server).help_after_sign_in("bert@example.com", "bert's");
    assert!(!bert.contains(&device) && bert.contains("No device has asked"), "{bert}");

    let address = "https://contacts.example.com/help/device";
    for command in
        [&["device", "list"][..], &["access", "explain", "--user", ANNA], &["device", "show", &device, "--user", ANNA]]
    {
        let told = house.run(command).good();
        assert!(told.contains(address), "{command:?}: {told}");
    }
    let listed = house.run(&["device", "list", "--json"]).json();
    assert_eq!(listed[0]["help_page"], address);
    assert!(server.log().contains("/help/device"), "{}", server.log());

    house.run(&["device", "allow", ANNA, &device]).good();
    phone.sync().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.all_by_name("Bea Muster").len(), 1);
    // What was decided about her device made her browser a stranger.
    let page = anna.help_after_sign_in(ANNA, "secret");
    assert!(page.contains("Let in") && !page.contains("Waiting to be let in"), "{page}");
    assert!(!house.run(&["device", "list"]).good().contains(address));
}
