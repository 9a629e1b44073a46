//! `com.apple.mdm`: the profile with which a device enrols.

use plist::Value;

use super::{
    Profile,
    certificates::{ClientIdentity, RootCertificate},
    payload::{Names, Payload, TOPIC_PREFIX},
};

/// What a server says it can do (ServerCapabilities). A device relies on it, so only what is true may stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerCapability {
    /// Users of a Shared iPad connect on their own. It can be neither added nor taken back later.
    PerUserConnections,
    /// The server keeps a bootstrap token.
    BootstrapToken,
    /// The server answers `GetToken`.
    Token,
}

impl ServerCapability {
    fn name(self) -> &'static str {
        match self {
            Self::PerUserConnections => "com.apple.mdm.per-user-connections",
            Self::BootstrapToken => "com.apple.mdm.bootstraptoken",
            Self::Token => "com.apple.mdm.token",
        }
    }
}

/// What MDM may do on a device. Rights cannot be added later, so they are asked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessRights(u16);

/// Why a mask is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RightsError {
    /// Zero.
    #[error("no rights at all are asked for")]
    None,
    /// Bits beyond 8191.
    #[error("there are no rights beyond 8191")]
    Unknown,
    /// 2 without 1, or 128 without 64.
    #[error("the right to install ({0}) needs the right to look ({1})")]
    InstallWithoutLook(u16, u16),
}

impl AccessRights {
    /// Profiles (1, 2), device information (16), apps (256), security (1024), settings (2048), app management (4096):
    /// what a rollout of contacts needs, and neither lock nor erase.
    pub const ROLLOUT: Self = Self(1 | 2 | 16 | 256 | 1024 | 2048 | 4096);
    /// All rights.
    pub const ALL: u16 = 8191;

    /// A mask of Apple's bits.
    pub fn new(mask: u16) -> Result<Self, RightsError> {
        let has = |bit| mask & bit != 0;
        match mask {
            0 => Err(RightsError::None),
            _ if mask & !Self::ALL != 0 => Err(RightsError::Unknown),
            _ if has(2) && !has(1) => Err(RightsError::InstallWithoutLook(2, 1)),
            _ if has(128) && !has(64) => Err(RightsError::InstallWithoutLook(128, 64)),
            _ => Ok(Self(mask)),
        }
    }

    /// Apple's bits.
    pub fn mask(self) -> u16 {
        self.0
    }

    /// The bits of `other` that are missing here.
    pub fn lacks(self, other: Self) -> u16 {
        other.0 & !self.0
    }
}

/// An address that a device will use as long as it is enrolled. It can never change, and is compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

/// Why an address is none for MDM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not HTTPS.
    #[error("an MDM address begins with https://")]
    NotHttps,
    /// No host in it.
    #[error("there is no host in it")]
    NoHost,
    /// A query, a fragment or a user. A query that changes at renewal loses the device.
    #[error("it has a query, a fragment or a user name, and would have to keep it for ever")]
    NotPlain,
    /// White space or something that is no ASCII.
    #[error("it has characters that no address has")]
    Characters,
}

impl ServerUrl {
    /// An `https` address with neither query nor fragment nor user.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix("https://").ok_or(AddressError::NotHttps)?;
        match rest {
            _ if !rest.bytes().all(|byte| byte.is_ascii_graphic()) => Err(AddressError::Characters),
            _ if rest.is_empty() || rest.starts_with(['/', ':']) => Err(AddressError::NoHost),
            _ if rest.contains(['?', '#', '@']) => Err(AddressError::NotPlain),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The server that manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MdmServer {
    /// Where commands are fetched.
    pub server_url: ServerUrl,
    /// Where a device checks in; `None`: at the same address.
    pub check_in_url: Option<ServerUrl>,
    /// Topic of the push certificate, without `com.apple.mgmt.` or with it. A later certificate must keep it.
    pub topic: String,
    /// Whether each message carries a signature in `Mdm-Signature`; needed where TLS ends before the server.
    pub sign_messages: bool,
    /// What it may do; User Enrollment does not ask.
    pub rights: AccessRights,
    /// What the server can do beyond the common.
    pub capabilities: Vec<ServerCapability>,
    /// The organisation, as people know it.
    pub organisation: String,
    /// Beginning of all PayloadIdentifiers, as in [`super::Hub`].
    pub identifier_prefix: String,
    /// Authorities that the device shall trust.
    pub roots: Vec<RootCertificate>,
}

/// How a device enrols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MdmEnrolment {
    /// The person installs the profile: device enrolment.
    Profile,
    /// The person signs in with a Managed Apple Account in Settings, and the organisation manages the device.
    AccountDrivenDevice {
        /// That account.
        managed_apple_account: String,
    },
    /// The same on a personal device: User Enrollment.
    AccountDrivenUser {
        /// That account.
        managed_apple_account: String,
    },
}

/// The enrolment profile for one device, with the identity that is made for it.
pub fn mdm_enrolment(server: &MdmServer, identity: &ClientIdentity, enrolment: &MdmEnrolment) -> Profile {
    let names = Names {
        identifier: format!("{}.mdm", server.identifier_prefix),
        owner: vec![server.server_url.as_str().to_owned()],
        organisation: server.organisation.clone(),
    };
    let mut payloads: Vec<_> = (0..).zip(&server.roots).map(|(place, root)| root.payload(&names, place)).collect();
    payloads.push(identity.payload(&names));
    payloads.push(mdm_payload(server, &names, enrolment));
    let title = format!("{} device management", server.organisation);
    let description = format!("Enrols this device with {}.", server.organisation);
    Profile::assemble(&names, &title, &description, payloads)
}

fn mdm_payload(server: &MdmServer, names: &Names, enrolment: &MdmEnrolment) -> Payload {
    let topic = server.topic.strip_prefix(TOPIC_PREFIX).unwrap_or(&server.topic);
    let mut payload = Payload::new(names, "com.apple.mdm", "mdm", "Device management")
        .text("ServerURL", server.server_url.as_str())
        .maybe_text("CheckInURL", server.check_in_url.as_ref().map(ServerUrl::as_str))
        .text("Topic", &format!("{TOPIC_PREFIX}{topic}"))
        .text("IdentityCertificateUUID", &ClientIdentity::uuid(names).to_string())
        .flag("SignMessage", server.sign_messages)
        .flag("CheckOutWhenRemoved", true);
    if !server.capabilities.is_empty() {
        let names = server.capabilities.iter().map(|capability| capability.name().into()).collect();
        payload = payload.value("ServerCapabilities", Value::Array(names));
    }
    let rights = u32::from(server.rights.mask());
    match enrolment {
        MdmEnrolment::Profile => payload.number("AccessRights", rights),
        MdmEnrolment::AccountDrivenDevice { managed_apple_account } => payload
            .number("AccessRights", rights)
            .text("EnrollmentMode", "ADDE")
            .text("AssignedManagedAppleID", managed_apple_account),
        MdmEnrolment::AccountDrivenUser { managed_apple_account } => {
            payload.text("EnrollmentMode", "BYOD").text("AssignedManagedAppleID", managed_apple_account)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rights_of_a_rollout_are_7443_and_neither_lock_nor_erase() {
        assert_eq!(AccessRights::ROLLOUT.mask(), 7443);
        assert_eq!(AccessRights::ROLLOUT.mask() & (4 | 8), 0);
        assert_eq!(AccessRights::new(7443), Ok(AccessRights::ROLLOUT));
    }

    #[test]
    fn a_mask_that_apple_calls_wrong_is_no_mask() {
        assert_eq!(AccessRights::new(0), Err(RightsError::None));
        assert_eq!(AccessRights::new(2), Err(RightsError::InstallWithoutLook(2, 1)));
        assert_eq!(AccessRights::new(1 | 128), Err(RightsError::InstallWithoutLook(128, 64)));
        assert_eq!(AccessRights::new(8192), Err(RightsError::Unknown));
    }

    #[test]
    fn an_address_that_could_not_be_kept_for_ever_is_none() {
        assert!(ServerUrl::parse("https://mdm.example.org:8443/connect").is_ok());
        for (text, error) in [
            ("http://mdm.example.org/", AddressError::NotHttps),
            ("https:///connect", AddressError::NoHost),
            ("https://mdm.example.org/?key=1", AddressError::NotPlain),
            ("https://me@mdm.example.org/", AddressError::NotPlain),
            ("https://mdm.example.org/ä", AddressError::Characters),
        ] {
            assert_eq!(ServerUrl::parse(text), Err(error), "{text}");
        }
    }
}
