//! A certificate or key known by its hash.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use crate::facts::public_key_info;

/// The SHA-256 of a certificate (`sha256:` and 64 hexadecimal digits) or of its public key (`spki-sha256:`).
///
/// A pinned certificate must be pinned anew when it is renewed; a pinned key only when its key changes.
/// Parsing takes capitals and colons between the digits, as other programs print them, and base64 after
/// `spki-sha256:`; printing gives lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pin {
    /// The hash of the whole certificate, DER.
    Certificate([u8; 32]),
    /// The hash of the subject public key info, DER.
    PublicKey([u8; 32]),
}

impl Pin {
    /// The pin of a certificate.
    #[must_use]
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Self {
        Self::Certificate(Sha256::digest(certificate).into())
    }

    /// The pin of a certificate's public key; `None` when the certificate cannot be read.
    #[must_use]
    pub fn of_public_key(certificate: &CertificateDer<'_>) -> Option<Self> {
        Some(Self::PublicKey(Sha256::digest(public_key_info(certificate)?).into()))
    }

    /// Whether a certificate is the pinned one, or has the pinned key.
    #[must_use]
    pub fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        match self {
            Self::Certificate(_) => *self == Self::of_certificate(certificate),
            Self::PublicKey(_) => Some(*self) == Self::of_public_key(certificate),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, hash) = match self {
            Self::Certificate(hash) => ("sha256:", hash),
            Self::PublicKey(hash) => ("spki-sha256:", hash),
        };
        f.write_str(prefix)?;
        f.write_str(&HEXLOWER.encode(hash))
    }
}

/// A text that is no [`Pin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a pin: expected `sha256:` or `spki-sha256:` and the 64 hexadecimal digits of a SHA-256")]
pub struct PinParseError;

impl FromStr for Pin {
    type Err = PinParseError;

    fn from_str(text: &str) -> Result<Self, PinParseError> {
        let (kind, hash) = text.trim().split_once(':').ok_or(PinParseError)?;
        if kind.eq_ignore_ascii_case("sha256") {
            hex(hash).map(Self::Certificate)
        } else if kind.eq_ignore_ascii_case("spki-sha256") {
            hex(hash).or_else(|_| base64_hash(hash)).map(Self::PublicKey)
        } else {
            Err(PinParseError)
        }
    }
}

fn hex(text: &str) -> Result<[u8; 32], PinParseError> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(PinParseError)
}

fn base64_hash(text: &str) -> Result<[u8; 32], PinParseError> {
    BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(PinParseError)
}
