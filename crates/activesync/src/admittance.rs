//! Whether a device is let in, and what it is shown: asked for every request, and again whenever something happens to
//! one that is held.

use std::net::IpAddr;

use access::{DevicePolicy, Reason, Verdict};
use contact::eas::Family;
use hub::{
    Access,
    devices::{Device, Wipe},
    withheld::{Shown, View},
};
use identity::{Admission, Visit};

use crate::{
    answer::{self, Answer, HttpResponse},
    challenge::TokenFault,
    command::Command,
    commands::denied,
    server::Shared,
    status::{Denial, Refusal},
};

/// Who asks, from where, with which account: what is kept of it while a request is held.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) admission: Admission,
    /// The name the account on the device signs in with.
    pub(crate) login_name: Option<Box<str>>,
    /// The host the device asked.
    pub(crate) host: Box<str>,
    /// Scheme, host and port it asked, for challenges.
    pub(crate) origin: Box<str>,
    pub(crate) network: IpAddr,
    /// Came with a Bearer header.
    pub(crate) is_bearer: bool,
    /// The policy key of the request.
    pub(crate) policy_key: u32,
    pub(crate) command: Command,
    pub(crate) family: Family,
}

/// Why a request ends without a command's answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// With an HTTP status.
    Refusal(Refusal),
    /// As the response says.
    Response(Box<HttpResponse>),
}

impl<E: Into<Refusal>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refusal(error.into())
    }
}

impl Stop {
    pub(crate) fn into_http(self) -> HttpResponse {
        match self {
            Self::Refusal(refusal) => answer::refuse(refusal),
            Self::Response(response) => *response,
        }
    }
}

/// What is to be done about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admittance {
    /// Its requests are answered, as far as it is shown something.
    In(Shown),
    /// It must provision first.
    Provision,
    /// It may not.
    Denied(Denial),
}

impl Guest {
    /// Decides about the device.
    ///
    /// An account that is to be taken off a device comes before everything else: the device would not hear of it
    /// otherwise.
    pub(crate) async fn ask(&self, shared: &Shared, device: Device) -> Result<Admittance, Stop> {
        let policy = if self.command == Command::Provision || shared.settings.policy.is_none() {
            DevicePolicy::NotRequired
        } else if device.policy_key != 0 && self.policy_key == device.policy_key {
            DevicePolicy::Met
        } else {
            DevicePolicy::Unmet
        };
        let visit = Visit {
            device,
            login_name: self.login_name.as_deref().map(str::to_owned),
            host: self.host.clone().into(),
            network: self.network,
            policy,
        };
        let passage = shared.gate.ask(&self.admission, &visit).await.map_err(hub::HubError::from)?;
        if self.command == Command::Sync && passage.decision.verdict == Verdict::Allow && !passage.sync_noted {
            let device = &visit.device.greeting.device;
            shared.gate.note_sync(self.admission.caller.account, device).await.map_err(hub::HubError::from)?;
        }
        if passage.is_new && passage.decision.verdict != Verdict::Allow {
            let page = answer::help_page(&self.origin);
            let (verdict, because) = (passage.decision.verdict.name(), passage.decision.reason.text());
            let device = &visit.device.greeting.device;
            tracing::info!(
                account = %self.admission.caller.account, device, verdict, because, page, "a device gets no contacts"
            );
        }
        let shown = |view| Admittance::In(Shown { view, since: passage.since });
        Ok(match (passage.decision.verdict, &passage.decision.reason) {
            (Verdict::Allow, _) => shown(View::Whole),
            (Verdict::Quarantine, _) => shown(View::Withheld),
            (Verdict::Block, Reason::DevicePolicy) => Admittance::Provision,
            (Verdict::Block, Reason::ActiveSyncOff) => Admittance::Denied(Denial::UserDisabledForSync),
            (Verdict::Block, Reason::Disabled) => Admittance::Denied(Denial::AccountDisabled),
            (Verdict::Block, _) => Admittance::Denied(Denial::DeviceIsBlockedForThisUser),
        })
    }

    /// The answer to somebody who may not come in.
    pub(crate) fn denied(&self, denial: Denial) -> Stop {
        let page = answer::help_page(&self.origin);
        tracing::info!(
            account = %self.admission.caller.account, command = self.command.name(), ?denial, page, "denied"
        );
        let document = denied::encode(self.command, self.family, denial);
        let response = Answer::Document(document).into_http(false);
        Stop::Response(Box::new(answer::pointing_to_help(response, &self.origin)))
    }

    /// Asks again for a held request. `None`: the device was forgotten or is to be told something that only another
    /// request of it can hear.
    pub(crate) async fn ask_again(
        &self,
        shared: &Shared,
        access: &Access,
        device: &str,
    ) -> Result<Option<Shown>, Stop> {
        if let Err(refusal) = shared.gate.identity().still(&self.admission).await {
            return Err(self.no_more(shared, &refusal));
        }
        let Some(known) = access.device(device).await?.filter(|device| device.wipe == Wipe::No) else {
            return Ok(None);
        };
        match self.ask(shared, known).await? {
            Admittance::In(shown) => Ok(Some(shown)),
            Admittance::Provision => Err(Refusal::MustProvision.into()),
            Admittance::Denied(denial) => Err(self.denied(denial)),
        }
    }

    /// The answer when the credentials are over: a client that knows claims challenges gets one and asks for another
    /// token with it, any other asks its person.
    fn no_more(&self, shared: &Shared, refusal: &identity::Refusal) -> Stop {
        tracing::info!(account = %self.admission.caller.account, %refusal, "a held request is over");
        match refusal {
            identity::Refusal::Unavailable(_) | identity::Refusal::TooManyAttempts { .. } => Refusal::Temporary.into(),
            identity::Refusal::Disabled => self.denied(Denial::AccountDisabled),
            _ => {
                let now = shared.hub.now() / 1_000_000;
                let fault = self.admission.claims_challenge.then_some(TokenFault::InsufficientClaims(now));
                let challenge = shared.settings.challenge.told_at(&self.origin);
                let response = answer::unauthenticated(&challenge, self.is_bearer, fault);
                Stop::Response(Box::new(response))
            }
        }
    }
}
