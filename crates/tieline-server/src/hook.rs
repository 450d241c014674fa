//! Where a simulator or a test comes between a server and its clients.
//!
//! A server without a hook has nothing of this on its way: its connections stay plain TCP or TLS streams, its lines are the
//! services' own.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use http::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::{Answer, Line, Opening};

/// Decides about each connection that a server takes; given to [`Server::hooked`](crate::Server::hooked).
pub trait ServerHook: Send + Sync + 'static {
    /// A connection was accepted: within the limits, before TLS. Called on the connection's own task.
    fn accept(&self, tcp: TcpStream, peer: SocketAddr) -> Accepted;
}

/// What becomes of a connection.
#[non_exhaustive]
pub enum Accepted {
    /// It is served as without a hook.
    Served(TcpStream),
    /// It is served over this byte stream (under TLS, where there is TLS), and its hook is asked about what it carries.
    Hooked(Box<dyn Io>, Box<dyn ConnectionHook>),
    /// It is not served: this has it now. Dropped when the server stops or kills its connections; until it ends the
    /// connection counts as open.
    Taken(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Served(_) => "Served",
            Self::Hooked(..) => "Hooked",
            Self::Taken(_) => "Taken",
        })
    }
}

/// What a hook may put in the place of a TCP stream.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Comes between one connection and the services; dropped after the last request, or when its WebSocket was opened.
pub trait ConnectionHook: Send + Sync + 'static {
    /// A request came, the opening of a WebSocket among them. `next` gives the answer of the service, which may be changed
    /// or left unasked. Nothing here may block for long.
    fn answer(&self, request: Request<hyper::body::Incoming>, next: Next<'_>) -> Answer {
        next(request)
    }

    /// A service put this line behind a WebSocket: the line that is to be driven instead, mostly one around it. Frames that
    /// it transmits have no framing yet, and share their bytes with other connections.
    fn line(&self, opening: &Opening<'_>, line: Box<dyn Line>) -> Box<dyn Line> {
        let _ = opening;
        line
    }
}

/// Gives the answer that a request gets without a hook.
pub type Next<'a> = Box<dyn FnOnce(Request<hyper::body::Incoming>) -> Answer + 'a>;
