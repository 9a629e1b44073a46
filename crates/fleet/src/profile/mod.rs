//! Configuration profiles: typed builders, one file per payload, and the two profiles made from them: [`contacts`], the
//! account with what belongs to it, and [`mdm`], the enrolment.
//!
//! To add a payload: a file with a struct and its `payload`, in which every key is one of [`crate::schema`]; the tests
//! lint every profile that is built here against that table.

mod accounts;
mod certificates;
mod contacts;
mod exchange_account;
mod identity;
mod mdm;
pub(crate) mod payload;
mod restrictions;
mod web_clip;

use access::version::Version;
use plist::{Dictionary, Value};

pub use accounts::LdapDirectory;
pub use certificates::{ClientIdentity, Pkcs12, RootCertificate, Scep};
pub use contacts::{Account, Hub, Installation, Options, Person, SignIn, contacts, contacts_identifier};
pub use identity::Uuid;
pub use mdm::{
    AccessRights, AddressError, MdmEnrolment, MdmServer, RightsError, ServerCapability, ServerUrl, mdm_enrolment,
};

use self::payload::{Names, Payload, printable};
use crate::schema::{Key, PayloadType, schema};

/// A finished configuration profile, not signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    dictionary: Dictionary,
    identifier: String,
    uuid: Uuid,
    required_os: Option<Version>,
}

impl Profile {
    fn assemble(names: &Names, display_name: &str, description: &str, payloads: Vec<Payload>) -> Self {
        let mut dictionary = Dictionary::new();
        let texts = [
            ("PayloadType", "Configuration"),
            ("PayloadIdentifier", names.identifier.as_str()),
            ("PayloadDisplayName", display_name),
            ("PayloadDescription", description),
            ("PayloadOrganization", names.organisation.as_str()),
        ];
        for (key, value) in texts {
            dictionary.insert(key.to_owned(), printable(value).into());
        }
        dictionary.insert("PayloadVersion".to_owned(), 1.into());
        let payloads: Vec<Dictionary> = payloads.into_iter().map(Payload::into_dictionary).collect();
        let required_os = payloads.iter().filter_map(understood_from).max();
        dictionary
            .insert("PayloadContent".to_owned(), Value::Array(payloads.into_iter().map(Value::Dictionary).collect()));
        let uuid = Uuid::of(&[b"profile", &xml(&dictionary)]);
        dictionary.insert("PayloadUUID".to_owned(), uuid.to_string().into());
        Self { dictionary, identifier: names.identifier.clone(), uuid, required_os }
    }

    /// PayloadIdentifier. A profile with the same one replaces it on a device.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// PayloadUUID, made from all of the contents: a device that lists it has this profile and no older one.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The least iOS that understands every key in it. An older one leaves keys out of account without a word, so the
    /// profile must not be sent there: before iOS 13 the contacts account would be a full mail account.
    pub fn required_os(&self) -> Option<Version> {
        self.required_os
    }

    /// All of it.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// As an XML property list, the same bytes every time.
    pub fn to_plist(&self) -> Vec<u8> {
        xml(&self.dictionary)
    }
}

/// A dictionary of texts, numbers, truths and data as XML.
pub(crate) fn xml(dictionary: &Dictionary) -> Vec<u8> {
    let mut bytes = Vec::new();
    #[expect(clippy::expect_used, reason = "memory takes every byte, and there are no UIDs, which XML cannot carry")]
    plist::to_writer_xml(&mut bytes, dictionary).expect("a property list in memory");
    bytes
}

/// The least iOS that knows the payload and every key in it.
fn understood_from(payload: &Dictionary) -> Option<Version> {
    let payload_type = schema().profile(payload.get("PayloadType")?.as_string()?)?;
    let keys = payload.iter().filter_map(|(name, value)| key_from(payload_type, name, value));
    keys.chain(payload_type.support.since).max()
}

fn key_from(payload_type: &PayloadType, name: &str, value: &Value) -> Option<Version> {
    deepest(payload_type.key(name)?, value)
}

fn deepest(key: &Key, value: &Value) -> Option<Version> {
    let members = value.as_dictionary().into_iter().flatten();
    let inner = members.filter_map(|(name, value)| deepest(key.keys().iter().find(|key| key.name == *name)?, value));
    inner.chain(key.support.since).max()
}
