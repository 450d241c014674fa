//! The text form of rules.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::kind::{BadJson, Fault, Memory, Service};
use super::rule::{ALL, Rule};
use crate::scenario::time_from_text;

/// How a rule is written.
pub const GRAMMAR: &str = "\
[WHERE[,WHERE]...:]FAULT[=VALUE[,VALUE]]

FAULT at the sockets:
  refuse                  the connection is closed at once
  mute                    accepted, and nothing is ever said
  reset[=BYTES]           reset (RST) after so many bytes sent; 0 without a number
  black-hole[=BYTES]      half-open: after so many bytes sent nothing is sent or read
  split[=BYTES]           writes of at most so many bytes; 1 without a number
FAULT of events:
  close=CODE              the WebSocket is closed with this code instead
  merge=N                 events wait until there are N, and leave together
  duplicate, reorder      sent twice; sent after the next one
  skip[=N], rewind[=N]    numbers jump up by N (1) or back by N (to 1); not WSI, which has none
  burst=N                 N more events like this one, at once
  oversized[=BYTES]       a field of so many bytes more; 2097152 without a number
  bad-json[=KIND]         full-width-comma (also without a kind), missing-comma, stray-bracket, cut
  unknown-event, unknown-field, unknown-value, numbers-as-strings
FAULT of permission:
  login-refused, token-expired, permission-denied
FAULT of HTTP:
  http=STATUS[,SECONDS]   this answer, with Retry-After where seconds are given
FAULT of the PBX:
  clock-skew=SECONDS      its clock is put forward, or back (-60)
  restart[=forget]        all connections are cut; numbers and the log begin anew with `forget`

WHERE:
  on=SERVICE              wsi, cloudpbx-stream, cloudpbx-rest, cloudpbx (both), axeos, im-line, im-http or im (both)
  path=PREFIX             requests whose path begins like this
  conn=N, N-M or N-       connections by number, from 1
  at=TIME, T-T or T-      scenario time, as in 90s, 1m30s, 250ms; one time alone is from then on
  nth=N, N-M or N-        of the occasions that fulfil the rest: connections, requests, or events

Examples: refuse   conn=1-3:mute   on=wsi,nth=5:close=1011   at=30s-40s:http=503,2   at=1m:restart=forget";

/// The longest text of a field that can be asked for: 64 MiB.
const MOST_BYTES: u64 = 64 << 20;
/// The most events that can be asked for at once.
const MOST_EVENTS: u64 = 100_000;
/// Beyond the default limit of the clients, which is 1 MiB.
const OVERSIZED: usize = 2 << 20;

/// Why a text is no [`Rule`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {expected}")]
pub struct FaultSyntaxError {
    /// The part that is wrong.
    pub found: String,
    /// What stands there instead.
    pub expected: String,
}

fn wrong<T>(found: &str, expected: impl Into<String>) -> Result<T, FaultSyntaxError> {
    Err(FaultSyntaxError { found: found.to_owned(), expected: expected.into() })
}

/// A rule from its text.
pub(super) fn rule(text: &str) -> Result<Rule, FaultSyntaxError> {
    let text = text.trim();
    let (conditions, fault_text) = match text.split_once(':') {
        Some((conditions, fault)) => (Some(conditions), fault),
        None => (None, text),
    };
    let mut rule = Rule::new(fault(fault_text)?);
    for condition in conditions.into_iter().flat_map(|all| all.split(',')) {
        let (name, value) = condition.split_once('=').unwrap_or((condition, ""));
        match name {
            "on" => rule.services.extend(services(value)?),
            "path" if value.starts_with('/') => rule.path = Some(value.to_owned()),
            "path" => return wrong(value, "path: it begins with a slash"),
            "conn" => rule.connections = range(value)?,
            "nth" => rule.nth = range(value)?,
            "at" => (rule.from, rule.until) = times(value)?,
            _ => return wrong(condition, "condition: on=, path=, conn=, at= or nth="),
        }
    }
    if rule.fault.is_of_time() {
        let at_most = Rule { from: rule.from, ..Rule::new(rule.fault.clone()) };
        if rule != at_most {
            return wrong(text, "fault of the PBX: it has at=TIME or no condition, as it befalls everybody");
        }
    }
    let at_any = |services: &[Service]| services.iter().any(|service| rule.fault.occasion(*service).is_some());
    if !rule.services.is_empty() && !at_any(&rule.services) {
        let names: Vec<_> = rule.services.iter().map(|service| service.as_str()).collect();
        return wrong(fault_text, format!("fault of {}", names.join(", ")));
    }
    Ok(rule)
}

fn fault(text: &str) -> Result<Fault, FaultSyntaxError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let plain = |fault| match value {
        None => Ok(fault),
        Some(_) => wrong(text, format!("fault: `{name}` has no value")),
    };
    let number = |most: u64, default: Option<u64>| match (value, default) {
        (None, Some(default)) => Ok(default),
        (None, None) => wrong(text, format!("fault: `{name}` has a value, `{name}=NUMBER`")),
        (Some(value), _) => between(value, 1, most),
    };
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let after = || value.map_or(Ok(0), |value| between(value, 0, u64::MAX));
    Ok(match name {
        "refuse" => plain(Fault::Refuse)?,
        "mute" => plain(Fault::Mute)?,
        "reset" => Fault::Reset { after: after()? },
        "black-hole" => Fault::BlackHole { after: after()? },
        "split" => Fault::Split { bytes: size(number(MOST_BYTES, Some(1))?) },
        "close" => Fault::Close { code: close_code(value.unwrap_or_default())? },
        "merge" => Fault::Merge { events: size(between(value.unwrap_or_default(), 2, MOST_EVENTS)?) },
        "duplicate" => plain(Fault::Duplicate)?,
        "reorder" => plain(Fault::Reorder)?,
        "skip" => Fault::Skip { by: small(number(u32::MAX.into(), Some(1))?) },
        "rewind" => Fault::Rewind { by: value.map(|value| between(value, 1, u32::MAX.into())).transpose()?.map(small) },
        "burst" => Fault::Burst { events: small(number(MOST_EVENTS, None)?) },
        "oversized" => Fault::Oversized { bytes: size(number(MOST_BYTES, Some(OVERSIZED as u64))?) },
        "bad-json" => Fault::BadJson(value.map_or(Ok(BadJson::FullWidthComma), bad_json)?),
        "unknown-event" => plain(Fault::UnknownEvent)?,
        "unknown-field" => plain(Fault::UnknownField)?,
        "unknown-value" => plain(Fault::UnknownValue)?,
        "numbers-as-strings" => plain(Fault::NumbersAsStrings)?,
        "login-refused" => plain(Fault::LoginRefused)?,
        "token-expired" => plain(Fault::TokenExpired)?,
        "permission-denied" => plain(Fault::PermissionDenied)?,
        "http" => http(value.unwrap_or_default())?,
        "clock-skew" => match value.unwrap_or_default().parse() {
            Ok(seconds) => Fault::ClockSkew { seconds },
            Err(_) => return wrong(value.unwrap_or_default(), "number of seconds"),
        },
        "restart" => match value {
            None => Fault::Restart(Memory::Kept),
            Some("forget") => Fault::Restart(Memory::Lost),
            Some(other) => return wrong(other, "way to restart: `restart` or `restart=forget`"),
        },
        _ => return wrong(text, "fault"),
    })
}

/// A code that may be sent: neither those of RFC 6455 that never are, nor one below them.
fn close_code(text: &str) -> Result<u16, FaultSyntaxError> {
    match text.parse() {
        Ok(code @ (1000..=1003 | 1007..=1014 | 3000..=4999)) => Ok(code),
        _ => wrong(text, "close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999"),
    }
}

fn http(text: &str) -> Result<Fault, FaultSyntaxError> {
    let (status, seconds) = match text.split_once(',') {
        Some((status, seconds)) => (status, Some(seconds)),
        None => (text, None),
    };
    let status = match status.parse() {
        Ok(status @ 400..=599) => status,
        _ => return wrong(status, "status that says no: 400 to 599"),
    };
    let retry_after = seconds.map(|seconds| between(seconds, 0, u32::MAX.into())).transpose()?;
    Ok(Fault::Http { status, retry_after: retry_after.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)) })
}

fn bad_json(text: &str) -> Result<BadJson, FaultSyntaxError> {
    match BadJson::ALL.iter().find(|kind| kind.as_str() == text) {
        Some(kind) => Ok(*kind),
        None => wrong(text, "kind of bad JSON: full-width-comma, missing-comma, stray-bracket or cut"),
    }
}

fn services(text: &str) -> Result<Vec<Service>, FaultSyntaxError> {
    if text == "cloudpbx" {
        return Ok(vec![Service::CloudpbxStream, Service::CloudpbxRest]);
    }
    if text == "im" {
        return Ok(vec![Service::ImLine, Service::ImHttp]);
    }
    match Service::ALL.iter().find(|service| service.as_str() == text) {
        Some(service) => Ok(vec![*service]),
        None => wrong(text, "service: wsi, cloudpbx, cloudpbx-stream, cloudpbx-rest, axeos, im, im-line or im-http"),
    }
}

fn between(text: &str, least: u64, most: u64) -> Result<u64, FaultSyntaxError> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ if most == u64::MAX => wrong(text, format!("number from {least}")),
        _ => wrong(text, format!("number from {least} to {most}")),
    }
}

/// `3`, `3-5` or `3-`.
fn range(text: &str) -> Result<RangeInclusive<u64>, FaultSyntaxError> {
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
    let found = match text.split_once('-') {
        None => number(text).map(|only| only..=only),
        Some((from, "")) => number(from).map(|from| from..=u64::MAX),
        Some((from, to)) => number(from).zip(number(to)).filter(|(from, to)| from <= to).map(|(from, to)| from..=to),
    };
    found.map_or_else(|| wrong(text, "number or range, from 1: 3, 3-5 or 3-"), Ok)
}

/// `10s`, `10s-` or `10s-20s`, up to the longest time of a scenario.
fn times(text: &str) -> Result<(Duration, Option<Duration>), FaultSyntaxError> {
    let found = match text.split_once('-') {
        None | Some((_, "")) => time_from_text(text.trim_end_matches('-')).map(|from| (from, None)),
        Some((from, until)) => {
            let both = time_from_text(from).zip(time_from_text(until));
            both.filter(|(from, until)| from < until).map(|(from, until)| (from, Some(until)))
        }
    };
    found.map_or_else(|| wrong(text, "time or span of time: 90s, 1m30s- or 10s-20s"), Ok)
}

/// Writes a rule as [`rule`] reads it.
pub(super) fn write_rule(rule: &Rule, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut conditions: Vec<String> = rule.services.iter().map(|service| format!("on={}", service.as_str())).collect();
    conditions.extend(rule.path.as_ref().map(|path| format!("path={path}")));
    let mut ranged = |name: &str, range: &RangeInclusive<u64>| {
        let (from, to) = (range.start(), range.end());
        match *to {
            _ if *range == ALL => {}
            u64::MAX => conditions.push(format!("{name}={from}-")),
            to if to == *from => conditions.push(format!("{name}={from}")),
            to => conditions.push(format!("{name}={from}-{to}")),
        }
    };
    ranged("conn", &rule.connections);
    ranged("nth", &rule.nth);
    match (rule.from, rule.until) {
        (Duration::ZERO, None) => {}
        (from, None) => conditions.push(format!("at={}", Shown(from))),
        (from, Some(until)) => conditions.push(format!("at={}-{}", Shown(from), Shown(until))),
    }
    if !conditions.is_empty() {
        write!(f, "{}:", conditions.join(","))?;
    }
    write!(f, "{}", rule.fault)
}

/// A time in whole units, the largest that lose nothing.
struct Shown(Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.subsec_nanos() {
            0 => write!(f, "{}s", self.0.as_secs()),
            nanos if nanos % 1_000_000 == 0 => write!(f, "{}ms", self.0.as_millis()),
            nanos if nanos % 1_000 == 0 => write!(f, "{}us", self.0.as_micros()),
            _ => write!(f, "{}ns", self.0.as_nanos()),
        }
    }
}

/// In the form that a rule is parsed from.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse => f.write_str("refuse"),
            Self::Mute => f.write_str("mute"),
            Self::Reset { after } => write!(f, "reset={after}"),
            Self::BlackHole { after } => write!(f, "black-hole={after}"),
            Self::Split { bytes } => write!(f, "split={bytes}"),
            Self::Close { code } => write!(f, "close={code}"),
            Self::Merge { events } => write!(f, "merge={events}"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Reorder => f.write_str("reorder"),
            Self::Skip { by } => write!(f, "skip={by}"),
            Self::Rewind { by: None } => f.write_str("rewind"),
            Self::Rewind { by: Some(by) } => write!(f, "rewind={by}"),
            Self::Burst { events } => write!(f, "burst={events}"),
            Self::Oversized { bytes } => write!(f, "oversized={bytes}"),
            Self::BadJson(kind) => write!(f, "bad-json={}", kind.as_str()),
            Self::UnknownEvent => f.write_str("unknown-event"),
            Self::UnknownField => f.write_str("unknown-field"),
            Self::UnknownValue => f.write_str("unknown-value"),
            Self::NumbersAsStrings => f.write_str("numbers-as-strings"),
            Self::LoginRefused => f.write_str("login-refused"),
            Self::TokenExpired => f.write_str("token-expired"),
            Self::PermissionDenied => f.write_str("permission-denied"),
            Self::Http { status, retry_after: None } => write!(f, "http={status}"),
            Self::Http { status, retry_after: Some(seconds) } => write!(f, "http={status},{seconds}"),
            Self::ClockSkew { seconds } => write!(f, "clock-skew={seconds}"),
            Self::Restart(Memory::Kept) => f.write_str("restart"),
            Self::Restart(Memory::Lost) => f.write_str("restart=forget"),
        }
    }
}
