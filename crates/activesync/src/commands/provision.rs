//! Provision: the rules a device must keep to, in two phases, and taking the account off a device (MS-ASPROV).

use hub::devices::DeviceInformation;
use wbxml::{
    Reader, Writer, document,
    pages::{provision as p, settings},
};

use contact::eas::Version;
use hub::devices::Wipe;

use crate::{
    answer::Answer,
    commands::not_understood,
    device_information,
    policy::Policy,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::{PolicyStatus, ProvisionStatus, Refusal, SettingsStatus},
};

/// The only type of policy since protocol 12.0.
pub const POLICY_TYPE: &str = "MS-EAS-Provisioning-WBXML";

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// What the device is, from 14.1 on.
    pub device_information: Option<DeviceInformation>,
    /// The policy asked for or acknowledged.
    pub policy: Option<PolicyRequest>,
    /// The device has taken the account off itself (`AccountOnlyRemoteWipe`, or `RemoteWipe` of older clients).
    pub wiped: bool,
}

/// The policy part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyRequest {
    /// [`POLICY_TYPE`], or something this server does not have.
    pub policy_type: String,
    /// In the second phase, the key given in the first.
    pub policy_key: Option<String>,
    /// In the second phase, how applying it went: 1 wholly, 2 in part, 3 not at all.
    pub status: Option<u32>,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, p::PROVISION)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            match tag {
                settings::DEVICE_INFORMATION => request.device_information = device_information::read(reader)?,
                p::POLICIES => reader.children(|reader, tag| {
                    if tag == p::POLICY {
                        request.policy = Some(read_policy(reader)?);
                    }
                    Ok::<_, RequestError>(())
                })?,
                p::REMOTE_WIPE | p::ACCOUNT_ONLY_REMOTE_WIPE => request.wiped |= read_wipe(reader)?,
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

fn read_policy(reader: &mut Reader<'_>) -> Result<PolicyRequest, RequestError> {
    let mut policy = PolicyRequest::default();
    reader.children(|reader, tag| {
        match tag {
            p::POLICY_TYPE => policy.policy_type = request::text(reader)?,
            p::POLICY_KEY => policy.policy_key = Some(request::text(reader)?),
            p::STATUS => policy.status = Some(request::number(reader, tag)?),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(policy)
}

fn read_wipe(reader: &mut Reader<'_>) -> Result<bool, RequestError> {
    const WIPED: u32 = 1;
    let mut status = None;
    reader.children(|reader, tag| {
        if tag == p::STATUS {
            status = Some(request::number(reader, tag)?);
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(status == Some(WIPED))
}

/// The policy part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyAnswer<'a> {
    /// Phase one: the rules, and a key to acknowledge them with.
    Rules(&'a Policy, u32),
    /// Phase two: the key to send with every request from now on.
    Acknowledged(u32),
    /// There are no rules. The key is never 0: that upsets clients.
    NoPolicy(u32),
    /// The request cannot be granted.
    Refused(PolicyStatus),
}

/// The answer's document. It holds nothing but what iOS has rules for, each at most once.
#[must_use]
pub fn encode(told_information: bool, policy: Option<PolicyAnswer<'_>>, wipe: bool) -> Vec<u8> {
    document(p::PROVISION, |w| {
        if told_information {
            w.element(settings::DEVICE_INFORMATION, |w| w.number(settings::STATUS, SettingsStatus::Success));
        }
        w.number(p::STATUS, ProvisionStatus::Success);
        if let Some(policy) = policy {
            w.element(p::POLICIES, |w| w.element(p::POLICY, |w| write_policy(w, policy)));
        }
        if wipe {
            w.empty(p::ACCOUNT_ONLY_REMOTE_WIPE);
        }
    })
}

fn write_policy(w: &mut Writer, policy: PolicyAnswer<'_>) {
    w.text(p::POLICY_TYPE, POLICY_TYPE);
    let (status, key) = match policy {
        PolicyAnswer::Rules(_, key) | PolicyAnswer::Acknowledged(key) => (PolicyStatus::Success, Some(key)),
        PolicyAnswer::NoPolicy(key) => (PolicyStatus::NoPolicy, Some(key)),
        PolicyAnswer::Refused(status) => (status, None),
    };
    w.number(p::STATUS, status);
    if let Some(key) = key {
        w.text(p::POLICY_KEY, &key.to_string());
    }
    if let PolicyAnswer::Rules(rules, _) = policy {
        w.element(p::DATA, |w| w.element(p::EAS_PROVISION_DOC, |w| rules.write(w)));
    }
}

/// The answer to a request that breaks a rule.
#[must_use]
pub fn encode_failure(status: ProvisionStatus) -> Vec<u8> {
    document(p::PROVISION, |w| w.number(p::STATUS, status))
}

/// Hands out the rules, takes their acknowledgement, and tells of a wipe.
///
/// Clients that never tell `DeviceInformation` are let through: the specification would have status 165, which some
/// die of.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode_failure(ProvisionStatus::ProtocolError)),
    };
    if let Some(information) = &request.device_information {
        session.access.set_device_information(session.device_id(), information.clone()).await?;
    }
    let told_information = request.device_information.is_some();
    if session.device.wipe == Wipe::Asked {
        return wipe(session, &request, told_information).await;
    }
    let policy = match &request.policy {
        Some(policy) => Some(answer_policy(session, policy).await?),
        None => None,
    };
    Ok(Answer::Document(encode(told_information, policy, false)))
}

/// Only the account is ever taken off, and only 16.1 can say so; the device itself is never erased.
async fn wipe(session: &Session, request: &Request, told_information: bool) -> Outcome {
    if session.version < Version::V16_1 {
        return Err(Refusal::Forbidden);
    }
    if request.wiped {
        tracing::info!(device = session.device_id(), "the device has taken the account off itself");
        session.access.set_wipe(session.device_id(), Wipe::Done).await?;
        return Ok(Answer::Document(encode(told_information, None, false)));
    }
    Ok(Answer::Document(encode(told_information, None, true)))
}

async fn answer_policy<'a>(session: &'a Session, asked: &PolicyRequest) -> Result<PolicyAnswer<'a>, Refusal> {
    if asked.policy_type != POLICY_TYPE {
        return Ok(PolicyAnswer::Refused(PolicyStatus::UnknownType));
    }
    let known = session.device.policy_key;
    let acknowledges = asked.policy_key.as_deref().is_some_and(|key| key != "0");
    let Some(rules) = &session.shared.settings.policy else {
        let key = if known == 0 { new_key(session).await? } else { known };
        return Ok(PolicyAnswer::NoPolicy(key));
    };
    if !acknowledges || asked.status.is_none() {
        return Ok(PolicyAnswer::Rules(rules, new_key(session).await?));
    }
    if asked.policy_key.as_deref() != Some(known.to_string().as_str()) {
        return Ok(PolicyAnswer::Refused(PolicyStatus::WrongKey));
    }
    // The key acknowledged is the key from now on: a lost answer then leaves the device with one that works.
    Ok(PolicyAnswer::Acknowledged(known))
}

/// A key that the device did not have before; never 0, which stands for none.
async fn new_key(session: &Session) -> Result<u32, Refusal> {
    let key = session.device.policy_key.wrapping_add(seed(session)).max(1);
    session.access.set_policy_key(session.device_id(), key).await?;
    Ok(key)
}

/// Any number will do that another person's device does not have by chance: the key is no secret.
fn seed(session: &Session) -> u32 {
    let text = format!("{}{}{}", session.caller().account, session.device_id(), session.device.policy_key);
    let contact::BlobHash([a, b, c, d, ..]) = contact::BlobHash::of(text.as_bytes());
    u32::from_le_bytes([a, b, c, d]) | 1
}
