//! A configuration profile as the device reads it.

use std::collections::BTreeSet;

use super::cms;
use super::fault::Fault;
use super::plist::{self, Dictionary, Value};

/// A profile that could be read; nothing is installed yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Top-level PayloadIdentifier: the profile is the same one as whatever is installed under it.
    pub identifier: String,
    /// Top-level PayloadUUID.
    pub uuid: String,
    /// PayloadDisplayName, or the identifier.
    pub name: String,
    /// PayloadRemovalDisallowed, which counts on supervised devices.
    pub removal_disallowed: bool,
    /// The payloads in the profile's order.
    pub payloads: Vec<Payload>,
    /// Who signed it.
    pub signature: Signature,
}

/// Whether a profile was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Not at all; it installs, and Settings says so.
    Unsigned,
    /// By the holder of this certificate (DER), which verifies.
    By(Vec<u8>),
}

/// One payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// PayloadType.
    pub kind: String,
    /// PayloadIdentifier.
    pub identifier: String,
    /// PayloadUUID.
    pub uuid: String,
    /// Everything, the common keys included.
    pub content: Dictionary,
}

impl Payload {
    /// Whether this is the other payload's next version: updated in place instead of removed and added.
    pub fn continues(&self, other: &Payload) -> bool {
        self.kind == other.kind && self.identifier == other.identifier && self.uuid == other.uuid
    }

    /// Certificates first, then identities, then what may use them, the MDM payload last.
    pub(super) fn rank(&self) -> u8 {
        match self.kind.as_str() {
            "com.apple.security.root" | "com.apple.security.pkcs1" | "com.apple.security.pem" => 0,
            "com.apple.security.scep" | "com.apple.security.pkcs12" | "com.apple.security.acme" => 1,
            "com.apple.mdm" => 3,
            _ => 2,
        }
    }
}

impl Profile {
    /// Reads a profile, signed or not.
    pub fn open(bytes: &[u8]) -> Result<Self, Fault> {
        // DER begins with a SEQUENCE, XML with `<` or white space.
        if bytes.first() == Some(&0x30) {
            let opened = cms::open(bytes).map_err(|error| Fault::BadSignature(error.to_string()))?;
            return Self::read(&opened.content, Signature::By(opened.signer));
        }
        Self::read(bytes, Signature::Unsigned)
    }

    fn read(bytes: &[u8], signature: Signature) -> Result<Self, Fault> {
        let malformed = |reason: String| Fault::ProfileMalformed(reason);
        let value = plist::read(bytes).map_err(|error| malformed(error.to_string()))?;
        let top = value.as_dictionary().ok_or_else(|| malformed("no dictionary".to_owned()))?;
        if top.text("PayloadType") != Some("Configuration") {
            return Err(malformed("PayloadType is not Configuration".to_owned()));
        }
        match top.integer("PayloadVersion") {
            Some(1) => {}
            Some(version) => return Err(Fault::ProfileVersion(version)),
            None => return Err(Fault::FieldMissing("PayloadVersion")),
        }
        let identifier = required(top, "PayloadIdentifier")?;
        let items = top.array("PayloadContent").ok_or(Fault::FieldMissing("PayloadContent"))?;
        let payloads: Vec<Payload> = items.iter().map(payload).collect::<Result<_, _>>()?;
        if payloads.is_empty() {
            return Err(Fault::ProfileEmpty);
        }
        let uuid = required(top, "PayloadUUID")?;
        let mut uuids = BTreeSet::from([uuid.to_ascii_uppercase()]);
        let mut identifiers = BTreeSet::new();
        for payload in &payloads {
            if !uuids.insert(payload.uuid.to_ascii_uppercase()) {
                return Err(Fault::UuidTwice(payload.uuid.clone()));
            }
            if !identifiers.insert(payload.identifier.clone()) {
                return Err(Fault::IdentifierTwice(payload.identifier.clone()));
            }
        }
        Ok(Self {
            name: top.text("PayloadDisplayName").unwrap_or(&identifier).to_owned(),
            identifier,
            uuid,
            removal_disallowed: top.boolean("PayloadRemovalDisallowed") == Some(true),
            payloads,
            signature,
        })
    }

    /// The payloads in the order of installation.
    pub fn in_order(&self) -> Vec<&Payload> {
        let mut ordered: Vec<&Payload> = self.payloads.iter().collect();
        ordered.sort_by_key(|payload| payload.rank());
        ordered
    }

    /// The payloads of one type.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Payload> {
        self.payloads.iter().filter(move |payload| payload.kind == kind)
    }
}

fn required(inside: &Dictionary, key: &'static str) -> Result<String, Fault> {
    inside.text(key).filter(|text| !text.is_empty()).map(str::to_owned).ok_or(Fault::FieldMissing(key))
}

fn payload(value: &Value) -> Result<Payload, Fault> {
    let content =
        value.as_dictionary().ok_or_else(|| Fault::ProfileMalformed("a payload is no dictionary".to_owned()))?;
    if content.integer("PayloadVersion").is_none() {
        return Err(Fault::FieldMissing("PayloadVersion"));
    }
    Ok(Payload {
        kind: required(content, "PayloadType")?,
        identifier: required(content, "PayloadIdentifier")?,
        uuid: required(content, "PayloadUUID")?,
        content: content.clone(),
    })
}
