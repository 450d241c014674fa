//! A capture as what is to be played: the WebSockets one by one, the exchanges over HTTP all together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;

use super::asked::{Asked, Said};
use crate::capture::entry::{Ended, Payload, Response, What};
use crate::capture::{Capture, Side};

/// A capture, ready to be played. One script serves any number of clients.
#[derive(Default)]
pub struct Script {
    pub(super) sockets: Vec<Socket>,
    pub(super) exchanges: Vec<Exchange>,
    /// The events of a log that was polled, by their numbers.
    pub(super) log: Vec<LogEvent>,
    /// When the log was first asked for.
    pub(super) log_from: Duration,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Wsi,
    Im,
    Push,
    Other(String),
}

/// A WebSocket that was captured.
pub(super) struct Socket {
    pub(super) service: Service,
    pub(super) steps: Vec<Step>,
}

/// What happened on a WebSocket.
pub(super) struct Step {
    pub(super) at: Duration,
    pub(super) what: Deed,
}

pub(super) enum Deed {
    /// The client asked.
    Asked {
        asked: Asked,
        /// The steps that answer it.
        answers: Vec<usize>,
    },
    /// The server said something.
    Said {
        binary: bool,
        payload: Payload,
        /// It is sent when its request comes, not when its time has come.
        is_answer: bool,
    },
    /// The server closed.
    Closed { code: Option<u16>, reason: String },
    /// The line broke, or the server left without a word.
    Broke,
}

/// A request over HTTP and its answer.
pub(super) struct Exchange {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) response: Response,
}

/// An event of a polled log.
pub(super) struct LogEvent {
    pub(super) number: u64,
    /// When it was told.
    pub(super) at: Duration,
    /// As it was written.
    pub(super) raw: String,
}

/// How much there is to play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// WebSockets.
    pub sockets: usize,
    /// Messages of the PBX on them.
    pub messages: usize,
    /// Exchanges over HTTP.
    pub exchanges: usize,
    /// Events of a polled log.
    pub polled: usize,
}

impl Service {
    /// What a path leads to.
    pub(super) fn of(target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default().trim_end_matches('/');
        match path {
            "" => Self::Wsi,
            path if path.ends_with("/wsi") => Self::Wsi,
            path if path.ends_with("/im") || path.ends_with("/channels") => Self::Im,
            path if path.starts_with("/ws/pbx_") => Self::Push,
            path => Self::Other(path.to_owned()),
        }
    }
}

impl Script {
    /// The script that a capture is.
    #[must_use]
    pub fn new(capture: Capture) -> Self {
        let mut script = Self::default();
        let mut requests = BTreeMap::new();
        let mut sockets: BTreeMap<u64, Socket> = BTreeMap::new();
        let mut order = Vec::new();
        // Whose client said goodbye: what the server did then answers that.
        let mut left = BTreeSet::new();
        for entry in capture.entries {
            let (at, connection) = (entry.at, entry.connection);
            let step = match entry.what {
                What::Request(request) => {
                    requests.insert((connection, request.exchange), request);
                    continue;
                }
                What::Response(response) => {
                    let Some(request) = requests.remove(&(connection, response.exchange)) else { continue };
                    if response.status == 101 {
                        sockets.insert(connection, Socket { service: Service::of(&request.target), steps: Vec::new() });
                        order.push(connection);
                        continue;
                    }
                    if is_poll(&request.target) {
                        script.take_log(at, &response);
                    }
                    let (method, target) = (request.method, request.target);
                    script.exchanges.push(Exchange { method, target, response });
                    continue;
                }
                What::Message { from: Side::Client, payload, .. } => match payload.text().and_then(Asked::of) {
                    Some(asked) => Deed::Asked { asked, answers: Vec::new() },
                    None => continue,
                },
                What::Message { from: Side::Server, binary, payload } => {
                    Deed::Said { binary, payload, is_answer: false }
                }
                What::Closed { from: Side::Client, .. } => {
                    left.insert(connection);
                    continue;
                }
                What::Closed { .. } | What::Ended(_) if left.contains(&connection) => continue,
                What::Closed { from: Side::Server, code, reason } => Deed::Closed { code, reason },
                What::Ended(Ended::Server | Ended::Broken) => Deed::Broke,
                _ => continue,
            };
            if let Some(socket) = sockets.get_mut(&connection) {
                socket.steps.push(Step { at, what: step });
            }
        }
        script.sockets = order.iter().filter_map(|connection| sockets.remove(connection)).collect();
        script.sockets.iter_mut().for_each(Socket::pair);
        script.log.sort_by_key(|event| event.number);
        script.log.dedup_by_key(|event| event.number);
        script
    }

    /// Notes the events of a poll.
    fn take_log(&mut self, at: Duration, response: &Response) {
        if self.exchanges.iter().all(|exchange| !is_poll(&exchange.target)) {
            self.log_from = at;
        }
        let events = response.body.text().and_then(|text| serde_json::from_str::<Vec<Box<RawValue>>>(text).ok());
        for event in events.unwrap_or_default() {
            let number = serde_json::from_str::<Value>(event.get()).ok().and_then(|event| event["seq"].as_u64());
            if let Some(number) = number {
                self.log.push(LogEvent { number, at, raw: event.get().to_owned() });
            }
        }
    }

    /// How much there is to play.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let said = |step: &&Step| matches!(step.what, Deed::Said { .. });
        Summary {
            sockets: self.sockets.len(),
            messages: self.sockets.iter().map(|socket| socket.steps.iter().filter(said).count()).sum(),
            exchanges: self.exchanges.len(),
            polled: self.log.len(),
        }
    }
}

// Without redaction it holds everything.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.summary()).finish()
    }
}

/// Whether a target is that of a log which is polled.
pub(super) fn is_poll(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default().trim_end_matches('/');
    path.ends_with("/events") || path.ends_with("/events.json")
}

impl Socket {
    /// Finds the answers of each request.
    fn pair(&mut self) {
        let mut said: Vec<(usize, Said)> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            if let Deed::Said { payload, .. } = &step.what {
                said.push((at, payload.text().map_or(Said::Push, Said::of)));
            }
        }
        let mut taken = vec![false; self.steps.len()];
        for at in 0..self.steps.len() {
            let Some(Step { what: Deed::Asked { asked, .. }, .. }) = self.steps.get(at) else { continue };
            let later = said.iter().filter(|(index, _)| *index > at && !taken.get(*index).copied().unwrap_or_default());
            let of_id = |said: &Said| asked.id.is_some() && matches!(said, Said::Answer(id) if *id == asked.id);
            let mut found: Vec<usize> =
                later.clone().filter(|(_, said)| of_id(said)).map(|(index, _)| *index).collect();
            if found.is_empty() {
                // In WSI the answers come in the order of the commands.
                found.extend(later.clone().find(|(_, said)| *said == Said::Answer(None)).map(|(index, _)| *index));
            }
            if asked.for_data
                && let Some(last) = found.last().copied()
            {
                let data = |(index, said): &&(usize, Said)| *index < last && *said == Said::Data(asked.about.clone());
                found.extend(later.filter(data).map(|(index, _)| *index));
                found.sort_unstable();
            }
            for index in &found {
                if let Some(taken) = taken.get_mut(*index) {
                    *taken = true;
                }
                if let Some(Step { what: Deed::Said { is_answer, .. }, .. }) = self.steps.get_mut(*index) {
                    *is_answer = true;
                }
            }
            if let Some(Step { what: Deed::Asked { answers, .. }, .. }) = self.steps.get_mut(at) {
                *answers = found;
            }
        }
    }
}
