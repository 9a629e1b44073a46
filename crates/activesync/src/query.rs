//! The query string of a request, in both its forms (MS-ASHTTP 2.2.1.1.1).

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose};
use contact::eas::Version;

use crate::{
    command::Command,
    device::{self, DeviceId},
    limits::QUERY_BYTES_MAX,
    version,
};

/// What a query string says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What is asked for.
    pub command: Command,
    /// `User` of the plain form. A hint only: who asks is a matter of credentials.
    pub user: Option<String>,
    /// The device.
    pub device: DeviceId,
    /// `iPhone`, `Android` ...; never empty.
    pub device_type: String,
    /// The version, in the base64 form; the plain form has a header for it.
    pub version: Option<Version>,
    /// The policy key, in the base64 form; the plain form has a header for it.
    pub policy_key: Option<u32>,
}

/// Why a query string cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is none: a request without query is a probe, not a command.
    #[error("no query string")]
    Missing,
    /// Longer than [`QUERY_BYTES_MAX`].
    #[error("a query string of {0} bytes")]
    TooLong(usize),
    /// The plain form without `Cmd`.
    #[error("no command")]
    NoCommand,
    /// A command that the protocol does not have.
    #[error("unknown command {0:?}")]
    UnknownCommand(String),
    /// No device id, or one that is none.
    #[error("no usable DeviceId")]
    NoDeviceId,
    /// No device type.
    #[error("no DeviceType")]
    NoDeviceType,
    /// A base64 query string that ends too early.
    #[error("the base64 query string ends too early")]
    Truncated,
    /// A base64 query string with a version this server does not speak.
    #[error("unknown protocol version byte {0}")]
    UnknownVersion(u8),
}

impl Query {
    /// Reads a query string. The forms cannot be confused: a plain one has `Cmd=`.
    pub fn parse(text: Option<&str>) -> Result<Self, QueryError> {
        let text = text.unwrap_or_default();
        if text.is_empty() {
            return Err(QueryError::Missing);
        }
        if text.len() > QUERY_BYTES_MAX {
            return Err(QueryError::TooLong(text.len()));
        }
        if let Some(plain) = Plain::of(text) {
            return plain.read();
        }
        decode_base64(text).map_or(Err(QueryError::NoCommand), |bytes| parse_bytes(&bytes))
    }
}

/// The parameters of a plain query; of one that comes twice, the first counts.
struct Plain<'a> {
    command: Cow<'a, str>,
    user: Option<Cow<'a, str>>,
    device: Option<Cow<'a, str>>,
    device_type: Option<Cow<'a, str>>,
}

impl<'a> Plain<'a> {
    /// `None` when there is no `Cmd`.
    fn of(text: &'a str) -> Option<Self> {
        let (mut command, mut user, mut device, mut device_type) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let known = [
                ("Cmd", &mut command),
                ("User", &mut user),
                ("DeviceId", &mut device),
                ("DeviceType", &mut device_type),
            ];
            for (wanted, place) in known {
                if name.eq_ignore_ascii_case(wanted) {
                    place.get_or_insert(value);
                    break;
                }
            }
        }
        Some(Self { command: command?, user, device, device_type })
    }

    fn read(self) -> Result<Query, QueryError> {
        let unknown = || QueryError::UnknownCommand(self.command.clone().into_owned());
        let command = Command::named(&self.command).ok_or_else(unknown)?;
        let device = self.device.and_then(|id| DeviceId::from_text(&id)).ok_or(QueryError::NoDeviceId)?;
        let device_type = device::device_type(&self.device_type.unwrap_or_default());
        if device_type.is_empty() {
            return Err(QueryError::NoDeviceType);
        }
        let user = self.user.map(Cow::into_owned);
        Ok(Query { command, user, device, device_type, version: None, policy_key: None })
    }
}

/// Clients differ in padding and in escaping it.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let unescaped = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    let unpadded = unescaped.trim_end_matches('=');
    general_purpose::STANDARD_NO_PAD
        .decode(unpadded)
        .or_else(|_| general_purpose::URL_SAFE_NO_PAD.decode(unpadded))
        .ok()
}

/// Version, command, locale (2 bytes), device id, policy key (little endian), device type, parameters; the last are
/// of mail.
fn parse_bytes(bytes: &[u8]) -> Result<Query, QueryError> {
    let mut rest = bytes;
    let version_byte = take(&mut rest, 1)?.first().copied().unwrap_or_default();
    let code = take(&mut rest, 1)?.first().copied().unwrap_or_default();
    take(&mut rest, 2)?;
    let device = take_counted(&mut rest)?;
    let policy_key = match take_counted(&mut rest)? {
        [] => None,
        key => Some(u32::from_le_bytes(key.try_into().map_err(|_| QueryError::Truncated)?)),
    };
    let device_type = device::device_type(&String::from_utf8_lossy(take_counted(&mut rest)?));
    let version = version::coded(version_byte).ok_or(QueryError::UnknownVersion(version_byte))?;
    let command = Command::coded(code).ok_or_else(|| QueryError::UnknownCommand(code.to_string()))?;
    if device_type.is_empty() {
        return Err(QueryError::NoDeviceType);
    }
    let device = DeviceId::from_bytes(device).ok_or(QueryError::NoDeviceId)?;
    Ok(Query { command, user: None, device, device_type, version: Some(version), policy_key })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], QueryError> {
    let (taken, left) = rest.split_at_checked(length).ok_or(QueryError::Truncated)?;
    *rest = left;
    Ok(taken)
}

fn take_counted<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], QueryError> {
    let length = take(rest, 1)?.first().copied().unwrap_or_default();
    take(rest, usize::from(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(version: u8, command: u8) -> Vec<u8> {
        let mut bytes = vec![version, command, 0x07, 0x04, 4, 0xDE, 0xAD, 0xBE, 0xEF, 4, 0x78, 0x56, 0x34, 0x12];
        bytes.push(7);
        bytes.extend_from_slice(b"Android");
        bytes
    }

    fn encode(bytes: &[u8]) -> String {
        general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn the_plain_form_as_ios_writes_it() {
        let query =
            Query::parse(Some("User=anna%40example.org&DeviceId=7Q2M5T9KD14V9B3R&DeviceType=iPhone&Cmd=Sync")).unwrap();
        assert_eq!(query.command, Command::Sync);
        assert_eq!(query.user.as_deref(), Some("anna@example.org"));
        assert_eq!((query.device.as_str(), query.device_type.as_str()), ("7Q2M5T9KD14V9B3R", "iPhone"));
    }

    #[test]
    fn the_base64_form_with_and_without_padding_and_escapes() {
        let text = encode(&bytes(161, 18));
        for spelling in [text.clone(), text.trim_end_matches('=').to_owned(), text.replace('=', "%3D")] {
            let query = Query::parse(Some(&spelling)).unwrap();
            assert_eq!(query.command, Command::Ping);
            assert_eq!((query.version, query.policy_key), (Some(Version::V16_1), Some(0x1234_5678)));
            assert_eq!((query.device.as_str(), query.device_type.as_str()), ("DEADBEEF", "Android"));
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let error = |text: &str| Query::parse(Some(text)).unwrap_err();
        assert_eq!(Query::parse(None), Err(QueryError::Missing));
        assert_eq!(error("User=a"), QueryError::NoCommand);
        assert_eq!(error("Cmd=Fly&DeviceId=1&DeviceType=x"), QueryError::UnknownCommand("Fly".into()));
        assert_eq!(error("Cmd=Sync&DeviceType=x"), QueryError::NoDeviceId);
        assert_eq!(error("Cmd=Sync&DeviceId=1"), QueryError::NoDeviceType);
        assert_eq!(error(&encode(&bytes(25, 0))), QueryError::UnknownVersion(25));
        assert_eq!(error(&encode(&bytes(161, 99))), QueryError::UnknownCommand("99".into()));
        assert_eq!(error(&"x".repeat(QUERY_BYTES_MAX + 1)), QueryError::TooLong(QUERY_BYTES_MAX + 1));
    }

    #[test]
    fn a_base64_query_cut_anywhere_is_refused() {
        let whole = bytes(161, 18);
        for length in 1..whole.len() {
            assert!(Query::parse(Some(&encode(&whole[..length]))).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(text in "\\PC*", raw in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Query::parse(Some(&text));
            let _ = Query::parse(Some(&encode(&raw)));
        }
    }
}
