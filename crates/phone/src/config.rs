//! What a simulated phone is set up with.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::device_kind::DeviceKind;
use crate::limits::WINDOW_SIZE;
use crate::transport::{FaultRates, Trust};
use crate::version::Version;

/// How the person signs in. Sent with every request, without waiting for a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credentials {
    /// A password or app password (`Authorization: Basic`).
    Password(String),
    /// A token (`Authorization: Bearer`).
    Bearer(String),
    /// Tokens of a sign-in, which the phone keeps and renews.
    OAuth,
    /// The client certificate of [`Trust::with_identity`], and no `Authorization` header.
    Certificate,
}

/// How the phone finds its server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Discovery {
    /// The address was typed in or came with a profile.
    #[default]
    Skip,
    /// Autodiscover, with every host of the mail domain answered by this address.
    At(String),
    /// Autodiscover at the mail domain's own hosts.
    Domain,
}

/// How long the phone waits where iOS waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Before a command is repeated that was answered "busy" (status 111, HTTP 503).
    pub when_busy: Duration,
    /// Between a Ping's answer and the next Ping.
    pub between_pings: Duration,
    /// Before the whole Ping that follows status 3 or 111.
    pub before_whole_ping: Duration,
}

impl Pace {
    /// As a real phone.
    pub const REAL: Pace = Pace {
        when_busy: Duration::from_secs(10),
        between_pings: Duration::from_secs(2),
        before_whole_ping: Duration::from_mins(1),
    };
    /// Without waiting, for tests, demonstrations and load.
    pub const HURRIED: Pace = Pace {
        when_busy: Duration::from_millis(1),
        between_pings: Duration::ZERO,
        before_whole_ping: Duration::from_millis(1),
    };
}

/// A phone before it is switched on.
#[derive(Debug, Clone)]
pub struct PhoneConfig {
    /// The server, `https://eas.example.org`; only scheme, host and port count.
    pub base_url: String,
    /// The mail address, which is also the user name.
    pub user: String,
    /// How the person signs in.
    pub credentials: Credentials,
    /// DeviceId, opaque to servers.
    pub device_id: String,
    /// DeviceType.
    pub device_type: String,
    /// User-Agent.
    pub user_agent: String,
    /// Which client this is.
    pub kind: DeviceKind,
    /// The version to speak; `None` takes the highest the server offers.
    pub version: Option<Version>,
    /// Decides everything random: faults, the order of device information.
    pub seed: u64,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// Local address to connect from, where one address has too few ports for all phones.
    pub source: Option<IpAddr>,
    /// How the server is found.
    pub discovery: Discovery,
    /// How long the phone waits.
    pub pace: Pace,
    /// WindowSize of Sync.
    pub window_size: u32,
    /// HeartbeatInterval of Ping, in whole seconds.
    pub heartbeat: Duration,
    /// Send an empty Picture for photos that came from the server (seen since iOS 8.2).
    pub own_pictures_only: bool,
    /// Ask for photos in directory searches.
    pub gal_pictures: bool,
    /// How often requests go wrong.
    pub faults: FaultRates,
}

impl PhoneConfig {
    /// An iPhone with iOS 26.1 whose waits are a real phone's.
    pub fn new(base_url: &str, user: &str, credentials: Credentials, device_id: &str) -> Self {
        Self::of_kind(DeviceKind::IPhone, base_url, user, credentials, device_id)
    }

    /// A client of some kind.
    pub fn of_kind(kind: DeviceKind, base_url: &str, user: &str, credentials: Credentials, device_id: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            user: user.to_owned(),
            credentials,
            device_id: device_id.to_owned(),
            device_type: kind.device_type().to_owned(),
            user_agent: kind.user_agent().to_owned(),
            kind,
            version: None,
            seed: 1,
            trust: Trust::nobody(),
            source: None,
            discovery: Discovery::Skip,
            pace: Pace::REAL,
            window_size: WINDOW_SIZE,
            heartbeat: Duration::from_mins(8),
            own_pictures_only: false,
            gal_pictures: true,
            faults: FaultRates::default(),
        }
    }

    /// The same phone without waits.
    #[must_use]
    pub fn hurried(mut self) -> Self {
        self.pace = Pace::HURRIED;
        self
    }
}
