//! What a session of CloudPBX's event stream tells.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_cloudpbx::client::{ClientEvent, IdNote, Noted, Origin, Stale};
use tieline_cloudpbx::stream::{Event, StateKey};
use tieline_core::json::write_str;
use tieline_core::{Instant, Text};

use super::human::{NAME, STATE, WARN};
use super::json::compact;
use super::printable;
use super::tell::{Tell, Told};

/// So many stale states are named on a terminal.
const STALE_SHOWN: usize = 8;

impl Tell for ClientEvent {
    fn event_type(&self) -> Option<&str> {
        match self {
            Self::Received(received) => Some(received.event.event_type()),
            _ => None,
        }
    }

    fn is_gap(&self) -> bool {
        matches!(self, Self::Id(IdNote::Missing { .. } | IdNote::Reset { .. }))
    }

    fn is_printed(&self) -> bool {
        !matches!(self, Self::Closed(_))
    }

    fn at(&self) -> Option<Instant> {
        match self {
            Self::Received(received) => Some(received.origin.at),
            Self::Unreadable(unreadable) => Some(unreadable.origin.at),
            Self::Malformed(malformed) => Some(malformed.at),
            _ => None,
        }
    }

    fn frame(&self) -> Option<Bytes> {
        let text = match self {
            Self::Received(received) => received.origin.raw(),
            Self::Unreadable(unreadable) => unreadable.origin.raw(),
            Self::Noted(_, raw) => raw,
            Self::Malformed(malformed) => return Some(malformed.bytes.clone()),
            _ => return None,
        };
        Some(text.clone().into_bytes())
    }

    fn json(&self) -> Told<'_> {
        match self {
            Self::Received(received) => {
                let event_type = received.event.event_type();
                let (body, data) = (received.origin.body(), wrapped(event_type, received.origin.body()));
                let data = compact(&data).or_else(|| compact(body));
                of(&received.origin, Told { kind: "event", r#type: Some(event_type), data, ..Told::default() })
            }
            Self::Unreadable(unreadable) => {
                let (bad, body) = (&unreadable.error, unreadable.origin.body());
                let name = bad.event_type.as_deref();
                let bytes = name.map_or_else(|| body.to_string(), |name| wrapped(name, body));
                let told = Told::error(&bad.error, bytes.as_bytes());
                of(&unreadable.origin, Told { r#type: name, ..told })
            }
            Self::Malformed(malformed) => Told::error(&malformed.error, &malformed.bytes),
            Self::Stale(stale) => Told::new("state", &OutOfDate::from(stale)),
            Self::Id(note) => id_note(*note),
            Self::Noted(why, raw) => Told::new("note", &Aside::new(*why, raw)),
            _ => Told::default(),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Received(received) => {
                let name = printable(received.event.event_type());
                let repaired = if received.origin.repaired { ", repaired" } else { "" };
                writeln!(out, "{NAME}{name:<22}{NAME:#} {}{repaired}", printable(&detail(&received.event)))
            }
            Self::Unreadable(unreadable) => {
                let name = unreadable.error.event_type.as_deref().unwrap_or("event");
                writeln!(out, "{WARN}unreadable{WARN:#}             {}: {}", printable(name), unreadable.error)
            }
            Self::Malformed(malformed) => {
                writeln!(out, "{WARN}unreadable message{WARN:#}     {}", malformed.error)
            }
            Self::Stale(stale) => {
                let names: Vec<_> = stale.states.iter().take(STALE_SHOWN).map(ToString::to_string).collect();
                let more = if stale.states.len() > STALE_SHOWN || !stale.complete { " and more" } else { "" };
                let names = printable(&names.join(", "));
                writeln!(out, "{STATE}stale{STATE:#}                  until told anew: {names}{more}")
            }
            Self::Id(note) => match note {
                IdNote::Missing { first, last } => {
                    writeln!(out, "{WARN}gap{WARN:#}                    messages {first} to {last} did not come")
                }
                IdNote::Reset { last, id } => {
                    writeln!(out, "{WARN}gap{WARN:#}                    numbers start over at {id} after {last}")
                }
                IdNote::Inverted { id, highest, .. } => {
                    writeln!(out, "{STATE}late{STATE:#}                   message {id} comes after {highest}")
                }
                IdNote::Repeated { id } => {
                    writeln!(out, "{STATE}repeated{STATE:#}               message {id} was there before")
                }
                _ => Ok(()),
            },
            Self::Noted(why, raw) => {
                writeln!(
                    out,
                    "{WARN}note{WARN:#}                   {} ({} bytes)",
                    Aside::new(*why, "").note,
                    raw.len()
                )
            }
            _ => Ok(()),
        }
    }
}

/// The event under its name, as the document shows it.
fn wrapped(name: &str, body: &str) -> String {
    let mut out = String::with_capacity(name.len() + body.len() + 5);
    out.push('{');
    write_str(name, &mut out);
    out.push(':');
    out.push_str(body);
    out.push('}');
    out
}

fn of<'a>(origin: &Origin, told: Told<'a>) -> Told<'a> {
    Told { id: origin.id, part: Some(origin.index), repaired: origin.repaired, ..told }
}

#[derive(Serialize)]
struct OutOfDate {
    state: &'static str,
    states: Vec<Box<RawValue>>,
    complete: bool,
}

impl From<&Stale> for OutOfDate {
    fn from(stale: &Stale) -> Self {
        let states = stale.states.iter().filter_map(|key| serde_json::value::to_raw_value(&Named::from(key)).ok());
        Self { state: "stale", states: states.collect(), complete: stale.complete }
    }
}

/// What has a state, by the names that its events have.
#[derive(Default, Serialize)]
struct Named<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exten: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
}

impl<'a> From<&'a StateKey<Text>> for Named<'a> {
    fn from(key: &'a StateKey<Text>) -> Self {
        let named = Self { r#type: key.event_type(), ..Self::default() };
        match key {
            StateKey::Subscriber(name) | StateKey::Queue(name) => Self { peer: Some(name), ..named },
            StateKey::Extension(name) => Self { exten: Some(name), ..named },
            StateKey::QueueMember { queue, peer } => Self { queue: Some(queue), peer: Some(peer), ..named },
            StateKey::ConferenceMember { conference, channel } => {
                Self { conference: Some(conference), channel: Some(channel), ..named }
            }
            _ => named,
        }
    }
}

/// What the number of a message tells.
fn id_note(note: IdNote) -> Told<'static> {
    #[derive(Serialize)]
    struct Missing {
        cause: &'static str,
        first: i64,
        last: i64,
    }
    #[derive(Serialize)]
    struct Reset {
        cause: &'static str,
        last: i64,
        id: i64,
    }
    #[derive(Serialize)]
    struct Inverted {
        note: &'static str,
        id: i64,
        highest: i64,
        was_missing: bool,
    }
    #[derive(Serialize)]
    struct Repeated {
        note: &'static str,
        id: i64,
    }
    match note {
        IdNote::Missing { first, last } => Told::new("gap", &Missing { cause: "missing", first, last }),
        IdNote::Reset { last, id } => Told::new("gap", &Reset { cause: "reset", last, id }),
        IdNote::Inverted { id, highest, was_missing } => {
            Told::new("note", &Inverted { note: "inverted", id, highest, was_missing })
        }
        IdNote::Repeated { id } => Told::new("note", &Repeated { note: "repeated", id }),
        _ => Told::new("note", &()),
    }
}

/// A message that tells something besides events, or none.
#[derive(Serialize)]
struct Aside<'a> {
    note: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<usize>,
    bytes: &'a str,
}

impl<'a> Aside<'a> {
    const fn new(why: Noted, bytes: &'a str) -> Self {
        let (note, id, omitted) = match why {
            Noted::Unknown => ("no message of the stream", None, None),
            Noted::Empty => ("no events", None, None),
            Noted::Control(id) => ("control", Some(id), None),
            Noted::Omitted(count) => ("events left out", None, Some(count)),
            _ => ("other", None, None),
        };
        Self { note, id, omitted, bytes }
    }
}

/// What matters of an event, in few words.
fn detail(event: &Event<Text>) -> String {
    let text = |text: &Option<Text>| text.as_deref().unwrap_or("?").to_owned();
    let shown = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    match event {
        Event::Subscriber(event) => {
            let other = [&event.connect_peer_number, &event.connect_peer_name].into_iter().flatten();
            let other: Vec<_> = other.map(|text| text.as_str()).collect();
            let with = if other.is_empty() { String::new() } else { format!(", with {}", other.join(" ")) };
            format!("{} {}{with}", text(&event.peer), shown(event.state.map(|state| state.to_string())))
        }
        Event::ExtensionStatus(event) => {
            format!("{} {}", text(&event.exten), shown(event.state().map(|state| state.to_string())))
        }
        Event::Queue(event) => {
            format!("{}: {} waiting", text(&event.peer), shown(event.calls.map(|calls| calls.to_string())))
        }
        Event::QueueMember(event) => {
            let state = shown(event.status.map(|status| status.to_string()));
            let paused = if event.paused.is_some_and(|paused| paused.0) { ", in a break" } else { "" };
            let reason = event.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("{} in {} {state}{paused}{reason}", text(&event.peer), text(&event.queue))
        }
        Event::ConferenceMember(event) => {
            let action = event.action.as_ref().map_or("?", |action| action.as_str());
            let [name, number] = [&event.caller_id_name, &event.caller_id_number].map(text);
            format!("{}: {action} {number} {name}", text(&event.conference))
        }
        Event::SmsSendResponse(event) => {
            let state = event.status.as_ref().map_or("?", |state| state.as_str());
            format!("{} to {}: {state}", text(&event.message_id), text(&event.to))
        }
        _ => String::new(),
    }
}
