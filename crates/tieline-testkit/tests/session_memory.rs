//! What a session of each protocol and role holds of memory while its peer floods it, by a counting allocator.

use std::time::Duration;

use allocation_counter::measure;
use tieline_axeos::poller::{Answer, Ask, Outcome, Output, Poller, PollerConfig};
use tieline_axeos::server::{EventLog, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Event, Listing, Poll};
use tieline_cloudpbx::client::{ClientConfig as PushConfig, ClientEvent as PushEvent, PushClient};
use tieline_cloudpbx::server::{PushServer, ServerConfig as PushServerConfig, ServerEvent as PushServerEvent};
use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::{ClientSession, Frame, Instant, Limits, Session, Text};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::client::{ClientConfig as ImConfig, ClientEvent as ImEvent, ImClient};
use tieline_portsip_im::server::{Accepted, ImServer, ServerConfig as ImServerConfig, ServerEvent as ImServerEvent};
use tieline_portsip_wsi::client::{ClientConfig as WsiConfig, ClientEvent as WsiEvent, WsiClient};
use tieline_portsip_wsi::server::{ServerConfig as WsiServerConfig, ServerEvent as WsiServerEvent, WsiServer};
use tieline_portsip_wsi::{Auth, Dialect};

const NOW: Instant = Instant::EPOCH;
/// The limit of bytes that the sessions of these tests have.
const BYTES: usize = 256 << 10;
/// What a session takes beside its queues.
const REST: u64 = 96 << 10;
/// How much is sent: many times the limit.
const FLOOD: usize = 16 << 20;

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.queued_bytes, limits.queued_events, limits.in_flight) = (BYTES, 256, 16);
    limits
}

/// The most that unread events may take: both queues at their hard limits, with the room that a growing queue keeps, and
/// one message more.
fn most<E>(message: usize) -> u64 {
    (2 * BYTES + 2 * message + 8 * 256 * size_of::<E>()) as u64 + REST
}

/// The messages of a flood, each of about `length` bytes, by their numbers.
fn flood(length: usize, make: impl Fn(usize) -> String) -> impl Iterator<Item = Frame> {
    (1..=(FLOOD / length).min(60_000)).map(move |number| {
        // As long as the message, and no longer: so it comes from a socket.
        Frame::text(make(number).into_boxed_str().into_string())
    })
}

/// Hands in a flood, whether the session wants it or not. Nobody takes its events, or everybody at once.
fn held<S: Session<Input = Frame>>(session: &mut S, taken: bool, frames: impl Iterator<Item = Frame>) -> u64 {
    let measured = measure(|| {
        for frame in frames {
            session.handle_input(NOW, frame);
            while taken && session.poll_event().is_some() {}
            while taken && session.poll_transmit().is_some() {}
        }
    });
    measured.bytes_max
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

fn wsi_client() -> WsiClient {
    let mut config = WsiConfig::new(Dialect::V22, Auth::username("u", "d", "p"));
    config.limits = limits();
    let mut session = WsiClient::start(config, [7; 16], None, NOW);
    session.handle_input(NOW, Frame::text(r#"{"status":0}"#));
    session
}

#[test]
fn a_wsi_client_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (50, false), (16 << 10, true), (50, true)] {
        let make = |number| format!(r#"{{"event_type":"call_start","caller":"{number}","x":"{}"}}"#, text(length));
        let held = held(&mut wsi_client(), taken, flood(length, make));
        assert!(held < most::<WsiEvent>(length + 100), "{length} {taken}: {held}");
    }
}

fn wsi_server() -> WsiServer {
    let mut config = WsiServerConfig::default();
    config.limits = limits();
    let mut session = WsiServer::start(config, NOW);
    session.handle_input(NOW, Frame::text(r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#));
    while let Some(event) = session.poll_event() {
        if let WsiServerEvent::Login { id, .. } = event {
            assert!(session.respond(NOW, id, Ok(())));
        }
    }
    session
}

#[test]
fn a_wsi_server_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (80, false), (16 << 10, true), (80, true)] {
        let commands: [fn(&str) -> String; 4] = [
            |x| format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":["{x}"]}}"#),
            |x| format!(r#"{{"command":"unsubscribe","id":"{x}"}}"#),
            |x| format!(r#"{{"command":"{x}"}}"#),
            |x| format!(r#"{{"malformed":"{x}"#),
        ];
        for command in commands {
            let make = |number| command(&format!("{number}{}", text(length)));
            let held = held(&mut wsi_server(), taken, flood(length, make));
            // A command is held as it came and as it was read, and its answer.
            assert!(held < 3 * most::<WsiServerEvent>(length + 100), "{length} {taken}: {held}");
        }
    }
}

fn im_client() -> ImClient {
    let mut config = ImConfig::new(Credentials::access_token("u", "d", "t"));
    config.limits = limits();
    let mut session = ImClient::start(config, [7; 16], None, NOW);
    let Some(Frame::Text(login)) = session.poll_transmit() else { panic!("a login") };
    let login: serde_json::Value = serde_json::from_str(&login).expect("JSON");
    let id = login["login"]["id"].as_str().expect("an id");
    session.handle_input(NOW, Frame::text(format!(r#"{{"ctrl":{{"id":"{id}","code":200}}}}"#)));
    while session.poll_event().is_some() {}
    session
}

#[test]
fn an_im_client_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (80, false), (16 << 10, true), (80, true)] {
        let messages: [fn(usize, &str) -> String; 4] = [
            |seq, x| format!(r#"{{"data":{{"topic":"grpA","seq":{seq},"content":"{x}"}}}}"#),
            // Every second is missing.
            |seq, x| format!(r#"{{"data":{{"topic":"grpA","seq":{},"content":"{x}"}}}}"#, 2 * seq),
            |seq, x| format!(r#"{{"data":{{"topic":"grp{seq}","seq":{seq},"content":"{x}"}}}}"#),
            |seq, x| format!(r#"{{"pres":{{"topic":"me","src":"grp{seq}{x}","what":"msg","seq":{seq}}}}}"#),
        ];
        for (kind, message) in messages.iter().enumerate() {
            let x = text(length);
            let held = held(&mut im_client(), taken, flood(length, |number| message(number, &x)));
            assert!(held < 2 * most::<ImEvent>(length + 100), "{kind} {length} {taken}: {held}");
        }
    }
}

fn im_server() -> ImServer {
    let mut config = ImServerConfig::new(0);
    config.limits = limits();
    let mut session = ImServer::start(config, NOW);
    session.handle_input(NOW, Frame::text(r#"{"login":{"id":"1","scheme":"access_token","secret":"dUBkOnRva2Vu"}}"#));
    while let Some(event) = session.poll_event() {
        if let ImServerEvent::Login { id, .. } = event {
            assert!(session.accept(NOW, id, Accepted::user("usr1")));
        }
    }
    session
}

#[test]
fn an_im_server_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (80, false), (16 << 10, true), (80, true)] {
        let messages: [fn(&str) -> String; 4] = [
            |x| format!(r#"{{"pub":{{"id":"1","topic":"grpA","content":"{x}"}}}}"#),
            |x| format!(r#"{{"sub":{{"id":"{x}","topic":"grpA"}}}}"#),
            |x| format!(r#"{{"note":{{"topic":"{x}","what":"kp"}}}}"#),
            |x| format!(r#"{{"malformed":"{x}"#),
        ];
        for message in messages {
            let make = |number| message(&format!("{number}{}", text(length)));
            let held = held(&mut im_server(), taken, flood(length, make));
            assert!(held < 3 * most::<ImServerEvent>(length + 100), "{length} {taken}: {held}");
        }
    }
}

#[test]
fn a_cloudpbx_client_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (80, false), (16 << 10, true), (80, true)] {
        let messages: [fn(usize, &str) -> String; 4] = [
            |id, x| format!(r#"{{"id":{id},"text":{{"queue":{{"peer":"Q","x":"{x}"}}}}}}"#),
            // Every second is missing.
            |id, x| format!(r#"{{"id":{},"text":{{"queue":{{"peer":"Q","x":"{x}"}}}}}}"#, 2 * id),
            |id, x| format!(r#"{{"id":{id},"text":{{"queue":{{"peer":"Q{id}{x}"}}}}}}"#),
            |id, x| format!(r#"{{"id":{id},"text":"{x}"#),
        ];
        for (kind, message) in messages.iter().enumerate() {
            let mut config = PushConfig::default();
            config.limits = limits();
            // As many states are remembered; each by a name that the server chooses.
            config.limits.subscriptions = 16;
            let mut session = PushClient::start(config, [7; 16], None, NOW);
            let x = text(length);
            let held = held(&mut session, taken, flood(length, |number| message(number, &x)));
            let known = 2 * 16 * (length as u64 + 100);
            assert!(held < 2 * most::<PushEvent>(length + 100) + known, "{kind} {length} {taken}: {held}");
        }
    }
}

#[test]
fn a_cloudpbx_server_holds_no_more_than_its_limits() {
    for (length, taken) in [(16 << 10, false), (10, false), (16 << 10, true), (10, true)] {
        let mut config = PushServerConfig::default();
        config.limits = limits();
        let mut session = PushServer::start(config, StreamTarget::new("X", "k"), NOW);
        assert!(session.accept(NOW));
        let held = held(&mut session, taken, flood(length, |number| format!("{number}{}", text(length))));
        assert!(held < most::<PushServerEvent>(length + 100), "{length} {taken}: {held}");
    }
}

#[test]
fn what_is_pushed_to_a_peer_that_reads_nothing_is_within_the_limit() {
    let message = Text::from(text(16 << 10));
    let copy = || Text::from(String::from(message.as_str()));
    let (mut wsi, mut im) = (wsi_server(), im_server());
    let mut config = PushServerConfig::default();
    config.limits = limits();
    let mut push = PushServer::start(config, StreamTarget::new("X", "k"), NOW);
    assert!(push.accept(NOW));
    let sessions: [&mut dyn FnMut(Text); 3] =
        [&mut |text| wsi.push(NOW, text), &mut |text| im.push(NOW, text), &mut |text| push.push(NOW, text)];
    for (number, session) in sessions.into_iter().enumerate() {
        let measured = measure(|| (0..1000).for_each(|_| session(copy())));
        assert!(measured.bytes_max < 2 * BYTES as u64 + REST, "{number}: {}", measured.bytes_max);
    }
}

#[test]
fn an_axeos_poller_holds_no_more_than_its_limits() {
    for (length, taken) in [(1000, false), (40, false), (1000, true), (40, true)] {
        let mut config = PollerConfig::default();
        config.policy.limits = limits();
        let mut poller = Poller::start(config, [7; 16], None, NOW);
        let (mut now, mut seq, mut largest) = (NOW, 0_u64, 0);
        let measured = measure(|| {
            for _ in 0..60 {
                let Some(output) = poller.poll_transmit() else {
                    now = poller.poll_timeout().map_or(now + Duration::from_secs(1), |due| due.max(now));
                    poller.handle_timeout(now);
                    continue;
                };
                let Output::Send(exchange) = output else { continue };
                let answer = match exchange.ask {
                    Ask::Users => Answer::Users(Listing::decode("[]".into(), 64).expect("users")),
                    Ask::Phones => Answer::Phones(Listing::decode("[]".into(), 64).expect("phones")),
                    _ => {
                        let event = |_| {
                            seq += 1;
                            format!(r#"{{"seq":{seq},"event_type":"incoming call","x":"{}"}}"#, text(length))
                        };
                        let batch = format!("[{}]", (0..64_000 / length).map(event).collect::<Vec<_>>().join(","));
                        largest = largest.max(batch.len());
                        Answer::Events(Listing::decode(batch.into(), 64).expect("events"))
                    }
                };
                poller.handle_input(now, Outcome::new(exchange.id, Ok(answer)));
                while taken && poller.poll_event().is_some() {}
            }
        });
        let event = tieline_core::supervisor::LineEvent::<tieline_axeos::poller::AxeosEvent>::Resynced;
        // One answer is read whole: its text while it is made here, its text, and an element for each of its events.
        let elements = 64_000 / length * 4 * size_of_val(&event);
        let most = (2 * BYTES + 6 * largest + elements + 8 * 256 * size_of_val(&event)) as u64 + REST;
        assert!(seq > 0 && measured.bytes_max < most, "{length} {taken}: {} of {most}", measured.bytes_max);
    }
}

#[test]
fn an_axeos_log_holds_no_more_than_its_limits() {
    let mut config = LogConfig::default();
    (config.events, config.bytes, config.waiters) = (1000, BYTES, 1000);
    let mut log = EventLog::new(config);
    let measured = measure(|| {
        for id in 0..100_000 {
            log.handle_input(NOW, LogInput::Poll(WaiterId(id), Poll::after(u64::MAX, 30)));
            while log.poll_transmit().is_some() {}
            log.publish::<Text>(None, Event::UserListChanged);
        }
    });
    assert!(measured.bytes_max < 2 * BYTES as u64 + 1000 * 500 + REST, "{}", measured.bytes_max);
}
