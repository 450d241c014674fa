//! A stream with or without TLS.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};

use mio::net::TcpStream;

use super::Io;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use super::tls::TlsStream;

/// What [`UrlDialer`](super::UrlDialer) opens: TCP, or TLS over it.
pub struct Stream(Kind);

enum Kind {
    Plain(TcpStream),
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    Tls(Box<TlsStream>),
}

impl Stream {
    pub(super) const fn plain(tcp: TcpStream) -> Self {
        Self(Kind::Plain(tcp))
    }

    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub(super) fn tls(tls: TlsStream) -> Self {
        Self(Kind::Tls(Box::new(tls)))
    }

    fn io(&mut self) -> &mut dyn Io {
        match &mut self.0 {
            Kind::Plain(io) => io,
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            Kind::Tls(io) => io.as_mut(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.io().read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.io().write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io().write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io().flush()
    }
}

impl Io for Stream {
    fn source(&mut self) -> &mut dyn mio::event::Source {
        self.io().source()
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.io().shutdown()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Plain(_) => "Stream(plain)",
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            Kind::Tls(_) => "Stream(TLS)",
        })
    }
}
