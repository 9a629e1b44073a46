//! What a rollout asks of whatever manages the devices, and what comes back: the words between the rollout and the MDM
//! server inside, another MDM, or a folder of files.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::enrolment::EnrolmentId;

/// Something to be done to a device.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Install this configuration profile (signed or not), or replace the one with the same PayloadIdentifier.
    InstallProfile(Vec<u8>),
    /// Remove the profile with this PayloadIdentifier.
    RemoveProfile(String),
    /// Which profiles are there.
    ListProfiles,
    /// Give an app this configuration; `None` takes it away (`Settings`, item ApplicationConfiguration).
    ConfigureApp {
        /// The app's bundle id.
        bundle_id: String,
        /// All of its managed configuration.
        configuration: Option<plist::Dictionary>,
    },
    /// Read an app's configuration back (`ManagedApplicationConfiguration`).
    ReadAppConfiguration {
        /// The app's bundle id.
        bundle_id: String,
    },
    /// Ask for OS version, model, supervision, `EASDeviceIdentifier`.
    DeviceInformation,
    /// Ask how it is enrolled (`SecurityInfo`, ManagementStatus).
    SecurityInfo,
    /// Which of these apps are there (`InstalledApplicationList`).
    ListApps {
        /// Bundle ids.
        bundle_ids: Vec<String>,
    },
}

/// Names an order that was taken (a CommandUUID).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub String);

/// A profile that a device lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProfile {
    /// PayloadIdentifier.
    pub identifier: String,
    /// PayloadUUID.
    pub uuid: String,
}

/// One link of an ErrorChain. The last link is the most specific: show it first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceError {
    /// Such as `MCEASErrorDomain`.
    pub domain: String,
    /// Such as 21005.
    pub code: i64,
    /// USEnglishDescription, or LocalizedDescription where there is no other.
    pub description: String,
}

/// What a device says of itself; what it did not say is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Such as `17.2.1`.
    pub os_version: Option<String>,
    /// Such as `iPhone15,4`.
    pub product_name: Option<String>,
    /// Supervised or not.
    pub supervised: Option<bool>,
    /// Under user enrolment or not (SecurityInfo).
    pub user_enrolment: Option<bool>,
    /// The ActiveSync DeviceId it will use.
    pub eas_device_identifier: Option<String>,
}

/// An Exchange account that a device reports (`account.list.exchange`, iOS 16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedAccount {
    /// The status item's identifier.
    pub identifier: String,
    /// Set when a declaration made it.
    pub declaration: Option<String>,
    /// Host name.
    pub host: Option<String>,
    /// User name.
    pub user_name: Option<String>,
    /// `are-contacts-enabled`.
    pub contacts: bool,
    /// `is-mail-enabled`.
    pub mail: bool,
    /// Any of calendars, notes, reminders is enabled.
    pub others: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The order left for the device.
    Delivered(OrderId),
    /// The device cannot now; it will be asked again.
    NotNow(OrderId),
    /// Done, as the device says. No proof that it holds.
    Acknowledged(OrderId),
    /// Refused, wholly or in the item that mattered (an Acknowledged may hide an item's Error). Specific last.
    Failed(OrderId, Vec<DeviceError>),
    /// Answer to [`Order::ListProfiles`].
    Profiles(OrderId, Vec<ListedProfile>),
    /// Answer to [`Order::ReadAppConfiguration`]; `None`: the app has none.
    AppConfiguration(OrderId, Option<plist::Dictionary>),
    /// Answer to [`Order::ListApps`]: bundle ids that are there, with their versions.
    Apps(OrderId, Vec<(String, String)>),
    /// Answer to [`Order::DeviceInformation`] or [`Order::SecurityInfo`], or what the device said when it enrolled.
    Facts(DeviceFacts),
    /// The device enrolled.
    Enrolled,
    /// It told that it left; many leave without telling.
    CheckedOut,
    /// A status report on its Exchange accounts: all that it has.
    Accounts(Vec<ReportedAccount>),
}

/// An event with the device and the place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Position; later events have higher ones.
    pub position: i64,
    /// Whose.
    pub device: EnrolmentId,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// What a way to the devices can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// It can wake a device. Without, orders wait until the device comes by itself.
    pub push: bool,
    /// Answers come back. Without (files only), evidence is only what the hub sees itself.
    pub answers: bool,
    /// Devices report their accounts.
    pub status_reports: bool,
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Nobody by that id is enrolled.
    #[error("{0} is not enrolled")]
    NotEnrolled(EnrolmentId),
    /// For a while; ask again.
    #[error("{0}; try again later")]
    Temporary(String),
    /// It will not be taken.
    #[error("{0}")]
    Refused(String),
}

/// A way to the devices.
pub trait Delivery: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Takes an order for a device and wakes it if it can. `id` is the order's name, chosen by the caller: giving the
    /// same id twice is giving it once, so that a caller that died may repeat itself.
    fn give(
        &self,
        device: &EnrolmentId,
        id: &OrderId,
        order: &Order,
    ) -> impl Future<Output = Result<(), DeliveryError>> + Send;

    /// What happened after this position, oldest first, at most a page. The same position gives the same answer again.
    fn events(&self, after: i64) -> impl Future<Output = Result<Vec<Logged>, DeliveryError>> + Send;
}
