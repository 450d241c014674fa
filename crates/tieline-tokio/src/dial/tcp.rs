//! TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::url::address;
use crate::ConnectError;

/// So long an address is given before the next one of the same name is tried beside it (RFC 8305).
const STAGGER: Duration = Duration::from_millis(250);

/// The options of the TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpOptions {
    /// Whether small writes leave at once. Default true: everything queued is written in one go anyway.
    pub nodelay: bool,
    /// TCP's own probes start after this long a silence, which keeps the entries of middleboxes alive; `None` sends
    /// none. Default 60 s. Half-open lines are found by the session's pings, sooner.
    pub keepalive: Option<Duration>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self { nodelay: true, keepalive: Some(Duration::from_secs(60)) }
    }
}

/// Resolves and connects.
pub(super) async fn connect(host: &str, port: u16, options: &TcpOptions) -> Result<TcpStream, ConnectError> {
    let resolve = |cause| ConnectError::Resolve { host: host.to_owned(), cause };
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(resolve)?.collect();
    if addresses.is_empty() {
        return Err(resolve(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    let stream = race(alternating(addresses))
        .await
        .map_err(|cause| ConnectError::Tcp { address: address(host, port), cause })?;
    if let Err(error) = apply(&stream, options) {
        tracing::debug!(%error, "a TCP option was not set");
    }
    Ok(stream)
}

fn apply(stream: &TcpStream, options: &TcpOptions) -> io::Result<()> {
    stream.set_nodelay(options.nodelay)?;
    match options.keepalive {
        Some(idle) => SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(idle)),
        None => Ok(()),
    }
}

/// The addresses with the two families taking turns, the first one's first, otherwise in the resolver's order.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let v6_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::with_capacity(first.len() + second.len());
    loop {
        let (a, b) = (first.next(), second.next());
        if a.is_none() && b.is_none() {
            return turns;
        }
        turns.extend(a.into_iter().chain(b));
    }
}

/// Connects to the first that answers; a dead one delays the next by [`STAGGER`] only.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut addresses = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "no address");
    loop {
        match addresses.next() {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let ended = if addresses.len() == 0 {
            attempts.next().await
        } else {
            tokio::time::timeout(STAGGER, attempts.next()).await.unwrap_or_default()
        };
        match ended {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
}
