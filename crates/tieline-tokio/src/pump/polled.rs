//! A tokio stream as the pump knows streams.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tieline_dial::Transport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read at once, into a buffer on the stack: a connection at rest has none.
const READ_BYTES: usize = 16 << 10;

/// A stream, and whom to wake once it can do what it could not do at once.
pub(super) struct Polled<Io> {
    io: Io,
    waker: Waker,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Polled<Io> {
    pub(super) const fn new(io: Io, waker: Waker) -> Self {
        Self { io, waker }
    }

    /// Wakes this one from now on.
    pub(super) fn wakes(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
    }

    fn poll<T>(&mut self, poll: impl FnOnce(Pin<&mut Io>, &mut Context<'_>) -> Poll<io::Result<T>>) -> io::Result<T> {
        match poll(Pin::new(&mut self.io), &mut Context::from_waker(&self.waker)) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Transport for Polled<Io> {
    fn try_read(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<usize> {
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        self.poll(|io, cx| io.poll_read(cx, &mut buffer))?;
        let read = buffer.filled();
        if !read.is_empty() {
            take(read);
        }
        Ok(read.len())
    }

    fn try_write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match pieces {
            [piece] => self.poll(|io, cx| io.poll_write(cx, piece)),
            pieces => self.poll(|io, cx| io.poll_write_vectored(cx, pieces)),
        }
    }

    fn is_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn try_flush(&mut self) -> io::Result<()> {
        self.poll(|io, cx| io.poll_flush(cx))
    }

    fn try_shutdown(&mut self) -> io::Result<()> {
        self.poll(|io, cx| io.poll_shutdown(cx))
    }
}
