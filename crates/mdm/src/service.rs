//! The MDM server inside: its address, who may enrol, and what becomes of a message.

use std::{sync::Arc, time::Duration};

use certificates::{CertificateError, Certificates};
use fleet::{
    delivery::OrderId,
    enrolment::EnrolmentId,
    profile::{
        AccessRights, AddressError, ClientIdentity, MdmEnrolment, MdmServer, Profile, RootCertificate, Scep, ServerUrl,
        mdm_enrolment,
    },
};
use identity::{ClientCertificate, Secret};
use ledger::{
    LedgerError, Transaction,
    tables::mdm_enrolments::{self, Address},
};

use crate::{
    checkin::{CheckIn, Message},
    command::{Command, Report},
    declarative::{Declaration, StatusReport},
    error::Refusal,
    limits,
    push::{Push, PushError},
    register::{Given, Register, Shown, WakeAddress},
};

/// AccessRights: profiles (1, 2), device information (16), apps (256), security (1024), settings (2048), app management
/// (4096). None can be added to a device that is enrolled.
pub const ACCESS_RIGHTS: AccessRights = AccessRights::ROLLOUT;

/// What the topics of MDM begin with.
const TOPICS: &str = "com.apple.mgmt.";

/// What an installation decides about its MDM server. None of it can change while a device is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The installation's address as devices see it, such as `https://contacts.example.org`.
    pub public_url: String,
    /// The topic of the push certificate, such as `com.apple.mgmt.External.<UUID>`; what all topics begin with may be
    /// left out.
    pub topic: String,
}

/// What devices are enrolled with is not what the settings say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "devices are enrolled that ask {}, topic {}, and take no other (the settings now say {}, topic {}): put the settings back, or have every device leave first",
    was.server_url, was.topic, is.server_url, is.topic
)]
pub struct AddressChanged {
    /// With which devices are enrolled.
    pub was: Address,
    /// As the settings have it.
    pub is: Address,
}

/// Why there is no MDM server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// See there.
    #[error(transparent)]
    AddressChanged(Box<AddressChanged>),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ledger::WorkError for OpenError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_conflict())
    }
}

/// What an enrolment profile for one person says (payloads `com.apple.mdm` and `com.apple.security.scep`).
#[derive(Debug, Clone)]
pub struct Offer {
    /// Whose device it will be.
    pub email: String,
    /// ServerURL.
    pub server_url: String,
    /// CheckInURL.
    pub check_in_url: String,
    /// Topic.
    pub topic: String,
    /// SCEP's URL.
    pub scep_url: String,
    /// SCEP's Challenge: good for one certificate.
    pub scep_challenge: Secret,
    /// The issuing authority, DER.
    pub authority: Vec<u8>,
    /// SHA-256 of it (CAFingerprint).
    pub authority_fingerprint: [u8; 32],
}

/// How an enrolment profile looks to people, and what comes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letterhead {
    /// The organisation.
    pub organisation: String,
    /// What every PayloadIdentifier of the installation begins with.
    pub identifier_prefix: String,
    /// Devices sign each message: needed where TLS ends in front of us and the proxy does not hand certificates on.
    pub sign_messages: bool,
    /// Authorities that the device shall trust from then on, such as ours (see [`Offer::authority`]).
    pub roots: Vec<RootCertificate>,
}

impl Offer {
    /// The enrolment profile, not signed. Whoever has it can enrol one device as this person.
    ///
    /// # Errors
    /// The installation's address is none for MDM.
    pub fn profile(&self, head: &Letterhead) -> Result<Profile, AddressError> {
        let server = MdmServer {
            server_url: ServerUrl::parse(&self.server_url)?,
            check_in_url: Some(ServerUrl::parse(&self.check_in_url)?),
            topic: self.topic.clone(),
            sign_messages: head.sign_messages,
            rights: ACCESS_RIGHTS,
            capabilities: Vec::new(),
            organisation: head.organisation.clone(),
            identifier_prefix: head.identifier_prefix.clone(),
            roots: head.roots.clone(),
        };
        let identity = ClientIdentity::Scep(Scep {
            url: self.scep_url.clone(),
            challenge: Some(self.scep_challenge.reveal().to_owned()),
            common_name: self.email.clone(),
            email: Some(self.email.clone()),
            authority_fingerprint: self.authority_fingerprint.to_vec(),
        });
        Ok(mdm_enrolment(&server, &identity, &MdmEnrolment::Profile))
    }
}

/// The MDM server. Clones share everything.
#[derive(Clone)]
pub struct Service {
    register: Register,
    certificates: Certificates,
    push: Arc<dyn Push>,
    address: Arc<Address>,
    public_url: Arc<str>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What a device is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    Plist(Vec<u8>),
    Json(Vec<u8>),
}

impl Service {
    /// The MDM server over a register. `certificates` issues to the devices, and knows them by what it issued.
    ///
    /// # Errors
    /// [`AddressChanged`] when devices are enrolled with other settings: they would be lost.
    pub async fn open(
        register: Register,
        certificates: Certificates,
        push: Arc<dyn Push>,
        settings: &Settings,
    ) -> Result<Self, OpenError> {
        let public_url = settings.public_url.trim_end_matches('/');
        let address = Address {
            server_url: format!("{public_url}/mdm/connect"),
            check_in_url: format!("{public_url}/mdm/checkin"),
            topic: if settings.topic.starts_with(TOPICS) {
                settings.topic.clone()
            } else {
                format!("{TOPICS}{}", settings.topic)
            },
            access_rights: i64::from(ACCESS_RIGHTS.mask()),
        };
        let wanted = address.clone();
        let settle = move |tx: &mut dyn Transaction| {
            match mdm_enrolments::address(tx)? {
                Some(was) if was == wanted => return Ok(()),
                Some(was) if mdm_enrolments::any_bound(tx)? => {
                    return Err(OpenError::AddressChanged(Box::new(AddressChanged { was, is: wanted.clone() })));
                }
                _ => {}
            }
            Ok(mdm_enrolments::put_address(tx, &wanted)?)
        };
        register.ledger().write(settle).await?;
        Ok(Self { register, certificates, push, address: Arc::new(address), public_url: public_url.into() })
    }

    /// What is known of the devices.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Whether devices can be woken.
    #[must_use]
    pub fn can_wake(&self) -> bool {
        self.push.can_wake()
    }

    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Everything that an enrolment profile for this person needs. Each call makes another challenge.
    ///
    /// # Errors
    /// Nobody has this address, or they are disabled, or have too many open challenges.
    pub async fn offer(&self, email: &str) -> Result<Offer, CertificateError> {
        let challenge = self.certificates.challenge(email, "device management", limits::CHALLENGE_LIFE).await?;
        let authority = self.certificates.authority().await?;
        Ok(Offer {
            email: email.to_owned(),
            server_url: self.address.server_url.clone(),
            check_in_url: self.address.check_in_url.clone(),
            topic: self.address.topic.clone(),
            scep_url: format!("{}/scep", self.public_url),
            scep_challenge: challenge,
            authority: authority.der().to_vec(),
            authority_fingerprint: authority.fingerprint(),
        })
    }

    /// What becomes of a check-in message.
    pub(crate) async fn check_in(&self, client: ClientCertificate, body: &[u8]) -> Result<Answer, Refusal> {
        let CheckIn { device, message } = CheckIn::read(body)?;
        let shown = Shown::Certificate(client);
        match message {
            Message::Authenticate(says) => {
                self.check_topic(says.topic.as_deref())?;
                self.register.authenticate(device, says, shown).await?;
                Ok(Answer::Nothing)
            }
            Message::TokenUpdate(token) => {
                self.check_topic(Some(&token.topic))?;
                self.register.token_update(device, token, shown, true).await?;
                Ok(Answer::Nothing)
            }
            Message::CheckOut => {
                self.register.check_out(device, shown).await?;
                Ok(Answer::Nothing)
            }
            Message::DeclarativeManagement { endpoint, data } if endpoint == "status" => {
                let report = StatusReport::read(&data.ok_or(Refusal::NotAStatusReport)?)?;
                self.register.status_report(device, report, shown).await?;
                Ok(Answer::Nothing)
            }
            Message::DeclarativeManagement { endpoint, .. } => {
                Ok(Answer::Json(self.register.declarative(device, endpoint, shown).await?))
            }
            Message::GetToken => Err(Refusal::NoToken),
        }
    }

    /// What becomes of a report on a command.
    pub(crate) async fn connect(&self, client: ClientCertificate, body: &[u8]) -> Result<Answer, Refusal> {
        let report = Report::read(body)?;
        let next = self.register.connect(report, Shown::Certificate(client)).await?;
        Ok(next.map_or(Answer::Nothing, Answer::Plist))
    }

    fn check_topic(&self, topic: Option<&str>) -> Result<(), Refusal> {
        if topic == Some(&self.address.topic) { Ok(()) } else { Err(Refusal::WrongTopic) }
    }

    /// Gives a device a command and wakes it. The same name twice is once; a repetition wakes the device again while
    /// nothing has come of it.
    ///
    /// # Errors
    /// As [`Register::give`]. That a device could not be woken is none: it comes by itself, or is woken again.
    pub async fn give(&self, device: &EnrolmentId, id: &OrderId, command: Command) -> Result<Given, Refusal> {
        let given = self.register.give(device, id, command).await?;
        if given != Given::Done {
            self.wake(device).await?;
        }
        Ok(given)
    }

    /// As [`Register::declare`]; a device that has to look is woken.
    pub async fn declare(&self, device: &EnrolmentId, declarations: Vec<Declaration>) -> Result<bool, Refusal> {
        let changed = self.register.declare(device, declarations).await?;
        if changed {
            self.wake(device).await?;
        }
        Ok(changed)
    }

    /// Wakes a device, if that is possible.
    pub async fn wake(&self, device: &EnrolmentId) -> Result<(), LedgerError> {
        if let Some(address) = self.register.wake_address(device).await?.filter(|_| self.push.can_wake()) {
            self.push_to(&address).await?;
        }
        Ok(())
    }

    /// Wakes every device that has something left to do and was not woken lately: pushes are lost, and devices put things
    /// off. To be called now and then. How long to wait before the next time, where the push service asks for more
    /// patience.
    pub async fn wake_waiting(&self) -> Result<Option<Duration>, LedgerError> {
        if !self.push.can_wake() {
            return Ok(None);
        }
        for address in self.register.to_wake().await? {
            if let Some(patience) = self.push_to(&address).await? {
                return Ok(Some(patience));
            }
        }
        Ok(None)
    }

    async fn push_to(&self, address: &WakeAddress) -> Result<Option<Duration>, LedgerError> {
        let device = &address.device;
        match self.push.wake(address).await {
            Ok(()) => self.register.note_pushed(address, false).await?,
            Err(error @ PushError::Gone(_)) => {
                tracing::info!(%device, %error, "the device cannot be woken until it brings another token");
                self.register.note_pushed(address, true).await?;
            }
            Err(PushError::Later { reason, after }) => {
                tracing::warn!(%device, reason, "the device is woken later");
                return Ok(after);
            }
            Err(error @ PushError::Refused(_)) => tracing::error!(%device, %error, "the device is not woken"),
        }
        Ok(None)
    }
}
