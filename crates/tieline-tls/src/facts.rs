//! What a certificate says about itself, for people.

use std::fmt;
use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::pin::Pin;

/// The facts of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateFacts {
    /// The subject, as `CN=…, O=…`; may be empty.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The DNS names it is for (subject alternative names).
    pub dns_names: Vec<String>,
    /// The IP addresses it is for (subject alternative names).
    pub ip_addresses: Vec<IpAddr>,
    /// The start of its validity, UTC, as the certificate library prints it.
    pub not_before: String,
    /// The end of its validity.
    pub not_after: String,
    /// The same in seconds since 1970-01-01T00:00:00Z.
    pub not_after_unix: i64,
    /// The X.509 version: 1, 2 or 3. Version 1 has no names and is refused by every strict verifier.
    pub version: u32,
    /// Whether subject and issuer are the same.
    pub self_signed: bool,
    /// The pin of the certificate.
    pub pin: Pin,
    /// The pin of its public key.
    pub key_pin: Pin,
}

impl CertificateFacts {
    /// Reads a certificate; `None` when it is not DER of X.509. Never panics, whatever the bytes.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let der = CertificateDer::from(der);
        let certificate = parse(&der)?;
        let (mut dns_names, mut ip_addresses) = (Vec::new(), Vec::new());
        if let Ok(Some(names)) = certificate.subject_alternative_name() {
            for name in &names.value.general_names {
                match name {
                    GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
                    GeneralName::IPAddress(bytes) => ip_addresses.extend(ip_address(bytes)),
                    _ => {}
                }
            }
        }
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            dns_names,
            ip_addresses,
            not_before: certificate.validity().not_before.to_string(),
            not_after: certificate.validity().not_after.to_string(),
            not_after_unix: certificate.validity().not_after.timestamp(),
            version: certificate.version().0.saturating_add(1),
            self_signed: certificate.subject() == certificate.issuer(),
            pin: Pin::of_certificate(&der),
            key_pin: Pin::of_public_key(&der)?,
        })
    }
}

impl fmt::Display for CertificateFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ips = self.ip_addresses.iter().map(ToString::to_string);
        let names: Vec<_> = self.dns_names.iter().cloned().chain(ips).collect();
        let names = if names.is_empty() { "(none)".into() } else { names.join(", ") };
        writeln!(f, "  subject  {}", printable(&self.subject))?;
        let signed = if self.self_signed { " (self-signed)" } else { "" };
        writeln!(f, "  issuer   {}{signed}", printable(&self.issuer))?;
        writeln!(f, "  names    {}", printable(&names))?;
        writeln!(f, "  valid    {} to {}", self.not_before, self.not_after)?;
        writeln!(f, "  version  X.509 v{}", self.version)?;
        write!(f, "  SHA-256  {}", self.pin)
    }
}

/// A peer's words without control characters, so that they cannot play with a terminal: each is U+FFFD.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// The subject public key info of a certificate, DER.
pub(crate) fn public_key_info(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    parse(der).map(|certificate| certificate.public_key().raw.to_vec())
}

/// The algorithm identifier (the inside of its sequence) and the key bits of a certificate's public key.
pub(crate) fn raw_key(der: &CertificateDer<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let certificate = parse(der)?;
    let key = certificate.public_key();
    let info = key.raw;
    // SEQUENCE { SEQUENCE algorithm, BIT STRING key }: take the inside of the inner sequence.
    let (_, outer) = x509_parser::der_parser::asn1_rs::Any::from_der(info).ok()?;
    let (_, algorithm) = x509_parser::der_parser::asn1_rs::Any::from_der(outer.data).ok()?;
    Some((algorithm.data.to_vec(), key.subject_public_key.data.to_vec()))
}
