//! The phone under management: what an MDM server and its profiles make of it, and what its person and apps can do then.
//!
//! It shares no line with any server: its own property lists ([`plist`]), its own CMS, SCEP and PKCS#12. What a server
//! should not have done is a [`ManagedViolation`] with a name.
//!
//! ```no_run
//! # async fn example(enrolment: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! use phone::managed::{DeviceSpec, IdentitySource, ManagedPhone, OsVersion};
//!
//! let mut phone = ManagedPhone::new(DeviceSpec::numbered(1, OsVersion::new(18, 4)));
//! phone.enrol(enrolment, IdentitySource::Profile).await?;
//! phone.connect().await?;
//! for (store, contact) in phone.visible_contacts("net.whatsapp.WhatsApp") {
//!     println!("{store:?}: {}", contact.display_name());
//! }
//! # Ok(()) }
//! ```
//!
//! A new command is an arm in `commands`, a new configuration one in `declarations`; what a release does not know is a
//! [`Feature`].

mod apps;
mod certificate;
mod channel;
mod cms;
mod commands;
mod connection;
mod counters;
mod declarations;
mod der;
mod device;
mod encryption;
mod enrolment;
mod exchange_account;
mod fault;
mod identity;
mod installation;
mod open_in;
mod os_version;
mod outlook;
mod pkcs12;
pub mod plist;
mod profile;
mod profile_store;
mod restrictions;
mod scep;
mod service;
mod spec;
mod status;
mod violation;

pub use apps::{App, AppState, Apps, OUTLOOK};
pub use cms::CmsError;
pub use connection::{Answered, Connection, Status};
pub use counters::ManagedCounters;
pub use declarations::{Declaration, Kind, Validity};
pub use der::DerError;
pub use device::{ManagedError, ManagedPhone, NotAllowed, SignIn};
pub use enrolment::{EnrolmentName, MdmSettings};
pub use exchange_account::{AccountId, ExchangeAccount, ExchangeSettings, Origin, Session};
pub use fault::{ErrorChain, Fault};
pub use identity::{Identity, IdentitySource, NoIdentity};
pub use open_in::{AppKind, Store};
pub use os_version::{BadOsVersion, Feature, OsVersion};
pub use outlook::{Export, LOCAL_SYNC_ENABLED, Outlook, SetByOrganisation, USER_CHANGE_ALLOWED};
pub use profile::{Payload, Profile, Signature};
pub use profile_store::{InstalledProfile, ProfileStore, Source, Step};
pub use restrictions::Restrictions;
pub use service::Service;
pub use spec::{DeviceSpec, Faults, Habits};
pub use violation::ManagedViolation;
