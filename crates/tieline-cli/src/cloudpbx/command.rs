//! `tieline call` and `tieline sms send`: what has a side effect, once.

use std::io::{self, Read as _, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_cloudpbx::rest::{Dial, MAX_BODY_CHARS, SendSms};
use tieline_cloudpbx::{SmsResponse, SmsState};
use tieline_core::Text;
use tieline_core::http::CallError;
use tieline_core::json::Encode as _;

use super::client::Client;
use super::{Origin, wait};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};

/// One character more than fits is read, so that too long a text is refused for what it is.
const MOST_READ: usize = (MAX_BODY_CHARS + 1) * char::MAX.len_utf8() + "\r\n".len();

/// A call that was asked for.
#[derive(Serialize)]
struct Called<'a> {
    from: &'a str,
    to: &'a str,
}

/// A message that was accepted.
#[derive(Serialize)]
struct Sent<'a> {
    to: &'a str,
    test: bool,
    /// The id of the message, and of its CDR.
    id: &'a str,
    state: Option<&'a str>,
    /// Whether no other state follows.
    r#final: bool,
    data: Box<RawValue>,
}

/// Runs `call`.
pub(crate) async fn call(args: args::Call, output: Output) -> Result<Exit, Failure> {
    if args.auto_answer {
        return Err(Failure::new(Exit::Usage, "--auto-answer is of Axeos: CloudPBX rings the telephone"));
    }
    let client = Client::new(&args.api)?;
    let (from, to) = (&*args.from, &*args.to);
    let outcome = client.rest.dial(&Dial::new(from, to)).await;
    outcome.map_err(|error| client.command_failed(&error, "called"))?;
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        writeln!(out, "the PBX calls {}, and then {}", printable(from), printable(to))?;
    } else {
        Line::new("call", 1, Origin::of(Called { from, to })).write(&mut out)?;
    }
    Ok(Exit::Ok)
}

/// Runs `sms send`.
pub(crate) async fn send_sms(args: args::SendSms, output: Output) -> Result<Exit, Failure> {
    let client = Client::new(&args.api)?;
    let text = if args.text == "-" { standard_input(MOST_READ).await? } else { args.text.clone() };
    let mut sms = SendSms::new(&*args.to, text);
    if args.test {
        sms = sms.test();
    }
    if args.wait {
        return wait::send(&client, &args, &sms, output).await;
    }
    let response = client.rest.send_sms(&sms).await.map_err(|error| refused(&client, &error))?;
    accepted(&args, &response, output)?;
    Ok(Exit::Ok)
}

/// Prints that a message is on its way.
pub(super) fn accepted(args: &args::SendSms, response: &SmsResponse<Text>, output: Output) -> io::Result<()> {
    // A reply without an id is an error of the call.
    let id = response.response_id.as_deref().unwrap_or_default();
    let state = response.response_status.as_ref();
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        let state = state.map_or("", SmsState::as_str);
        let test = if args.test { ", a test" } else { "" };
        writeln!(out, "{}  {}{test}", printable(id), printable(state))?;
    } else {
        let sent = Sent {
            to: &args.to,
            test: args.test,
            id,
            state: state.map(SmsState::as_str),
            r#final: state.is_some_and(SmsState::is_final),
            data: RawValue::from_string(response.to_json()).map_err(io::Error::from)?,
        };
        Line::new("sms", 1, Origin::of(sent)).write(&mut out)?;
    }
    out.flush()
}

/// The failure of a message, with the server's words.
pub(super) fn refused(client: &Client, error: &CallError) -> Failure {
    let failure = client.command_failed(error, "sent the message");
    let CallError::Api(answer) = error else { return failure };
    let response = SendSms::response_of(answer);
    match response.as_ref().and_then(|response| response.error_message()) {
        Some(said) => failure.saying(&printable(said)),
        None => failure,
    }
}

/// A text from standard input, without the line break at its end. Of one that is longer than `most` bytes no more is read.
pub(crate) async fn standard_input(most: usize) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(move || {
        let mut text = Vec::new();
        io::stdin().lock().take(most as u64).read_to_end(&mut text).map(|_| text)
    });
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let bytes = read.await.map_err(io::Error::other).flatten();
    let bytes = bytes.map_err(|error| usage(format!("cannot read the text from standard input: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| usage("the text on standard input is not UTF-8".to_owned()))?;
    Ok(text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text)).to_owned())
}
