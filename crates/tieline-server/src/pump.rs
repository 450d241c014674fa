//! Drives one WebSocket: socket, endpoint, line and timer, on one task.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tieline_core::{CloseFrame, Frame, Instant, MessageLimit, earliest};
use tieline_websocket::{Config, Endpoint, EndpointError};
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep_until, timeout};

use crate::clock::Clock;
use crate::connection::Site;
use crate::options::READ_BUFFER;
use crate::stream::Stream;
use crate::{Line, ServerOptions};

/// How many pieces one vectored write takes at most.
const SLICES: usize = 32;
/// After so many rounds without a pause other tasks get their turn.
const ROUNDS: usize = 64;
/// How long a peer may take to end its side after ours ended.
const LINGER: Duration = Duration::from_secs(1);

/// Runs a line on a stream whose opening handshake is done, to the end of both.
pub(crate) async fn run(
    stream: Stream,
    read: Bytes,
    line: Box<dyn Line>,
    site: &Site,
    mut drain: watch::Receiver<bool>,
) {
    let limit = line.message_limit();
    let mut config = Config::default();
    config.message_bytes = limit.bytes;
    config.provisional = limit.provisional;
    config.close_timeout = site.options.close_timeout;
    let news = drain.clone();
    let mut pump = Pump {
        stream: stream.lendable(site.couriers.clone()),
        lent: false,
        endpoint: Endpoint::server(&config),
        line,
        limit,
        rest: read,
        armed: Instant::EPOCH,
        waker: None,
        news,
        draining: false,
        eof: false,
        broken: false,
        needs_flush: false,
        clock: site.clock,
        options: &site.options,
    };
    {
        let mut drained = pin!(drain.wait_for(|draining| *draining));
        let mut sleep = pin!(sleep_until(site.clock.to_tokio(Instant::EPOCH)));
        poll_fn(|cx| pump.poll(cx, sleep.as_mut(), drained.as_mut())).await;
    }
    if let Some(failure) = pump.endpoint.failure() {
        tracing::debug!(%failure, "WebSocket failed");
    }
    let Pump { stream, broken, line, .. } = pump;
    drop(line);
    if !broken {
        let _end = timeout(LINGER, linger(stream)).await;
    }
}

/// Ends our side and reads on until the peer ends its own: closing a socket with unread input resets the connection, and
/// the peer may then lose our close frame.
async fn linger(mut stream: Stream) -> io::Result<()> {
    stream.shutdown().await?;
    poll_fn(|cx| {
        while ready!(discard(&mut stream, cx))? > 0 {}
        Poll::Ready(Ok(()))
    })
    .await
}

fn discard(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    let mut space = [MaybeUninit::uninit(); READ_BUFFER];
    let mut buffer = ReadBuf::uninit(&mut space);
    ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

struct Pump<'a> {
    stream: Stream,
    /// Whether the line has the stream.
    lent: bool,
    endpoint: Endpoint,
    line: Box<dyn Line>,
    /// The message limit that the endpoint has.
    limit: MessageLimit,
    /// What was read and not taken yet: beyond the HTTP request, or while the line was unwilling.
    rest: Bytes,
    /// When the timer goes off; at or before what is due, so that it need not be set anew with every frame.
    armed: Instant,
    /// Whom timer and shutdown wake.
    waker: Option<Waker>,
    /// Changes when the server shuts down.
    news: watch::Receiver<bool>,
    draining: bool,
    /// The peer ended its side.
    eof: bool,
    /// Nothing can be read or written any more.
    broken: bool,
    needs_flush: bool,
    clock: Clock,
    options: &'a ServerOptions,
}

impl Pump<'_> {
    /// Does all that can be done now; `Ready` when the WebSocket is over.
    fn poll<D: Future>(&mut self, cx: &mut Context<'_>, mut sleep: Pin<&mut Sleep>, drained: Pin<&mut D>) -> Poll<()> {
        self.recall();
        let mut now = self.clock.now();
        // What waits for the same task already need not be asked again.
        let waiting = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if !waiting {
            self.waker = Some(cx.waker().clone());
            self.armed = Instant::EPOCH;
        }
        let told = !waiting || self.news.has_changed().unwrap_or(true);
        if !self.draining && told && drained.poll(cx).is_ready() {
            self.draining = true;
            self.line.close(now);
        }
        for _ in 0..ROUNDS {
            let mut busy = self.poll_outside(cx, now);
            busy |= self.take_input(now);
            busy |= self.write(cx, now);
            busy |= self.read(cx, now);
            if self.endpoint.is_finished() || (self.broken && !busy) {
                return Poll::Ready(());
            }
            if (!busy || self.is_due(now)) && self.arm(cx, sleep.as_mut(), now).is_ready() {
                self.endpoint.handle_timeout(now);
                if self.line.poll_timeout().is_some_and(|due| due <= now) {
                    self.line.handle_timeout(now);
                }
            } else if !busy {
                self.lend();
                return Poll::Pending;
            }
            now = self.clock.now();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Lends the line the socket, so that what is published needs no turn of this task: if there is nothing that would
    /// have to be written before.
    fn lend(&mut self) {
        let written = self.endpoint.queued_bytes() == 0 && !self.endpoint.wants_write();
        if !written || !self.endpoint.is_open() || self.draining || self.eof || self.broken || self.line.has_ended() {
            return;
        }
        if let Some(place) = self.stream.writer()
            && let Some(writer) = place.take()
        {
            *place = self.line.lend(writer);
            self.lent = place.is_none();
        }
    }

    /// Takes the socket back, and what is left of a frame that was written with it.
    fn recall(&mut self) {
        if !std::mem::take(&mut self.lent) {
            return;
        }
        if let Some(mut writer) = self.line.recall() {
            if let Some(rest) = writer.take_rest() {
                // It was open when the writer was lent.
                let _open = self.endpoint.send_rest(rest);
            }
            if let Some(place) = self.stream.writer() {
                *place = Some(writer);
            }
        }
    }

    /// Lets the line take in what waits elsewhere. Whether there may be more: mostly the second look finds nothing, and all
    /// that was taken is written in this very round.
    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        for _ in 0..2 {
            if self.line.has_ended() || self.line.poll_outside(cx, now).is_pending() {
                return false;
            }
        }
        true
    }

    /// Hands what was kept to the endpoint, and its frames to the line. Whether there was anything.
    fn take_input(&mut self, now: Instant) -> bool {
        let busy = self.take_frames(now);
        if self.rest.is_empty() {
            return busy;
        }
        let mut rest = std::mem::take(&mut self.rest);
        let taken = self.feed(now, &rest);
        rest.advance(taken);
        self.rest = rest;
        busy || taken > 0
    }

    /// Hands bytes to the endpoint, and its frames to the line. How many were taken: fewer only if the line is unwilling.
    fn feed(&mut self, now: Instant, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        loop {
            let taken = self.endpoint.handle_bytes(now, rest);
            rest = rest.get(taken..).unwrap_or_default();
            if !self.take_frames(now) && (taken == 0 || rest.is_empty()) {
                return bytes.len() - rest.len();
            }
        }
    }

    /// Hands the frames that the endpoint has to the line, unless that is unwilling. Whether there were any.
    fn take_frames(&mut self, now: Instant) -> bool {
        let mut busy = false;
        // After the end the few frames that are left are told in any case, the last of them above all.
        while self.line.wants_input() || !self.endpoint.is_open() {
            let Some(frame) = self.endpoint.poll_frame() else { break };
            busy = true;
            let rule = self.endpoint.failure().filter(|_| frame == Frame::Eof).and_then(EndpointError::misbehaviour);
            match rule {
                Some(rule) => self.line.handle_misbehaviour(now, rule),
                None => self.line.handle_input(now, frame),
            }
            let limit = self.line.message_limit();
            if limit != self.limit {
                self.limit = limit;
                self.endpoint.set_message_limit(limit);
            }
        }
        busy
    }

    /// Moves what the line has to send into the endpoint, up to the limit; after the end of the session all of it.
    fn fill(&mut self, now: Instant) {
        let over = self.line.has_ended();
        while (over || self.endpoint.queued_bytes() < self.options.write_bytes)
            && let Some(frame) = self.line.poll_transmit()
        {
            // After a close frame nothing can be sent any more, and nothing needs to be.
            let _closed = self.endpoint.send(now, frame);
        }
        if over && self.endpoint.is_open() {
            let _closed = self.endpoint.send(now, Frame::Close(Some(CloseFrame::new(1001, ""))));
        }
    }

    /// Writes what there is. Whether there is something to tell: that the stream broke.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        self.fill(now);
        while !self.broken && self.endpoint.wants_write() {
            match poll_write(&mut self.stream, &mut self.endpoint, cx) {
                Poll::Ready(Ok(written)) => {
                    self.endpoint.sent(written);
                    self.needs_flush = true;
                    self.fill(now);
                }
                Poll::Ready(Err(error)) => return self.lose(now, &error),
                Poll::Pending => break,
            }
        }
        // TLS may hold back what a write took.
        if self.needs_flush && !self.broken {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.needs_flush = false,
                Poll::Ready(Err(error)) => return self.lose(now, &error),
                Poll::Pending => {}
            }
        }
        false
    }

    /// Reads once, if the line is willing. Whether there was anything.
    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let willing = self.line.wants_input() || !self.endpoint.is_open();
        if self.eof || self.broken || !willing || !self.rest.is_empty() {
            return false;
        }
        let mut space = [MaybeUninit::uninit(); READ_BUFFER];
        let (space, _) = space.split_at_mut(self.options.read_size());
        let mut buffer = ReadBuf::uninit(space);
        match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                self.eof = true;
                self.endpoint.handle_eof(now);
            }
            Poll::Ready(Ok(())) => {
                let taken = self.feed(now, buffer.filled());
                self.rest = Bytes::copy_from_slice(buffer.filled().get(taken..).unwrap_or_default());
            }
            Poll::Ready(Err(error)) => return self.lose(now, &error),
            Poll::Pending => return false,
        }
        true
    }

    /// Notes that the stream broke: nothing more goes either way. Always `true`, as there is something to tell.
    fn lose(&mut self, now: Instant, error: &io::Error) -> bool {
        tracing::debug!(%error, "stream broke");
        self.broken = true;
        self.endpoint.handle_eof(now);
        true
    }

    fn due(&self) -> Option<Instant> {
        earliest(self.endpoint.poll_timeout(), self.line.poll_timeout())
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// Sets the timer; `Ready` when something is due by the runtime's clock, which goes on only when the runtime has looked at
    /// its sockets as well: after a standstill (the process was stopped, a handler blocked the runtime) there may be signs
    /// of life to be read, of which nobody knows yet.
    fn arm(&mut self, cx: &mut Context<'_>, mut sleep: Pin<&mut Sleep>, now: Instant) -> Poll<()> {
        let Some(due) = self.due() else { return Poll::Pending };
        if self.armed <= due && now < self.armed {
            return Poll::Pending;
        }
        self.armed = due;
        sleep.as_mut().reset(self.clock.to_tokio(due));
        sleep.poll(cx)
    }
}

fn poll_write(stream: &mut Stream, endpoint: &mut Endpoint, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    let written = if stream.is_write_vectored() {
        let mut slices = [IoSlice::new(&[]); SLICES];
        match endpoint.outgoing_slices(&mut slices) {
            // A plain write is the cheaper system call.
            1 => ready!(Pin::new(stream).poll_write(cx, &slices[0]))?,
            used => ready!(Pin::new(stream).poll_write_vectored(cx, slices.get(..used).unwrap_or_default()))?,
        }
    } else {
        ready!(Pin::new(stream).poll_write(cx, endpoint.outgoing()))?
    };
    Poll::Ready(if written == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(written) })
}
