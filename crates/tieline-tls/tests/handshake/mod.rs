//! Client and server of rustls, joined in memory.

use std::io::{self, Cursor};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tieline_tls::rustls::server::ResolvesServerCert;
use tieline_tls::rustls::sign::CertifiedKey;
use tieline_tls::rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion, crypto,
};
use tieline_tls::{ClientTls, Presented, TlsRefused, Trust};

/// A certificate with the means to serve it.
pub(crate) struct Server {
    certificate: CertificateDer<'static>,
    serve: Serve,
}

enum Serve {
    Key(Arc<dyn crypto_key::Key>),
    Config(Arc<ServerConfig>),
}

mod crypto_key {
    pub(crate) use tieline_tls::rustls::sign::SigningKey as Key;
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: tieline_tls::rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl Server {
    pub(crate) fn new(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Self {
        let key = crypto::ring::sign::any_supported_type(&key).expect("a key");
        Self { certificate, serve: Serve::Key(key) }
    }

    pub(crate) fn from_pem(certificate: &[u8], key: &[u8]) -> Self {
        let certificate = CertificateDer::from_pem_slice(certificate).expect("PEM");
        Self::new(certificate, PrivateKeyDer::from_pem_slice(key).expect("PEM"))
    }

    pub(crate) fn of(config: Arc<ServerConfig>, certificate: CertificateDer<'static>) -> Self {
        Self { certificate, serve: Serve::Config(config) }
    }

    /// Presents a certificate whose key it does not hold.
    pub(crate) fn with_wrong_key(certificate: CertificateDer<'static>, other: &Self) -> Self {
        let Serve::Key(key) = &other.serve else { panic!("a key is needed") };
        Self { certificate, serve: Serve::Key(Arc::clone(key)) }
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    fn config(&self) -> Arc<ServerConfig> {
        match &self.serve {
            Serve::Config(config) => Arc::clone(config),
            // By a resolver: rustls itself would refuse to load an X.509 v1 certificate.
            Serve::Key(key) => {
                let certified = CertifiedKey::new(vec![self.certificate.clone()], Arc::clone(key));
                let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
                    .with_safe_default_protocol_versions()
                    .expect("versions")
                    .with_no_client_auth()
                    .with_cert_resolver(Arc::new(Always(Arc::new(certified))));
                Arc::new(config)
            }
        }
    }
}

/// A handshake with the server's usual name.
pub(crate) fn handshake(
    trust: Trust,
    server: &Server,
    version: &'static SupportedProtocolVersion,
) -> Result<(), TlsRefused> {
    handshake_named(trust, server, version, "pbx.test")
}

pub(crate) fn handshake_named(
    trust: Trust,
    server: &Server,
    version: &'static SupportedProtocolVersion,
    name: &str,
) -> Result<(), TlsRefused> {
    let mut server_config = (*server.config()).clone();
    // The server decides the version.
    if version.version == tieline_tls::rustls::ProtocolVersion::TLSv1_2 {
        server_config = only_tls12(&server_config);
    }
    let mut server = ServerConnection::new(Arc::new(server_config)).expect("a server");
    run(trust, name, |client| {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        client.write_tls(&mut to_server)?;
        feed(&mut to_server, |bytes| server.read_tls(bytes))?;
        // What the server minds, the client reads as an alert.
        let _ = server.process_new_packets();
        server.write_tls(&mut to_client)?;
        feed(&mut to_client, |bytes| client.read_tls(bytes))?;
        Ok(())
    })
}

fn only_tls12(config: &ServerConfig) -> ServerConfig {
    let mut only = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_protocol_versions(&[&tieline_tls::rustls::version::TLS12])
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&config.cert_resolver));
    only.alpn_protocols.clone_from(&config.alpn_protocols);
    only
}

/// A peer that answers with plain bytes.
pub(crate) fn plain_text(trust: Trust, answer: &[u8]) -> TlsRefused {
    run(trust, "pbx.test", |client| {
        client.write_tls(&mut io::sink())?;
        client.read_tls(&mut Cursor::new(answer)).map(drop)
    })
    .expect_err("no TLS")
}

fn feed(bytes: &mut Vec<u8>, mut read: impl FnMut(&mut dyn io::Read) -> io::Result<usize>) -> io::Result<()> {
    let mut cursor = Cursor::new(std::mem::take(bytes));
    while cursor.position() < cursor.get_ref().len() as u64 {
        read(&mut cursor)?;
    }
    Ok(())
}

fn run(
    trust: Trust,
    name: &str,
    mut exchange: impl FnMut(&mut ClientConnection) -> io::Result<()>,
) -> Result<(), TlsRefused> {
    let tls = ClientTls::new(trust).expect("set up");
    let (config, presented): (Arc<ClientConfig>, Presented) = tls.connection().expect("set up");
    let server_name = ServerName::try_from(name.to_owned()).expect("a name");
    let mut client = ClientConnection::new(config, server_name).expect("a client");
    while client.is_handshaking() {
        let step = exchange(&mut client).and_then(|()| match client.process_new_packets() {
            Ok(_) => Ok(()),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        });
        if let Err(error) = step {
            return Err(tls.explain(&error, name, &presented));
        }
    }
    Ok(())
}
