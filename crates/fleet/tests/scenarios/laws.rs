//! What holds for all inputs.

use fleet::{
    declaration,
    document::{self, Node},
    enrolment::Enrolment,
    lint::{Context, lint, lint_declaration},
    profile::{Account, Hub, Installation, Options, Person, SignIn, contacts},
};
use proptest::prelude::*;

use crate::house::{directory, hub, on, plist_of, scep};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{1,40}", "[\u{0}-\u{20}\u{fffd}-\u{10000}]{1,8}"]
}

fn person() -> impl Strategy<Value = Person> {
    (text(), text(), proptest::option::of(text())).prop_map(|(email, user_name, full_name)| Person {
        email: format!("a{email}@example.org"),
        user_name: format!("a{user_name}"),
        full_name,
    })
}

fn options() -> impl Strategy<Value = Options> {
    let account = prop_oneof![
        Just(Account::default()),
        Just(Account::Exchange(SignIn::Certificate(scep()))),
        Just(Account::Exchange(SignIn::OAuthWithCertificate(scep()))),
        any::<Option<u16>>().prop_map(|port| Account::CardDav { principal_url: None, port }),
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (account, flags, proptest::option::of(text())).prop_map(
        |(account, (by_hand, restrictions, web_clip, ldap), calls)| Options {
            account,
            installation: if by_hand { Installation::ByHand } else { Installation::Mdm },
            restrictions,
            web_clip,
            directory: ldap.then(directory),
            roots: Vec::new(),
            audio_calls: calls,
        },
    )
}

fn enrolment() -> impl Strategy<Value = Enrolment> {
    prop_oneof![Just(Enrolment::Device), Just(Enrolment::Supervised), Just(Enrolment::User)]
}

/// JSON that looks a little like a profile.
fn anything() -> impl Strategy<Value = serde_json::Value> {
    let key = prop_oneof![
        Just("PayloadType".to_owned()),
        Just("PayloadContent".to_owned()),
        Just("PayloadUUID".to_owned()),
        Just("PayloadCertificateUUID".to_owned()),
        Just("Password".to_owned()),
        Just("EnableMail".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[ -~]{0,20}".prop_map(Into::into),
        prop_oneof![
            Just("Configuration"),
            Just("com.apple.eas.account"),
            Just("com.apple.mdm"),
            Just("com.apple.security.scep"),
            Just("com.apple.applicationaccess"),
            Just("com.apple.ldap.account"),
        ]
        .prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().filter(|(key, _)| key != "$data").collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_people_are_called_their_profile_is_sound(person in person(), options in options(), enrolment in enrolment()) {
        let profile = contacts(&hub(), &person, enrolment, &options);
        let context = Context { manual: options.installation == Installation::ByHand, ..on(enrolment, "17.0") };
        let report = lint(&profile.to_plist(), &context);
        prop_assert!(report.findings.is_empty(), "{report}");
        let read: plist::Dictionary = plist::from_bytes(&profile.to_plist()).unwrap();
        prop_assert_eq!(&read, profile.dictionary());
    }

    #[test]
    fn the_uuid_follows_the_content(one in options(), other in options(), enrolment in enrolment(), person in person()) {
        let (one, other) = (contacts(&hub(), &person, enrolment, &one), contacts(&hub(), &person, enrolment, &other));
        prop_assert_eq!(one.uuid() == other.uuid(), one.to_plist() == other.to_plist());
    }

    #[test]
    fn whatever_people_are_called_their_declarations_are_sound(person in person(), organisation in text(), enrolment in enrolment()) {
        let hub = Hub { organisation, ..hub() };
        let set = declaration::contacts(&hub, &person, Vec::new()).unwrap();
        for declaration in set.iter() {
            let report = lint_declaration(&declaration.to_json(), &on(enrolment, "17.0"));
            prop_assert!(report.findings.is_empty(), "{report}");
            prop_assert!(declaration.identifier().as_str().len() <= 64);
            prop_assert_eq!(declaration.server_token().len(), 64);
        }
    }

    #[test]
    fn both_forms_of_a_property_list_are_read_alike(json in anything()) {
        let value = plist_of(&json);
        let (mut xml, mut binary) = (Vec::new(), Vec::new());
        plist::to_writer_binary(&mut binary, &value).unwrap();
        let from_binary = document::read(&binary).unwrap();
        prop_assert_eq!(&from_binary, &Node::from(&json));
        // XML cannot carry every character.
        if !json.to_string().contains("\\u") {
            plist::to_writer_xml(&mut xml, &value).unwrap();
            prop_assert_eq!(document::read(&xml).unwrap(), from_binary);
        }
    }

    #[test]
    fn there_is_a_report_on_anything(json in anything(), enrolment in enrolment(), manual in any::<bool>()) {
        let context = Context { manual, ..on(enrolment, "12.0") };
        let mut bytes = Vec::new();
        plist::to_writer_binary(&mut bytes, &plist_of(&json)).unwrap();
        let report = lint(&bytes, &context);
        prop_assert_eq!(report.clone(), lint(&bytes, &context));
        let _ = (report.to_string(), lint_declaration(&json, &context));
    }

    #[test]
    fn a_byte_out_of_place_breaks_the_file_and_nothing_else(place in any::<prop::sample::Index>(), byte in any::<u8>(), binary in any::<bool>()) {
        let profile = contacts(&hub(), &crate::house::anna(), Enrolment::Device, &Options::default());
        let mut bytes = profile.to_plist();
        if binary {
            bytes.clear();
            plist::to_writer_binary(&mut bytes, profile.dictionary()).unwrap();
        }
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = lint(&bytes, &Context::default()).to_string();
    }

    #[test]
    fn there_is_a_report_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), prefix in prop_oneof![
        Just(&b""[..]), Just(&b"bplist00"[..]), Just(&b"<plist><dict>"[..]), Just(&b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"[..])
    ]) {
        let _ = lint(&[prefix, &bytes].concat(), &Context::default()).to_string();
    }
}
