//! Waiting, waking and cancelling across threads.
#![cfg(feature = "wsi")]

mod common;

use std::thread;
use std::time::Duration;

use common::{Stream, config};
use tieline_blocking::{ClientError, NoEvent, wsi};
use tieline_core::supervisor::Phase;
use tieline_portsip_wsi::client::Request;
use tieline_testkit::adapter::{
    Events as _, Gate, OK, PATIENCE, Pbx, calls, event, millis, name, names_to, setup, soon,
};

fn connect(pbx: &Pbx) -> (wsi::Client, wsi::Events) {
    wsi::connect(&pbx.url, config(setup())).expect("live")
}

/// Logs in and agrees to everything.
fn agreeable() -> Pbx {
    Pbx::start(|mut peer, _| {
        peer.log_in();
        peer.agree();
    })
}

/// Logs in, and answers nothing any more.
fn silent() -> Pbx {
    Pbx::start(|mut peer, _| {
        peer.log_in();
        while peer.heard().is_some() {}
    })
}

/// Takes the events that every line begins with.
fn begin(events: &mut Stream) {
    names_to(events, "logged in");
}

#[test]
fn a_command_goes_out_while_another_thread_waits_for_an_event() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        peer.heard().expect("a subscribe");
        peer.say(OK);
        peer.say(event(0));
        peer.agree();
    });
    let (client, events) = connect(&pbx);
    let mut events = Stream(events);
    begin(&mut events);
    // Nothing comes before the command was answered.
    let reading = thread::spawn(move || events.next().map(|item| name(&item)));
    client.subscribe(calls(), PATIENCE).expect("answered");
    assert_eq!(reading.join().expect("no panic").as_deref(), Some("event 0"));
}

#[test]
fn a_wait_for_events_is_cancelled_from_another_thread_and_loses_nothing() {
    let go = Gate::new();
    let wait = go.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        wait.pass();
        peer.say(event(0));
        peer.agree();
    });
    let (_client, events) = connect(&pbx);
    let canceller = events.canceller();
    let mut events = Stream(events);
    begin(&mut events);
    let reading = thread::spawn(move || (events.0.next_event(Duration::MAX), events));
    canceller.cancel();
    let (outcome, mut events) = soon(move || reading.join()).expect("no panic");
    assert_eq!(outcome, Err(NoEvent::Cancelled));
    go.open();
    assert_eq!(names_to(&mut events, "event 0"), ["event 0"]);
}

#[test]
fn a_cancellation_that_comes_first_ends_the_next_wait_and_only_that() {
    let pbx = agreeable();
    let (client, mut events) = connect(&pbx);
    events.canceller().cancel();
    events.canceller().cancel();
    assert!(events.next().is_none(), "an iterator gives nothing once");
    assert_eq!(events.next().as_ref().map(name).as_deref(), Some("live"));
    soon(move || client.close());
    let rest: Vec<String> = events.by_ref().map(|item| name(&item)).collect();
    assert_eq!(rest, ["logged in", "closed"]);
}

#[test]
fn time_being_up_is_told_from_the_end() {
    let pbx = agreeable();
    let (client, events) = connect(&pbx);
    let mut events = Stream(events);
    begin(&mut events);
    assert_eq!(events.0.next_event(Duration::ZERO), Err(NoEvent::TimedOut));
    assert_eq!(events.0.next_event(millis(5)), Err(NoEvent::TimedOut));
    soon(move || client.close());
    assert_eq!(names_to(&mut events, "closed"), ["closed"]);
    assert_eq!(events.0.next_event(Duration::MAX), Err(NoEvent::Ended));
}

#[test]
fn closing_wakes_everybody() {
    let pbx = silent();
    let (client, mut events) = connect(&pbx);
    let reading = thread::spawn(move || {
        let names: Vec<String> = events.by_ref().map(|item| name(&item)).collect();
        (names, events.next_event(Duration::MAX))
    });
    let asking = thread::spawn({
        let client = client.clone();
        move || client.subscribe(calls(), Duration::MAX)
    });
    let waiting = thread::spawn({
        let client = client.clone();
        move || client.wait_for(Duration::MAX, |phase| phase == Phase::Closed)
    });
    soon(move || client.close());
    let (names, end) = soon(move || reading.join()).expect("no panic");
    assert_eq!(names, ["live", "logged in", "closed"]);
    assert_eq!(end, Err(NoEvent::Ended));
    assert_eq!(soon(move || asking.join()).expect("no panic"), Err(ClientError::Closed));
    assert!(soon(move || waiting.join()).expect("no panic"));
}

#[test]
fn a_caller_that_waits_no_longer_leaves_the_line_alone() {
    let given_up = Gate::new();
    let wait = given_up.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        peer.heard().expect("a subscribe");
        wait.pass();
        peer.say(OK);
        peer.agree();
    });
    let (client, _events) = connect(&pbx);
    assert_eq!(client.subscribe(calls(), millis(20)), Err(ClientError::TimedOut));
    given_up.open();
    client.request(Request::Subscribe(calls()), PATIENCE).expect("answered");
    assert_eq!(client.phase(), Phase::Live);
    assert!(!client.wait_for(millis(5), |phase| phase == Phase::Closed));
}

#[test]
fn a_full_queue_of_commands_makes_callers_wait_their_time() {
    let mut config = config(setup());
    config.options.commands = 1;
    let dialer = config.dialer("ws://127.0.0.1:1/").expect("an address");
    let (client, _events, driver) = wsi::connect_with(dialer, config).expect("a line");
    // Nobody runs the driver: the first takes the only place.
    for _ in 0..2 {
        assert_eq!(client.subscribe(calls(), millis(5)), Err(ClientError::TimedOut));
    }
    let asking = thread::spawn(move || client.subscribe(calls(), Duration::MAX));
    drop(driver);
    assert_eq!(soon(move || asking.join()).expect("no panic"), Err(ClientError::Closed));
}

#[test]
fn the_thread_ends_once_everything_is_dropped() {
    let pbx = agreeable();
    let config = config(setup());
    let dialer = config.dialer(&pbx.url).expect("an address");
    let (client, events, mut driver) = wsi::connect_with(dialer, config).expect("a line");
    let live = driver.first_live();
    let running = driver.spawn().expect("a thread");
    soon(|| live.wait()).expect("live");
    drop(client);
    drop(events);
    soon(move || running.join()).expect("no panic");
}
