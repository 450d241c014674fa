//! The deciding thread: answers after the commit, many messages a commit, and what becomes of a store that fails.
#![cfg(feature = "im-service")]

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tieline_core::{Frame, Instant, Session as _, Text};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::service::{Arrival, MessageRecord, Service, ServiceConfig, SessionId, Write};
use tieline_portsip_im::{ClientBody, ClientMessage, Credentials, Status, UserId};
use tieline_server::im::engine::{Engine, Outlet, Running};
use tieline_server::im::store::{MemoryStore, Store, StoreError, Writer};

const NOW: Instant = Instant::EPOCH;
const LONG: Duration = Duration::from_secs(60);

/// The lines, each a session; what a session is told goes to its client.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<BTreeMap<SessionId, Wire>>>);

/// A session, its user, and where what it is told goes.
type Wire = (ImServer, u64, Sender<Value>);

impl Lines {
    fn with(&self, id: SessionId, act: impl FnOnce(&mut ImServer, u64)) {
        let mut lines = self.0.lock().expect("lines");
        let Some((session, user, told)) = lines.get_mut(&id) else { return };
        act(session, *user);
        while let Some(frame) = session.poll_transmit() {
            if let Frame::Text(text) = frame {
                told.send(serde_json::from_str(&text).expect("JSON")).expect("heard");
            }
        }
    }
}

impl Outlet for Lines {
    fn opened(&mut self, id: SessionId, login: ServerRequestId, kept: bool) {
        self.with(id, |session, user| {
            if kept {
                session.accept(NOW, login, Accepted::user(UserId::from_number(user)));
            } else {
                session.reject(NOW, login, Status::INTERNAL);
            }
        });
    }

    fn answer(&mut self, id: SessionId, request: ServerRequestId, answer: Answer, last: bool) {
        self.with(id, |session, _| {
            if last {
                session.respond(NOW, request, answer);
            } else {
                session.part(NOW, request, answer);
            }
        });
    }

    fn push(&mut self, to: &[SessionId], message: &Text) {
        for id in to {
            self.with(*id, |session, _| session.push(NOW, message.clone()));
        }
    }

    fn forward(&mut self, _: &Text, _: MessageRecord) {}
}

/// A client, and what it is told.
struct Client {
    id: SessionId,
    user: u64,
    lines: Lines,
    engine: Engine,
    told: Receiver<Value>,
}

impl Client {
    fn say(&self, message: &Value) {
        let mut heard = Vec::new();
        self.lines.with(self.id, |session, _| {
            session.handle_input(NOW, Frame::text(message.to_string()));
            heard.extend(std::iter::from_fn(|| session.poll_event()));
        });
        for event in heard {
            match event {
                ServerEvent::Login { id, .. } => self.engine.open(self.id, id, Arrival::new(self.user)),
                ServerEvent::Request { id, message, .. } => self.engine.request(self.id, id, message),
                ServerEvent::Note(note) => self.engine.note(self.id, ClientMessage::from(ClientBody::Note(note))),
                _ => {}
            }
        }
    }

    fn hear(&self) -> Value {
        self.told.recv_timeout(LONG).expect("told something")
    }

    /// Asks, and passes over what comes before the answer.
    fn ask(&self, message: &Value) -> Value {
        self.say(message);
        loop {
            let heard = self.hear();
            if heard["ctrl"]["id"].is_string() {
                return heard["ctrl"].clone();
            }
        }
    }

    fn publish(&self, topic: &str) {
        self.say(&json!({"pub": {"id": "p", "topic": topic, "noecho": true, "content": "x"}}));
    }
}

struct World {
    engine: Engine,
    running: Running,
    lines: Lines,
}

impl World {
    fn start(store: &MemoryStore, writer: impl Writer) -> Self {
        let lines = Lines::default();
        let reader = store.open().expect("opens").0;
        let mut config = ServiceConfig::new(0, [5; 16]);
        config.rate.burst = 10_000;
        config.join_notice = None;
        let (engine, running) = Engine::start(Service::new(config), reader, writer, lines.clone()).expect("starts");
        Self { engine, running, lines }
    }

    fn client(&self, user: u64) -> Client {
        let (tell, told) = channel();
        let mut lines = self.lines.0.lock().expect("lines");
        let id = SessionId(lines.len() as u64);
        lines.insert(id, (ImServer::start(ServerConfig::new(0), NOW), user, tell));
        drop(lines);
        let client = Client { id, user, lines: self.lines.clone(), engine: self.engine.clone(), told };
        let login = Credentials::access_token(user.to_string(), "portsip.io", "TOKEN").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        let answer = client.ask(&json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}}));
        assert_eq!(answer["code"], 200);
        client
    }
}

/// A writer that waits to be let through, counts, and may fail.
struct Gate {
    store: MemoryStore,
    /// Whether the next commit is kept.
    pass: Receiver<bool>,
    counted: Sender<usize>,
}

impl Writer for Gate {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let messages = writes.iter().filter(|write| matches!(write, Write::Message { .. })).count();
        self.counted.send(messages).expect("counted");
        // Without a gatekeeper the gate is open.
        if self.pass.recv().unwrap_or(true) { self.store.commit(writes) } else { Err(StoreError::failed("no space")) }
    }
}

/// A writer that panics at the first message.
struct Panicking(MemoryStore, bool);

impl Writer for Panicking {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let message = writes.iter().any(|write| matches!(write, Write::Message { .. }));
        assert!(!message || std::mem::replace(&mut self.1, true), "as a test wants it");
        self.0.commit(writes)
    }
}

/// A gate with a group behind it that two are attached to; what passed so far is not counted.
fn gated() -> (World, Sender<bool>, Receiver<usize>, Client, Client, String) {
    let store = MemoryStore::new();
    let (pass, passing) = channel();
    let (counted, count) = channel();
    for _ in 0..4 {
        pass.send(true).expect("waits");
    }
    let world = World::start(&store, Gate { store: store.clone(), pass: passing, counted });
    let (alice, bob) = (world.client(1001), world.client(1002));
    let group = alice.ask(&json!({"sub": {"id": "s", "topic": "new"}}))["topic"].as_str().expect("a name").to_owned();
    assert_eq!(bob.ask(&json!({"sub": {"id": "s", "topic": group}}))["code"], 200);
    assert_eq!(count.try_iter().count(), 4);
    (world, pass, count, alice, bob, group)
}

#[test]
fn what_comes_while_a_commit_lasts_goes_into_the_next_one() {
    let (_world, pass, count, alice, bob, group) = gated();
    alice.publish(&group);
    assert_eq!(count.recv_timeout(LONG), Ok(1), "the first is on its way");
    for _ in 0..50 {
        alice.publish(&group);
    }
    assert!(bob.told.try_recv().is_err(), "nobody is told before the commit");
    pass.send(true).expect("waits");
    pass.send(true).expect("waits");
    assert_eq!(count.recv_timeout(LONG), Ok(50), "one commit for fifty");
    let seqs: Vec<u64> = (0..51).map(|_| bob.hear()["data"]["seq"].as_u64().expect("a message")).collect();
    assert!(seqs.iter().copied().eq(1..=51), "{seqs:?}");
}

#[test]
fn who_was_answered_and_says_nothing_more_is_not_waited_for_without_end() {
    let (_world, pass, count, alice, bob, group) = gated();
    alice.publish(&group);
    assert_eq!(count.recv_timeout(LONG), Ok(1), "the first is on its way");
    bob.publish(&group);
    pass.send(true).expect("waits");
    assert_eq!(count.recv_timeout(LONG), Ok(1), "of bob alone");
}

#[test]
fn a_commit_that_fails_is_500_for_all_that_stands_on_it_and_the_service_goes_on() {
    let (_world, pass, count, alice, bob, group) = gated();
    alice.publish(&group);
    assert_eq!(count.recv_timeout(LONG), Ok(1), "the first is on its way");
    alice.publish(&group);
    bob.say(&json!({"get": {"id": "g", "topic": group, "what": "desc"}}));
    bob.publish(&group);
    pass.send(true).expect("waits");
    assert_eq!(count.recv_timeout(LONG), Ok(2), "what came meanwhile");
    pass.send(false).expect("waits");
    let code = |client: &Client| loop {
        let heard = client.hear();
        if heard["ctrl"]["id"].is_string() {
            return heard["ctrl"]["code"].clone();
        }
    };
    assert_eq!([code(&alice), code(&alice)], [202, 500]);
    assert_eq!([code(&bob), code(&bob)], [500, 500], "what asks, too, stands on it");
    drop(pass);
    let answer = alice.ask(&json!({"pub": {"id": "again", "topic": group, "content": "y"}}));
    assert_eq!(answer["code"], 202);
}

#[test]
fn a_commit_that_panics_is_500_and_the_service_goes_on() {
    let store = MemoryStore::new();
    let world = World::start(&store, Panicking(store.clone(), false));
    let alice = world.client(1001);
    let group = alice.ask(&json!({"sub": {"id": "s", "topic": "new"}}))["topic"].as_str().expect("a name").to_owned();
    let publish = json!({"pub": {"id": "p", "topic": group, "content": "x"}});
    assert_eq!(alice.ask(&publish)["code"], 500);
    let again = alice.ask(&publish);
    assert_eq!((&again["code"], &again["params"]["seq"]), (&json!(202), &json!(1)));
}

#[test]
fn what_was_said_before_the_engine_ends_is_told() {
    let (world, pass, _count, alice, _bob, group) = gated();
    drop(pass);
    alice.publish(&group);
    alice.publish(&group);
    drop(world.running);
    let codes: Vec<Value> = alice
        .told
        .try_iter()
        .filter(|heard| heard["ctrl"]["id"] == "p")
        .map(|heard| heard["ctrl"]["code"].clone())
        .collect();
    assert_eq!(codes, [202, 202]);
}

#[test]
fn a_contact_who_goes_is_offline_a_while_later() {
    let store = MemoryStore::new();
    let writer = store.open().expect("opens").1;
    let world = World::start(&store, writer);
    let (alice, bob) = (world.client(1001), world.client(1002));
    alice.ask(&json!({"sub": {"id": "s", "topic": "usr1002"}}));
    bob.ask(&json!({"sub": {"id": "m", "topic": "me"}}));
    alice.ask(&json!({"sub": {"id": "m", "topic": "me"}}));
    assert_eq!(bob.hear()["pres"]["what"], "on");
    world.engine.close(alice.id);
    assert_eq!(bob.hear()["pres"]["what"], "off", "by the engine's own clock");
}

#[test]
fn an_engine_that_drains_takes_nothing_more() {
    let (world, pass, _count, alice, _bob, group) = gated();
    drop(pass);
    world.engine.drain();
    assert_eq!(alice.ask(&json!({"pub": {"id": "p", "topic": group, "content": "x"}}))["code"], 503);
}
