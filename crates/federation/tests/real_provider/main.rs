//! Company sign-in against a provider of others, through its own pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has to stop"
)]

mod browser;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use browser::{Browser, Person};
use federation::{
    ClaimSettings, ClientAuthentication, Company, CompanyError, CompanyPerson, CompanySettings, CompanyTokens, Remedy,
    Start, TokenSettings,
};
use hub::{AccessPath, Clock, Entropy};
use identity::{Secret, sources::TokenSource};
use sha2::{Digest, Sha256};

const REDIRECT_URI: &str = "https://contacts.example.com/sign-in/company";
/// Set by `./test --quick`: tests whose server is not installed are left out.
const QUICK: &str = "BOTHWAYS_QUICK";
/// What scripts/oidc-provider says when there is no Node.js.
const UNAVAILABLE: i32 = 69;

struct Provider {
    issuer: String,
    /// Holds its standard input open, whose end ends it, and its standard output, which it writes to.
    _process: (Child, BufReader<ChildStdout>),
}

/// The provider of this process; `None`, said aloud, when it cannot be there and need not be.
fn provider() -> Option<&'static Provider> {
    static PROVIDER: OnceLock<Option<Provider>> = OnceLock::new();
    PROVIDER.get_or_init(start).as_ref()
}

fn start() -> Option<Provider> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/oidc-provider");
    let mut process =
        Command::new(script).arg(REDIRECT_URI).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut issuer = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut issuer).unwrap();
    if issuer.is_empty() {
        let status = process.wait().unwrap();
        let quick = env::var(QUICK).is_ok_and(|value| value == "1");
        assert!(quick && status.code() == Some(UNAVAILABLE), "no provider: {status}; leave it out with {QUICK}=1");
        // Past the capture of output, which shows only what failing tests say.
        let said = b"\n!!! NOT TESTED: company sign-in at a real provider. Node.js is not installed.\n\n";
        std::io::stderr().write_all(said).unwrap();
        return None;
    }
    Some(Provider { issuer: issuer.trim().to_owned(), _process: (process, output) })
}

struct System;

impl Clock for System {
    fn now(&self) -> i64 {
        let passed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        i64::try_from(passed.as_micros()).unwrap()
    }
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

fn company(provider: &Provider, change: impl FnOnce(&mut CompanySettings)) -> Company {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "s3cret: with + and %\n").unwrap();
    let scopes = [("graph".to_owned(), "contacts.read".to_owned())].into();
    let mut settings = CompanySettings {
        issuer: provider.issuer.clone(),
        client_id: "bothways".to_owned(),
        client_secret_file: Some("secret".into()),
        client_authentication: None,
        name: "Example".to_owned(),
        select_account: false,
        scopes: ["openid", "email", "profile", "groups"].map(str::to_owned).to_vec(),
        ca_file: None,
        create_people: true,
        groups: Vec::new(),
        claims: ClaimSettings { groups: Some("groups".to_owned()), ..ClaimSettings::default() },
        tokens: Some(TokenSettings { audiences: vec!["urn:example:contacts".to_owned()], issuer: None, scopes }),
    };
    change(&mut settings);
    Company::new(settings, folder.path(), REDIRECT_URI.to_owned(), Arc::new(System), Arc::new(System)).unwrap()
}

fn person(login: &str) -> Person<'_> {
    Person { login, password: "whatever the page takes", cancels: false }
}

async fn sign_in(company: &Company, login: &str) -> Result<CompanyPerson, CompanyError> {
    let redirect = company.begin(&Start::default()).await?;
    let mut browser = Browser::new();
    let query = browser.visit(&redirect.url, REDIRECT_URI, &person(login)).await.unwrap();
    assert_eq!(browser.asked_for, ["prompt login password", "prompt"], "the provider's own pages");
    company.complete(&redirect.memory, &query).await
}

#[tokio::test]
async fn anna_signs_in_at_the_companys_page() {
    let Some(provider) = provider() else { return };
    let anna = sign_in(&company(provider, |_| {}), "anna").await.unwrap();
    assert_eq!((&*anna.person.email, &*anna.person.name), ("anna@example.org", "Anna Lee"));
    assert_eq!((&*anna.person.issuer, &*anna.person.subject), (&*provider.issuer, "anna"));
    assert_eq!(anna.person.groups, Some(vec!["contacts".to_owned(), "sales".to_owned()]));
    assert!(anna.person.just_in_time);
}

#[tokio::test]
async fn both_ways_to_send_a_secret_and_both_kinds_of_keys_do() {
    let Some(provider) = provider() else { return };
    // The provider signs for this client with ES256; it announces basic, so that post has to be said.
    let post = company(provider, |settings| {
        settings.client_id = "bothways-post".to_owned();
        settings.client_authentication = Some(ClientAuthentication::Post);
    });
    assert_eq!(sign_in(&post, "bert").await.unwrap().person.name, "Bert Grün");
    let public = company(provider, |settings| {
        settings.client_id = "program".to_owned();
        settings.client_secret_file = None;
    });
    assert_eq!(sign_in(&public, "bert").await.unwrap().person.name, "Bert Grün");
}

#[tokio::test]
async fn whoever_cancels_is_not_let_in() {
    let Some(provider) = provider() else { return };
    let company = company(provider, |_| {});
    let redirect = company.begin(&Start::default()).await.unwrap();
    let leaving = Person { cancels: true, ..person("anna") };
    let query = Browser::new().visit(&redirect.url, REDIRECT_URI, &leaving).await.unwrap();
    let refused = company.complete(&redirect.memory, &query).await.unwrap_err();
    assert_eq!(refused, CompanyError::Declined { said: ": End-User aborted interaction".to_owned() });
}

#[tokio::test]
async fn a_code_is_good_once_and_only_in_the_browser_that_asked() {
    let Some(provider) = provider() else { return };
    let company = company(provider, |_| {});
    let mine = company.begin(&Start { login_hint: Some("anna".to_owned()), choose_account: false }).await.unwrap();
    let theirs = company.begin(&Start::default()).await.unwrap();
    let query = Browser::new().visit(&mine.url, REDIRECT_URI, &person("anna")).await.unwrap();
    assert!(query.contains("iss="), "RFC 9207: {query}");
    assert_eq!(company.complete(&theirs.memory, &query).await, Err(CompanyError::NotBegunHere));
    let mixed = query.replace("iss=http", "iss=https");
    assert!(matches!(company.complete(&mine.memory, &mixed).await, Err(CompanyError::MixUp { .. })));
    assert!(company.complete(&mine.memory, &query).await.is_ok());
    let again = company.complete(&mine.memory, &query).await.unwrap_err();
    assert!(matches!(again, CompanyError::CodeRefused { .. }) && again.remedy() == Remedy::BeginAgain, "{again}");
}

#[tokio::test]
async fn a_code_is_of_no_use_without_the_verifier() {
    let Some(provider) = provider() else { return };
    let company = company(provider, |_| {});
    let redirect = company.begin(&Start::default()).await.unwrap();
    let query = Browser::new().visit(&redirect.url, REDIRECT_URI, &person("anna")).await.unwrap();
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap();
    let stolen = format!("code={code}&grant_type=authorization_code&code_verifier={}", "x".repeat(43));
    let answer = redeem(provider, &stolen, Some(("bothways", "s3cret%3A+with+%2B+and+%25"))).await;
    assert!(answer.contains("invalid_grant"), "{answer}");
}

#[tokio::test]
async fn groups_and_addresses_decide_as_the_settings_say() {
    let Some(provider) = provider() else { return };
    let only = company(provider, |settings| settings.groups = vec!["contacts".to_owned()]);
    assert!(sign_in(&only, "anna").await.is_ok());
    assert!(
        matches!(sign_in(&only, "bert").await, Err(CompanyError::NotInGroup { email, .. }) if email == "bert@example.org")
    );
    let refused = sign_in(&only, "eve").await;
    assert!(matches!(refused, Err(CompanyError::EmailNotVerified { .. })), "somebody who says to be anna: {refused:?}");
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_address_are_told() {
    let Some(provider) = provider() else { return };
    let unknown = company(provider, |settings| settings.client_secret_file = None);
    let refused = sign_in(&unknown, "anna").await.unwrap_err();
    assert!(matches!(&refused, CompanyError::ClientRefused { .. } | CompanyError::Refused { .. }), "{refused}");
    assert_eq!(refused.remedy(), Remedy::Settings);

    let slash = company(provider, |settings| settings.issuer = format!("{}/", provider.issuer));
    let differs = slash.begin(&Start::default()).await.unwrap_err();
    assert!(matches!(differs, CompanyError::IssuerDiffers { .. }), "{differs}");

    let checks = company(provider, |_| {}).examine().await;
    assert!(checks[0].found.as_ref().unwrap().ends_with("answers and has 2 keys"), "{checks:?}");
}

/// What a program does that signs in at the provider by itself and comes with the provider's token.
#[tokio::test]
async fn the_providers_own_access_token_opens_its_path() {
    let Some(provider) = provider() else { return };
    let company = company(provider, |_| {});
    let tokens = CompanyTokens::of(&company).unwrap();
    for (scope, opens) in [("openid+contacts.read", true), ("openid+contacts.readwrite", false)] {
        let verifier = "a-verifier-that-is-long-enough-for-rfc-7636-to-like-it";
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let address = format!(
            "{}/auth?client_id=program&response_type=code&redirect_uri={REDIRECT_URI}&scope={scope}&state=s\
             &resource=urn:example:contacts&code_challenge={challenge}&code_challenge_method=S256",
            provider.issuer
        );
        let query = Browser::new().visit(&address, REDIRECT_URI, &person("anna")).await.unwrap();
        let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap();
        let form = format!("client_id=program&grant_type=authorization_code&code={code}&code_verifier={verifier}");
        let answer = redeem(provider, &form, None).await;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let access_token = Secret::new(answer["access_token"].as_str().unwrap());
        let found = tokens.check(&access_token, AccessPath::Graph).await.unwrap();
        assert_eq!(found.is_some(), opens, "{scope}");
        if let Some(found) = found {
            assert_eq!((&*found.person.email, &*found.person.subject), ("anna@example.org", "anna"));
            assert!(found.expires_at > System.now());
        }
        assert_eq!(tokens.check(&access_token, AccessPath::ActiveSync).await, Ok(None));
        let id_token = Secret::new(answer["id_token"].as_str().unwrap());
        assert_eq!(tokens.check(&id_token, AccessPath::Graph).await, Ok(None), "an ID token is no access token");
    }
}

async fn redeem(provider: &Provider, form: &str, client: Option<(&str, &str)>) -> String {
    let body = format!("{form}&redirect_uri={REDIRECT_URI}");
    let mut request = reqwest::Client::new()
        .post(format!("{}/token", provider.issuer))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    if let Some((id, secret)) = client {
        request = request.basic_auth(id, Some(secret));
    }
    request.send().await.unwrap().text().await.unwrap()
}
