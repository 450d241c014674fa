//! Sessions without a line, and a clock that is not the system's.
#![cfg(feature = "im-service")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tieline_core::{Instant, Text};
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{Arrival, ServiceConfig};
use tieline_portsip_im::{ClientMessage, Credentials, Status};
use tieline_server::im::engine::{Clock, Running};
use tieline_server::im::host::{Accounts, Admitted, HostedIm, InsideSession, Told};
use tieline_server::im::store::MemoryStore;

/// Stands until it is put forward: milliseconds, and the time of day at their beginning.
#[derive(Default)]
struct Standing(AtomicU64, AtomicI64);

impl Clock for Standing {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn unix_micros(&self, now: Instant) -> i64 {
        self.1.load(Ordering::SeqCst) + i64::try_from(now.since_epoch().as_micros()).expect("a short time")
    }

    fn until(&self, _: Instant) -> Option<Duration> {
        None
    }
}

/// Nobody comes by a line.
struct Nobody;

impl Accounts for Nobody {
    fn login(&self, _: &Credentials) -> Result<Admitted, Status> {
        Err(Status::AUTHENTICATION_FAILED)
    }
}

fn start() -> (HostedIm, Running, Arc<Standing>) {
    let clock = Arc::new(Standing::default());
    let config = ServiceConfig::new(0, [6; 16]);
    let outside = Box::new(|_: &Text, _| {});
    let started = HostedIm::start_with_clock(&MemoryStore::new(), config, Nobody, outside, Arc::clone(&clock) as _);
    let (im, running) = started.expect("threads");
    (im, running, clock)
}

fn enter(im: &HostedIm, user: u64) -> InsideSession {
    im.enter(Arrival::new(user), 64 << 10)
}

fn say(session: &mut InsideSession, message: &Value) -> ServerRequestId {
    session.request(ClientMessage::decode_frame(&Text::from(message.to_string()), 16).expect("a message"))
}

/// What was told: the codes of answers, and the messages.
fn told(session: &mut InsideSession) -> (Vec<(ServerRequestId, i64)>, Vec<Value>) {
    let (mut codes, mut pushes) = (Vec::new(), Vec::new());
    for told in session.take() {
        match told {
            Told::Answer { request, answer, .. } => {
                codes.push((request, answer.as_ctrl().and_then(|ctrl| ctrl.code).unwrap_or_default()));
            }
            Told::Push(message) => pushes.push(serde_json::from_str(&message).expect("JSON")),
            _ => {}
        }
    }
    (codes, pushes)
}

#[test]
fn answers_that_nobody_takes_are_bounded_as_messages_are() {
    let (im, _running, _) = start();
    let (mut alice, mut other) = (enter(&im, 1), enter(&im, 2));
    let card = json!({"fn": "A".repeat(20_000)});
    say(&mut alice, &json!({"sub": {"id": "1", "topic": "me"}}));
    say(&mut alice, &json!({"set": {"id": "1", "topic": "me", "desc": {"public": card}}}));
    let describe = json!({"get": {"id": "2", "topic": "me", "what": "desc"}});
    for _ in 0..50 {
        say(&mut alice, &describe);
    }
    let asked = say(&mut other, &json!({"sub": {"id": "1", "topic": "me"}}));
    let _ = im.engine().settle();
    let (answers, _) = told(&mut alice);
    assert!((3..10).contains(&answers.len()), "64 KiB and one answer more: {}", answers.len());
    assert_eq!(told(&mut other).0, [(asked, 200)], "nobody else is the worse for it");
    let after = say(&mut alice, &describe);
    let _ = im.engine().settle();
    assert_eq!(told(&mut alice).0.last().map(|(request, _)| *request), Some(after), "who takes is answered again");
}

#[test]
fn who_is_inside_asks_and_is_answered_and_hears_the_others() {
    let (im, _running, _) = start();
    let (mut alice, mut bob) = (enter(&im, 1), enter(&im, 2));
    let asked = [
        say(&mut alice, &json!({"sub": {"topic": "usr2"}})),
        say(&mut bob, &json!({"sub": {"topic": "usr1"}})),
        say(&mut alice, &json!({"pub": {"topic": "usr2", "content": "Hello"}})),
    ];
    assert_eq!(im.engine().settle(), None, "nothing is due by itself");
    assert_eq!(told(&mut alice).0, [(asked[0], 200), (asked[2], 202)]);
    let (codes, pushes) = told(&mut bob);
    assert_eq!(
        (codes, &pushes.last().expect("a message")["data"]["content"]),
        (vec![(asked[1], 200)], &json!("Hello"))
    );
}

#[test]
fn what_is_due_is_done_when_the_clock_says_so_and_not_before() {
    let (im, _running, clock) = start();
    let (mut alice, mut bob) = (enter(&im, 1), enter(&im, 2));
    say(&mut alice, &json!({"sub": {"topic": "me"}}));
    say(&mut alice, &json!({"sub": {"topic": "usr2"}}));
    say(&mut bob, &json!({"sub": {"topic": "me"}}));
    let _idle = im.engine().settle();
    told(&mut alice);
    drop(bob);
    assert_eq!(im.engine().settle(), Some(Instant::from_millis(4_000)));
    assert!(told(&mut alice).1.is_empty());
    clock.0.store(4_000, Ordering::SeqCst);
    assert_eq!(im.engine().settle(), None);
    assert_eq!(told(&mut alice).1[0]["pres"]["what"], "off");
}

#[test]
fn messages_have_the_time_of_day_of_the_clock_which_may_be_put() {
    let (im, _running, clock) = start();
    let mut alice = enter(&im, 1);
    say(&mut alice, &json!({"sub": {"topic": "new"}}));
    let _idle = im.engine().settle();
    let answers = alice.take();
    let group = answers.iter().find_map(|told| match told {
        Told::Answer { answer, .. } => Answer::as_ctrl(answer)?.topic.as_ref().map(|topic| topic.as_str().to_owned()),
        _ => None,
    });
    let group = group.expect("a group");
    clock.0.store(1_500, Ordering::SeqCst);
    say(&mut alice, &json!({"pub": {"topic": group, "content": "now"}}));
    let _idle = im.engine().settle();
    clock.1.store(86_400_000_000, Ordering::SeqCst);
    say(&mut alice, &json!({"pub": {"topic": group, "content": "tomorrow"}}));
    let _idle = im.engine().settle();
    let times: Vec<Value> = told(&mut alice).1.iter().map(|message| message["data"]["ts"].clone()).collect();
    assert_eq!(times, ["1970-01-01T00:00:01.5Z", "1970-01-02T00:00:01.5Z"]);
}

#[test]
fn more_than_the_limit_is_dropped_and_the_session_stays() {
    let (im, _running, _) = start();
    let (mut alice, mut bob) = (im.enter(Arrival::new(1), 1_000), enter(&im, 2));
    say(&mut alice, &json!({"sub": {"topic": "usr2"}}));
    say(&mut bob, &json!({"sub": {"topic": "usr1"}}));
    for _ in 0..100 {
        say(&mut bob, &json!({"pub": {"topic": "usr1", "content": "Hello"}}));
    }
    let _idle = im.engine().settle();
    assert!(told(&mut alice).1.len() < 20);
    let asked = say(&mut alice, &json!({"pub": {"topic": "usr2", "content": "Stop"}}));
    let _idle = im.engine().settle();
    assert_eq!(told(&mut alice).0, [(asked, 202)]);
}
