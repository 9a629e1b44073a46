//! A phone under management, against a server of a page and profiles written by hand: the ten behaviours, each by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod mdm_server;
mod scripted;

use mdm_server::*;
use phone::managed::plist::{Dictionary, Value};
use phone::managed::{
    AppKind, AppState, EnrolmentName, ErrorChain, ExchangeSettings, Export, Fault, IdentitySource, ManagedError,
    ManagedPhone, ManagedViolation, NotAllowed, OsVersion, Service, SetByOrganisation, SignIn, Signature, Status,
    Store,
};
use phone::{Credentials, LocalContact};
use serde_json::json;

fn contact(name: &str) -> LocalContact {
    LocalContact::named(name, "Muster")
}

fn names(phone: &ManagedPhone, app: &str) -> Vec<String> {
    phone.visible_contacts(app).iter().map(|(_, contact)| contact.display_name()).collect()
}

/// The codes of an ErrorChain in a report.
fn codes(report: &Dictionary) -> Vec<i64> {
    let chain = report.array("ErrorChain").unwrap_or_default();
    chain.iter().map(|item| item.as_dictionary().unwrap().integer("ErrorCode").unwrap()).collect()
}

/// Installs a profile by command; answers with the report.
async fn install(server: &Server, phone: &mut ManagedPhone, profile: &[u8]) -> Dictionary {
    let uuid = format!("install-{}", server.state().seen.len());
    server.install(&uuid, profile);
    phone.connect().await.unwrap();
    server.report(&uuid)
}

async fn with_contacts_account(os: &str) -> (Server, ManagedPhone) {
    let server = Server::start().await;
    let mut phone = server.enrolled(os).await;
    let report = install(&server, &mut phone, &contacts_profile("P1")).await;
    assert_eq!(report.text("Status"), Some("Acknowledged"), "{report:?}");
    (server, phone)
}

// 1. Enrolment.

#[tokio::test]
async fn an_enrolment_checks_in_with_authenticate_and_then_with_its_token() {
    let server = Server::start().await;
    let phone = server.enrolled("17.4").await;
    assert_eq!(server.kinds(), ["Authenticate", "TokenUpdate"]);
    let state = server.state();
    let (authenticate, update) = (&state.seen[0], &state.seen[1]);
    assert_eq!(authenticate.content_type, "application/x-apple-aspen-mdm-checkin");
    assert_eq!(authenticate.message.text("OSVersion"), Some("17.4"));
    assert_eq!(authenticate.message.text("UDID"), Some(phone.spec().udid.as_str()));
    assert_eq!(authenticate.message.text("Topic"), Some("com.apple.mgmt.x"));
    let (token, magic) = phone.push_token().unwrap();
    assert_eq!((update.message.data("Token"), update.message.text("PushMagic")), (Some(token), Some(magic)));
    assert_eq!((token.len(), phone.is_enrolled()), (32, true));
}

#[tokio::test]
async fn a_server_that_refuses_the_check_in_leaves_nothing_on_the_device() {
    for refusals in [vec![500], vec![200, 400], vec![401]] {
        let server = Server::start().await;
        server.state().instead.extend(refusals.iter().map(|status| (*status, String::new())));
        let mut phone = phone("17.4");
        let error = phone.enrol(&server.enrolment(""), given()).await.unwrap_err();
        assert!(matches!(error.faults().last(), Some(Fault::CannotCheckIn(_))), "{error}");
        assert!(!phone.is_enrolled() && phone.profiles().all().is_empty() && phone.violations().is_empty());
    }
}

#[tokio::test]
async fn an_enrolment_whose_identity_is_nowhere_is_refused_before_a_word_is_said() {
    let server = Server::start().await;
    let mut phone = phone("17.4");
    let error = phone.enrol(&server.enrolment(""), IdentitySource::Profile).await.unwrap_err();
    assert_eq!((error.codes(), server.kinds().len()), (vec![1009, 4014], 0));
}

// 2. Identities.

#[tokio::test]
async fn an_enrolment_takes_its_identity_from_a_pkcs12_file_that_openssl_wrote() {
    let server = Server::start().await;
    let mut phone = phone("17.4");
    let file = base64(include_bytes!("openssl/identity.p12"));
    let enrol_with = |password: &str| {
        let identity = payload(
            "com.apple.security.pkcs12",
            "org.example.enrolment.identity",
            "ID",
            &format!("<key>PayloadContent</key><data>{file}</data><key>Password</key><string>{password}</string>"),
        );
        let enrolment = String::from_utf8(server.enrolment("<key>SignMessage</key><true/>")).unwrap();
        enrolment.replace("</array>", &format!("{identity}</array>"))
    };
    let wrong = phone.enrol(enrol_with("guess").as_bytes(), IdentitySource::Profile).await.unwrap_err();
    assert_eq!((wrong.codes(), server.kinds().len()), (vec![1009, 4001, 1000], 0));
    phone.enrol(enrol_with("secret").as_bytes(), IdentitySource::Profile).await.unwrap();
    assert!(server.state().seen[0].signature.is_some());
}

#[tokio::test]
async fn each_message_bears_a_detached_signature_over_its_bytes_when_the_profile_says_so() {
    let server = Server::start().await;
    let mut phone = phone("17.4");
    phone.enrol(&server.enrolment("<key>SignMessage</key><true/>"), given()).await.unwrap();
    phone.connect().await.unwrap();
    let state = server.state();
    assert_eq!(state.seen.len(), 3);
    for seen in &state.seen {
        let signature = seen.signature.as_ref().unwrap();
        let der = {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.decode(signature).unwrap()
        };
        assert!(!der.windows(5).any(|window| window == b"plist"), "the message is not inside");
        assert!(der.windows(32).any(|window| window == sha256(&seen.body)), "its digest is");
    }
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

#[tokio::test]
async fn under_user_enrolment_neither_udid_nor_serial_number_is_ever_told() {
    let server = Server::start().await;
    let mut phone = server.user_enrolled("17.4").await;
    assert!(matches!(phone.enrolment_name(), Some(EnrolmentName::EnrolmentId(_))));
    server.queue(
        "C1",
        "DeviceInformation",
        "<key>Queries</key><array><string>UDID</string><string>SerialNumber</string><string>OSVersion</string>\
         <string>EASDeviceIdentifier</string></array>",
    );
    phone.connect().await.unwrap();
    let answers = server.report("C1").dictionary("QueryResponses").unwrap().clone();
    assert_eq!(answers.entries().map(|(key, _)| key).collect::<Vec<_>>(), ["EASDeviceIdentifier", "OSVersion"]);
    for seen in &server.state().seen {
        let text = String::from_utf8_lossy(&seen.body);
        assert!(!text.contains(&phone.spec().udid) && !text.contains(&phone.spec().serial), "{text}");
        assert!(text.contains("EnrollmentID"));
    }
}

#[tokio::test]
async fn managed_apple_id_ends_with_ios_18() {
    let server = Server::start().await;
    let old = server.enrolment("<key>ManagedAppleID</key><string>anna@example.org</string>");
    let mut seventeen = phone("17.6");
    seventeen.enrol(&old, given()).await.unwrap();
    assert!(seventeen.is_user_enrolled());
    assert_eq!(phone("18").enrol(&old, given()).await.unwrap_err().codes(), [1009, 4023]);
}

#[tokio::test]
async fn the_device_shows_its_certificate_to_a_server_whose_root_came_with_the_profile() {
    let (address, root, shown) = mdm_server::tls().await;
    let root = payload(
        "com.apple.security.root",
        "org.example.enrolment.root",
        "ROOT",
        &format!("<key>PayloadContent</key><data>{}</data>", base64(&root)),
    );
    let enrolment = String::from_utf8(Server::enrolment_at(&address, "")).unwrap();
    let mut phone = phone("17.4");
    let stranger = phone.enrol(enrolment.as_bytes(), given()).await.unwrap_err();
    assert!(matches!(stranger.faults().last(), Some(Fault::CannotCheckIn(_))), "nobody vouches for the server");
    let identity = given();
    let IdentitySource::Given(own) = &identity else { unreachable!() };
    let own = own.certificate().to_vec();
    phone.enrol(enrolment.replace("</array>", &format!("{root}</array>")).as_bytes(), identity).await.unwrap();
    assert_eq!(*shown.lock().unwrap(), [own]);
}

#[tokio::test]
async fn a_server_whose_name_exists_in_the_profile_only_is_reached_where_it_really_is() {
    let server = Server::start().await;
    let mut spec = phone("17.4").spec().clone();
    spec.management_at = Some(server.url());
    let mut phone = ManagedPhone::new(spec);
    let address = "https://mdm.example.org/mdm/connect";
    phone.enrol(&Server::enrolment_at(address, ""), given()).await.unwrap();
    phone.connect().await.unwrap();
    assert_eq!((phone.mdm_settings().unwrap().server_url.as_str(), server.kinds().len()), (address, 3));
}

#[tokio::test]
async fn a_new_push_token_is_told_at_once() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let before = phone.push_token().unwrap().0.to_vec();
    phone.change_push_token().await.unwrap();
    let state = server.state();
    let told = state.seen.last().unwrap().message.data("Token").unwrap();
    assert!(told != before && phone.push_token().unwrap().0 == told);
}

// 3. The queue.

#[tokio::test]
async fn a_locked_phone_puts_a_profile_off_and_comes_back_by_itself_when_that_was_last() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.lock();
    server.install("C1", &contacts_profile("P1"));
    let connection = phone.connect().await.unwrap();
    assert_eq!(connection.commands.iter().map(|command| command.status).collect::<Vec<_>>(), [Status::NotNow]);
    assert!(!phone.wants_to_connect(), "still locked");
    phone.unlock();
    let again = phone.connect_by_itself().await.unwrap().unwrap();
    assert_eq!(again.commands[0].status, Status::Acknowledged);
    assert_eq!(phone.managed_accounts().count(), 1);
}

#[tokio::test]
async fn a_phone_that_put_a_command_off_and_then_did_another_waits_for_a_push() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.lock();
    server.install("C1", &contacts_profile("P1"));
    server.queue("C2", "ProfileList", "");
    phone.connect().await.unwrap();
    phone.unlock();
    assert_eq!(phone.connect_by_itself().await.unwrap(), None);
    phone.connect().await.unwrap();
    assert_eq!(phone.managed_accounts().count(), 1);
}

#[tokio::test]
async fn a_lost_acknowledgement_brings_the_command_again_and_nothing_is_doubled() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.faults.drop_acknowledgements = 1;
    server.install("C1", &contacts_profile("P1"));
    assert!(phone.connect().await.unwrap().broke);
    assert_eq!(phone.managed_accounts().count(), 1, "installed, though the server does not know");
    phone.connect().await.unwrap();
    assert_eq!((phone.managed_accounts().count(), phone.counters().sign_ins_asked), (1, 1));
    assert_eq!(phone.violations(), []);
}

#[tokio::test]
async fn an_acknowledged_command_that_comes_again_without_end_is_held_against_the_server() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    server.state().endless = true;
    server.queue("C1", "ProfileList", "");
    phone.connect().await.unwrap();
    let violations = phone.take_violations();
    assert!(violations.contains(&ManagedViolation::AcknowledgedCommandAgain("C1".to_owned())));
    assert!(violations.contains(&ManagedViolation::EndlessQueue));
}

#[tokio::test]
async fn a_401_makes_the_device_leave_and_take_everything_managed_with_it() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    phone.add_own_account(ExchangeSettings::own("anna@home.example", "home.example"), vec![contact("Own")]).unwrap();
    server.state().instead.push_back((401, String::new()));
    assert!(matches!(phone.connect().await, Err(ManagedError::Unenrolled)));
    assert!(!phone.is_enrolled() && phone.profiles().all().is_empty());
    assert_eq!((phone.accounts().len(), phone.managed_accounts().count()), (1, 0), "the person's own stays");
    assert_eq!(phone.violations(), [ManagedViolation::UnenrolledBy401]);
}

#[tokio::test]
async fn a_403_for_an_unrecognized_device_does_so_since_ios_17_and_no_other_403_or_500_does() {
    let body = r#"{"code":"com.apple.unrecognized.device"}"#;
    for (os, status, body, stays) in
        [("17.0", 403, body, false), ("16.7", 403, body, true), ("17.0", 403, "no", true), ("17.0", 500, "", true)]
    {
        let server = Server::start().await;
        let mut phone = server.enrolled(os).await;
        server.state().instead.push_back((status, body.to_owned()));
        assert!(phone.connect().await.is_err());
        assert_eq!(phone.is_enrolled(), stays, "{os} {status} {body}");
    }
}

#[tokio::test]
async fn a_command_in_the_binary_format_or_without_an_id_is_held_against_the_server() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    for body in ["bplist00", "<plist><dict><key>Command</key><dict/></dict></plist>", "<html/>"] {
        server.state().instead.push_back((200, body.to_owned()));
        assert!(phone.connect().await.is_err());
        assert!(matches!(phone.take_violations()[..], [ManagedViolation::UnreadableCommand(_)]));
    }
    assert!(phone.is_enrolled());
}

#[tokio::test]
async fn a_right_that_was_not_asked_for_at_the_start_is_missed() {
    let server = Server::start().await;
    let mut phone = phone("17.4");
    let text =
        String::from_utf8(server.enrolment("")).unwrap().replace("<integer>8191</integer>", "<integer>3</integer>");
    phone.enrol(text.as_bytes(), given()).await.unwrap();
    server.queue("C1", "SecurityInfo", "");
    phone.connect().await.unwrap();
    assert_eq!(codes(&server.report("C1")), [12007]);
}

#[tokio::test]
async fn a_renewal_may_not_change_the_address_by_a_byte() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let same = install(&server, &mut phone, &server.enrolment("")).await;
    assert_eq!(same.text("Status"), Some("Acknowledged"));
    let moved = Server::enrolment_at(&format!("{}/mdm?company=2", server.url()), "");
    assert_eq!(codes(&install(&server, &mut phone, &moved).await), [12012]);
    assert_eq!(phone.violations(), [ManagedViolation::RenewalChanges("ServerURL")]);
}

#[tokio::test]
async fn removing_the_enrolment_profile_by_command_ends_it_with_a_check_out() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    server.queue("C9", "RemoveProfile", "<key>Identifier</key><string>org.example.enrolment</string>");
    assert!(phone.connect().await.unwrap().unenrolled);
    assert_eq!(server.kinds().last().unwrap(), "CheckOut");
    assert_eq!((phone.is_enrolled(), phone.accounts().len()), (false, 0));
}

// 4. Profiles.

#[tokio::test]
async fn the_same_payload_uuid_is_updated_in_place_without_a_new_sign_in() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    let id = phone.accounts()[0].id;
    phone.sign_in_elsewhere(id, vec![contact("Bea")]);
    install(&server, &mut phone, &contacts_profile("P2")).await;
    assert_eq!(phone.profiles().get("org.example.contacts").unwrap().profile.uuid, "P2");
    let account = phone.account(id).expect("the same account");
    assert!(!account.sign_in_pending);
    assert_eq!((names(&phone, CONTACTS), phone.counters().sign_ins_asked), (vec!["Bea Muster".to_owned()], 1));
}

#[tokio::test]
async fn another_payload_uuid_removes_the_account_and_adds_it_again() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    let id = phone.accounts()[0].id;
    phone.sign_in_elsewhere(id, vec![contact("Bea")]);
    let again = profile("org.example.contacts", "P2", &[exchange("EAS-2", &format!("{ONLY_CONTACTS}{HOST}"))]);
    let report = install(&server, &mut phone, &again).await;
    assert_eq!(report.text("Status"), Some("Acknowledged"), "its own account is not in its way");
    assert!(phone.account(id).is_none() && phone.accounts()[0].sign_in_pending && names(&phone, CONTACTS).is_empty());
    assert_eq!(phone.counters().sign_ins_asked, 2);
    assert_eq!(phone.violations(), [ManagedViolation::AccountReplaced("anna@example.org".to_owned())]);
}

#[tokio::test]
async fn an_update_overrides_what_the_person_chose_and_other_data_types_ask_for_a_sign_in() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let open = exchange("EAS", HOST);
    install(&server, &mut phone, &profile("org.example.contacts", "P1", &[open])).await;
    let id = phone.accounts()[0].id;
    phone.sign_in_elsewhere(id, vec![contact("Bea")]);
    phone.toggle(id, Service::Contacts, false).unwrap();
    assert!(names(&phone, CONTACTS).is_empty());
    install(&server, &mut phone, &contacts_profile("P2")).await;
    let account = phone.account(id).unwrap();
    assert_eq!(account.on.iter().copied().collect::<Vec<_>>(), [Service::Contacts]);
    assert!(account.sign_in_pending);
    assert_eq!(phone.toggle(id, Service::Contacts, false), Err(NotAllowed::Locked));
}

#[tokio::test]
async fn a_profile_comes_whole_or_not_at_all() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let root =
        payload("com.apple.security.root", "org.example.root", "ROOT", "<key>PayloadContent</key><data>MAA=</data>");
    let bad = profile("org.example.contacts", "P1", &[exchange("EAS", ONLY_CONTACTS), root]);
    install(&server, &mut phone, &bad).await;
    assert_eq!(phone.profiles().all().len(), 1, "only the enrolment");
    // And a bad version does not disturb the good one.
    install(&server, &mut phone, &contacts_profile("P1")).await;
    install(&server, &mut phone, &bad).await;
    assert_eq!(phone.profiles().get("org.example.contacts").unwrap().profile.uuid, "P1");
    assert_eq!(phone.accounts().len(), 1);
}

#[tokio::test]
async fn certificates_come_first_then_identities_then_accounts() {
    let rank = |kind: &str, uuid: &str| payload(kind, &format!("org.example.{uuid}"), uuid, "");
    let payloads = [
        rank("com.apple.mdm", "D"),
        rank("com.apple.eas.account", "C"),
        rank("com.apple.security.scep", "B"),
        rank("com.apple.security.root", "A"),
    ];
    let profile = phone::managed::Profile::open(&profile("org.example.all", "P", &payloads)).unwrap();
    assert_eq!(
        profile.in_order().iter().map(|payload| payload.uuid.as_str()).collect::<Vec<_>>(),
        ["A", "B", "C", "D"]
    );
    assert_eq!(profile.signature, Signature::Unsigned);
}

#[test]
fn profiles_that_openssl_signed_open_and_changed_ones_do_not() {
    let p256: &[u8] = include_bytes!("openssl/signed-p256.mobileconfig");
    let rsa: &[u8] = include_bytes!("openssl/signed-rsa-sha384.mobileconfig");
    for signed in [p256, rsa] {
        let profile = phone::managed::Profile::open(signed).unwrap();
        assert_eq!(profile.identifier, "org.example.signed");
        assert!(matches!(profile.signature, Signature::By(_)));
        let at = signed.windows(6).position(|window| window == b"signed").unwrap();
        let mut changed = signed.to_vec();
        changed[at] ^= 1;
        assert!(matches!(phone::managed::Profile::open(&changed), Err(Fault::BadSignature(_))));
    }
}

#[tokio::test]
async fn what_is_no_profile_is_refused_by_name() {
    let mut phone = phone("17.4");
    let twice = profile("org.example.x", "P", &[restriction("A", "R"), restriction("B", "R")]);
    let top = profile("org.example.x", "R", &[restriction("A", "R")]);
    let same = profile("org.example.x", "P", &[restriction("A", "R1"), restriction("A", "R2")]);
    let cases: [(&[u8], i64); 7] = [
        (b"", 1000),
        (b"bplist00", 1000),
        (b"<plist><string>x</string></plist>", 1000),
        (&[0x30, 0x03, 1, 2, 3], 1004),
        (&twice, 1007),
        (&top, 1007),
        (&same, 1008),
    ];
    for (bytes, code) in cases {
        assert_eq!(phone.install_profile(bytes).await.unwrap_err().codes(), [code]);
    }
    assert!(phone.profiles().all().is_empty());
}

fn restriction(identifier: &str, uuid: &str) -> String {
    payload("com.apple.applicationaccess", identifier, uuid, "")
}

#[tokio::test]
async fn a_profile_list_tells_no_values_and_only_what_the_release_and_the_enrolment_tell() {
    let (server, mut phone) = with_contacts_account("18.0").await;
    server.queue("L", "ProfileList", "");
    phone.connect().await.unwrap();
    let report = server.report("L");
    let listed = report.array("ProfileList").unwrap()[1].as_dictionary().unwrap().clone();
    assert_eq!((listed.text("PayloadUUID"), listed.boolean("IsManaged")), (Some("P1"), Some(true)));
    let inside = listed.array("PayloadContent").unwrap()[0].as_dictionary().unwrap();
    assert_eq!(inside.text("PayloadUUID"), Some("EAS"));
    assert!(!format!("{report:?}").contains("hub.example.org"));
    let mut spec = phone.spec().clone();
    spec.supervised = true;
    spec.os = OsVersion::new(16, 0);
    let mut supervised = ManagedPhone::new(spec);
    supervised.enrol(&server.enrolment(""), given()).await.unwrap();
    server.queue("L2", "ProfileList", "");
    supervised.connect().await.unwrap();
    let report = server.report("L2");
    let listed = report.array("ProfileList").unwrap()[0].as_dictionary().unwrap();
    assert!(!listed.has("IsManaged"));
    assert!(!listed.array("PayloadContent").unwrap()[0].as_dictionary().unwrap().has("PayloadUUID"));
}

// 5. Releases.

#[tokio::test]
async fn below_ios_13_the_ten_keys_are_ignored_and_a_full_account_appears() {
    let (_server, mut phone) = with_contacts_account("12.5.7").await;
    let account = &phone.accounts()[0];
    assert_eq!((account.on.len(), account.settings.locked.len()), (5, 0));
    assert!(account.settings.oauth.is_some());
    assert!(matches!(phone.take_violations()[..], [ManagedViolation::FullAccount { .. }]));
    let (_server, phone) = with_contacts_account("13.0").await;
    assert_eq!((phone.accounts()[0].on.len(), phone.violations().len()), (1, 0));
}

#[tokio::test]
async fn below_ios_12_oauth_is_ignored_too_and_a_password_is_asked_for() {
    let (_server, mut phone) = with_contacts_account("11.4").await;
    assert_eq!(phone.accounts()[0].settings.oauth, None);
    assert!(phone.take_violations().iter().any(|one| matches!(one, ManagedViolation::OAuthIgnored { .. })));
}

#[tokio::test]
async fn below_ios_12_the_contact_exceptions_are_ignored() {
    for (os, reads) in [("11.4", false), ("12.0", true)] {
        let (server, mut phone) = with_contacts_account(os).await;
        install(&server, &mut phone, &wall("<key>allowUnmanagedToReadManagedContacts</key><true/>")).await;
        let store = Store::Account(phone.accounts()[0].id);
        assert_eq!(phone.may_read(MESSENGER, store), reads, "{os}");
    }
}

#[tokio::test]
async fn below_ios_15_declarative_management_is_an_invalid_request() {
    for (os, refused) in [("14.8", vec![12021]), ("15.0", vec![])] {
        let server = Server::start().await;
        let mut phone = server.enrolled(os).await;
        server.queue("D", "DeclarativeManagement", "");
        phone.connect().await.unwrap();
        assert_eq!(codes(&server.report("D")), refused, "{os}");
        assert_eq!(server.state().reports.len(), usize::from(refused.is_empty()));
    }
}

/// The declarations of a contacts account, with every status this is about.
fn declare(server: &Server, active: &serde_json::Value) {
    server.state().declarations = vec![
        (
            "activation",
            "act",
            "1".to_owned(),
            "com.apple.activation.simple",
            json!({ "StandardConfigurations": active }),
        ),
        (
            "asset",
            "who",
            "1".to_owned(),
            "com.apple.asset.useridentity",
            json!({ "FullName": "Anna", "EmailAddress": "anna@example.org" }),
        ),
        (
            "configuration",
            "eas",
            "1".to_owned(),
            "com.apple.configuration.account.exchange",
            json!({
                "EnabledProtocolTypes": ["EAS"], "UserIdentityAssetReference": "who", "HostName": "hub.example.org",
                "OAuth": { "Enabled": true, "SignInURL": "https://hub.example.org/oauth2/authorize" },
                "MailServiceActive": false, "CalendarServiceActive": false, "RemindersServiceActive": false,
                "NotesServiceActive": false, "LockMailService": true, "LockContactsService": true,
            }),
        ),
        (
            "configuration",
            "subs",
            "1".to_owned(),
            "com.apple.configuration.management.status-subscriptions",
            json!({ "StatusItems": [{ "Name": "account.list.exchange" }, { "Name": "device.operating-system.version" }] }),
        ),
    ];
}

#[tokio::test]
async fn below_ios_16_there_is_no_account_list() {
    for (os, told) in [("15.7", false), ("16.0", true)] {
        let server = Server::start().await;
        let mut phone = server.enrolled(os).await;
        declare(&server, &json!(["eas", "subs"]));
        server.queue("D", "DeclarativeManagement", "");
        phone.connect().await.unwrap();
        let report = server.state().reports[0].clone();
        assert_eq!(phone.managed_accounts().count(), 1);
        assert_eq!(report.pointer("/StatusItems/account/list/exchange/0").is_some(), told, "{os}: {report}");
        assert_eq!(report["Errors"].as_array().unwrap().is_empty(), told);
        assert_eq!(report.pointer("/StatusItems/device/operating-system/version"), Some(&json!(format!("{os}"))));
    }
}

#[tokio::test]
async fn below_ios_18_4_a_legacy_app_configuration_in_a_declaration_is_not_seen() {
    for (os, configured) in [("18.3", false), ("18.4", true)] {
        let server = Server::start().await;
        let mut phone = server.enrolled(os).await;
        let url = format!("{}/outlook.plist", server.url());
        {
            let mut state = server.state();
            state
                .documents
                .insert("/outlook.plist".to_owned(), b"<plist><dict><key>a</key><true/></dict></plist>".to_vec());
            state.declarations = vec![
                (
                    "activation",
                    "act",
                    "1".to_owned(),
                    "com.apple.activation.simple",
                    json!({ "StandardConfigurations": ["app"] }),
                ),
                ("asset", "conf", "1".to_owned(), "com.apple.asset.data", json!({ "Reference": { "DataURL": url } })),
                (
                    "configuration",
                    "app",
                    "1".to_owned(),
                    "com.apple.configuration.app.managed",
                    json!({ "BundleID": OUTLOOK, "LegacyAppConfigAssetReference": "conf" }),
                ),
            ];
        }
        server.queue("D", "DeclarativeManagement", "");
        server.queue("S", "Settings", &app_configuration(OUTLOOK, "<key>b</key><true/>"));
        phone.connect().await.unwrap();
        let app = phone.apps().get(OUTLOOK).unwrap();
        assert_eq!((app.state, app.configuration.is_some()), (AppState::Managed, configured), "{os}");
        // What a declaration manages, the commands do not touch.
        server.queue("S2", "Settings", &app_configuration(OUTLOOK, "<key>b</key><true/>"));
        server.queue("M", "ManagedApplicationList", "");
        phone.connect().await.unwrap();
        let report = server.report("S2");
        let item = report.array("Settings").unwrap()[0].as_dictionary().unwrap();
        assert_eq!((report.text("Status"), codes(item)), (Some("Acknowledged"), vec![12035]));
        assert!(!server.report("M").dictionary("ManagedApplicationList").unwrap().has(OUTLOOK));
    }
}

#[tokio::test]
async fn a_device_that_lies_about_its_release_still_reads_profiles_as_the_one_it_has() {
    let server = Server::start().await;
    let mut phone = phone("12.4");
    phone.faults.claimed_os = Some(OsVersion::new(17, 0));
    phone.enrol(&server.enrolment(""), given()).await.unwrap();
    assert_eq!(server.state().seen[0].message.text("OSVersion"), Some("17.0"));
    install(&server, &mut phone, &contacts_profile("P1")).await;
    assert_eq!(phone.accounts()[0].on.len(), 5);
}

// 6. Checks of the Exchange payload.

#[tokio::test]
async fn an_account_with_no_data_type_at_all_is_21009() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let none = ONLY_CONTACTS.replace("<key>EnableContacts</key><true/>", "<key>EnableContacts</key><false/>");
    let profile = profile("org.example.contacts", "P1", &[exchange("EAS", &format!("{none}{HOST}"))]);
    let report = install(&server, &mut phone, &profile).await;
    assert_eq!((report.text("Status"), codes(&report)), (Some("Error"), vec![1009, 4001, 21009]));
}

#[tokio::test]
async fn an_account_with_the_host_and_address_of_another_is_21005() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let own = phone.add_own_account(ExchangeSettings::own("Anna@example.org", "HUB.example.org"), Vec::new()).unwrap();
    let report = install(&server, &mut phone, &contacts_profile("P1")).await;
    assert_eq!(codes(&report), [1009, 4001, 21005], "from general to specific");
    let chain = report.array("ErrorChain").unwrap();
    assert_eq!(chain[2].as_dictionary().unwrap().text("ErrorDomain"), Some("MCEASErrorDomain"));
    phone.delete_account(own).unwrap();
    install(&server, &mut phone, &contacts_profile("P1")).await;
    assert_eq!(phone.managed_accounts().count(), 1);
    // And the other way round.
    let refused = phone.add_own_account(ExchangeSettings::own("anna@example.org", "hub.example.org"), Vec::new());
    assert!(matches!(refused, Err(Fault::ExchangeNotUnique { .. })));
    assert!(phone.add_own_account(ExchangeSettings::own("alias@example.org", "hub.example.org"), Vec::new()).is_ok());
}

#[tokio::test]
async fn a_sign_in_address_without_a_host_is_21003() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    let profile = profile("org.example.contacts", "P1", &[exchange("EAS", ONLY_CONTACTS)]);
    assert_eq!(codes(&install(&server, &mut phone, &profile).await), [1009, 4001, 21003]);
}

// 7. The person.

#[tokio::test]
async fn an_account_syncs_only_after_the_person_signed_in_and_then_as_the_device_management_knows() {
    let exchange_server =
        scripted::Server::with_account(vec![scripted::synced("S2", false, "", &scripted::add("F9:1", "Bea", "Bunt"))])
            .await;
    let server = Server::start().await;
    let mut spec = phone("17.4").spec().clone();
    spec.exchange_at = Some(exchange_server.url());
    let mut phone = ManagedPhone::new(spec);
    phone.enrol(&server.enrolment(""), given()).await.unwrap();
    install(&server, &mut phone, &contacts_profile("P1")).await;
    let id = phone.accounts()[0].id;
    assert!(matches!(phone.sync(id).await, Err(ManagedError::SignInNeeded(_))));
    phone.habits.signs_in = false;
    let password = || SignIn::With(Credentials::Password("app-password".to_owned()));
    assert!(matches!(phone.sign_in(id, password()).await, Err(ManagedError::PersonDoesNot)));
    phone.habits.signs_in = true;
    phone.sign_in(id, password()).await.unwrap();
    assert_eq!(phone.sync(id).await.unwrap().received, 1);
    assert_eq!(names(&phone, CONTACTS), ["Bea Bunt"]);
    let device_id = format!("DeviceId={}", phone.spec().eas_device_identifier);
    assert!(exchange_server.last().target.contains(&device_id));
    assert!(phone.phone_of(id).unwrap().violations().is_empty());
}

#[tokio::test]
async fn a_person_deletes_what_they_installed_and_not_what_management_brought() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    assert_eq!(phone.delete_profile("org.example.contacts"), Err(NotAllowed::Managed));
    assert_eq!(phone.delete_account(phone.accounts()[0].id), Err(NotAllowed::Managed));
    let own = profile("org.example.own", "O", &[restriction("org.example.own.r", "OR")]);
    phone.install_profile(&own).await.unwrap();
    server.queue("R", "RemoveProfile", "<key>Identifier</key><string>org.example.own</string>");
    phone.connect().await.unwrap();
    assert_eq!(codes(&server.report("R")), [12013], "nor management what they installed");
    phone.delete_profile("org.example.own").unwrap();
    phone.leave_management().await.unwrap();
    assert_eq!((phone.profiles().all().len(), phone.accounts().len()), (0, 0));
    assert_eq!(server.kinds().last().unwrap(), "CheckOut");
}

#[tokio::test]
async fn contact_restrictions_cannot_be_installed_by_hand() {
    let mut phone = phone("17.4");
    let by_hand = wall("<key>allowUnmanagedToReadManagedContacts</key><false/>");
    assert_eq!(phone.install_profile(&by_hand).await.unwrap_err().codes(), [1009, 4022]);
}

#[tokio::test]
async fn an_account_of_a_profile_installed_by_hand_has_the_locks_and_is_not_managed() {
    let mut phone = phone("17.4");
    phone.install_profile(&contacts_profile("P1")).await.unwrap();
    assert_eq!((phone.accounts().len(), phone.managed_accounts().count()), (1, 0));
    assert_eq!(phone.toggle(phone.accounts()[0].id, Service::Mail, true), Err(NotAllowed::Locked));
    phone.delete_profile("org.example.contacts").unwrap();
    assert!(phone.accounts().is_empty());
}

// 8. Managed open-in.

#[tokio::test]
async fn behind_the_wall_personal_apps_see_no_managed_contact_and_the_system_sees_all() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    phone.sign_in_elsewhere(phone.accounts()[0].id, vec![contact("Bea")]);
    phone.personal_contacts().push(contact("Own"));
    assert_eq!(names(&phone, MESSENGER).len(), 2, "no wall yet");
    install(&server, &mut phone, &wall("")).await;
    assert_eq!(names(&phone, MESSENGER), ["Own Muster"]);
    assert_eq!(names(&phone, CONTACTS), ["Bea Muster", "Own Muster"]);
    assert_eq!(names(&phone, "com.apple.mobilephone").len(), 2);
    let managed = Store::Account(phone.accounts()[0].id);
    assert!(!phone.may_write(MESSENGER, managed) && phone.may_write(MESSENGER, Store::Personal));
    assert_eq!(phone.violations(), []);
}

#[tokio::test]
async fn the_exceptions_let_personal_apps_read_and_managed_apps_write() {
    for (key, reads, writes) in
        [("allowUnmanagedToReadManagedContacts", true, false), ("allowManagedToWriteUnmanagedContacts", false, true)]
    {
        let (server, mut phone) = with_contacts_account("17.4").await;
        manage_outlook(&server, &mut phone).await;
        install(&server, &mut phone, &wall(&format!("<key>{key}</key><true/>"))).await;
        let managed = Store::Account(phone.accounts()[0].id);
        assert_eq!((phone.may_read(MESSENGER, managed), phone.may_write(OUTLOOK, Store::Personal)), (reads, writes));
        assert!(phone.may_read(OUTLOOK, managed) && phone.may_read(OUTLOOK, Store::Personal));
    }
}

#[tokio::test]
async fn the_exceptions_mean_nothing_while_the_master_switch_is_on() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    install(&server, &mut phone, &restrictions("<key>allowUnmanagedToReadManagedContacts</key><false/>")).await;
    assert!(phone.may_read(MESSENGER, Store::Account(phone.accounts()[0].id)));
    assert_eq!(phone.violations(), [ManagedViolation::InertRestriction("allowUnmanagedToReadManagedContacts")]);
}

#[tokio::test]
async fn one_key_in_two_payloads_is_held_against_the_server_and_the_stricter_wins() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    install(&server, &mut phone, &wall("")).await;
    let other = payload(
        "com.apple.applicationaccess",
        "org.example.other.r",
        "R2",
        "<key>allowOpenFromManagedToUnmanaged</key><true/>",
    );
    install(&server, &mut phone, &profile("org.example.other", "O", &[other])).await;
    assert!(!phone.restrictions().open_managed_in_unmanaged);
    assert_eq!(phone.violations(), [ManagedViolation::RestrictionSetTwice("allowOpenFromManagedToUnmanaged")]);
}

#[tokio::test]
async fn before_ios_11_3_the_wall_does_not_stand_for_contacts() {
    let (server, mut phone) = with_contacts_account("11.2").await;
    install(&server, &mut phone, &wall("")).await;
    assert!(phone.may_read(MESSENGER, Store::Account(phone.accounts()[0].id)));
}

// 9. Apps and Outlook's export.

fn app_configuration(bundle: &str, inside: &str) -> String {
    format!(
        "<key>Settings</key><array><dict><key>Item</key><string>ApplicationConfiguration</string>\
         <key>Identifier</key><string>{bundle}</string><key>Configuration</key><dict>{inside}</dict></dict></array>"
    )
}

const TAKE_OVER: &str = "<key>Identifier</key><string>com.microsoft.Office.Outlook</string>\
                         <key>ChangeManagementState</key><string>Managed</string>";

async fn manage_outlook(server: &Server, phone: &mut ManagedPhone) {
    server.queue("outlook", "InstallApplication", TAKE_OVER);
    phone.connect().await.unwrap();
    assert_eq!(phone.app_kind(OUTLOOK), AppKind::Managed);
}

async fn configure(server: &Server, phone: &mut ManagedPhone, uuid: &str, enabled: bool, open: bool) -> Dictionary {
    let inside = format!(
        "<key>com.microsoft.outlook.Contacts.LocalSyncEnabled</key><{enabled}/>\
         <key>com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed</key><{open}/>"
    );
    server.queue(uuid, "Settings", &app_configuration(OUTLOOK, &inside));
    phone.connect().await.unwrap();
    server.report(uuid)
}

#[tokio::test]
async fn an_acknowledged_settings_command_can_hide_the_error_of_its_item() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.install_app(OUTLOOK);
    let report = configure(&server, &mut phone, "S1", false, false).await;
    let item = report.array("Settings").unwrap()[0].as_dictionary().unwrap().clone();
    assert_eq!((report.text("Status"), item.text("Status")), (Some("Acknowledged"), Some("Error")));
    assert_eq!(codes(&item), [12029], "the person's own app is not managed");
    manage_outlook(&server, &mut phone).await;
    configure(&server, &mut phone, "S2", false, false).await;
    server.queue(
        "Q",
        "ManagedApplicationConfiguration",
        &format!("<key>Identifiers</key><array><string>{OUTLOOK}</string></array>"),
    );
    phone.connect().await.unwrap();
    let report = server.report("Q");
    let found = report.array("ApplicationConfigurations").unwrap()[0].as_dictionary().unwrap();
    let configuration = found.dictionary("Configuration").unwrap();
    assert_eq!(configuration.boolean("com.microsoft.outlook.Contacts.LocalSyncEnabled"), Some(false));
}

#[tokio::test]
async fn a_person_can_reject_the_takeover_of_their_app_unless_the_device_is_supervised() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.install_app(OUTLOOK);
    phone.habits.accepts_apps = false;
    server.queue("T", "InstallApplication", TAKE_OVER);
    server.queue("M", "ManagedApplicationList", "");
    server.queue("M2", "ManagedApplicationList", "");
    phone.connect().await.unwrap();
    assert_eq!(codes(&server.report("T")), [12063]);
    assert_eq!(phone.app_kind(OUTLOOK), AppKind::Unmanaged);
    let status = |uuid: &str| {
        let report = server.report(uuid);
        let list = report.dictionary("ManagedApplicationList").unwrap();
        list.dictionary(OUTLOOK).map(|app| app.text("Status").unwrap().to_owned())
    };
    assert_eq!((status("M").as_deref(), status("M2")), (Some("ManagementRejected"), None), "told once");
    let mut spec = phone.spec().clone();
    spec.supervised = true;
    let mut supervised = ManagedPhone::new(spec);
    supervised.habits.accepts_apps = false;
    supervised.install_app(OUTLOOK);
    supervised.enrol(&server.enrolment(""), given()).await.unwrap();
    manage_outlook(&server, &mut supervised).await;
}

#[tokio::test]
async fn an_app_that_is_not_there_is_offered_and_an_offer_can_be_rejected() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.habits.accepts_apps = false;
    server.queue("T", "InstallApplication", TAKE_OVER);
    phone.connect().await.unwrap();
    assert_eq!((codes(&server.report("T")), phone.apps().is_installed(OUTLOOK)), (vec![12063], false));
    phone.habits.accepts_apps = true;
    manage_outlook(&server, &mut phone).await;
    phone.delete_app(OUTLOOK);
    server.queue("M", "ManagedApplicationList", "");
    phone.connect().await.unwrap();
    let report = server.report("M");
    let app = report.dictionary("ManagedApplicationList").unwrap().dictionary(OUTLOOK).unwrap();
    assert_eq!(app.text("Status"), Some("ManagedButUninstalled"));
}

#[tokio::test]
async fn user_enrolment_takes_over_no_app() {
    let server = Server::start().await;
    let mut phone = server.user_enrolled("17.4").await;
    phone.install_app(OUTLOOK);
    server.queue("T", "InstallApplication", TAKE_OVER);
    server.queue("A", "InstalledApplicationList", "");
    phone.connect().await.unwrap();
    assert_eq!(codes(&server.report("T")), [12026]);
    assert!(server.report("A").array("InstalledApplicationList").unwrap().is_empty(), "managed apps only");
    phone.delete_app(OUTLOOK);
    manage_outlook(&server, &mut phone).await;
}

#[tokio::test]
async fn the_export_goes_one_way_and_the_next_one_overwrites_what_was_edited_natively() {
    let mut phone = phone("17.4");
    phone.install_app(OUTLOOK);
    phone.outlook_mut().mailbox = vec![contact("Bea")];
    assert_eq!(phone.run_outlook(), Export::Off, "off until somebody turns it on");
    assert_eq!(phone.set_save_contacts(true), Ok(Export::Written(1)));
    assert_eq!(names(&phone, MESSENGER), ["Bea Muster"], "what is exported is unmanaged");
    phone.outlook_mut().exported_mut()[0].note = "typed in Contacts".to_owned();
    assert_eq!(phone.run_outlook(), Export::Written(1));
    assert_eq!(phone.outlook().exported()[0].note, "");
    assert_eq!(phone.outlook().mailbox[0].note, "");
    phone.set_container(false);
    assert_eq!(phone.run_outlook(), Export::NoContainer);
}

#[tokio::test]
async fn an_export_beside_the_managed_account_shows_everything_twice_until_it_is_off_and_outlook_ran() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    phone.install_app(OUTLOOK);
    phone.outlook_mut().mailbox = vec![contact("Bea"), contact("Carl")];
    phone.set_save_contacts(true).unwrap();
    phone.sign_in_elsewhere(phone.accounts()[0].id, vec![contact("Bea"), contact("Carl")]);
    assert_eq!(phone.duplicates(), ["Bea Muster", "Carl Muster"]);
    manage_outlook(&server, &mut phone).await;
    configure(&server, &mut phone, "S", false, false).await;
    assert_eq!(phone.duplicates().len(), 2, "Outlook has not run yet");
    assert_eq!(phone.run_outlook(), Export::Off);
    assert_eq!((phone.duplicates().len(), names(&phone, CONTACTS).len()), (0, 2));
    assert_eq!(phone.set_save_contacts(true), Err(SetByOrganisation));
}

#[tokio::test]
async fn the_persons_choice_wins_while_change_is_allowed() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    manage_outlook(&server, &mut phone).await;
    phone.outlook_mut().mailbox = vec![contact("Bea")];
    configure(&server, &mut phone, "S1", true, true).await;
    assert_eq!(phone.run_outlook(), Export::Written(1), "the organisation's default");
    assert_eq!(phone.set_save_contacts(false), Ok(Export::Off));
    assert_eq!(phone.run_outlook(), Export::Off);
    configure(&server, &mut phone, "S2", true, false).await;
    assert_eq!(phone.run_outlook(), Export::Written(1), "locked on, whatever they chose");
}

#[tokio::test]
async fn behind_the_wall_a_managed_outlook_cannot_export_and_a_personal_one_can() {
    let (server, mut phone) = with_contacts_account("17.4").await;
    phone.install_app(OUTLOOK);
    phone.outlook_mut().mailbox = vec![contact("Bea")];
    install(&server, &mut phone, &wall("")).await;
    assert_eq!(phone.set_save_contacts(true), Ok(Export::Written(1)));
    manage_outlook(&server, &mut phone).await;
    assert_eq!(phone.run_outlook(), Export::Forbidden);
}

// 10. User enrolment.

#[tokio::test]
async fn user_enrolment_rejects_a_whole_profile_for_one_forbidden_key_or_payload() {
    let server = Server::start().await;
    let mut phone = server.user_enrolled("17.4").await;
    let key = payload(
        "com.apple.applicationaccess",
        "org.example.contacts.r",
        "R",
        "<key>allowManagedToWriteUnmanagedContacts</key><true/>",
    );
    let vpn = payload("com.apple.vpn.managed", "org.example.contacts.vpn", "V", "");
    for forbidden in [key, vpn] {
        let account = exchange("EAS", &format!("{ONLY_CONTACTS}{HOST}"));
        let report = install(&server, &mut phone, &profile("org.example.contacts", "P", &[account, forbidden])).await;
        assert_eq!(codes(&report), [1009, 4023]);
        assert!(phone.accounts().is_empty());
    }
    install(&server, &mut phone, &contacts_profile("P1")).await;
    install(&server, &mut phone, &wall("<key>allowUnmanagedToReadManagedContacts</key><false/>")).await;
    assert_eq!((phone.managed_accounts().count(), phone.profiles().all().len()), (1, 3));
    server.queue("I", "SecurityInfo", "");
    phone.connect().await.unwrap();
    let info = server.report("I").dictionary("SecurityInfo").unwrap().clone();
    assert_eq!(info.dictionary("ManagementStatus").unwrap().boolean("IsUserEnrollment"), Some(true));
}

#[tokio::test]
async fn user_enrolment_lists_no_profile_and_no_account_of_the_persons_own() {
    let server = Server::start().await;
    let mut phone = server.user_enrolled("17.4").await;
    phone.install_profile(&profile("org.example.own", "O", &[restriction("org.example.own.r", "OR")])).await.unwrap();
    phone.add_own_account(ExchangeSettings::own("anna@home.example", "home.example"), Vec::new()).unwrap();
    declare(&server, &json!(["eas", "subs"]));
    server.queue("D", "DeclarativeManagement", "");
    server.queue("L", "ProfileList", "");
    phone.connect().await.unwrap();
    assert_eq!(server.report("L").array("ProfileList").unwrap().len(), 1, "the enrolment");
    let report = server.state().reports[0].clone();
    assert_eq!(report.pointer("/StatusItems/account/list/exchange").unwrap().as_array().unwrap().len(), 1);
}

// Declarations.

#[tokio::test]
async fn declarations_make_an_account_and_its_status_proves_contacts_on_and_mail_off() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    declare(&server, &json!(["eas", "subs"]));
    server.queue("D", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    let account = &phone.accounts()[0];
    assert!(account.is_managed() && account.settings.locked.contains(&Service::Contacts));
    let report = server.state().reports[0].clone();
    assert_eq!(report["FullReport"], json!(true));
    let listed = report.pointer("/StatusItems/account/list/exchange/0").unwrap();
    assert_eq!((&listed["are-contacts-enabled"], &listed["is-mail-enabled"]), (&json!(true), &json!(false)));
    assert_eq!((&listed["declaration-identifier"], &listed["hostname"]), (&json!("eas"), &json!("hub.example.org")));
    let configurations = report.pointer("/StatusItems/management/declarations/configurations").unwrap();
    assert!(
        configurations
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["valid"] == json!("valid") && one["active"] == json!(true))
    );
    assert!(report.pointer("/StatusItems/management/client-capabilities/supported-versions").is_some());
    assert!(!phone.wants_to_connect(), "everything is told");
}

#[tokio::test]
async fn later_reports_tell_what_changed_and_what_is_gone_without_being_asked() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    declare(&server, &json!(["eas", "subs"]));
    server.queue("D", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    phone.toggle(phone.accounts()[0].id, Service::Notes, true).unwrap();
    assert!(phone.wants_to_connect());
    phone.connect_by_itself().await.unwrap().unwrap();
    let report = server.state().reports[1].clone();
    assert_eq!(report.pointer("/StatusItems/account/list/exchange/0/are-notes-enabled"), Some(&json!(true)));
    assert!(report.get("FullReport").is_none() && report.pointer("/StatusItems/device").is_none());
    // The account's declaration leaves the activation.
    server.state().declarations[0].4 = json!({ "StandardConfigurations": ["subs"] });
    server.state().declarations[0].2 = "2".to_owned();
    server.queue("D2", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    assert_eq!((phone.accounts().len(), phone.counters().declarations_fetched), (0, 5), "one of four again");
    let report = server.state().reports[2].clone();
    assert_eq!(report.pointer("/StatusItems/account/list/exchange/0/_removed"), Some(&json!(true)));
    let eas = report.pointer("/StatusItems/management/declarations/configurations/0").unwrap();
    assert_eq!((&eas["active"], &eas["reasons"][0]["code"]), (&json!(false), &json!("Info.NotReferencedByActivation")));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_applied_is_reported_invalid_with_its_reasons() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    phone.add_own_account(ExchangeSettings::own("anna@example.org", "hub.example.org"), Vec::new()).unwrap();
    declare(&server, &json!(["eas", "subs"]));
    server.queue("D", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    let report = server.state().reports[0].clone();
    let eas = report.pointer("/StatusItems/management/declarations/configurations/0").unwrap();
    assert_eq!((&eas["valid"], &eas["active"]), (&json!("invalid"), &json!(false)));
    assert_eq!(eas["reasons"][0]["code"], json!("Error.ConfigurationCannotBeApplied"));
    assert_eq!(eas["reasons"][0]["details"]["Errors"][0]["Code"], json!(21005));
    let listed = report.pointer("/StatusItems/account/list/exchange/0").unwrap();
    assert!(listed.get("declaration-identifier").is_none(), "the account that is in the way is listed");
}

#[tokio::test]
async fn a_legacy_declaration_installs_a_profile_from_the_server_and_takes_it_away_again() {
    let server = Server::start().await;
    let mut phone = server.enrolled("18.0").await;
    let declare = |path: &str, active: serde_json::Value| {
        let url = format!("{}{path}", server.url());
        let token = format!("{active}");
        server.state().declarations = vec![
            ("activation", "act", token, "com.apple.activation.simple", json!({ "StandardConfigurations": active })),
            ("configuration", "old", "1".to_owned(), "com.apple.configuration.legacy", json!({ "ProfileURL": url })),
        ];
    };
    server.state().documents.insert("/contacts.mobileconfig".to_owned(), contacts_profile("P1"));
    declare("/contacts.mobileconfig", json!(["old"]));
    server.queue("D", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    assert_eq!(phone.managed_accounts().count(), 1);
    server.queue("L", "ProfileList", "");
    server.queue("R", "RemoveProfile", "<key>Identifier</key><string>org.example.contacts</string>");
    phone.connect().await.unwrap();
    let report = server.report("L");
    let listed = report.array("ProfileList").unwrap()[1].as_dictionary().unwrap();
    assert_eq!(listed.text("Source"), Some("Declarative Device Management"));
    assert_eq!(codes(&server.report("R")), [12013], "a command does not take away what a declaration brought");
    declare("/contacts.mobileconfig", json!([]));
    server.queue("D2", "DeclarativeManagement", "");
    phone.connect().await.unwrap();
    assert_eq!((phone.profiles().all().len(), phone.accounts().len()), (1, 0));
}

#[tokio::test]
async fn a_manifest_without_one_of_its_four_arrays_is_held_against_the_server() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    declare(&server, &json!(["eas"]));
    server.state().without = Some("Management");
    server.queue("D", "DeclarativeManagement", "");
    assert!(matches!(phone.connect().await, Err(ManagedError::Protocol(_))));
    assert!(matches!(phone.violations(), [ManagedViolation::Declarations(_)]));
    server.state().without = None;
    phone.connect().await.unwrap();
    assert_eq!(phone.managed_accounts().count(), 1, "tried again at the next connection");
}

#[tokio::test]
async fn a_name_of_more_than_64_octets_is_held_against_the_server() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    declare(&server, &json!(["eas"]));
    server.state().declarations[1].2 = "t".repeat(65);
    server.queue("D", "DeclarativeManagement", "");
    assert!(phone.connect().await.is_err());
    assert!(matches!(phone.violations(), [ManagedViolation::Declarations(_)]));
}

#[tokio::test]
async fn an_activation_is_active_while_its_predicate_holds() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    for (token, predicate, accounts) in [
        ("1", "@status(device.model.family) == 'AppleTV'", 0),
        ("2", "@status(device.model.family) == 'iPhone'", 1),
        ("3", "@status(device.operating-system.version) >= '13'", 0),
    ] {
        declare(&server, &json!(["eas", "subs"]));
        server.state().declarations[0].4 = json!({ "StandardConfigurations": ["eas"], "Predicate": predicate });
        server.state().declarations[0].2 = token.to_owned();
        server.queue(token, "DeclarativeManagement", "");
        phone.connect().await.unwrap();
        assert_eq!(phone.accounts().len(), accounts, "{predicate}");
        let (_, activation) = phone.declarations().find(|(identifier, _)| *identifier == "act").unwrap();
        assert_eq!(activation.active, accounts == 1);
    }
}

// Faults and the crowd.

#[tokio::test]
async fn an_offline_phone_hears_nothing_and_a_failing_command_changes_nothing() {
    let server = Server::start().await;
    let mut phone = server.enrolled("17.4").await;
    server.install("C1", &contacts_profile("P1"));
    phone.faults.offline = true;
    assert!(matches!(phone.connect().await, Err(ManagedError::Offline)));
    assert_eq!(server.kinds().len(), 2);
    phone.faults.offline = false;
    phone.faults.fail.insert("InstallProfile".to_owned());
    phone.connect().await.unwrap();
    assert_eq!(server.report("C1").text("Status"), Some("Error"));
    assert!(phone.accounts().is_empty());
}

#[tokio::test]
async fn a_thousand_phones_of_all_releases_enrol_and_take_their_profile_side_by_side() {
    let server = Server::start().await;
    let identity = given();
    let enrolment = server.enrolment("");
    let room = std::sync::Arc::new(tokio::sync::Semaphore::new(100));
    let phones = (0..1000_u16).map(|number| {
        let room = std::sync::Arc::clone(&room);
        let os = OsVersion::new(12 + number % 16, 0);
        let (identity, enrolment) = (identity.clone(), enrolment.clone());
        tokio::spawn(async move {
            let _connected = room.acquire().await.unwrap();
            let mut phone = ManagedPhone::new(phone::managed::DeviceSpec::numbered(number.into(), os));
            phone.enrol(&enrolment, identity).await.unwrap();
            phone.connect().await.unwrap();
            phone.install_profile(&contacts_profile("P1")).await.unwrap();
            phone
        })
    });
    let phones: Vec<_> = phones.collect();
    let mut full = 0;
    for phone in phones {
        full += usize::from(phone.await.unwrap().accounts()[0].on.len() == 5);
    }
    assert_eq!(full, 63, "those on iOS 12");
    assert_eq!(server.state().seen.len(), 3000);
}

#[test]
fn a_chain_of_errors_reads_from_general_to_specific() {
    let chain = ErrorChain::from(Fault::ExchangeNoServices).within(Fault::ProfileFailed("Contacts".to_owned()));
    assert_eq!(chain.codes(), [1009, 21009]);
    assert!(matches!(chain.to_plist(), Value::Array(items) if items.len() == 2));
    assert!(chain.to_string().ends_with("no service of the Exchange account is enabled (MCEASErrorDomain 21009)"));
}
