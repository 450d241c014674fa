//! The dialer for addresses.

use tieline_core::supervisor::LineId;
#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
use tieline_dial::UrlError;
use tieline_dial::{ConnectError, Dialed, Tunnel};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Credentials, Dialer, Stream, tcp};

/// Dials a [`WsUrl`](crate::WsUrl): credentials, then the proxy if there is one, TCP, and TLS for `wss://`.
pub type UrlDialer<C> = tieline_dial::UrlDialer<Credentials<C>>;

/// The most of a proxy's answer that is read at once.
const ANSWER_BYTES: usize = 1 << 10;

impl<C: Send + 'static> Dialer<C> for UrlDialer<C> {
    type Io = Stream;

    async fn dial(&self, line: LineId) -> Result<Dialed<Stream, C>, ConnectError> {
        tracing::debug!(line = line.get(), url = %self.url(), "dialling");
        let credentials = self.credentials().get().await?;
        let io = open(self).await?;
        Ok(self.dialed(io, credentials))
    }
}

/// Everything but the credentials and the WebSocket.
pub(crate) async fn open<C>(dialer: &tieline_dial::UrlDialer<C>) -> Result<Stream, ConnectError> {
    let url = dialer.url();
    // Another adapter in the same program may have built TLS in where this one has not.
    #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
    if url.is_secure() {
        return Err(UrlError::NoTls.into());
    }
    let tcp = match dialer.via().of(url)? {
        None => tcp::connect(url.host(), url.port(), dialer.tcp_options()).await?,
        Some(proxy) => {
            let tcp = tcp::connect(proxy.host(), proxy.port(), dialer.tcp_options()).await?;
            pass(tcp, proxy.tunnel(url)).await?
        }
    };
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    if let Some(tls) = dialer.start_tls()? {
        return super::secure::secure(tls, tcp).await;
    }
    Ok(Stream::plain(tcp))
}

/// Asks the proxy at the other end for the tunnel.
async fn pass(mut io: TcpStream, mut tunnel: Tunnel) -> Result<TcpStream, ConnectError> {
    io.write_all(tunnel.request()).await.map_err(|_| tunnel.lost())?;
    let mut answer = [0; ANSWER_BYTES];
    loop {
        let read = match io.read(&mut answer).await {
            Ok(read @ 1..) => answer.get(..read).unwrap_or_default(),
            Ok(0) | Err(_) => return Err(tunnel.lost().into()),
        };
        if tunnel.handle_bytes(read)? {
            return Ok(io);
        }
    }
}
