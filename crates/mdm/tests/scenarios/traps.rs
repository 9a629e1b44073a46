//! What has cost others their fleets, one test each.

use std::sync::Arc;

use axum::body::Body;
use certificates::Reason;
use fleet::delivery::Order;
use http::{Method, Request, StatusCode};
use ledger::{
    LedgerError,
    testing::{both_engines, sqlite},
};
use mdm::{Embedded, Letterhead, OpenError, Service, limits};

use crate::{
    device::{CHECK_IN, Phone, REPORT, entry, plist, value},
    house::{ANNA, BEN, House, TOPIC, URL, id, order, settings_of},
};

async fn give(house: &House, device: &str, name: &str) {
    use fleet::delivery::Delivery;
    Embedded(house.service.clone()).give(&id(device), &order(name), &Order::ListProfiles).await.unwrap();
}

/// Every way to be refused, on every route, by every method; and a ledger that fails.
#[test]
fn never_a_401_on_an_mdm_route_whatever_happens() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let stranger = house.certificate(BEN).await;
        let revoked = house.certificate(ANNA).await;
        house.certificates.revoke(&revoked.serial, Reason::KeyCompromise).await.unwrap();
        let foreign = Arc::new(identity::ClientCertificate { ours: false, ..(*phone.certificate).clone() });
        let who = phone.who();
        let bodies = [
            String::new(),
            "hello".to_owned(),
            "<plist><dict><key>".to_owned(),
            "{}".to_owned(),
            "bplist00".to_owned(),
            "<plist>".to_owned() + &"<array>".repeat(50_000),
            "x".repeat(limits::MESSAGE_BYTES_MAX + 1),
            plist(""),
            plist(&who),
            plist(&entry("MessageType", "Authenticate")),
            plist(&(entry("MessageType", "Authenticate") + &who)),
            plist(&(entry("MessageType", "Authenticate") + &who + &entry("Topic", "another"))),
            plist(&(entry("MessageType", "TokenUpdate") + &who)),
            plist(&(entry("MessageType", "TokenUpdate") + &who + &entry("UserID", "u"))),
            plist(&(entry("MessageType", "UserAuthenticate") + &who)),
            plist(&(entry("MessageType", "SetBootstrapToken") + &who)),
            plist(&(entry("MessageType", "GetToken") + &who)),
            plist(&(entry("MessageType", "DeclarativeManagement") + &who + &entry("Endpoint", "status"))),
            plist(&(entry("MessageType", "DeclarativeManagement") + &who + &entry("Endpoint", "declaration/asset/x"))),
            plist(&(entry("MessageType", "DeclarativeManagement") + &who + &entry("Endpoint", "../../etc"))),
            plist(&(entry("MessageType", "Dance") + &who)),
            plist(&(entry("Status", "Idle") + &entry("UDID", "nobody"))),
            plist(&(entry("Status", "Idle") + &entry("UDID", "a/b"))),
            plist(&(entry("Status", "Acknowledged") + &who)),
            plist(&(entry("Status", "Dancing") + &who)),
            plist(&(entry("Status", "Error") + &entry("CommandUUID", "x") + &who)),
        ];
        let certificates = [None, Some(&phone.certificate), Some(&stranger), Some(&revoked), Some(&foreign)];
        let mut answered = 0;
        for broken in [false, true] {
            if broken {
                // From here on every look into the ledger fails.
                house.ledger.write::<_, LedgerError>(|tx| tx.execute("DROP TABLE mdm_enrolment", &[])).await.unwrap();
                house.ledger.write::<_, LedgerError>(|tx| tx.execute("DROP TABLE certificate", &[])).await.unwrap();
            }
            for path in ["/mdm/checkin", "/mdm/connect", "/mdm/connect/", "/mdm/checkin?a=1", "/mdm/other"] {
                for media_type in [CHECK_IN, REPORT, "application/json", ""] {
                    for certificate in certificates {
                        for signature in [None, Some("no base64!"), Some("AAAA")] {
                            for body in &bodies {
                                // Large ones have to be looked at no more than once for each address.
                                let large = body.len() > 10_000;
                                if large
                                    && (signature.is_some() || media_type.is_empty() || certificate != certificates[1])
                                {
                                    continue;
                                }
                                let mut request = Request::put(path).header("Content-Type", media_type);
                                if let Some(signature) = signature {
                                    request = request.header("Mdm-Signature", signature);
                                }
                                if let Some(certificate) = certificate {
                                    request = request.extension(Arc::clone(certificate));
                                }
                                let (status, text) = house.ask(request.body(Body::from(body.clone())).unwrap()).await;
                                assert_ne!(status, StatusCode::UNAUTHORIZED, "{path} {media_type} {body}");
                                assert!(!text.contains("unrecognized"), "{text}");
                                answered += 1;
                            }
                        }
                    }
                }
            }
        }
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS, Method::PATCH] {
            let request = Request::builder().method(method).uri("/mdm/connect").header("Authorization", "Basic eDp5");
            let (status, _) = house.ask(request.body(Body::empty()).unwrap()).await;
            assert_ne!(status, StatusCode::UNAUTHORIZED);
        }
        assert!(answered > 10_000);
    });
}

/// An iPhone from iOS 17 on leaves when it is answered 403 with `{"code":"com.apple.unrecognized.device"}`.
#[test]
fn a_403_never_bears_apples_order_to_leave() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        let body = plist(&(entry("Status", "Idle") + &phone.who()));
        let (status, text) = phone.put(&house, "/mdm/connect", REPORT, body).await;
        assert_eq!((status, text.as_str()), (StatusCode::FORBIDDEN, "Forbidden"));
    });
}

#[test]
fn a_wrong_content_type_an_oversized_body_and_a_malformed_plist_are_400() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let idle = plist(&(entry("Status", "Idle") + &phone.who()));
        for media_type in ["", "application/json", "text/xml", "application/x-apple-aspen-mdm-other"] {
            let (status, _) = phone.put(&house, "/mdm/connect", media_type, idle.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{media_type}");
        }
        let (status, _) = phone.put(&house, "/mdm/checkin", REPORT, idle.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "a report where only check-in is");
        for body in ["x".repeat(limits::MESSAGE_BYTES_MAX + 1), String::new(), "<plist><dict/>".to_owned()] {
            let (status, _) = phone.put(&house, "/mdm/connect", REPORT, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
        }
        let (status, _) = phone.put(&house, "/mdm/connect", "Application/X-Apple-Aspen-MDM; charset=UTF-8", idle).await;
        assert_eq!(status, StatusCode::OK);
    });
}

/// Devices without CheckInURL send both to one address; the Content-Type tells them apart.
#[test]
fn check_in_works_at_the_server_url_too() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        let body = plist(&(entry("MessageType", "Authenticate") + &phone.who() + &entry("Topic", TOPIC)));
        let (status, text) = phone.put(&house, "/mdm/connect", CHECK_IN, body).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, ""));
        assert!(house.register.device(&id("A")).await.unwrap().is_some());
    });
}

#[test]
fn a_device_that_enrols_again_begins_anew() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        give(&house, "A", "C").await;
        let position = house.position().await;
        // Wiped and set up anew: another key, another certificate.
        let again = Phone { certificate: house.certificate(ANNA).await, ..Phone::of(&house, ANNA, "A").await };
        assert_eq!(again.authenticate(&house).await, StatusCode::OK);
        let known = house.register.device(&id("A")).await.unwrap().unwrap();
        assert_eq!((known.enrolled, known.token_updates, known.facts.eas_device_identifier), (false, 0, None));
        assert_eq!(house.heard.take(), [(phone.eas(), false, None)]);
        assert_eq!(again.idle(&house).await, None, "the queue is cleared");
        assert_eq!(house.told(position).await, ["failed C: BothwaysMDM 4", "facts 17.2.1"]);
        assert_eq!(again.token_update(&house, "").await, StatusCode::OK);
        // The name may be used again: what it named is over.
        give(&house, "A", "C").await;
        let (status, _) = phone.check_in(&house, "CheckOut", "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "the certificate from before is nobody's now");
    });
}

#[test]
fn one_certificate_is_one_device() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let copy = Phone {
            id: "B".to_owned(),
            certificate: Arc::clone(&phone.certificate),
            ..Phone::of(&house, ANNA, "B").await
        };
        assert_eq!(copy.authenticate(&house).await, StatusCode::FORBIDDEN);
        assert_eq!(house.register.device(&id("B")).await.unwrap(), None);
    });
}

#[test]
fn a_certificate_is_not_bound_to_a_device_afterwards() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        // A good certificate of the same person that did not enrol this device.
        let other = Phone { certificate: house.certificate(ANNA).await, ..Phone::of(&house, ANNA, "A").await };
        assert_eq!(other.token_update(&house, "").await, StatusCode::FORBIDDEN);
        assert_eq!(other.check_in(&house, "CheckOut", "").await.0, StatusCode::FORBIDDEN);
        let idle = plist(&(entry("Status", "Idle") + &other.who()));
        assert_eq!(other.put(&house, "/mdm/connect", REPORT, idle).await.0, StatusCode::FORBIDDEN);
        assert!(house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
    });
}

#[test]
fn nobody_takes_another_persons_device_by_saying_its_name() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let thief = Phone::of(&house, BEN, "A").await;
        assert_eq!(thief.authenticate(&house).await, StatusCode::FORBIDDEN);
        assert!(house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
        // Handed on in the company: an administrator lets it go.
        assert!(house.register.release(&id("A")).await.unwrap());
        assert!(!house.register.release(&id("A")).await.unwrap());
        thief.enrol(&house).await;
        assert_eq!(house.register.device(&id("A")).await.unwrap().unwrap().account.unwrap().0, [2; 16]);
    });
}

#[test]
fn a_device_is_not_enrolled_before_its_first_token_update() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        assert_eq!(phone.token_update(&house, "").await, StatusCode::FORBIDDEN, "it did not authenticate");
        phone.authenticate(&house).await;
        assert!(!house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
        phone.token_update(&house, "").await;
        phone.token_update(&house, "").await;
        let known = house.register.device(&id("A")).await.unwrap().unwrap();
        assert_eq!((known.enrolled, known.token_updates), (true, 2));
        assert_eq!(house.told(0).await, ["facts 17.2.1", "enrolled"], "it enrolled once");
    });
}

/// ServerURL, CheckInURL and Topic are compared byte for byte by devices; whoever changes them loses the fleet.
#[test]
fn where_devices_ask_and_their_topic_never_change_under_them() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        let open = async |url: &str, topic: &str| {
            let push = Arc::clone(&house.push) as _;
            Service::open(house.register.clone(), house.certificates.clone(), push, &settings_of(url, topic)).await
        };
        open("https://other.example.org", TOPIC).await.unwrap();
        open(URL, TOPIC).await.unwrap();
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        for (url, topic) in [("https://other.example.org", TOPIC), (URL, "com.apple.mgmt.External.other")] {
            let refused = open(url, topic).await;
            assert!(matches!(refused, Err(OpenError::AddressChanged(_))), "{url} {topic}");
        }
        open(URL, TOPIC).await.unwrap();
        phone.check_in(&house, "CheckOut", "").await;
        open("https://other.example.org", TOPIC).await.unwrap();
    });
}

#[test]
fn a_token_under_another_topic_is_refused() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.authenticate(&house).await;
        let token =
            "<key>Token</key><data>AAAA</data>".to_owned() + &entry("PushMagic", "m") + &entry("Topic", "other");
        assert_eq!(phone.check_in(&house, "TokenUpdate", &token).await.0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_revoked_certificate_manages_nothing() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        house.certificates.revoke(&phone.certificate.serial, Reason::KeyCompromise).await.unwrap();
        let idle = plist(&(entry("Status", "Idle") + &phone.who()));
        assert_eq!(phone.put(&house, "/mdm/connect", REPORT, idle).await.0, StatusCode::FORBIDDEN);
        assert_eq!(phone.authenticate(&house).await, StatusCode::FORBIDDEN);
    });
}

/// CheckOut is best effort: all there is of a device that left without a word is its silence.
#[test]
fn a_device_is_known_by_when_it_was_last_seen() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let seen = async || house.register.device(&id("A")).await.unwrap().unwrap().last_seen;
        let before = seen().await;
        house.clock.pass(limits::PUSH_AGAIN);
        assert_eq!(seen().await, before);
        phone.idle(&house).await;
        assert!(seen().await > before);
    });
}

#[test]
fn a_device_that_lies_about_its_version_has_said_nothing_of_it() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone { version: "seventeen; DROP".to_owned(), ..Phone::of(&house, ANNA, "A").await };
        phone.settle(&house).await;
        assert_eq!(house.register.device(&id("A")).await.unwrap().unwrap().facts.os_version, None);
    });
}

/// A device that waits in Setup Assistant would wait for ever.
#[test]
fn a_device_that_awaits_its_configuration_may_go_on() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.authenticate(&house).await;
        phone.token_update(&house, "<key>AwaitingConfiguration</key><true/>").await;
        let mut kinds = Vec::new();
        let mut next = phone.idle(&house).await;
        while let Some(got) = next {
            next = phone.answer(&house, &got).await;
            kinds.push(got.kind);
        }
        assert_eq!(kinds.last().map(String::as_str), Some("DeviceConfigured"));
    });
}

/// What is not for us is refused without harm: the device stays as it is.
#[test]
fn tokens_for_apples_services_and_users_of_devices_are_refused_politely() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        let user = entry("UserID", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF");
        for (kind, more) in [
            ("GetToken", entry("TokenServiceType", "com.apple.maid")),
            ("UserAuthenticate", user.clone()),
            ("SetBootstrapToken", String::new()),
            ("TokenUpdate", user),
        ] {
            let (status, text) = phone.check_in(&house, kind, &more).await;
            assert_eq!((status, text.as_str()), (StatusCode::BAD_REQUEST, "Bad Request"), "{kind}");
        }
        assert!(house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
    });
}

#[test]
fn a_person_has_their_own_devices() {
    both_engines(async |ledger| {
        let house = House::on(ledger).await;
        for (email, name) in [(ANNA, "B"), (BEN, "C"), (ANNA, "A")] {
            Phone::of(&house, email, name).await.enrol(&house).await;
        }
        let names = |devices: Vec<mdm::register::ManagedDevice>| -> Vec<String> {
            devices.iter().map(|device| device.id.to_string()).collect()
        };
        let anna = ledger::AccountId([1; 16]);
        assert_eq!(names(house.register.devices_of(anna).await.unwrap()), ["A", "B"]);
        assert_eq!(names(house.register.devices().await.unwrap()), ["A", "B", "C"]);
    });
}

#[test]
fn what_is_known_of_devices_is_told_again_at_a_start() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let phone = Phone::of(&house, ANNA, "A").await;
        phone.settle(&house).await;
        Phone::of(&house, BEN, "B").await.authenticate(&house).await;
        house.register.tell_again().await.unwrap();
        assert_eq!(house.heard.take(), [(phone.eas(), true, Some(false))]);
    });
}

#[test]
fn an_offer_has_what_an_enrolment_profile_needs() {
    sqlite(async |ledger| {
        let house = House::on(ledger).await;
        let offer = house.service.offer(ANNA).await.unwrap();
        let head = Letterhead {
            organisation: "Example".to_owned(),
            identifier_prefix: "org.example.bothways".to_owned(),
            sign_messages: true,
            roots: Vec::new(),
        };
        let profile = String::from_utf8(offer.profile(&head).unwrap().to_plist()).unwrap();
        assert_eq!(value(&profile, "ServerURL"), "https://contacts.example.org/mdm/connect");
        assert_eq!(value(&profile, "CheckInURL"), "https://contacts.example.org/mdm/checkin");
        assert_eq!(value(&profile, "URL"), "https://contacts.example.org/scep");
        assert_eq!((value(&profile, "Topic").as_str(), value(&profile, "AccessRights").as_str()), (TOPIC, "7443"));
        assert_eq!(value(&profile, "Challenge"), offer.scep_challenge.reveal());
        assert_ne!(offer.scep_challenge.reveal(), house.service.offer(ANNA).await.unwrap().scep_challenge.reveal());
        assert!(house.service.offer("nobody@example.org").await.is_err());
    });
}
