//! One readable line an event.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use tieline_core::Text;
use tieline_portsip_wsi::Event;
use tieline_portsip_wsi::sip::user_part;

use super::Item;
use crate::clock::Clock;

const TIME: Style = Style::new().dimmed();
const STATE: Style = AnsiColor::Cyan.on_default();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const NAME: Style = Style::new().bold();

/// Writes one item.
pub(super) fn write(out: &mut impl Write, item: &Item<'_>, clock: &Clock) -> io::Result<()> {
    let at = match item {
        Item::Event(received) => clock.at(received.at),
        Item::Malformed(malformed) => clock.at(malformed.at),
        _ => Clock::now(),
    };
    let time = at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string();
    write!(out, "{TIME}{time}{TIME:#}  ")?;
    match item {
        Item::Event(received) => {
            let style = if received.event.is_snapshot() { STATE } else { NAME };
            let name = received.event.event_type();
            writeln!(out, "{style}{name:<22}{style:#} {}", detail(&received.event))
        }
        Item::Malformed(malformed) => {
            writeln!(out, "{WARN}unreadable message{WARN:#}     {}", malformed.error)
        }
        Item::Gap(gap) => {
            let seconds = gap.length().as_secs_f64();
            writeln!(out, "{WARN}gap{WARN:#}                    events of {seconds:.3} s may be missing: {}", gap.cause)
        }
        Item::Resynced => writeln!(out, "{STATE}resynced{STATE:#}               states follow anew"),
        Item::Live { line } => writeln!(out, "{GOOD}live{GOOD:#}                   connection {line}"),
        Item::Down { cause, retry_at } => {
            let wait = clock.until(*retry_at).as_secs_f64();
            writeln!(out, "{WARN}down{WARN:#}                   {cause}; next try in {wait:.1} s")
        }
        Item::Lagged(lost) => writeln!(out, "{WARN}lagged{WARN:#}                 {lost} events were not printed"),
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
