//! The judge of certificates that rustls asks.

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};

use crate::facts::{public_key_info, raw_key};
use crate::pin::Pin;

/// The chain that a server presented: its own certificate first.
pub(crate) type Chain = Arc<Mutex<Vec<CertificateDer<'static>>>>;

/// How the certificate itself is judged.
#[derive(Clone, Debug)]
pub(crate) enum Judge {
    /// By an issuing authority.
    Issuer {
        /// The system's, or one over given roots.
        inner: Arc<dyn ServerCertVerifier>,
        /// Certificates that are accepted as they are.
        same: Arc<[CertificateDer<'static>]>,
    },
    /// By pins.
    Pins(Arc<[Pin]>),
    /// Not at all.
    Nothing,
}

/// Judges, and remembers what it saw in this one connection.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) judge: Judge,
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) chain: Chain,
}

impl Verifier {
    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    /// Whether the certificate was accepted without a look at its form, which then may be one that webpki refuses.
    fn takes_any_form(&self, certificate: &CertificateDer<'_>) -> bool {
        match &self.judge {
            Judge::Issuer { same, .. } => same.iter().any(|known| known == certificate),
            Judge::Pins(_) | Judge::Nothing => true,
        }
    }

    /// The signature of TLS 1.2 by the bare key. webpki reads a certificate first, and refuses X.509 v1.
    fn verify_tls12_by_key(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let (algorithm, key) = raw_key(certificate).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let candidates = self.algorithms().mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let candidates = candidates.map_or(&[][..], |(_, algorithms)| *algorithms);
        candidates
            .iter()
            .filter(|candidate| candidate.public_key_alg_id().as_ref() == algorithm)
            .any(|candidate| candidate.verify_signature(&key, message, signed.signature()).is_ok())
            .then(HandshakeSignatureValid::assertion)
            .ok_or(Error::InvalidCertificate(CertificateError::BadSignature))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|one| one.clone().into_owned()).collect();
        *self.chain.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = chain;
        match &self.judge {
            Judge::Issuer { .. } if self.takes_any_form(end_entity) => Ok(ServerCertVerified::assertion()),
            Judge::Issuer { inner, .. } => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Judge::Pins(pins) if pins.iter().any(|pin| pin.matches(end_entity)) => Ok(ServerCertVerified::assertion()),
            Judge::Pins(_) => Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
            Judge::Nothing => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.takes_any_form(certificate) {
            return self.verify_tls12_by_key(message, certificate, signed);
        }
        verify_tls12_signature(message, certificate, signed, self.algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.takes_any_form(certificate) {
            let key = public_key_info(certificate).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
            let key = SubjectPublicKeyInfoDer::from(key);
            return verify_tls13_signature_with_raw_key(message, &key, signed, self.algorithms());
        }
        verify_tls13_signature(message, certificate, signed, self.algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms().supported_schemes()
    }
}
