//! TLS over a socket that does not block.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use tieline_dial::{ConnectError, TlsStart};
use tieline_tls::rustls;

use super::Io;
use super::wait::Wait;

/// A TLS connection. What is written waits for `flush`, up to the limit of rustls' buffer.
pub(super) struct TlsStream {
    connection: rustls::ClientConnection,
    tcp: TcpStream,
}

/// Shakes hands.
pub(super) fn connect(wait: &mut Wait, tls: &TlsStart<'_>, tcp: TcpStream) -> Result<TlsStream, ConnectError> {
    let refused = |error: io::Error| tls.refused(&error);
    let connection = rustls::ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
        .map_err(|error| refused(io::Error::other(error)))?;
    let mut stream = TlsStream { connection, tcp };
    while stream.connection.is_handshaking() {
        wait.until_done(|| stream.push())?.map_err(refused)?;
        if stream.connection.is_handshaking() && wait.until_done(|| stream.pull())?.map_err(refused)? == 0 {
            return Err(refused(io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended in the handshake")));
        }
    }
    wait.until_done(|| stream.push())?.map_err(refused)?;
    Ok(stream)
}

impl TlsStream {
    /// Writes what TLS has to send.
    fn push(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut self.tcp)? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Reads once and decrypts; how many bytes of TLS came.
    fn pull(&mut self) -> io::Result<usize> {
        let read = self.connection.read_tls(&mut self.tcp)?;
        if let Err(error) = self.connection.process_new_packets() {
            // The peer is told why; it may be gone.
            let _ = self.push();
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(read)
    }

    /// Does a buffering `write`; when there is no room for it, after writing out what is there.
    fn buffer(&mut self, write: impl Fn(&mut rustls::Writer<'_>) -> io::Result<usize>) -> io::Result<usize> {
        match write(&mut self.connection.writer())? {
            0 => {
                self.push()?;
                write(&mut self.connection.writer())
            }
            written => Ok(written),
        }
    }
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.connection.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            // What TLS itself answers must not wait for the next write. If it cannot leave, that write will tell.
            let _ = self.push();
            self.pull()?;
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer(|writer| writer.write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.buffer(|writer| writer.write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

impl Io for TlsStream {
    fn source(&mut self) -> &mut dyn mio::event::Source {
        &mut self.tcp
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.connection.send_close_notify();
        self.push()?;
        Io::shutdown(&mut self.tcp)
    }
}
