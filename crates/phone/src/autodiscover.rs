//! Finding the server: Autodiscover in JSON (V2), then in XML (V1), and OPTIONS.

use bytes::Bytes;
use http::Method;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::commands::Command;
use crate::config::Discovery;
use crate::device::Phone;
use crate::error::PhoneError;
use crate::limits::COMMAND_TIMEOUT;
use crate::session::{PATH, authorization};
use crate::sign_in::authorization_uri;
use crate::strictness::Violation;
use crate::transport::{Answer, Endpoint, FaultRates, Outgoing, Transport, TransportError};
use crate::version::Version;

const REQUEST_SCHEMA: &str = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006";
const MOBILESYNC_SCHEMA: &str = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006";
/// The namespace the root of an answer must be in.
const RESPONSE_SCHEMA: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
/// New addresses followed.
const REDIRECTS_MAX: usize = 3;

/// How the server was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The address was given.
    Given,
    /// Autodiscover in XML.
    V1,
    /// Autodiscover in JSON.
    V2,
}

/// What the server said to Autodiscover in JSON.
struct V2 {
    endpoint: Endpoint,
    /// Where to sign in with OAuth, if the server challenged for it.
    sign_in: Option<String>,
}

/// A V1 answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum V1Answer {
    Server(String),
    Redirect(String),
    Nothing,
}

impl Phone {
    /// Looks for the server; returns how it was found and the OAuth address it challenged with, if any.
    pub(crate) async fn discover(&mut self) -> Result<(FoundBy, Option<String>), PhoneError> {
        if self.config.discovery == Discovery::Skip {
            return Ok((FoundBy::Given, None));
        }
        let mut address = self.config.user.clone();
        if let Some(V2 { endpoint, sign_in }) = self.ask_v2(&address).await? {
            self.settle_on(endpoint);
            return Ok((FoundBy::V2, sign_in));
        }
        for _ in 0..REDIRECTS_MAX {
            match self.ask_v1(&address).await? {
                Some((V1Answer::Server(url), login)) => {
                    self.settle_on(url.parse()?);
                    self.state.login = login;
                    return Ok((FoundBy::V1, None));
                }
                Some((V1Answer::Redirect(other), _)) => address = other,
                _ => break,
            }
        }
        Err(PhoneError::NoServer(self.config.user.clone()))
    }

    /// OPTIONS: both lists must be there; the highest common version is taken unless one was forced.
    pub(crate) async fn options(&mut self) -> Result<Version, PhoneError> {
        self.counters.options += 1;
        self.renew_if_due().await?;
        let credentials = self.authorization().map(|header| ("authorization", header));
        let request = self.bare(Method::OPTIONS, PATH.to_owned(), credentials.into_iter().collect());
        let answer = self.transport.ask(&request, COMMAND_TIMEOUT).await?;
        match answer.status {
            200..=299 => {}
            401 => return Err(PhoneError::Unauthorized),
            403 => return Err(PhoneError::Forbidden),
            status => return Err(PhoneError::Http { command: Command::Settings, status }),
        }
        for name in ["MS-ASProtocolVersions", "MS-ASProtocolCommands"] {
            if answer.header(name).is_empty() {
                self.hold_against(Command::Settings, vec![Violation::OptionsHeaderMissing(name)])?;
            }
        }
        let offered = answer.header("MS-ASProtocolVersions");
        match self.config.version {
            Some(forced) => Ok(forced),
            None => Version::highest_of(offered).ok_or_else(|| PhoneError::NoCommonVersion(offered.to_owned())),
        }
    }

    async fn ask_v2(&mut self, address: &str) -> Result<Option<V2>, PhoneError> {
        let Some(mut transport) = self.discovery_transport("autodiscover.", address)? else { return Ok(None) };
        let target = format!("/autodiscover/autodiscover.json/v1.0/{address}?Protocol=ActiveSync");
        let request = self.bare(Method::GET, target, vec![("accept", "application/json".to_owned())]);
        let Some(answer) = self.discovery_answer(&mut transport, &request).await? else { return Ok(None) };
        let url = serde_json::from_slice::<serde_json::Value>(&answer.body)
            .ok()
            .and_then(|json| json.get("Url")?.as_str().map(str::to_owned));
        let Some(url) = url.filter(|_| answer.status == 200) else { return Ok(None) };
        let endpoint: Endpoint = url.parse()?;
        let mut transport = self.transport_to(endpoint.clone());
        let headers = vec![("authorization", "Bearer".to_owned()), ("x-user-identity", address.to_owned())];
        let probe = self.bare(Method::GET, PATH.to_owned(), headers);
        let challenge = self.discovery_answer(&mut transport, &probe).await?;
        let sign_in = challenge.filter(|answer| answer.status == 401).and_then(|answer| {
            let challenges = answer.headers.get_all("www-authenticate");
            challenges.iter().find_map(|value| authorization_uri(value.to_str().ok()?))
        });
        Ok(Some(V2 { endpoint, sign_in }))
    }

    async fn ask_v1(&mut self, address: &str) -> Result<Option<(V1Answer, String)>, PhoneError> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"{REQUEST_SCHEMA}\"><Request>\
             <EMailAddress>{}</EMailAddress>\
             <AcceptableResponseSchema>{MOBILESYNC_SCHEMA}</AcceptableResponseSchema></Request></Autodiscover>",
            escape(address)
        );
        let local = address.split('@').next().unwrap_or_default();
        for prefix in ["", "autodiscover."] {
            let Some(mut transport) = self.discovery_transport(prefix, address)? else { continue };
            for login in [address, local] {
                let mut headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
                let credentials = authorization(login, &self.config.credentials, self.state.tokens.as_ref());
                headers.extend(credentials.map(|header| ("authorization", header)));
                let mut request = self.bare(Method::POST, "/Autodiscover/Autodiscover.xml".to_owned(), headers);
                request.body = Bytes::from(body.clone());
                let Some(answer) = self.discovery_answer(&mut transport, &request).await? else { break };
                if answer.status != 200 {
                    continue;
                }
                match read_v1(&answer.body) {
                    Ok(V1Answer::Nothing) => {}
                    Ok(found) => return Ok(Some((found, login.to_owned()))),
                    Err(violation) => self.hold_against(Command::Settings, vec![violation])?,
                }
            }
        }
        Ok(None)
    }

    /// A discovery host that cannot be reached is a discovery host that is not there.
    async fn discovery_answer(
        &mut self,
        transport: &mut Transport,
        request: &Outgoing,
    ) -> Result<Option<Answer>, PhoneError> {
        self.counters.autodiscover += 1;
        match transport.ask(request, COMMAND_TIMEOUT).await {
            Ok(answer) => Ok(Some(answer)),
            Err(TransportError::NotHttp(error)) => Err(TransportError::NotHttp(error).into()),
            Err(_) => Ok(None),
        }
    }

    fn discovery_transport(&self, prefix: &str, address: &str) -> Result<Option<Transport>, PhoneError> {
        let endpoint = match (&self.config.discovery, address.rsplit_once('@')) {
            (Discovery::At(base), Some(_)) => base.parse()?,
            (Discovery::Domain, Some((_, domain))) => format!("https://{prefix}{domain}").parse()?,
            _ => return Ok(None),
        };
        Ok(Some(self.transport_to(endpoint)))
    }

    fn transport_to(&self, endpoint: Endpoint) -> Transport {
        let config = &self.config;
        Transport::new(endpoint, config.trust.clone(), config.source, FaultRates::default(), config.seed)
    }

    fn settle_on(&mut self, endpoint: Endpoint) {
        self.state.endpoint = endpoint.clone();
        self.transport.move_to(endpoint);
    }

    fn bare(&self, method: Method, target: String, headers: Vec<(&'static str, String)>) -> Outgoing {
        let mut headers = headers;
        headers.push(("user-agent", self.config.user_agent.clone()));
        Outgoing { method, target, headers, body: Bytes::new() }
    }
}

fn read_v1(body: &[u8]) -> Result<V1Answer, Violation> {
    let text = String::from_utf8_lossy(body);
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().trim_text(true);
    let mut path: Vec<String> = Vec::new();
    let (mut kind, mut url) = (String::new(), String::new());
    loop {
        let Ok((namespace, event)) = reader.read_resolved_event() else { return Ok(V1Answer::Nothing) };
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.is_empty() {
                    let bound = matches!(namespace, ResolveResult::Bound(bound) if bound.as_ref() == RESPONSE_SCHEMA);
                    if !bound || name != "Autodiscover" || start.name().prefix().is_some() {
                        return Err(Violation::AutodiscoverRoot(name));
                    }
                }
                path.push(name);
            }
            Event::Text(content) => {
                let content: &str = &content;
                match path.join("/").as_str() {
                    "Autodiscover/Response/Action/Settings/Server/Type" => content.clone_into(&mut kind),
                    "Autodiscover/Response/Action/Settings/Server/Url" => url.push_str(content),
                    "Autodiscover/Response/Action/Redirect" => return Ok(V1Answer::Redirect(content.to_owned())),
                    _ => {}
                }
            }
            Event::End(_) => {
                let server_ends = path.pop().is_some_and(|name| name == "Server");
                if server_ends && kind == "MobileSync" && !url.is_empty() {
                    return Ok(V1Answer::Server(url));
                }
            }
            Event::Eof => return Ok(V1Answer::Nothing),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_xml_answer_must_be_in_the_one_namespace() {
        let answer = |namespace: &str| {
            format!(
                "<?xml version=\"1.0\"?><Autodiscover xmlns=\"{namespace}\"><Response xmlns=\"{MOBILESYNC_SCHEMA}\">\
                 <Action><Settings><Server><Type>MobileSync</Type><Url>https://eas.example.org/x</Url>\
                 <Name>n</Name></Server></Settings></Action></Response></Autodiscover>"
            )
        };
        let good = answer("http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006");
        assert_eq!(read_v1(good.as_bytes()), Ok(V1Answer::Server("https://eas.example.org/x".to_owned())));
        let wrong = answer(MOBILESYNC_SCHEMA);
        assert_eq!(read_v1(wrong.as_bytes()), Err(Violation::AutodiscoverRoot("Autodiscover".to_owned())));
    }
}
