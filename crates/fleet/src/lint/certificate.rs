//! Traps of certificate payloads.

use base64::{Engine, engine::general_purpose::STANDARD};
use x509_cert::{Certificate, der::Decode};

use super::{
    finding::{Findings, Rule},
    payloads::Entry,
};
use crate::document::Node;

pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    for entry in entries {
        match entry.kind {
            "com.apple.security.scep" => scep(entry, findings),
            "com.apple.security.root" | "com.apple.security.pkcs1" | "com.apple.security.pem" => {
                if let Some(Node::Data(bytes)) = entry.node.get("PayloadContent")
                    && !certificate(bytes)
                {
                    let text = "There is no certificate in here; the device rejects the profile.";
                    let fix = "Put the certificate in, as DER or PEM, without a key and without a chain.";
                    findings.add(Rule::CertificateUnreadable, &entry.at("PayloadContent"), text, fix);
                }
            }
            _ => (),
        }
    }
}

fn scep(entry: &Entry<'_>, findings: &mut Findings) {
    let Some(content) = entry.node.get("PayloadContent") else { return };
    let path = entry.at("PayloadContent");
    if content.get("Keysize").and_then(Node::integer).is_none_or(|bits| bits < 2048) {
        let text =
            "The key has 1024 bits, which it also has when nothing is said; authorities of today do not sign it.";
        findings.add(Rule::ScepKey, &format!("{path}.Keysize"), text, "Set Keysize to 2048.");
    }
    if content.get("CAFingerprint").is_none() {
        let text = "The device takes any authority's word: who stands in between gets the challenge and can issue in its place.";
        let fix = "Add CAFingerprint, the digest of the authority's certificate.";
        findings.add(Rule::ScepFingerprint, &format!("{path}.CAFingerprint"), text, fix);
    }
}

fn certificate(bytes: &[u8]) -> bool {
    if Certificate::from_der(bytes).is_ok() {
        return true;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Some((_, rest)) = text.split_once("-----BEGIN CERTIFICATE-----") else { return false };
    let Some((body, _)) = rest.split_once("-----END CERTIFICATE-----") else { return false };
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).is_ok_and(|der| Certificate::from_der(&der).is_ok())
}
