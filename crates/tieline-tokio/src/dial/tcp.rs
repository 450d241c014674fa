//! TCP.

use std::io;
use std::net::SocketAddr;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use socket2::SockRef;
use tieline_dial::{ConnectError, STAGGER, TcpOptions, address, alternating};
use tokio::net::TcpStream;

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
    options.apply(&SockRef::from(&stream));
    Ok(stream)
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
