//! What a poller asks of its driver, and what it is told.

use tieline_core::{ExchangeFailure, Instant, Text};

use crate::{Batch, CallReply, CallRequest, Listing, Phone, Poll, User};

/// Names one exchange, so that nothing of an earlier one is taken for the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub(super) u64);

impl ExchangeId {
    /// The number of the exchange, from 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What a poller asks of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Make an exchange, once.
    Send(Exchange),
    /// Drop an exchange with its connection: its answer is no longer wanted.
    Cancel(ExchangeId),
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// Whose [`Outcome`] its end is.
    pub id: ExchangeId,
    /// What is asked.
    pub ask: Ask,
    /// When it must be over. The poller keeps the time itself; a driver may use it for its own.
    pub deadline: Instant,
}

/// What is asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ask {
    /// `GET events`.
    Poll(Poll),
    /// `GET users?status=1`.
    Users,
    /// `GET phones?status=1`.
    Phones,
    /// `POST call`: has an effect, and is never made twice.
    Call(CallRequest),
}

/// What a driver tells a poller: how an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Which exchange.
    pub id: ExchangeId,
    /// Its answer, or why there is none.
    pub result: Result<Answer, ExchangeFailure>,
}

impl Outcome {
    /// The end of an exchange.
    #[must_use]
    pub const fn new(id: ExchangeId, result: Result<Answer, ExchangeFailure>) -> Self {
        Self { id, result }
    }
}

/// What a server answered, by what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// To [`Ask::Poll`].
    Events(Batch),
    /// To [`Ask::Users`].
    Users(Listing<User<Text>>),
    /// To [`Ask::Phones`].
    Phones(Listing<Phone<Text>>),
    /// To [`Ask::Call`].
    Call(CallReply<Text>),
}

/// What an application can ask of a poller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Make a call. Sent once: when its answer is lost, the reply is an error that says whether the PBX may have acted.
    Call(CallRequest),
    /// Read the users now, for whoever asks: no event tells of it, and nothing else of the poller changes by it.
    Users,
    /// Read the phones now, in the same way.
    Phones,
}

/// The answer to a [`Command`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// What became of the call.
    Call(CallReply<Text>),
    /// The users.
    Users(Listing<User<Text>>),
    /// The phones.
    Phones(Listing<Phone<Text>>),
}
