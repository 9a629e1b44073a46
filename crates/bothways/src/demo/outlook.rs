//! The Outlook side: a program that keeps a copy of a person's contacts by Microsoft Graph's API.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PATIENCE;

/// A contact, as far as the demonstration looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Contact {
    /// Graph's id.
    pub id: String,
    /// The whole name; of a contact without one what stands for it.
    pub display_name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub surname: Option<String>,
    /// Company.
    pub company_name: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Mobile number.
    pub mobile_phone: Option<String>,
    /// All of them.
    pub email_addresses: Vec<EmailAddress>,
    /// In a delta: the contact is gone.
    #[serde(rename = "@removed")]
    removed: Option<Removed>,
}

/// An e-mail address of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct EmailAddress {
    /// `a@b`
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Removed {}

#[derive(Deserialize)]
struct DeltaPage {
    value: Vec<Contact>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
}

/// The program, signed in with a token.
pub struct Outlook {
    http: Client,
    base: Url,
    token: String,
    copy: BTreeMap<String, Contact>,
    /// Where the next changes are.
    delta: Url,
    requests: BTreeMap<&'static str, u64>,
}

impl Outlook {
    /// One that has not read anything yet.
    pub fn new(hub: &str, token: &str) -> anyhow::Result<Self> {
        // Loopback only: no proxy, and no certificates of this machine are needed.
        Self::with(hub, token, Vec::new())
    }

    /// The same, of a hub with TLS whose authority is this, PEM.
    pub fn trusting(hub: &str, token: &str, authority: &[u8]) -> anyhow::Result<Self> {
        Self::with(hub, token, reqwest::Certificate::from_pem_bundle(authority)?)
    }

    fn with(hub: &str, token: &str, authorities: Vec<reqwest::Certificate>) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().tls_certs_only(authorities).timeout(PATIENCE).build()?;
        let base: Url = format!("{hub}/v1.0/").parse()?;
        let delta = base.join("me/contactFolders/contacts/contacts/delta")?;
        Ok(Self { http, base, token: token.to_owned(), copy: BTreeMap::new(), delta, requests: BTreeMap::new() })
    }

    /// Brings the copy up to date; returns how many contacts came or went.
    pub async fn refresh(&mut self) -> anyhow::Result<usize> {
        let mut url = self.delta.clone();
        let mut changes = 0;
        loop {
            let page: DeltaPage = serde_json::from_value(self.ask("delta", Method::GET, url, None).await?)?;
            changes += page.value.len();
            for contact in page.value {
                match contact.removed {
                    Some(_) => self.copy.remove(&contact.id),
                    None => self.copy.insert(contact.id.clone(), contact),
                };
            }
            match (page.next, page.delta) {
                (Some(next), _) => url = next.parse()?,
                (None, Some(delta)) => {
                    self.delta = delta.parse()?;
                    return Ok(changes);
                }
                (None, None) => bail!("Outlook: a delta without link"),
            }
        }
    }

    /// The copy.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.copy.values()
    }

    /// Those of the copy with this first and last name.
    pub fn named<'a>(&'a self, (first, last): (&'a str, &'a str)) -> impl Iterator<Item = &'a Contact> {
        self.contacts().filter(move |contact| {
            contact.given_name.as_deref() == Some(first) && contact.surname.as_deref() == Some(last)
        })
    }

    /// The only one of the copy with this first and last name.
    pub fn only(&self, name: (&str, &str)) -> anyhow::Result<Contact> {
        let found: Vec<&Contact> = self.named(name).collect();
        match found.as_slice() {
            [only] => Ok((*only).clone()),
            found => bail!("Outlook has {} {} {} times", name.0, name.1, found.len()),
        }
    }

    /// Makes a contact.
    pub async fn create(&mut self, properties: &Value) -> anyhow::Result<()> {
        let url = self.base.join("me/contacts")?;
        self.ask("POST", Method::POST, url, Some(properties)).await.map(drop)
    }

    /// Changes some properties of a contact.
    pub async fn change(&mut self, id: &str, properties: &Value) -> anyhow::Result<()> {
        let url = self.base.join(&format!("me/contacts/{id}"))?;
        self.ask("PATCH", Method::PATCH, url, Some(properties)).await.map(drop)
    }

    /// Deletes a contact.
    pub async fn delete(&mut self, id: &str) -> anyhow::Result<()> {
        let url = self.base.join(&format!("me/contacts/{id}"))?;
        self.ask("DELETE", Method::DELETE, url, None).await.map(drop)
    }

    /// Asks to be told of changes at an address; returns the subscription's id.
    pub async fn subscribe(&mut self, endpoint: &str, client_state: &str) -> anyhow::Result<String> {
        let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let wanted = json!({
            "changeType": "created,updated,deleted",
            "resource": "me/contacts",
            "notificationUrl": endpoint,
            "clientState": client_state,
            "expirationDateTime": expires.to_string(),
        });
        let made = self.ask("subscribe", Method::POST, self.base.join("subscriptions")?, Some(&wanted)).await?;
        let id = made.get("id").and_then(Value::as_str).context("Outlook: a subscription without id")?;
        Ok(id.to_owned())
    }

    /// Ends a subscription.
    pub async fn unsubscribe(&mut self, id: &str) -> anyhow::Result<()> {
        let url = self.base.join(&format!("subscriptions/{id}"))?;
        self.ask("unsubscribe", Method::DELETE, url, None).await.map(drop)
    }

    /// How many requests of which kind were made.
    pub fn requests(&self) -> &BTreeMap<&'static str, u64> {
        &self.requests
    }

    async fn ask(
        &mut self,
        kind: &'static str,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        *self.requests.entry(kind).or_default() += 1;
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = body.into_iter().fold(request, RequestBuilder::json);
        let response = request.send().await.context("Outlook cannot reach the hub")?;
        let status = response.status();
        let bytes = response.bytes().await.context("Outlook got half an answer")?;
        if !status.is_success() {
            bail!("Outlook's {kind} was answered {status}: {}", String::from_utf8_lossy(&bytes));
        }
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }
}
