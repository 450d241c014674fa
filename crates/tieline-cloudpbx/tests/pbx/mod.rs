//! A push server whose events are numbered, for schedules of faults.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use tieline_cloudpbx::client::{ClientConfig, ClientEvent, PushClient, Resume};
use tieline_cloudpbx::server::{Phase, PushServer, ServerConfig, ServerEvent};
use tieline_cloudpbx::stream::{Refusal, StreamTarget};
use tieline_core::{Instant, Random, RequestError, Session, Text};
use tieline_testkit::schedule::{Fault, Menu, Protocol, Refusals, Seen, millis};

/// So many extensions have a state.
const EXTENSIONS: u64 = 7;

/// A channel, and an application that minds which states are stale.
pub(crate) struct Pbx {
    last_id: u64,
    /// The extensions whose state was told on the present line.
    fresh: BTreeSet<String>,
}

impl Protocol for Pbx {
    type Session = PushClient;
    type Server = PushServer;
    /// Messages have numbers, but the software behind the stream is not known to keep them: none is dropped by them.
    const NUMBERED: bool = false;

    fn begin() -> Self {
        Self { last_id: 0, fresh: BTreeSet::new() }
    }

    fn config() -> ClientConfig {
        let mut config = ClientConfig::default();
        config.limits.queued_events = 20;
        config
    }

    fn resume() -> Resume {
        Resume::default()
    }

    fn credentials() {}

    fn accept(&mut self, now: Instant) -> PushServer {
        let target = StreamTarget::parse("/ws/pbx_MojaCentrala?pbxkey=MyExampleKey").expect("documented");
        PushServer::start(ServerConfig::default(), target, now)
    }

    fn is_logged_in(server: &PushServer) -> bool {
        server.phase() == Phase::Open
    }

    fn serve(&mut self, now: Instant, server: &mut PushServer, refusals: Refusals) {
        while let Some(event) = server.poll_event() {
            if let ServerEvent::Opened(_) = event {
                if refusals.logins {
                    server.reject(&Refusal::new(403, "Subscriber could not create channels."));
                } else {
                    server.accept(now);
                }
            }
        }
    }

    fn publish(&mut self, now: Instant, mark: u64, servers: Vec<&mut PushServer>) -> bool {
        self.last_id += 1;
        let (id, extension) = (self.last_id, mark % EXTENSIONS);
        let text = Text::from(format!(
            r#"{{"id":{id},"channel":"pbx_MojaCentrala","text":{{"subscriber":{{"peer":"X-{extension}","statusValue":1,"mark":{mark}}}}}}}"#
        ));
        for server in servers {
            server.push(now, text.clone());
        }
        true
    }

    fn mark_of(text: &Text) -> Option<u64> {
        let begin = text.find(r#""mark":"#)? + 7;
        text[begin..].split('}').next()?.parse().ok()
    }

    fn unknown() -> &'static str {
        r#"{"id":1,"channel":"pbx_MojaCentrala","text":{"coffee":{"cups":"2"}}}"#
    }

    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::Skip(count) => self.last_id += u64::from(count),
            Fault::Rewind(count) => self.last_id = self.last_id.saturating_sub(count.into()),
            Fault::RestartAnew => self.last_id = 0,
            _ => {}
        }
    }

    fn read(&mut self, _: Instant, told: &ClientEvent) -> Vec<Seen> {
        match told {
            ClientEvent::Received(received) => {
                let Some(mark) = Self::mark_of(received.origin.raw()) else { return Vec::new() };
                self.fresh.insert(format!("X-{}", mark % EXTENSIONS));
                vec![Seen::Event(mark)]
            }
            ClientEvent::Stale(stale) => {
                let words = format!("{:?}", stale.states);
                for extension in std::mem::take(&mut self.fresh) {
                    assert!(words.contains(&extension), "{extension} is stale and not among {words}");
                }
                assert!(stale.complete);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn order(&mut self, _: Instant, _: bool) -> Option<Infallible> {
        None
    }

    fn replied(&mut self, _: Instant, reply: Result<Infallible, RequestError>) {
        panic!("nothing was asked: {reply:?}");
    }

    fn forget(&mut self, _: Instant) {}
}

fn fault(random: &mut Random) -> Fault {
    match random.below(24) {
        0 => Fault::RefuseDials(millis(random, 60_000)),
        1 => Fault::HangDials(millis(random, 60_000)),
        2 => Fault::MuteAfterOpen(millis(random, 60_000)),
        3 => Fault::MuteAfterLogin(millis(random, 60_000)),
        4 => Fault::RefuseLogins(millis(random, 60_000)),
        5 => Fault::Latency(millis(random, 1500)),
        6 => Fault::Pieces(1 + random.below(300) as u16),
        7..11 => Fault::Cut,
        11..14 => Fault::CutAfter(random.below(400) as u16),
        14 => Fault::BlackHole,
        15 => Fault::CloseWith(if random.below(2) == 0 { 1001 } else { 1011 }),
        16 => Fault::Duplicate,
        17 => Fault::Reorder,
        18 => Fault::BadJson,
        19 => Fault::Unknown,
        20 => Fault::Garbage,
        21 => Fault::Skip(1 + random.below(5) as u8),
        22 => Fault::Rewind(1 + random.below(40) as u8),
        _ => {
            if random.below(2) == 0 {
                Fault::Restart
            } else {
                Fault::RestartAnew
            }
        }
    }
}

pub(crate) const MENU: Menu = Menu { fault, pace: Duration::from_secs(4), steps: 24, closed: 10 };
