//! What is heard in a short time, and what of it no document has.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tieline_core::json::lint::{Anomaly, Severity};
use tieline_core::supervisor::LineEvent;
use tieline_tokio::{Events, Item};

use super::report::Step;
use crate::output::{Tell, printable};

/// So many different keys are told.
const MOST: usize = 50;

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Events, and states told as such.
    events: u64,
    /// What cannot be read.
    unreadable: u64,
    /// What no document has, by words and path, and how often it came.
    unknown: BTreeMap<String, u64>,
    /// How often something came that only other dialects have.
    pub(super) other_dialect: BTreeMap<String, u64>,
    /// Why the line ended, if it did.
    pub(super) ended: Option<String>,
}

/// What an event of a session is to the examination.
pub(super) enum Look {
    /// An event of a type, and the frame it stood in.
    Event(String, Bytes),
    /// One of no known type.
    Unknown(String),
    /// A frame that cannot be read, or holds nothing known.
    Unreadable,
    /// Nothing of the PBX's.
    Nothing,
}

/// Looks at an event that can be printed.
pub(super) fn look(told: &impl Tell) -> Look {
    match (told.event_type(), told.frame()) {
        _ if !told.is_printed() => Look::Nothing,
        (Some(event_type), Some(frame)) => Look::Event(printable(event_type), frame),
        (None, Some(_)) => Look::Unreadable,
        (_, None) => Look::Nothing,
    }
}

/// How events are looked at, and what is odd about a frame.
pub(super) struct Judge<'a, E> {
    pub(super) look: &'a dyn Fn(&E) -> Look,
    pub(super) lint: &'a dyn Fn(&[u8]) -> Vec<Anomaly>,
}

impl Heard {
    /// Takes what comes until `busy` is done; `None` when the line ends before.
    pub(super) async fn listen<E, T>(
        &mut self,
        events: &mut Events<E>,
        busy: impl Future<Output = T>,
        judge: &Judge<'_, E>,
    ) -> Option<T> {
        tokio::pin!(busy);
        loop {
            let item = tokio::select! {
                done = &mut busy => return Some(done),
                item = events.next() => item,
            };
            match item {
                None => return None,
                Some(Item::Line(LineEvent::Session(told))) => self.take((judge.look)(&told), judge.lint),
                Some(Item::Line(LineEvent::Closed(cause))) => {
                    self.ended = Some(cause.map_or_else(|| "the line was closed".into(), |cause| cause.to_string()));
                    return None;
                }
                Some(_) => {}
            }
        }
    }

    /// Takes what comes for so long.
    pub(super) async fn listen_for<E>(&mut self, events: &mut Events<E>, time: Duration, judge: &Judge<'_, E>) {
        self.listen(events, tokio::time::sleep(time), judge).await;
    }

    fn take(&mut self, look: Look, lint: &dyn Fn(&[u8]) -> Vec<Anomaly>) {
        let (event_type, frame) = match look {
            Look::Nothing => return,
            Look::Unreadable => {
                self.unreadable += 1;
                return;
            }
            Look::Unknown(event_type) => {
                self.events += 1;
                count(&mut self.unknown, format!("unknown type of event: `{event_type}`"));
                return;
            }
            Look::Event(event_type, frame) => (event_type, frame),
        };
        self.events += 1;
        for anomaly in lint(&frame) {
            let place = match anomaly.path.as_str() {
                "" => format!("`{event_type}`"),
                path => format!("`{}` of `{event_type}`", printable(path)),
            };
            let words = format!("{}: {place}", anomaly.kind);
            match anomaly.kind.code() {
                "later-version" | "earlier-version" => count(&mut self.other_dialect, words),
                _ if anomaly.severity() == Severity::Unknown => count(&mut self.unknown, words),
                _ => {}
            }
        }
    }

    /// The step about what was heard, in so long a time; `judged` says whether keys were looked at.
    pub(super) fn step(&self, time: Duration, judged: bool) -> Step {
        let events = self.events;
        let words = format!("{events} events in {:.1} s", time.as_secs_f64());
        let step = if let Some(ended) = &self.ended {
            Step::warning(
                format!("{words}; then the line ended: {ended}"),
                "Look at the PBX's log for why it ended it.",
            )
        } else if self.unreadable > 0 || !self.unknown.is_empty() {
            let unknown: Vec<&str> = self.unknown.keys().map(String::as_str).collect();
            let lines = if unknown.is_empty() { String::new() } else { format!("\n{}", unknown.join("\n")) };
            let remedy = "Nothing is lost: what is unknown passes through. `tieline listen --raw | tieline lint` shows each place; \
                          please report it with the version of the PBX.";
            Step::warning(format!("{words}, {} unreadable, {} unknown{lines}", self.unreadable, unknown.len()), remedy)
        } else if judged {
            Step::ok(format!("{words}, nothing unknown in them"))
        } else {
            Step::ok(format!("{words}, all of them readable"))
        };
        let unknown: Vec<&str> = self.unknown.keys().map(String::as_str).collect();
        step.fact("events", events).fact("unreadable", self.unreadable).fact("unknown", unknown)
    }
}

fn count(counts: &mut BTreeMap<String, u64>, words: String) {
    if counts.len() < MOST || counts.contains_key(&words) {
        *counts.entry(words).or_default() += 1;
    }
}
