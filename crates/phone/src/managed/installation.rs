//! Installing and removing profiles: everything is checked before anything is touched, so a profile comes whole or not at all.

use super::device::ManagedPhone;
use super::exchange_account::{AccountId, ExchangeSettings, Origin};
use super::fault::{ErrorChain, Fault};
use super::identity::Identity;
use super::os_version::Feature;
use super::plist::Dictionary;
use super::profile::{Payload, Profile};
use super::profile_store::{InstalledProfile, Source, Step};
use super::restrictions::{self, OPEN, READ, WRITE};
use super::service::Service;
use super::violation::ManagedViolation;
use super::{pkcs12, scep};

const EXCHANGE: &str = "com.apple.eas.account";
const SCEP: &str = "com.apple.security.scep";
const PKCS12: &str = "com.apple.security.pkcs12";
pub(super) const MDM: &str = "com.apple.mdm";

/// Payloads that User Enrollment forbids (Apple's schema, iOS 18.1).
const FORBIDDEN_PAYLOADS: [&str; 15] = [
    "com.apple.SetupAssistant.managed",
    "com.apple.apn.managed",
    "com.apple.app.lock",
    "com.apple.cellular",
    "com.apple.declarations",
    "com.apple.dnsSettings.managed",
    "com.apple.domains",
    "com.apple.homescreenlayout",
    "com.apple.networkusagerules",
    "com.apple.notificationsettings",
    "com.apple.profileRemovalPassword",
    "com.apple.proxy.http.global",
    "com.apple.shareddeviceconfiguration",
    "com.apple.tvremote",
    "com.apple.vpn.managed",
];
/// Restrictions around contacts and accounts that User Enrollment forbids.
const FORBIDDEN_RESTRICTIONS: [&str; 3] =
    [WRITE, "allowAccountModification", "allowUIConfigurationProfileInstallation"];

/// A profile that passed every check, with what is needed to put it in place.
pub(super) struct Ready {
    profile: Profile,
    steps: Vec<ReadyStep>,
}

enum ReadyStep {
    Plain(Step),
    /// An Exchange account; `replaces` is the one updated in place.
    Exchange {
        payload: Payload,
        settings: ExchangeSettings,
        replaces: Option<AccountId>,
    },
    Identity {
        payload: Payload,
        identity: Identity,
    },
}

impl ManagedPhone {
    /// The person installs a profile. One with an MDM payload enrols the device, with the identity the profile names.
    pub async fn install_profile(&mut self, bytes: &[u8]) -> Result<(), ErrorChain> {
        let profile = Profile::open(bytes)?;
        if profile.of_kind(MDM).next().is_some() {
            return self.enrol(bytes, super::identity::IdentitySource::Profile).await;
        }
        self.install(profile, Source::Person).await
    }

    pub(super) async fn install(&mut self, profile: Profile, source: Source) -> Result<(), ErrorChain> {
        let general = Fault::ProfileFailed(profile.name.clone());
        let user = self.is_user_enrolled();
        let ready = self.prepare(profile, &source, user).await.map_err(|chain| chain.within(general))?;
        self.commit(ready, source);
        Ok(())
    }

    /// Checks everything and fetches identities; changes nothing.
    pub(super) async fn prepare(&mut self, profile: Profile, source: &Source, user: bool) -> Result<Ready, ErrorChain> {
        acceptable(&profile, source, user)?;
        let steps = self.profiles.plan(&profile);
        let made_before: Vec<AccountId> = self.accounts_of(&profile.identifier);
        let mut ready = Vec::new();
        let mut wanted: Vec<ExchangeSettings> = Vec::new();
        for step in steps {
            let payload = match &step {
                Step::Remove(_) => {
                    ready.push(ReadyStep::Plain(step));
                    continue;
                }
                Step::Add(payload) | Step::Update { to: payload, .. } => payload.clone(),
            };
            let within = |fault: Fault| ErrorChain::from(fault).within(Fault::InstallationFailed(name_of(&payload)));
            match payload.kind.as_str() {
                EXCHANGE => {
                    let silent = *source != Source::Person;
                    let settings =
                        ExchangeSettings::from_payload(&payload.content, self.spec.os, silent).map_err(within)?;
                    certificate_is_there(&payload, &profile).map_err(within)?;
                    // What this same profile had made does not stand in the way.
                    self.is_unique(&settings, &made_before).map_err(within)?;
                    if wanted.iter().any(|other| other.collides_with(&settings)) {
                        let (email, host) = (settings.email.clone(), settings.host.clone().unwrap_or_default());
                        return Err(within(Fault::ExchangeNotUnique { email, host }));
                    }
                    wanted.push(settings.clone());
                    let replaces = match &step {
                        Step::Update { .. } => self.account_of_payload(&profile.identifier, &payload.identifier),
                        _ => None,
                    };
                    ready.push(ReadyStep::Exchange { payload, settings, replaces });
                }
                // An identity that is there and whose payload did not change stays.
                SCEP | PKCS12 if !self.must_fetch(&step) => ready.push(ReadyStep::Plain(step)),
                SCEP => {
                    let identity = self.scep(&payload).await.map_err(within)?;
                    ready.push(ReadyStep::Identity { payload, identity });
                }
                PKCS12 => {
                    let identity = read_pkcs12(&payload.content).map_err(within)?;
                    ready.push(ReadyStep::Identity { payload, identity });
                }
                _ => ready.push(ReadyStep::Plain(step)),
            }
        }
        Ok(Ready { profile, steps: ready })
    }

    fn must_fetch(&self, step: &Step) -> bool {
        match step {
            Step::Update { from, to } => from.content != to.content || !self.identities.contains_key(&to.uuid),
            Step::Add(_) => true,
            Step::Remove(_) => false,
        }
    }

    async fn scep(&mut self, payload: &Payload) -> Result<Identity, Fault> {
        if self.faults.offline {
            return Err(Fault::Scep("no network".to_owned()));
        }
        let settings = scep::ScepSettings::from_payload(&payload.content)?;
        let trust = self.trust(None).map_err(|error| Fault::Scep(error.to_string()))?;
        let endpoint = self.spec.management_endpoint(&settings.url).map_err(|error| Fault::Scep(error.to_string()))?;
        let identity = scep::enrol(&settings, endpoint, trust, self.spec.seed)
            .await
            .map_err(|error| Fault::Scep(error.to_string()))?;
        self.counters.scep_enrolments += 1;
        Ok(identity)
    }

    /// The identity a payload of a prepared profile will bring.
    pub(super) fn identity_in(ready: &Ready, uuid: &str) -> Option<Identity> {
        ready.steps.iter().find_map(|step| match step {
            ReadyStep::Identity { payload, identity } if payload.uuid.eq_ignore_ascii_case(uuid) => {
                Some(identity.clone())
            }
            _ => None,
        })
    }

    /// Puts a prepared profile in place. Cannot fail.
    pub(super) fn commit(&mut self, ready: Ready, source: Source) {
        let Ready { profile, steps } = ready;
        let managed = source != Source::Person;
        for step in steps {
            match step {
                ReadyStep::Plain(Step::Remove(payload)) => self.undo(&profile.identifier, &payload, &profile),
                ReadyStep::Plain(_) => {}
                ReadyStep::Identity { payload, identity } => {
                    self.identities.insert(payload.uuid, identity);
                }
                ReadyStep::Exchange { payload, settings, replaces } => {
                    self.judge_exchange(&payload.content, &settings);
                    if let Some(id) = replaces {
                        self.update_account(id, settings);
                        continue;
                    }
                    let origin = Origin::Payload {
                        profile: profile.identifier.clone(),
                        payload: payload.identifier.clone(),
                        managed,
                    };
                    self.create_account(origin, settings);
                }
            }
        }
        self.profiles.put(InstalledProfile { profile, source });
        self.judge_restrictions();
    }

    /// Takes away what a payload made, because the profile `coming` has another in its place.
    fn undo(&mut self, profile: &str, payload: &Payload, coming: &Profile) {
        self.identities.remove(&payload.uuid);
        let Some(id) = self.account_of_payload(profile, &payload.identifier) else { return };
        let gone = self.account(id).map(|account| account.settings.email.clone()).unwrap_or_default();
        let again = coming.of_kind(EXCHANGE).any(|new| new.content.text("EmailAddress") == Some(&gone));
        self.accounts.retain(|account| account.id != id);
        if again {
            self.hold_against(ManagedViolation::AccountReplaced(gone));
        }
    }

    fn accounts_of(&self, profile_identifier: &str) -> Vec<AccountId> {
        let made = self.accounts.iter().filter(
            |account| matches!(&account.origin, Origin::Payload { profile, .. } if profile == profile_identifier),
        );
        made.map(|account| account.id).collect()
    }

    fn account_of_payload(&self, profile_identifier: &str, payload_identifier: &str) -> Option<AccountId> {
        let mut made = self.accounts.iter().filter(|account| {
            matches!(&account.origin, Origin::Payload { profile, payload, .. }
                if profile == profile_identifier && payload == payload_identifier)
        });
        made.next().map(|account| account.id)
    }

    /// Removes a profile and everything it made; `false` if there is none.
    pub(super) fn remove_profile(&mut self, identifier: &str) -> bool {
        let Some(gone) = self.profiles.take(identifier) else { return false };
        for payload in &gone.profile.payloads {
            self.identities.remove(&payload.uuid);
        }
        let accounts = self.accounts_of(identifier);
        self.accounts.retain(|account| !accounts.contains(&account.id));
        true
    }

    /// What the release silently made of the account.
    fn judge_exchange(&mut self, payload: &Dictionary, settings: &ExchangeSettings) {
        let os = self.spec.os;
        let email = || settings.email.clone();
        let meant_less = Service::ALL
            .iter()
            .any(|service| payload.boolean(&format!("Enable{}", service.in_profile())) == Some(false));
        if meant_less && !os.knows(Feature::ExchangeServices) {
            self.hold_against(ManagedViolation::FullAccount { email: email(), os });
        }
        if payload.boolean("OAuth") == Some(true) && !os.knows(Feature::ExchangeOAuth) {
            self.hold_against(ManagedViolation::OAuthIgnored { email: email(), os });
        }
    }

    fn judge_restrictions(&mut self) {
        let twice = restrictions::set_twice(self.profiles.payloads(restrictions::KIND));
        let open = self.restrictions().open_managed_in_unmanaged;
        let set = |key: &str| self.profiles.payloads(restrictions::KIND).any(|payload| payload.content.has(key));
        let inert: Vec<&'static str> = [WRITE, READ].into_iter().filter(|key| open && set(key)).collect();
        let broken = twice.into_iter().map(ManagedViolation::RestrictionSetTwice);
        let broken: Vec<_> = broken.chain(inert.into_iter().map(ManagedViolation::InertRestriction)).collect();
        for violation in broken {
            if !self.violations.contains(&violation) {
                self.hold_against(violation);
            }
        }
    }
}

fn name_of(payload: &Payload) -> String {
    payload.content.text("PayloadDisplayName").unwrap_or(&payload.identifier).to_owned()
}

/// What may come this way onto a device enrolled like this.
fn acceptable(profile: &Profile, source: &Source, user: bool) -> Result<(), Fault> {
    if user && profile.removal_disallowed {
        return Err(Fault::Unacceptable("PayloadRemovalDisallowed".to_owned()));
    }
    for payload in &profile.payloads {
        let restricts = payload.kind == restrictions::KIND;
        if user && FORBIDDEN_PAYLOADS.contains(&payload.kind.as_str()) {
            return Err(Fault::Unacceptable(payload.kind.clone()));
        }
        let forbidden = FORBIDDEN_RESTRICTIONS.iter().find(|key| payload.content.has(key));
        if let Some(key) = forbidden.filter(|_| user && restricts) {
            return Err(Fault::Unacceptable((*key).to_owned()));
        }
        let mdm_only = [WRITE, READ].into_iter().find(|key| payload.content.has(key));
        if let Some(key) = mdm_only.filter(|_| restricts && *source == Source::Person) {
            return Err(Fault::MdmOnly(key.to_owned()));
        }
        if restricts && payload.content.has(OPEN) && payload.content.boolean(OPEN).is_none() {
            return Err(Fault::ProfileMalformed(format!("{OPEN} is no boolean")));
        }
    }
    Ok(())
}

/// PayloadCertificateUUID points into the same profile or nowhere.
fn certificate_is_there(payload: &Payload, profile: &Profile) -> Result<(), Fault> {
    let Some(uuid) = payload.content.text("PayloadCertificateUUID") else { return Ok(()) };
    let there = profile.payloads.iter().any(|other| other.uuid.eq_ignore_ascii_case(uuid) && other.rank() == 1);
    if there { Ok(()) } else { Err(Fault::ExchangeCertificate) }
}

fn read_pkcs12(payload: &Dictionary) -> Result<Identity, Fault> {
    let bytes = payload.data("PayloadContent").ok_or(Fault::FieldMissing("PayloadContent"))?;
    let password = payload.text("Password").unwrap_or_default();
    pkcs12::open(bytes, password).map_err(|error| Fault::ProfileMalformed(error.to_string()))
}
