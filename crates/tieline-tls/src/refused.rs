//! A refused handshake, in words that name the remedy.

use std::fmt;
use std::io;

use rustls::client::verify_server_name;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, InvalidMessage};
use rustls_pki_types::{CertificateDer, ServerName};

use crate::facts::CertificateFacts;
use crate::trust::Trust;

/// What was wrong with a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// No trusted authority issued the certificate.
    UnknownIssuer,
    /// The certificate vouches for itself.
    SelfSigned,
    /// The certificate is for other names.
    NameMismatch,
    /// The certificate is too old.
    Expired,
    /// The certificate is not valid yet; often the clock of this machine is wrong.
    NotYetValid,
    /// The certificate is not the pinned one.
    PinMismatch,
    /// The certificate is of X.509 version 1 or 2.
    OldX509Version,
    /// The certificate is an authority's and used as a server's.
    CaUsedAsEndEntity,
    /// The peer does not speak TLS.
    NotTls,
    /// A signature is wrong: of the certificate by its issuer, or of the handshake by the server's key.
    BadSignature,
    /// Another fault of the certificate.
    Certificate,
    /// Another fault of the handshake.
    Protocol,
    /// The connection broke.
    Connection,
}

/// A TLS handshake that failed. `Display` is a few lines for people: what is wrong, what the server presented, and the
/// option that would accept it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsRefused {
    kind: RefusalKind,
    reason: String,
    server_name: String,
    facts: Option<Box<CertificateFacts>>,
    /// Whether nothing came with the server's own certificate.
    alone: bool,
    /// Whether the certificate is for the name that was dialled.
    for_name: bool,
    pinned: bool,
}

impl TlsRefused {
    pub(crate) fn new(error: &io::Error, trust: &Trust, server_name: &str, chain: &[CertificateDer<'_>]) -> Self {
        let facts = chain.first().and_then(|own| CertificateFacts::from_der(own));
        let rustls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        let mut kind = match rustls {
            None if matches!(error.kind(), io::ErrorKind::InvalidData) => RefusalKind::Protocol,
            None => RefusalKind::Connection,
            Some(Error::InvalidCertificate(certificate)) => kind_of(certificate),
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => RefusalKind::NotTls,
            Some(_) => RefusalKind::Protocol,
        };
        if let Some(facts) = &facts {
            kind = match kind {
                RefusalKind::UnknownIssuer | RefusalKind::Certificate if facts.version < 3 => {
                    RefusalKind::OldX509Version
                }
                RefusalKind::UnknownIssuer | RefusalKind::CaUsedAsEndEntity if facts.self_signed => {
                    RefusalKind::SelfSigned
                }
                kind => kind,
            };
        }
        Self {
            kind,
            reason: rustls.map_or_else(|| error.to_string(), ToString::to_string),
            server_name: server_name.into(),
            facts: facts.map(Box::new),
            alone: chain.len() == 1,
            for_name: chain.first().is_some_and(|own| is_for(own, server_name)),
            pinned: matches!(trust, Trust::Pins(_)),
        }
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// The certificate that the server presented, if it came so far.
    #[must_use]
    pub fn facts(&self) -> Option<&CertificateFacts> {
        self.facts.as_deref()
    }

    /// Whether the same again may succeed: only a broken connection is worth another try.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, RefusalKind::Connection)
    }
}

fn is_for(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let (Ok(certificate), Ok(name)) = (ParsedCertificate::try_from(certificate), ServerName::try_from(name)) else {
        return false;
    };
    verify_server_name(&certificate, &name).is_ok()
}

fn kind_of(error: &CertificateError) -> RefusalKind {
    match error {
        CertificateError::UnknownIssuer => RefusalKind::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            RefusalKind::NameMismatch
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => RefusalKind::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => RefusalKind::NotYetValid,
        CertificateError::BadSignature => RefusalKind::BadSignature,
        CertificateError::ApplicationVerificationFailure => RefusalKind::PinMismatch,
        CertificateError::Other(other) => match format!("{other:?}") {
            text if text.contains("CaUsedAsEndEntity") => RefusalKind::CaUsedAsEndEntity,
            text if text.contains("UnsupportedCertVersion") => RefusalKind::OldX509Version,
            _ => RefusalKind::Certificate,
        },
        _ => RefusalKind::Certificate,
    }
}

impl fmt::Display for TlsRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            RefusalKind::UnknownIssuer => "no trusted authority issued the certificate".into(),
            RefusalKind::SelfSigned => "the certificate is self-signed".into(),
            RefusalKind::NameMismatch => format!("the certificate is not for `{}`", self.server_name),
            RefusalKind::Expired => "the certificate has expired".into(),
            RefusalKind::NotYetValid => "the certificate is not valid yet (is this machine's clock right?)".into(),
            RefusalKind::PinMismatch => {
                "the certificate is not the pinned one: it was renewed, or somebody is in between".into()
            }
            RefusalKind::OldX509Version => "the certificate is of an old X.509 version that no authority issues".into(),
            RefusalKind::CaUsedAsEndEntity => "the certificate is an authority's, used as a server's".into(),
            RefusalKind::NotTls => {
                "the server does not speak TLS on this port (try ws:// instead of wss://, or another port)".into()
            }
            RefusalKind::BadSignature => {
                "a signature is wrong: its issuer only looks like a trusted one, or the server does not hold its key"
                    .into()
            }
            RefusalKind::Certificate | RefusalKind::Protocol | RefusalKind::Connection => self.reason.clone(),
        };
        write!(f, "TLS with `{}` failed: {what}", self.server_name)?;
        let Some(facts) = &self.facts else { return Ok(()) };
        write!(f, "\nThe server presented:\n{facts}")?;
        let again = if self.pinned { "If the change is expected, pin" } else { "If this is the right server, pin" };
        write!(f, "\n{again} it with\n  --tls-pin {}", facts.pin)?;
        write!(f, "\nor its key, which may outlive the certificate, with\n  --tls-pin {}", facts.key_pin)?;
        match self.kind {
            // By its authority it would be refused for its names then.
            RefusalKind::UnknownIssuer if !self.for_name => {
                write!(f, "\n(it is not for `{}` either)", self.server_name)?
            }
            RefusalKind::UnknownIssuer => {
                write!(f, "\nor trust its authority with\n  --tls-ca FILE")?;
                if self.alone {
                    write!(f, "\n(FILE must hold its very issuer: the server sent no intermediate certificate)")?;
                }
            }
            RefusalKind::SelfSigned => write!(f, "\nor save it to FILE, and trust that with\n  --tls-ca FILE")?,
            _ => {}
        }
        write!(f, "\nTo accept any certificate, which protects nothing: --tls-insecure")
    }
}

impl std::error::Error for TlsRefused {}
