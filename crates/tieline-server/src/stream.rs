//! The byte stream of a connection: TCP, or TLS over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use crate::courier::Courier;
use crate::{Io, Writer};

/// One accepted stream.
pub(crate) enum Stream {
    Plain(TcpStream),
    /// Plain, under a WebSocket: the writer can be lent, and is absent then.
    Halved(OwnedReadHalf, Option<Writer>),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    /// What a hook put in the place of the TCP stream.
    Hooked(Box<dyn Io>),
    #[cfg(feature = "tls")]
    HookedTls(Box<tokio_rustls::server::TlsStream<Box<dyn Io>>>),
}

impl Stream {
    /// The stream with a writer that can be lent, if it can have one.
    pub(crate) fn halve(self, courier: Courier) -> Self {
        match self {
            Self::Plain(tcp) => {
                let (read, write) = tcp.into_split();
                Self::Halved(read, Some(Writer::new(write, courier)))
            }
            stream => stream,
        }
    }

    /// The place of the writer, if this stream has one that can be lent.
    pub(crate) fn writer(&mut self) -> Option<&mut Option<Writer>> {
        match self {
            Self::Halved(_, writer) => Some(writer),
            _ => None,
        }
    }
}

/// Calls a method on whichever stream it is; of one that is halved, on the half that it takes.
macro_rules! either {
    ($self:expr, $halved:pat => $half:expr, $stream:ident => $call:expr) => {
        match $self {
            Stream::Plain($stream) => $call,
            $halved => $half,
            #[cfg(feature = "tls")]
            Stream::Tls($stream) => $call,
            Stream::Hooked($stream) => $call,
            #[cfg(feature = "tls")]
            Stream::HookedTls($stream) => $call,
        }
    };
}

/// Calls a method on the writer, which nobody needs while it is lent.
macro_rules! written {
    ($self:expr, $stream:ident => $call:expr) => {
        either!($self, Stream::Halved(_, writer) => match writer {
            Some(writer) => {
                let $stream = writer.half();
                $call
            }
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }, $stream => $call)
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), Self::Halved(read, _) => Pin::new(read).poll_read(cx, buf),
            stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        written!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        written!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, Self::Halved(..) => true, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        written!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        written!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}
