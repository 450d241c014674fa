//! `tieline demo`: a PBX and a client on this machine, for a few seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use tieline_core::BackoffPolicy;
use tieline_core::supervisor::LineEvent;
use tieline_portsip_wsi::client::ClientEvent;
use tieline_portsip_wsi::{Dialect, Subscription, Topic};
use tieline_sim::Sim;
use tieline_tokio::wsi::{Config, Item as StreamItem, connect};

use crate::args::{Demo, Output};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Item, Printer, Source};

/// How long it lasts.
const LENGTH: Duration = Duration::from_secs(15);
/// When the line is cut.
const CUT: Duration = Duration::from_secs(8);
/// Seconds of the simulated day in one second: the tour of its first five minutes is seen whole.
const SPEED: f64 = 22.0;

/// What was seen.
#[derive(Default)]
struct Summary {
    events: BTreeMap<String, usize>,
    snapshots: usize,
    gaps: usize,
    missed: Duration,
    connections: u64,
}

/// Runs the command.
pub(crate) async fn run(args: Demo, output: Output) -> Result<Exit, Failure> {
    let sim = Sim::builder().seed(args.seed).speed(SPEED).paused(true).start().await?;
    let url = sim.wsi_url(args.dialect);
    let mut config = Config::new(args.dialect, sim.tenant_auth(args.dialect));
    config.options.policy.backoff =
        BackoffPolicy::new(Duration::from_millis(600), Duration::from_secs(1), Duration::from_millis(300));
    for topic in topics(args.dialect) {
        config = config.subscribe(&Subscription::to(topic));
    }
    let (client, mut events) = connect(&url, config).await?;
    let mut printer = Printer::new(output, false, Clock(client.clock()), Source::WSI);
    tracing::info!("simulated PBX at {url}");
    sim.resume();

    let mut summary = Summary::default();
    let (cut, end) = (tokio::time::sleep(CUT), tokio::time::sleep(LENGTH));
    tokio::pin!(cut, end);
    let mut uncut = true;
    loop {
        let item = tokio::select! {
            item = events.next() => item,
            () = &mut cut, if uncut => {
                uncut = false;
                sim.kill_connections();
                continue;
            }
            () = &mut end => break,
        };
        match item {
            None | Some(StreamItem::Line(LineEvent::Closed(None))) => break,
            Some(StreamItem::Line(LineEvent::Closed(Some(cause)))) => return Err(Failure::down(&cause)),
            Some(item) => summary.show(&item, &mut printer)?,
        }
    }
    client.close().await;
    sim.stop().await;
    summary.print(&args);
    Ok(Exit::Ok)
}

/// What a tenant can subscribe to.
fn topics(dialect: Dialect) -> Vec<Topic> {
    Topic::ALL.iter().filter(|topic| !topic.is_global() && topic.is_known_to(dialect)).cloned().collect()
}

impl Summary {
    fn show(&mut self, item: &StreamItem, printer: &mut Printer) -> Result<(), Failure> {
        match item {
            StreamItem::Line(LineEvent::Session(event @ ClientEvent::Received(received))) => {
                self.snapshots += usize::from(received.event.is_snapshot());
                *self.events.entry(received.event.event_type().into()).or_default() += 1;
                printer.print(&Item::Told(event))?;
            }
            StreamItem::Line(LineEvent::Gap(gap)) => {
                self.gaps += 1;
                self.missed += gap.length();
                printer.print(&Item::Gap(gap))?;
            }
            StreamItem::Line(LineEvent::Resynced) => printer.print(&Item::Resynced)?,
            StreamItem::Line(LineEvent::Live(line)) => {
                self.connections = line.get();
                printer.print(&Item::Live { line: line.get() })?;
            }
            StreamItem::Line(LineEvent::Down { cause, retry_at }) => {
                printer.print(&Item::Down { cause, retry_at: *retry_at })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// For people, and so to standard error: standard output holds data.
    fn print(&self, args: &Demo) {
        let total: usize = self.events.values().sum();
        output::tell(format_args!(
            "\nSeen in {} s of a simulated PBX, dialect {}, seed {}:",
            LENGTH.as_secs(),
            args.dialect,
            args.seed
        ));
        for (event_type, count) in &self.events {
            output::tell(format_args!("  {count:>4}  {event_type}"));
        }
        output::tell(format_args!(
            "{total} events of {} types, {} of them snapshots; {} connections, {} gap of {:.1} s, which was told.",
            self.events.len(),
            self.snapshots,
            self.connections,
            self.gaps,
            self.missed.as_secs_f64(),
        ));
        output::tell(format_args!(
            "Next: `tieline sim` serves a PBX for your own program, `tieline listen --help` connects to a real one."
        ));
    }
}
