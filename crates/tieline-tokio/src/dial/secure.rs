//! TLS by hyper-rustls, over a connection that is there already.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::rt::TokioIo;
use tieline_dial::{ConnectError, TlsStart};
use tokio::net::TcpStream;
use tower_service::Service;

use super::Stream;

pub(super) async fn secure(tls: &TlsStart<'_>, tcp: TcpStream) -> Result<Stream, ConnectError> {
    let name = Arc::new(FixedServerNameResolver::new(tls.name.clone()));
    let mut connector = HttpsConnector::new(Opened(Some(tcp)), Arc::clone(&tls.config), true, name);
    let opened = connector.call(Uri::from_static("https://pbx")).await;
    opened.map(Stream::maybe_tls).map_err(|error| tls.refused(&handshake_error(error)))
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
