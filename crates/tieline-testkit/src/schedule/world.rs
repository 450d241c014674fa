//! What a life is lived in.

use std::time::Duration;

use tieline_core::supervisor::LineEvent;
use tieline_core::{Instant, Session};

use super::fault::Fault;

/// A server of one protocol, the way to it, and what its client is to make of it.
///
/// Everything that the server sends as an event carries a mark, a number that no other event has.
pub trait World: Sized {
    /// The client: a supervisor of sessions, or a session that is its own.
    type Client: Session<Event = LineEvent<Self::Told>>;
    /// What the client's session tells.
    type Told;
    /// Whether events have numbers on the wire, so that those which the server sends twice are delivered once.
    const NUMBERED: bool;

    /// A client that was just started, and its world.
    fn begin(seed: u64, now: Instant) -> (Self, Self::Client);

    /// The client put something out.
    fn take_output(&mut self, now: Instant, output: <Self::Client as Session>::Transmit);
    /// What reaches the client now. What comes on a line waits there until it is `wanted`.
    fn poll_input(&mut self, now: Instant, wanted: bool) -> Option<<Self::Client as Session>::Input>;
    /// Whether an input is a sign of life of the server.
    fn is_life(input: &<Self::Client as Session>::Input) -> bool;
    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant);
    /// When something is due.
    fn poll_timeout(&self) -> Option<Instant>;

    /// The server sends the event `mark`. Whether it is to reach the client: false when the client was told that it is not
    /// subscribed to such.
    fn publish(&mut self, now: Instant, mark: u64) -> bool;
    /// Something goes wrong.
    fn suffer(&mut self, now: Instant, fault: Fault);
    /// All is well from now on.
    fn heal(&mut self, now: Instant);

    /// The application asks something, if it wants to or `asked` to. How many commands were accepted.
    fn order(&mut self, now: Instant, client: &mut Self::Client, asked: bool) -> usize;
    /// Takes the replies to commands. How many there were.
    fn take_replies(&mut self, now: Instant, client: &mut Self::Client) -> usize;

    /// What the client's session told, in terms of marks.
    fn read(&mut self, now: Instant, told: &Self::Told) -> Vec<Seen>;
    /// How often the server sent an event on lines that the client might read; asked only where numbers are missing.
    fn copies(&self, mark: u64) -> u32;
    /// The longest that anything was on its way.
    fn longest_latency(&self) -> Duration;
    /// When connections were asked for.
    fn dials(&self) -> &[Instant];
    /// Whether the client is live.
    fn is_live(client: &Self::Client) -> bool;
    /// Forgets what is over, so that a long life needs no more memory than a short one.
    fn forget(&mut self, now: Instant);
}

/// What something that was told means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// The event of this mark.
    Event(u64),
    /// The event of this mark is lost, says the client.
    Lost(u64),
    /// The state of something, whole.
    Snapshot,
}
