//! `tieline call` over an Axeos PBX: once.

use std::io::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_axeos::http::MakeCall;
use tieline_axeos::{CallRequest, CallStatus};
use tieline_core::json::Encode as _;

use super::Place;
use super::login::{failed, is_undone};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, Source, printable};
use crate::password;

/// A call that was asked for, and what became of it.
#[derive(Serialize)]
struct Called<'a> {
    #[serde(flatten)]
    source: Source,
    from: &'a str,
    to: &'a str,
    /// The id of the call, as its events have it; `null` when it was not put through.
    call: Option<&'a str>,
    status: Option<&'a str>,
    data: Option<Box<RawValue>>,
}

/// Runs `call`.
pub(crate) async fn call(args: args::Call, output: Output) -> Result<Exit, Failure> {
    let [url] = args.api.urls.as_slice() else {
        return Err(Failure::new(Exit::Usage, "which PBX? --api https://HOST names it, once"));
    };
    let user = args.user.user.as_deref().map(|name| (name, password::Source::from(&args.user)));
    let place = Place::new(url, user, &args.api.key, &args.api.tls)?;
    let (from, to) = (&*args.from, &*args.to);
    let mut request = CallRequest::new(from, to);
    if args.auto_answer {
        request = request.auto_answer();
    }
    let reply = place.api()?.call(&MakeCall::new(request)).await.map_err(|error| {
        if is_undone(&error) {
            return failed(&error);
        }
        let words = format!("it is not known whether the PBX called: {error}\nNothing was repeated.");
        Failure::new(Exit::OutcomeUnknown, words)
    })?;
    let status = reply.status.as_ref().map(CallStatus::as_str);
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        let id = reply.unique_id.as_deref().map_or(String::new(), |id| format!("  {}", printable(id)));
        let status = printable(status.unwrap_or("no status"));
        writeln!(out, "{} to {}: {status}{id}", printable(from), printable(to))?;
    } else {
        let data = RawValue::from_string(reply.to_json()).ok();
        let called = Called { source: Source::AXEOS_REST, from, to, call: reply.unique_id.as_deref(), status, data };
        Line::new("call", 1, called).write(&mut out)?;
    }
    match reply.status {
        Some(CallStatus::Success) => Ok(Exit::Ok),
        _ => Ok(Exit::Refused),
    }
}
