//! Text messages, and what becomes of them.

use std::time::Duration;

use tieline_cloudpbx::SmsOutcome;
use tieline_cloudpbx::rest::SendSms;
use tieline_core::supervisor::Phase;
use tieline_dial::cloudpbx::{SmsError, SmsStep, SmsWait};

use super::{Client, Events, Item, Rest};
use crate::NoEvent;

/// Sends a text message, and waits on the event stream for its final state: at most `within`, from now on, but as long as
/// the call takes. A state that comes before the call is answered counts.
///
/// The message is sent once the stream is live, and never before. `client` and `events` are those of one stream; all that
/// comes on it meanwhile is handed to `on_step`, in order, the states of this message among them, and so is the answer; what comes during the call
/// waits in the queue until it is answered. When the stream ends, the wait does, and a
/// [`Canceller`](crate::Canceller) of the events ends it as the deadline does. The outcome says whether the stream was away,
/// or may have missed something, since the message was sent: then no state within the time says little, and the CDR with the
/// message's id as `uniqueid` says more.
///
/// # Errors
/// [`SmsError`]; its [`sent`](SmsError::sent) says whether the message may be on its way.
pub fn send_and_wait(
    rest: &Rest,
    client: &Client,
    events: &mut Events,
    sms: &SendSms,
    within: Duration,
    mut on_step: impl FnMut(SmsStep),
) -> Result<SmsOutcome, SmsError> {
    let clock = events.clock();
    let until = clock.now() + within;
    // What is told of the time before the message is sent is no loss for it.
    loop {
        let item = match events.next_event(Duration::ZERO) {
            Err(NoEvent::TimedOut) if client.phase() == Phase::Live => break,
            Err(NoEvent::TimedOut) => events.next_event(until.since(clock.now())),
            item => item,
        };
        let item = item.map_err(|none| match none {
            NoEvent::TimedOut => SmsError::NotLive,
            NoEvent::Cancelled => SmsError::Cancelled,
            NoEvent::Ended => SmsError::StreamEnded,
        })?;
        on_step(SmsStep::Item(item));
    }

    let mut wait = SmsWait::new(clock.now(), until);
    let take = |wait: &mut SmsWait, on_step: &mut dyn FnMut(SmsStep), item: Item| {
        wait.item(clock.now(), &item);
        on_step(SmsStep::Item(item));
    };
    let response = rest.send_sms(sms)?;
    on_step(SmsStep::Answered(response.clone()));
    let mut cancelled = false;
    loop {
        match events.next_event(Duration::ZERO) {
            Ok(item) => take(&mut wait, &mut on_step, item),
            Err(NoEvent::Cancelled) => cancelled = true,
            Err(NoEvent::TimedOut | NoEvent::Ended) => break,
        }
    }
    wait.answered(clock.now(), response);
    if cancelled {
        wait.end();
    }
    loop {
        let now = clock.now();
        if let Some(outcome) = wait.poll_outcome(now) {
            return Ok(outcome);
        }
        match events.next_event(until.since(now)) {
            Ok(item) => take(&mut wait, &mut on_step, item),
            Err(NoEvent::Ended) => wait.stream_ended(),
            Err(NoEvent::TimedOut | NoEvent::Cancelled) => wait.end(),
        }
    }
}
