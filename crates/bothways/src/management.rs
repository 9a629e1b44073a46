//! `[mdm]`: through what enrolled devices are managed. The MDM server inside, NanoMDM, or neither.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use access::version::Version;

use anyhow::Context;
use axum::Router;
use fleet::{
    declaration,
    delivery::{Capabilities, Delivery, DeliveryError, Logged, Order, OrderId},
    enrolment::EnrolmentId,
    profile::{Hub, Uuid},
};
use identity::{Gate, Secret};
use ledger::tables::device_access::Enrolment;
use mdm::{
    Embedded, EnrolmentChange, Enrolments, NanoMdm, Pending, Push, Register, Service,
    declarative::Declaration,
    nanomdm::{self, NanoMdmSettings},
    push::{Apns, ApnsSettings, NoPush},
    register::{ManagedDevice, Parts},
};
use serde::Deserialize;

use crate::{
    ambient::{self, SystemClock, SystemEntropy},
    configuration::Configuration,
    data_folder::DataFolder,
    fleet_settings,
    installation::Installation,
    limits,
};

/// The first iOS whose devices report their accounts (`account.list.exchange`).
const REPORTS_ACCOUNTS_FROM: u32 = 16;

/// `[mdm]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mdm {
    /// Through what devices are managed.
    pub server: Server,
    /// The MDM server inside: the topic of pushes, where there is no push certificate that says it.
    pub topic: Option<String>,
    /// PEM: Apple's MDM push certificate.
    pub push_certificate: Option<PathBuf>,
    /// PEM: its key.
    pub push_key: Option<PathBuf>,
    /// NanoMDM: its address.
    pub address: Option<String>,
    /// NanoMDM: a file with its API key.
    pub key_file: Option<PathBuf>,
    /// NanoMDM: a file with the key that signs its webhooks.
    pub webhook_key_file: Option<PathBuf>,
    /// NanoMDM has a push certificate.
    pub push: bool,
}

/// Through what devices are managed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// Nothing here: profiles are exported.
    #[default]
    None,
    /// The MDM server inside.
    Inside,
    /// NanoMDM.
    Nanomdm,
}

impl Mdm {
    /// What contradicts what.
    pub fn complaint(&self, public_url: Option<&str>) -> Option<&'static str> {
        let nanomdm = self.address.is_some() && self.key_file.is_some() && self.webhook_key_file.is_some();
        match self.server {
            Server::None => None,
            _ if public_url.is_none() => {
                Some("[mdm] needs server.public_url: devices keep the address they enrol with for ever")
            }
            _ if self.push_certificate.is_some() != self.push_key.is_some() => {
                Some("[mdm] needs both push_certificate and push_key, or neither")
            }
            Server::Nanomdm if !nanomdm => {
                Some("[mdm] server = \"nanomdm\" needs address, key_file and webhook_key_file")
            }
            _ => None,
        }
    }
}

/// The way to the enrolled devices.
#[derive(Debug, Clone)]
pub enum Way {
    /// The MDM server inside.
    Inside(Service),
    /// NanoMDM.
    NanoMdm(NanoMdm),
}

impl Way {
    /// Opens what the settings name. `push` stands in for Apple's service.
    ///
    /// # Errors
    /// Certificates or keys that cannot be read; an address that enrolled devices do not know.
    pub async fn open(
        installation: &Installation,
        folder: &DataFolder,
        configuration: &Configuration,
        push: Option<Arc<dyn Push>>,
    ) -> anyhow::Result<Option<Self>> {
        let settings = &configuration.mdm;
        let (hub, _) = fleet_settings::hub(configuration);
        let register = Register::new(Parts {
            ledger: installation.ledger.clone(),
            identity: installation.identity.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            enrolments: Arc::new(Access(installation.gate.clone())),
            contacts_profiles: fleet::profile::contacts_identifier(&hub),
        });
        let read = |file: &PathBuf| {
            let file = folder.path().join(file);
            std::fs::read(&file).with_context(|| format!("[mdm]: {} cannot be read", file.display()))
        };
        match settings.server {
            Server::None => Ok(None),
            Server::Inside => {
                let certificates = settings.push_certificate.as_ref().zip(settings.push_key.as_ref());
                let apple = certificates
                    .map(|(certificate, key)| -> anyhow::Result<Apns> {
                        let apple = ApnsSettings::apple(read(certificate)?, read(key)?);
                        Apns::new(&apple, Arc::new(SystemClock)).context("[mdm] push_certificate cannot be used")
                    })
                    .transpose()?;
                let topic = apple.as_ref().map(|apple| apple.topic().to_owned()).or_else(|| settings.topic.clone());
                let topic = topic.unwrap_or_else(|| {
                    let name = Uuid::of(&[b"mdm topic", hub.host.as_bytes()]);
                    format!("com.apple.mgmt.External.{}", name.to_string().to_lowercase())
                });
                let apple = apple.map(|apple| Arc::new(apple) as Arc<dyn Push>);
                let push = push.or(apple).unwrap_or_else(|| Arc::new(NoPush));
                let public_url = configuration.server.public_url.clone().unwrap_or_default();
                let settings = mdm::Settings { public_url, topic };
                let service = Service::open(register, installation.certificates.clone(), push, &settings).await;
                Ok(Some(Self::Inside(service.context("[mdm]")?)))
            }
            Server::Nanomdm => {
                let secret = |file: &Option<PathBuf>| -> anyhow::Result<Secret> {
                    let file = file.as_ref().context("[mdm] lacks a key file")?;
                    Ok(Secret::new(String::from_utf8(read(file)?)?.trim()))
                };
                let settings = NanoMdmSettings {
                    address: settings.address.clone().unwrap_or_default(),
                    key: secret(&settings.key_file)?,
                    webhook_key: secret(&settings.webhook_key_file)?,
                    push: settings.push,
                };
                Ok(Some(Self::NanoMdm(NanoMdm::new(register, &settings)?)))
            }
        }
    }

    /// What is known of the devices.
    pub fn register(&self) -> &Register {
        match self {
            Self::Inside(service) => service.register(),
            Self::NanoMdm(nanomdm) => nanomdm.register(),
        }
    }

    /// What devices, or NanoMDM, ask.
    pub fn router(&self) -> Router {
        match self {
            Self::Inside(service) => mdm::router(service.clone()),
            Self::NanoMdm(nanomdm) => nanomdm::router(nanomdm.clone()),
        }
    }

    /// Has devices that can report their accounts, from iOS 16 on, do so. Those that do already are left alone.
    pub async fn subscribe(&self, subscribed: &mut HashSet<EnrolmentId>, hub: &Hub) -> anyhow::Result<()> {
        let Self::Inside(service) = self else { return Ok(()) };
        let able = |device: &ManagedDevice| {
            let os = device.facts.os_version.as_deref().and_then(Version::parse);
            device.enrolled && os >= Some(Version::major(REPORTS_ACCOUNTS_FROM))
        };
        for device in service.register().devices().await?.iter().filter(|device| able(device)) {
            if subscribed.contains(&device.id) {
                continue;
            }
            service.declare(&device.id, subscriptions(hub)?).await?;
            subscribed.insert(device.id.clone());
        }
        Ok(())
    }

    /// What has to be done now and then: devices that have something left to do are woken, answers that were lost are
    /// asked for again, what is long done is forgotten.
    pub async fn tend(self, hub: Hub) {
        let mut subscribed = HashSet::new();
        if let Err(error) = self.register().tell_again().await {
            tracing::warn!(%error, "access does not know of all enrolled devices yet");
        }
        loop {
            if let Err(error) = self.subscribe(&mut subscribed, &hub).await {
                tracing::warn!(%error, "devices are not asked to report their accounts");
            }
            let pause = self.round().await.unwrap_or(limits::MANAGEMENT_ROUND);
            let long_ago = ambient::now() - micros(limits::MANAGEMENT_KEPT);
            if let Err(error) = self.register().forget(long_ago).await {
                tracing::warn!(%error, "old commands are not forgotten");
            }
            tokio::time::sleep(pause.max(limits::MANAGEMENT_ROUND)).await;
        }
    }

    async fn round(&self) -> Option<Duration> {
        match self {
            Self::Inside(service) => match service.wake_waiting().await {
                Ok(patience) => patience,
                Err(error) => {
                    tracing::warn!(%error, "waiting devices are not woken");
                    None
                }
            },
            Self::NanoMdm(nanomdm) => {
                if let Err(error) = nanomdm.reconcile(limits::MANAGEMENT_SILENCE).await {
                    tracing::warn!(%error, "NanoMDM cannot be asked what its devices did");
                }
                None
            }
        }
    }
}

/// `account.list.exchange` and what else tells how a device fares, with its activation.
fn subscriptions(hub: &Hub) -> anyhow::Result<Vec<Declaration>> {
    let named = |role: &str| declaration::Identifier::parse(&format!("{}.{role}", short(&hub.identifier_prefix)));
    let (status, activation) = (named("status")?, named("status.active")?);
    let subscriptions = declaration::status_subscriptions(status.clone(), &declaration::STATUS_ITEMS);
    let activation = declaration::activation(activation, [&status]);
    Ok([subscriptions, activation].iter().map(Declaration::from).collect())
}

/// Identifiers of declarations have 64 octets.
fn short(prefix: &str) -> &str {
    prefix.get(prefix.len().saturating_sub(48)..).unwrap_or(prefix).trim_start_matches(['.', '-'])
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Delivery for Way {
    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Inside(service) => Embedded(service.clone()).capabilities(),
            Self::NanoMdm(nanomdm) => nanomdm.capabilities(),
        }
    }

    async fn give(&self, device: &EnrolmentId, id: &OrderId, order: &Order) -> Result<(), DeliveryError> {
        match self {
            Self::Inside(service) => Embedded(service.clone()).give(device, id, order).await,
            Self::NanoMdm(nanomdm) => nanomdm.give(device, id, order).await,
        }
    }

    async fn events(&self, after: i64) -> Result<Vec<Logged>, DeliveryError> {
        self.register().events(after).await
    }
}

/// Access depends on what is enrolled and what it holds.
struct Access(Gate);

impl Enrolments for Access {
    fn changed(&self, change: EnrolmentChange) -> Pending<'_, ()> {
        Box::pin(async move {
            let enrolled = change.enrolled.then(|| change.enrolment.as_str().to_owned());
            let enrolment = Enrolment { enrolled, compliant: None, managed: change.managed };
            if let Err(error) = self.0.set_enrolment(change.account, &change.eas_device, enrolment).await {
                tracing::error!(device = %change.enrolment, %error, "access does not know what became of the device");
            }
        })
    }
}
