//! Why there is no line.

use std::io;

use tieline_core::supervisor::{ConnectFailure, DownCause};
use tieline_core::{Class, CloseReason, Text};
use tieline_websocket::{InvalidRequest, OpeningError};

use crate::{CredentialsError, ProxyError, UrlError};

/// Why a line could not be opened, or ended before it was live. `Display` holds no secret and nothing that the peer
/// wrote but its certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address cannot be dialled.
    #[error("the address cannot be used: {0}")]
    Url(UrlError),
    /// Path or query are not those of a CloudPBX stream.
    #[cfg(feature = "cloudpbx")]
    #[error("the address is not that of a stream: {0}")]
    Target(tieline_cloudpbx::stream::TargetError),
    /// A name was not resolved to an address.
    #[error("`{host}` was not resolved: {cause}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's error.
        cause: io::Error,
    },
    /// No TCP connection.
    #[error("no connection to {address}: {cause}")]
    Tcp {
        /// Host and port that were tried: the server's, or the proxy's.
        address: String,
        /// The error of the attempt that failed last.
        cause: io::Error,
    },
    /// The proxy cannot be used, or did not help.
    #[error("{0}")]
    Proxy(ProxyError),
    /// TLS cannot be set up: a fault of the configuration, not of the server.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    #[error("{0}")]
    TlsSetup(tieline_tls::TlsSetupError),
    /// The TLS handshake failed. `Display` names what would make it succeed.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    #[error("{0}")]
    Tls(tieline_tls::TlsRefused),
    /// The opening request cannot be written.
    #[error("the opening request cannot be sent: {0}")]
    Request(InvalidRequest),
    /// The server did not open a WebSocket.
    #[error("the WebSocket could not be opened: {0}")]
    Upgrade(OpeningError),
    /// There are no credentials to log in with.
    #[error("no credentials: {0}")]
    Credentials(CredentialsError),
    /// The operating system gave no thread or nothing to wait with.
    #[error("the operating system refused what a line needs: {0}")]
    System(io::Error),
    /// The server refused the login.
    #[error("the login was refused with status {status}")]
    LoginRefused {
        /// The wire's status.
        status: i64,
        /// The server's words, which `Display` leaves out; empty when it gave none.
        reason: Text,
    },
    /// The line was not open within [`Policy::dial_timeout`](tieline_core::supervisor::Policy::dial_timeout).
    #[error("no connection within the deadline")]
    Timeout,
    /// The line opened and ended before it was live.
    #[error("{0}")]
    GaveUp(DownCause),
    /// Both ends were dropped, the line was closed, or its driver was dropped, before it was live.
    #[error("closed before the line was live")]
    Closed,
}

impl ConnectError {
    /// What to do about it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Resolve { .. } | Self::Tcp { .. } | Self::System(_) | Self::Timeout => Class::Retry,
            Self::Proxy(error) => error.class(),
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            Self::Tls(refused) if refused.is_retryable() => Class::Retry,
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            Self::TlsSetup(_) | Self::Tls(_) => Class::Terminal,
            Self::Upgrade(error) => error.class(),
            Self::Credentials(error) => error.class,
            Self::LoginRefused { .. } => Class::Reauthenticate,
            Self::GaveUp(cause) => cause.class(),
            #[cfg(feature = "cloudpbx")]
            Self::Target(_) => Class::Terminal,
            Self::Url(_) | Self::Request(_) | Self::Closed => Class::Terminal,
        }
    }

    /// What the supervisor is told of it.
    pub(crate) fn failure(&self) -> ConnectFailure {
        ConnectFailure::new(self.class(), self.to_string())
    }

    /// The error of a line that was never live: `opening` is that of the last attempt to open one.
    pub(crate) fn of_end(cause: Option<DownCause>, opening: Option<Self>) -> Self {
        match (cause, opening) {
            (None, _) => Self::Closed,
            (Some(DownCause::Connect(_)), Some(opening)) => opening,
            (Some(DownCause::DialTimeout), _) => Self::Timeout,
            (Some(DownCause::Session(CloseReason::LoginRefused { status, reason })), _) => {
                Self::LoginRefused { status, reason }
            }
            (Some(cause), _) => Self::GaveUp(cause),
        }
    }
}

impl From<UrlError> for ConnectError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

#[cfg(feature = "cloudpbx")]
impl From<tieline_cloudpbx::stream::TargetError> for ConnectError {
    fn from(error: tieline_cloudpbx::stream::TargetError) -> Self {
        Self::Target(error)
    }
}

impl From<ProxyError> for ConnectError {
    fn from(error: ProxyError) -> Self {
        Self::Proxy(error)
    }
}

impl From<InvalidRequest> for ConnectError {
    fn from(error: InvalidRequest) -> Self {
        Self::Request(error)
    }
}

impl From<CredentialsError> for ConnectError {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(error)
    }
}

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
impl From<tieline_tls::TlsSetupError> for ConnectError {
    fn from(error: tieline_tls::TlsSetupError) -> Self {
        Self::TlsSetup(error)
    }
}
