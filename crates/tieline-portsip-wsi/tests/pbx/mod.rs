//! A WSI server whose events are numbered, for schedules of faults.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use tieline_core::{Instant, Random, RequestError, Session, Text};
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Reply, Request, WsiClient};
use tieline_portsip_wsi::server::{Phase, ServerConfig, ServerEvent, WsiServer};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions, Topic};
use tieline_testkit::schedule::{Fault, Menu, Protocol, Refusals, Seen, millis};

/// The topics, by the mark of an event modulo 2, and an event type of each.
const TOPICS: [(Topic, &str); 2] = [(Topic::ExtensionEvents, "call_start"), (Topic::QueueEvents, "queue_waiting")];

/// How long the application waits before it asks again for what was refused.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server of a dialect, and an application that wants two topics.
pub(crate) struct Pbx<const V22: bool> {
    /// Which topics were refused and are not in force.
    denied: [bool; 2],
    /// Topics that the application is to ask for, and when.
    wishes: Vec<usize>,
    ask_at: Option<Instant>,
    orders: usize,
}

impl<const V22: bool> Pbx<V22> {
    const DIALECT: Dialect = if V22 { Dialect::V22 } else { Dialect::V16 };

    fn wish_all(&mut self, now: Instant) {
        self.wishes = vec![0, 1];
        self.ask_at = Some(now + PATIENCE);
    }
}

fn holds(subscriptions: &Subscriptions, topic: usize) -> bool {
    subscriptions.topics().any(|held| *held == TOPICS[topic].0)
}

impl<const V22: bool> Protocol for Pbx<V22> {
    type Session = WsiClient;
    type Server = WsiServer;
    const NUMBERED: bool = false;

    fn begin() -> Self {
        Self { denied: [false; 2], wishes: Vec::new(), ask_at: None, orders: 0 }
    }

    fn config() -> ClientConfig {
        let mut config = ClientConfig::new(Self::DIALECT, Auth::username("testuser", "portsip.io", "111111"));
        config.limits.queued_events = 20;
        config
    }

    fn resume() -> Subscriptions {
        let mut subscriptions = Subscriptions::new();
        for (topic, _) in TOPICS {
            subscriptions.apply(&Subscription::to(topic));
        }
        subscriptions
    }

    fn credentials() -> Auth {
        Auth::username("testuser", "portsip.io", "111111")
    }

    fn accept(&mut self, now: Instant) -> WsiServer {
        WsiServer::start(ServerConfig::default(), now)
    }

    fn is_logged_in(server: &WsiServer) -> bool {
        server.phase() == Phase::Open
    }

    fn serve(&mut self, now: Instant, server: &mut WsiServer, refusals: Refusals) {
        while let Some(event) = server.poll_event() {
            match event {
                ServerEvent::Login { id, .. } if refusals.logins => {
                    server.reject(now, id, "name or password error");
                }
                ServerEvent::Login { id, .. } => {
                    server.accept(now, id);
                }
                ServerEvent::Subscribe { id, subscription } => {
                    let topics = [0, 1].into_iter().filter(|topic| {
                        subscription.topics.iter().any(|selection| selection.topic == TOPICS[*topic].0)
                    });
                    if refusals.subscriptions {
                        for topic in topics {
                            self.denied[topic] = !holds(server.subscriptions(), topic);
                        }
                        server.respond(now, id, Err("permission denied"));
                        continue;
                    }
                    server.respond(now, id, Ok(()));
                    for topic in topics {
                        self.denied[topic] = false;
                        server.push(now, Text::from_static(r#"{"event_type":"extension_status","extensions":[]}"#));
                    }
                }
                ServerEvent::Unsubscribe { id, .. } => {
                    server.respond(now, id, Ok(()));
                }
                _ => {}
            }
        }
    }

    fn publish(&mut self, now: Instant, mark: u64, servers: Vec<&mut WsiServer>) -> bool {
        let topic = usize::from(mark % 2 == 1);
        let event_type = TOPICS[topic].1;
        let text = Text::from(format!(r#"{{"event_type":"{event_type}","mark":{mark}}}"#));
        for server in servers.into_iter().filter(|server| holds(server.subscriptions(), topic)) {
            server.push(now, text.clone());
        }
        !self.denied[topic]
    }

    fn mark_of(text: &Text) -> Option<u64> {
        tieline_core::json::peek(text, "mark").ok().flatten()
    }

    fn unknown() -> &'static str {
        r#"{"event_type":"coffee_ready","cups":"2"}"#
    }

    fn suffer(&mut self, _: Fault) {}

    fn read(&mut self, now: Instant, told: &ClientEvent) -> Vec<Seen> {
        match told {
            ClientEvent::Received(received) if received.event.is_snapshot() => vec![Seen::Snapshot],
            ClientEvent::Received(received) => {
                received.field("mark").expect("a number").map(Seen::Event).into_iter().collect()
            }
            ClientEvent::SubscriptionLost(..) => {
                self.wish_all(now);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn order(&mut self, now: Instant, asked: bool) -> Option<Request> {
        if asked {
            self.orders += 1;
            let trunks = Subscription::to(Topic::TrunkEvents);
            return Some(match self.orders % 3 {
                0 => Request::Subscribe(trunks),
                1 => Request::Subscribe(Subscription::to(TOPICS[0].0.clone())),
                _ => Request::Unsubscribe(trunks),
            });
        }
        self.ask_at.filter(|due| *due <= now)?;
        let topic = self.wishes.pop();
        if self.wishes.is_empty() {
            self.ask_at = None;
        }
        topic.map(|topic| Request::Subscribe(Subscription::to(TOPICS[topic].0.clone())))
    }

    fn poll_order(&self) -> Option<Instant> {
        self.ask_at
    }

    fn replied(&mut self, now: Instant, reply: Result<Reply, RequestError>) {
        if let Err(RequestError::Refused { .. } | RequestError::Backpressure) = reply {
            self.wish_all(now);
        }
    }

    fn forget(&mut self, _: Instant) {}
}

fn fault(random: &mut Random) -> Fault {
    match random.below(22) {
        0 => Fault::RefuseDials(millis(random, 60_000)),
        1 => Fault::HangDials(millis(random, 60_000)),
        2 => Fault::MuteAfterOpen(millis(random, 60_000)),
        3 => Fault::MuteAfterLogin(millis(random, 60_000)),
        4 => Fault::RefuseLogins(millis(random, 60_000)),
        5 => Fault::DenySubscriptions(millis(random, 30_000)),
        6 => Fault::Latency(millis(random, 1500)),
        7 => Fault::Pieces(1 + random.below(300) as u16),
        8..11 => Fault::Cut,
        11..14 => Fault::CutAfter(random.below(400) as u16),
        14 => Fault::BlackHole,
        15 => Fault::CloseWith(if random.below(2) == 0 { 1001 } else { 1011 }),
        16 => Fault::Duplicate,
        17 => Fault::Reorder,
        18 => Fault::BadJson,
        19 => Fault::Unknown,
        20 => Fault::Garbage,
        _ => Fault::Restart,
    }
}

pub(crate) const MENU: Menu = Menu { fault, pace: Duration::from_secs(4), steps: 24, closed: 10 };
