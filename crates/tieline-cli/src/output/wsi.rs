//! What a session of PortSIP WSI tells.

use std::io::{self, Write};

use bytes::Bytes;
use tieline_core::{Instant, Text, Timestamp};
use tieline_portsip_wsi::Event;
use tieline_portsip_wsi::client::ClientEvent;
use tieline_portsip_wsi::sip::user_part;

use super::human::{NAME, STATE, WARN};
use super::json::compact;
use super::tell::{Tell, Told};
use crate::clock::rfc3339;
use crate::listen::words;

impl Tell for ClientEvent {
    fn event_type(&self) -> Option<&str> {
        match self {
            Self::Received(received) => Some(received.event.event_type()),
            _ => None,
        }
    }

    fn is_printed(&self) -> bool {
        matches!(self, Self::Received(_) | Self::Malformed(_))
    }

    fn complaint(&self) -> Option<String> {
        let Self::SubscriptionLost(subscription, error) = self else { return None };
        let topics: Vec<_> = subscription.topics.iter().map(|selection| selection.topic.to_string()).collect();
        Some(format!("{} is no longer subscribed to: {}", topics.join(", "), words(error)))
    }

    fn at(&self) -> Option<Instant> {
        match self {
            Self::Received(received) => Some(received.at),
            Self::Malformed(malformed) => Some(malformed.at),
            _ => None,
        }
    }

    fn frame(&self) -> Option<Bytes> {
        match self {
            Self::Received(received) => Some(received.raw().clone().into_bytes()),
            Self::Malformed(malformed) => Some(malformed.bytes.clone()),
            _ => None,
        }
    }

    fn json(&self) -> Told<'_> {
        match self {
            Self::Received(received) => {
                let event = &received.event;
                let micros = event.time().and_then(Timestamp::unix_micros);
                Told {
                    kind: if event.is_snapshot() { "snapshot" } else { "event" },
                    ts: micros.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok()).map(rfc3339),
                    r#type: Some(event.event_type()),
                    call: event.session_id().map(AsRef::as_ref),
                    data: compact(received.raw()),
                    ..Told::default()
                }
            }
            Self::Malformed(malformed) => Told::error(&malformed.error, &malformed.bytes),
            _ => Told::default(),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Received(received) => {
                let style = if received.event.is_snapshot() { STATE } else { NAME };
                let name = received.event.event_type();
                writeln!(out, "{style}{name:<22}{style:#} {}", detail(&received.event))
            }
            Self::Malformed(malformed) => {
                writeln!(out, "{WARN}unreadable message{WARN:#}     {}", malformed.error)
            }
            _ => Ok(()),
        }
    }
}

/// What matters of an event, in few words.
fn detail(event: &Event<Text>) -> String {
    let user = |address: &Option<Text>| address.as_deref().map_or("?", user_part).to_owned();
    match event {
        Event::ExtensionRegister(register) => {
            let devices = register.registration_contacts.iter().flatten();
            let agents: Vec<_> = devices.filter_map(|contact| contact.user_agent.as_deref()).collect();
            let now = if agents.is_empty() { "offline".into() } else { format!("on {}", agents.join(", ")) };
            format!("{} {now}", user(&register.extension))
        }
        Event::ExtensionPresence(presence) => {
            let word = presence.presence.as_ref().map(|presence| presence.as_str().to_owned());
            let note = [&presence.note, &presence.presence_note].into_iter().flatten().find(|note| !note.is_empty());
            let words: Vec<_> = word.into_iter().chain(note.map(|note| note.to_string())).collect();
            format!("{} {}", user(&presence.extension), words.join(", "))
        }
        Event::ExtensionStatus(status) => {
            let states = status.status.iter().flatten();
            let online = states.clone().filter(|state| state.online == Some(true)).count();
            format!("{} extensions, {online} online", states.count())
        }
        Event::CallHold(hold) | Event::CallUnhold(hold) => format!("{} with {}", user(&hold.aor), user(&hold.peer_aor)),
        Event::CallStart(call) => {
            let direction = call.direction.as_ref().map_or("", |direction| direction.as_str());
            format!("{} → {}  {direction}", user(&call.caller), user(&call.callee))
        }
        Event::CallCdr(cdr) => {
            let reason = cdr.ended_reason.as_ref().map_or("", |reason| reason.as_str());
            let targets = cdr.call_targets.as_ref().map_or(0, Vec::len);
            format!("{} → {}  {reason}, {targets} targets", user(&cdr.caller), user(&cdr.callee))
        }
        Event::QueueStatus(queue) => {
            let waiting = queue.waiting_list.as_ref().map_or(0, Vec::len);
            let agents = queue.agents.as_ref().map_or(0, Vec::len);
            let name = queue.queue_name.as_deref().unwrap_or_default();
            format!("{} {name}: {waiting} waiting, {agents} agents", user(&queue.queue_number))
        }
        Event::QueueCallerStatus(queue) => {
            let callers = queue.updated_callers.iter().flatten().map(|caller| {
                let reason = caller.reason.as_ref().map_or("", |reason| reason.as_str());
                format!("{} {reason}", user(&caller.caller_number))
            });
            callers.collect::<Vec<_>>().join(", ")
        }
        Event::QueueAgentStatus(queue) => {
            let updated = queue.updated_agents.iter().flatten().map(|agent| {
                let state = agent.state.as_ref().map_or("", |state| state.as_str());
                format!("{} {state}", user(&agent.agent_extension_number))
            });
            let removed = queue.removed_agents.iter().flatten();
            let removed = removed.map(|agent| format!("{} removed", user(&agent.agent_extension_number)));
            updated.chain(removed).collect::<Vec<_>>().join(", ")
        }
        Event::QueueSlaBreached(breach) => {
            let (limit, waiting) = (breach.sla_time_secs.unwrap_or(0), breach.waiting_callers.unwrap_or(0));
            format!("{} waited over {limit} s, {waiting} waiting", user(&breach.caller))
        }
        other => other.extensions().collect::<Vec<_>>().join(", "),
    }
}
