//! A stream as the pump knows streams.

use std::io::{self, IoSlice};

use mio::{Interest, Registry, Token};
use tieline_dial::Transport;

use crate::Io;

/// Bytes read at once.
const READ_BYTES: usize = 8 << 10;

/// A stream, and what is known of its readiness: the poll tells of changes only.
pub(super) struct Ready<I> {
    io: I,
    token: Token,
    readable: bool,
    writable: bool,
    space: Box<[u8]>,
}

impl<I: Io> Ready<I> {
    /// Has the poll tell of the stream from now on.
    pub(super) fn new(mut io: I, registry: &Registry, token: Token) -> io::Result<Self> {
        registry.register(io.source(), token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { io, token, readable: true, writable: true, space: vec![0; READ_BYTES].into_boxed_slice() })
    }

    /// Something happened to the stream of this token. TLS may want to read where it writes, so both are tried.
    pub(super) fn note(&mut self, token: Token) {
        if token == self.token {
            (self.readable, self.writable) = (true, true);
        }
    }

    fn writing<T>(&mut self, write: impl FnOnce(&mut I) -> io::Result<T>) -> io::Result<T> {
        attempt(&mut self.writable, || write(&mut self.io))
    }
}

/// Does it if the stream is ready, and notes when it is not any more.
fn attempt<T>(ready: &mut bool, operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if !*ready {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let outcome = operation();
    *ready = !matches!(&outcome, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    outcome
}

impl<I: Io> Transport for Ready<I> {
    fn try_read(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<usize> {
        let read = attempt(&mut self.readable, || self.io.read(&mut self.space))?;
        if read > 0 {
            take(self.space.get(..read).unwrap_or_default());
        }
        Ok(read)
    }

    fn try_write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writing(|io| io.write_vectored(pieces))
    }

    fn is_vectored(&self) -> bool {
        true
    }

    fn try_flush(&mut self) -> io::Result<()> {
        self.writing(|io| io.flush())
    }

    fn try_shutdown(&mut self) -> io::Result<()> {
        self.writing(|io| io.shutdown())
    }
}
