//! Client and server of rustls, joined in memory.
#![allow(dead_code, reason = "each test file uses its share")]

use std::io::{self, Cursor};
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tieline_tls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tieline_tls::rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, ServerConfig, ServerConnection, SupportedProtocolVersion, crypto,
};
use tieline_tls::{ClientTls, Presented, TlsRefused, Trust};

/// Both versions of TLS.
pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] =
    [&tieline_tls::rustls::version::TLS13, &tieline_tls::rustls::version::TLS12];

/// Presents a certificate, whether it holds its key or another.
pub(crate) fn presenting(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let key = crypto::ring::sign::any_supported_type(&key).expect("a key");
    let certified = CertifiedKey::new(vec![certificate], key);
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Arc::new(config)
}

/// A handshake with a server of that name, which decides the version.
pub(crate) fn handshake(
    trust: Trust,
    server: &Arc<ServerConfig>,
    version: &'static SupportedProtocolVersion,
    name: &str,
) -> Result<(), TlsRefused> {
    let mut server_config = (**server).clone();
    if version.version == ProtocolVersion::TLSv1_2 {
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
        .with_protocol_versions(&[VERSIONS[1]])
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
