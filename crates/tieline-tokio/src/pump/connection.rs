//! A stream and the WebSocket endpoint on it.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use tieline_core::{Frame, Instant};
use tieline_websocket::Endpoint;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read at once, into a buffer on the stack: a connection at rest has none.
const READ_BYTES: usize = 16 << 10;
/// Pieces written at once.
const WRITE_SLICES: usize = 16;

pub(super) struct Connection<Io> {
    io: Io,
    pub(super) endpoint: Endpoint,
    /// What was read and not taken by the endpoint yet.
    unread: Vec<u8>,
    /// Whether the stream may hold what was written to it.
    unflushed: bool,
    /// Writing failed; what the peer sent before may still be read.
    write_failed: bool,
    ended: bool,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Connection<Io> {
    pub(super) fn new(io: Io, endpoint: Endpoint) -> Self {
        Self { io, endpoint, unread: Vec::new(), unflushed: false, write_failed: false, ended: false }
    }

    /// Whether the peer is out of reach: nothing can come or go any more.
    pub(super) fn is_dead(&self) -> bool {
        self.ended || self.write_failed
    }

    /// The next frame from what was read.
    pub(super) fn next_frame(&mut self, now: Instant) -> Option<Frame> {
        loop {
            if let Some(frame) = self.endpoint.poll_frame() {
                return Some(frame);
            }
            if self.unread.is_empty() {
                return None;
            }
            let taken = self.endpoint.handle_bytes(now, &self.unread);
            self.unread.drain(..taken);
            if self.unread.is_empty() {
                self.unread = Vec::new();
            }
        }
    }

    /// Reads once into the endpoint; whether there is something new to look at. To be called when
    /// [`next_frame`](Self::next_frame) gave none.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.ended || !self.unread.is_empty() {
            return false;
        }
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                let read = buffer.filled();
                let taken = self.endpoint.handle_bytes(now, read);
                self.unread.extend_from_slice(read.get(taken..).unwrap_or_default());
                return true;
            }
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => tracing::debug!(%error, "reading failed"),
            Poll::Pending if self.write_failed => {}
            Poll::Pending => return false,
        }
        self.ended = true;
        self.endpoint.handle_eof(now);
        true
    }

    /// Writes all that is queued, as far as the stream takes it. Whether writing failed just now.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        while self.endpoint.wants_write() && !self.is_dead() {
            let io = Pin::new(&mut self.io);
            let written = if io.is_write_vectored() {
                let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
                let used = self.endpoint.outgoing_slices(&mut slices);
                io.poll_write_vectored(cx, slices.get(..used).unwrap_or_default())
            } else {
                io.poll_write(cx, self.endpoint.outgoing())
            };
            match written {
                Poll::Ready(Ok(count)) if count > 0 => {
                    self.endpoint.sent(count);
                    self.unflushed = true;
                }
                Poll::Ready(Ok(_)) => return self.fail_writing("the stream takes nothing"),
                Poll::Ready(Err(error)) => return self.fail_writing(&error.to_string()),
                Poll::Pending => break,
            }
        }
        if self.unflushed && !self.is_dead() {
            match Pin::new(&mut self.io).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => return self.fail_writing(&error.to_string()),
                Poll::Pending => {}
            }
        }
        false
    }

    fn fail_writing(&mut self, error: &str) -> bool {
        tracing::debug!(error, "writing failed");
        self.write_failed = true;
        true
    }

    /// Whether everything queued has left.
    pub(super) fn is_flushed(&self) -> bool {
        !self.endpoint.wants_write() && !self.unflushed
    }

    /// Shuts the writing side down.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(_)) => {
                self.write_failed = true;
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads and drops what comes, until there is nothing more or the peer ended the stream. Whether to go on at once.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> bool {
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => true,
            Poll::Ready(_) => {
                self.ended = true;
                false
            }
            Poll::Pending => false,
        }
    }
}
