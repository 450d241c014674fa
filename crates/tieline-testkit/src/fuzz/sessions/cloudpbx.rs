//! CloudPBX's event stream.

use std::time::Duration;

use arbitrary::Unstructured;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, IdNote, PushClient, Resume};
use tieline_cloudpbx::server::{Publisher, PushServer, ServerConfig, ServerEvent};
use tieline_cloudpbx::stream::{Event, Message, Refusal, StreamTarget};
use tieline_core::{ClientSession, Frame, Instant, Session};

use super::{Line, SECRET, frame, twice};

/// The holes that a client remembers: told at once when the server numbers anew.
const HOLES: usize = 64;

const TEXTS: &[&str] = &[
    r#"{"id":1,"channel":"pbx_X","text":{"subscriber":{"peer":"X-101","statusValue":1}}}"#,
    r#"{"id":2,"channel":"pbx_X","text":{"queue":{"peer":"Q","calls":"1"},"queue":{"peer":"R"}}}"#,
    r#"{"id":90,"channel":"pbx_X","text":{"qmember":{"peer":"a","queue":"Q","m_location":"SIP\Moja"}}}"#,
    r#"{"id":500,"channel":"pbx_X","text":"{\"cmember\":{\"conference\":\"C\",\"channel\":\"SIP/1\"}}"}"#,
    r#"{"id":7,"channel":"pbx_X","text":[[[{}]],5,"x",null,{"new":[[[]]]},{"extstatus":[{},{},{},{},{},{},{},{}]}]}"#,
    r#"{"id":9223372036854775807,"text":{"smsSendResponse":{"MsgId":1}}}"#,
    r#"{"id":0,"text":{}}"#,
    r#"{"id":-1,"channel":"","text": }"#,
    r#"{"id":-2,"channel":"pbx_X","text":Channel deleted}"#,
    r#"{"id":-9,"text":{}}"#,
    r#"{"http_status": 403, "explain":"no"}"#,
    "[]",
    "",
];

/// The client, on one line and the next. The model: the numbers that were delivered or told as missing; none is told twice
/// on one line unless the server numbered anew.
pub fn client(data: &[u8]) {
    twice(data, |u, watch| {
        let (first, resume) = client_line(u, None, watch)?;
        let (second, _) = client_line(u, Some(resume), watch)?;
        Ok(first ^ second.rotate_left(1))
    });
}

fn client_line(u: &mut Unstructured<'_>, resume: Option<Resume>, watch: bool) -> arbitrary::Result<(u64, Resume)> {
    let mut config = ClientConfig::default();
    (config.limits.queued_events, config.limits.subscriptions) = (8, 10);
    let session = PushClient::start(config, [7; 16], resume, Instant::EPOCH);
    // Its holes, each a note.
    let mut line = Line::new(session, 8 + HOLES, |event| matches!(event, ClientEvent::Closed(_)), watch);
    let mut steps = u.int_in_range(0..=60_u8)?;
    while !u.is_empty() && steps > 0 {
        steps -= 1;
        match u.int_in_range(0..=15)? {
            0..=4 => line.session.handle_input(line.now, frame(u, TEXTS)?),
            5..=9 => {
                let (id, queue) = (u.int_in_range(0..=40)?, u.arbitrary::<u8>()?);
                let text = format!(r#"{{"id":{id},"text":{{"queue":{{"peer":"Q{queue}"}}}}}}"#);
                line.session.handle_input(line.now, Frame::text(text));
            }
            10 => line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
            11 => line.pass_to_deadline(),
            12 => drop(line.event()),
            13 if u.ratio(1, 8)? => line.session.close(line.now),
            _ => {
                for event in line.events() {
                    if let ClientEvent::Id(IdNote::Missing { first, last }) = event {
                        assert!(first <= last && first >= 0, "missing {first} to {last}");
                    }
                }
                while let Some(frame) = line.transmit() {
                    assert!(
                        matches!(&frame, Frame::Ping(payload) if payload.is_empty()) || frame == Frame::Close(None)
                    );
                }
                assert!(line.session.poll_reply().is_none());
            }
        }
    }
    line.end();
    let trace = line.over(Frame::text(TEXTS[0]));
    Ok((trace, line.session.into_resume().unwrap_or_else(|_| panic!("finished, and nothing to go on from"))))
}

/// The server. The model: what was pushed while the line was accepted and open goes out in that order, none twice.
pub fn server(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = ServerConfig::default();
        (config.limits.queued_events, config.limits.queued_bytes) = (8, 2000);
        config.idle_timeout = u.arbitrary::<bool>()?.then_some(Duration::from_secs(40));
        let session = PushServer::start(config, StreamTarget::new("X", SECRET), Instant::EPOCH);
        let mut line = Line::new(session, 4, |event| matches!(event, ServerEvent::Closed(_)), watch);
        let (mut channel, mut last, mut accepted) = (Publisher::new("pbx_X"), 0, false);
        while !u.is_empty() {
            match u.int_in_range(0..=15)? {
                0..=4 => line.session.handle_input(line.now, frame(u, TEXTS)?),
                5 => line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
                6 => line.pass_to_deadline(),
                7..=8 => accepted |= line.session.accept(line.now),
                9 if u.ratio(1, 8)? => {
                    let refused = line.session.reject(&Refusal::new(403, "no"));
                    assert!(!(refused && accepted), "refused after it was accepted");
                    line.print(&refused);
                }
                10..=12 => {
                    let events: Vec<Event<String>> = if u.arbitrary()? { Vec::new() } else { vec![u.arbitrary()?] };
                    line.session.push(line.now, channel.publish(&events));
                }
                13 if u.ratio(1, 8)? => line.session.delete_channel(line.now),
                14 if u.ratio(1, 8)? => line.session.close(line.now),
                _ => {
                    line.events();
                    sent(&mut line, &mut last, accepted);
                }
            }
        }
        line.session.close(line.now);
        sent(&mut line, &mut last, accepted);
        line.end();
        line.session.push(line.now, channel.publish::<&str>(&[]));
        Ok(line.over(Frame::text("late")))
    });
}

fn sent(line: &mut Line<PushServer>, last: &mut i64, accepted: bool) {
    while let Some(frame) = line.transmit() {
        let Frame::Text(text) = frame else { continue };
        let Ok(Message::Events(envelope)) = Message::decode(&text) else { continue };
        let id = envelope.id.expect("numbered");
        assert!(accepted && id > *last, "{id} after {last}, accepted: {accepted}");
        *last = id;
    }
}
