//! The HTTP edge: who is let in, what is refused and how.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use std::io::{Read, Write};

use activesync::{
    Settings,
    answer::HttpResponse,
    challenge::{BearerChallenge, Challenge},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use contact::{Card, Fact, Item, ItemId, fact::Name};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{Method, Request, StatusCode};
use support::{EMAIL, Node, PASSWORD, body_of, folder_sync_body, scenario, scenario_with, sync_body};
use wbxml::pages::airsync as a;

const PLACE: &str = "/Microsoft-Server-ActiveSync";

fn header<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn options_names_versions_and_commands_without_blanks() {
    scenario(async |world| {
        let response = world.raw(world.signed_in(Method::OPTIONS, PLACE), "").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "MS-ASProtocolVersions"), "14.1,16.0,16.1");
        let commands = header(&response, "MS-ASProtocolCommands");
        assert!(commands.split(',').any(|name| name == "Sync") && !commands.contains(' '), "{commands}");
        assert!(!header(&response, "MS-Server-ActiveSync").is_empty());
    });
}

#[test]
fn every_method_without_credentials_is_401_with_a_challenge() {
    scenario(async |world| {
        for method in [Method::GET, Method::OPTIONS, Method::POST] {
            let response = world.raw(Request::builder().method(method.clone()).uri(PLACE), "").await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method}");
            assert_eq!(header(&response, "WWW-Authenticate"), "Basic realm=\"Bothways\"");
        }
    });
}

#[test]
fn a_password_lets_in_and_a_wrong_one_does_not() {
    scenario(async |world| {
        let with = async |authorization: String| {
            let request = Request::builder().method(Method::OPTIONS).uri(PLACE).header("Authorization", authorization);
            world.raw(request, "").await.status()
        };
        assert_eq!(with(basic(EMAIL, PASSWORD)).await, StatusCode::OK);
        assert_eq!(with(basic("CORP\\anna@example.org", PASSWORD)).await, StatusCode::OK);
        assert_eq!(with(basic(EMAIL, "wrong")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(with("Bearer nonsense".into()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(with("Basic %%%".into()).await, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn an_empty_bearer_is_shown_where_tokens_come_from() {
    let bearer = BearerChallenge {
        client_id: "00000002-0000-0ff1-ce00-000000000000".into(),
        authorization_uri: "https://login.example.org/oauth2/authorize".into(),
        issuer_kind: None,
    };
    let challenge = Challenge { basic_realm: Some("Bothways".into()), bearer: Some(bearer) };
    scenario_with(&Settings { challenge, ..Settings::default() }, async |world| {
        let request = Request::builder().method(Method::GET).uri(PLACE).header("Authorization", "Bearer");
        let response = world.raw(request, "").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let all: Vec<_> = response.headers().get_all("WWW-Authenticate").iter().collect();
        assert_eq!(all.len(), 2);
        let joined = all.iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",");
        assert!(joined.split(',').any(|part| part.trim().starts_with("authorization_uri=")), "{joined}");
        assert!(!joined.contains("Bearer authorization_uri"), "iOS does not find it as the first parameter");
    });
}

#[test]
fn unknown_commands_mail_commands_and_malformed_documents_have_their_codes() {
    scenario(async |world| {
        let phone = world.phone();
        assert_eq!(phone.status_of("Frobnicate", vec![]).await, 501);
        for mail in ["SendMail", "SmartReply", "SmartForward", "GetAttachment", "MeetingResponse", "ValidateCert"] {
            assert_eq!(phone.status_of(mail, vec![]).await, 501, "{mail}");
        }
        for command in ["Sync", "FolderSync", "Ping", "Search", "Settings", "Provision", "Find", "ItemOperations"] {
            assert_eq!(phone.status_of(command, b"<xml/>".to_vec()).await, 400, "{command}");
        }
        assert_eq!(phone.status_of("FolderSync", vec![]).await, 400, "an empty body");
        assert_eq!(phone.status_of("Search", folder_sync_body("0")).await, 400, "another command's document");
    });
}

#[test]
fn a_document_cut_anywhere_is_never_a_500() {
    scenario(async |world| {
        let phone = world.phone();
        let whole = sync_body("7", "x.1", |w| support::write_add(w, "1", &[(wbxml::pages::contacts::FILE_AS, "x")]));
        for length in 1..whole.len() {
            assert_eq!(phone.status_of("Sync", whole[..length].to_vec()).await, 400, "{length}");
        }
    });
}

#[test]
fn a_version_not_offered_is_400_and_none_is_the_lowest() {
    scenario(async |world| {
        let mut phone = world.phone();
        phone.version = "2.5".into();
        assert_eq!(phone.status_of("FolderSync", folder_sync_body("0")).await, 400);
        let uri = format!("{PLACE}?Cmd=FolderSync&DeviceId=X1&DeviceType=x");
        let response = world.raw(world.signed_in(Method::POST, &uri), folder_sync_body("0")).await;
        assert_eq!(response.status(), StatusCode::OK);
    });
}

#[test]
fn a_get_with_credentials_and_a_post_without_query_are_refused() {
    scenario(async |world| {
        assert_eq!(world.raw(world.signed_in(Method::GET, PLACE), "").await.status(), 405);
        assert_eq!(world.raw(world.signed_in(Method::POST, PLACE), "").await.status(), 400);
    });
}

#[test]
fn a_body_too_large_is_413() {
    scenario(async |world| {
        let huge = vec![0; activesync::limits::REQUEST_BYTES_MAX + 1];
        assert_eq!(world.phone().status_of("Sync", huge).await, 413);
    });
}

#[test]
fn the_base64_query_is_understood() {
    scenario(async |world| {
        let mut query = vec![161, 9, 0x09, 0x04, 4, 1, 2, 3, 4, 0, 7];
        query.extend_from_slice(b"Android");
        let uri = format!("{PLACE}?{}", STANDARD.encode(query));
        let response = world.raw(world.signed_in(Method::POST, &uri), folder_sync_body("0")).await;
        assert_eq!(Node::read(&body_of(response).await).text("Status"), "1");
        let device = world.other_side().devices().await.unwrap().remove(0);
        assert_eq!((device.greeting.device.as_str(), device.greeting.protocol.as_str()), ("01020304", "16.1"));
    });
}

#[test]
fn gzip_goes_both_ways_for_those_who_ask() {
    scenario(async |world| {
        let other = world.other_side();
        let book = other.default_book().await.unwrap().book;
        for number in 0..60 {
            let name = Name { given: Some(format!("Somebody {number}")), ..Name::default() };
            let card = Card { items: vec![Item::new(ItemId(1), Fact::Name(name))], ..Card::default() };
            other.create(book, card, vec![]).await.unwrap();
        }
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let key = support::collection(&phone.sync(&folder, "0", |_| {}).await).text("SyncKey").to_owned();
        let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
        zip.write_all(&sync_body(&folder, &key, |w| w.empty(a::GET_CHANGES))).unwrap();
        let request =
            phone.request("Sync").header("Content-Encoding", "gzip").header("Accept-Encoding", "gzip, deflate, br");
        let response = world.raw(request, zip.finish().unwrap()).await;
        assert_eq!(header(&response, "Content-Encoding"), "gzip");
        assert_eq!(header(&response, "Content-Type"), "application/vnd.ms-sync.wbxml");
        let mut plain = Vec::new();
        GzDecoder::new(&body_of(response).await[..]).read_to_end(&mut plain).unwrap();
        let commands = support::collection(&Node::read(&plain)).child("Commands").children("Add").len();
        assert_eq!(commands, 60);
    });
}

#[test]
fn autodiscover_as_xml_is_for_people_and_as_json_for_everybody() {
    let settings = Settings { public_url: Some("https://eas.example.org".into()), ..Settings::default() };
    scenario_with(&settings, async |world| {
        let xml = "<Autodiscover><Request><EMailAddress>anna@example.org</EMailAddress><AcceptableResponseSchema>\
                   http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006\
                   </AcceptableResponseSchema></Request></Autodiscover>";
        let place = "/AutoDiscover/autodiscover.xml";
        let nobody = world.raw(Request::builder().method(Method::POST).uri(place), xml).await;
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
        let anna = world.raw(world.signed_in(Method::POST, place), xml).await;
        let text = String::from_utf8(body_of(anna).await.to_vec()).unwrap();
        assert!(text.contains("<Url>https://eas.example.org/Microsoft-Server-ActiveSync</Url>"), "{text}");

        let json = async |email: &str| {
            let uri = format!("/autodiscover/autodiscover.json/v1.0/{email}?Protocol=ActiveSync");
            let response = world.raw(Request::builder().uri(uri), "").await;
            (response.status(), body_of(response).await)
        };
        let (status, body) = json("anna@example.org").await;
        assert_eq!(status, StatusCode::OK);
        let want = r#"{"Protocol":"ActiveSync","Url":"https://eas.example.org/Microsoft-Server-ActiveSync"}"#;
        assert_eq!(body, Bytes::from_static(want.as_bytes()));
        assert_eq!(json("nobody@example.org").await, (status, body));
    });
}

#[test]
fn a_disabled_person_is_told_so_and_not_asked_for_a_password_again() {
    scenario(async |world| {
        world.identity.set_disabled(EMAIL, true).await.unwrap();
        let settings = wbxml::document(wbxml::pages::settings::SETTINGS, |w| {
            w.element(wbxml::pages::settings::USER_INFORMATION, |w| w.empty(wbxml::pages::settings::GET));
        });
        assert_eq!(world.phone().ask("Settings", settings).await.text("Status"), "131");
        assert_eq!(world.raw(world.signed_in(Method::OPTIONS, PLACE), "").await.status(), 403);
        let stranger = Request::builder().method(Method::OPTIONS).uri(PLACE).header("Authorization", basic(EMAIL, "x"));
        assert_eq!(world.raw(stranger, "").await.status(), 401, "who cannot prove who they are learns nothing");
    });
}

#[test]
fn trouble_in_the_ledger_is_503_with_retry_after_never_500() {
    scenario(async |world| {
        let phone = world.phone();
        let folder = phone.default_folder().await;
        let broken = world.database.write::<_, ledger::LedgerError>(|tx| tx.execute("DROP TABLE collection", &[]));
        broken.await.unwrap();
        let response = phone.response("Sync", sync_body(&folder, "0", |_| {})).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(header(&response, "Retry-After"), "30");
    });
}

#[test]
fn autodiscover_of_a_server_without_tls_does_not_send_phones_to_https() {
    let settings = Settings { scheme: http::uri::Scheme::HTTP, ..Settings::default() };
    scenario_with(&settings, async |world| {
        let uri = "/autodiscover/autodiscover.json/v1.0/anna@example.org?Protocol=ActiveSync";
        let response = world.raw(Request::builder().uri(uri).header("Host", "127.0.0.1:8080"), "").await;
        let want = r#"{"Protocol":"ActiveSync","Url":"http://127.0.0.1:8080/Microsoft-Server-ActiveSync"}"#;
        assert_eq!(body_of(response).await, Bytes::from_static(want.as_bytes()));
    });
}
