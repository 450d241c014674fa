//! The byte stream of a connection that is watched.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::conn::Conn;
use super::kind::Fault;
use crate::record::Ended;

/// So much is read and thrown away at once.
const DISCARDED: usize = 4 << 10;

/// A TCP stream with its faults.
pub(super) struct WatchedIo {
    /// `None` once it was cut or reset.
    tcp: Option<TcpStream>,
    conn: Arc<Conn>,
    gone: watch::Receiver<()>,
    sent: u64,
    reset_at: Option<u64>,
    black_at: Option<u64>,
    split: Option<usize>,
    /// The other tasks had their turn since the last split write.
    paused: bool,
    ended: Option<Ended>,
}

/// Hears a client until it leaves or the simulator is gone, and says nothing.
pub(super) async fn hold(mut tcp: TcpStream, mut gone: watch::Receiver<()>) {
    let heard = async {
        let mut space = [0; DISCARDED];
        while tcp.read(&mut space).await.is_ok_and(|read| read > 0) {}
    };
    tokio::select! {
        () = heard => {}
        _ = gone.changed() => {}
    }
}

impl WatchedIo {
    pub(super) fn new(tcp: TcpStream, conn: Arc<Conn>, gone: watch::Receiver<()>) -> Self {
        let (reset_at, black_at, split) = (None, None, None);
        Self { tcp: Some(tcp), conn, gone, sent: 0, reset_at, black_at, split, paused: false, ended: None }
    }

    /// Takes a fault of the connection in. What is to happen at once happens with the next read or write.
    pub(super) fn befall(&mut self, fault: &Fault) {
        match fault {
            Fault::Reset { after } => self.reset_at = Some(*after),
            Fault::BlackHole { after } => self.black_at = Some(*after),
            Fault::Mute => self.conn.silence(),
            Fault::Refuse => self.conn.cut(),
            Fault::Split { bytes } => self.split = Some((*bytes).max(1)),
            _ => {}
        }
    }

    /// Lets befall what is due.
    ///
    /// # Errors
    /// The stream is no more.
    fn look(&mut self) -> io::Result<()> {
        for fault in self.conn.of_stream() {
            self.befall(&fault);
        }
        if self.black_at.is_some_and(|at| at <= self.sent) {
            self.conn.silence();
        }
        if self.conn.is_silenced() {
            self.ended = Some(Ended::BlackHole);
            return Ok(());
        }
        if self.reset_at.is_some_and(|at| at <= self.sent) {
            if let Some(tcp) = self.tcp.take() {
                // Dropped now with unsent bytes forgotten and a RST instead of a FIN.
                let _not_a_reset = tcp.set_zero_linger();
                self.ended = Some(Ended::Reset);
            }
        } else if self.conn.is_cut() {
            self.tcp = None;
            self.ended = Some(Ended::Dropped);
        }
        if self.tcp.is_some() { Ok(()) } else { Err(io::ErrorKind::ConnectionReset.into()) }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.tcp.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::ConnectionReset.into())
    }

    /// How many bytes may be written at once; `None` for as many as there are.
    fn room(&self) -> Option<usize> {
        let until = [self.reset_at, self.black_at].into_iter().flatten().min();
        let until = until.map(|until| usize::try_from(until - self.sent.min(until)).unwrap_or(usize::MAX));
        [until, self.split].into_iter().flatten().min()
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.ended.get_or_insert(Ended::Broken);
        }
        result
    }

    /// Reads on and forgets it; `Ready` when the client left.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut space = [MaybeUninit::uninit(); DISCARDED];
            let mut buffer = ReadBuf::uninit(&mut space);
            ready!(self.stream()?.poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_write_some(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = match self.room() {
            Some(room) => bytes.get(..room.min(bytes.len())).unwrap_or_default(),
            None => bytes,
        };
        // A pause between two writes, or the client would read them as one.
        if self.split.is_some() && !std::mem::replace(&mut self.paused, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let written = ready!(self.stream()?.poll_write(cx, bytes));
        self.paused = false;
        let written = self.note(written)?;
        self.sent += written as u64;
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for WatchedIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.conn.reads(cx);
        this.look()?;
        if this.conn.is_silenced() {
            return this.poll_discard(cx);
        }
        let before = buf.filled().len();
        let read = ready!(this.stream()?.poll_read(cx, buf));
        this.note(read)?;
        if buf.filled().len() == before && buf.capacity() > before {
            this.ended.get_or_insert(Ended::Client);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WatchedIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.look()?;
        if this.conn.is_silenced() {
            return Poll::Ready(Ok(buf.len()));
        }
        this.poll_write_some(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.look()?;
        if this.conn.is_silenced() {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        if this.room().is_some() {
            let first = bufs.iter().find(|buf| !buf.is_empty());
            return first.map_or(Poll::Ready(Ok(0)), |first| this.poll_write_some(cx, first));
        }
        let written = ready!(this.stream()?.poll_write_vectored(cx, bufs));
        let written = this.note(written)?;
        this.sent += written as u64;
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.as_ref().is_some_and(TcpStream::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.conn.is_silenced() {
            return Poll::Ready(Ok(()));
        }
        this.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.conn.is_silenced() {
            return Poll::Ready(Ok(()));
        }
        this.ended.get_or_insert(Ended::Server);
        this.stream()?.poll_shutdown(cx)
    }
}

impl Drop for WatchedIo {
    fn drop(&mut self) {
        let conn = Arc::clone(&self.conn);
        let ended = self.ended.unwrap_or(Ended::Dropped);
        let held = self.tcp.take().filter(|_| conn.is_silenced());
        // The server gave up; the client is not to learn it.
        if let (Some(tcp), Ok(runtime)) = (held, tokio::runtime::Handle::try_current()) {
            let gone = self.gone.clone();
            runtime.spawn(async move {
                hold(tcp, gone).await;
                conn.ended(ended);
            });
        } else {
            conn.ended(ended);
        }
    }
}
