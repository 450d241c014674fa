//! TCP.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use mio::net::TcpStream;
use socket2::SockRef;
use tieline_dial::{ConnectError, STAGGER, TcpOptions, address, alternating};

use super::wait::Wait;

/// Resolves and connects. The stream stays with `wait`.
pub(super) fn connect(wait: &mut Wait, host: &str, port: u16, options: &TcpOptions) -> Result<TcpStream, ConnectError> {
    let resolve = |cause| ConnectError::Resolve { host: host.to_owned(), cause };
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(resolve)?.collect();
    if addresses.is_empty() {
        return Err(resolve(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    let stream = race(wait, alternating(addresses))?
        .map_err(|cause| ConnectError::Tcp { address: address(host, port), cause })?;
    options.apply(&SockRef::from(&stream));
    Ok(stream)
}

/// Connects to the first that answers; a dead one delays the next by [`STAGGER`] only.
fn race(wait: &mut Wait, addresses: Vec<SocketAddr>) -> Result<io::Result<TcpStream>, ConnectError> {
    let mut addresses = addresses.into_iter();
    let mut attempts: Vec<TcpStream> = Vec::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "no address");
    loop {
        match addresses.next().map(|address| begin(wait, address)) {
            Some(Ok(stream)) => attempts.push(stream),
            Some(Err(error)) => failure = error,
            None if attempts.is_empty() => return Ok(Err(failure)),
            None => {}
        }
        let before = attempts.len();
        if before > 0 {
            wait.ready((addresses.len() > 0).then_some(STAGGER))?;
        }
        let mut connected = None;
        attempts = attempts
            .into_iter()
            .filter_map(|stream| match is_connected(&stream) {
                Ok(false) => Some(stream),
                Ok(true) => {
                    connected.get_or_insert(stream);
                    None
                }
                Err(error) => {
                    failure = error;
                    None
                }
            })
            .collect();
        if let Some(stream) = connected {
            return Ok(Ok(stream));
        }
    }
}

fn begin(wait: &Wait, address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    wait.add(&mut stream)?;
    Ok(stream)
}

/// Whether a connection that was begun is there.
fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    // Some systems report an unconnected socket as an invalid one.
    Ok(stream.peer_addr().is_ok())
}
