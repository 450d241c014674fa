//! One hosted session as the pump drives it.

use std::task::{Context, Poll};

use tieline_core::{Frame, Instant, MessageLimit, PeerMisbehaved};

use crate::Writer;

/// A server session over a WebSocket together with its owner: what a protocol puts behind a path.
///
/// The pump feeds it frames and time, sends what it has to transmit, and lets it take in what comes from elsewhere, such
/// as published events. The line answers the events of its session itself, within these calls. No call may block for
/// long: it holds up a thread of the runtime.
pub trait Line: Send {
    /// Takes one frame from the client.
    fn handle_input(&mut self, now: Instant, frame: Frame);
    /// Takes the end of the stream, in the place of [`Frame::Eof`], when the WebSocket ended it because the client broke a
    /// rule; the close frame for that is on its way.
    fn handle_misbehaviour(&mut self, now: Instant, rule: PeerMisbehaved) {
        let _ = rule;
        self.handle_input(now, Frame::Eof);
    }
    /// Does what is due at `now`. Spurious and late calls are fine.
    fn handle_timeout(&mut self, now: Instant);
    /// The next frame to send.
    fn poll_transmit(&mut self) -> Option<Frame>;
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Whether more frames should be read from the client.
    fn wants_input(&self) -> bool;
    /// Begins an orderly end: the server shuts down.
    fn close(&mut self, now: Instant);
    /// Whether the session is over; it may still have frames to transmit.
    fn has_ended(&self) -> bool;
    /// The longest message that is taken now.
    fn message_limit(&self) -> MessageLimit;
    /// Takes in what waits elsewhere. `Ready` when there was something; `Pending` when there was not, and then `cx` is woken
    /// when there is.
    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let _ = (cx, now);
        Poll::Pending
    }
    /// Lends the line the socket, while the pump has nothing to do: what the hub of a line takes to its client need not wake
    /// the pump then. Such messages follow all frames that were transmitted, and are text. The writer comes back at once
    /// from a line that has no use for it; that is what a line without a hub does, and one that is around another.
    fn lend(&mut self, writer: Writer) -> Option<Writer> {
        Some(writer)
    }
    /// Gives back what was lent. The pump asks before anything else; from then on all goes through
    /// [`poll_outside`](Self::poll_outside) again.
    fn recall(&mut self) -> Option<Writer> {
        None
    }
}
