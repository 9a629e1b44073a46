//! A relying party, a provider, a clock, and a person in front of a browser.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use federation::{ClaimSettings, Company, CompanyError, CompanyPerson, CompanySettings, Memory, Start, TokenSettings};
use hub::{Clock, Entropy};
use serde_json::{Value, json};

use crate::provider::{EcKey, Provider, Reply};

/// Where the tests' time begins, in seconds: some day in 2026.
pub const NOW: i64 = 1_790_000_000;
pub const REDIRECT_URI: &str = "https://contacts.example.com/sign-in/company";

pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn seconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.seconds() * 1_000_000
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        buffer.fill(7);
        buffer[..8].copy_from_slice(&number.to_le_bytes());
    }
}

pub struct House {
    pub provider: Provider,
    pub key: EcKey,
    pub clock: Arc<TestClock>,
    pub company: Company,
}

/// Settings with everything in them.
pub fn settings(issuer: &str) -> CompanySettings {
    CompanySettings {
        issuer: issuer.to_owned(),
        client_id: "bothways".to_owned(),
        client_secret_file: None,
        client_authentication: None,
        name: "Example".to_owned(),
        select_account: false,
        scopes: ["openid", "email"].map(str::to_owned).to_vec(),
        ca_file: None,
        create_people: true,
        groups: Vec::new(),
        claims: ClaimSettings { groups: Some("groups".to_owned()), ..ClaimSettings::default() },
        tokens: Some(TokenSettings {
            audiences: vec!["api://bothways".to_owned()],
            issuer: None,
            scopes: [("graph".to_owned(), "contacts.read".to_owned())].into(),
        }),
    }
}

impl House {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut CompanySettings)) -> Self {
        let key = EcKey::new("ec");
        let provider = Provider::start(&format!(r#"{{"keys":[{}]}}"#, key.jwk()));
        let clock = Arc::new(TestClock(AtomicI64::new(NOW)));
        let mut settings = settings(&provider.url);
        change(&mut settings);
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let company =
            Company::new(settings, Path::new("/"), REDIRECT_URI.to_owned(), Arc::clone(&clock) as _, entropy).unwrap();
        Self { provider, key, clock, company }
    }

    /// The claims of a good ID token for a sign-in that was begun.
    pub fn claims(&self, asked: &Asked) -> Value {
        let now = self.clock.seconds();
        json!({
            "iss": self.provider.url, "aud": "bothways", "sub": "248289761001", "nonce": asked.nonce,
            "iat": now, "exp": now + 300, "auth_time": now - 5, "amr": ["pwd"],
            "email": "anna@example.org", "email_verified": true, "name": "Anna Lee", "groups": ["contacts"],
        })
    }

    pub async fn begin(&self) -> Asked {
        let redirect = self.company.begin(&Start::default()).await.unwrap();
        let (_, query) = redirect.url.split_once('?').unwrap();
        let find = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).unwrap()
        };
        Asked { state: find("state"), nonce: find("nonce"), memory: redirect.memory, url: redirect.url.clone() }
    }

    /// The token endpoint will give this ID token.
    pub fn will_issue(&self, id_token: &str) {
        let answer = json!({"token_type": "Bearer", "access_token": "at-1", "expires_in": 300, "id_token": id_token});
        self.provider.reply("/token", Reply::Json(answer.to_string()));
    }

    pub async fn come_back(&self, asked: &Asked) -> Result<CompanyPerson, CompanyError> {
        self.company.complete(&asked.memory, &format!("code=c-1&state={}", asked.state)).await
    }

    /// A whole sign-in, with an ID token of which something was changed before it was signed.
    pub async fn sign_in(&self, change: impl FnOnce(&mut Value)) -> Result<CompanyPerson, CompanyError> {
        let asked = self.begin().await;
        let mut claims = self.claims(&asked);
        change(&mut claims);
        self.will_issue(&self.key.sign(&claims.to_string()));
        self.come_back(&asked).await
    }

    /// A whole sign-in, with an ID token that is made from good claims in another way.
    pub async fn sign_in_with(&self, token: impl FnOnce(&str) -> String) -> Result<CompanyPerson, CompanyError> {
        let asked = self.begin().await;
        self.will_issue(&token(&self.claims(&asked).to_string()));
        self.come_back(&asked).await
    }
}

/// A sign-in that was begun.
pub struct Asked {
    pub state: String,
    pub nonce: String,
    pub memory: Memory,
    pub url: String,
}
