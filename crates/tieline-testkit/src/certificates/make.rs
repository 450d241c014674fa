//! The certificates themselves, made anew for each run, but for the one that no library makes any more.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use tieline_tls::rustls::pki_types::pem::PemObject as _;
use tieline_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tieline_tls::{Pin, ServerTls, Trust};

use super::{Mode, Served};

/// What the certificates are for, unless their row says otherwise.
pub const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "pbx.test"];

/// A certificate that a server can present, and what a client may know of it.
#[derive(Debug)]
pub struct Made {
    /// The server's side.
    pub tls: ServerTls,
    /// The certificate that is known of the server: what it presents, but where the row says that it was another.
    pub known: CertificateDer<'static>,
    /// The certificate of its authority, PEM; of what vouches for itself, that one.
    pub authority_pem: String,
    /// The certificate of its very issuer, PEM.
    pub issuer_pem: String,
    /// What the server presents, PEM, its own certificate first.
    pub chain_pem: String,
    /// The server's key, PEM.
    pub key_pem: String,
}

struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, NAMES[2]);
    params.distinguished_name.push(DnType::OrganizationName, "tieline tests");
    params.use_authority_key_identifier_extension = true;
    params
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    fn root() -> Self {
        let (params, key) = (authority_params("a private authority"), key());
        let own = params.self_signed(&key).expect("a certificate");
        Self { pem: own.pem(), der: own.der().clone(), issuer: Issuer::new(params, key) }
    }

    fn intermediate(&self) -> Self {
        let (params, key) = (authority_params("an intermediate authority"), key());
        let own = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { pem: own.pem(), der: own.der().clone(), issuer: Issuer::new(params, key) }
    }

    fn issue(&self, params: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
        params.signed_by(key, &self.issuer).expect("a certificate").der().clone()
    }
}

fn pem(der: &CertificateDer<'_>) -> String {
    let body = data_encoding::BASE64.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

fn own_authority(mut params: CertificateParams, is: bool) -> CertificateParams {
    params.is_ca = if is { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
    params
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    params
}

/// A server, and its chain and key as PEM.
struct Serving {
    tls: ServerTls,
    chain_pem: String,
    key_pem: String,
}

fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Serving {
    let chain_pem = chain.iter().map(pem).collect();
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Serving { tls: ServerTls::new(chain, der).expect("a server"), chain_pem, key_pem: key.serialize_pem() }
}

impl Made {
    fn of(serving: Serving, known: CertificateDer<'static>, authority_pem: String, issuer_pem: String) -> Self {
        let Serving { tls, chain_pem, key_pem } = serving;
        Self { tls, known, authority_pem, issuer_pem, chain_pem, key_pem }
    }

    /// Makes what a server is to present.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(served: Served) -> Self {
        match served {
            Served::SelfSigned { authority, names } => {
                Self::self_signed(&own_authority(params(if names { &NAMES } else { &[] }), authority), None)
            }
            Served::SelfSignedExpired => Self::self_signed(&expired(params(&NAMES)), None),
            Served::SelfSignedRenewed { authority } => {
                let after = own_authority(params(&NAMES), authority);
                let mut before = after.clone();
                before.serial_number = Some(SerialNumber::from(1));
                Self::self_signed(&after, Some(&before))
            }
            Served::Version1 => Self::version_1(),
            Served::Issued => Self::issued(&params(&NAMES)),
            Served::Expired => Self::issued(&expired(params(&NAMES))),
            Served::NotYetValid => {
                let mut params = params(&NAMES);
                (params.not_before, params.not_after) = (date_time_ymd(3001, 1, 1), date_time_ymd(3002, 1, 1));
                Self::issued(&params)
            }
            Served::WrongName => Self::issued(&params(&["other.test", "192.0.2.1"])),
            Served::NoNames => Self::issued(&params(&[])),
            Served::Intermediate => Self::by_intermediate(true),
            Served::IntermediateLeftOut => Self::by_intermediate(false),
            Served::RenewedSameKey => Self::renewed(true),
            Served::RenewedOtherKey => Self::renewed(false),
            Served::Impostor => {
                let right = Self::issued(&params(&NAMES));
                let wrong = Self::issued(&params(&NAMES));
                Self { known: right.known, authority_pem: right.authority_pem, ..wrong }
            }
        }
    }

    fn self_signed(params: &CertificateParams, before: Option<&CertificateParams>) -> Self {
        let key = key();
        let own = params.self_signed(&key).expect("a certificate").der().clone();
        let known = before.map_or_else(|| own.clone(), |before| before.self_signed(&key).expect("one").der().clone());
        let (authority_pem, issuer_pem) = (pem(&known), pem(&own));
        Self::of(server(vec![own], &key), known, authority_pem, issuer_pem)
    }

    /// The committed certificate of X.509 version 1, valid for a hundred years.
    fn version_1() -> Self {
        let (chain_pem, key_pem) = (include_str!("v1.cert.pem").to_owned(), include_str!("v1.key.pem").to_owned());
        let known = CertificateDer::from_pem_slice(chain_pem.as_bytes()).expect("PEM");
        let tls = ServerTls::from_pem(chain_pem.as_bytes(), key_pem.as_bytes()).expect("a server");
        Self::of(Serving { tls, chain_pem, key_pem }, known.clone(), pem(&known), pem(&known))
    }

    fn issued(params: &CertificateParams) -> Self {
        let (root, key) = (Authority::root(), key());
        let own = root.issue(params, &key);
        Self::of(server(vec![own.clone()], &key), own, root.pem.clone(), root.pem)
    }

    fn by_intermediate(sent: bool) -> Self {
        let (root, key) = (Authority::root(), key());
        let between = root.intermediate();
        let own = between.issue(&params(&NAMES), &key);
        let mut chain = vec![own.clone()];
        chain.extend(sent.then_some(between.der));
        Self::of(server(chain, &key), own, root.pem, between.pem)
    }

    fn renewed(same_key: bool) -> Self {
        let (root, before) = (Authority::root(), key());
        let known = root.issue(&params(&NAMES), &before);
        let after = if same_key { before } else { key() };
        let own = root.issue(&params(&NAMES), &after);
        Self::of(server(vec![own], &after), known, root.pem.clone(), root.pem)
    }

    /// The trust of a client in this mode, by what it knows.
    ///
    /// # Panics
    /// Never: the certificates can be read.
    #[must_use]
    pub fn trust(&self, mode: Mode) -> Trust {
        match mode {
            Mode::System => Trust::System,
            Mode::Authority => Trust::ca_pem(self.authority_pem.as_bytes()).expect("PEM"),
            Mode::Itself => Trust::Authorities(vec![self.known.clone()]),
            Mode::Pin => Trust::Pins(vec![Pin::of_certificate(&self.known)]),
            Mode::KeyPin => Trust::Pins(vec![Pin::of_public_key(&self.known).expect("a key")]),
            Mode::Insecure => Trust::Insecure,
        }
    }
}
