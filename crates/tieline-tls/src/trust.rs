//! Whom to trust.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::pin::Pin;

/// How a server's certificate is judged.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Trust {
    /// By the roots and rules of the operating system. Needs the feature `platform`.
    #[default]
    System,
    /// By these authorities instead of the system's. A certificate in this list is also accepted as the server's own,
    /// byte for byte and whatever its name, version or age: that is how self-signed certificates are usually given.
    Authorities(Vec<CertificateDer<'static>>),
    /// By these pins alone: name, issuer, version and age do not matter.
    Pins(Vec<Pin>),
    /// Not at all: anybody on the way can read and change everything.
    Insecure,
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The text is not PEM.
    #[error("not PEM: {0}")]
    Pem(rustls_pki_types::pem::Error),
    /// There is no certificate in it.
    #[error("no certificate in the PEM text; `-----BEGIN CERTIFICATE-----` is expected")]
    NoCertificate,
}

impl Trust {
    /// Trusts the certificates of a PEM text.
    ///
    /// # Errors
    /// When it is no PEM, or holds no certificate.
    pub fn ca_pem(pem: &[u8]) -> Result<Self, TrustError> {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(TrustError::Pem)?;
        if certificates.is_empty() { Err(TrustError::NoCertificate) } else { Ok(Self::Authorities(certificates)) }
    }

    /// What to say aloud on every connect under this trust.
    #[must_use]
    pub const fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Insecure => Some(
                "TLS certificates are not verified (--tls-insecure): anybody on the way can read and change everything; \
                 pin the server's certificate instead (--tls-pin)",
            ),
            _ => None,
        }
    }
}
