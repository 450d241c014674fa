//! PortSIP WSI: the messages of both sides in every dialect.

use arbitrary::Unstructured;
use tieline_core::Text;
use tieline_core::json::Encode as _;
use tieline_core::json::lint::Severity;
use tieline_portsip_wsi::lint::{LintOptions, Sender, lint};
use tieline_portsip_wsi::{ClientMessage, Command, Dialect, Event, ServerMessage};

use super::{assert_refused_for_a_reason, text};

/// A message of a server: events and answers.
pub fn server_message(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let frame = Text::from(text);
    let _ = ServerMessage::decode_frame(&frame, 3);
    let borrowed = ServerMessage::decode(text);
    let sliced = ServerMessage::decode_frame(&frame, 64);
    match (&borrowed, &sliced) {
        (Ok(borrowed), Ok(sliced)) => {
            assert_eq!(borrowed.to_json(), sliced.to_json());
            if let ServerMessage::Event(event) = sliced {
                read(event);
                assert_eq!(Event::decode_owned(text).expect("an event").to_json(), event.to_json());
            }
            let first = borrowed.to_json();
            let again = ServerMessage::decode(&first).expect("our own encoding");
            assert_eq!(&again, borrowed);
            assert_eq!(again.to_json(), first);
        }
        (Err(borrowed), Err(sliced)) => {
            assert_eq!(borrowed, sliced);
            assert_refused_for_a_reason(text, borrowed);
        }
        _ => panic!("borrowed and sliced differ: {borrowed:?} {sliced:?}"),
    }
    for dialect in Dialect::ALL {
        let options = LintOptions::new().sender(Sender::Server).dialect(*dialect);
        let broken = lint(text, &options).iter().any(|anomaly| anomaly.severity() == Severity::Broken);
        assert_eq!(broken, borrowed.is_err(), "the linter and the decoder differ: {borrowed:?}");
    }
}

/// Everything that is read of an event by methods.
fn read(event: &Event<Text>) {
    let _ = (event.time().and_then(|time| time.unix_micros()), event.tenant_id(), event.session_id(), event.call_id());
    let _ = (event.queue_number(), event.queue_id(), event.is_snapshot(), event.extensions().count());
}

/// A command.
pub fn client_message(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = ClientMessage::decode_within(text, 3);
    let decoded = ClientMessage::decode(text);
    if let Ok(message) = &decoded {
        for dialect in Dialect::ALL {
            let (mut first, mut second) = (String::new(), String::new());
            message.encode(*dialect, &mut first);
            let again = ClientMessage::decode(&first).expect("our own encoding");
            again.encode(*dialect, &mut second);
            assert_eq!(second, first);
        }
    }
    let options = LintOptions::new().sender(Sender::Client);
    let broken = lint(text, &options).iter().any(|anomaly| anomaly.severity() == Severity::Broken);
    assert_eq!(broken, decoded.is_err(), "the linter and the decoder differ: {decoded:?}");
}

/// What is encoded is decoded, equal.
pub fn round_trip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    if u.arbitrary().unwrap_or_default() {
        let Ok(message) = u.arbitrary::<ServerMessage<String>>() else { return };
        let json = message.to_json();
        let frame = Text::from(json.as_str());
        let again = ServerMessage::decode_frame(&frame, 64).expect("our own encoding");
        match (&message, &again) {
            (ServerMessage::Event(event), ServerMessage::Event(_)) => {
                assert_eq!(&Event::decode_owned(&json).expect("our own encoding"), event);
            }
            (ServerMessage::Response(_), ServerMessage::Response(_))
            | (ServerMessage::Other(_), ServerMessage::Other(_)) => {}
            _ => panic!("{message:?} became {again:?}"),
        }
        assert_eq!(again.to_json(), json);
        return;
    }
    let (Ok(message), Ok(dialect)) = (u.arbitrary::<ClientMessage>(), u.arbitrary::<Dialect>()) else { return };
    let mut json = String::new();
    message.encode(dialect, &mut json);
    let again = ClientMessage::decode(&json);
    if matches!(&message.command, Command::Subscribe(subscription) if subscription.topics.is_empty()) {
        return assert!(again.is_err(), "a subscribe to nothing");
    }
    let again = again.expect("our own encoding");
    match (&message.command, &again.command) {
        // What v12 writes for no keys, and what the others leave out.
        (Command::Subscribe(one), Command::Subscribe(other))
        | (Command::Unsubscribe(one), Command::Unsubscribe(other)) => {
            let topics = |list: &[tieline_portsip_wsi::TopicSelection]| -> Vec<_> {
                list.iter().map(|selection| selection.topic.clone()).collect()
            };
            assert_eq!(topics(&one.topics), topics(&other.topics));
            assert_eq!(
                (&one.extensions, &one.queues, &one.tenants),
                (&other.extensions, &other.queues, &other.tenants)
            );
        }
        (one, other) => assert_eq!(one, other),
    }
    assert_eq!(again.id, message.id);
}
