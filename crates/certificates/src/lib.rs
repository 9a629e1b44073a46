//! Client certificates: the issuing authority, SCEP, revocation lists, OCSP, and whose a certificate is.
