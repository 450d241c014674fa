//! TLS towards PBXs, which is the first thing that fails: many serve self-signed or very old certificates.
//!
//! Four modes of [`Trust`]: the system's roots, a private authority, a [`Pin`], and nothing at all (loud). When a
//! handshake fails, [`ClientTls::explain`] tells what the server presented and the very option that would accept it.
//!
//! Configuration for rustls, without I/O. The cryptography is always given explicitly, never by rustls' process
//! default, so that it does not matter what else a program links.

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("tieline-tls needs one of the features `ring` (default) and `aws-lc-rs`");

mod client;
mod facts;
mod pin;
mod provider;
mod refused;
mod server;
mod trust;
mod verifier;

pub use client::{ClientTls, Presented, TlsSetupError};
pub use facts::{CertificateFacts, printable};
pub use pin::{Pin, PinParseError};
pub use refused::{RefusalKind, TlsRefused};
pub use rustls;
#[cfg(feature = "self-signed")]
pub use server::SelfSignedPem;
pub use server::{ServerTls, ServerTlsError};
pub use trust::{Trust, TrustError};
