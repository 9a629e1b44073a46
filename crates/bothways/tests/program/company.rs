//! Company sign-in, from a phone's request to its contacts: this program, a provider of others with its own pages, and
//! OpenLDAP.

#[path = "../../../federation/tests/real_provider/browser.rs"]
#[allow(dead_code, reason = "the provider's own tests ask it for more")]
mod browser;
#[path = "../../../federation/tests/directory/slapd.rs"]
#[allow(dead_code, reason = "the directory's own tests ask it for more")]
mod slapd;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use browser::{Browser, Person};
use reqwest::{Client, Method, StatusCode};
use slapd::Slapd;

use crate::house::{House, Serving};

const APPLE: &str = "f8d98a96-0999-43f5-8af3-69971c7bb423";
const APPLES_REDIRECT: &str = "com.apple.Preferences://oauth-redirect";
/// What scripts/oidc-provider says when there is no Node.js.
const UNAVAILABLE: i32 = 69;

struct Provider {
    issuer: String,
    /// Holds its standard input open, whose end ends it, and its standard output, which it writes to.
    _process: (Child, BufReader<ChildStdout>),
}

impl Provider {
    /// `None`, said aloud, when it cannot be there and need not be.
    fn start(redirect_uri: &str) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/oidc-provider");
        let mut command = Command::new(script);
        command.arg(redirect_uri).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut issuer = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut issuer).unwrap();
        if issuer.is_empty() {
            let status = process.wait().unwrap();
            let quick = std::env::var("BOTHWAYS_QUICK").is_ok_and(|value| value == "1");
            assert!(quick && status.code() == Some(UNAVAILABLE), "no provider: {status}");
            let said = b"\n!!! NOT TESTED: a phone with a company account. Node.js is not installed.\n\n";
            std::io::stderr().write_all(said).unwrap();
            return None;
        }
        Some(Self { issuer: issuer.trim().to_owned(), _process: (process, output) })
    }
}

/// An installation with settings, and the address it will be found at.
fn installation(settings: impl FnOnce(&str) -> Option<String>) -> Option<(House, String)> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let settings = settings(&url)?;
    let house = House::new();
    house.run(&["user", "add", "root@example.org", "--name", "Root"]);
    std::fs::write(house.data().join("bothways.toml"), settings).unwrap();
    Some((house, url))
}

fn serve(house: &House, url: &str) -> Serving {
    house.serve_with(&["--plain-http", "--listen", url.strip_prefix("http://").unwrap()])
}

fn with_provider(more: &str) -> Option<(House, String, Provider)> {
    let mut provider = None;
    let (house, url) = installation(|url| {
        let started = Provider::start(&format!("{url}/sign-in/company"))?;
        let settings = format!(
            "[server]\npublic_url = {url:?}\n[company]\nissuer = {:?}\nclient_id = 'bothways'\n\
             client_secret_file = 'company-secret'\nscopes = ['openid', 'email', 'profile', 'groups']\n{more}\n\
             [company.claims]\ngroups = 'groups'\n",
            started.issuer
        );
        provider = Some(started);
        Some(settings)
    })?;
    std::fs::write(house.data().join("company-secret"), "s3cret: with + and %\n").unwrap();
    Some((house, url, provider?))
}

/// What an iPhone does: the sign-in page, and the code for a token.
async fn sign_in(url: &str, login: &str) -> Result<String, String> {
    let address = format!(
        "{url}/oauth2/authorize?client_id={APPLE}&response_type=code&redirect_uri={APPLES_REDIRECT}&state=s&resource={url}"
    );
    let person = Person { login, password: "whatever the page takes", cancels: false };
    let query = Browser::new().visit(&address, APPLES_REDIRECT, &person).await?;
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).ok_or(query.clone())?;
    let form = format!(
        "grant_type=authorization_code&client_id={APPLE}&code={code}&redirect_uri={APPLES_REDIRECT}&resource={url}"
    );
    let request = Client::new().post(format!("{url}/oauth2/token")).body(form);
    let answer = request.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["access_token"].as_str().map(str::to_owned).ok_or(answer.to_string())
}

async fn options(url: &str, authorization: &str) -> StatusCode {
    let address = format!("{url}/Microsoft-Server-ActiveSync");
    Client::new()
        .request(Method::OPTIONS, address)
        .header("Authorization", authorization)
        .send()
        .await
        .unwrap()
        .status()
}

#[tokio::test]
async fn a_phone_comes_in_with_the_companys_account_until_the_person_leaves() {
    let Some((house, url, _provider)) = with_provider("create_people = true\ngroups = ['contacts']") else { return };
    let _server = serve(&house, &url);
    let token = sign_in(&url, "anna").await.unwrap();
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::OK);
    let people = house.run(&["user", "list", "--json"]).good();
    assert!(people.contains("anna@example.org") && people.contains("Anna Lee"), "made at the first sign-in: {people}");

    let refused = sign_in(&url, "successor").await.unwrap_err();
    assert!(refused.starts_with("403"), "whoever gets her address does not get her contacts: {refused}");
    let refused = sign_in(&url, "bert").await.unwrap_err();
    assert!(refused.starts_with("403"), "not in the group: {refused}");
    let refused = sign_in(&url, "eve").await.unwrap_err();
    assert!(refused.starts_with('4'), "an address that nobody has verified: {refused}");

    house.run(&["user", "disable", "anna@example.org"]).good();
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::FORBIDDEN);
    let refused = sign_in(&url, "anna").await.unwrap_err();
    assert!(refused.starts_with("403"), "{refused}");
}

#[tokio::test]
async fn who_comes_back_without_the_group_loses_the_sessions_of_before() {
    let Some((house, url, _provider)) = with_provider("create_people = true\ngroups = ['contacts']") else { return };
    let server = serve(&house, &url);
    let token = sign_in(&url, "anna").await.unwrap();
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::OK);
    // Somebody of whom nothing is known here is refused and ends nobody's sessions.
    assert!(sign_in(&url, "bert").await.unwrap_err().starts_with("403"));
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::OK);

    // From now on it takes a group that Anna is not in.
    drop(server);
    let file = house.data().join("bothways.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace("groups = ['contacts']", "groups = ['board']")).unwrap();
    let _server = serve(&house, &url);
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::OK, "nobody has heard of it yet");
    assert!(sign_in(&url, "anna").await.unwrap_err().starts_with("403"));
    assert_eq!(options(&url, &format!("Bearer {token}")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(house.run(&["session", "list", "anna@example.org", "--json"]).good().trim(), "[]");
    let audit = house.run(&["audit", "list", "--user", "anna@example.org", "--json"]).good();
    assert!(audit.contains("sessions-ended") && audit.contains("in none of the groups"), "{audit}");
}

#[tokio::test]
async fn people_who_are_not_known_stay_outside_unless_the_provider_may_bring_them() {
    let Some((house, url, _provider)) = with_provider("") else { return };
    let _server = serve(&house, &url);
    let refused = sign_in(&url, "anna").await.unwrap_err();
    assert!(refused.starts_with("403"), "{refused}");
    house.run(&["user", "add", "anna@example.org", "--name", "Anna"]).good();
    assert!(sign_in(&url, "anna").await.is_ok());
}

#[tokio::test]
async fn the_doctor_tries_the_provider() {
    let Some((house, _, provider)) = with_provider("") else { return };
    let report = house.run(&["doctor"]).out;
    assert!(report.contains("answers and has 2 keys") && report.contains("must be registered"), "{report}");
    drop(provider);
    let report = house.run(&["doctor"]).out;
    assert!(report.contains("cannot be reached") || report.contains("PROBLEM  company sign-in"), "{report}");
}

#[tokio::test]
async fn a_phone_comes_in_with_the_directorys_password() {
    let Some(directory) = Slapd::running() else { return };
    let settings = |url: &str| {
        let (ldap, base) = (directory.ldaps(), slapd::BASE);
        let authority = directory.folder.join("authority.pem");
        Some(format!(
            "[server]\npublic_url = {url:?}\n[ldap]\nurls = [{ldap:?}]\nbase = {base:?}\nca_file = {authority:?}\ncreate_people = true\n"
        ))
    };
    let Some((house, url)) = installation(settings) else { return };
    let _server = serve(&house, &url);
    let basic = |name: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
    assert_eq!(options(&url, &basic("anna", "wrong")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(options(&url, &basic("anna", "correct-horse")).await, StatusCode::OK);
    assert_eq!(options(&url, &basic("anna@example.org", "correct-horse")).await, StatusCode::OK);
    assert_eq!(options(&url, &basic("*", "correct-horse")).await, StatusCode::UNAUTHORIZED);
    let people = house.run(&["user", "list", "--json"]).good();
    assert!(people.contains("anna@example.org"), "{people}");
    assert!(house.run(&["doctor"]).out.contains("is there"));

    house.run(&["user", "disable", "anna@example.org"]).good();
    assert_eq!(options(&url, &basic("anna", "correct-horse")).await, StatusCode::FORBIDDEN);
}
