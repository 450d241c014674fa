//! The server side.

use std::fmt;
use std::sync::Arc;

use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::facts::public_key_info;
use crate::pin::Pin;
use crate::provider::provider;

/// TLS of a server: its certificate chain and key.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
}

/// A certificate and its private key, to be kept. `Debug` prints neither.
#[cfg(feature = "self-signed")]
#[derive(Clone)]
pub struct SelfSignedPem {
    /// The certificate, PEM.
    pub certificate: String,
    /// Its private key, PEM.
    pub key: String,
}

#[cfg(feature = "self-signed")]
impl fmt::Debug for SelfSignedPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SelfSignedPem")
    }
}

/// A server certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerTlsError {
    /// The text is not PEM, or holds no private key.
    #[error("the certificate or key is not PEM: {0}")]
    Pem(rustls_pki_types::pem::Error),
    /// There is no certificate, or the first of the chain is none.
    #[error("there is no certificate, or it cannot be read")]
    NoCertificate,
    /// rustls refuses certificate or key.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
    /// The certificate cannot be made.
    #[cfg(feature = "self-signed")]
    #[error("the certificate cannot be made: {0}")]
    Generate(#[from] rcgen::Error),
}

impl ServerTls {
    /// A chain (the server's own certificate first) and its private key. Certificates of X.509 version 1 are served too.
    ///
    /// # Errors
    /// When they cannot be used together.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, ServerTlsError> {
        let certificate = chain.first().cloned().ok_or(ServerTlsError::NoCertificate)?;
        let provider = provider();
        let key = provider.key_provider.load_private_key(key)?;
        // By a resolver: rustls itself compares them by a reader that refuses X.509 v1.
        let own = key.public_key().map(|own| own.as_ref().to_vec());
        let certified = public_key_info(&certificate).ok_or(ServerTlsError::NoCertificate)?;
        if own.is_some_and(|own| own != certified) {
            return Err(Error::from(InconsistentKeys::KeyMismatch).into());
        }
        let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), certificate })
    }

    /// A chain and a private key, PEM.
    ///
    /// # Errors
    /// When they are not PEM, or cannot be used together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, ServerTlsError> {
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(ServerTlsError::Pem)?;
        Self::new(chain, PrivateKeyDer::from_pem_slice(key).map_err(ServerTlsError::Pem)?)
    }

    /// A certificate made now, for these names or addresses; clients know it by its [`pin`](Self::pin).
    ///
    /// # Errors
    /// When a name is none, or the certificate cannot be made.
    #[cfg(feature = "self-signed")]
    pub fn self_signed(names: &[&str]) -> Result<Self, ServerTlsError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names)?;
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        Self::new(vec![made.cert.der().clone()], key)
    }

    /// A certificate made now, as [`self_signed`](Self::self_signed), in PEM: for a server that is to have the same
    /// [`pin`](Self::pin) when it is started again. The key is for its owner only.
    ///
    /// # Errors
    /// As [`self_signed`](Self::self_signed).
    #[cfg(feature = "self-signed")]
    pub fn self_signed_pem(names: &[&str]) -> Result<SelfSignedPem, ServerTlsError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names)?;
        Ok(SelfSignedPem { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() })
    }

    /// The configuration for rustls.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// The server's own certificate.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The pin of the server's own certificate.
    #[must_use]
    pub fn pin(&self) -> Pin {
        Pin::of_certificate(&self.certificate)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerTls({})", self.pin())
    }
}
