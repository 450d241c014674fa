//! `tieline snapshot`: the users of an Axeos PBX and the phones they are on, and what changes of it.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_axeos::poller::AxeosEvent;
use tieline_axeos::{Detail, Directory, PresenceLine};
use tieline_core::json::Encode as _;
use tieline_core::supervisor::LineEvent;
use tieline_core::{Instant, Text};
use tieline_tokio::axeos::{Events, connect};
use tieline_tokio::{Clock as LineClock, Item as StreamItem};

use super::Place;
use super::login::{failed, refused};
use crate::args::{Output, Snapshot};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Item, Printer, Source, Tell, Told, printable};
use crate::password;

/// Runs the command.
pub(crate) async fn run(args: Snapshot, output: Output) -> Result<Exit, Failure> {
    let user = args.user.user.as_deref().map(|name| (name, password::Source::from(&args.user)));
    let place = Place::new(&args.url, user, &args.key, &args.tls)?;
    let mut shown = Shown { directory: Directory::new(), is_human: output::is_human(output), verbose: args.verbose };
    if !args.follow {
        let mut printer = Printer::new(output, false, Clock(LineClock::start()), Source::AXEOS_REST);
        let api = place.api()?;
        let (users, phones) = tokio::join!(api.users(), api.phones());
        shown.directory.set_users(&users.map_err(|error| failed(&error))?);
        shown.directory.set_phones(&phones.map_err(|error| failed(&error))?);
        shown.print_all(&mut printer)?;
        return Ok(Exit::Ok);
    }
    let config = place.config(|mut policy| {
        policy.retry_first = args.retry;
        policy
    });
    let (client, mut events) = connect(config).await.map_err(|error| refused(&error))?;
    let mut printer = Printer::new(output, false, Clock(client.clock()), Source::AXEOS_EVENTS);
    let result = follow(&mut events, &mut shown, &mut printer).await;
    // A short goodbye; the exit code is decided.
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    result
}

/// Prints the lists, and each user that changes, until the end.
async fn follow(events: &mut Events, shown: &mut Shown, printer: &mut Printer) -> Result<Exit, Failure> {
    while let Some(item) = events.next().await {
        match item {
            StreamItem::Line(LineEvent::Closed(None)) => return Ok(Exit::Ok),
            StreamItem::Line(LineEvent::Closed(Some(cause))) => return Err(Failure::down(&cause)),
            StreamItem::Line(LineEvent::Session(AxeosEvent::Snapshot(lists))) => {
                lists.users.iter().for_each(|users| shown.directory.set_users(users));
                lists.phones.iter().for_each(|phones| shown.directory.set_phones(phones));
                shown.print_all(printer)?;
            }
            StreamItem::Line(LineEvent::Session(AxeosEvent::Received(received))) => {
                for uuid in shown.directory.apply(&received.entry).users {
                    shown.print(&uuid, Some(received.at), printer)?;
                }
            }
            StreamItem::Line(LineEvent::Session(AxeosEvent::Malformed(bad))) => {
                tracing::warn!("an event could not be read: {}", bad.element.error);
            }
            StreamItem::Line(LineEvent::Gap(gap)) => printer.print(&Item::Gap(&gap))?,
            StreamItem::Line(LineEvent::Down { cause, retry_at }) => {
                printer.print(&Item::Down { cause: &cause, retry_at })?;
            }
            _ => {}
        }
    }
    Ok(Exit::Ok)
}

/// The directory, and how it is printed.
struct Shown {
    directory: Directory,
    is_human: bool,
    verbose: bool,
}

impl Shown {
    fn print_all(&self, printer: &mut Printer) -> io::Result<()> {
        let uuids: Vec<Text> = self.directory.users().filter_map(|user| user.uuid.clone()).collect();
        uuids.iter().try_for_each(|uuid| self.print(uuid, None, printer))
    }

    /// Prints a user. For people there is no time before it: it is a state, and may have several lines.
    fn print(&self, uuid: &str, at: Option<Instant>, printer: &mut Printer) -> io::Result<()> {
        let (Some(line), Some(detail)) = (self.directory.line(uuid), self.directory.detail(uuid)) else {
            return Ok(());
        };
        if !self.is_human {
            return printer.print(&Item::Told(&Row { line, at }));
        }
        let mut out = anstream::stdout().lock();
        write_user(&mut out, &line, self.verbose.then_some(&detail))?;
        out.flush()
    }
}

/// The user as the reference client prints one, without control characters of the server's.
fn write_user(out: &mut impl Write, line: &PresenceLine<'_>, detail: Option<&Detail<'_>>) -> io::Result<()> {
    let text = detail.map_or_else(|| line.to_string(), ToString::to_string);
    text.lines().try_for_each(|line| writeln!(out, "{}", printable(line)))
}

/// A user and the phone in use, for programs.
struct Row<'d> {
    line: PresenceLine<'d>,
    at: Option<Instant>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// The line that people see.
    line: String,
    /// The state of the phone in use, in the server's words.
    status: Option<&'a str>,
    user: Option<Box<RawValue>>,
    /// The phone in use.
    phone: Option<Box<RawValue>>,
}

impl Tell for Row<'_> {
    fn event_type(&self) -> Option<&str> {
        None
    }

    fn at(&self) -> Option<Instant> {
        self.at
    }

    fn frame(&self) -> Option<Bytes> {
        None
    }

    fn json(&self) -> Told<'_> {
        let raw = |json: String| RawValue::from_string(json).ok();
        let data = Data {
            line: self.line.to_string(),
            status: self.line.status(),
            user: raw(self.line.user.to_json()),
            phone: self.line.phone.and_then(|phone| raw(phone.to_json())),
        };
        Told::new("user", &data)
    }

    fn write(&self, mut out: &mut dyn Write) -> io::Result<()> {
        write_user(&mut out, &self.line, None)
    }
}
