//! Documents signed for devices to trust: configuration profiles as CMS SignedData with the document in it (RFC 5652 5).
//!
//! The authority can sign; phones show its profiles as verified once it is among the authorities they trust. A company's
//! own certificate, with the chain to an authority that phones trust already, is verified everywhere.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair,
    },
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    spki::AlgorithmIdentifierOwned,
};

use crate::{
    authority::Authority,
    cms::{
        Digest,
        signed::{self, Signed, Unreadable},
    },
    error::{CertificateError, Result},
    key::{AuthorityKey, with_null},
    limits,
    oids::{ECDSA_WITH_SHA256, ECDSA_WITH_SHA384, SHA256_WITH_RSA},
    peer::{NotTrusted, Trust},
    service::Certificates,
};

/// A certificate with its key, to sign documents with.
pub struct DocumentSigner {
    key: Key,
    /// The signer's own first.
    chain: Vec<Certificate>,
}

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

impl std::fmt::Debug for DocumentSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = self.chain.first().map(|own| own.tbs_certificate.subject.to_string());
        f.debug_struct("DocumentSigner").field("subject", &subject).finish_non_exhaustive()
    }
}

impl DocumentSigner {
    /// Reads PEM: the signer's certificate, then those between it and its authority, and the key (PKCS#8, RSA of 2048
    /// bits or more, P-256 or P-384) anywhere among them or in `key`.
    ///
    /// # Errors
    /// [`CertificateError::UnusableSigner`] says what is missing or does not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self> {
        let unusable = |why: &str| CertificateError::UnusableSigner(why.to_owned());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|_| unusable("the certificates are not PEM"))?;
        if chain.is_empty() || chain.len() > limits::CHAIN_MAX {
            return Err(unusable("there is no certificate, or more than a chain has"));
        }
        let chain = chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| unusable("a certificate cannot be read"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unusable("the key is not PEM, or is encrypted"))?;
        let PrivateKeyDer::Pkcs8(key) = key else { return Err(unusable("the key is not PKCS#8")) };
        let key = Key::read(key.secret_pkcs8_der()).ok_or_else(|| unusable("the key is none of RSA, P-256, P-384"))?;
        let own = chain.first().map(|own| own.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes());
        if own != Some(key.public()) {
            return Err(unusable("the key is not that of the first certificate"));
        }
        Ok(Self { key, chain })
    }

    /// The document with its signature and the chain, DER.
    pub fn sign(&self, document: &[u8]) -> Result<Vec<u8>> {
        signed::sign_with(
            &self.chain,
            (self.key.digest(), self.key.algorithm()),
            |message| self.key.sign(message),
            Some(document.to_vec()),
            Vec::new(),
        )
    }
}

impl Key {
    fn read(pkcs8: &[u8]) -> Option<Self> {
        let p256 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).map(Self::P256).ok();
        let p384 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8).map(Self::P384).ok();
        RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rsa).ok().or_else(p256).or_else(p384)
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::P256(pair) | Self::P384(pair) => pair.public_key().as_ref(),
        }
    }

    fn digest(&self) -> Digest {
        match self {
            Self::Rsa(_) | Self::P256(_) => Digest::Sha256,
            Self::P384(_) => Digest::Sha384,
        }
    }

    /// ECDSA's have no parameters (RFC 5758 3.2).
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Rsa(_) => with_null(SHA256_WITH_RSA),
            Self::P256(_) => AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None },
            Self::P384(_) => AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA384, parameters: None },
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Self::P256(pair) | Self::P384(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
        }
    }
}

/// Why nobody of ours has signed some bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// There is no such signature, or it is another's or of other bytes.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The signer is nobody whom this installation's authority knows.
    #[error(transparent)]
    NotTrusted(#[from] NotTrusted),
}

impl Authority {
    /// Signs a document. DER: SignedData with the document in it. The same document gives the same bytes.
    pub fn sign_document(&self, document: &[u8]) -> Result<Vec<u8>> {
        signed::sign_with(
            std::slice::from_ref(self.certificate()),
            (Digest::Sha256, AuthorityKey::algorithm()),
            |message| self.sign(message),
            Some(document.to_vec()),
            Vec::new(),
        )
    }
}

impl Certificates {
    /// Signs a document with the authority, which is made when there is none. DER: SignedData with the document in it.
    /// The same document gives the same bytes.
    pub async fn sign_document(&self, document: &[u8]) -> Result<Vec<u8>> {
        self.authority().await?.sign_document(document)
    }

    /// Which client of this installation's authority has signed exactly these bytes; `signature` is SignedData without
    /// content. Whether the certificate was revoked since is not asked here.
    pub async fn signer(
        &self,
        document: &[u8],
        signature: &[u8],
    ) -> Result<Result<identity::ClientCertificate, NotSigned>> {
        let Some(authority) = self.known_authority().await? else { return Ok(Err(NotTrusted::NoChain.into())) };
        let Some(trust) = Trust::new(Some(&authority), &[])? else { return Ok(Err(NotTrusted::NoChain.into())) };
        let signed = match Signed::read_detached(signature, document) {
            Ok(signed) => signed,
            Err(unreadable) => return Ok(Err(unreadable.into())),
        };
        let seconds = u64::try_from(self.inner.clock.now().div_euclid(1_000_000)).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let chain = [CertificateDer::from(signed.signer.to_der()?)];
        Ok(trust.check(&chain, now).map_err(NotSigned::from))
    }
}
