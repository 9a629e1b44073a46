//! The server's certificate: given by the administrator, or made on the first start.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use jiff::{Span, Timestamp, Zoned, tz::TimeZone};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use crate::{configuration::Configuration, data_folder::DataFolder, limits::CERTIFICATE_DAYS};

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// Made by this program, which may make it anew.
    pub own: bool,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or is not PEM.
    #[error("{file} cannot be read as PEM: {reason}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file without certificate.
    #[error("{file} holds no certificate", file = .0.display())]
    Empty(PathBuf),
    /// Certificate and key are not a pair, or of a kind that TLS here does not have.
    #[error("{certificate} and {key} cannot be used together: {reason}", certificate = certificate.display(), key = key.display())]
    NotAPair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        reason: rustls::Error,
    },
}

impl Files {
    /// The files that the settings name, or those of the data folder.
    pub fn of(configuration: &Configuration, folder: &DataFolder) -> Self {
        match (&configuration.tls.certificate, &configuration.tls.key) {
            (Some(certificate), Some(key)) => {
                Self { certificate: folder.path().join(certificate), key: folder.path().join(key), own: false }
            }
            _ => Self { certificate: folder.certificate(), key: folder.certificate_key(), own: true },
        }
    }

    /// Reads both and checks that they belong together.
    pub fn load(&self) -> Result<Arc<CertifiedKey>, CertificateError> {
        let chain = self.chain()?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| unreadable(&self.key, &error))?;
        let pair = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider());
        pair.map(Arc::new).map_err(|reason| CertificateError::NotAPair {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason,
        })
    }

    /// When the certificate ends.
    pub fn not_after(&self) -> Result<Option<Timestamp>, CertificateError> {
        Ok(self.chain()?.first().and_then(|certificate| not_after(certificate)))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| unreadable(&self.certificate, &error))?;
        if chain.is_empty() { Err(CertificateError::Empty(self.certificate.clone())) } else { Ok(chain) }
    }

    /// Makes the data folder's own certificate when it has none, or when it has ended. `hosts` are the names and
    /// addresses clients will use.
    pub fn make_if_needed(&self, hosts: &[String], now: Timestamp) -> anyhow::Result<Made> {
        let there = self.certificate.exists() && self.key.exists();
        if !self.own || (there && self.not_after()?.is_none_or(|end| end > now)) {
            return Ok(Made::Nothing);
        }
        let (certificate, key) = self_signed(hosts, now).context("the certificate cannot be made")?;
        write_new(&self.key, &key, 0o600)?;
        write_new(&self.certificate, &certificate, 0o644)?;
        Ok(if there { Made::Again } else { Made::First })
    }
}

/// What [`Files::make_if_needed`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// The certificate that is there is good, or is not ours.
    Nothing,
    /// The first one.
    First,
    /// Another one, because the one before had ended.
    Again,
}

fn unreadable(file: &Path, reason: &dyn std::fmt::Display) -> CertificateError {
    CertificateError::Unreadable { file: file.to_owned(), reason: reason.to_string() }
}

/// Beside it first, then renamed, so that a crash leaves the old file or the new one.
fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Certificate and key, both PEM.
fn self_signed(hosts: &[String], now: Timestamp) -> anyhow::Result<(String, String)> {
    let mut parameters = CertificateParams::new(hosts.to_vec())?;
    let start = day(now, -1)?;
    let end = day(now, CERTIFICATE_DAYS)?;
    parameters.not_before = rcgen::date_time_ymd(start.0, start.1, start.2);
    parameters.not_after = rcgen::date_time_ymd(end.0, end.1, end.2);
    let mut name = DistinguishedName::new();
    let common = hosts.iter().find(|host| host.parse::<IpAddr>().is_err()).map_or("bothways", String::as_str);
    name.push(DnType::CommonName, common);
    parameters.distinguished_name = name;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    Ok((parameters.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn day(now: Timestamp, days: i64) -> anyhow::Result<(i32, u8, u8)> {
    let date = Zoned::new(now, TimeZone::UTC).checked_add(Span::new().try_days(days)?)?.date();
    Ok((i32::from(date.year()), u8::try_from(date.month())?, u8::try_from(date.day())?))
}

/// The end of a certificate's validity (RFC 5280 4.1.2.5); `None` when the bytes are no certificate.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (_, mut rest, _) = element(certificate)?;
    if let Some((VERSION, _, after)) = element(rest) {
        rest = after;
    }
    // serialNumber, signature, issuer
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (_, _, end) = element(validity)?;
    let (tag, text, _) = element(end)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// The first DER element: tag, content, what comes after.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = der.split_first_chunk::<2>()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// UTCTime (`YYMMDDHHMMSSZ`, years from 1950 on) or GeneralizedTime (`YYYYMMDDHHMMSSZ`).
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    const UTC_TIME: u8 = 0x17;
    let full = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        (UTC_TIME, 50..) => format!("19{text}"),
        (UTC_TIME, _) => format!("20{text}"),
        _ => text.to_owned(),
    };
    let parsed = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", &full).ok()?;
    parsed.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn files(folder: &Path) -> Files {
        Files { certificate: folder.join("c.pem"), key: folder.join("c.key"), own: true }
    }

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let now = Timestamp::now();
        assert_eq!(files.make_if_needed(&["localhost".into(), "127.0.0.1".into()], now).unwrap(), Made::First);
        let first = fs::read(&files.certificate).unwrap();
        assert_eq!(files.make_if_needed(&["localhost".into()], now).unwrap(), Made::Nothing);
        assert_eq!(fs::read(&files.certificate).unwrap(), first);
        assert_eq!(fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
        files.load().unwrap();
    }

    #[test]
    fn a_certificate_that_has_ended_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let now = Timestamp::now();
        files.make_if_needed(&["localhost".into()], now).unwrap();
        let end = files.not_after().unwrap().unwrap();
        let days = (end.as_second() - now.as_second()) / 86_400;
        assert!((CERTIFICATE_DAYS - 1..=CERTIFICATE_DAYS).contains(&days), "{days}");
        assert_eq!(files.make_if_needed(&["localhost".into()], end).unwrap(), Made::Again);
    }

    #[test]
    fn a_certificate_of_the_administrator_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files { own: false, ..files(folder.path()) };
        assert_eq!(files.make_if_needed(&["localhost".into()], Timestamp::now()).unwrap(), Made::Nothing);
        assert!(matches!(files.load(), Err(CertificateError::Unreadable { .. })));
    }

    #[test]
    fn a_key_of_another_certificate_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        files.make_if_needed(&["localhost".into()], Timestamp::now()).unwrap();
        fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(matches!(files.load(), Err(CertificateError::NotAPair { .. })));
    }

    #[test]
    fn both_forms_of_dates_in_certificates_are_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(moment(0x17, "261123093000Z"), Some(at("2026-11-23T09:30:00Z")));
        assert_eq!(moment(0x17, "991231235959Z"), Some(at("1999-12-31T23:59:59Z")));
        assert_eq!(moment(0x18, "20551123093000Z"), Some(at("2055-11-23T09:30:00Z")));
        assert_eq!(moment(0x17, "nonsense"), None);
        assert_eq!(not_after(b"\x30\x84\xff\xff\xff\xff"), None);
    }
}
