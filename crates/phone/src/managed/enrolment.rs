//! Coming under management and leaving it.

use std::collections::VecDeque;

use super::device::{ManagedError, ManagedPhone};
use super::fault::{ErrorChain, Fault};
use super::identity::{Identity, IdentitySource};
use super::installation::MDM;
use super::os_version::Feature;
use super::plist::Dictionary;
use super::profile::{Payload, Profile};
use super::profile_store::Source;
use super::violation::ManagedViolation;
use crate::transport::{FaultRates, Transport};

/// The MDM payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MdmSettings {
    /// ServerURL.
    pub server_url: String,
    /// CheckInURL, or ServerURL if there is none.
    pub check_in_url: String,
    /// Topic.
    pub topic: String,
    /// AccessRights; without meaning under user enrolment.
    pub access_rights: i64,
    /// SignMessage: each message bears an `Mdm-Signature`.
    pub sign_message: bool,
    /// CheckOutWhenRemoved.
    pub check_out_when_removed: bool,
    /// IdentityCertificateUUID.
    pub identity_uuid: String,
}

/// The name under which the server knows the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolmentName {
    /// Device enrolment.
    Udid(String),
    /// User enrolment: made up for this enrolment.
    EnrolmentId(String),
}

/// Everything there is because the device is enrolled.
pub(super) struct Enrolled {
    /// PayloadIdentifier of the enrolment profile.
    pub(super) profile: String,
    pub(super) settings: MdmSettings,
    pub(super) name: EnrolmentName,
    pub(super) identity: Identity,
    pub(super) token: Vec<u8>,
    pub(super) magic: String,
    pub(super) transport: Transport,
    /// The last answer of the last connection was NotNow: the device comes back by itself.
    pub(super) comes_back: bool,
    /// Commands whose acknowledgement arrived, the latest last.
    pub(super) acknowledged: VecDeque<String>,
    /// Authenticate and the first TokenUpdate went through.
    pub(super) established: bool,
}

impl MdmSettings {
    fn from_payload(payload: &Payload) -> Result<Self, Fault> {
        let text = |key: &'static str| payload.content.text(key).ok_or(Fault::FieldMissing(key)).map(str::to_owned);
        let server_url = text("ServerURL")?;
        Ok(Self {
            check_in_url: payload.content.text("CheckInURL").unwrap_or(&server_url).to_owned(),
            server_url,
            topic: text("Topic")?,
            access_rights: payload.content.integer("AccessRights").unwrap_or_default(),
            sign_message: payload.content.boolean("SignMessage") == Some(true),
            check_out_when_removed: payload.content.boolean("CheckOutWhenRemoved") == Some(true),
            identity_uuid: text("IdentityCertificateUUID")?,
        })
    }
}

impl ManagedPhone {
    /// Whether management has the device.
    pub fn is_enrolled(&self) -> bool {
        self.enrolled.is_some()
    }

    /// Whether it is enrolled as a person's own device.
    pub fn is_user_enrolled(&self) -> bool {
        matches!(self.enrolment_name(), Some(EnrolmentName::EnrolmentId(_)))
    }

    /// The name under which the server knows the device; `None` if it is not enrolled.
    pub fn enrolment_name(&self) -> Option<&EnrolmentName> {
        self.enrolled.as_ref().map(|enrolled| &enrolled.name)
    }

    /// What the MDM payload said; `None` if the device is not enrolled.
    pub fn mdm_settings(&self) -> Option<&MdmSettings> {
        self.enrolled.as_ref().map(|enrolled| &enrolled.settings)
    }

    /// The push token and PushMagic told with TokenUpdate; `None` if the device is not enrolled.
    pub fn push_token(&self) -> Option<(&[u8], &str)> {
        self.enrolled.as_ref().map(|enrolled| (enrolled.token.as_slice(), enrolled.magic.as_str()))
    }

    /// Enrols from a `.mobileconfig`: certificates, identity, Authenticate, TokenUpdate. Nothing stays on the device unless
    /// the server answers both with 200.
    pub async fn enrol(&mut self, profile: &[u8], identity: IdentitySource) -> Result<(), ErrorChain> {
        let profile = Profile::open(profile)?;
        let general = Fault::ProfileFailed(profile.name.clone());
        self.enrol_with(profile, identity).await.map_err(|chain| chain.within(general))
    }

    async fn enrol_with(&mut self, profile: Profile, identity: IdentitySource) -> Result<(), ErrorChain> {
        if self.enrolled.is_some() {
            return Err(Fault::ManagedAlready.into());
        }
        let payload = profile.of_kind(MDM).next().ok_or(Fault::NoMdmInReplacement)?.clone();
        let settings = MdmSettings::from_payload(&payload)?;
        let mut profile = profile;
        if let IdentitySource::Given(_) = identity {
            profile.payloads.retain(|payload| payload.uuid != settings.identity_uuid);
        }
        let user = self.is_user_enrolment(&payload.content)?;
        if !user && settings.access_rights == 0 {
            return Err(Fault::FieldMissing("AccessRights").into());
        }
        let identifier = profile.identifier.clone();
        let roots: Vec<u8> = profile.of_kind("com.apple.security.root").flat_map(super::certificate::to_pem).collect();
        let ready = self.prepare(profile, &Source::Mdm, user).await?;
        let identity = match identity {
            IdentitySource::Given(identity) => identity,
            IdentitySource::Profile => Self::identity_in(&ready, &settings.identity_uuid).ok_or(Fault::NoIdentity)?,
        };
        let name = if user {
            EnrolmentName::EnrolmentId(self.random_uuid())
        } else {
            EnrolmentName::Udid(self.spec.udid.clone())
        };
        let unusable = |reason: String| Fault::CannotCheckIn(reason);
        let endpoint =
            self.spec.management_endpoint(&settings.server_url).map_err(|error| unusable(error.to_string()))?;
        let mut authorities = self.spec.authorities.to_vec();
        authorities.extend(roots);
        let trust = Self::trust_in(&authorities, Some(&identity)).map_err(|error| unusable(error.to_string()))?;
        let transport = Transport::new(endpoint, trust, None, FaultRates::default(), self.spec.seed);
        let (token, magic) = (self.random_bytes(32), self.random_uuid());
        self.enrolled = Some(Box::new(Enrolled {
            profile: identifier,
            settings,
            name,
            identity,
            token,
            magic,
            transport,
            comes_back: false,
            acknowledged: VecDeque::new(),
            established: false,
        }));
        if let Err(error) = self.check_in_first().await {
            self.enrolled = None;
            return Err(unusable(error.to_string()).into());
        }
        if let Some(enrolled) = self.enrolled.as_mut() {
            enrolled.established = true;
        }
        self.commit(ready, Source::Mdm);
        Ok(())
    }

    fn is_user_enrolment(&self, payload: &Dictionary) -> Result<bool, Fault> {
        if payload.text("EnrollmentMode") == Some("BYOD") {
            return Ok(true);
        }
        if !payload.has("ManagedAppleID") {
            return Ok(false);
        }
        if self.spec.os.knows(Feature::Release18) {
            return Err(Fault::Unacceptable("ManagedAppleID".to_owned()));
        }
        Ok(true)
    }

    async fn check_in_first(&mut self) -> Result<(), ManagedError> {
        let os = self.claimed_os();
        let mut authenticate = Dictionary::new()
            .with("OSVersion", os.to_string())
            .with("BuildVersion", build_of(os))
            .with("ProductName", self.spec.product.as_str())
            .with("DeviceName", "iPhone")
            .with("Model", "iPhone")
            .with("ModelName", "iPhone");
        if !self.is_user_enrolled() {
            authenticate.set("SerialNumber", self.spec.serial.as_str());
        }
        let sent = self.check_in("Authenticate", authenticate).await;
        let sent = match sent {
            Ok(_) => self.token_update().await,
            Err(error) => Err(error),
        };
        self.hang_up();
        sent
    }

    /// The push service gave the device another token, which it tells at once.
    pub async fn change_push_token(&mut self) -> Result<(), ManagedError> {
        let token = self.random_bytes(32);
        if let Some(enrolled) = self.enrolled.as_mut() {
            enrolled.token = token;
        }
        let told = self.token_update().await;
        self.hang_up();
        told
    }

    async fn token_update(&mut self) -> Result<(), ManagedError> {
        let user = self.is_user_enrolled();
        let Some(enrolled) = self.enrolled.as_ref() else { return Err(ManagedError::NotEnrolled) };
        let mut update = Dictionary::new()
            .with("Token", enrolled.token.clone())
            .with("PushMagic", enrolled.magic.as_str())
            .with("AwaitingConfiguration", false)
            .with("NotOnConsole", false);
        if !user {
            update.set("UnlockToken", self.random_bytes(32));
        }
        self.check_in("TokenUpdate", update).await.map(|_| ())
    }

    /// A profile under the enrolment's identifier: a renewal. The addresses and the topic must stay byte for byte.
    pub(super) fn check_renewal(&mut self, profile: &Profile) -> Result<(), Fault> {
        let Some(enrolled) = self.enrolled.as_ref() else { return Ok(()) };
        let payload = profile.of_kind(MDM).next();
        if profile.identifier != enrolled.profile {
            return if payload.is_some() { Err(Fault::ManagedAlready) } else { Ok(()) };
        }
        let new = MdmSettings::from_payload(payload.ok_or(Fault::NoMdmInReplacement)?)?;
        let old = &enrolled.settings;
        let changes = [
            ("ServerURL", new.server_url != old.server_url),
            ("CheckInURL", new.check_in_url != old.check_in_url),
            ("Topic", new.topic != old.topic),
            ("AccessRights", new.access_rights & !old.access_rights != 0),
        ];
        let Some((key, _)) = changes.into_iter().find(|(_, changes)| *changes) else { return Ok(()) };
        self.hold_against(ManagedViolation::RenewalChanges(key));
        Err(Fault::ReplacementMismatch(key))
    }

    /// The identity of a renewed profile is used from now on.
    pub(super) fn take_renewed_identity(&mut self) {
        let uuid = self.enrolled.as_ref().and_then(|enrolled| {
            let installed = self.profiles.get(&enrolled.profile)?;
            installed.profile.of_kind(MDM).next()?.content.text("IdentityCertificateUUID").map(str::to_owned)
        });
        let Some(identity) = uuid.and_then(|uuid| self.identities.get(&uuid).cloned()) else { return };
        let Ok(trust) = self.trust(Some(&identity)) else { return };
        let seed = self.spec.seed;
        if let Some(enrolled) =
            self.enrolled.as_mut().filter(|enrolled| enrolled.identity.certificate() != identity.certificate())
        {
            let endpoint = enrolled.transport.endpoint().clone();
            enrolled.transport = Transport::new(endpoint, trust, None, FaultRates::default(), seed);
            enrolled.identity = identity;
        }
    }

    /// The person removes management in Settings. Supervised devices keep it when the profile says so. CheckOut is tried
    /// once and may not arrive.
    pub async fn leave_management(&mut self) -> Result<(), super::device::NotAllowed> {
        let enrolled = self.enrolled.as_ref().ok_or(super::device::NotAllowed::NoSuch)?;
        let kept = self.profiles.get(&enrolled.profile).is_some_and(|installed| installed.profile.removal_disallowed);
        if kept && self.spec.supervised {
            return Err(super::device::NotAllowed::Supervised);
        }
        self.check_out().await;
        self.unenrol();
        Ok(())
    }

    pub(super) async fn check_out(&mut self) {
        if self.enrolled.as_ref().is_some_and(|enrolled| enrolled.settings.check_out_when_removed) {
            // Nobody hears of it if it fails, on a real device either.
            let _ = self.check_in("CheckOut", Dictionary::new()).await;
        }
    }

    /// Everything managed goes: profiles, accounts with their contacts, declarations, configurations, flagged apps.
    pub(super) fn unenrol(&mut self) {
        self.enrolled = None;
        self.counters.unenrolments += 1;
        let managed: Vec<String> = self
            .profiles
            .all()
            .iter()
            .filter(|installed| installed.source != Source::Person)
            .map(|installed| installed.profile.identifier.clone())
            .collect();
        for identifier in managed {
            self.remove_profile(&identifier);
        }
        self.accounts.retain(|account| !account.is_managed());
        self.declarations = super::declarations::Declarations::default();
        self.apps.release_all();
    }
}

/// A build number of the right shape.
pub(super) fn build_of(os: super::os_version::OsVersion) -> String {
    // iOS 18 is build 22…, iOS 26 is 23….
    let train = if os.major() >= 26 { os.major() - 3 } else { os.major() + 4 };
    format!("{train}A341")
}
