//! A client of the Graph path, as an Outlook-side program uses it.

use reqwest::{Client, Method};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<String>,
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The answer's JSON; null if it has none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The JSON of an answer that is meant to be a success.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

/// A program with a person's token. It keeps nothing but its place in the changes.
#[derive(Debug, Clone)]
pub struct Outlook {
    http: Client,
    base: String,
    token: String,
    delta: String,
}

impl Outlook {
    pub fn new(hub: &str, token: &str) -> Self {
        // Loopback only: no proxy, and no certificates of this machine are needed.
        let http = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let base = format!("{hub}/v1.0/");
        let delta = format!("{base}me/contactFolders/contacts/contacts/delta");
        Self { http, base, token: token.to_owned(), delta }
    }

    /// Asks for a path, or for a whole address as the server gives them out. An error if no answer came.
    pub async fn try_ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, reqwest::Error> {
        let body = body.map(|body| ("application/json", serde_json::to_vec(body).unwrap()));
        self.try_send(method, path, body).await
    }

    /// The same with a body of any kind.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Reply, reqwest::Error> {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some((media_type, bytes)) = body {
            request = request.header("content-type", media_type).body(bytes);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Reply { status, retry_after, bytes: answer.bytes().await?.to_vec() })
    }

    /// Asks; an answer must come.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.try_ask(method, path, body).await.unwrap()
    }

    pub async fn create(&self, contact: &Value) -> Value {
        self.ask(Method::POST, "me/contacts", Some(contact)).await.expect(201)
    }

    pub async fn change(&self, contact: &Value, properties: &Value) -> Value {
        self.ask(Method::PATCH, &path_of(contact), Some(properties)).await.expect(200)
    }

    pub async fn delete(&self, contact: &Value) {
        self.ask(Method::DELETE, &path_of(contact), None).await.expect(204);
    }

    /// Every contact of the default folder.
    pub async fn contacts(&self) -> Vec<Value> {
        let mut contacts = Vec::new();
        let mut next = Some("me/contacts?$top=100".to_owned());
        while let Some(path) = next {
            let mut page = self.ask(Method::GET, &path, None).await.expect(200);
            contacts.append(page["value"].as_array_mut().unwrap());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        contacts
    }

    /// The only contact with this first name.
    pub async fn only(&self, given_name: &str) -> Value {
        let mut found = self.contacts().await;
        found.retain(|contact| contact["givenName"] == given_name);
        assert_eq!(found.len(), 1, "{given_name} is there {} times", found.len());
        found.remove(0)
    }

    /// What changed since the last time.
    pub async fn changes(&mut self) -> Vec<Value> {
        self.try_changes().await.unwrap()
    }

    /// What changed since the last time. Without an answer nothing is taken, and the next time tells it all.
    pub async fn try_changes(&mut self) -> Result<Vec<Value>, reqwest::Error> {
        let mut changes = Vec::new();
        let mut next = self.delta.clone();
        loop {
            let mut page = self.try_ask(Method::GET, &next, None).await?.expect(200);
            changes.append(page["value"].as_array_mut().unwrap());
            if let Some(delta) = page["@odata.deltaLink"].as_str() {
                delta.clone_into(&mut self.delta);
                return Ok(changes);
            }
            page["@odata.nextLink"].as_str().unwrap().clone_into(&mut next);
        }
    }
}

/// Where a contact is.
pub fn path_of(contact: &Value) -> String {
    format!("me/contacts/{}", contact["id"].as_str().unwrap())
}
