//! `tieline sms send --wait`: what becomes of a message.

use std::io::{self, Write};

use serde::Serialize;
use tieline_cloudpbx::client::ClientEvent;
use tieline_cloudpbx::rest::SendSms;
use tieline_cloudpbx::stream::Event;
use tieline_cloudpbx::{SmsEnd, SmsOutcome, SmsState};
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_core::{Sent, Text};
use tieline_tokio::Item;
use tieline_tokio::cloudpbx::{SmsError, SmsStep, send_and_wait};

use super::client::Client;
use super::command::{accepted, refused};
use super::{Origin, stream};
use crate::args::{Output, SendSms as Args};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::trust;
use crate::output::{self, Line, printable};

/// States that come before the answer are kept for it, so many at most.
const EARLY: usize = 256;

/// Sends the message once the stream is live, and prints its states until there is a final one.
pub(super) async fn send(client: &Client, args: &Args, sms: &SendSms, output: Output) -> Result<Exit, Failure> {
    let nothing_sent = |failure: Failure| failure.and("Nothing was sent.");
    let Some(url) = &args.stream else { return Err(Failure::new(Exit::Usage, "--wait needs --stream")) };
    let (address, in_address) = stream::address(url)?;
    let key = in_address.filter(|_| args.api.key.key_file.is_none()).unwrap_or_else(|| client.key.clone());
    let opened = stream::open(address, key, trust(&args.api.tls)?, |_| {});
    let (line, mut events) = opened.await.map_err(nothing_sent)?;
    let mut progress = Progress { args, output, id: None, early: Vec::new(), number: 1, closed: None, wrote: Ok(()) };
    let outcome = send_and_wait(&client.rest, &line, &mut events, sms, args.timeout, |step| progress.step(step)).await;
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), line.close()).await;
    match outcome {
        Ok(outcome) => progress.finish(&outcome),
        Err(SmsError::Call(error)) => {
            let failure = refused(client, &error);
            Err(if error.sent() == Sent::Nothing { nothing_sent(failure) } else { failure })
        }
        Err(error) => Err(match progress.closed {
            Some(cause) => nothing_sent(Failure::down(&cause)),
            None => Failure::new(Exit::Unreachable, error.to_string()),
        }),
    }
}

/// What is printed as it happens.
struct Progress<'a> {
    args: &'a Args,
    output: Output,
    /// The id of the message, once there is one.
    id: Option<Text>,
    /// States of messages, until it is known which one is ours.
    early: Vec<(Text, SmsState<Text>)>,
    number: u64,
    /// Why the stream is over.
    closed: Option<DownCause>,
    wrote: io::Result<()>,
}

/// A state of the message.
#[derive(Serialize)]
struct Told<'a> {
    to: &'a str,
    id: &'a str,
    state: &'a str,
    r#final: bool,
}

/// The last line.
#[derive(Serialize)]
struct Summary<'a> {
    id: &'a str,
    /// `delivered`, `undelivered` or `unknown`.
    outcome: &'static str,
    state: Option<&'a str>,
    stream_was_lost: bool,
}

impl Progress<'_> {
    fn step(&mut self, step: SmsStep) {
        let wrote = match step {
            SmsStep::Answered(response) => {
                self.id.clone_from(&response.response_id);
                let early = std::mem::take(&mut self.early);
                accepted(self.args, &response, self.output)
                    .and_then(|()| early.iter().try_for_each(|(id, state)| self.told(id, state)))
            }
            SmsStep::Item(item) => self.item(item),
            _ => Ok(()),
        };
        if self.wrote.is_ok() {
            self.wrote = wrote;
        }
    }

    fn item(&mut self, item: Item<ClientEvent>) -> io::Result<()> {
        match item {
            Item::Line(LineEvent::Session(ClientEvent::Received(received))) => {
                let Event::SmsSendResponse(event) = received.event else { return Ok(()) };
                let (Some(id), Some(state)) = (event.message_id, event.status) else { return Ok(()) };
                if self.id.is_some() {
                    return self.told(&id, &state);
                }
                if self.early.len() < EARLY {
                    self.early.push((id, state));
                }
            }
            Item::Line(LineEvent::Down { cause, .. }) => {
                tracing::warn!("the stream was lost: {cause}; it is opened again")
            }
            Item::Line(LineEvent::Closed(cause)) => self.closed = cause,
            _ => {}
        }
        Ok(())
    }

    /// Prints a state, if it is that of the message.
    fn told(&mut self, id: &Text, state: &SmsState<Text>) -> io::Result<()> {
        if self.id.as_ref() != Some(id) {
            return Ok(());
        }
        self.number += 1;
        let mut out = anstream::stdout().lock();
        if output::is_human(self.output) {
            writeln!(out, "{}  {}", printable(id), printable(state.as_str()))?;
        } else {
            let told = Told { to: &self.args.to, id, state: state.as_str(), r#final: state.is_final() };
            Line::new("sms", self.number, Origin::of(told)).write(&mut out)?;
        }
        out.flush()
    }

    fn finish(mut self, outcome: &SmsOutcome) -> Result<Exit, Failure> {
        let (state, is_final) = match &outcome.end {
            SmsEnd::Final(state) => (Some(state), true),
            SmsEnd::Deadline(state) => (state.as_ref(), false),
        };
        let (word, exit) = match state {
            Some(SmsState::Delivered) if is_final => ("delivered", Exit::Ok),
            Some(SmsState::Unknown | SmsState::NotFound) | None => ("unknown", Exit::DeliveryUnknown),
            Some(_) if is_final => ("undelivered", Exit::Undelivered),
            Some(_) => ("unknown", Exit::DeliveryUnknown),
        };
        let shown = state.map(SmsState::as_str);
        if self.wrote.is_ok() && !output::is_human(self.output) {
            self.number += 1;
            let stream_was_lost = outcome.stream_was_lost;
            let summary = Summary { id: &outcome.id, outcome: word, state: shown, stream_was_lost };
            self.wrote = Line::new("summary", self.number, Origin::of(summary)).write(&mut anstream::stdout().lock());
        }
        // Who does not read has the exit code all the same.
        match self.wrote {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        let id = printable(&outcome.id);
        let words = match exit {
            Exit::Ok => return Ok(exit),
            Exit::Undelivered => {
                format!("the message {id} was not delivered: {}", printable(shown.unwrap_or_default()))
            }
            _ if is_final => format!("the network has no report of the message {id}"),
            _ if outcome.stream_was_lost => {
                format!("it is not known what became of the message {id}, and the stream was away meanwhile")
            }
            _ => format!("no final state of the message {id} within {:?}", self.args.timeout),
        };
        Err(Failure::new(exit, format!("{words}\nIts record has the same id: look with `tieline cdr`.")))
    }
}
