//! The client side: one configuration, one verifier a connection.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;

use crate::facts::CertificateFacts;
use crate::provider::provider;
use crate::refused::TlsRefused;
use crate::trust::Trust;
use crate::verifier::{Chain, Judge, Verifier};

/// TLS of a client under one [`Trust`].
#[derive(Clone, Debug)]
pub struct ClientTls {
    trust: Trust,
    judge: Judge,
    provider: Arc<CryptoProvider>,
    alpn: Vec<Vec<u8>>,
}

/// A trust that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsSetupError {
    /// `Trust::System` without the feature `platform`.
    #[error("the system's roots are not built in (feature `platform` of tieline-tls)")]
    NoSystemRoots,
    /// There is nothing to trust.
    #[error("no certificate and no pin to trust")]
    NothingToTrust,
    /// rustls refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
    /// The authorities cannot be used as roots.
    #[error("the authorities cannot be used: {0}")]
    Roots(#[from] rustls::client::VerifierBuilderError),
}

/// Remembers what the server presented on one connection.
#[derive(Clone)]
pub struct Presented(Chain);

impl Presented {
    /// The chain, the server's own certificate first; empty before the server presented one.
    #[must_use]
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The facts of the server's own certificate.
    #[must_use]
    pub fn facts(&self) -> Option<CertificateFacts> {
        CertificateFacts::from_der(self.chain().first()?)
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({} certificates)", self.chain().len())
    }
}

impl ClientTls {
    /// TLS under `trust`, offering HTTP/1.1.
    ///
    /// # Errors
    /// When the trust cannot be set up.
    pub fn new(trust: Trust) -> Result<Self, TlsSetupError> {
        let provider = provider();
        let judge = match &trust {
            Trust::System => Judge::Issuer { inner: system(&provider)?, same: Arc::default() },
            Trust::Authorities(authorities) => {
                // One that cannot be a root (X.509 v1, say) can still be the server's own.
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(authorities.iter().cloned());
                let same: Arc<[_]> = authorities.clone().into();
                if roots.is_empty() {
                    if same.is_empty() {
                        return Err(TlsSetupError::NothingToTrust);
                    }
                    let pins: Vec<_> = same.iter().map(crate::pin::Pin::of_certificate).collect();
                    Judge::Pins(pins.into())
                } else {
                    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
                    Judge::Issuer { inner: inner.build()?, same }
                }
            }
            Trust::Pins(pins) if pins.is_empty() => return Err(TlsSetupError::NothingToTrust),
            Trust::Pins(pins) => Judge::Pins(pins.clone().into()),
            Trust::Insecure => Judge::Nothing,
        };
        let tls = Self { trust, judge, provider, alpn: vec![b"http/1.1".to_vec()] };
        tls.config(Arc::default())?;
        Ok(tls)
    }

    /// The protocols to offer by ALPN instead of `http/1.1`; none offers nothing.
    #[must_use]
    pub fn with_alpn(mut self, protocols: Vec<Vec<u8>>) -> Self {
        self.alpn = protocols;
        self
    }

    /// The trust.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The configuration for one connection, and what will remember the certificates presented on it.
    ///
    /// # Errors
    /// When rustls refuses the configuration; [`new`](Self::new) has tried it.
    pub fn connection(&self) -> Result<(Arc<ClientConfig>, Presented), TlsSetupError> {
        let chain = Chain::new(Mutex::new(Vec::new()));
        Ok((Arc::new(self.config(Arc::clone(&chain))?), Presented(chain)))
    }

    fn config(&self, chain: Chain) -> Result<ClientConfig, TlsSetupError> {
        let verifier = Verifier { judge: self.judge.clone(), provider: Arc::clone(&self.provider), chain };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols.clone_from(&self.alpn);
        Ok(config)
    }

    /// Why a handshake failed, in words that name the remedy.
    #[must_use]
    pub fn explain(&self, error: &std::io::Error, server_name: &str, presented: &Presented) -> TlsRefused {
        TlsRefused::new(error, &self.trust, server_name, &presented.chain())
    }
}

#[cfg(feature = "platform")]
fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    Ok(Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(provider))?))
}

#[cfg(not(feature = "platform"))]
fn system(_: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    Err(TlsSetupError::NoSystemRoots)
}
