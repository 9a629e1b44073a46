//! The configuration profile inside a custom configuration: its Exchange accounts, restrictions and sign-in extension.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use fleet::{document::Node, lint::property_list};

use crate::{
    export::email_profile::{EasAccount, Service},
    limits::PAYLOAD_BYTES_MAX,
};

/// Microsoft's Enterprise SSO plug-in, a part of Authenticator.
pub(crate) const SSO_EXTENSION: &str = "com.microsoft.azureauthenticator.ssoextension";

/// What of a profile concerns contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileContent {
    /// `com.apple.eas.account` payloads.
    pub accounts: Vec<EasAccount>,
    /// `com.apple.applicationaccess`: the keys of the contacts boundary, where they are set.
    pub restrictions: RestrictionKeys,
    /// A `com.apple.extensiblesso` payload of Microsoft's plug-in.
    pub sso_extension: bool,
}

/// Keys of Apple's restrictions payload, where they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestrictionKeys {
    /// `allowOpenFromManagedToUnmanaged`; false is the master switch.
    pub managed_to_unmanaged: Option<bool>,
    /// `allowUnmanagedToReadManagedContacts`.
    pub unmanaged_read: Option<bool>,
    /// `allowManagedToWriteUnmanagedContacts`.
    pub managed_write: Option<bool>,
}

/// Why a payload was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadProblem {
    /// A list of Intune leaves it out; only the object by itself has it.
    #[error("the export does not have its payload")]
    Absent,
    /// Longer than [`PAYLOAD_BYTES_MAX`].
    #[error("its payload has more than {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
    /// No property list, signed or not.
    #[error("its payload is no property list")]
    NoProfile,
}

/// Reads what `payload` of an `iosCustomConfiguration` holds: base64, or the profile itself as text.
pub(crate) fn read(payload: Option<&str>) -> Result<ProfileContent, PayloadProblem> {
    let payload = payload.ok_or(PayloadProblem::Absent)?;
    if payload.len() / 4 * 3 > PAYLOAD_BYTES_MAX {
        return Err(PayloadProblem::TooLong);
    }
    let compact: String = payload.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(compact).unwrap_or_else(|_| payload.as_bytes().to_vec());
    let root = property_list(&bytes).filter(|root| !root.members().is_empty()).ok_or(PayloadProblem::NoProfile)?;
    Ok(content(&root))
}

fn content(root: &Node) -> ProfileContent {
    let mut content = ProfileContent::default();
    let payloads = root.get("PayloadContent").map(Node::items).unwrap_or_default();
    let itself = root.get("PayloadType").and_then(Node::text).filter(|kind| *kind != "Configuration");
    for payload in payloads.iter().chain(itself.map(|_| root)) {
        match payload.get("PayloadType").and_then(Node::text).unwrap_or_default() {
            "com.apple.eas.account" => content.accounts.push(account(payload)),
            "com.apple.applicationaccess" => {
                let key = |name| payload.get(name).and_then(Node::boolean);
                let keys = &mut content.restrictions;
                keys.managed_to_unmanaged = key("allowOpenFromManagedToUnmanaged").or(keys.managed_to_unmanaged);
                keys.unmanaged_read = key("allowUnmanagedToReadManagedContacts").or(keys.unmanaged_read);
                keys.managed_write = key("allowManagedToWriteUnmanagedContacts").or(keys.managed_write);
            }
            "com.apple.extensiblesso" => {
                let extension = payload.get("ExtensionIdentifier").and_then(Node::text).unwrap_or_default();
                content.sso_extension |= extension.eq_ignore_ascii_case(SSO_EXTENSION);
            }
            _ => {}
        }
    }
    content
}

fn account(payload: &Node) -> EasAccount {
    let flag = |name: &str, default| payload.get(name).and_then(Node::boolean).unwrap_or(default);
    let text = |name: &str| payload.get(name).and_then(Node::text).map(str::to_owned);
    let pick = |suffix: &str| -> BTreeSet<Service> {
        let on = |service: &Service| flag(&format!("Enable{}{suffix}", service.apple_name()), true);
        Service::ALL.into_iter().filter(on).collect()
    };
    EasAccount {
        host: text("Host"),
        services: pick(""),
        user_may_change: pick("UserOverridable"),
        oauth: flag("OAuth", false),
        certificate: ["PayloadCertificateUUID", "Certificate"].iter().any(|key| payload.get(key).is_some()),
        ssl: flag("SSL", false),
        sign_in_url: text("OAuthSignInURL"),
    }
}
