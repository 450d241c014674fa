//! `tieline im history`.

use std::collections::VecDeque;

use serde::Serialize;
use tieline_portsip_im::client::{History, Received};

use super::{Origin, record, session};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line};

/// So many messages are asked for at once: servers of this family give no more.
const PAGE: u64 = 100;

/// What was printed.
#[derive(Serialize)]
struct Summary<'a> {
    topic: &'a str,
    messages: usize,
    first: Option<u64>,
    last: Option<u64>,
}

/// Runs `im history`.
pub(super) async fn run(args: args::History, output: Output) -> Result<Exit, Failure> {
    let client = session::attached(&args.account, &args.topic).await?;
    let mut found: VecDeque<Received> = VecDeque::new();
    let mut before = args.before;
    // The newest come first, so that pages are put before each other.
    while (found.len() as u64) < args.limit {
        let left = args.limit - found.len() as u64;
        let mut page = History::of(args.topic.as_str()).limit(left.min(PAGE) as u32);
        page.since = args.since;
        page.before = before;
        let page = client.history(page).await.map_err(|error| session::read_failed(&args.topic, &error))?;
        let lowest = page.messages.first().and_then(Received::seq);
        page.messages.into_iter().rev().for_each(|message| found.push_front(message));
        match lowest {
            Some(lowest) if lowest > args.since.unwrap_or(1).max(1) => before = Some(lowest),
            _ => break,
        }
    }
    client.close().await;
    let human = output::is_human(output);
    let mut out = anstream::stdout().lock();
    let mut number = 0;
    for message in &found {
        number += 1;
        record::print(&mut out, message, number, human)?;
    }
    if !human {
        let end = |message: Option<&Received>| message.and_then(Received::seq);
        let summary =
            Summary { topic: &args.topic, messages: found.len(), first: end(found.front()), last: end(found.back()) };
        Line::new("summary", number + 1, Origin::of(summary)).write(&mut out)?;
    }
    Ok(Exit::Ok)
}
