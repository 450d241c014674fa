//! A stream that knows how much of the request at hand has left.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tieline_core::Sent;
use tieline_core::http::{Body, SentMeter};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Stream;

/// The meter of a connection, shared by the stream under it and the exchange over it.
#[derive(Clone)]
pub(super) struct Meter(Arc<Mutex<SentMeter>>);

impl Meter {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(SentMeter::new(&Body::Empty))))
    }

    /// The next request begins.
    pub(super) fn start(&self, body: &Body) {
        *self.lock() = SentMeter::new(body);
    }

    pub(super) fn sent(&self) -> Sent {
        self.lock().sent()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SentMeter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Metered {
    io: Stream,
    meter: Meter,
}

impl Metered {
    pub(super) const fn new(io: Stream, meter: Meter) -> Self {
        Self { io, meter }
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = written {
            self.meter.lock().wrote(buf.get(..count).unwrap_or(buf));
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(mut count)) = written {
            let mut meter = self.meter.lock();
            for buf in bufs {
                let part = count.min(buf.len());
                meter.wrote(buf.get(..part).unwrap_or(buf));
                count -= part;
            }
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
