//! TLS by hyper-rustls, over a connection that is there already.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::rt::TokioIo;
use tieline_tls::ClientTls;
use tieline_tls::rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::ConnectError;
use crate::dial::{Stream, UrlError, WsUrl};

pub(super) async fn secure(tls: &ClientTls, tcp: TcpStream, url: &WsUrl) -> Result<Stream, ConnectError> {
    if let Some(warning) = tls.trust().warning() {
        tracing::warn!(%url, "{warning}");
    }
    let (config, presented) = tls.connection()?;
    let host = url.host();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| UrlError::Host)?;
    let name = Arc::new(FixedServerNameResolver::new(name));
    let opened = HttpsConnector::new(Opened(Some(tcp)), config, true, name).call(Uri::from_static("https://pbx"));
    opened
        .await
        .map(Stream::maybe_tls)
        .map_err(|error| ConnectError::Tls(tls.explain(&handshake_error(error), host, &presented)))
}

/// A connector that has connected: through a proxy, or to one of several addresses.
struct Opened(Option<TcpStream>);

impl Service<Uri> for Opened {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().map(TokioIo::new).ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// The error of the handshake itself, which comes wrapped.
fn handshake_error(error: Box<dyn std::error::Error + Send + Sync>) -> io::Error {
    match error.downcast::<io::Error>() {
        Ok(outer) if outer.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<io::Error>) => {
            let kind = outer.kind();
            let inner = outer.into_inner().and_then(|inner| inner.downcast::<io::Error>().ok());
            inner.map_or_else(|| kind.into(), |inner| *inner)
        }
        Ok(outer) => *outer,
        Err(other) => io::Error::other(other),
    }
}
