//! What became of a text message: the call that sends it and the stream that tells its states.

use std::time::Duration;

use tieline_cloudpbx::client::{ClientEvent, IdNote};
use tieline_cloudpbx::stream::Event;
use tieline_cloudpbx::{SmsOutcome, SmsResponse, SmsTracker, TrackerLimits};
use tieline_core::http::CallError;
use tieline_core::supervisor::LineEvent;
use tieline_core::{Class, Instant, Sent, Text};

use crate::Item;

/// Why it is not known what became of a text message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmsError {
    /// The stream was not live in time: nothing was sent.
    #[error("the stream was not live in time; nothing was sent")]
    NotLive,
    /// The stream is over: nothing was sent.
    #[error("the stream is over; nothing was sent")]
    StreamEnded,
    /// The wait for the stream was cancelled: nothing was sent.
    #[error("cancelled; nothing was sent")]
    Cancelled,
    /// The call failed. [`CallError::sent`] says whether the message may be on its way.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl SmsError {
    /// What to do about it, if the message was not [sent](Self::sent).
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::NotLive | Self::Cancelled => Class::Retry,
            Self::StreamEnded => Class::Terminal,
            Self::Call(error) => error.class(),
        }
    }

    /// How much of the call had left: whether the message may be on its way.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        match self {
            Self::NotLive | Self::StreamEnded | Self::Cancelled => Sent::Nothing,
            Self::Call(error) => error.sent(),
        }
    }
}

/// What happens while a text message is sent and waited for.
// Nearly every one is an item.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmsStep {
    /// An item of the stream; before the answer too, a state of this message among them.
    Item(Item<ClientEvent>),
    /// The call was answered: the message is on its way, under this id. Once, and not when the call failed.
    Answered(SmsResponse<Text>),
}

/// The wait for the final state of one message, without a clock or a stream: for adapters. Who waits for many at once takes
/// a [`SmsTracker`].
#[derive(Debug)]
pub struct SmsWait {
    tracker: SmsTracker,
    sent: Instant,
    until: Instant,
}

impl SmsWait {
    /// A message that is to be sent at `sent`, with the stream live, and waited for until `until`.
    #[must_use]
    pub fn new(sent: Instant, until: Instant) -> Self {
        // The call has its own deadline: what came during it counts, however long it took.
        let limits = TrackerLimits { waiting: 1, early_for: Duration::MAX, ..TrackerLimits::default() };
        let mut tracker = SmsTracker::new(limits);
        tracker.stream_live(sent);
        Self { tracker, sent, until }
    }

    /// Until when it is waited.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// The stream yielded `item`.
    pub fn item(&mut self, now: Instant, item: &Item<ClientEvent>) {
        match item {
            Item::Line(LineEvent::Session(ClientEvent::Received(received))) => {
                if let Event::SmsSendResponse(told) = &received.event
                    && let (Some(id), Some(state)) = (&told.message_id, &told.status)
                {
                    self.tracker.observed(now, id, state.clone());
                }
            }
            Item::Line(LineEvent::Live(_)) => self.tracker.stream_live(now),
            Item::Line(LineEvent::Down { .. } | LineEvent::Closed(_)) => self.tracker.stream_lost(),
            // The line is there, and still something may have been missed.
            Item::Lagged(_)
            | Item::Line(
                LineEvent::Gap(_) | LineEvent::Session(ClientEvent::Id(IdNote::Missing { .. } | IdNote::Reset { .. })),
            ) => {
                self.tracker.stream_lost();
                self.tracker.stream_live(now);
            }
            _ => {}
        }
    }

    /// The call was answered.
    pub fn answered(&mut self, now: Instant, response: SmsResponse<Text>) {
        let id = response.response_id.unwrap_or_default();
        // A call without an id is an error, and a tracker of one has room for one.
        let full = self.tracker.answered(now, self.sent, &id, response.response_status, self.until).is_err();
        debug_assert!(!full, "one message is waited for");
    }

    /// The outcome; to be asked once the call was answered. At the deadline at the latest there is one.
    pub fn poll_outcome(&mut self, now: Instant) -> Option<SmsOutcome> {
        self.tracker.handle_timeout(now);
        self.tracker.poll_outcome()
    }

    /// Ends the wait of an answered call now, as at the deadline: the outcome has the last state there was.
    pub fn end(&mut self) {
        self.tracker.handle_timeout(self.until);
    }

    /// The stream is over: ends the wait, and the outcome says that the stream was lost.
    pub fn stream_ended(&mut self) {
        self.tracker.stream_lost();
        self.end();
    }
}
