//! The cryptography, chosen once.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The provider of the enabled feature; ring when both are on.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "ring")]
    let provider = rustls::crypto::ring::default_provider();
    #[cfg(not(feature = "ring"))]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    Arc::new(provider)
}
