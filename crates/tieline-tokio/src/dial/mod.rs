//! Opening a stream: TCP, TLS, credentials.

mod credentials;
mod open;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
mod secure;
mod stream;
mod tcp;
mod url_dialer;

use std::future::Future;

use tieline_core::supervisor::LineId;
use tieline_dial::{ConnectError, Dialed};
use tokio::io::{AsyncRead, AsyncWrite};

pub use credentials::Credentials;
pub(crate) use open::open;
pub use stream::Stream;
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
