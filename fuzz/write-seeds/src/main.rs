//! Writes the seeds: requests as the protocols' documents show them, one file each. `cargo run -p write-seeds` in the fuzz
//! folder after a target or a format has changed; files that others added are left alone.
#![forbid(unsafe_code)]

use std::{fs, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use wbxml::{
    Tag, Writer, document,
    pages::{
        airsync as a, airsyncbase as ab, contacts as c, contacts2 as c2, find as f, folder_hierarchy as fh,
        get_item_estimate as gie, item_operations as io_, moves as m, ping as p, provision as pr,
        resolve_recipients as rr, search as s, settings as st,
    },
};

#[path = "../../src/request.rs"]
#[allow(dead_code, reason = "writes what the targets read")]
mod request;

mod profiles;
mod tenants;

use request::Request;

const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADklEQVQI12P4z8AAwv8BCf0B/4r6LCAAAAAASUVORK5CYII=";
/// 16.1, from an iPhone.
const IPHONE: u8 = 2;
/// 14.1, from an Android.
const ANDROID: u8 = 4;
/// 16.0, from Thunderbird, base64 query, zipped both ways.
const ZIPPED: u8 = 1 | 8 | 0x10 | 0x20 | 0x40;

fn main() -> io::Result<()> {
    let requests = requests();
    for (name, command, form, body) in &requests {
        let request = Request { command: Request::command(command), form: *form, body: body.clone() };
        seed("eas_commands", name, &bytes_of(&request))?;
        seed("wbxml_reader", name, body)?;
    }
    for (name, sequence) in sequences(&requests) {
        seed("eas_commands", name, &sequence)?;
    }
    let broken: [(&str, &[u8]); 4] = [
        ("string-table", b"\x03\x01\x6A\x04abc\x00\x45\x83\x00\x01"),
        ("page-99", b"\x03\x01\x6A\x00\x00\x63\x45\x03x\x00\x01"),
        ("endless-length", b"\x03\x01\x6A\x00\x45\xC3\xFF\xFF\xFF\xFF\x7F\x01"),
        ("entity-and-attributes", b"\x03\x01\x6A\x00\xC5\x02\x81\x20\x01\x01"),
    ];
    for (name, bytes) in broken {
        seed("wbxml_reader", name, bytes)?;
        let request = Request { command: Request::command("Sync"), form: IPHONE, body: bytes.to_vec() };
        seed("eas_commands", name, &bytes_of(&request))?;
    }
    choices()?;
    profiles::seeds()?;
    tenants::seeds()?;
    texts()
}

/// A request as it stands in an input.
fn bytes_of(request: &Request) -> Vec<u8> {
    let length = u16::try_from(request.body.len()).expect("a body of a seed is short");
    let mut bytes = vec![request.command, request.form];
    bytes.extend(length.to_le_bytes());
    bytes.extend(&request.body);
    bytes
}

fn seed(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

type Named = (&'static str, &'static str, u8, Vec<u8>);

fn collection(w: &mut Writer, key: &str, content: impl FnOnce(&mut Writer)) {
    w.element(a::COLLECTIONS, |w| {
        w.element(a::COLLECTION, |w| {
            w.text(a::SYNC_KEY, key);
            w.text(a::COLLECTION_ID, "{b}");
            content(w);
        });
    });
}

fn sync(key: &str, content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    document(a::SYNC, |w| collection(w, key, content))
}

fn options(w: &mut Writer) {
    w.element(a::OPTIONS, |w| {
        w.element(ab::BODY_PREFERENCE, |w| {
            w.text(ab::TYPE, "1");
            w.text(ab::TRUNCATION_SIZE, "32768");
        });
    });
}

/// A contact as iOS writes it.
fn contact(w: &mut Writer) {
    w.element(a::APPLICATION_DATA, |w| {
        w.element(ab::BODY, |w| {
            w.text(ab::TYPE, "1");
            w.text(ab::DATA, "Met in Kiel\r\nTwice");
        });
        w.text(c::BIRTHDAY, "1980-05-04T00:00:00.000Z");
        w.text(c::EMAIL1_ADDRESS, "\"Muster, Bea\" <bea@example.net>");
        w.text(c::FILE_AS, "Muster, Bea");
        w.text(c::FIRST_NAME, "Bea");
        w.text(c::LAST_NAME, "Muster");
        w.text(c::MOBILE_PHONE_NUMBER, "+49 170 1");
        w.text(c::PICTURE, PICTURE);
        w.element(c::CATEGORIES, |w| w.text(c::CATEGORY, "Friends"));
        w.element(c::CHILDREN, |w| w.text(c::CHILD, "Ada"));
        w.text(c2::NICK_NAME, "Bee");
    });
}

fn texts_in(w: &mut Writer, parent: Tag, children: &[(Tag, &str)]) {
    w.element(parent, |w| children.iter().for_each(|(tag, text)| w.text(*tag, text)));
}

fn flat(root: Tag, children: &[(Tag, &str)]) -> Vec<u8> {
    document(root, |w| children.iter().for_each(|(tag, text)| w.text(*tag, text)))
}

fn requests() -> Vec<Named> {
    let mut requests = syncs();
    requests.extend(folders());
    requests.extend(lookups());
    requests.extend(devices());
    requests
}

fn syncs() -> Vec<Named> {
    let add = |w: &mut Writer| {
        w.element(a::ADD, |w| {
            w.text(a::CLIENT_ID, "17");
            contact(w);
        });
    };
    let change = |w: &mut Writer, card: &str| {
        w.element(a::CHANGE, |w| {
            w.text(a::SERVER_ID, card);
            contact(w);
        });
    };
    vec![
        ("sync-first", "Sync", IPHONE, sync("0", options)),
        (
            "sync-first-supported",
            "Sync",
            ANDROID,
            sync("0", |w| {
                w.element(a::SUPPORTED, |w| {
                    [c::FIRST_NAME, c::LAST_NAME, c::PICTURE].into_iter().for_each(|tag| w.empty(tag))
                });
            }),
        ),
        (
            "sync-page",
            "Sync",
            IPHONE,
            sync("{k}", |w| {
                w.text(a::DELETES_AS_MOVES, "0");
                w.empty(a::GET_CHANGES);
                w.text(a::WINDOW_SIZE, "2");
                options(w);
            }),
        ),
        (
            "sync-commands",
            "Sync",
            IPHONE,
            sync("{k}", |w| {
                options(w);
                w.element(a::COMMANDS, |w| {
                    add(w);
                    change(w, "{c}");
                    texts_in(w, a::DELETE, &[(a::SERVER_ID, "{d}")]);
                    texts_in(w, a::FETCH, &[(a::SERVER_ID, "{c}")]);
                });
            }),
        ),
        (
            "sync-foreign",
            "Sync",
            ZIPPED,
            sync("{k}", |w| {
                w.element(a::COMMANDS, |w| {
                    change(w, "{o}");
                    texts_in(w, a::DELETE, &[(a::SERVER_ID, "{o}")]);
                    texts_in(w, a::FETCH, &[(a::SERVER_ID, "{o}")]);
                });
            }),
        ),
        (
            "sync-wait",
            "Sync",
            IPHONE,
            document(a::SYNC, |w| {
                collection(w, "{k}", |_| {});
                w.text(a::WAIT, "5");
            }),
        ),
        ("sync-unknown-key", "Sync", ANDROID, sync("1.99", |w| w.text(a::GET_CHANGES, "1"))),
        ("sync-partial", "Sync", IPHONE, flat(a::SYNC, &[(a::PARTIAL, ""), (a::HEARTBEAT_INTERVAL, "60")])),
        ("sync-empty", "Sync", IPHONE, Vec::new()),
    ]
}

fn folders() -> Vec<Named> {
    vec![
        ("folder-sync", "FolderSync", IPHONE, flat(fh::FOLDER_SYNC, &[(fh::SYNC_KEY, "{h}")])),
        (
            "folder-create",
            "FolderCreate",
            IPHONE,
            flat(
                fh::FOLDER_CREATE,
                &[(fh::SYNC_KEY, "{h}"), (fh::PARENT_ID, "0"), (fh::DISPLAY_NAME, "Skippers"), (fh::TYPE, "14")],
            ),
        ),
        (
            "folder-update",
            "FolderUpdate",
            IPHONE,
            flat(
                fh::FOLDER_UPDATE,
                &[(fh::SYNC_KEY, "{h}"), (fh::SERVER_ID, "{2}"), (fh::PARENT_ID, "0"), (fh::DISPLAY_NAME, "Crew")],
            ),
        ),
        (
            "folder-delete",
            "FolderDelete",
            ANDROID,
            flat(fh::FOLDER_DELETE, &[(fh::SYNC_KEY, "{h}"), (fh::SERVER_ID, "{2}")]),
        ),
        (
            "move-items",
            "MoveItems",
            IPHONE,
            document(m::MOVE_ITEMS, |w| {
                for card in ["{c}", "{o}"] {
                    texts_in(w, m::MOVE, &[(m::SRC_MSG_ID, card), (m::SRC_FLD_ID, "{b}"), (m::DST_FLD_ID, "{2}")]);
                }
            }),
        ),
        (
            "get-item-estimate",
            "GetItemEstimate",
            ANDROID,
            document(gie::GET_ITEM_ESTIMATE, |w| {
                w.element(gie::COLLECTIONS, |w| {
                    texts_in(w, gie::COLLECTION, &[(a::SYNC_KEY, "{k}"), (gie::COLLECTION_ID, "{b}")]);
                });
            }),
        ),
        (
            "item-operations",
            "ItemOperations",
            IPHONE,
            document(io_::ITEM_OPERATIONS, |w| {
                w.element(io_::FETCH, |w| {
                    w.text(io_::STORE, "Mailbox");
                    w.text(a::COLLECTION_ID, "{b}");
                    w.text(a::SERVER_ID, "{c}");
                    w.element(io_::OPTIONS, |w| w.element(io_::SCHEMA, |w| w.empty(c::FIRST_NAME)));
                });
                texts_in(w, io_::FETCH, &[(io_::STORE, "Mailbox"), (s::LONG_ID, "{o}")]);
                texts_in(w, io_::EMPTY_FOLDER_CONTENTS, &[(a::COLLECTION_ID, "{2}")]);
            }),
        ),
        (
            "ping",
            "Ping",
            IPHONE,
            document(p::PING, |w| {
                w.text(p::HEARTBEAT_INTERVAL, "480");
                w.element(p::FOLDERS, |w| texts_in(w, p::FOLDER, &[(p::ID, "{b}"), (p::CLASS, "Contacts")]));
            }),
        ),
    ]
}

fn lookups() -> Vec<Named> {
    vec![
        (
            "search-gal",
            "Search",
            IPHONE,
            document(s::SEARCH, |w| {
                w.element(s::STORE, |w| {
                    w.text(s::NAME, "GAL");
                    w.text(s::QUERY, "schm");
                    w.element(s::OPTIONS, |w| {
                        w.text(s::RANGE, "0-99");
                        w.empty(s::PICTURE);
                    });
                });
            }),
        ),
        (
            "search-mailbox",
            "Search",
            ANDROID,
            document(s::SEARCH, |w| {
                w.element(s::STORE, |w| {
                    w.text(s::NAME, "Mailbox");
                    w.element(s::QUERY, |w| {
                        texts_in(
                            w,
                            s::AND,
                            &[(a::CLASS, "Contacts"), (a::COLLECTION_ID, "{b}"), (s::FREE_TEXT, "ada")],
                        );
                    });
                    w.element(s::OPTIONS, |w| w.text(s::RANGE, "0-1"));
                });
            }),
        ),
        (
            "find-gal",
            "Find",
            IPHONE,
            document(f::FIND, |w| {
                w.text(f::SEARCH_ID, "42DD7336-419F-4F68-BEBC-95982BF69899");
                w.element(f::EXECUTE_SEARCH, |w| {
                    w.element(f::GAL_SEARCH_CRITERION, |w| {
                        w.text(f::QUERY, "anna");
                        w.element(f::OPTIONS, |w| w.text(f::RANGE, "0-9"));
                    });
                });
            }),
        ),
        (
            "find-mailbox",
            "Find",
            IPHONE,
            document(f::FIND, |w| {
                w.text(f::SEARCH_ID, "1");
                w.element(f::EXECUTE_SEARCH, |w| {
                    w.element(f::MAILBOX_SEARCH_CRITERION, |w| {
                        texts_in(
                            w,
                            f::QUERY,
                            &[(a::CLASS, "Email"), (a::COLLECTION_ID, "{b}"), (f::FREE_TEXT, "to:\"Test\"")],
                        );
                        texts_in(w, f::OPTIONS, &[(f::RANGE, "0-99"), (f::DEEP_TRAVERSAL, "")]);
                    });
                });
            }),
        ),
        (
            "resolve-recipients",
            "ResolveRecipients",
            IPHONE,
            document(rr::RESOLVE_RECIPIENTS, |w| {
                w.text(rr::TO, "anna.schmidt@example.com");
                w.text(rr::TO, "anna");
                w.element(rr::OPTIONS, |w| {
                    texts_in(w, rr::PICTURE, &[(rr::MAX_SIZE, "1000"), (rr::MAX_PICTURES, "1")])
                });
            }),
        ),
    ]
}

fn devices() -> Vec<Named> {
    let information = |w: &mut Writer| {
        w.element(st::DEVICE_INFORMATION, |w| {
            texts_in(
                w,
                st::SET,
                &[
                    (st::OS, "iOS 26.1 23B85"),
                    (st::MODEL, "iPhone15C4"),
                    (st::FRIENDLY_NAME, "iPhone"),
                    (st::USER_AGENT, "Apple-iPhone15C4/2302.85"),
                    (st::OS_LANGUAGE, "de-DE"),
                ],
            );
        });
    };
    vec![
        (
            "settings",
            "Settings",
            IPHONE,
            document(st::SETTINGS, |w| {
                w.element(st::USER_INFORMATION, |w| w.empty(st::GET));
                information(w);
            }),
        ),
        (
            "settings-oof",
            "Settings",
            ANDROID,
            document(st::SETTINGS, |w| {
                w.element(st::OOF, |w| texts_in(w, st::GET, &[(st::BODY_TYPE, "Text")]));
            }),
        ),
        (
            "provision",
            "Provision",
            IPHONE,
            document(pr::PROVISION, |w| {
                information(w);
                w.element(pr::POLICIES, |w| texts_in(w, pr::POLICY, &[(pr::POLICY_TYPE, "MS-EAS-Provisioning-WBXML")]));
            }),
        ),
        (
            "provision-acknowledged",
            "Provision",
            ZIPPED,
            document(pr::PROVISION, |w| {
                w.element(pr::POLICIES, |w| {
                    texts_in(
                        w,
                        pr::POLICY,
                        &[(pr::POLICY_TYPE, "MS-EAS-Provisioning-WBXML"), (pr::POLICY_KEY, "1"), (pr::STATUS, "1")],
                    );
                });
            }),
        ),
        ("mail-command", "SendMail", IPHONE, Vec::new()),
        ("unknown-command", "Frobnicate", IPHONE, Vec::new()),
    ]
}

/// Several requests, one after the other.
fn sequences(requests: &[Named]) -> Vec<(&'static str, Vec<u8>)> {
    let all = |names: &[&str]| -> Vec<u8> {
        let found = names.iter().filter_map(|name| requests.iter().find(|(known, ..)| known == name));
        let request = |(_, command, form, body): &Named| {
            bytes_of(&Request { command: Request::command(command), form: *form, body: body.clone() })
        };
        found.flat_map(request).collect()
    };
    vec![
        ("sync-again-and-again", all(&["sync-commands", "sync-page", "sync-commands", "sync-empty"])),
        ("edit-in-a-deleted-folder", all(&["move-items", "folder-delete", "sync-commands", "sync-page"])),
        ("ping-with-memory", all(&["ping", "sync-commands", "sync-wait", "ping"])),
        ("from-the-beginning", all(&["folder-sync", "sync-first-supported", "sync-page", "sync-commands"])),
    ]
}

/// Bytes that the structured targets make documents and cards of.
fn choices() -> io::Result<()> {
    let stream =
        |start: u64, step: u64| -> Vec<u8> { (0..160_u64).map(|at| (start + at * step + at * at * 7) as u8).collect() };
    for command in 0..14_u8 {
        // The usual document: everything is there, nothing is unexpected.
        seed("eas_structured", &format!("usual-{command:02}"), &[&[command, 2][..], &[5; 90]].concat())?;
        seed(
            "eas_structured",
            &format!("varied-{command:02}"),
            &[&[command, command << 2][..], &stream(command.into(), 41)].concat(),
        )?;
    }
    for number in 0..12_u64 {
        seed("wbxml_roundtrip", &format!("choices-{number:02}"), &stream(number * 3, 29 + number * 2))?;
        seed(
            "merge",
            &format!("choices-{number:02}"),
            &[&[3 + number as u8][..], &stream(number * 5, 13 + number * 4)].concat(),
        )?;
    }
    Ok(())
}

fn texts() -> io::Result<()> {
    let sets: [(&str, &[(&str, &str)]); 5] = [
        ("eas_query", QUERIES),
        ("autodiscover_xml", AUTODISCOVER),
        ("graph_json", PATCHES),
        ("graph_requests", GRAPH),
        ("card_facts", CARDS),
    ];
    for (target, texts) in sets {
        for (name, text) in texts {
            seed(target, name, text.replace("{RS}", "\u{1E}").replace("{PICTURE}", PICTURE).as_bytes())?;
        }
    }
    let binary = |version: u8, command: u8, key: &[u8]| {
        let mut bytes = vec![version, command, 0x07, 0x04, 4, 0xDE, 0xAD, 0xBE, 0xEF, key.len() as u8];
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(b"\x06iPhone\x01\x05abcde");
        bytes
    };
    for (name, bytes) in [
        ("binary-sync", binary(141, 0, &[])),
        ("binary-ping", binary(161, 18, &[0x78, 0x56, 0x34, 0x12])),
        ("binary-short-key", binary(160, 9, &[1])),
        ("binary-mail", binary(121, 1, &[0; 4])),
    ] {
        seed("eas_query", name, &bytes)?;
        seed("eas_query", &format!("{name}-text"), STANDARD.encode(&bytes).as_bytes())?;
    }
    vcards()
}

const QUERIES: &[(&str, &str)] = &[
    ("plain", "User=anna%40example.org&DeviceId=7Q2M5T9KD14V9B3R&DeviceType=iPhone&Cmd=Sync"),
    ("plain-lower", "cmd=foldersync&user=anna&deviceid=androidc1&devicetype=Android"),
    ("plain-no-device", "Cmd=Ping&User=a"),
    ("plain-twice", "Cmd=Sync&Cmd=Ping&DeviceId=a-b-c&DeviceType=%00"),
    ("plain-escapes", "Cmd=%53ync&DeviceId=%e2%98%83&DeviceType=+"),
    ("plain-unknown", "Cmd=Fly&DeviceId=1&DeviceType=x"),
    ("padding", "jQAJBAQ%3D%3D"),
    ("empty-values", "Cmd=&DeviceId=&DeviceType="),
];

const AUTODISCOVER: &[(&str, &str)] = &[
    (
        "mobilesync",
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006\"><Request><EMailAddress>anna@example.org</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>",
    ),
    (
        "declared",
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover><Request><EMailAddress>a&amp;b@example.org</EMailAddress></Request></Autodiscover>",
    ),
    (
        "outlook",
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request><EMailAddress>a@b</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>",
    ),
    (
        "prefixed",
        "<x:Autodiscover xmlns:x=\"u\"><x:Request><x:EMailAddress>a@b</x:EMailAddress></x:Request></x:Autodiscover>",
    ),
    (
        "entities",
        "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;&b;\">]><Autodiscover><Request><EMailAddress>&c;</EMailAddress></Request></Autodiscover>",
    ),
    (
        "external-entity",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]><Autodiscover><Request><EMailAddress>&b;</EMailAddress></Request></Autodiscover>",
    ),
    ("cdata", "<Autodiscover><Request><EMailAddress><![CDATA[a@b]]></EMailAddress></Request></Autodiscover>"),
    ("unclosed", "<Autodiscover><Request><EMailAddress>anna"),
    ("mismatched", "<Autodiscover></Request>"),
    (
        "numbers",
        "<Autodiscover><Request><EMailAddress>&#65;&#x1F600;&#0;&#xFFFFFFFF;</EMailAddress></Request></Autodiscover>",
    ),
    ("json-path", "/v1.0/anna@example.org?Protocol=ActiveSync&RedirectCount=1"),
    ("json-query", "?Email=anna%40example.org&Protocol=activesync"),
];

const PATCHES: &[(&str, &str)] = &[
    (
        "names",
        r#"{"givenName":"Ada","surname":"King","middleName":null,"displayName":"Ada King","title":"Dr.","generation":"III","nickName":"Countess"}"#,
    ),
    ("emails", r#"{"emailAddresses":[{"address":"a@x.example","name":"Ada"},{"address":"e@x.example"}]}"#),
    ("no-emails", r#"{"emailAddresses":[]}"#),
    ("slots", r#"{"primaryEmailAddress":{"address":"z@x.example"},"tertiaryEmailAddress":null}"#),
    ("phones", r#"{"businessPhones":["1","2","3"],"homePhones":[],"mobilePhone":"+49 170 1"}"#),
    (
        "addresses",
        r#"{"homeAddress":{"street":"Deich 1\r\nHinterhaus","city":"Kiel","state":"","countryOrRegion":"DE","postalCode":"24103"},"businessAddress":{},"otherAddress":null}"#,
    ),
    ("birthday", r#"{"birthday":"1980-05-04T11:59:00Z"}"#),
    ("yearless", r#"{"birthday":"1604-02-29T11:59:00Z"}"#),
    ("no-birthday", r#"{"birthday":null,"spouseName":"","children":["Byron",""]}"#),
    (
        "notes",
        r#"{"personalNotes":"line\r\nline","categories":["Friends","Friends"],"imAddresses":["ada","b","c","d"]}"#,
    ),
    (
        "extended",
        r#"{"singleValueExtendedProperties":[{"id":"String 0x3A24","value":"+49 431 9"},{"id":"SystemTime 0x3A41","value":"2001-09-09T00:00:00Z"},{"id":"String {00062004-0000-0000-C000-000000000046} Name x","value":"kept"}]}"#,
    ),
    ("types", r#"{"givenName":7,"emailAddresses":"x","birthday":[]}"#),
    (
        "annotations",
        r##"{"@odata.type":"#microsoft.graph.contact","id":"x","changeKey":"y","unknown":{"a":[1,2,{"b":null}]}}"##,
    ),
];

const GRAPH: &[(&str, &str)] = &[
    (
        "list",
        "GET /me/contacts?$select=displayName,emailAddresses&$top=2&$skip=1&$orderby=displayName%20desc&$count=true",
    ),
    (
        "filter",
        "GET /me/contacts?$filter=startswith(displayName,%27O%27)%20and%20not%20(surname%20eq%20null)%20or%20emailAddresses/any(a:a/address%20eq%20%27One@Ada.example%27)",
    ),
    (
        "search",
        "GET /me/contacts?$search=%22ada%22&$expand=singleValueExtendedProperties($filter=id%20eq%20%27String%200x3A24%27)",
    ),
    (
        "create",
        "POST /me/contacts\n{\"givenName\":\"Bea\",\"emailAddresses\":[{\"address\":\"bea@example.net\",\"name\":\"Bea\"}],\"birthday\":\"1980-05-04T11:59:00Z\"}",
    ),
    (
        "patch",
        "PATCH /me/contacts/{c}\n{\"givenName\":null,\"businessPhones\":[\"1\",\"2\",\"3\"],\"homeAddress\":{\"city\":\"Kiel\"}}",
    ),
    (
        "delete-and-get",
        "DELETE /me/contacts/{c}{RS}GET /me/contacts/{c}{RS}PATCH /me/contacts/{c}\n{\"surname\":\"x\"}",
    ),
    ("foreign", "GET /me/contacts/{o}{RS}DELETE /me/contacts/{o}{RS}PATCH /me/contacts/{o}\n{\"surname\":\"x\"}"),
    (
        "folders",
        "POST /me/contactFolders\n{\"displayName\":\"Crew\"}{RS}PATCH /me/contactFolders/{2}\n{\"displayName\":\"Skippers\"}{RS}GET /me/contactFolders?$top=1{RS}DELETE /me/contactFolders/{2}",
    ),
    (
        "in-folder",
        "POST /me/contactFolders/{2}/contacts\n{\"displayName\":\"In the second\"}{RS}GET /me/contactFolders/{2}/contacts{RS}GET /me/contactFolders/contacts/contacts/$count",
    ),
    (
        "delta",
        "GET /me/contacts/delta{RS}GET /me/contactFolders/{b}/contacts/delta()?$select=surname{RS}GET /me/contactFolders/delta{RS}GET /me/contacts/microsoft.graph.delta()?$deltatoken=x",
    ),
    (
        "photo",
        "PUT /me/contacts/{c}/photo/$value\nGIF89a{RS}GET /me/contacts/{c}/photo{RS}GET /me/contacts/{c}/photo/$value{RS}DELETE /me/contacts/{c}/photo/$value",
    ),
    (
        "users",
        "GET /users?$search=%22displayName:anna%22&$count=true{RS}GET /users?$filter=startswith(mail,%27a%27)&$top=1{RS}GET /me{RS}GET /me/people?$search=anna",
    ),
    (
        "batch",
        "POST /$batch\n{\"requests\":[{\"id\":\"1\",\"method\":\"GET\",\"url\":\"/me/contacts/{c}\"},{\"id\":\"2\",\"dependsOn\":[\"1\"],\"method\":\"PATCH\",\"url\":\"/me/contacts/{c}\",\"headers\":{\"Content-Type\":\"application/json\"},\"body\":{\"surname\":\"King\"}},{\"id\":\"3\",\"method\":\"DELETE\",\"url\":\"/me/contacts/{o}\"}]}",
    ),
    (
        "subscription",
        "POST /subscriptions\n{\"changeType\":\"created,updated\",\"notificationUrl\":\"https://127.0.0.1:1/hook\",\"resource\":\"me/contacts\",\"expirationDateTime\":\"2027-01-20T00:00:00Z\",\"clientState\":\"s\"}{RS}GET /subscriptions",
    ),
    ("mail", "GET /me/messages{RS}GET /users/somebody@example.org/contacts"),
];

const CARDS: &[(&str, &str)] = &[
    ("empty", r#"{"uid":"","items":[]}"#),
    (
        "name",
        r#"{"uid":"urn:uuid:1","items":[{"id":"0000000000000001","fact":{"name":{"given":"Ada","surname":"King","phoneticGiven":"Eida","fileAs":"King, Ada"}}}]}"#,
    ),
    (
        "phones",
        r#"{"uid":"1","items":[{"id":"1","fact":{"phone":{"number":"1","kind":"mobile"}},"contexts":["work"]},{"id":"2","fact":{"phone":{"number":"2"}},"label":"Boat","pref":1},{"id":"3","fact":{"phone":{"number":"3","kind":"fax"}},"contexts":["private","work"]}]}"#,
    ),
    (
        "emails",
        r#"{"uid":"1","items":[{"id":"1","fact":{"email":{"address":"a@x.example","name":"A"}}},{"id":"2","fact":{"email":{"address":"\"q\\\"\"@x"}}},{"id":"3","fact":{"email":{"address":""}}},{"id":"4","fact":{"email":{"address":"d"}}}]}"#,
    ),
    (
        "company",
        r#"{"uid":"1","kind":"org","items":[{"id":"1","fact":{"organization":{"name":"Acme","units":["R&D",""],"office":"7"}}},{"id":"2","fact":{"title":{"kind":"role","name":"x"}}}]}"#,
    ),
    (
        "address",
        r#"{"uid":"1","items":[{"id":"1","fact":{"address":{"street":"Deich 1\nHinterhaus","city":"Kiel","countryCode":"DE"}},"contexts":["private"]}]}"#,
    ),
    (
        "dates",
        r#"{"uid":"1","items":[{"id":"1","fact":{"anniversary":{"kind":"birth","date":"--02-29"}}},{"id":"2","fact":{"anniversary":{"kind":"wedding","date":"2001-09-09"}}}]}"#,
    ),
    (
        "relations",
        r#"{"uid":"1","items":[{"id":"1","fact":{"relation":{"kind":"spouse","name":"x"}}},{"id":"2","fact":{"relation":{"kind":"child","name":"y"}}},{"id":"3","fact":{"keyword":"Friends, old"}}]}"#,
    ),
    (
        "services",
        r#"{"uid":"1","items":[{"id":"1","fact":{"onlineService":{"user":"ada","service":"XMPP","kind":"messaging"}}},{"id":"2","fact":{"link":"https://example.org"}},{"id":"3","fact":{"identifier":{"kind":"weightedRank","value":"-1"}}}]}"#,
    ),
    (
        "photo",
        r#"{"uid":"1","items":[{"id":"1","fact":{"photo":{"original":"0101010101010101010101010101010101010101010101010101010101010101","mediaType":"image/png","served":"0202020202020202020202020202020202020202020202020202020202020202","uploadedBy":"7Q2M5T9KD14V9B3R"}}}]}"#,
    ),
    (
        "opaque",
        r#"{"uid":"1","items":[{"id":"1","fact":{"opaque":{"property":"vcard:X-THING","value":"X-THING;A=B:c"}},"source":{"vcard":["VERSION:4.0","item1.X-THING;A=B:c","item1.X-ABLabel:y"]}}]}"#,
    ),
    (
        "note",
        r#"{"uid":"1","items":[{"id":"1","fact":{"note":"line\nline\u0000\u0007\ud83d\ude00"}},{"id":"2","fact":{"nickname":""}},{"id":"ffffffffffffffff","fact":{"name":{}}}]}"#,
    ),
];

/// Small cards in every version, besides the files that the contact crate's tests read.
fn vcards() -> io::Result<()> {
    let cards: [(&str, &str); 9] = [
        (
            "v21-quoted-printable",
            "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg=\r\n;;;\r\nTEL;CELL:+49 170 1\r\nTEL;WORK;FAX:2\r\nEND:VCARD\r\n",
        ),
        (
            "v30-grouped",
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:King;Ada;;;\r\nFN:Ada King\r\nitem1.EMAIL;type=INTERNET;type=pref:ada@example.org\r\nitem1.X-ABLabel:_$!<HomePage>!$_\r\nitem2.ADR;type=HOME:;;Deich 1\\nHinterhaus;Kiel;;24103;Germany\r\nitem2.X-ABADR:de\r\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\nEND:VCARD\r\n",
        ),
        (
            "v30-folded",
            "BEGIN:VCARD\nVERSION:3.0\nFN:A long\n  name\n\tfolded\nNOTE:a\\,b\\;c\\nd\\\\e\nCATEGORIES:Friends,Old\\, and gone\nEND:VCARD\n",
        ),
        (
            "v40",
            "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nBDAY:--0504\r\nANNIVERSARY:20010909\r\nTEL;TYPE=\"cell,work\";VALUE=uri:tel:+49-170-1\r\nIMPP;PREF=1:xmpp:ada@example.org\r\nRELATED;VALUE=text;TYPE=spouse:William\r\nLANG:de\r\nX-SOMETHING;A=\"b,c\":kept\r\nEND:VCARD\r\n",
        ),
        ("photo", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:P\r\nPHOTO;ENCODING=b;TYPE=PNG:{PICTURE}\r\nEND:VCARD\r\n"),
        ("photo-v40", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:P\r\nPHOTO:data:image/png;base64,{PICTURE}\r\nEND:VCARD\r\n"),
        (
            "two-and-a-half",
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:One\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Two\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Thr",
        ),
        (
            "android-custom",
            "BEGIN:VCARD\r\nVERSION:2.1\r\nN:;Ada;;;\r\nX-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Bee;1;;;;;;;;;;;;;\r\nTEL;X-Boat:3\r\nEND:VCARD\r\n",
        ),
        (
            "group",
            "BEGIN:VCARD\r\nVERSION:3.0\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nFN:Crew\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\r\nEND:VCARD\r\n",
        ),
    ];
    for (name, text) in cards {
        seed("vcard_import", name, text.replace("{PICTURE}", PICTURE).as_bytes())?;
    }
    let written_by_programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/contact/tests/cards");
    for program in ["android", "google", "ios", "outlook", "thunderbird"] {
        let file = fs::read(written_by_programs.join(format!("{program}.vcf")))?;
        // The first card of each: a small file is a better seed.
        let end = file.windows(9).position(|part| part == b"END:VCARD").map_or(file.len(), |at| at + 9);
        seed("vcard_import", program, &file[..end])?;
    }
    Ok(())
}
