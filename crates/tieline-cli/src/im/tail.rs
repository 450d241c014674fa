//! `tieline im tail`.

use std::io::{self, Write as _};
use std::time::Duration;

use serde::Serialize;
use tieline_core::Class;
use tieline_core::supervisor::LineEvent;
use tieline_portsip_im::client::{
    ClientEvent, Gap, GapClosed, Mark, NumbersReset, Received, Subscribe, SubscriptionLost,
};
use tieline_portsip_im::{Credentials, SeqRange, ServerMessage};
use tieline_tokio::im::{Client, Events, Item};
use tieline_tokio::{Credentials as Provider, CredentialsError};

use super::{Origin, record, session, topics};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};
use crate::password;

/// What is told of the line and of missing messages.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum Told<'a> {
    Live {
        connection: u64,
    },
    Down {
        cause: String,
    },
    /// Messages are missing, and asked for.
    Missing {
        topic: &'a str,
        first: u64,
        last: Option<u64>,
    },
    /// Nothing of them is missing any more, but what the server does not give: ranges, both ends included.
    Complete {
        topic: &'a str,
        first: u64,
        last: u64,
        lost: Vec<[u64; 2]>,
    },
    /// The numbers of a topic went back: what came under the old ones, and was not received, is lost.
    Reset {
        topic: &'a str,
        before: u64,
        last: u64,
    },
    TopicLost {
        topic: &'a str,
        cause: String,
    },
    Lagged {
        lost: u64,
    },
    Unreadable {
        error: String,
    },
}

/// A range with both ends.
fn ends(range: SeqRange) -> [u64; 2] {
    let range = range.range();
    [range.start, range.end.saturating_sub(1)]
}

/// Runs `im tail`.
pub(crate) async fn run(args: args::Tail, output: Output) -> Result<Exit, Failure> {
    let mut config = session::config(&args.account)?;
    config.options.policy.retry_first = args.stay.retry;
    config.options.policy.reconnect = !args.stay.no_reconnect;
    // A token ends soon: its file or command may give a new one by the next connect.
    let token = &args.account.token;
    if token.token_cmd.is_some() || token.token_file.as_ref().is_some_and(|path| path.as_os_str() != "-") {
        config = config.credentials(read_anew(&args.account));
    }
    config = config.attach("me");
    for topic in &args.topics {
        config = match args.after {
            Some(seq) => config.attach_since(topic.as_str(), Mark::at(seq)),
            None => config.attach(topic.as_str()),
        };
    }
    let (client, mut events) = session::open(&args.account, config).await?;
    let deadline = args.stay.duration.map(|duration| tokio::time::Instant::now() + duration);
    let mut printer =
        Printer { human: output::is_human(output), raw: args.raw, silent: output == Output::Silent, number: 0 };
    let attached = async { if args.topics.is_empty() { attach_all(&client).await } else { Ok(()) } };
    let printed = print_all(&mut events, &mut printer, &args);
    let both = async {
        tokio::pin!(attached, printed);
        tokio::select! {
            attached = &mut attached => { attached?; printed.await }
            end = &mut printed => end,
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

/// Reads the token anew for each connect.
fn read_anew(account: &args::Account) -> Provider<Credentials> {
    let (user, domain) = (account.user.clone(), account.domain.clone());
    let token = account.token.clone();
    Provider::asked(move || {
        let (user, domain, token) = (user.clone(), domain.clone(), token.clone());
        async move {
            let failed = |words: String| CredentialsError::new(Class::Retry, words);
            // A command may take its time.
            let read = tokio::task::spawn_blocking(move || password::read(&token)).await;
            let token = read.map_err(|error| failed(error.to_string()))?;
            let token = token.map_err(|error| failed(error.to_string()))?;
            Ok(Credentials::access_token(&*user, &*domain, token))
        }
    })
}

/// Attaches to all topics that one is subscribed to.
async fn attach_all(client: &Client) -> Result<(), Failure> {
    for entry in topics::subscriptions(client).await? {
        let Some(topic) = entry.topic.as_ref().map(|topic| topic.as_str()) else { continue };
        if let Err(error) = client.subscribe(Subscribe::to(topic)).await {
            tracing::error!("{}: {error}", printable(topic));
        }
    }
    Ok(())
}

struct Printer {
    human: bool,
    raw: bool,
    silent: bool,
    number: u64,
}

impl Printer {
    fn received(&mut self, received: &Received) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        self.number += 1;
        if self.raw {
            writeln!(out, "{}", received.raw())?;
        } else {
            record::print(&mut out, received, self.number, self.human)?;
        }
        out.flush()
    }

    fn told(&mut self, kind: &'static str, told: Told<'_>) -> io::Result<()> {
        if self.raw || self.silent {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        self.number += 1;
        if self.human {
            writeln!(out, "{}", words(&told))?;
        } else {
            Line::new(kind, self.number, Origin::of(told)).write(&mut out)?;
        }
        out.flush()
    }
}

fn words(told: &Told<'_>) -> String {
    match told {
        Told::Live { connection } => format!("live          connection {connection}"),
        Told::Down { cause } => format!("down          {cause}"),
        Told::Missing { topic, first, last: Some(last) } => {
            format!("missing       {} #{first} to #{last}, asked for", printable(topic))
        }
        Told::Missing { topic, first, last: None } => {
            format!("missing       {} perhaps from #{first} on", printable(topic))
        }
        Told::Complete { topic, lost, .. } => {
            let lost: Vec<String> = lost.iter().map(|[first, last]| format!("#{first} to #{last}")).collect();
            let but = if lost.is_empty() { String::new() } else { format!(" but {}", lost.join(", ")) };
            format!("complete      {}{but}", printable(topic))
        }
        Told::TopicLost { topic, cause } => format!("topic lost    {}: {}", printable(topic), printable(cause)),
        Told::Lagged { lost } => format!("lagged        {lost} events were not printed"),
        Told::Reset { topic, before, last } => {
            format!("reset         {}: after #{before} the numbers go on from #{last}", printable(topic))
        }
        Told::Unreadable { error } => format!("unreadable    {error}"),
    }
}

/// Prints what comes until the end, the asked number of messages, or the first that is lost for good.
async fn print_all(events: &mut Events, printer: &mut Printer, args: &args::Tail) -> Result<Exit, Failure> {
    let mut left = args.stay.count;
    while let Some(item) = events.next().await {
        let event = match item {
            Item::Line(LineEvent::Session(event)) => event,
            Item::Line(LineEvent::Closed(None)) => return Ok(Exit::Ok),
            Item::Line(LineEvent::Closed(Some(cause))) => return Err(Failure::down(&cause)),
            Item::Line(LineEvent::Live(line)) => {
                printer.told("state", Told::Live { connection: line.get() })?;
                continue;
            }
            Item::Line(LineEvent::Down { cause, .. }) => {
                printer.told("state", Told::Down { cause: cause.to_string() })?;
                continue;
            }
            Item::Lagged(lost) => {
                printer.told("gap", Told::Lagged { lost })?;
                continue;
            }
            _ => continue,
        };
        match event {
            ClientEvent::Received(received) => {
                let is_message = matches!(received.message, ServerMessage::Data(_));
                if !is_message && !args.presence {
                    continue;
                }
                printer.received(&received)?;
                if let Some(left) = left.as_mut().filter(|_| is_message) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        return Ok(Exit::Ok);
                    }
                }
            }
            ClientEvent::Gap(Gap { topic, range, .. }) => {
                let [first, last] = ends(range);
                let last = Some(last).filter(|_| range.range().end != u64::MAX);
                printer.told("gap", Told::Missing { topic: topic.as_str(), first, last })?;
            }
            ClientEvent::GapClosed(GapClosed { topic, range, lost, .. }) => {
                let lost: Vec<_> = lost.into_iter().map(ends).collect();
                let fails = args.fail_on_gap && !lost.is_empty();
                let [first, last] = ends(range);
                printer.told("gap", Told::Complete { topic: topic.as_str(), first, last, lost })?;
                if fails {
                    return Err(Failure::new(Exit::Gap, "messages are lost"));
                }
            }
            ClientEvent::NumbersReset(NumbersReset { topic, before, last, .. }) => {
                printer.told("gap", Told::Reset { topic: topic.as_str(), before, last })?;
                if args.fail_on_gap {
                    return Err(Failure::new(Exit::Gap, "the numbers of a topic went back"));
                }
            }
            ClientEvent::SubscriptionLost(SubscriptionLost { topic, cause, .. }) => {
                printer.told("state", Told::TopicLost { topic: topic.as_str(), cause: cause.to_string() })?;
            }
            ClientEvent::Malformed(malformed) => {
                printer.told("error", Told::Unreadable { error: malformed.error.to_string() })?;
            }
            _ => {}
        }
    }
    Ok(Exit::Ok)
}
