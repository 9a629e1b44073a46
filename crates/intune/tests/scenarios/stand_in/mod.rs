//! A stand-in for Microsoft Graph on loopback: enforces the published types by a table of its own, pages, throttles, loses
//! answers after having done the work. It shares nothing with the client but the wire.

#![allow(dead_code)] // each test file uses its part

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use bytes::Bytes;
use hyper::body::Frame;
use serde_json::{Map, Value, json};

mod check;
mod types;

/// What goes wrong, once, with the next request that fits.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: &'static str,
    pub path: &'static str,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Nothing is done; with this Retry-After.
    Throttle(Option<&'static str>),
    /// Nothing is done.
    Status(u16),
    /// The work is done, the connection breaks.
    LoseAnswer,
    /// The work is done, a gateway says 504.
    GatewayTimeout,
    /// The answer's JSON ends in the middle.
    Half,
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: Value,
}

/// The tenant.
pub struct World {
    pub base: String,
    pub objects: BTreeMap<String, Vec<Value>>,
    pub status: BTreeMap<String, Value>,
    pub faults: VecDeque<Fault>,
    pub denied: Vec<&'static str>,
    pub asked: Vec<Asked>,
    pub page: usize,
    pub page_host: Option<String>,
    pub token: String,
    next: u64,
}

type Answer = (StatusCode, Value);
type Outcome = Result<Answer, (StatusCode, String)>;

impl World {
    pub fn new() -> Self {
        let app = |id: &str, bundle: &str| json!({"@odata.type": "#microsoft.graph.iosStoreApp", "id": id, "displayName": "App", "bundleId": bundle});
        let mut objects = BTreeMap::new();
        objects.insert(
            "mobileApps".to_owned(),
            vec![
                app("00000000-0000-0000-0000-00000000bbbb", "com.example.other"),
                app("00000000-0000-0000-0000-00000000aaaa", "com.microsoft.Office.Outlook"),
            ],
        );
        objects.insert(
            "servicePrincipals".to_owned(),
            vec![json!({"id": "e0000000-0000-0000-0000-000000000001", "appId": "00000002-0000-0ff1-ce00-000000000000",
                        "displayName": "Office 365 Exchange Online", "accountEnabled": true})],
        );
        Self {
            base: String::new(),
            objects,
            status: BTreeMap::new(),
            faults: VecDeque::new(),
            denied: Vec::new(),
            asked: Vec::new(),
            page: 2,
            page_host: None,
            token: "good".to_owned(),
            next: 1,
        }
    }

    /// An empty tenant at the same address.
    pub fn start_over(&mut self) {
        let base = std::mem::take(&mut self.base);
        // Pages are another test's affair.
        *self = Self { base, page: 100, ..Self::new() };
    }

    /// Everything the tenant says, without what the service makes up.
    pub fn content(&self) -> BTreeMap<String, Vec<Value>> {
        fn plain(value: &Value) -> Value {
            const MADE_UP: [&str; 5] = ["id", "version", "createdDateTime", "lastModifiedDateTime", "modifiedDateTime"];
            match value {
                Value::Object(members) => Value::Object(
                    members
                        .iter()
                        .filter(|(name, value)| !MADE_UP.contains(&name.as_str()) && !value.is_null())
                        .map(|(name, value)| (name.clone(), plain(value)))
                        .collect(),
                ),
                Value::Array(list) => Value::Array(list.iter().map(plain).collect()),
                other => other.clone(),
            }
        }
        let mut all: BTreeMap<_, Vec<Value>> = self
            .objects
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| (name.clone(), list.iter().map(plain).collect()))
            .collect();
        for list in all.values_mut() {
            list.sort_by_key(ToString::to_string);
        }
        all
    }

    pub fn named(&mut self, collection: &str, part: &str) -> &mut Value {
        let list = self.objects.get_mut(collection).expect("the collection");
        list.iter_mut()
            .find(|object| object["displayName"].as_str().is_some_and(|name| name.contains(part)))
            .unwrap_or_else(|| panic!("an object named like {part}"))
    }

    /// How often something was asked.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.method == method && asked.path.contains(part)).count()
    }

    pub fn writes(&self) -> usize {
        self.asked.iter().filter(|asked| asked.method != "GET").count()
    }

    fn id(&mut self) -> String {
        self.next += 1;
        format!("a0000000-0000-0000-0000-{:012}", self.next)
    }

    fn answer(&mut self, asked: &Asked) -> Outcome {
        if let Some(denied) = self.denied.iter().find(|denied| asked.path.contains(**denied)) {
            return Err((StatusCode::FORBIDDEN, format!("Insufficient privileges for {denied}")));
        }
        let mut segments: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        let beta = match segments.remove(0) {
            "beta" => true,
            "v1.0" => false,
            other => return Err((StatusCode::BAD_REQUEST, format!("Invalid version {other}"))),
        };
        let place = segments.iter().position(|segment| {
            ["mobileApps", "managedDevices"].contains(segment)
                || types::only_type(segment).is_some()
                || ["deviceConfigurations", "deviceCompliancePolicies", "mobileAppConfigurations"].contains(segment)
        });
        let Some(place) = place else {
            return Err((StatusCode::BAD_REQUEST, "Resource not found for the segment".into()));
        };
        let area = match segments[place] {
            "deviceConfigurations" | "deviceCompliancePolicies" | "assignmentFilters" | "managedDevices" => {
                "deviceManagement"
            }
            "policies" => "identity/conditionalAccess",
            "servicePrincipals" | "oauth2PermissionGrants" => "",
            _ => "deviceAppManagement",
        };
        if segments[..place].join("/") != area {
            return Err((StatusCode::BAD_REQUEST, format!("{} is not there", segments.join("/"))));
        }
        let (collection, rest) = (segments[place], &segments[place + 1..]);
        if !beta && types::only_type(collection).and_then(types::published).is_some_and(|of| of.beta) {
            return Err((StatusCode::BAD_REQUEST, format!("v1.0 has no {collection}")));
        }
        match (asked.method.as_str(), rest) {
            ("GET", []) => Ok(self.list(collection, beta, asked)),
            ("POST", []) => self.create(collection, beta, &asked.body),
            ("GET", [id]) => Ok((StatusCode::OK, self.seen(collection, id, beta, &asked.query)?)),
            ("GET", [id, "deviceStatusOverview" | "deviceStatusSummary"]) => {
                self.place(collection, id)?;
                let none = json!({"pendingCount": 0, "successCount": 0, "errorCount": 0, "failedCount": 0,
                                  "notApplicableCount": 0, "configurationVersion": 1});
                Ok((StatusCode::OK, self.status.get(*id).cloned().unwrap_or(none)))
            }
            ("PATCH", [id]) => self.patch(collection, id, beta, &asked.body),
            ("DELETE", [id]) => {
                let place = self.place(collection, id)?;
                self.objects.get_mut(collection).expect("a place").remove(place);
                Ok((StatusCode::NO_CONTENT, Value::Null))
            }
            ("POST", [id, action @ ..]) => self.act(collection, id, action, beta, &asked.body),
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "no".into())),
        }
    }

    fn place(&self, collection: &str, id: &str) -> Result<usize, (StatusCode, String)> {
        let list = self.objects.get(collection).map_or(&[][..], Vec::as_slice);
        let place = list.iter().position(|object| object["id"] == id);
        place.ok_or((StatusCode::NOT_FOUND, format!("Resource '{id}' does not exist")))
    }

    fn seen(&self, collection: &str, id: &str, beta: bool, query: &str) -> Result<Value, (StatusCode, String)> {
        let place = self.place(collection, id)?;
        Ok(view(&self.objects[collection][place], beta, query))
    }

    fn list(&self, collection: &str, beta: bool, asked: &Asked) -> Answer {
        let query = decoded(&asked.query);
        let get = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let wanted: Vec<(&str, &str)> = get("$filter")
            .into_iter()
            .flat_map(|filter| filter.split(" or "))
            .filter_map(|part| part.split_once(" eq '"))
            .collect();
        let all: Vec<&Value> = self.objects.get(collection).into_iter().flatten().collect();
        let visible = all.into_iter().filter(|object| {
            let of = object["@odata.type"].as_str().map(|of| of.trim_start_matches("#microsoft.graph."));
            let hidden = of.and_then(types::published).is_some_and(|of| of.beta && !beta);
            let one = |(member, value): &(&str, &str)| object[*member] == value.trim_end_matches('\'');
            let fits = wanted.is_empty() || wanted.iter().any(one);
            !hidden && fits
        });
        let visible: Vec<Value> = visible.map(|object| view(object, beta, &asked.query)).collect();
        let skip: usize = get("$skiptoken").and_then(|token| token.parse().ok()).unwrap_or(0);
        let page: Vec<Value> = visible.iter().skip(skip).take(self.page).cloned().collect();
        let mut body = json!({"@odata.context": format!("{}/$metadata#x", self.base), "value": page});
        if skip + self.page < visible.len() {
            let kept: Vec<_> =
                asked.query.split('&').filter(|part| !part.contains("skiptoken") && !part.is_empty()).collect();
            let kept = kept.join("&");
            let host = self.page_host.as_deref().unwrap_or(&self.base);
            let link = format!("{host}{}?{kept}&%24skiptoken={}", asked.path, skip + self.page);
            body["@odata.nextLink"] = json!(link);
        }
        (StatusCode::OK, body)
    }

    fn create(&mut self, collection: &str, beta: bool, body: &Value) -> Outcome {
        let bad = |why: String| (StatusCode::BAD_REQUEST, why);
        let named = body["@odata.type"].as_str().map(|of| of.trim_start_matches("#microsoft.graph."));
        let name = named.or(types::only_type(collection)).ok_or(bad("@odata.type is required".into()))?.to_owned();
        let of = types::published(&name).filter(|of| of.collection == collection && (beta || !of.beta));
        let of = of.ok_or_else(|| bad(format!("Could not find a type named {name} here")))?;
        check::body(of, beta, body, true).map_err(bad)?;
        self.consistent(collection, body)?;
        let mut object: Map<String, Value> = Map::new();
        for (name, takes) in &of.takes {
            let unset = if takes.kind == "bool" && takes.not_null { json!(false) } else { Value::Null };
            object.insert(name.clone(), if takes.navigation { json!([]) } else { unset });
        }
        object.extend(body.as_object().expect("checked").clone());
        let id = self.id();
        let id = if of.takes.contains_key("isAssigned") { format!("A_{id}") } else { id };
        object.insert("@odata.type".to_owned(), json!(format!("#microsoft.graph.{name}")));
        object.insert("id".to_owned(), json!(id));
        object.insert("version".to_owned(), json!(1));
        object.insert("createdDateTime".to_owned(), json!("2026-11-01T00:00:00Z"));
        object.insert("lastModifiedDateTime".to_owned(), json!("2026-11-01T00:00:00Z"));
        self.objects.entry(collection.to_owned()).or_default().push(Value::Object(object));
        let seen = self.seen(collection, &id, beta, "")?;
        Ok((StatusCode::CREATED, seen))
    }

    /// What the service checks beyond types.
    fn consistent(&self, collection: &str, body: &Value) -> Result<(), (StatusCode, String)> {
        let there = |collection: &str, member: &str, value: &Value| {
            self.objects.get(collection).into_iter().flatten().any(|object| object[member] == *value)
        };
        let bad = |why: &str| Err((StatusCode::BAD_REQUEST, why.to_owned()));
        match collection {
            "servicePrincipals" if there("servicePrincipals", "appId", &body["appId"]) => {
                Err((StatusCode::CONFLICT, "The service principal name is already present in the tenant".into()))
            }
            "oauth2PermissionGrants" => {
                if !there("servicePrincipals", "id", &body["clientId"])
                    || !there("servicePrincipals", "id", &body["resourceId"])
                {
                    return bad("clientId or resourceId is no service principal");
                }
                let same = self.objects.get(collection).into_iter().flatten().any(|grant| {
                    ["clientId", "resourceId", "consentType"].iter().all(|member| grant[member] == body[member])
                });
                if same { Err((StatusCode::CONFLICT, "Permission entry already exists".into())) } else { Ok(()) }
            }
            "mobileAppConfigurations" => {
                let apps = body["targetedMobileApps"].as_array().into_iter().flatten();
                if apps.clone().count() == 0 || !apps.clone().all(|app| there("mobileApps", "id", app)) {
                    return bad("targetedMobileApps names an app that the tenant does not have");
                }
                Ok(())
            }
            "policies" => users(&body["conditions"]),
            _ => Ok(()),
        }
    }

    fn patch(&mut self, collection: &str, id: &str, beta: bool, body: &Value) -> Outcome {
        let bad = |why: String| (StatusCode::BAD_REQUEST, why);
        let place = self.place(collection, id)?;
        let object = self.objects[collection][place].clone();
        let (is, says) = (object["@odata.type"].as_str().unwrap_or_default(), body["@odata.type"].as_str());
        if says.is_none() && types::only_type(collection).is_none() {
            return Err(bad("@odata.type is required to change an object of this collection".into()));
        }
        if says.is_some_and(|says| !is.is_empty() && says != is) {
            return Err(bad("the type of an object cannot be changed".into()));
        }
        let name = if is.is_empty() { types::only_type(collection).unwrap_or_default() } else { is };
        let of = types::published(name.trim_start_matches("#microsoft.graph.")).expect("it was created");
        check::body(of, beta, body, false).map_err(bad)?;
        if collection == "policies" && body.get("conditions").is_some() {
            users(&body["conditions"])?;
        }
        let object = &mut self.objects.get_mut(collection).expect("a place")[place];
        for (name, value) in body.as_object().expect("checked").iter().filter(|(name, _)| *name != "@odata.type") {
            object[name] = value.clone();
        }
        let version = object["version"].as_i64().unwrap_or(1);
        object["version"] = json!(version + 1);
        object["lastModifiedDateTime"] = json!("2026-11-02T00:00:00Z");
        Ok((StatusCode::NO_CONTENT, Value::Null))
    }

    fn act(&mut self, collection: &str, id: &str, action: &[&str], beta: bool, body: &Value) -> Outcome {
        let bad = |why: &str| (StatusCode::BAD_REQUEST, why.to_owned());
        let place = self.place(collection, id)?;
        let cast = "microsoft.graph.managedDeviceMobileAppConfiguration";
        match (collection, action) {
            ("mobileAppConfigurations", [of, "assign"]) if *of == cast => {}
            ("mobileAppConfigurations", ["assign"]) => return Err(bad("Resource not found for the segment 'assign'")),
            (
                "deviceConfigurations"
                | "deviceCompliancePolicies"
                | "targetedManagedAppConfigurations"
                | "iosManagedAppProtections",
                ["assign"],
            ) => {}
            ("targetedManagedAppConfigurations" | "iosManagedAppProtections", ["targetApps"]) => {
                check::one("apps", &body["apps"]).map_err(|why| bad(&why))?;
                let object = &mut self.objects.get_mut(collection).expect("a place")[place];
                object["apps"] = body["apps"].clone();
                object["appGroupType"] = body["appGroupType"].clone();
                return Ok((StatusCode::NO_CONTENT, Value::Null));
            }
            ("deviceCompliancePolicies", ["scheduleActionsForRules"]) => {
                let rules = &body["deviceComplianceScheduledActionForRules"];
                check::one("rules", rules).map_err(|why| bad(&why))?;
                let object = &mut self.objects.get_mut(collection).expect("a place")[place];
                object["scheduledActionsForRule"] = rules.clone();
                return Ok((StatusCode::NO_CONTENT, Value::Null));
            }
            _ => return Err(bad("Resource not found for the segment")),
        }
        let mut kept = Vec::new();
        for assignment in body["assignments"].as_array().ok_or(bad("assignments is required"))? {
            self.target(&assignment["target"], beta).map_err(|why| bad(&why))?;
            let mut assignment = assignment.clone();
            assignment["id"] = json!(self.id());
            let filtered = !assignment["target"]["deviceAndAppManagementAssignmentFilterId"].is_null();
            if !filtered {
                assignment["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("none");
            }
            kept.push(assignment);
        }
        self.objects.get_mut(collection).expect("a place")[place]["assignments"] = Value::Array(kept);
        Ok((StatusCode::OK, json!({"value": []})))
    }

    fn target(&self, target: &Value, beta: bool) -> Result<(), String> {
        let of = target["@odata.type"].as_str().unwrap_or_default().trim_start_matches("#microsoft.graph.");
        let group = matches!(of, "groupAssignmentTarget" | "exclusionGroupAssignmentTarget");
        let known = group || matches!(of, "allLicensedUsersAssignmentTarget" | "allDevicesAssignmentTarget");
        let filter = &target["deviceAndAppManagementAssignmentFilterId"];
        let exists = |filter: &Value| {
            self.objects.get("assignmentFilters").into_iter().flatten().any(|object| object["id"] == *filter)
        };
        match () {
            () if !known => Err(format!("{of} is no target")),
            () if group && target["groupId"].as_str().is_none_or(|id| id.len() != 36) => {
                Err("groupId is required".into())
            }
            () if filter.is_null() => Ok(()),
            () if !beta => Err("v1.0 has no filters".into()),
            () if of == "exclusionGroupAssignmentTarget" => Err("an exclusion takes no filter".into()),
            () if !exists(filter) => Err(format!("filter {filter} does not exist")),
            () => Ok(()),
        }
    }
}

fn users(conditions: &Value) -> Result<(), (StatusCode, String)> {
    let users = &conditions["users"];
    let named = ["includeUsers", "includeGroups", "includeRoles"]
        .iter()
        .any(|member| users[member].as_array().is_some_and(|list| !list.is_empty()));
    if named { Ok(()) } else { Err((StatusCode::BAD_REQUEST, "1011: 'conditions' has to name users".into())) }
}

/// An object as a reader sees it: navigations only when they are asked for, beta's members only in beta.
fn view(object: &Value, beta: bool, query: &str) -> Value {
    let query: Vec<_> = decoded(query);
    let expanded: &str = query.iter().find(|(name, _)| name == "$expand").map_or("", |(_, value)| value);
    let of =
        object["@odata.type"].as_str().map(|of| of.trim_start_matches("#microsoft.graph.")).and_then(types::published);
    let Some(of) = of else { return object.clone() };
    let mut seen = object.clone();
    seen.as_object_mut().expect("an object").retain(|name, _| match of.takes.get(name) {
        Some(takes) => (!takes.navigation || expanded.contains(name.as_str())) && (beta || !takes.beta),
        None => true,
    });
    if expanded.contains("scheduledActionsForRule") && !expanded.contains("scheduledActionConfigurations") {
        for rule in seen["scheduledActionsForRule"].as_array_mut().into_iter().flatten() {
            rule["scheduledActionConfigurations"] = json!([]);
        }
    }
    seen
}

fn decoded(query: &str) -> Vec<(String, String)> {
    fn text(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
            if let (b'%', [a, b, tail @ ..]) = (first, tail) {
                bytes.push(hex(&[*a, *b]).expect("hexadecimal"));
                rest = tail;
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    }
    query.split('&').filter_map(|part| part.split_once('=')).map(|(name, value)| (text(name), text(value))).collect()
}

#[derive(Clone)]
pub struct StandIn(pub Arc<Mutex<World>>);

impl StandIn {
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("the world")
    }

    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut world = World::new();
        world.base = format!("http://{}", listener.local_addr().expect("an address"));
        let stand_in = Self(Arc::new(Mutex::new(world)));
        let router = Router::new().fallback(serve).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        stand_in
    }

    pub fn base(&self) -> String {
        self.world().base.clone()
    }

    pub fn fault(&self, method: &'static str, path: &'static str, what: What) {
        self.world().faults.push_back(Fault { method, path, what });
    }
}

async fn serve(State(stand_in): State<StandIn>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 8 << 20).await.expect("a body");
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") },
    };
    let mut world = stand_in.world();
    world.asked.push(asked.clone());
    let bearer = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    if bearer != Some(format!("Bearer {}", world.token)) {
        return error(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", "Access token is not good", None);
    }
    let fits = |fault: &Fault| fault.method == asked.method && asked.path.contains(fault.path);
    let fault = world.faults.iter().position(fits).and_then(|place| world.faults.remove(place)).map(|fault| fault.what);
    match fault {
        Some(What::Throttle(after)) => {
            return error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "slow down", after);
        }
        Some(What::Status(status)) => {
            return error(StatusCode::from_u16(status).expect("a status"), "Status", "as told", None);
        }
        _ => {}
    }
    let outcome = world.answer(&asked);
    match (fault, outcome) {
        (Some(What::LoseAnswer), _) => Response::new(Body::new(Broken)),
        (Some(What::GatewayTimeout), _) => error(StatusCode::GATEWAY_TIMEOUT, "Timeout", "gateway", None),
        (fault, Ok((status, value))) => {
            let mut text = if value.is_null() { String::new() } else { value.to_string() };
            if fault == Some(What::Half) {
                text.truncate(text.len() / 2);
            }
            let response = Response::builder().status(status).header("request-id", "r-1");
            response.body(Body::from(text)).expect("a response")
        }
        (_, Err((status, why))) => error(status, "BadRequest", &why, None),
    }
}

fn error(status: StatusCode, code: &str, message: &str, retry_after: Option<&str>) -> Response {
    let mut response = Response::builder().status(status).header("request-id", "r-1");
    if let Some(after) = retry_after {
        response = response.header("retry-after", after);
    }
    let body = json!({"error": {"code": code, "message": message}});
    response.body(Body::from(body.to_string())).expect("a response")
}

/// A body that breaks the connection.
struct Broken;

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("broken"))))
    }
}
