//! What the application asked for: calls, and lists of its own.

use alloc::collections::{BTreeMap, VecDeque};

use tieline_core::{ExchangeFailure, ExchangeFailureKind, Instant, RequestError, RequestId, Text};

use super::exchange::{Answer, ExchangeId, Reply};

/// Commands in flight, each in an exchange of its own beside the polls, and the replies that wait to be taken.
#[derive(Debug, Default)]
pub(super) struct Calls {
    next_request: u64,
    flights: BTreeMap<ExchangeId, (RequestId, Instant)>,
    pub(super) replies: VecDeque<(RequestId, Result<Reply, RequestError>)>,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    pub(super) fn begin(&mut self, exchange: ExchangeId, deadline: Instant) -> RequestId {
        let id = RequestId::new(self.next_request);
        self.next_request += 1;
        self.flights.insert(exchange, (id, deadline));
        id
    }

    pub(super) fn ended(&mut self, exchange: ExchangeId, result: Result<Answer, ExchangeFailure>) {
        let Some((id, _)) = self.flights.remove(&exchange) else { return };
        let reply = match result {
            Ok(Answer::Call(reply)) => Ok(Reply::Call(reply)),
            Ok(Answer::Users(users)) => Ok(Reply::Users(users)),
            Ok(Answer::Phones(phones)) => Ok(Reply::Phones(phones)),
            Ok(Answer::Events(_)) => {
                Err(RequestError::Unreadable { reason: Text::from_static("it answers another call") })
            }
            Err(failure) => Err(request_error(failure)),
        };
        self.replies.push_back((id, reply));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.flights.values().map(|(_, deadline)| *deadline).min()
    }

    /// Gives up those whose time is over; gives the first of them.
    pub(super) fn expire(&mut self, now: Instant) -> Option<ExchangeId> {
        let (exchange, _) = self.flights.iter().find(|(_, (_, deadline))| *deadline <= now)?;
        let exchange = *exchange;
        let (id, _) = self.flights.remove(&exchange)?;
        self.replies.push_back((id, Err(RequestError::Timeout)));
        Some(exchange)
    }

    /// Ends all of them: the session is over.
    pub(super) fn close(&mut self) -> impl Iterator<Item = ExchangeId> + use<> {
        let flights = core::mem::take(&mut self.flights);
        self.replies.extend(flights.values().map(|(id, _)| (*id, Err(RequestError::Closed))));
        flights.into_keys()
    }
}

fn request_error(failure: ExchangeFailure) -> RequestError {
    match failure.kind {
        ExchangeFailureKind::Status { status, .. } => {
            RequestError::Refused { status: status.into(), reason: Text::new() }
        }
        ExchangeFailureKind::Timeout => RequestError::Timeout,
        ExchangeFailureKind::Unreadable { reason } => RequestError::Unreadable { reason },
        ExchangeFailureKind::Empty => RequestError::Unreadable { reason: Text::from_static("it is empty") },
        ExchangeFailureKind::TooLong => RequestError::Unreadable { reason: Text::from_static("it is too long") },
        _ => RequestError::Disconnected(failure.sent),
    }
}
