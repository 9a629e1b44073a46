//! Who a request is from: the client certificate of its connection, or the signature in its `Mdm-Signature`.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use certificates::{Certificates, NotSigned, Unreadable};
use http::{HeaderMap, HeaderName};
use identity::ClientCertificate;

use crate::{error::Refusal, limits};

/// Base64 of SignedData over exactly the bytes of the body, without them.
pub(crate) const MDM_SIGNATURE: HeaderName = HeaderName::from_static("mdm-signature");

/// The certificate that the device has the key of. `connection` is that of TLS, which the listener has checked; the body
/// is not looked into before its signature is known to be right.
pub(crate) async fn identify(
    certificates: &Certificates,
    connection: Option<&Arc<ClientCertificate>>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<ClientCertificate, Refusal> {
    // One of another authority that people may sign in with says nothing of devices.
    if let Some(certificate) = connection.filter(|certificate| certificate.ours) {
        return Ok(ClientCertificate::clone(certificate));
    }
    let mut signatures = headers.get_all(MDM_SIGNATURE).iter();
    let (Some(signature), None) = (signatures.next(), signatures.next()) else { return Err(Refusal::NoCertificate) };
    let unreadable = || Refusal::NotSigned(NotSigned::Unreadable(Unreadable::NotSigned("Mdm-Signature")));
    if signature.len() > limits::SIGNATURE_CHARS_MAX {
        return Err(unreadable());
    }
    let signature = STANDARD.decode(signature.as_bytes()).map_err(|_| unreadable())?;
    Ok(certificates.signer(body, &signature).await??)
}
