//! Takes a profile out of its signature (CMS SignedData, RFC 5652 5) and reads who the signer says they are. In BER:
//! Apple's tools write indefinite lengths and contents in pieces. Nothing is verified here.

use std::fmt;

use serde::Serialize;
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
};

use super::finding::{Findings, Rule};
use crate::{
    document::shown,
    limits::{DEPTH_MAX, FILE_BYTES_MAX, SIGNERS_MAX},
};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const OCTET_STRING_IN_PIECES: u8 = 0x24;
const CONTEXT_0: u8 = 0xa0;
const HIGH_TAG_NUMBER: u8 = 0x1f;
const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// 1.2.840.113549.1.7.2 and .3, as they are encoded.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";

/// Who signed a file, as the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// Subject of the signer's certificate (RFC 4514); `None`: the certificate is not in the file.
    pub subject: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// The certificate vouches for itself.
    pub self_signed: bool,
    /// How many signed.
    pub signers: usize,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.subject, &self.issuer) {
            (Some(subject), _) if self.self_signed => write!(f, "{subject}, by its own word"),
            (Some(subject), Some(issuer)) => write!(f, "{subject}, issued by {issuer}"),
            _ => f.write_str("somebody whose certificate is not in the file"),
        }
    }
}

/// What a file is on the outside.
pub(super) enum Opened {
    /// Nothing of ASN.1.
    Plain,
    /// A signature with something in it. `None`: nobody signed.
    Signed { content: Vec<u8>, signer: Option<Signer> },
    /// Encrypted for somebody.
    Encrypted,
    /// ASN.1, but not a signature with something in it.
    Broken(&'static str),
}

pub(super) fn open(bytes: &[u8]) -> Opened {
    if bytes.first() != Some(&SEQUENCE) {
        return Opened::Plain;
    }
    let Some((outer, _)) = Element::read(bytes, DEPTH_MAX) else { return Opened::Broken("it ends in the middle") };
    let [kind, explicit] = outer.children().take(2).collect::<Vec<_>>()[..] else {
        return Opened::Broken("it is no CMS message");
    };
    match (kind.tag, kind.contents) {
        (OBJECT_IDENTIFIER, SIGNED_DATA) => {
            signed(explicit).unwrap_or(Opened::Broken("there is no profile in the signature"))
        }
        (OBJECT_IDENTIFIER, ENVELOPED_DATA) => Opened::Encrypted,
        _ => Opened::Broken("it is no CMS message"),
    }
}

/// What a reader should know about the signer.
pub(super) fn judge(signer: Option<&Signer>, findings: &mut Findings) {
    const FIX: &str = "Sign with a certificate that the devices trust, and put its chain into the signature.";
    match signer {
        Some(signer @ Signer { subject: Some(_), self_signed: false, .. }) => {
            let text =
                format!("Signed by {signer}. Whether the signature holds and devices trust it is not looked at here.");
            findings.add(Rule::Unverified, "", text, "Verify it with openssl cms -verify, or on a device.");
        }
        Some(signer @ Signer { subject: Some(_), .. }) => {
            let text = format!("Signed by {signer}: devices show the profile as not verified.");
            findings.add(Rule::Stranger, "", text, FIX);
        }
        _ => {
            let text = "The signer's certificate is not in the file, so nobody can tell who signed: devices show the profile as not verified.";
            findings.add(Rule::Stranger, "", text, FIX);
        }
    }
}

/// `SignedData { version, digestAlgorithms, encapContentInfo { type, [0] content }, [0] certificates?, .., signerInfos }`
fn signed(explicit: Element<'_>) -> Option<Opened> {
    let signed_data = explicit.children().next().filter(|_| explicit.tag == CONTEXT_0)?;
    let mut members = signed_data.children().skip(2);
    let content = members.next()?.children().nth(1).filter(|element| element.tag == CONTEXT_0)?;
    let mut profile = Vec::new();
    content.children().next()?.append_octets(&mut profile, DEPTH_MAX)?;

    let mut certificates = Vec::new();
    let mut infos = Vec::new();
    for member in members {
        match member.tag {
            CONTEXT_0 => {
                certificates =
                    member.children().filter_map(|element| Certificate::from_der(element.whole).ok()).collect();
            }
            SET => infos = member.children().take(SIGNERS_MAX).collect(),
            _ => (),
        }
    }
    let signer = infos.first().map(|info| {
        let certificate = certificates.iter().find(|certificate| signs(info, certificate));
        let name = |certificate: &Certificate| shown(&certificate.tbs_certificate.subject.to_string());
        Signer {
            subject: certificate.map(name),
            issuer: certificate.map(|certificate| shown(&certificate.tbs_certificate.issuer.to_string())),
            self_signed: certificate
                .is_some_and(|certificate| certificate.tbs_certificate.issuer == certificate.tbs_certificate.subject),
            signers: infos.len(),
        }
    });
    Some(Opened::Signed { content: profile, signer })
}

/// Whether a SignerInfo names this certificate, by issuer and serial number or by key identifier.
fn signs(info: &Element<'_>, certificate: &Certificate) -> bool {
    let Some(name) = info.children().nth(1) else { return false };
    let certificate = &certificate.tbs_certificate;
    if name.tag == SEQUENCE {
        let mut parts = name.children();
        let issuer = certificate.issuer.to_der().ok();
        return parts.next().is_some_and(|part| issuer.as_deref() == Some(part.whole))
            && parts.next().is_some_and(|part| part.contents == certificate.serial_number.as_bytes());
    }
    let identifier = certificate.get::<x509_cert::ext::pkix::SubjectKeyIdentifier>();
    identifier.is_ok_and(|found| found.is_some_and(|(_, identifier)| identifier.0.as_bytes() == name.contents))
}

/// An element of BER.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    /// With its head.
    whole: &'a [u8],
    /// Without, and without the end mark of an indefinite length.
    contents: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first element and what follows it; `None` when it is cut off or nested too deeply.
    fn read(bytes: &'a [u8], depth: usize) -> Option<(Self, &'a [u8])> {
        let depth = depth.checked_sub(1)?;
        let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
        if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER {
            return None;
        }
        let (contents, rest) = match first {
            0..0x80 => rest.split_at_checked(usize::from(first))?,
            0x80 if tag & CONSTRUCTED != 0 => {
                let mut left = rest;
                while !left.starts_with(&END_OF_CONTENTS) {
                    (_, left) = Self::read(left, depth)?;
                }
                let contents = rest.get(..rest.len() - left.len())?;
                (contents, left.get(END_OF_CONTENTS.len()..)?)
            }
            0x80 => return None,
            _ => {
                let (length, rest) =
                    rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
                rest.split_at_checked(length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))?
            }
        };
        let whole = bytes.get(..bytes.len() - rest.len())?;
        Some((Self { tag, whole, contents }, rest))
    }

    /// What is in it, as far as it can be read.
    fn children(self) -> impl Iterator<Item = Element<'a>> {
        let mut rest = if self.tag & CONSTRUCTED == 0 { &[][..] } else { self.contents };
        std::iter::from_fn(move || {
            let (element, after) = Element::read(rest, DEPTH_MAX)?;
            rest = after;
            Some(element)
        })
    }

    /// The bytes of an octet string, whole or in pieces.
    fn append_octets(self, to: &mut Vec<u8>, depth: usize) -> Option<()> {
        match self.tag {
            OCTET_STRING if to.len() + self.contents.len() <= FILE_BYTES_MAX => to.extend_from_slice(self.contents),
            OCTET_STRING_IN_PIECES => {
                let depth = depth.checked_sub(1)?;
                let mut rest = self.contents;
                while !rest.is_empty() {
                    let (piece, after) = Element::read(rest, DEPTH_MAX)?;
                    piece.append_octets(to, depth)?;
                    rest = after;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
