//! What a protocol over a WebSocket adds to the world of lines.

use tieline_core::supervisor::{Policy, Supervised};
use tieline_core::{ClientSession, Frame, Instant, RequestError, Session, Text};

use crate::schedule::{Fault, Seen};

/// What the server refuses at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusals {
    /// Every login.
    pub logins: bool,
    /// Every subscription.
    pub subscriptions: bool,
}

/// What an application asks.
pub type CommandOf<P> = <<P as Protocol>::Session as ClientSession>::Command;
/// What it is answered.
pub type ReplyOf<P> = <<P as Protocol>::Session as ClientSession>::Reply;

/// A server of one protocol, and what its client is to make of it.
pub trait Protocol: Sized {
    /// The client's session.
    type Session: Supervised<Resume: Default>;
    /// The server's session on one line.
    type Server: Session<Input = Frame, Transmit = Frame>;
    /// Whether events have numbers that the client goes by.
    const NUMBERED: bool;

    /// A server that was just started.
    fn begin() -> Self;
    /// How the client is set up, the policy apart.
    fn config() -> <Self::Session as ClientSession>::Config;
    /// What the client wants from the start.
    fn resume() -> <Self::Session as ClientSession>::Resume;
    /// What each dial brings.
    fn credentials() -> <Self::Session as Supervised>::Credentials;
    /// Changes of the usual policy.
    fn policy(_policy: &mut Policy) {}

    /// A line was opened.
    fn accept(&mut self, now: Instant) -> Self::Server;
    /// Whether the login of a line was accepted.
    fn is_logged_in(server: &Self::Server) -> bool;
    /// Answers what a client asked on a line.
    fn serve(&mut self, now: Instant, server: &mut Self::Server, refusals: Refusals);
    /// Sends the event `mark` on all lines that want it. Whether the client is to have it, see
    /// [`World::publish`](crate::schedule::World::publish).
    fn publish(&mut self, now: Instant, mark: u64, servers: Vec<&mut Self::Server>) -> bool;
    /// The mark of an event on the wire.
    fn mark_of(text: &Text) -> Option<u64>;
    /// A text that is JSON and of no known kind.
    fn unknown() -> &'static str;
    /// Something that is the server's own affair goes wrong: restarts and numbers.
    fn suffer(&mut self, fault: Fault);

    /// What the server did wrong has no consequences for what it sends from now on.
    fn heal(&mut self) {}

    /// What the client's session told.
    fn read(&mut self, now: Instant, told: &<Self::Session as Session>::Event) -> Vec<Seen>;
    /// What the application wants to ask now; `asked` when it is its time to ask something. `None` when nothing.
    fn order(&mut self, now: Instant, asked: bool) -> Option<CommandOf<Self>>;
    /// When the application wants to ask something unasked.
    fn poll_order(&self) -> Option<Instant> {
        None
    }
    /// A command was answered.
    fn replied(&mut self, now: Instant, reply: Result<ReplyOf<Self>, RequestError>);
    /// Forgets what is over.
    fn forget(&mut self, now: Instant);
}
