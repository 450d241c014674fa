//! A stream with or without TLS.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use hyper_rustls::MaybeHttpsStream;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What [`UrlDialer`](super::UrlDialer) opens: TCP, or TLS over it.
pub struct Stream(Inner);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
type Inner = TokioIo<Box<MaybeHttpsStream<TokioIo<TcpStream>>>>;
#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
type Inner = TcpStream;

impl Stream {
    pub(super) fn plain(tcp: TcpStream) -> Self {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        return Self::maybe_tls(MaybeHttpsStream::Http(TokioIo::new(tcp)));
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        Self(tcp)
    }

    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub(super) fn maybe_tls(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        Self(TokioIo::new(Box::new(stream)))
    }

    fn is_secure(&self) -> bool {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        return matches!(**self.0.inner(), MaybeHttpsStream::Https(_));
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        false
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_secure() { "Stream(TLS)" } else { "Stream(plain)" })
    }
}
