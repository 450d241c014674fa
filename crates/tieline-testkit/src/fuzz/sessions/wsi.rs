//! PortSIP WSI.

use std::collections::BTreeSet;
use std::time::Duration;

use tieline_core::{ClientSession, Frame, PeerMisbehaved, Session};
use tieline_portsip_wsi::Auth;
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline_portsip_wsi::server::{ServerConfig, ServerEvent, WsiServer};

use super::{Line, SECRET, frame, twice};

const TEXTS: &[&str] = &[
    r#"{"status":0}"#,
    r#"{"error":"no","status":-1}"#,
    r#"{"command":"subscribe","id":"x","status":0}"#,
    r#"{"event_type":"call_start","caller":"sip:101@a","callee":"sip:102@a"}"#,
    r#"{"event_type":"queue_status","queue_number":"8001","agents":[]}"#,
    r#"{"event_type":"call_cdr","caller":5}"#,
    r#"{"event_type":"nobody_knows","x":[[[]]]}"#,
    r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#,
    r#"{"command":"auth","extension":"1","domain":"d","password":"p"}"#,
    r#"{"command":"subscribe","topics":["extension_events","cdr_events"],"extensions":["101"]}"#,
    r#"{"command":"subscribe","topics":[{"topic":"queue_events","keys":["queue_status"]}],"queues":["8001"]}"#,
    r#"{"command":"unsubscribe"}"#,
    r#"{"command":"dance"}"#,
    "[]",
    "",
];

/// The client. The model: the set of the requests that were accepted and not answered.
pub fn client(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = ClientConfig::new(u.arbitrary()?, Auth::username("u", "d", SECRET));
        (config.limits.queued_events, config.limits.in_flight) = (8, 4);
        let session = WsiClient::start(config, [7; 16], None, tieline_core::Instant::EPOCH);
        let mut line = Line::new(session, 4, |event| matches!(event, ClientEvent::Closed(_)), watch);
        let mut open = BTreeSet::new();
        while !u.is_empty() {
            match u.int_in_range(0..=15)? {
                0..=6 => line.session.handle_input(line.now, frame(u, TEXTS)?),
                7 => line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
                8 => line.pass_to_deadline(),
                9..=11 => {
                    let subscription = u.arbitrary()?;
                    let request = if u.arbitrary()? {
                        Request::Subscribe(subscription)
                    } else {
                        Request::Unsubscribe(subscription)
                    };
                    if let Ok(id) = line.session.send(line.now, request) {
                        assert!(open.insert(id), "an id twice");
                        assert!(open.len() <= 8, "I6: {} in flight", open.len());
                    }
                }
                12 => drop(line.event()),
                13 => line.session.handle_input(line.now, Frame::Binary(u.arbitrary::<Vec<u8>>()?.into())),
                14 if u.ratio(1, 8)? => line.session.close(line.now),
                _ => {
                    line.events();
                    while line.transmit().is_some() {}
                }
            }
            replies(&mut line, &mut open);
        }
        line.end();
        replies(&mut line, &mut open);
        assert!(open.is_empty(), "I2: without a reply {open:?}");
        let trace = line.over(Frame::text(TEXTS[0]));
        assert!(line.session.into_resume().is_ok());
        Ok(trace)
    });
}

fn replies(line: &mut Line<WsiClient>, open: &mut BTreeSet<tieline_core::RequestId>) {
    while let Some((id, reply)) = line.session.poll_reply() {
        assert!(open.remove(&id), "I2: a reply to nothing, or a second one");
        line.print(&reply);
    }
}

/// The server. The model: the set of the requests that were told and not answered; an answer is taken exactly while its
/// request is in it and the line is open.
pub fn server(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = ServerConfig::default();
        (config.limits.queued_events, config.limits.in_flight, config.limits.queued_bytes) = (8, 4, 2000);
        let session = WsiServer::start(config, tieline_core::Instant::EPOCH);
        let mut line = Line::new(session, 4, |event| matches!(event, ServerEvent::Closed(_)), watch);
        let (mut open, mut asked) = (Vec::new(), 0_usize);
        while !u.is_empty() {
            match u.int_in_range(0..=15)? {
                0..=7 => line.session.handle_input(line.now, frame(u, TEXTS)?),
                8 => line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
                9 => line.pass_to_deadline(),
                10..=11 => {
                    if !open.is_empty() {
                        let id = open.swap_remove(u.choose_index(open.len())?);
                        let answer = if u.arbitrary()? { Ok(()) } else { Err("no") };
                        let taken = line.session.respond(line.now, id, answer);
                        line.print(&taken);
                        assert!(!line.session.respond(line.now, id, Ok(())), "answered twice");
                    }
                }
                12 => line.session.push(line.now, "{\"event_type\":\"call_start\"}".into()),
                13 => line.session.handle_misbehaviour(PeerMisbehaved::MalformedFrame),
                14 if u.ratio(1, 8)? => line.session.close(line.now),
                _ => {
                    for event in line.events() {
                        if let ServerEvent::Login { id, .. }
                        | ServerEvent::Subscribe { id, .. }
                        | ServerEvent::Unsubscribe { id, .. } = event
                        {
                            assert!(!open.contains(&id), "an id twice");
                            open.push(id);
                            asked += 1;
                        }
                    }
                    while line.transmit().is_some() {}
                }
            }
        }
        line.print(&asked);
        line.end();
        for id in open {
            assert!(!line.session.respond(line.now, id, Ok(())), "answered after the end");
        }
        Ok(line.over(Frame::text(TEXTS[7])))
    });
}
