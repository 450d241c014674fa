//! A poller on virtual time, its driver played by the test.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use tieline_axeos::poller::{Answer, Ask, AxeosEvent, ExchangeId, Outcome, Output, Poller, PollerConfig, Resume};
use tieline_axeos::{Batch, Listing, Poll};
use tieline_core::supervisor::LineEvent;
use tieline_core::{Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, Sent, Session, Text};

pub(crate) const USERS: &str = r#"[{"uuid":"u1","username":"anna","phone":"p1","primary_phone":"p1"}]"#;
pub(crate) const PHONES: &str = r#"[{"uuid":"p1","phone_username":"desk","status":"idle","status_code":0}]"#;

pub(crate) struct Rig {
    pub(crate) poller: Poller,
    pub(crate) now: Instant,
    pub(crate) asked: Vec<ExchangeId>,
    said: Vec<String>,
}

pub(crate) fn batch(json: &str) -> Batch {
    Listing::decode(Text::from(json), 64).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Call events of these numbers.
pub(crate) fn events(seqs: &[u64]) -> String {
    list(&seqs.iter().map(|seq| event(*seq, "")).collect::<Vec<_>>())
}

/// A call event; `mark` tells it from another of the same number.
pub(crate) fn event(seq: u64, mark: &str) -> String {
    format!(r#"{{"seq":{seq},"event_type":"call answered","unique_id":"{seq}{mark}"}}"#)
}

pub(crate) fn list(events: &[String]) -> String {
    format!("[{}]", events.join(","))
}

pub(crate) fn status(status: u16) -> ExchangeFailureKind {
    let class = match status {
        401 => Class::Reauthenticate,
        408 | 500 | 502 | 503 | 504 => Class::Retry,
        _ => Class::Terminal,
    };
    ExchangeFailureKind::Status { status, class }
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// What is asked, in words.
pub(crate) fn words(ask: &Ask) -> String {
    match ask {
        Ask::Poll(Poll::NEWEST) => "newest".into(),
        Ask::Poll(poll) => {
            let last = poll.last.map_or("all".into(), |last| format!("after {last}"));
            let limit = poll.limit.map_or(String::new(), |limit| format!(" at most {limit}"));
            format!("{last}{limit} within {}", poll.timeout.expect("always said"))
        }
        Ask::Users => "users".into(),
        Ask::Phones => "phones".into(),
        Ask::Call(request) => format!("call {}", request.number),
        other => panic!("{other:?}"),
    }
}

impl Rig {
    pub(crate) fn start(config: PollerConfig, resume: Option<Resume>) -> Self {
        let now = Instant::EPOCH + secs(1000);
        Self { poller: Poller::start(config, [7; 16], resume, now), now, asked: Vec::new(), said: Vec::new() }
    }

    /// A live poller with the place 10, everything taken, whose first poll is out.
    pub(crate) fn live(config: PollerConfig) -> Self {
        let mut rig = Self::start(config, None);
        assert_eq!(rig.asks(), ["newest"]);
        rig.events(&[10]);
        rig.lists();
        assert_eq!(rig.told(), ["live 1", "users and phones"]);
        assert_eq!(rig.asks(), ["after 10 within 30"]);
        rig
    }

    /// Answers the two lists that are asked for.
    pub(crate) fn lists(&mut self) {
        assert_eq!(self.asks(), ["users"]);
        self.users(USERS);
        assert_eq!(self.asks(), ["phones"]);
        self.phones(PHONES);
    }

    /// What was asked since this was last asked, in words; what was canceled, too.
    pub(crate) fn asks(&mut self) -> Vec<String> {
        self.take_outputs();
        std::mem::take(&mut self.said)
    }

    fn take_outputs(&mut self) {
        while let Some(output) = self.poller.poll_transmit() {
            self.said.push(match output {
                Output::Send(exchange) => {
                    assert!(exchange.deadline > self.now, "a deadline lies in the future");
                    self.asked.push(exchange.id);
                    words(&exchange.ask)
                }
                Output::Cancel(id) => {
                    format!("cancel {}", self.asked.iter().position(|asked| *asked == id).expect("asked") + 1)
                }
                other => panic!("{other:?}"),
            });
        }
    }

    /// The exchange that was asked for last: the one that is answered next.
    pub(crate) fn latest(&mut self) -> ExchangeId {
        self.take_outputs();
        *self.asked.last().expect("something was asked")
    }

    pub(crate) fn end(&mut self, id: ExchangeId, result: Result<Answer, ExchangeFailure>) {
        self.poller.handle_input(self.now, Outcome::new(id, result));
    }

    pub(crate) fn events(&mut self, seqs: &[u64]) {
        self.json(&events(seqs));
    }

    pub(crate) fn json(&mut self, json: &str) {
        let id = self.latest();
        self.end(id, Ok(Answer::Events(batch(json))));
    }

    pub(crate) fn users(&mut self, json: &str) {
        let id = self.latest();
        self.end(id, Ok(Answer::Users(Listing::decode(json.into(), 64).expect("users"))));
    }

    pub(crate) fn phones(&mut self, json: &str) {
        let id = self.latest();
        self.end(id, Ok(Answer::Phones(Listing::decode(json.into(), 64).expect("phones"))));
    }

    pub(crate) fn fail(&mut self, kind: ExchangeFailureKind) {
        let id = self.latest();
        self.end(id, Err(ExchangeFailure::new(kind, Sent::All)));
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.poller.handle_timeout(self.now);
    }

    /// Goes to the next deadline, and says how long that took.
    pub(crate) fn pass_to_deadline(&mut self) -> Duration {
        let due = self.poller.poll_timeout().expect("a deadline").max(self.now);
        let time = due.since(self.now);
        self.wait(time);
        time
    }

    /// What the application is told, in words.
    pub(crate) fn told(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.poller.poll_event()).map(|event| shown(&event)).collect()
    }
}

pub(crate) fn shown(event: &LineEvent<AxeosEvent>) -> String {
    match event {
        LineEvent::Live(line) => format!("live {}", line.get()),
        LineEvent::Gap(gap) => format!("gap {}", if gap.recovered { "recovered" } else { "lost" }),
        LineEvent::Resynced => "resynced".into(),
        LineEvent::Down { cause, .. } => format!("down: {cause}"),
        LineEvent::Closed(None) => "closed".into(),
        LineEvent::Closed(Some(cause)) => format!("closed: {cause}"),
        LineEvent::Session(AxeosEvent::Snapshot(snapshot)) => match (&snapshot.users, &snapshot.phones) {
            (Some(_), Some(_)) => "users and phones".into(),
            (Some(_), None) => "users".into(),
            (None, Some(_)) => "phones".into(),
            (None, None) => panic!("an empty snapshot"),
        },
        LineEvent::Session(AxeosEvent::Received(received)) => received.entry.seq.to_string(),
        LineEvent::Session(AxeosEvent::Malformed(bad)) => match bad.element.seq {
            Some(seq) => format!("bad {seq}"),
            None => "bad".into(),
        },
        other => panic!("{other:?}"),
    }
}
