//! TCP: its options, and the order in which the addresses of a name are tried.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// So long an address is given before the next one of the same name is tried beside it (RFC 8305).
pub const STAGGER: Duration = Duration::from_millis(250);

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

impl TcpOptions {
    /// Sets the options on a connection, given as [`SockRef::from`] its stream. One that cannot be set is logged: the
    /// connection works without it.
    pub fn apply(&self, socket: &SockRef<'_>) {
        if let Err(error) = self.try_apply(socket) {
            tracing::debug!(%error, "a TCP option was not set");
        }
    }

    fn try_apply(&self, socket: &SockRef<'_>) -> io::Result<()> {
        socket.set_tcp_nodelay(self.nodelay)?;
        match self.keepalive {
            Some(idle) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(idle)),
            None => Ok(()),
        }
    }
}

/// The addresses with the two families taking turns, the first one's first, otherwise in the resolver's order: the order
/// in which they are tried, each [`STAGGER`] after the one before.
#[must_use]
pub fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
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
