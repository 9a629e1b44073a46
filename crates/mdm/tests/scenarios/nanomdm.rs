//! NanoMDM, played by a server of our own after its published API, and by its published ways to fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use fleet::delivery::{Delivery, DeliveryError, Order};
use http::{HeaderMap, Request, StatusCode};
use identity::Secret;
use ledger::testing::{both_engines, sqlite};
use mdm::{
    NanoMdm, limits,
    nanomdm::{NanoMdmSettings, router},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    device::{entry, plist, profile_list, value},
    house::{ANNA, CONTACTS, House, TOPIC, id, order},
};

const KEY: &str = "the api key";
const HOOK_KEY: &str = "the webhook key";
const HOUR: Duration = Duration::from_hours(1);

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mood {
    #[default]
    Well,
    /// The command is queued and the push fails (207 or 500, and never mind).
    PushFails(u16),
    /// The database fails.
    CommandFails,
    /// Something in front of it answers.
    Proxy,
    /// Takes the command and dies before it says so.
    Mute,
}

#[derive(Default)]
struct State_ {
    mood: Mood,
    /// Of each device: CommandUUID and RequestType.
    queues: BTreeMap<String, Vec<(String, String)>>,
    uuids: BTreeSet<String>,
    pushes: usize,
    nopush: usize,
}

type Shared = Arc<Mutex<State_>>;

fn authorized(headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("nanomdm:{KEY}")));
    headers.get("authorization").is_some_and(|it| *it == expected)
}

async fn enqueue(
    State(state): State<Shared>,
    Path(ids): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !authorized(&headers) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    let mut state = state.lock().unwrap();
    let (uuid, kind) = (value(&body, "CommandUUID"), value(&body, "RequestType"));
    let nopush = query.contains_key("nopush");
    state.nopush += usize::from(nopush);
    let failed = |error: &str| {
        let status: BTreeMap<_, _> = ids.split(',').map(|id| (id, json!({ "command_error": error }))).collect();
        let body = json!({ "status": status, "command_uuid": uuid, "request_type": kind });
        (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
    };
    match state.mood {
        Mood::CommandFails => return failed("sql: connection refused"),
        Mood::Proxy => return (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response(),
        Mood::Well | Mood::PushFails(_) | Mood::Mute => {}
    }
    if !state.uuids.insert(uuid.clone()) {
        return failed("Error 1062 (23000): Duplicate entry for key 'commands.PRIMARY'");
    }
    for id in ids.split(',') {
        state.queues.entry(id.to_owned()).or_default().push((uuid.clone(), kind.clone()));
    }
    match state.mood {
        Mood::PushFails(status) if !nopush => {
            let told: BTreeMap<_, _> = ids.split(',').map(|id| (id, json!({ "push_error": "no push cert" }))).collect();
            let body = json!({ "status": told, "command_uuid": uuid, "request_type": kind });
            (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
        }
        Mood::Mute => (StatusCode::BAD_GATEWAY, "").into_response(),
        _ if nopush => Json(json!({ "no_push": true, "command_uuid": uuid, "request_type": kind })).into_response(),
        _ => {
            let told: BTreeMap<_, _> = ids.split(',').map(|id| (id, json!({ "push_result": "E1F0" }))).collect();
            Json(json!({ "status": told, "command_uuid": uuid, "request_type": kind })).into_response()
        }
    }
}

async fn push(State(state): State<Shared>, Path(ids): Path<String>, headers: HeaderMap) -> Response {
    if !authorized(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    state.lock().unwrap().pushes += 1;
    let told: BTreeMap<_, _> = ids.split(',').map(|id| (id, json!({ "push_result": "E1F0" }))).collect();
    Json(json!({ "status": told })).into_response()
}

struct Other {
    house: House,
    state: Shared,
    nanomdm: NanoMdm,
    router: Router,
}

impl Other {
    async fn on(ledger: ledger::Database, key: &str, push_configured: bool) -> Self {
        let house = House::on(ledger).await;
        let state = Shared::default();
        let app = Router::new()
            .route("/v1/enqueue/{ids}", put(enqueue))
            .route("/v1/push/{ids}", get(push))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let settings = NanoMdmSettings {
            address,
            key: Secret::new(key),
            webhook_key: Secret::new(HOOK_KEY),
            push: push_configured,
        };
        let nanomdm = NanoMdm::new(house.register.clone(), &settings).unwrap();
        let router = router(nanomdm.clone());
        Self { house, state, nanomdm, router }
    }

    fn mood(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    fn queue(&self, device: &str) -> Vec<(String, String)> {
        self.state.lock().unwrap().queues.get(device).cloned().unwrap_or_default()
    }

    async fn hook(&self, body: &str, signature: Option<String>) -> StatusCode {
        let mut request = Request::post("/mdm/nanomdm/webhook").header("Content-Type", "application/json");
        if let Some(signature) = signature {
            request = request.header("X-Hmac-Signature", signature);
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap().status()
    }

    async fn tell(&self, topic: &str, event: &str, raw: &str) -> StatusCode {
        let mut body = json!({ "topic": topic, "event_id": "e", "created_at": "2026-11-23T06:00:00Z" });
        body[event] = json!({ "udid": "A", "raw_payload": STANDARD.encode(raw) });
        let body = body.to_string();
        self.hook(&body, Some(sign(&body))).await
    }

    async fn check_in(&self, kind: &str, more: &str) {
        let raw = plist(&(entry("MessageType", kind) + &entry("UDID", "A") + more));
        assert_eq!(self.tell(&format!("mdm.{kind}"), "checkin_event", &raw).await, StatusCode::OK);
    }

    async fn report(&self, status: &str, uuid: &str, more: &str) {
        let raw = plist(&(entry("Status", status) + &entry("CommandUUID", uuid) + &entry("UDID", "A") + more));
        assert_eq!(self.tell("mdm.Connect", "acknowledge_event", &raw).await, StatusCode::OK);
    }

    async fn enrol(&self) {
        self.check_in("Authenticate", &(entry("Topic", TOPIC) + &entry("OSVersion", "16.4"))).await;
        let token = entry("Topic", TOPIC) + &entry("PushMagic", "m") + "<key>Token</key><data>AAAA</data>";
        self.check_in("TokenUpdate", &token).await;
    }

    async fn give(&self, name: &str, what: Order) -> Result<(), DeliveryError> {
        self.nanomdm.give(&id("A"), &order(name), &what).await
    }
}

fn sign(body: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, HOOK_KEY.as_bytes()), body.as_bytes()))
}

#[test]
fn orders_go_to_it_and_answers_come_by_its_webhooks() {
    both_engines(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        assert!(matches!(other.give("P1", Order::ListProfiles).await, Err(DeliveryError::NotEnrolled(_))));
        other.enrol().await;
        other.give("P1", Order::InstallProfile(vec![1])).await.unwrap();
        other.give("P1", Order::InstallProfile(vec![1])).await.unwrap();
        other.give("L1", Order::ListProfiles).await.unwrap();
        let expected = [("P1".to_owned(), "InstallProfile".to_owned()), ("L1".to_owned(), "ProfileList".to_owned())];
        assert_eq!(other.queue("A"), expected);
        other.report("NotNow", "P1", "").await;
        other.report("Acknowledged", "P1", "").await;
        other.report("Acknowledged", "P1", "").await;
        let contacts = format!("{CONTACTS}anna");
        other.report("Acknowledged", "L1", &profile_list(&[(&contacts, "U1")])).await;
        let raw = plist(&(entry("Status", "Idle") + &entry("UDID", "A")));
        assert_eq!(other.tell("mdm.Connect", "acknowledge_event", &raw).await, StatusCode::OK);
        other.check_in("CheckOut", "").await;
        assert_eq!(
            other.house.told(0).await,
            [
                "facts 16.4",
                "enrolled",
                "not now P1",
                "acknowledged P1",
                "acknowledged L1",
                "profiles L1: 1",
                "checked out",
            ]
        );
        let known = other.house.register.device(&id("A")).await.unwrap().unwrap();
        assert_eq!((known.enrolled, known.managed), (false, None));
    });
}

#[test]
fn a_push_error_is_no_failure_of_the_command_and_a_command_error_is() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        for (name, status) in [("C207", 207), ("C500", 500)] {
            other.mood(Mood::PushFails(status));
            other.give(name, Order::ListProfiles).await.unwrap();
        }
        assert_eq!(other.queue("A").len(), 2);
        for mood in [Mood::CommandFails, Mood::Proxy] {
            other.mood(mood);
            assert!(matches!(other.give("D", Order::ListProfiles).await, Err(DeliveryError::Temporary(_))), "{mood:?}");
        }
        other.mood(Mood::Well);
        other.give("D", Order::ListProfiles).await.unwrap();
        assert_eq!(other.queue("A").len(), 3);
    });
}

#[test]
fn a_command_that_was_taken_without_a_word_is_not_given_twice() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        other.mood(Mood::Mute);
        assert!(matches!(other.give("C", Order::ListProfiles).await, Err(DeliveryError::Temporary(_))));
        other.mood(Mood::Well);
        other.give("C", Order::ListProfiles).await.unwrap();
        other.give("C", Order::ListProfiles).await.unwrap();
        assert_eq!(other.queue("A").len(), 1);
    });
}

#[test]
fn without_a_push_certificate_it_is_asked_not_to_push() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, false).await;
        assert!(!other.nanomdm.capabilities().push);
        other.enrol().await;
        other.mood(Mood::PushFails(500));
        other.give("C", Order::ListProfiles).await.unwrap();
        assert_eq!(other.state.lock().unwrap().nopush, 1);
    });
}

#[test]
fn a_wrong_key_is_told_as_such() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, "another key", true).await;
        other.enrol().await;
        let refused = other.give("C", Order::ListProfiles).await;
        assert!(matches!(refused, Err(DeliveryError::Refused(why)) if why.contains("API key")));
    });
}

#[test]
fn a_webhook_that_is_not_signed_as_agreed_is_nothing() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        let raw = plist(&(entry("MessageType", "Authenticate") + &entry("UDID", "A")));
        let body = json!({ "topic": "mdm.Authenticate", "checkin_event": { "raw_payload": STANDARD.encode(&raw) } })
            .to_string();
        let wrong = STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"x"), body.as_bytes()));
        for signature in [None, Some(String::new()), Some("no base64!".to_owned()), Some(wrong), Some(sign("other"))] {
            assert_eq!(other.hook(&body, signature).await, StatusCode::FORBIDDEN);
        }
        assert!(other.house.register.devices().await.unwrap().is_empty());
        for body in [
            "",
            "[]",
            "{}",
            "{\"topic\":\"mdm.Connect\"}",
            "{\"topic\":\"mdm.Connect\",\"acknowledge_event\":{\"raw_payload\":\"!\"}}",
        ] {
            assert_eq!(other.hook(body, Some(sign(body))).await, StatusCode::BAD_REQUEST, "{body}");
        }
        let unknown = "{\"topic\":\"mdm.GetToken\"}";
        assert_eq!(other.hook(unknown, Some(sign(unknown))).await, StatusCode::OK);
    });
}

#[test]
fn lost_webhooks_of_an_enrolment_are_made_up_by_the_next_report() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.report("Acknowledged", "given by somebody else", "").await;
        assert_eq!(other.house.told(0).await, ["enrolled"]);
        other.give("C", Order::ListProfiles).await.unwrap();
    });
}

#[test]
fn what_was_not_heard_of_is_asked_again_and_its_answer_counts_for_the_first() {
    both_engines(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        other.give("L1", Order::ListProfiles).await.unwrap();
        other.give("P1", Order::InstallProfile(vec![1])).await.unwrap();
        assert_eq!(other.nanomdm.reconcile(HOUR).await.unwrap().asked_again, 0, "it has time");
        other.house.clock.pass(HOUR * 2);
        let before = other.house.position().await;
        assert_eq!(other.nanomdm.reconcile(HOUR).await.unwrap().asked_again, 2);
        assert_eq!(other.nanomdm.reconcile(HOUR).await.unwrap().asked_again, 0, "not so soon again");
        assert_eq!(other.state.lock().unwrap().pushes, 2);
        let queue = other.queue("A");
        assert_eq!(queue.len(), 4, "{queue:?}");
        let again = queue.iter().find(|(uuid, _)| uuid.starts_with("L1~")).unwrap();
        assert_eq!(again.1, "ProfileList");
        other.report("Acknowledged", &again.0, &profile_list(&[])).await;
        // The profile is never installed a second time: the device is asked which it has.
        assert_eq!(queue.iter().filter(|(_, kind)| kind == "InstallProfile").count(), 1);
        let asked = &queue.iter().find(|(uuid, kind)| kind == "ProfileList" && !uuid.starts_with("L1")).unwrap().0;
        let contacts = format!("{CONTACTS}anna");
        other.report("Acknowledged", asked, &profile_list(&[(&contacts, "U1")])).await;
        let told = other.house.told(before).await;
        let own = format!("profiles {asked}: 1");
        assert_eq!(told, ["acknowledged L1", "profiles L1: 0", &format!("acknowledged {asked}"), &own]);
    });
}

#[test]
fn what_was_never_heard_of_is_given_up() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        other.give("P1", Order::InstallProfile(vec![1])).await.unwrap();
        other.house.clock.pass(limits::SILENT_FOR_GOOD);
        let before = other.house.position().await;
        assert_eq!(other.nanomdm.reconcile(HOUR).await.unwrap().given_up, 1);
        assert_eq!(other.nanomdm.reconcile(HOUR).await.unwrap().given_up, 0);
        assert_eq!(other.house.told(before).await, ["failed P1: BothwaysMDM 5"]);
    });
}

#[test]
fn status_reports_come_through_it() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        let before = other.house.position().await;
        let report: Value = json!({ "StatusItems": { "account": { "list": { "exchange": [
            { "identifier": "1", "are-contacts-enabled": true }] } } } });
        let data = format!("<key>Data</key><data>{}</data>", STANDARD.encode(report.to_string()));
        other.check_in("DeclarativeManagement", &(entry("Endpoint", "status") + &data)).await;
        other.check_in("DeclarativeManagement", &entry("Endpoint", "tokens")).await;
        assert_eq!(other.house.told(before).await, ["accounts [1 true false false]"]);
    });
}

#[test]
fn a_report_that_was_overtaken_by_the_webhook_on_leaving_enrols_nobody() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        other.check_in("CheckOut", "").await;
        other.report("Acknowledged", "late", "").await;
        assert!(!other.house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
        other.house.clock.pass(HOUR);
        other.report("Acknowledged", "it is back", "").await;
        assert!(other.house.register.device(&id("A")).await.unwrap().unwrap().enrolled);
    });
}

/// A certificate of ours does not speak for a device that another MDM has brought, until it enrols with us.
#[test]
fn a_device_of_another_mdm_may_move_to_us() {
    sqlite(async |ledger| {
        let other = Other::on(ledger, KEY, true).await;
        other.enrol().await;
        let phone = crate::device::Phone::of(&other.house, ANNA, "A").await;
        assert_eq!(phone.token_update(&other.house, "").await, StatusCode::FORBIDDEN);
        phone.settle(&other.house).await;
    });
}
