//! Opening a stream: TCP, TLS, credentials, and how an attempt is given up.

mod attempt;
mod cancel;
mod credentials;
mod stream;
mod tcp;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
mod tls;
mod url_dialer;
mod wait;

use std::io::{self, Read, Write};
use std::net::Shutdown;

use tieline_dial::{ConnectError, Dialed};

pub use attempt::Attempt;
pub(crate) use cancel::Cancel;
#[cfg(feature = "http")]
pub(crate) use cancel::WeakCancel;
pub use credentials::Credentials;
pub use stream::Stream;
pub use url_dialer::UrlDialer;
#[cfg(feature = "cloudpbx")]
pub(crate) use url_dialer::dial_through;
#[cfg(feature = "http")]
pub(crate) use url_dialer::open;
#[cfg(feature = "http")]
pub(crate) use wait::Wait;

/// Opens streams for a [`Driver`](crate::Driver), one at a time, each on a short-lived thread of its own: commands are
/// answered meanwhile.
///
/// [`UrlDialer`] is the one for addresses. A closure `Fn(&Attempt) -> Result<Dialed<…>, …>` is one too: for a stream of
/// your own, a tunnel, a test.
pub trait Dialer<C>: Send + Sync + 'static {
    /// The stream.
    type Io: Io;

    /// Gets credentials, and opens a stream up to where the WebSocket's opening request can be written. May block, but
    /// should return soon once the `attempt` is given up: what it brings then is dropped, and the next line is dialled
    /// only after that.
    ///
    /// # Errors
    /// Why there is no stream.
    fn dial(&self, attempt: &Attempt) -> Result<Dialed<Self::Io, C>, ConnectError>;
}

impl<C, I, F> Dialer<C> for F
where
    F: Fn(&Attempt) -> Result<Dialed<I, C>, ConnectError> + Send + Sync + 'static,
    I: Io,
{
    type Io = I;

    fn dial(&self, attempt: &Attempt) -> Result<Dialed<I, C>, ConnectError> {
        self(attempt)
    }
}

/// A stream that a driver can wait for. It is in non-blocking mode: what cannot be done at once is
/// [`WouldBlock`](io::ErrorKind::WouldBlock). `flush` sees to it that everything written leaves.
pub trait Io: Read + Write + Send + 'static {
    /// What tells of its readiness; it is registered with no other [`Poll`](mio::Poll).
    fn source(&mut self) -> &mut dyn mio::event::Source;

    /// Ends the writing side.
    ///
    /// # Errors
    /// `WouldBlock`, or why it cannot be ended.
    fn shutdown(&mut self) -> io::Result<()>;
}

impl Io for mio::net::TcpStream {
    fn source(&mut self) -> &mut dyn mio::event::Source {
        self
    }

    fn shutdown(&mut self) -> io::Result<()> {
        Self::shutdown(self, Shutdown::Write)
    }
}

#[cfg(unix)]
impl Io for mio::net::UnixStream {
    fn source(&mut self) -> &mut dyn mio::event::Source {
        self
    }

    fn shutdown(&mut self) -> io::Result<()> {
        Self::shutdown(self, Shutdown::Write)
    }
}
