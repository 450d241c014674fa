//! The dialer for addresses.

use std::io::{Read as _, Write as _};

use mio::net::TcpStream;
#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
use tieline_dial::UrlError;
use tieline_dial::{ConnectError, Dialed, Route, Tunnel, WsUrl};

use super::wait::Wait;
use super::{Attempt, Credentials, Dialer, Io as _, Stream, tcp};

/// Dials a [`WsUrl`](crate::WsUrl): credentials, then the proxy if there is one, TCP, and TLS for `wss://`.
///
/// All of it can be given up at any time but for the credentials and the resolver: these end by themselves.
pub type UrlDialer<C> = tieline_dial::UrlDialer<Credentials<C>>;

/// The most of a proxy's answer that is read at once.
const ANSWER_BYTES: usize = 1 << 10;

impl<C: Send + 'static> Dialer<C> for UrlDialer<C> {
    type Io = Stream;

    fn dial(&self, attempt: &Attempt) -> Result<Dialed<Stream, C>, ConnectError> {
        tracing::debug!(line = attempt.line().get(), url = %self.url(), "dialling");
        let credentials = self.credentials().get()?;
        let io = dial_through(self.route(), self.url(), attempt)?;
        Ok(self.dialed(io, credentials))
    }
}

/// Everything but the credentials and the WebSocket, as long as the attempt is wanted.
pub(crate) fn dial_through(route: &Route, url: &WsUrl, attempt: &Attempt) -> Result<Stream, ConnectError> {
    let mut wait = Wait::new(attempt.as_cancel())?;
    let mut io = open(route, url, &mut wait)?;
    wait.remove(io.source()).map_err(ConnectError::System)?;
    Ok(io)
}

/// Everything but the credentials and the WebSocket. The stream stays with `wait`.
pub(crate) fn open(route: &Route, url: &WsUrl, wait: &mut Wait) -> Result<Stream, ConnectError> {
    // Another adapter in the same program may have built TLS in where this one has not.
    #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
    if url.is_secure() {
        return Err(UrlError::NoTls.into());
    }
    let tcp = match route.proxy.of(url)? {
        None => tcp::connect(wait, url.host(), url.port(), &route.tcp)?,
        Some(proxy) => {
            let mut tcp = tcp::connect(wait, proxy.host(), proxy.port(), &route.tcp)?;
            pass(wait, &mut tcp, proxy.tunnel(url))?;
            tcp
        }
    };
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    if let Some(tls) = route.start_tls(url)? {
        return super::tls::connect(wait, &tls, tcp).map(Stream::tls);
    }
    Ok(Stream::plain(tcp))
}

/// Asks the proxy at the other end for the tunnel.
fn pass(wait: &mut Wait, tcp: &mut TcpStream, mut tunnel: Tunnel) -> Result<(), ConnectError> {
    let mut left = tunnel.request();
    while !left.is_empty() {
        match wait.until_done(|| tcp.write(left))? {
            Ok(written @ 1..) => left = left.get(written..).unwrap_or_default(),
            Ok(0) | Err(_) => return Err(tunnel.lost().into()),
        }
    }
    let mut answer = [0; ANSWER_BYTES];
    loop {
        let read = match wait.until_done(|| tcp.read(&mut answer))? {
            Ok(read @ 1..) => answer.get(..read).unwrap_or_default(),
            Ok(0) | Err(_) => return Err(tunnel.lost().into()),
        };
        if tunnel.handle_bytes(read)? {
            return Ok(());
        }
    }
}
