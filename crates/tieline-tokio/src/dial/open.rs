//! From an address to a stream: the proxy if there is one, TCP, and TLS.

#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
use tieline_dial::UrlError;
use tieline_dial::{ConnectError, Route, Tunnel, WsUrl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Stream, tcp};

/// The most of a proxy's answer that is read at once.
const ANSWER_BYTES: usize = 1 << 10;

pub(crate) async fn open(route: &Route, url: &WsUrl) -> Result<Stream, ConnectError> {
    // Another adapter in the same program may have built TLS in where this one has not.
    #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
    if url.is_secure() {
        return Err(UrlError::NoTls.into());
    }
    let tcp = match route.proxy.of(url)? {
        None => tcp::connect(url.host(), url.port(), &route.tcp).await?,
        Some(proxy) => {
            let tcp = tcp::connect(proxy.host(), proxy.port(), &route.tcp).await?;
            pass(tcp, proxy.tunnel(url)).await?
        }
    };
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    if let Some(tls) = route.start_tls(url)? {
        return super::secure::secure(&tls, tcp).await;
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
