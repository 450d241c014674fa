//! The byte stream of a connection: TCP, or TLS over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::courier::Couriers;
use crate::{Io, Writer};

/// One accepted stream.
pub(crate) enum Stream {
    Plain(TcpStream),
    /// Plain, under a WebSocket: it can be lent, and is absent then.
    Lendable(Option<Writer>),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    /// What a hook put in the place of the TCP stream.
    Hooked(Box<dyn Io>),
    #[cfg(feature = "tls")]
    HookedTls(Box<tokio_rustls::server::TlsStream<Box<dyn Io>>>),
}

impl Stream {
    /// The stream as one that can be lent, if it is of that kind.
    pub(crate) fn lendable(self, couriers: Couriers) -> Self {
        match self {
            Self::Plain(tcp) => Self::Lendable(Some(Writer::new(tcp, couriers))),
            stream => stream,
        }
    }

    /// The place of what can be lent, if this stream can be.
    pub(crate) fn writer(&mut self) -> Option<&mut Option<Writer>> {
        match self {
            Self::Lendable(writer) => Some(writer),
            _ => None,
        }
    }
}

/// Calls a method on whichever stream it is; one that is lent nobody needs.
macro_rules! either {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self {
            Stream::Plain($stream) => $call,
            Stream::Lendable(Some(writer)) => {
                let $stream = writer.tcp();
                $call
            }
            Stream::Lendable(None) => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            #[cfg(feature = "tls")]
            Stream::Tls($stream) => $call,
            Stream::Hooked($stream) => $call,
            #[cfg(feature = "tls")]
            Stream::HookedTls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Lendable(_) => true,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::Hooked(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Self::HookedTls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}
