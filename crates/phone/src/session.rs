//! One command from request to checked answer, with everything iOS does on the way whatever the command: sign in, provision,
//! follow the server elsewhere, wait when it is busy, refuse what does not read well.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;

use crate::commands::Command;
use crate::commands::provision::{self, Wipe};
use crate::commands::settings::{DeviceInformation, device_information};
use crate::config::Credentials;
use crate::device::Phone;
use crate::error::PhoneError;
use crate::limits::{COMMAND_TIMEOUT, PROVISIONS_PER_COMMAND, REDIRECTIONS_PER_COMMAND, RETRIES_WHEN_BUSY};
use crate::parse_rules;
use crate::sign_in::Tokens;
use crate::strictness::Violation;
use crate::transport::{Answer, Endpoint, Lane, Outgoing, TransportError};
use crate::version::Version;
use crate::wbxml::{self, Element};

/// The one path: whatever a server's address says, iOS uses this.
pub const PATH: &str = "/Microsoft-Server-ActiveSync";
/// The one media type, to the letter.
pub const CONTENT_TYPE: &str = "application/vnd.ms-sync.wbxml";
/// What is not escaped in a form or query.
pub(crate) const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an answer means before its content is looked at.
pub(crate) enum Verdict {
    /// Content that passed every rule; `None` is an empty body.
    Content(Option<Element>),
    /// Provision first, then again.
    Provision,
    /// Renew the tokens, then again.
    Renew,
    /// The same request to another server.
    Moved(Endpoint),
    /// Status 111.
    Busy,
    /// HTTP 503.
    Unavailable,
}

impl Phone {
    /// Sends a command and returns its checked answer; `None` if the body is empty.
    pub(crate) async fn command(&mut self, command: Command, body: Vec<u8>) -> Result<Option<Element>, PhoneError> {
        let body = Bytes::from(body);
        let (mut lost, mut unavailable) = (false, false);
        let (mut busy, mut provisions, mut redirections) = (0, 0, 0);
        let mut renewed = false;
        self.renew_if_due().await?;
        loop {
            let answer = match self.post(Lane::Commands, command, body.clone(), COMMAND_TIMEOUT).await {
                Ok(answer) => answer,
                // A Sync that broke off is repeated once, at once, to the byte.
                Err(error) if command == Command::Sync && !lost => {
                    tracing::debug!(%error, "repeating the Sync");
                    lost = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            match self.judge(command, &answer)? {
                Verdict::Content(content) => return Ok(content),
                Verdict::Renew if !renewed => {
                    renewed = true;
                    self.renew_after(&answer).await?;
                }
                Verdict::Renew => return Err(PhoneError::Unauthorized),
                Verdict::Provision => {
                    provisions += 1;
                    if provisions > PROVISIONS_PER_COMMAND {
                        return Err(PhoneError::Circles(command));
                    }
                    self.provision().await?;
                }
                Verdict::Moved(endpoint) => {
                    redirections += 1;
                    if redirections > REDIRECTIONS_PER_COMMAND {
                        return Err(PhoneError::Circles(command));
                    }
                    self.move_to(endpoint);
                }
                Verdict::Busy if busy < RETRIES_WHEN_BUSY => {
                    busy += 1;
                    tokio::time::sleep(self.config.pace.when_busy).await;
                }
                Verdict::Busy => return Err(PhoneError::Status { command, status: 111 }),
                // Retry-After is not read.
                Verdict::Unavailable if !unavailable => {
                    unavailable = true;
                    tokio::time::sleep(self.config.pace.when_busy).await;
                }
                Verdict::Unavailable => return Err(PhoneError::Http { command, status: 503 }),
            }
        }
    }

    /// Writes a request once and reads what comes.
    pub(crate) async fn post(
        &mut self,
        lane: Lane,
        command: Command,
        body: Bytes,
        patience: Duration,
    ) -> Result<Answer, TransportError> {
        *self.counters.requests.entry(command).or_default() += 1;
        let request = self.outgoing(command, body);
        let answer = self.transport.command(lane, &request, patience).await;
        if answer.is_err() {
            self.counters.answers_lost += 1;
        }
        answer
    }

    /// Decides what an answer means; every broken rule goes onto the list.
    pub(crate) fn judge(&mut self, command: Command, answer: &Answer) -> Result<Verdict, PhoneError> {
        match answer.status {
            200..=299 => self.judge_content(command, answer),
            301 | 302 | 307 | 308 => self.moved(command, answer.header("location")),
            401 if self.config.credentials == Credentials::OAuth => Ok(Verdict::Renew),
            401 => Err(PhoneError::Unauthorized),
            403 => Err(PhoneError::Forbidden),
            449 => Ok(Verdict::Provision),
            451 => self.moved(command, answer.header("x-ms-location")),
            503 => Ok(Verdict::Unavailable),
            status => Err(PhoneError::Http { command, status }),
        }
    }

    fn judge_content(&mut self, command: Command, answer: &Answer) -> Result<Verdict, PhoneError> {
        if answer.body.is_empty() {
            let broken = if command.may_be_empty() { Vec::new() } else { vec![Violation::EmptyAnswer { command }] };
            self.hold_against(command, broken)?;
            return Ok(Verdict::Content(None));
        }
        let got = answer.header("content-type");
        if got != CONTENT_TYPE {
            self.hold_against(command, vec![Violation::ContentTypeNotExact { command, got: got.to_owned() }])?;
        }
        let root = match wbxml::read(&answer.body) {
            Ok(root) => root,
            Err(fault) => return self.hold_against(command, vec![fault.into()]).map(|()| Verdict::Content(None)),
        };
        let version = self.version();
        self.hold_against(command, parse_rules::check(command, version, &root))?;
        // Top-level codes count from 14.0 on.
        let status = root.number_of(command.status()).filter(|_| version >= Version::V14_0).unwrap_or_default();
        match status {
            140 | 142 | 143 | 144 if command != Command::Provision => Ok(Verdict::Provision),
            111 => Ok(Verdict::Busy),
            177 => Err(PhoneError::Forbidden),
            0..=100 | 118 => Ok(Verdict::Content(Some(root))),
            status => Err(PhoneError::Status { command, status }),
        }
    }

    /// Puts broken rules onto the list; an error if iOS would throw the answer away.
    pub(crate) fn hold_against(&mut self, command: Command, broken: Vec<Violation>) -> Result<(), PhoneError> {
        let fatal = broken.iter().find(|violation| violation.fails_the_answer()).cloned();
        for violation in &broken {
            tracing::warn!(%command, %violation, "the server broke a rule of iOS");
        }
        self.violations.extend(broken);
        fatal.map_or(Ok(()), |violation| Err(PhoneError::Refused { command, violation }))
    }

    /// Only https is followed; a phone that was set up without TLS, which real ones are not, follows http too.
    fn moved(&mut self, command: Command, location: &str) -> Result<Verdict, PhoneError> {
        match location.parse::<Endpoint>() {
            Ok(endpoint) if endpoint.https || !self.transport.endpoint().https => Ok(Verdict::Moved(endpoint)),
            _ => {
                let violation = Violation::RedirectionNotHttps(location.to_owned());
                self.hold_against(command, vec![violation]).map(|()| Verdict::Unavailable)
            }
        }
    }

    fn move_to(&mut self, endpoint: Endpoint) {
        self.state.endpoint = endpoint.clone();
        self.transport.move_to(endpoint);
    }

    /// Both phases of Provision, or the end of the account.
    pub(crate) async fn provision(&mut self) -> Result<(), PhoneError> {
        self.counters.provisions += 1;
        let facts = (self.version() >= Version::V14_1).then(|| self.shuffled_device_information());
        let policy = self.provision_phase(provision::ask(facts.as_ref())).await?;
        if let Some(wipe) = policy.wipe {
            return self.carry_out(wipe).await;
        }
        if policy.status != 1 {
            return Err(PhoneError::Status { command: Command::Provision, status: policy.status });
        }
        if policy.key.is_empty() || policy.key == "0" {
            self.hold_against(Command::Provision, vec![Violation::PolicyKeyZero(policy.key.clone())])?;
        }
        if policy.policy_status == 2 {
            // There is no policy: take the key, if any, and go on.
            if !policy.key.is_empty() {
                self.state.policy_key = policy.key;
            }
            return Ok(());
        }
        if policy.policy_status != 1 {
            return Err(PhoneError::Status { command: Command::Provision, status: policy.policy_status });
        }
        let first = if policy.key.is_empty() { "0".to_owned() } else { policy.key };
        let settled = self.provision_phase(provision::acknowledge(&first)).await?;
        if settled.status != 1 || settled.policy_status != 1 {
            let status = settled.status.max(settled.policy_status);
            return Err(PhoneError::Status { command: Command::Provision, status });
        }
        if settled.key.is_empty() || settled.key == "0" {
            self.hold_against(Command::Provision, vec![Violation::PolicyKeyZero(settled.key.clone())])?;
        }
        self.state.policy_key = settled.key;
        Ok(())
    }

    async fn provision_phase(&mut self, body: Vec<u8>) -> Result<provision::Policy, PhoneError> {
        let command = Command::Provision;
        let answer = self.post(Lane::Commands, command, Bytes::from(body), COMMAND_TIMEOUT).await?;
        match self.judge(command, &answer)? {
            Verdict::Content(Some(root)) => Ok(provision::read(&root)),
            Verdict::Busy => Err(PhoneError::Status { command, status: 111 }),
            Verdict::Unavailable => Err(PhoneError::Http { command, status: 503 }),
            Verdict::Renew => Err(PhoneError::Unauthorized),
            Verdict::Content(None) | Verdict::Provision | Verdict::Moved(_) => Err(PhoneError::Circles(command)),
        }
    }

    async fn carry_out(&mut self, wipe: Wipe) -> Result<(), PhoneError> {
        // What follows the acknowledgement no longer matters: the account is gone either way.
        let _ = self.provision_phase(provision::acknowledge_wipe(wipe)).await;
        self.erase();
        Err(PhoneError::Wiped)
    }

    /// iOS sends the children in no particular order.
    pub(crate) fn shuffled_device_information(&mut self) -> DeviceInformation {
        let mut facts = device_information(self.version(), &self.config.user_agent);
        let mut shuffled = Vec::with_capacity(facts.len());
        while !facts.is_empty() {
            shuffled.push(facts.swap_remove(self.transport.roll(facts.len())));
        }
        shuffled
    }

    /// The Authorization header, sent without waiting for a challenge.
    pub(crate) fn authorization(&self) -> Option<String> {
        authorization(&self.state.login, &self.config.credentials, self.state.tokens.as_ref())
    }

    fn outgoing(&self, command: Command, body: Bytes) -> Outgoing {
        let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string();
        // The user name goes without its Windows domain.
        let user = self.state.login.rsplit('\\').next().unwrap_or_default();
        let target = format!(
            "{PATH}?User={}&DeviceId={}&DeviceType={}&Cmd={command}",
            encoded(user),
            encoded(&self.config.device_id),
            encoded(&self.config.device_type),
        );
        let credentials = self.authorization().map(|header| ("authorization", header));
        let mut headers: Vec<_> = credentials.into_iter().collect();
        headers.extend([
            ("user-agent", self.config.user_agent.clone()),
            ("ms-asprotocolversion", self.version().to_string()),
            ("x-ms-policykey", self.state.policy_key.clone()),
            ("content-type", CONTENT_TYPE.to_owned()),
            ("accept", "*/*".to_owned()),
            // iOS names br too; the phone cannot undo it, so it does not ask for it.
            ("accept-encoding", "gzip, deflate".to_owned()),
        ]);
        Outgoing { method: Method::POST, target, headers, body }
    }
}

/// The Authorization header of a user; `None` when a certificate says it all.
pub(crate) fn authorization(user: &str, credentials: &Credentials, tokens: Option<&Tokens>) -> Option<String> {
    match credentials {
        Credentials::Password(password) => Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))),
        Credentials::Bearer(token) => Some(format!("Bearer {token}")),
        Credentials::OAuth => {
            Some(format!("Bearer {}", tokens.map(|tokens| tokens.access.as_str()).unwrap_or_default()))
        }
        Credentials::Certificate => None,
    }
}
