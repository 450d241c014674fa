//! Text messages, and what becomes of them.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use tieline_cloudpbx::SmsOutcome;
use tieline_cloudpbx::rest::SendSms;
use tieline_core::supervisor::Phase;
use tieline_dial::cloudpbx::{SmsError, SmsStep, SmsWait};

use super::{Client, Events, Item, Rest};

/// Sends a text message, and waits on the event stream for its final state: at most `within`, from now on, but as long as
/// the call takes. A state that comes before the call is answered counts.
///
/// The message is sent once the stream is live, and never before. `client` and `events` are those of one stream; all that
/// comes on it meanwhile is handed to `on_step`, in order, the states of this message among them, and so is the answer. When the stream ends, the
/// wait does. The outcome says whether the stream was away, or may have missed something, since the message was sent: then
/// no state within the time says little, and the CDR with the message's id as `uniqueid` says more.
///
/// When the future is dropped early, the message may be sent or not, and no item is lost.
///
/// # Errors
/// [`SmsError`]; its [`sent`](SmsError::sent) says whether the message may be on its way.
pub async fn send_and_wait(
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
        let item = match events.take_waiting() {
            Some(item) => item,
            None if client.phase() == Phase::Live => break,
            None => {
                let left = until.since(clock.now());
                tokio::time::timeout(left, events.next()).await.map_err(|_| SmsError::NotLive)?
            }
        };
        on_step(SmsStep::Item(item.ok_or(SmsError::StreamEnded)?));
    }

    let mut wait = SmsWait::new(clock.now(), until);
    let take = |wait: &mut SmsWait, on_step: &mut dyn FnMut(SmsStep), item: Item| {
        wait.item(clock.now(), &item);
        on_step(SmsStep::Item(item));
    };
    let mut call = pin!(rest.send_sms(sms));
    let response = loop {
        match select(call.as_mut(), pin!(events.next())).await {
            Either::Left((answer, _)) => break answer?,
            Either::Right((Some(item), _)) => take(&mut wait, &mut on_step, item),
            Either::Right((None, _)) => break call.await?,
        }
    };
    on_step(SmsStep::Answered(response.clone()));
    while let Some(Some(item)) = events.take_waiting() {
        take(&mut wait, &mut on_step, item);
    }
    wait.answered(clock.now(), response);
    loop {
        let now = clock.now();
        if let Some(outcome) = wait.poll_outcome(now) {
            return Ok(outcome);
        }
        match tokio::time::timeout(until.since(now), events.next()).await {
            Ok(Some(item)) => take(&mut wait, &mut on_step, item),
            Ok(None) => wait.stream_ended(),
            Err(_) => wait.end(),
        }
    }
}
