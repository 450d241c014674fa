//! The sessions of both roles, told more and more: the length is that of all messages together.

use std::hint::black_box;

use tieline_axeos::poller::{Answer, Outcome, Output, Poller, PollerConfig};
use tieline_axeos::server::{EventLog, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Event, Listing, Poll};
use tieline_cloudpbx::client::{ClientConfig as PushConfig, PushClient};
use tieline_cloudpbx::server::{PushServer, ServerConfig as PushServerConfig};
use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::{ClientSession, Frame, Instant, Session, Text};
use tieline_portsip_im::client::{ClientConfig as ImConfig, ImClient};
use tieline_portsip_im::server::{Accepted, ImServer, ServerConfig as ImServerConfig, ServerEvent as ImEvent};
use tieline_portsip_im::{Credentials, Status};
use tieline_portsip_wsi::client::{ClientConfig as WsiConfig, WsiClient};
use tieline_portsip_wsi::server::{ServerConfig as WsiServerConfig, ServerEvent as WsiEvent, WsiServer};
use tieline_portsip_wsi::{Auth, Dialect};

use crate::judge::{Report, each};

const NOW: Instant = Instant::EPOCH;

/// What is made of the number of a message, with a name.
type Named<T> = (&'static str, fn(usize) -> T);

/// Messages, each another one by its number, as long as `length` together.
fn messages(length: usize, make: impl Fn(usize) -> String) -> Vec<Text> {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    while bytes < length {
        let message = make(messages.len() + 1);
        bytes += message.len();
        messages.push(message.into());
    }
    messages
}

// The form that a case asks for.
#[allow(clippy::ptr_arg)]
fn length(messages: &Vec<Text>) -> usize {
    messages.iter().map(|message| message.len()).sum()
}

/// Hands in every message and takes what comes of it.
fn tell<S: Session<Input = Frame>>(session: &mut S, messages: &[Text], mut event: impl FnMut(&mut S, S::Event)) {
    for message in messages {
        session.handle_input(NOW, Frame::Text(message.clone()));
        while let Some(told) = session.poll_event() {
            event(session, told);
        }
        while let Some(sent) = session.poll_transmit() {
            black_box(sent);
        }
    }
    assert!(session.wants_input(), "it lives");
}

pub(crate) fn all(report: &mut Report) {
    clients(report);
    servers(report);
    report.case(
        "session",
        "Axeos poller, events",
        |bytes| vec![axeos_batch(bytes)],
        length,
        |inputs| each(inputs, |batch| poller(&batch[0])),
    );
    report.case(
        "session",
        "Axeos log, polls that wait",
        |bytes| vec![Text::from("x".repeat(bytes))],
        length,
        |inputs| each(inputs, |bytes| log(bytes[0].len() / 64)),
    );
}

fn clients(report: &mut Report) {
    let wsi =
        |number: usize| format!(r#"{{"event_type":"call_start","caller":"sip:{number}@a","call_id":"{number}"}}"#);
    report.case(
        "session",
        "WSI client, events",
        |bytes| messages(bytes, wsi),
        length,
        |inputs| {
            each(inputs, |messages| {
                let mut session = wsi_client();
                tell(&mut session, messages, |_, event| drop(black_box(event)));
                session
            });
        },
    );
    report.case(
        "session",
        "WSI client, answers to nothing",
        |bytes| messages(bytes, |_| r#"{"status":0}"#.into()),
        length,
        |inputs| {
            each(inputs, |messages| {
                let mut session = wsi_client();
                tell(&mut session, messages, |_, event| drop(black_box(event)));
                session
            });
        },
    );
    let orders: [Named<usize>; 2] = [("in order", |number| number), ("every second missing", |number| 2 * number)];
    for (order, seq) in orders {
        let data =
            move |number: usize| format!(r#"{{"data":{{"topic":"grpA","seq":{},"content":"{number}"}}}}"#, seq(number));
        report.case(
            "session",
            format!("IM client, messages, {order}"),
            |bytes| messages(bytes, data),
            length,
            |inputs| {
                each(inputs, |messages| {
                    let mut session = im_client();
                    tell(&mut session, messages, |_, event| drop(black_box(event)));
                    session
                });
            },
        );
    }
    let topics = |number: usize| format!(r#"{{"data":{{"topic":"grp{number}","seq":{number},"content":"x"}}}}"#);
    report.case(
        "session",
        "IM client, topics",
        |bytes| messages(bytes, topics),
        length,
        |inputs| {
            each(inputs, |messages| {
                let mut session = im_client();
                tell(&mut session, messages, |_, event| drop(black_box(event)));
                session
            });
        },
    );
    for (order, id) in orders {
        let push = move |number: usize| {
            format!(r#"{{"id":{},"text":{{"queue":{{"peer":"Q{number}","calls":"1"}}}}}}"#, id(number))
        };
        report.case(
            "session",
            format!("CloudPBX client, events, {order}"),
            |bytes| messages(bytes, push),
            length,
            |inputs| {
                each(inputs, |messages| {
                    let mut session = PushClient::start(PushConfig::default(), [7; 16], None, NOW);
                    tell(&mut session, messages, |_, event| drop(black_box(event)));
                    session
                });
            },
        );
    }
}

fn wsi_client() -> WsiClient {
    let mut session = WsiClient::start(WsiConfig::new(Dialect::V22, Auth::username("u", "d", "p")), [7; 16], None, NOW);
    session.handle_input(NOW, Frame::text(r#"{"status":0}"#));
    session
}

fn im_client() -> ImClient {
    let mut session = ImClient::start(ImConfig::new(Credentials::access_token("u", "d", "t")), [7; 16], None, NOW);
    let Some(Frame::Text(login)) = session.poll_transmit() else { panic!("a login") };
    let id = login.split(r#""id":""#).nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    session.handle_input(NOW, Frame::text(format!(r#"{{"ctrl":{{"id":"{id}","code":200}}}}"#)));
    session
}

fn servers(report: &mut Report) {
    let commands: [Named<String>; 3] = [
        ("subscribe", |number| {
            format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":["{}"]}}"#, number % 9999)
        }),
        ("unsubscribe", |number| {
            format!(r#"{{"command":"unsubscribe","topics":["extension_events"],"extensions":["{number}"]}}"#)
        }),
        ("malformed", |number| format!("{{\"{number}")),
    ];
    for (name, command) in commands {
        report.case(
            "session",
            format!("WSI server, {name}"),
            |bytes| messages(bytes, command),
            length,
            |inputs| {
                each(inputs, |messages| {
                    let mut session = WsiServer::start(WsiServerConfig::default(), NOW);
                    let login = [Text::from(r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#)];
                    let answer = |session: &mut WsiServer, event| match event {
                        WsiEvent::Login { id, .. }
                        | WsiEvent::Subscribe { id, .. }
                        | WsiEvent::Unsubscribe { id, .. } => {
                            session.respond(NOW, id, Ok(()));
                        }
                        event => drop(black_box(event)),
                    };
                    tell(&mut session, &login, answer);
                    tell(&mut session, messages, answer);
                    session
                });
            },
        );
    }
    let publish = |number: usize| format!(r#"{{"pub":{{"id":"{number}","topic":"grpA","content":"x"}}}}"#);
    report.case(
        "session",
        "IM server, publish",
        |bytes| messages(bytes, publish),
        length,
        |inputs| {
            each(inputs, |messages| {
                let mut session = ImServer::start(ImServerConfig::new(0), NOW);
                let login = [Text::from(r#"{"login":{"id":"1","scheme":"access_token","secret":"dUBkOnRva2Vu"}}"#)];
                let answer = |session: &mut ImServer, event| match event {
                    ImEvent::Login { id, .. } => drop(session.accept(NOW, id, Accepted::user("usr1"))),
                    ImEvent::Request { id, .. } => drop(session.respond(NOW, id, Status::OK)),
                    event => drop(black_box(event)),
                };
                tell(&mut session, &login, answer);
                tell(&mut session, messages, answer);
                session
            });
        },
    );
    report.case(
        "session",
        "CloudPBX server, noise",
        |bytes| messages(bytes, |number| format!("noise {number}")),
        length,
        |inputs| {
            each(inputs, |messages| {
                let mut session = PushServer::start(PushServerConfig::default(), StreamTarget::new("X", "k"), NOW);
                session.accept(NOW);
                tell(&mut session, messages, |_, event| drop(black_box(event)));
                session
            });
        },
    );
}

fn axeos_batch(bytes: usize) -> Text {
    let events = messages(bytes, |seq| format!(r#"{{"seq":{seq},"event_type":"call answered","unique_id":"{seq}"}}"#));
    let events: Vec<&str> = events.iter().map(Text::as_str).collect();
    format!("[{}]", events.join(",")).into()
}

fn poller(batch: &Text) -> Poller {
    let mut config = PollerConfig::default();
    config.policy.limits.queued_events = 1 << 20;
    config.policy.limits.queued_bytes = 1 << 30;
    let mut poller = Poller::start(config, [7; 16], None, NOW);
    let mut left = 6;
    while left > 0 {
        left -= 1;
        let Some(output) = poller.poll_transmit() else { break };
        let Output::Send(exchange) = output else { continue };
        let answer = match exchange.ask {
            tieline_axeos::poller::Ask::Users => Answer::Users(Listing::decode("[]".into(), 64).expect("users")),
            tieline_axeos::poller::Ask::Phones => Answer::Phones(Listing::decode("[]".into(), 64).expect("phones")),
            _ => Answer::Events(Listing::decode(batch.clone(), 64).expect("events")),
        };
        poller.handle_input(NOW, Outcome::new(exchange.id, Ok(answer)));
        while let Some(event) = poller.poll_event() {
            black_box(event);
        }
    }
    poller
}

fn log(polls: usize) -> EventLog {
    let mut log = EventLog::new(LogConfig::default());
    let wait = Poll::after(1_000_000, 30);
    for id in 0..polls as u64 {
        log.handle_input(NOW, LogInput::Poll(WaiterId(id), wait));
        log.publish::<Text>(None, Event::UserListChanged);
    }
    log.close(NOW);
    while let Some(answer) = log.poll_transmit() {
        black_box(answer);
    }
    log
}
