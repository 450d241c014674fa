//! `tieline listen`: print the events of a PBX until stopped.

use std::time::Duration;

use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_core::{Class, RequestError, Secret};
use tieline_portsip_wsi::client::ClientEvent;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};
use tieline_tls::Trust;
use tieline_tokio::ClientError;
use tieline_tokio::wsi::{Config, Events, Item as StreamItem, connect};

use crate::args::{Listen, Login, Output, Protocol, Tls};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Item, Printer};
use crate::password;

/// Runs the command.
pub(crate) async fn run(args: Listen, output: Output) -> Result<Exit, Failure> {
    let Protocol::Wsi = args.protocol.map_or_else(|| protocol_of(&args.url), Ok)?;
    let dialect = args.dialect.unwrap_or_else(|| dialect_of(&args.url));
    let auth = auth(&args.login, dialect)?;
    let subscriptions = subscriptions(&args);
    let mut config = Config::new(dialect, auth).trust(trust(&args.tls)?);
    config.options.policy.retry_first = args.retry;
    config.options.policy.reconnect = !args.no_reconnect;
    let (client, mut events) = connect(&args.url, config).await?;
    let mut printer = Printer::new(output, args.raw, Clock(client.clock()));
    let deadline = args.duration.map(|duration| tokio::time::Instant::now() + duration);

    // The stream is read while the subscriptions are asked for: their snapshots come before their answers.
    let asked = async {
        for subscription in subscriptions {
            let topic = subscription.topics.first().map(|selection| selection.topic.to_string()).unwrap_or_default();
            client.subscribe(subscription).await.map_err(|error| refused(&topic, error))?;
        }
        Ok::<_, Failure>(())
    };
    let listened = listen(&mut events, &mut printer, &args);
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
async fn listen(events: &mut Events, printer: &mut Printer, args: &Listen) -> Result<Exit, Failure> {
    let mut left = args.count;
    while let Some(item) = events.next().await {
        match item {
            StreamItem::Line(LineEvent::Closed(None)) => return Ok(Exit::Ok),
            StreamItem::Line(LineEvent::Closed(Some(cause))) => return Err(Failure::down(&cause)),
            StreamItem::Line(LineEvent::Session(ClientEvent::Received(received))) => {
                if !wanted(&args.only, received.event.event_type()) {
                    continue;
                }
                printer.print(&Item::Event(&received))?;
                if let Some(left) = &mut left {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        return Ok(Exit::Ok);
                    }
                }
            }
            StreamItem::Line(LineEvent::Session(ClientEvent::Malformed(malformed))) => {
                printer.print(&Item::Malformed(&malformed))?;
            }
            StreamItem::Line(LineEvent::Session(ClientEvent::SubscriptionLost(subscription, error))) => {
                let topics: Vec<_> = subscription.topics.iter().map(|selection| selection.topic.to_string()).collect();
                tracing::error!("{} is no longer subscribed to: {}", topics.join(", "), words(&error));
            }
            StreamItem::Line(LineEvent::Gap(gap)) => {
                printer.print(&Item::Gap(&gap))?;
                if args.fail_on_gap {
                    return Err(Failure::new(Exit::Gap, "events may have been missed"));
                }
            }
            StreamItem::Line(LineEvent::Resynced) => printer.print(&Item::Resynced)?,
            StreamItem::Line(LineEvent::Live(line)) => printer.print(&Item::Live { line: line.get() })?,
            StreamItem::Line(LineEvent::Down { cause, retry_at }) => {
                printer.print(&Item::Down { cause: &cause, retry_at })?;
            }
            StreamItem::Lagged(lost) => printer.print(&Item::Lagged(lost))?,
            _ => {}
        }
    }
    Ok(Exit::Ok)
}

/// The words of an error, with the server's where it gave some.
pub(crate) fn words(error: &RequestError) -> String {
    match error {
        RequestError::Refused { reason, .. } if !reason.is_empty() => format!("{error}: {reason}"),
        _ => error.to_string(),
    }
}

fn refused(topic: &str, error: ClientError) -> Failure {
    match error {
        ClientError::Failed(error @ RequestError::Refused { .. }) => Failure::new(
            Exit::Refused,
            format!(
                "{topic}: {}; does this login have the permission, and does the PBX have the topic?",
                words(&error)
            ),
        ),
        // The line went before the answer came.
        error if error == ClientError::Closed || error.class() == Class::Retry => {
            Failure::new(Exit::Unreachable, format!("{topic}: {error}"))
        }
        error => Failure::new(Exit::Failure, format!("{topic}: {error}")),
    }
}

/// The protocol that an address tells of.
fn protocol_of(url: &str) -> Result<Protocol, Failure> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.trim_end_matches('/') {
        "" | "wsi" => Ok(Protocol::Wsi),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("the path `/{path}` does not tell the protocol: name it with --protocol wsi"),
        )),
    }
}

/// The dialect that an address tells of: `?dialect=`, else the port or path of the generation.
fn dialect_of(url: &str) -> Dialect {
    if let Some(dialect) = url.split_once("dialect=").and_then(|(_, rest)| rest.split('&').next()?.parse().ok()) {
        return dialect;
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.trim_end_matches('/').ends_with("/wsi") { Dialect::V22 } else { Dialect::V16 }
}

fn auth(login: &Login, dialect: Dialect) -> Result<Auth, Failure> {
    let usage = |message: &str| Failure::new(Exit::Usage, message);
    let domain = || login.domain.clone().ok_or_else(|| usage("--domain is missing: the SIP domain of the login"));
    let password = || -> Result<Secret, Failure> { Ok(password::read(login)?) };
    match (&login.user, &login.extension, &login.tenant, dialect) {
        (Some(_), None, None, Dialect::V12) => {
            Err(usage("v12 knows no users: log in with --extension NUMBER --domain DOMAIN, or --tenant NAME"))
        }
        (Some(user), None, None, Dialect::V22) if login.domain.is_none() => Ok(Auth::admin(user, password()?)),
        (Some(user), None, None, _) => Ok(Auth::username(user, domain()?, password()?)),
        (None, Some(extension), None, Dialect::V12) => Ok(Auth::extension(extension, domain()?, password()?)),
        (None, Some(extension), None, _) => Ok(Auth::extension_number(extension, domain()?, password()?)),
        (None, None, Some(tenant), Dialect::V12) => Ok(Auth::tenant(tenant, password()?)),
        (None, None, Some(_), _) => Err(usage("tenants log in by name in v12 only: add --dialect v12, or use --user")),
        _ => {
            Err(usage("who logs in? --user NAME --domain DOMAIN, --extension NUMBER --domain DOMAIN, or --tenant NAME"))
        }
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

/// One subscription a topic, so that each is refused or granted on its own.
fn subscriptions(args: &Listen) -> Vec<Subscription> {
    let default = ["extension_events", "cdr_events", "queue_events"].map(String::from);
    let topics = if args.topic.is_empty() { &default[..] } else { &args.topic };
    let subscription = |topic: &String| {
        let topic = Topic::from(topic.as_str());
        let plain = topic.plain();
        let subscription = Subscription::to(topic).tenants(&args.tenant_id);
        match plain {
            Topic::ExtensionEvents | Topic::CdrEvents => subscription.extensions(&args.ext),
            Topic::QueueEvents => subscription.queues(&args.queue),
            _ => subscription,
        }
    };
    topics.iter().map(subscription).collect()
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
    use super::{dialect_of, matches, protocol_of};
    use tieline_portsip_wsi::Dialect;

    #[test]
    fn the_address_tells_the_dialect() {
        assert_eq!(dialect_of("wss://pbx:8887/wsi"), Dialect::V22);
        assert_eq!(dialect_of("wss://pbx:8885/"), Dialect::V16);
        assert_eq!(dialect_of("ws://127.0.0.1:1/wsi?dialect=v12"), Dialect::V12);
    }

    #[test]
    fn the_path_tells_the_protocol_or_asks_for_it() {
        assert!(protocol_of("wss://pbx:8885").is_ok());
        assert!(protocol_of("wss://pbx:8887/wsi?dialect=v16").is_ok());
        assert!(protocol_of("wss://pbx/chat").is_err());
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("call_*", "call_start") && matches("*", "x") && matches("*_a*t", "target_add_it"));
        assert!(!matches("call_*", "target_add") && !matches("call", "call_start"));
    }
}
