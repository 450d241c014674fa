//! A stream and the WebSocket endpoint on it.

use std::io::IoSlice;

use tieline_core::{Frame, Instant};
use tieline_websocket::Endpoint;

use super::transport::{self, Transport};

/// Pieces written at once.
const WRITE_SLICES: usize = 16;

pub(super) struct Connection<Io> {
    pub(super) io: Io,
    pub(super) endpoint: Endpoint,
    /// What was read when the endpoint did not take all of it; empty once it has, and without room once nothing more comes.
    unread: Vec<u8>,
    /// How much of that the endpoint has taken.
    taken: usize,
    /// Whether the stream may hold what was written to it.
    unflushed: bool,
    /// Writing failed; what the peer sent before may still be read.
    write_failed: bool,
    ended: bool,
}

impl<Io: Transport> Connection<Io> {
    pub(super) fn new(io: Io, endpoint: Endpoint) -> Self {
        Self { io, endpoint, unread: Vec::new(), taken: 0, unflushed: false, write_failed: false, ended: false }
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
            self.taken += self.endpoint.handle_bytes(now, self.unread.get(self.taken..).unwrap_or_default());
            if self.taken >= self.unread.len() {
                self.unread.clear();
                self.taken = 0;
            }
        }
    }

    /// Reads once into the endpoint; whether there is something new to look at. To be called when
    /// [`next_frame`](Self::next_frame) gave none.
    pub(super) fn read(&mut self, now: Instant) -> bool {
        if self.ended || !self.unread.is_empty() {
            return false;
        }
        let Self { io, endpoint, unread, .. } = self;
        let mut take = |read: &[u8]| {
            let taken = endpoint.handle_bytes(now, read);
            unread.extend_from_slice(read.get(taken..).unwrap_or_default());
        };
        match transport::now(|| io.try_read(&mut take)) {
            Some(Ok(1..)) => return true,
            Some(Ok(0)) => {}
            Some(Err(error)) => tracing::debug!(%error, "reading failed"),
            None if self.write_failed => {}
            None => {
                self.unread = Vec::new();
                return false;
            }
        }
        self.ended = true;
        self.endpoint.handle_eof(now);
        true
    }

    /// Writes all that is queued, as far as the stream takes it. Whether writing failed just now.
    pub(super) fn write(&mut self) -> bool {
        while self.endpoint.wants_write() && !self.is_dead() {
            let pieces = if self.io.is_vectored() { WRITE_SLICES } else { 1 };
            let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
            let used = self.endpoint.outgoing_slices(slices.get_mut(..pieces).unwrap_or_default());
            let outgoing = slices.get(..used).unwrap_or_default();
            match transport::now(|| self.io.try_write(outgoing)) {
                Some(Ok(count)) if count > 0 => {
                    self.endpoint.sent(count);
                    self.unflushed = true;
                }
                Some(Ok(_)) => return self.fail_writing("the stream takes nothing"),
                Some(Err(error)) => return self.fail_writing(&error.to_string()),
                None => break,
            }
        }
        if self.unflushed && !self.is_dead() {
            match transport::now(|| self.io.try_flush()) {
                Some(Ok(())) => self.unflushed = false,
                Some(Err(error)) => return self.fail_writing(&error.to_string()),
                None => {}
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

    /// Shuts the writing side down; whether that is done.
    pub(super) fn shutdown(&mut self) -> bool {
        match transport::now(|| self.io.try_shutdown()) {
            Some(Ok(())) => true,
            Some(Err(_)) => {
                self.write_failed = true;
                true
            }
            None => false,
        }
    }

    /// Reads and drops what comes, until there is nothing more or the peer ended the stream. Whether to go on at once.
    pub(super) fn discard(&mut self) -> bool {
        match transport::now(|| self.io.try_read(&mut |_| {})) {
            Some(Ok(1..)) => true,
            Some(_) => {
                self.ended = true;
                false
            }
            None => false,
        }
    }
}
