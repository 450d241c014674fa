//! Who answers.

use std::fmt;
use std::sync::Arc;

use tieline_core::{Instant, Text, Timestamp};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerRequestId};
use tieline_portsip_im::{ClientMessage, Credentials, Note, Status};

/// Names a connection, for as long as the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(super) u64);

/// Decides on logins and answers requests: the owner of users, topics and messages.
///
/// What can be refused without knowing anything was refused already. The calls of one connection come one after the other,
/// those of different connections at the same time. They are made on threads of the runtime, so none blocks for long.
pub trait Desk: Send + Sync + 'static {
    /// Judges a login. Compare tokens with [`Secret::matches`](tieline_core::Secret::matches).
    ///
    /// # Errors
    /// What the client is answered: [`Status::AUTHENTICATION_FAILED`], [`Status::UNKNOWN_SCHEME`] or another.
    fn login(&self, client: ClientId, credentials: &Credentials) -> Result<Accepted, Status>;

    /// Answers a `sub`, `leave`, `pub`, `get`, `set` or `del` of a client that is logged in, or an `acc` of any client.
    fn request(&self, message: &ClientMessage<Text>, exchange: Exchange<'_>);

    /// Takes a note, which is not answered.
    fn note(&self, client: ClientId, note: &Note<Text>);

    /// Forgets a connection, whether it was logged in or not.
    fn left(&self, client: ClientId);
}

impl<D: Desk + ?Sized> Desk for Arc<D> {
    fn login(&self, client: ClientId, credentials: &Credentials) -> Result<Accepted, Status> {
        (**self).login(client, credentials)
    }

    fn request(&self, message: &ClientMessage<Text>, exchange: Exchange<'_>) {
        (**self).request(message, exchange);
    }

    fn note(&self, client: ClientId, note: &Note<Text>) {
        (**self).note(client, note);
    }

    fn left(&self, client: ClientId) {
        (**self).left(client);
    }
}

/// One request on its way to its answer. Dropped without one, the client is answered 503 at the session's deadline.
pub struct Exchange<'a> {
    pub(super) session: &'a mut ImServer,
    pub(super) client: ClientId,
    pub(super) id: ServerRequestId,
    pub(super) now: Instant,
}

impl Exchange<'_> {
    /// Who asks.
    #[must_use]
    pub const fn client(&self) -> ClientId {
        self.client
    }

    /// The time that the answer carries unless it has one of its own: that of a message that is published now.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp<String> {
        self.session.timestamp(self.now)
    }

    /// Sends a message to this client before the answer: one that a `get` asks for.
    pub fn push(&mut self, message: Text) {
        self.session.push(self.now, message);
    }

    /// Sends a part of an answer of several: one of the sections.
    pub fn part(&mut self, part: impl Into<Answer>) {
        self.session.part(self.now, self.id, part);
    }

    /// Answers. What is published through the hub from now on comes after it.
    pub fn respond(self, answer: impl Into<Answer>) {
        self.session.respond(self.now, self.id, answer);
    }
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("client", &self.client).field("id", &self.id).finish_non_exhaustive()
    }
}
