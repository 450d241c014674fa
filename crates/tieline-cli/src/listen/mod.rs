//! `tieline listen`: print the events of a PBX until stopped.

mod axeos;
mod cloudpbx;
pub(crate) mod wsi;

use std::time::Duration;

use tieline_core::ClientSession;
use tieline_core::Secret;
use tieline_core::supervisor::{DownCause, LineEvent, Policy};
use tieline_tls::Trust;
use tieline_tokio::{Client, Events, Item as StreamItem};
use tokio::time::Instant;

use crate::args::{Listen, Output, Protocol, Tls, Waits};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Item, Printer, Source, Tell};

pub(crate) use wsi::words;

/// Runs the command.
pub(crate) async fn run(args: Listen, output: Output) -> Result<Exit, Failure> {
    let deadline = args.stay.duration.map(|duration| Instant::now() + duration);
    match args.protocol.map_or_else(|| protocol_of(&args.url), Ok)? {
        Protocol::Wsi => {
            let (client, events) = by(deadline, wsi::open(&args)).await?;
            // The stream is read while the subscriptions are asked for: their snapshots come before their answers.
            let asked = wsi::subscribe(&client, &args);
            follow(&client, events, Source::WSI, asked, &args, output, deadline).await
        }
        Protocol::Cloudpbx => {
            let (client, events) = by(deadline, cloudpbx::open(&args)).await?;
            follow(&client, events, Source::CLOUDPBX_STREAM, async { Ok(()) }, &args, output, deadline).await
        }
        Protocol::Axeos => {
            let (client, events) = by(deadline, axeos::open(&args)).await?;
            follow(&client, events, Source::AXEOS_EVENTS, async { Ok(()) }, &args, output, deadline).await
        }
    }
}

/// What is opened by the deadline, if there is one.
async fn by<T>(deadline: Option<Instant>, opening: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let Some(deadline) = deadline else { return opening.await };
    let late = || Err(Failure::new(Exit::Unreachable, "there was no connection within the time of --for"));
    tokio::time::timeout_at(deadline, opening).await.unwrap_or_else(|_| late())
}

/// Prints what comes on a line until the options say that it is enough, or `asked` fails; then closes the line.
async fn follow<S, E>(
    client: &Client<S>,
    mut events: Events<E>,
    source: Source,
    asked: impl Future<Output = Result<(), Failure>>,
    args: &Listen,
    output: Output,
    deadline: Option<Instant>,
) -> Result<Exit, Failure>
where
    S: ClientSession,
    E: Tell,
{
    let mut printer = Printer::new(output, args.raw, Clock(client.clock()), source);
    let listened = listen(&mut events, &mut printer, args);
    let both = async {
        tokio::pin!(asked, listened);
        tokio::select! {
            asked = &mut asked => { asked?; listened.await }
            end = &mut listened => end,
        }
    };
    let result = match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, both).await.unwrap_or(Ok(Exit::Ok)),
        None => both.await,
    };
    // A short goodbye; the exit code is decided.
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    result
}

/// Prints what comes until the end, the asked number of events, or the first gap.
async fn listen<E: Tell>(events: &mut Events<E>, printer: &mut Printer, args: &Listen) -> Result<Exit, Failure> {
    let mut left = args.stay.count;
    while let Some(item) = events.next().await {
        let mut gap = false;
        match item {
            StreamItem::Line(LineEvent::Closed(None)) => return Ok(Exit::Ok),
            StreamItem::Line(LineEvent::Closed(Some(cause))) => return Err(Failure::down(&cause)),
            StreamItem::Line(LineEvent::Session(told)) => {
                let event_type = told.event_type();
                if event_type.is_some_and(|event_type| !wanted(&args.only, event_type)) {
                    continue;
                }
                printer.print(&Item::Told(&told))?;
                if let Some(complaint) = told.complaint() {
                    tracing::error!("{complaint}");
                }
                gap = told.is_gap();
                if event_type.is_some()
                    && let Some(left) = &mut left
                {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        return Ok(Exit::Ok);
                    }
                }
            }
            StreamItem::Line(LineEvent::Gap(missed)) => {
                printer.print(&Item::Gap(&missed))?;
                gap = true;
            }
            StreamItem::Line(LineEvent::Resynced) => printer.print(&Item::Resynced)?,
            StreamItem::Line(LineEvent::Live(line)) => printer.print(&Item::Live { line: line.get() })?,
            StreamItem::Line(LineEvent::Down { cause, retry_at }) => {
                printer.print(&Item::Down { cause: &cause, retry_at })?;
            }
            StreamItem::Lagged(lost) => printer.print(&Item::Lagged(lost))?,
            _ => {}
        }
        if gap && args.fail_on_gap {
            return Err(Failure::new(Exit::Gap, "events may have been missed"));
        }
    }
    Ok(Exit::Ok)
}

/// A policy with what the options say of connecting.
const fn policy(args: &Listen, mut policy: Policy) -> Policy {
    let Waits { retry_delay, retry_max, connect_timeout, .. } = args.waits;
    policy.retry_first = args.stay.retry;
    policy.reconnect = !args.stay.no_reconnect;
    policy.backoff.base = retry_delay;
    policy.backoff.cap = retry_max;
    policy.dial_timeout = connect_timeout;
    policy
}

/// After how long a silence a line is asked whether it is still there: often enough that one answer may be lost.
fn ping_after(idle_timeout: Duration) -> Duration {
    idle_timeout * 2 / 5
}

/// An option that was given and is of WSI alone.
fn wsi_option(args: &Listen) -> Option<&'static str> {
    let of_wsi = [
        ("--dialect", args.dialect.is_some()),
        ("--topic", !args.topic.is_empty()),
        ("--ext", !args.selection.ext.is_empty()),
        ("--queue", !args.selection.queue.is_empty()),
        ("--tenant-id", !args.selection.tenant_id.is_empty()),
        ("--extension", args.login.extension.is_some()),
        ("--tenant", args.login.tenant.is_some()),
    ];
    of_wsi.iter().find(|(_, given)| *given).map(|(option, _)| *option)
}

/// The protocol that an address tells of.
pub(crate) fn protocol_of(url: &Secret) -> Result<Protocol, Failure> {
    let url = url.expose();
    let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once('/').map_or("", |(_, path)| path);
    match path.trim_end_matches('/') {
        "" | "wsi" => Ok(Protocol::Wsi),
        path if path.starts_with("ws/pbx_") => Ok(Protocol::Cloudpbx),
        "apis/pbx" => Ok(Protocol::Axeos),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("the path `/{path}` does not tell the protocol: name it with --protocol wsi, cloudpbx or axeos"),
        )),
    }
}

/// Whom to trust.
pub(crate) fn trust(tls: &Tls) -> Result<Trust, Failure> {
    if tls.tls_insecure {
        return Ok(Trust::Insecure);
    }
    if !tls.tls_pin.is_empty() {
        return Ok(Trust::Pins(tls.tls_pin.clone()));
    }
    let Some(path) = &tls.tls_ca else { return Ok(Trust::System) };
    let usage = |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("{}: {error}", path.display()));
    let pem = std::fs::read(path).map_err(|error| usage(&error))?;
    Trust::ca_pem(&pem).map_err(|error| usage(&error))
}

/// Whether a type is named by one of the patterns; without patterns every type is.
fn wanted(patterns: &[String], event_type: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, event_type))
}

/// Whether `*` for anything makes the pattern equal to the text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))),
    }
}

impl Failure {
    /// The failure of a line that was given up.
    pub(crate) fn down(cause: &DownCause) -> Self {
        Self::new(crate::failure::exit_of(cause), cause.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{matches, protocol_of};
    use crate::args::Protocol;

    #[test]
    fn the_path_tells_the_protocol_or_asks_for_it() {
        let told = |url: &str| protocol_of(&url.into()).ok();
        assert_eq!(told("wss://pbx:8885"), Some(Protocol::Wsi));
        assert_eq!(told("wss://pbx:8887/wsi?dialect=v16"), Some(Protocol::Wsi));
        assert_eq!(told("https://pbx/ws/pbx_A?pbxkey=a/b"), Some(Protocol::Cloudpbx));
        assert_eq!(told("wss://pbx?a/ws/pbx_A"), Some(Protocol::Wsi));
        assert_eq!(told("https://pbx/apis/pbx/"), Some(Protocol::Axeos));
        assert_eq!(told("wss://pbx/chat"), None);
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("call_*", "call_start") && matches("*", "x") && matches("*_a*t", "target_add_it"));
        assert!(!matches("call_*", "target_add") && !matches("call", "call_start"));
    }
}
