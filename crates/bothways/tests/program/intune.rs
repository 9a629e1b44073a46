//! Intune by command: planned, applied, killed and gone on from, read back, taken back, against a stand-in for Graph.

#[path = "../../../intune/tests/scenarios/stand_in/mod.rs"]
mod stand_in;

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{Json, Router, http::StatusCode, routing::post};
use serde_json::{Value, json};
use stand_in::{StandIn, What};

use crate::house::{Done, House};

const PILOT: &str = "11111111-1111-1111-1111-111111111111";
const AGREED: [&str; 4] = ["--confirm", "asks-to-sign-in-again", "--confirm", "can-lock-out"];

/// A company with a tenant, and settings for it.
struct Company {
    house: House,
    tenant: StandIn,
    base: String,
    token: String,
    settings: String,
}

fn settings_of(mode: &str, account: &str) -> String {
    format!(
        "set = \"pilot\"\nprefix = \"Contoso\"\naccount-name = \"{account}\"\nmode = {mode}\nrestrictions = true\n\
         [audience]\ninclude = {{ groups = [\"{PILOT}\"] }}\n[compliance]\ngrace-hours = 72\n"
    )
}

const HUB: &str = "{ hub-profile = { file = \"contacts.mobileconfig\" } }";
const CHALLENGE: &str = "{ hub-challenge = { host = \"contacts.example.com\" } }";

impl Company {
    async fn new() -> Self {
        let house = House::new();
        let tenant = StandIn::start().await;
        let base = tenant.base();
        let token = house.file("token", "good\n");
        let profile = house.run(&["fleet", "profile", "contacts", "--user", "{{mail}}", "--unsigned"]).good();
        house.file("contacts.mobileconfig", &profile);
        let settings = house.file("intune.toml", &settings_of(HUB, "Contacts"));
        Self { house, tenant, base, token, settings }
    }

    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["fleet", "intune"], arguments, &["--graph", &self.base, "--token-file", &self.token]].concat()
    }

    fn run(&self, arguments: &[&str]) -> Done {
        self.house.run(&self.arguments(arguments))
    }

    fn plan(&self) -> Done {
        self.run(&["plan", "--settings", &self.settings, "--out", "plan.json"])
    }

    fn has_nothing_to_do(&self) -> bool {
        self.run(&["plan", "--settings", &self.settings]).good().contains("There is nothing to do.")
    }

    fn apply(&self, more: &[&str]) -> Done {
        self.run(&[&["apply", "--plan", "plan.json", "--journal", "journal.json"], more].concat())
    }

    /// Plans and applies.
    fn bring(&self) {
        self.plan().good();
        self.apply(&AGREED).good();
    }

    /// Applies until Graph makes it wait.
    fn apply_until_it_waits(&self) -> Child {
        let apply = ["apply", "--plan", "plan.json", "--journal", "journal.json"];
        self.until_it_waits(&[&apply, &AGREED[..]].concat())
    }

    fn until_it_waits(&self, arguments: &[&str]) -> Child {
        let mut command = program(&self.house);
        command.args(self.arguments(arguments));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with("waiting ")), "it ended before it had to wait");
        child
    }

    fn mode_of(&self, file: &str) -> u32 {
        self.house.path(file).metadata().unwrap().permissions().mode() & 0o777
    }

    fn named(&self, collection: &str, name: &str) -> usize {
        let world = self.tenant.world();
        world.objects[collection].iter().filter(|object| object["displayName"] == name).count()
    }
}

fn program(house: &House) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bothways"));
    command.arg("--data").arg(house.data()).current_dir(house.path("")).env_remove("BOTHWAYS_GRAPH_SECRET");
    command
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_planned_for_brought_there_read_back_and_brought_back() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    let shown = company.plan().good();
    assert!(shown.starts_with("set pilot: ") && shown.contains("+ create: Contoso - Contacts account"), "{shown}");
    assert!(shown.contains("[can lock people out]") && shown.contains("Nothing was changed"), "{shown}");
    assert_eq!(company.tenant.world().writes(), 0);
    let as_json = company.run(&["plan", "--settings", &company.settings, "--json"]).json();
    let kept: Value = serde_json::from_slice(&std::fs::read(company.house.path("plan.json")).unwrap()).unwrap();
    assert_eq!(as_json, kept);

    let applied = company.apply(&AGREED);
    assert!(applied.err.contains("create Contoso - Contacts account\n"), "{}", applied.err);
    assert!(applied.good().starts_with("Done: "));
    assert_eq!((company.mode_of("plan.json"), company.mode_of("journal.json")), (0o600, 0o600));
    assert!(company.has_nothing_to_do());
    assert!(company.run(&["verify", "--settings", &company.settings]).good().contains("ok       Contoso - Compliance"));
    let writes = company.tenant.world().writes();
    company.apply(&[&AGREED[..], &["--resume"]].concat()).good();
    assert_eq!(company.tenant.world().writes(), writes, "done once more, nothing is written");

    company.run(&["rollback", "--journal", "journal.json"]).good();
    assert_eq!(company.tenant.world().content(), before);
    let again = company.run(&["rollback", "--journal", "journal.json"]).good();
    assert!(again.contains("nothing to take back"), "{again}");
    let error = company.apply(&[&AGREED[..], &["--resume"]].concat()).bad();
    assert!(error.contains("was rolled back; plan again"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_agreed_to_is_not_done() {
    let company = Company::new().await;
    company.plan().good();
    for agreed in [&[][..], &AGREED[..2]] {
        let error = company.apply(agreed).bad();
        assert!(error.contains("Contoso - Compliance (can lock people out)"), "{error}");
        assert!(error.contains("--confirm can-lock-out") && !error.contains("--resume"), "{error}");
    }
    assert_eq!(company.tenant.world().writes(), 0);
    assert!(!company.house.path("journal.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_two_requests_it_is_gone_on_from_and_nothing_is_twice() {
    let company = Company::new().await;
    company.plan().good();
    company.tenant.fault("POST", "/assign", What::Throttle(Some("600")));
    let child = company.apply_until_it_waits();
    let error = company.apply(&[&AGREED[..], &["--resume"]].concat()).bad();
    assert!(error.contains("another process is at work"), "{error}");
    kill(child);
    assert_eq!(company.tenant.world().count("POST", "/assign"), 1);
    let error = company.apply(&AGREED).bad();
    assert!(error.contains("journal.json is there already") && error.contains("--resume"), "{error}");

    company.apply(&[&AGREED[..], &["--resume"]].concat()).good();
    assert_eq!(company.named("deviceConfigurations", "Contoso - Contacts account"), 1);
    assert!(company.has_nothing_to_do());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_answer_to_a_create_came_the_object_is_found_again() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    company.plan().good();
    company.tenant.fault("POST", "/deviceConfigurations", What::GatewayTimeout);
    kill(company.apply_until_it_waits());
    let made = company.tenant.world().objects["deviceConfigurations"].len();
    assert_eq!(made, 1, "the work was done, the answer lost");

    let resumed = company.apply(&[&AGREED[..], &["--resume"]].concat());
    assert_eq!(resumed.code, Some(0), "{}", resumed.err);
    for name in ["Contoso - Contacts account", "Contoso - Managed contacts"] {
        assert_eq!(company.named("deviceConfigurations", name), 1, "{name}");
    }
    assert!(company.has_nothing_to_do());
    company.run(&["rollback", "--journal", "journal.json"]).good();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_the_way_back_it_is_gone_on_from() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    company.bring();
    company.tenant.fault("DELETE", "/deviceConfigurations", What::Throttle(Some("600")));
    kill(company.until_it_waits(&["rollback", "--journal", "journal.json"]));
    let error = company.apply(&[&AGREED[..], &["--resume"]].concat()).bad();
    assert!(error.contains("was rolled back; plan again"), "half taken back is not gone on with: {error}");
    company.run(&["rollback", "--journal", "journal.json"]).good();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn outlook_s_export_goes_off_a_day_before_anybody_gets_the_account() {
    let company = Company::new().await;
    company.plan().good();
    let before_account = [&AGREED[..], &["--before-account"]].concat();
    let stopped = company.apply(&before_account).good();
    assert!(stopped.contains("Stopped before anybody gets the account") && stopped.contains("--resume"), "{stopped}");
    let assigned = |collection: &str, part: &str| {
        let mut world = company.tenant.world();
        !world.named(collection, part)["assignments"].as_array().unwrap().is_empty()
    };
    assert!(assigned("mobileAppConfigurations", "Save Contacts off"));
    assert!(assigned("targetedManagedAppConfigurations", "Save Contacts off"));
    assert!(
        !assigned("deviceConfigurations", "Contacts account") && !assigned("deviceCompliancePolicies", "Compliance")
    );
    let writes = company.tenant.world().writes();
    company.apply(&[&before_account[..], &["--resume"]].concat()).good();
    assert_eq!(company.tenant.world().writes(), writes, "still before it");

    company.apply(&[&AGREED[..], &["--resume"]].concat()).good();
    assert!(assigned("deviceConfigurations", "Contacts account") && company.has_nothing_to_do());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_told_before_anybody_is_asked() {
    let company = Company::new().await;
    let good = settings_of(HUB, "Contacts");
    for (settings, says) in [
        (good.replace("restrictions", "restriction"), &["wrong.toml", "line 5", "restriction"][..]),
        (good.replace(PILOT, "All"), &["wrong.toml", "line 7", "\"All\" is no object id"]),
        (good.replace("72", "72\nrequire-email-profile = true"), &["no device would", "ever be compliant"]),
        (good.replace("contacts.mobileconfig", "none.mobileconfig"), &["none.mobileconfig", "fleet profile contacts"]),
        (good.replace("contacts.mobileconfig", "token"), &["token is no configuration profile"]),
        (settings_of("{ hub-profile = {} }", "Contacts"), &["--profile"]),
        (settings_of("{ hub-challenge = { host = \"no host\" } }", "Contacts"), &["\"no host\" is no host name"]),
        ("set = 'pilot'\nset = 'pilot'".to_owned(), &["wrong.toml", "duplicate key"]),
    ] {
        let file = company.house.file("wrong.toml", &settings);
        for command in ["plan", "verify"] {
            let error = company.run(&[command, "--settings", &file]).bad();
            assert!(says.iter().all(|says| error.contains(says)), "{says:?}: {error}");
        }
    }
    let challenge = company.house.file("challenge.toml", &settings_of(CHALLENGE, "Contacts"));
    let error = company.run(&["plan", "--settings", &challenge, "--profile", "contacts.mobileconfig"]).bad();
    assert!(error.contains("--profile goes with mode.hub-profile only"), "{error}");
    assert_eq!(company.tenant.world().asked.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_is_good_settings_and_a_profile_of_one_person_is_warned_of() {
    let company = Company::new().await;
    let template = company.house.run(&["fleet", "intune", "settings-template"]).good();
    let file = company.house.file("template.toml", &template);
    let planned = company.run(&["plan", "--settings", &file]);
    assert!(!planned.err.contains("warning"), "{}", planned.err);
    assert!(planned.good().contains("+ create: Bothways - Contacts account"));

    // What is commented out is as good as what is not.
    let alternative = |line: &str| line.starts_with("#include = ") || line.starts_with("#mode = ");
    let all: String = template
        .lines()
        .filter(|line| !alternative(line))
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned() + "\n")
        .collect();
    let file = company.house.file("all.toml", &all);
    let planned = company.run(&["plan", "--settings", &file]).good();
    assert!(planned.contains("compliant device") && planned.contains("Compliance"), "{planned}");

    let unsigned = company.house.run(&["fleet", "profile", "contacts", "--user", "anna@example.com", "--unsigned"]);
    let profile = company.house.file("anna.mobileconfig", &unsigned.good());
    let planned = company.run(&["plan", "--settings", &company.settings, "--profile", &profile]);
    assert!(planned.err.contains("is anna@example.com's alone") && planned.err.contains("{{mail}}"), "{}", planned.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_cannot_be_reached_refuses_or_throttles_is_told_with_a_way_on() {
    let company = Company::new().await;
    let plan = ["fleet", "intune", "plan", "--settings", &company.settings, "--token-file", &company.token];
    let at = |graph: &str| company.house.run(&[&plan[..], &["--retries", "0", "--graph", graph]].concat()).bad();
    let error = at("http://127.0.0.1:1");
    assert!(error.contains("no answer") && error.contains("Check --graph"), "{error}");
    let error = at("http://graph.example");
    assert!(error.contains("it has to be https"), "a token never travels in clear: {error}");

    company.tenant.world().denied = vec!["deviceCompliancePolicies"];
    let error = at(&company.base);
    assert!(error.contains("DeviceManagementConfiguration.Read.All") && error.contains("admin consent"), "{error}");
    company.tenant.world().denied.clear();

    company.tenant.fault("GET", "/deviceConfigurations", What::Throttle(Some("600")));
    let error = at(&company.base);
    assert!(
        error.contains("429") && error.contains("also after 0 more tries") && error.contains("throttles"),
        "{error}"
    );

    company.tenant.world().token = "another".to_owned();
    let error = at(&company.base);
    assert!(error.contains("the token is not accepted") && error.contains("fetch a new one"), "{error}");
    let error = company.house.run(&plan[..5]).bad();
    assert!(error.contains("--tenant and --client-id") && error.contains("BOTHWAYS_GRAPH_SECRET"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_the_middle_leaves_a_journal_that_is_gone_on_with() {
    let company = Company::new().await;
    company.plan().good();
    company.tenant.fault("POST", "/deviceCompliancePolicies", What::Status(403));
    let error = company.apply(&AGREED).bad();
    let says = ["could not create Contoso - Compliance", "DeviceManagementConfiguration.ReadWrite.All", "--resume"];
    assert!(says.iter().all(|says| error.contains(says)), "{error}");
    company.apply(&[&AGREED[..], &["--resume"]].concat()).good();
    assert!(company.has_nothing_to_do());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_of_another_plan_newer_or_none_are_refused() {
    let company = Company::new().await;
    company.plan().good();
    company.tenant.fault("POST", "/deviceCompliancePolicies", What::Status(403));
    company.apply(&AGREED).bad();
    let (asked, journal) =
        (company.tenant.world().asked.len(), std::fs::read(company.house.path("journal.json")).unwrap());
    let resume = [&AGREED[..], &["--resume"]].concat();
    let refused = |arguments: &[&str], says: &str| {
        let error = company.run(&[arguments, &resume].concat()).bad();
        assert!(error.contains(says), "{arguments:?}: {error}");
    };

    let text = String::from_utf8(std::fs::read(company.house.path("plan.json")).unwrap()).unwrap();
    company.house.file("other.json", &text.replace("Contoso", "Fabrikam"));
    refused(&["apply", "--plan", "other.json", "--journal", "journal.json"], "the journal is of another plan");
    company.house.file("newer.json", r#"{"format": 9}"#);
    company.house.file("half.json", &text[..text.len() / 2]);
    refused(&["apply", "--plan", "newer.json", "--journal", "journal.json"], "the plan has format 9");
    refused(&["apply", "--plan", "half.json", "--journal", "journal.json"], "this is no plan");
    refused(&["apply", "--plan", "plan.json", "--journal", "newer.json"], "the journal has format 9");
    refused(&["apply", "--plan", "plan.json", "--journal", "half.json"], "this is no journal");
    refused(&["apply", "--plan", "plan.json", "--journal", "none.json"], "nothing was begun with it");
    let error = company.run(&["rollback", "--journal", "half.json"]).bad();
    assert!(error.contains("this is no journal"), "{error}");
    assert_eq!(company.tenant.world().asked.len(), asked, "nobody was asked");
    assert_eq!(std::fs::read(company.house.path("journal.json")).unwrap(), journal);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_since_is_taken_back_only_by_force() {
    let company = Company::new().await;
    let before = company.tenant.world().content();
    company.bring();
    company.tenant.world().named("deviceCompliancePolicies", "Compliance")["osMinimumVersion"] = json!("18.0");
    let writes = company.tenant.world().writes();
    let error = company.run(&["rollback", "--journal", "journal.json"]).bad();
    assert!(error.contains("Compliance") && error.contains("--force"), "{error}");
    assert_eq!(company.tenant.world().writes(), writes);
    company.run(&["rollback", "--journal", "journal.json", "--force"]).good();
    assert_eq!(company.tenant.world().content(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_back_is_an_exit_code_for_objects_and_for_devices() {
    let company = Company::new().await;
    let verify = |more: &[&str]| company.run(&[&["verify", "--settings", &company.settings], more].concat());
    let missing = verify(&[]);
    assert_eq!(missing.code, Some(1), "{}", missing.err);
    assert!(missing.out.contains("missing  Contoso - Contacts account"), "{}", missing.out);
    company.bring();

    let id =
        company.tenant.world().named("deviceConfigurations", "Contacts account")["id"].as_str().unwrap().to_owned();
    let count = |pending: u64, failed: u64| {
        let counts = json!({"pendingCount": pending, "successCount": 7, "errorCount": 0, "failedCount": failed,
                            "notApplicableCount": 0, "configurationVersion": 1});
        company.tenant.world().status.insert(id.clone(), counts);
    };
    for (pending, failed, code) in [(3, 0, 1), (0, 1, 1), (0, 0, 0)] {
        count(pending, failed);
        let report = verify(&["--json"]).json();
        let account = report["objects"].as_array().unwrap().iter().find(|object| object["role"] == "account").unwrap();
        assert_eq!((&account["state"], &account["devices"]["pending"]), (&json!("as-wanted"), &json!(pending)));
        let followed = verify(&["--follow", "--looks", "1"]);
        assert_eq!(followed.code, Some(code), "{}", followed.out);
        assert!(followed.out.contains("on 7 devices"), "{}", followed.out);
    }
    company.tenant.world().named("deviceConfigurations", "Contacts account")["payloadName"] = json!("x");
    let differs = verify(&[]);
    assert_eq!(differs.code, Some(1));
    assert!(differs.out.contains("differs  Contoso - Contacts account"), "{}", differs.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_registration_gets_its_token_with_a_secret_from_a_file_or_the_environment() {
    let company = Company::new().await;
    let forms: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&forms);
    let give = async move |form: String| {
        let good = form.contains("client_secret=s3cret&");
        seen.lock().unwrap().push(form);
        let refusal = json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"});
        let token = json!({"access_token": "good", "expires_in": 3599, "token_type": "Bearer"});
        if good { (StatusCode::OK, Json(token)) } else { (StatusCode::UNAUTHORIZED, Json(refusal)) }
    };
    let router = Router::new().route("/contoso.example/oauth2/v2.0/token", post(give));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let login = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let plan =
        ["fleet", "intune", "plan", "--settings", &company.settings, "--graph", &company.base, "--login", &login];
    let plan = [&plan[..], &["--tenant", "contoso.example", "--client-id", "app"]].concat();
    let with_file = |secret: &str| {
        let file = company.house.file("secret", secret);
        company.house.run(&[&plan[..], &["--secret-file", &file]].concat())
    };
    with_file("s3cret\n").good();
    let form = forms.lock().unwrap().pop().unwrap();
    assert!(form.contains("grant_type=client_credentials") && form.contains("%2F.default"), "{form}");
    let error = with_file("wrong").bad();
    assert!(error.contains("AADSTS7000215") && error.contains("Check --tenant"), "{error}");
    assert!(with_file("two words").bad().contains("more than one secret"));

    let output = program(&company.house).args(&plan).env("BOTHWAYS_GRAPH_SECRET", "s3cret").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let error = company.house.run(&plan).bad();
    assert!(error.contains("secret is missing"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn intune_s_devices_are_what_a_rollout_is_planned_with() {
    let company = Company::new().await;
    let device = |id: &str, version: &str, enrolment: &str| {
        json!({"id": id, "deviceName": id, "operatingSystem": "iOS", "osVersion": version, "isSupervised": false,
               "userPrincipalName": format!("{id}@example.com"), "deviceEnrollmentType": enrolment,
               "easDeviceId": format!("EAS{id}"), "complianceState": "compliant"})
    };
    let devices = vec![
        device("anna", "18.6", "userEnrollment"),
        device("ben", "12.5.7", "userEnrollment"),
        device("cem", "17.0", "appleUserEnrollment"),
    ];
    company.tenant.world().objects.insert("managedDevices".to_owned(), devices);
    let listed = company.run(&["devices", "--json"]).good();
    let file = company.house.file("devices.json", &listed);
    let value: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&value[2]["id"], &value[2]["deviceEnrollmentType"]), (&json!("cem"), &json!("appleUserEnrollment")));
    assert!(company.run(&["devices"]).good().contains("12.5.7"));
    for person in ["anna@example.com", "ben@example.com", "cem@example.com"] {
        company.house.run(&["user", "add", person, "--name", person]).good();
    }
    let plan = company.house.run(&["fleet", "rollout", "plan", "--intune", &file, "--wave", "all=rest"]).good();
    assert!(plan.contains("of 3") && plan.contains("1  iOS below 13"), "{plan}");
}

#[test]
fn exchange_s_rules_are_a_script_and_are_found_in_its_exports() {
    let house = House::new();
    let script = house.run(&["fleet", "exchange", "script"]).good();
    assert!(script.contains("'iPhone'") && script.contains("'iPad'") && script.contains("-WhatIf"), "{script}");
    let rule = |device: &str, level: &str| json!({"Characteristic": "DeviceType", "QueryString": device, "AccessLevel": level, "Name": device});
    let compare = |rules: Value, more: &[&str]| {
        let file = house.file("rules.json", &rules.to_string());
        house.run(&[&["fleet", "exchange", "compare", &file], more].concat())
    };
    let organization = house.file("organization.json", r#"{"DefaultAccessLevel": "Quarantine"}"#);
    let both = json!([rule("iPhone", "Allow"), rule("iPad", "Allow")]);
    let told = compare(both.clone(), &[&organization]).good();
    assert!(told.contains("devices that no rule is about: Quarantine"), "{told}");

    let one = compare(rule("iPhone", "Allow"), &[]);
    assert_eq!(one.code, Some(1), "{}", one.err);
    assert!(one.out.contains("\"iPhone\": there") && one.out.contains("\"iPad\": missing"), "{}", one.out);
    let blocked = compare(json!([both[0], both[1], rule("iPad", "Block")]), &["--json"]);
    assert_eq!(blocked.code, Some(1), "a rule that blocks comes first");
    let value: Value = serde_json::from_str(&blocked.out).unwrap();
    assert_eq!(value["rules"][1]["against"][0]["level"], "Block");
    let error = compare(json!([{"Name": "x"}]), &[]).bad();
    assert!(error.contains("rules.json") && error.contains("object 0 is neither"), "{error}");

    let hub = house.file("hub.toml", &settings_of(CHALLENGE, "Contacts"));
    let none = compare(json!([]), &["--settings", &hub]).good();
    assert!(none.contains("No rule is wanted"), "{none}");
    assert!(house.run(&["fleet", "exchange", "script", "--settings", &hub]).good().contains("stay as they are"));
}
