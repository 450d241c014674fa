//! Opening a stream: address, proxy, TCP, TLS, credentials.

mod credentials;
mod proxy;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
mod secure;
mod stream;
mod tcp;
mod transport;
mod url;
mod url_dialer;

use std::fmt;
use std::future::Future;

use tieline_core::supervisor::LineId;
use tieline_websocket::OpeningRequest;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::ConnectError;

pub use credentials::{Credentials, CredentialsError};
pub use proxy::{Proxy, ProxyError};
pub use stream::Stream;
pub use tcp::TcpOptions;
pub(crate) use transport::Transport;
pub use url::{UrlError, WsUrl};
pub use url_dialer::UrlDialer;

/// Opens streams for a [`Driver`](crate::Driver), one at a time.
///
/// [`UrlDialer`] is the one for addresses. A closure `Fn(LineId) -> impl Future<Output = Result<Dialed<…>, …>>` is one
/// too: for a stream of your own, a tunnel, a test. The future is dropped when the attempt is given up.
pub trait Dialer<C>: Send + Sync + 'static {
    /// The stream.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Gets credentials, and opens a stream up to where the WebSocket's opening request can be written.
    fn dial(&self, line: LineId) -> impl Future<Output = Result<Dialed<Self::Io, C>, ConnectError>> + Send;
}

impl<C, Io, F, Dialing> Dialer<C> for F
where
    F: Fn(LineId) -> Dialing + Send + Sync + 'static,
    Dialing: Future<Output = Result<Dialed<Io, C>, ConnectError>> + Send,
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Io = Io;

    fn dial(&self, line: LineId) -> impl Future<Output = Result<Dialed<Io, C>, ConnectError>> + Send {
        self(line)
    }
}

/// What a [`Dialer`] brings.
pub struct Dialed<Io, C> {
    /// The stream, on which nothing of the WebSocket was exchanged yet.
    pub io: Io,
    /// The opening request to write on it.
    pub request: OpeningRequest,
    /// The login of the session on it.
    pub credentials: C,
}

impl<Io, C> Dialed<Io, C> {
    /// A stream, the opening request for it, and the login for its session.
    pub const fn new(io: Io, request: OpeningRequest, credentials: C) -> Self {
        Self { io, request, credentials }
    }
}

// Credentials are secret, and streams have little to say.
impl<Io, C> fmt::Debug for Dialed<Io, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialed").field("request", &self.request).finish_non_exhaustive()
    }
}
