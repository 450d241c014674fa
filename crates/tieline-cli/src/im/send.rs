//! `tieline im send`.

use std::io::Write as _;

use serde::Serialize;
use tieline_portsip_im::client::Publish;

use super::record::utc;
use super::{Origin, session};
use crate::args::{self, Output};
use crate::cloudpbx::standard_input;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};

/// A text from standard input may have so many bytes: the longest message that servers of this family take.
const LONGEST: usize = 512 << 10;

/// A message that was published.
#[derive(Serialize)]
struct Sent<'a> {
    topic: &'a str,
    seq: Option<u64>,
    ts: Option<String>,
    /// The id of the publish; PortSIP's messages carry it as `reqid`.
    id: &'a str,
}

/// Runs `im send`.
pub(super) async fn run(args: args::Send, output: Output) -> Result<Exit, Failure> {
    let text = if args.text == "-" { standard_input(LONGEST + 1).await? } else { args.text };
    if text.len() > LONGEST {
        return Err(Failure::new(Exit::Usage, format!("the text is longer than {LONGEST} bytes")));
    }
    let client = session::attached(&args.account, &args.topic).await?;
    let publish = Publish::text(args.topic.as_str(), &text).without_echo();
    let sent = client.publish(publish).await.map_err(|error| session::change_failed(&args.topic, &error))?;
    client.close().await;
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        let number = sent.seq.map_or_else(|| "sent".to_owned(), |seq| format!("sent as #{seq}"));
        writeln!(out, "{}  {number}", printable(&args.topic))?;
    } else {
        let sent = Sent { topic: &args.topic, seq: sent.seq, ts: sent.ts.as_ref().and_then(utc), id: &sent.id };
        Line::new("sent", 1, Origin::of(sent)).write(&mut out)?;
    }
    Ok(Exit::Ok)
}
