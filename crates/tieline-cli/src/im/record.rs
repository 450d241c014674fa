//! Messages, topics and members as they are printed.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::json::Raw;
use tieline_core::{Text, Timestamp};
use tieline_portsip_im::client::Received;
use tieline_portsip_im::{Access, Card, ServerMessage};

use super::Origin;
use crate::clock::rfc3339;
use crate::output::{Line, compact, printable};

const TIME: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();
const TOPIC: Style = AnsiColor::Cyan.on_default();

/// A message of a topic.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<String>,
    topic: Option<&'a str>,
    from: Option<&'a str>,
    seq: Option<u64>,
    /// Where it is plain text.
    text: Option<String>,
    data: Option<Box<RawValue>>,
}

/// Presence, or a note of somebody.
#[derive(Serialize)]
struct Notice<'a> {
    r#type: &'static str,
    topic: Option<&'a str>,
    what: Option<&'a str>,
    data: Option<Box<RawValue>>,
}

/// Prints a message, presence or a note. Whether it was a message; of anything else nothing is printed.
pub(super) fn print(out: &mut impl Write, received: &Received, number: u64, human: bool) -> io::Result<()> {
    match &received.message {
        ServerMessage::Data(data) => {
            let (topic, from) = (data.topic.as_ref().map(|topic| topic.as_str()), data.from.as_ref());
            let text = data.plain_text().map(|text| text.as_str().to_owned());
            if human {
                let shown = text.as_deref().map_or_else(
                    || data.content.as_ref().map_or_else(String::new, |content| content.as_json().to_owned()),
                    str::to_owned,
                );
                let seq = data.seq.map_or_else(String::new, |seq| format!("#{seq}"));
                let from = from.map_or("", |from| from.as_str());
                return writeln!(
                    out,
                    "{TIME}{}{TIME:#}  {TOPIC}{}{TOPIC:#} {seq}  {NAME}{}{NAME:#}  {}",
                    local(data.ts.as_ref()),
                    printable(topic.unwrap_or_default()),
                    printable(from),
                    lines(&shown)
                );
            }
            let message = Message {
                ts: data.ts.as_ref().and_then(utc),
                topic,
                from: from.map(|from| from.as_str()),
                seq: data.seq,
                text,
                data: compact(received.raw()),
            };
            Line::new("message", number, Origin::of(message)).write(out)
        }
        ServerMessage::Pres(pres) => {
            let topic = pres.src.as_ref().or(pres.topic.as_ref()).map(|topic| topic.as_str());
            notice(out, received, topic, pres.what.as_ref().map(|what| what.as_str()), number, human)
        }
        ServerMessage::Info(info) => {
            let topic = info.topic.as_ref().map(|topic| topic.as_str());
            notice(out, received, topic, info.what.as_ref().map(|what| what.as_str()), number, human)
        }
        _ => Ok(()),
    }
}

fn notice(
    out: &mut impl Write,
    received: &Received,
    topic: Option<&str>,
    what: Option<&str>,
    number: u64,
    human: bool,
) -> io::Result<()> {
    let key = received.message.key();
    if human {
        let (topic, what) = (printable(topic.unwrap_or_default()), printable(what.unwrap_or_default()));
        return writeln!(out, "{TIME}{key:<12}{TIME:#}  {TOPIC}{topic}{TOPIC:#}  {what}");
    }
    let notice = Notice { r#type: key, topic, what, data: compact(received.raw()) };
    Line::new("event", number, Origin::of(notice)).write(out)
}

/// A text of several lines under each other, without what could play with a terminal.
fn lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n    ")
}

fn time(ts: &Timestamp<Text>) -> Option<jiff::Timestamp> {
    ts.unix_micros().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok())
}

/// A time of the server's for programs; `None` where it cannot be read.
pub(super) fn utc(ts: &Timestamp<Text>) -> Option<String> {
    time(ts).map(rfc3339)
}

/// A time of the server's for people.
pub(super) fn local(ts: Option<&Timestamp<Text>>) -> String {
    let zoned = ts.and_then(time).map(|at| at.to_zoned(TimeZone::system()));
    zoned.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The name that a user or group shows of itself.
pub(super) fn shown_name(public: Option<&Raw<Text>>) -> Option<String> {
    let card: Card<String> = tieline_core::json::decode(public?.as_json()).ok()?;
    card.full_name
}

/// The access that is in force, in letters.
pub(super) fn letters(access: Option<&Access<Text>>) -> Option<String> {
    access?.in_force().map(|mode| mode.to_string())
}

/// A part of an answer as it came, but for what no type knows.
pub(super) fn json(part: &impl tieline_core::json::Encode) -> Option<Box<RawValue>> {
    RawValue::from_string(part.to_json()).ok()
}
