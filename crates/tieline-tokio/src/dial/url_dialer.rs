//! The dialer for addresses.

use tieline_core::supervisor::LineId;
use tieline_dial::{ConnectError, Dialed};

use super::{Credentials, Dialer, Stream, open};

/// Dials a [`WsUrl`](crate::WsUrl): credentials, then the proxy if there is one, TCP, and TLS for `wss://`.
pub type UrlDialer<C> = tieline_dial::UrlDialer<Credentials<C>>;

impl<C: Send + 'static> Dialer<C> for UrlDialer<C> {
    type Io = Stream;

    async fn dial(&self, line: LineId) -> Result<Dialed<Stream, C>, ConnectError> {
        tracing::debug!(line = line.get(), url = %self.url(), "dialling");
        let credentials = self.credentials().get().await?;
        let io = open(self.route(), self.url()).await?;
        Ok(self.dialed(io, credentials))
    }
}
