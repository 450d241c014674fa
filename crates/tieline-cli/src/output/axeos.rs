//! What a poller of Axeos tells.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_axeos::poller::{AxeosEvent, Snapshot};
use tieline_axeos::{Call, Event, Target};
use tieline_core::{Instant, Text};

use super::human::{NAME, STATE, WARN};
use super::json::compact;
use super::printable;
use super::tell::{Tell, Told};

impl Tell for AxeosEvent {
    fn event_type(&self) -> Option<&str> {
        match self {
            Self::Received(received) => Some(received.entry.event.event_type()),
            _ => None,
        }
    }

    fn at(&self) -> Option<Instant> {
        match self {
            Self::Received(received) => Some(received.at),
            Self::Malformed(malformed) => Some(malformed.at),
            Self::Snapshot(snapshot) => Some(snapshot.at),
            _ => None,
        }
    }

    fn frame(&self) -> Option<Bytes> {
        match self {
            Self::Received(received) => Some(received.raw().clone().into_bytes()),
            Self::Malformed(malformed) => Some(malformed.element.raw.clone().into_bytes()),
            _ => None,
        }
    }

    fn json(&self) -> Told<'_> {
        match self {
            Self::Received(received) => Told {
                kind: "event",
                r#type: Some(received.entry.event.event_type()),
                call: received.entry.event.call().and_then(|call| call.unique_id.as_deref()),
                data: compact(received.raw()),
                ..Told::default()
            },
            Self::Malformed(malformed) => Told::error(&malformed.element.error, malformed.element.raw.as_bytes()),
            Self::Snapshot(snapshot) => Told::new("snapshot", &Lists::from(snapshot)),
            _ => Told::default(),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Received(received) => {
                let event = &received.entry.event;
                let name = printable(event.event_type());
                writeln!(out, "{NAME}{name:<22}{NAME:#} {}", printable(&detail(event)))
            }
            Self::Malformed(malformed) => {
                writeln!(out, "{WARN}unreadable event{WARN:#}       {}", malformed.element.error)
            }
            Self::Snapshot(snapshot) => {
                let users = snapshot.users.as_ref().map(|users| format!("{} users", users.values().count()));
                let phones = snapshot.phones.as_ref().map(|phones| format!("{} phones", phones.values().count()));
                let lists: Vec<_> = users.into_iter().chain(phones).collect();
                writeln!(out, "{STATE}lists{STATE:#}                  {}", lists.join(", "))
            }
            _ => Ok(()),
        }
    }
}

/// The lists as the server wrote them; a list that was not read is left out.
#[derive(Serialize)]
struct Lists {
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phones: Option<Box<RawValue>>,
}

impl From<&Snapshot> for Lists {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            users: snapshot.users.as_ref().and_then(|users| compact(users.body())),
            phones: snapshot.phones.as_ref().and_then(|phones| compact(phones.body())),
        }
    }
}

/// What matters of an event, in few words.
fn detail(event: &Event<Text>) -> String {
    let text = |text: &Option<Text>| text.as_deref().unwrap_or("?").to_owned();
    match event {
        Event::PhoneStatusUpdate(update) => format!("{} {}", text(&update.phone_uuid), text(&update.status)),
        Event::UserLoggedIn(login) => format!("{} on {}", text(&login.user_uuid), text(&login.phone_uuid)),
        Event::UserLoggedOut(logout) => text(&logout.user_uuid),
        event => event.call().map(of_call).unwrap_or_default(),
    }
}

fn of_call(call: &Call<Text>) -> String {
    let caller = call.caller.as_ref();
    let from = caller.and_then(|caller| {
        [caller.name.as_ref(), caller.best_number(), caller.user_uuid.as_ref(), caller.phone_uuid.as_ref()]
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
    });
    let place = |target: &Target<Text>| {
        [&target.user_uuid, &target.phone_uuid, &target.number].into_iter().flatten().next().cloned()
    };
    let mut to: Vec<Text> = call.targets().filter_map(place).collect();
    if to.is_empty() {
        let called = [&call.called_extension, &call.called_number, &call.called_did];
        to.extend(called.into_iter().flatten().next().cloned());
    }
    let reason = call.reason.as_deref().map_or(String::new(), |reason| format!("  {reason}"));
    let to: Vec<&str> = to.iter().map(Text::as_str).collect();
    format!("{} → {}{reason}", from.map_or("?", |text| text.as_str()), to.join(", "))
}
