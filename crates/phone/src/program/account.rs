//! What every phone of the program needs to know about its server.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use phone::{Credentials, DeviceKind, PhoneConfig, Trust, Version};

/// Which client to simulate.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// The native Contacts app of iOS
    Iphone,
    /// A client that keeps and sends all 61 properties word for word
    Generic,
    /// The Exchange client of Android's open-source project
    Aosp,
}

impl From<Kind> for DeviceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Iphone => DeviceKind::IPhone,
            Kind::Generic => DeviceKind::Generic161,
            Kind::Aosp => DeviceKind::Aosp,
        }
    }
}

/// The server and how to speak with it.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// Address of the server; only scheme, host and port count
    #[arg(long)]
    pub url: String,
    /// Speak this version instead of the highest offered: 12.1, 14.0, 14.1, 16.0 or 16.1
    #[arg(long)]
    pub version: Option<Version>,
    /// Which client to simulate
    #[arg(long, value_enum, default_value = "iphone")]
    pub kind: Kind,
    /// Contacts per answer; iOS asks for 25
    #[arg(long, default_value_t = phone::limits::WINDOW_SIZE)]
    pub window: u32,
    /// Accept any certificate
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Accept certificates issued by the authority in this PEM file
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Decides everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Server {
    /// Whose certificates are accepted.
    pub fn trust(&self) -> anyhow::Result<Trust> {
        if self.insecure {
            return Ok(Trust::anyone()?);
        }
        match &self.ca {
            Some(file) => {
                let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
                Ok(Trust::authorities(&pem)?)
            }
            None => Ok(Trust::nobody()),
        }
    }

    /// A phone for one person.
    pub fn config(&self, trust: &Trust, user: &str, credentials: Credentials, device_id: &str) -> PhoneConfig {
        let mut config = PhoneConfig::of_kind(self.kind.into(), &self.url, user, credentials, device_id);
        config.version = self.version;
        config.window_size = self.window;
        config.trust = trust.clone();
        config.seed = self.seed;
        config
    }
}
