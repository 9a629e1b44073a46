//! A browser for the pages of a provider: it keeps cookies, follows redirects, and fills in the forms it is shown.

use std::collections::BTreeMap;

use reqwest::{Client, Response, Url, header, redirect::Policy};

/// What a person does when a page asks for something.
pub struct Person<'a> {
    pub login: &'a str,
    pub password: &'a str,
    /// Leaves at the first page instead.
    pub cancels: bool,
}

pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    /// The pages it was shown, by what they asked for.
    pub asked_for: Vec<String>,
}

impl Browser {
    pub fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, cookies: BTreeMap::new(), asked_for: Vec::new() }
    }

    /// Goes to an address and does what the pages ask until the browser is sent to `end`; the query it arrives with.
    pub async fn visit(&mut self, address: &str, end: &str, person: &Person<'_>) -> Result<String, String> {
        let mut response = self.get(&Url::parse(address).unwrap()).await;
        for _ in 0..20 {
            let here = response.url().clone();
            if let Some(to) = response.headers().get(header::LOCATION) {
                let to = to.to_str().unwrap();
                if let Some(query) = to.strip_prefix(end) {
                    return Ok(query.trim_start_matches('?').to_owned());
                }
                response = self.get(&here.join(to).unwrap()).await;
                continue;
            }
            let status = response.status();
            let page = response.text().await.unwrap();
            if !status.is_success() {
                return Err(format!("{status}: {page}"));
            }
            response = self.obey(&here, &page, person).await;
        }
        panic!("the provider sends the browser around in circles");
    }

    async fn obey(&mut self, here: &Url, page: &str, person: &Person<'_>) -> Response {
        if person.cancels {
            let mut links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let link = links.find(|link| link.ends_with("/abort")).expect("a way out");
            return self.get(&here.join(link).unwrap()).await;
        }
        // Our own sign-in page, when it is the way to the provider's.
        if page.contains("href=\"/sign-in/company/begin\"") && self.asked_for.is_empty() {
            return self.get(&here.join("/sign-in/company/begin").unwrap()).await;
        }
        let form = page.split("<form").nth(1).expect("a form").split("</form>").next().unwrap();
        let mut fields = Vec::new();
        for input in form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let name = attribute(input, "name").expect("inputs have names");
            let value = match attribute(input, "type").as_deref() {
                Some("hidden") => attribute(input, "value").unwrap_or_default(),
                Some("password") => person.password.to_owned(),
                _ => person.login.to_owned(),
            };
            fields.push((name, value));
        }
        self.asked_for.push(fields.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(" "));
        let button = form.split("<button").nth(1).map(|rest| rest.split('>').next().unwrap()).expect("a button");
        fields.extend(attribute(button, "name").zip(attribute(button, "value")));
        let mut filled = here.clone();
        filled.query_pairs_mut().clear().extend_pairs(&fields);
        let body = filled.query().unwrap().to_owned();
        let action = here.join(&attribute(form, "action").unwrap()).unwrap();
        let request =
            self.client.post(action).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        self.send(request).await
    }

    async fn get(&mut self, address: &Url) -> Response {
        let request = self.client.get(address.clone());
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(header::COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}
