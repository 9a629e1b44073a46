use std::{sync::Arc, time::Duration};

use intune::{
    apply::ApplyError,
    collection::Collection,
    graph::{Address, ClientCredentials, Graph, GraphError},
    metadata::Version,
};
use serde_json::json;

use crate::{
    company::{Company, FakeClock, everything, hub},
    stand_in::What,
};

fn seconds(company: &Company) -> Vec<u64> {
    company.clock.slept.lock().unwrap().iter().map(Duration::as_secs).collect()
}

fn filters() -> Address {
    Address::new(Version::Beta, &["deviceManagement", "assignmentFilters"])
}

#[tokio::test]
async fn the_service_is_asked_again_when_it_says_and_otherwise_ever_later() {
    let company = Company::new().await;
    for what in [
        What::Throttle(Some("7")),
        What::Throttle(Some("Mon, 23 Nov 2026 08:00:37 GMT")),
        What::Throttle(None),
        What::Status(502),
        What::Status(503),
        What::Status(504),
    ] {
        company.tenant.fault("GET", "assignmentFilters", what);
    }
    company.graph.list(&filters()).await.unwrap();
    // 7 s; the date is 30 s after that; the third, fourth... wait doubles with every try.
    assert_eq!(seconds(&company), [7, 30, 40, 60, 60, 60]);
}

#[tokio::test]
async fn patience_ends_with_a_clear_message() {
    let company = Company::new().await;
    for _ in 0..10 {
        company.tenant.fault("GET", "assignmentFilters", What::Status(503));
    }
    let error = company.graph.list(&filters()).await.unwrap_err();
    assert!(matches!(error, GraphError::Unavailable { status: 503, .. }), "{error}");
    assert!(error.to_string().contains("request-id r-1"), "{error}");
    assert_eq!(company.tenant.world().count("GET", "assignmentFilters"), 7);
}

#[tokio::test]
async fn conditional_access_is_asked_once_a_second() {
    let company = Company::new().await;
    company.tenant.fault("GET", "conditionalAccess", What::Throttle(None));
    for _ in 0..3 {
        company.graph.list(&Address::new(Version::V1, &["identity", "conditionalAccess", "policies"])).await.unwrap();
    }
    assert_eq!(seconds(&company), [10, 1, 1]);
}

#[tokio::test]
async fn half_a_page_is_asked_for_again_and_nothing_is_missed() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    company.tenant.fault("GET", "deviceConfigurations", What::Half);
    company.tenant.fault("GET", "deviceCompliancePolicies", What::LoseAnswer);
    let plan = company.plan(&hub()).await;
    assert!(plan.is_empty(), "{plan}");
    let world = company.tenant.world();
    assert!(world.objects["deviceConfigurations"].len() > world.page);
}

#[tokio::test]
async fn a_service_that_only_sends_half_pages_ends_in_an_error_not_in_a_plan() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    for _ in 0..20 {
        company.tenant.fault("GET", "deviceConfigurations", What::Half);
    }
    let error = company
        .graph
        .list(&Address::new(Version::Beta, &["deviceManagement", "deviceConfigurations"]))
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::NotUnderstood { .. }), "{error}");
}

#[tokio::test]
async fn the_token_does_not_follow_a_page_to_another_host() {
    let company = Company::new().await;
    company.bring(&hub()).await;
    company.tenant.world().page_host = Some("http://127.0.0.2:9".to_owned());
    let error = company
        .graph
        .list(&Address::new(Version::Beta, &["deviceManagement", "deviceConfigurations"]))
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::Elsewhere { .. }), "{error}");
}

#[tokio::test]
async fn lost_answers_to_every_request_make_nothing_twice() {
    for what in [What::LoseAnswer, What::GatewayTimeout, What::Half] {
        let calm = Company::new().await;
        calm.bring(&everything()).await;
        let company = Company::new().await;
        let plan = company.plan(&everything()).await;
        for part in [
            "assignmentFilters",
            "servicePrincipals",
            "oauth2PermissionGrants",
            "mobileAppConfigurations",
            "targetedManagedAppConfigurations",
            "iosManagedAppProtections",
            "deviceConfigurations",
            "deviceCompliancePolicies",
            "policies",
            "/targetApps",
            "/assign",
        ] {
            company.tenant.fault("POST", part, what.clone());
        }
        company.apply(&plan).await.unwrap();
        {
            let (calm, world) = (calm.tenant.world(), company.tenant.world());
            for (collection, objects) in &calm.objects {
                assert_eq!(world.objects[collection].len(), objects.len(), "{collection} after {what:?}");
            }
        }
        assert!(company.plan(&everything()).await.is_empty());
    }
}

#[tokio::test]
async fn a_create_that_was_not_done_is_made_again_after_a_look() {
    let company = Company::new().await;
    let plan = company.plan(&hub()).await;
    company.tenant.fault("POST", "deviceCompliancePolicies", What::Status(503));
    company.apply(&plan).await.unwrap();
    assert!(company.plan(&hub()).await.is_empty());
    assert_eq!(company.tenant.world().objects["deviceCompliancePolicies"].len(), 1);
}

#[tokio::test]
async fn a_throttled_apply_is_only_slower() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    for part in ["deviceConfigurations", "policies", "/assign", "servicePrincipals"] {
        company.tenant.fault("POST", part, What::Throttle(None));
        company.tenant.fault("POST", part, What::Throttle(Some("3")));
    }
    company.apply(&plan).await.unwrap();
    assert!(company.plan(&everything()).await.is_empty());
}

#[tokio::test]
async fn a_missing_permission_in_the_middle_names_what_is_missing_and_can_be_gone_on_from() {
    let company = Company::new().await;
    let plan = company.plan(&everything()).await;
    company.tenant.fault("POST", "conditionalAccess", What::Status(403));
    let mut kept = None;
    let classes = crate::company::all_classes();
    let mut keep = |journal: &intune::apply::Journal| {
        kept = Some(journal.clone());
        Ok(())
    };
    let error = intune::apply::apply(&company.graph, &plan, &classes, None, &mut keep).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Graph { .. }), "{error}");
    assert!(error.to_string().contains("Policy.ReadWrite.ConditionalAccess"), "{error}");
    let journal = intune::apply::apply(&company.graph, &plan, &classes, kept, &mut |_| Ok(())).await.unwrap();
    assert!(journal.is_complete());
}

#[tokio::test]
async fn a_change_without_its_type_is_not_sent() {
    let company = Company::new().await;
    let address = Address::new(Version::Beta, &["deviceManagement", "deviceConfigurations", "x"]);
    let error = company.graph.patch(&address, &json!({"displayName": "x"})).await.unwrap_err();
    assert!(matches!(error, GraphError::Untyped { .. }), "{error}");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_sent() {
    let company = Company::new().await;
    let body = json!({"@odata.type": "#x", "payload": "A".repeat(5 << 20)});
    let error = company.graph.create(&filters(), &body).await.unwrap_err();
    assert!(matches!(error, GraphError::BodyTooLong { .. }), "{error}");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once_and_then_told() {
    let company = Company::new().await;
    company.tenant.world().token = "another".to_owned();
    let error = company.graph.list(&filters()).await.unwrap_err();
    assert!(matches!(error, GraphError::Unauthorized { .. }), "{error}");
    assert_eq!(company.tenant.world().count("GET", "assignmentFilters"), 2);
}

#[tokio::test]
async fn client_credentials_fetch_a_token_keep_it_and_renew_it_in_time() {
    let (endpoint, asked) = token_endpoint().await;
    let company = Company::new().await;
    company.tenant.world().token = "token-1".to_owned();
    let clock = Arc::new(FakeClock::new());
    let source = ClientCredentials::new(
        &endpoint,
        "app".into(),
        "s&cret".into(),
        "https://graph/.default".into(),
        clock.clone(),
    );
    let graph = Graph::new(&company.tenant.base(), Arc::new(source.unwrap()), clock.clone()).unwrap();
    graph.list(&filters()).await.unwrap();
    graph.list(&filters()).await.unwrap();
    assert_eq!(
        asked.lock().unwrap().as_slice(),
        ["grant_type=client_credentials&client_id=app&client_secret=s%26cret&scope=https%3A%2F%2Fgraph%2F.default"]
    );
    company.tenant.world().token = "token-2".to_owned();
    intune::graph::Clock::sleep(&*clock, Duration::from_secs(3_400)).await;
    graph.list(&filters()).await.unwrap();
    company.tenant.world().token = "token-3".to_owned();
    graph.list(&filters()).await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), 3, "one that is refused is fetched anew");
}

async fn token_endpoint() -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    let asked: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/tenant/oauth2/v2.0/token", listener.local_addr().unwrap());
    let log = asked.clone();
    let router = axum::Router::new().fallback(move |body: String| {
        let log = log.clone();
        async move {
            let mut log = log.lock().unwrap();
            log.push(body);
            json!({"token_type": "Bearer", "expires_in": 3599, "access_token": format!("token-{}", log.len())})
                .to_string()
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (endpoint, asked)
}

#[test]
fn collections_speak_the_version_they_need() {
    assert_eq!(Collection::DeviceConfigurations.version(), Version::Beta);
    assert_eq!(Collection::ConditionalAccessPolicies.version(), Version::V1);
}

#[tokio::test]
async fn the_stand_in_refuses_what_the_service_would() {
    let company = Company::new().await;
    company.bring(&everything()).await;
    let objects: Vec<_> = company.tenant.world().asked.iter().filter(|asked| asked.method == "POST").cloned().collect();
    let account = objects.iter().find(|asked| asked.body.to_string().contains("iosEasEmailProfile")).unwrap();
    let compliance = objects.iter().find(|asked| asked.path.ends_with("deviceCompliancePolicies")).unwrap();
    let policy = objects.iter().find(|asked| asked.path.ends_with("policies")).unwrap();
    let apps = objects.iter().find(|asked| asked.path.ends_with("mobileAppConfigurations")).unwrap();
    let with = |body: &serde_json::Value, path: &str, value: serde_json::Value| {
        let mut body = body.clone();
        body[path] = value;
        body
    };
    for (asked, member, value) in [
        (account, "hostNmae", json!("x.example")),
        (account, "easServices", json!("contacts,tasks")),
        (account, "hostName", json!(null)),
        (account, "requireSsl", json!("true")),
        (account, "version", json!(3)),
        (account, "@odata.type", json!("#microsoft.graph.iosEmailProfile")),
        (compliance, "scheduledActionsForRule", json!([])),
        (policy, "state", json!("on")),
        (policy, "conditions", json!({"clientAppTypes": ["all"], "applications": {}, "users": {}})),
        (apps, "targetedMobileApps", json!(["00000000-0000-0000-0000-00000000cccc"])),
    ] {
        let segments: Vec<_> = asked.path.trim_start_matches('/').split('/').collect();
        let version = if segments[0] == "beta" { Version::Beta } else { Version::V1 };
        let address = Address::new(version, &segments[1..]);
        let outcome = company.graph.create(&address, &with(&asked.body, member, value)).await;
        assert!(matches!(outcome, Err(GraphError::Refused { status: 400, .. })), "{member}: {outcome:?}");
    }
    let v1 = Address::new(Version::V1, &["deviceManagement", "deviceConfigurations"]);
    assert!(company.graph.create(&v1, &account.body).await.is_err(), "v1.0 has no e-mail profile");
    let listed = company.graph.list(&v1).await.unwrap();
    assert!(listed.iter().all(|object| object["@odata.type"] != "#microsoft.graph.iosEasEmailProfileConfiguration"));
}
