//! Decoding allocates for escapes and for messages with several events only.

use allocation_counter::measure;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, PushClient};
use tieline_cloudpbx::stream::Message;
use tieline_core::{ClientSession, Frame, Instant, Session, Text};

const SUBSCRIBER: &str =
    r#"{"id":386,"channel":"pbx_MojaCentrala","text":{"subscriber":{"peer":"MojaCentrala-101","statusValue":1}}}"#;

#[test]
fn a_message_with_one_event_allocates_nothing() {
    for text in [
        SUBSCRIBER,
        r#"{"id":1,"channel":"pbx_X","text":{"qmember":{"peer":"X-1","m_status":"1","m_location":"SIP/X-1"}}}"#,
        r#"{"id":1,"channel":"pbx_X","text":{"smsSendResponse":{"MsgId":"1","to":"48","status":"NEW"}}}"#,
        r#"{"id":1,"channel":"pbx_X","text":{"parking":{"lot":[1,2]}}}"#,
    ] {
        assert_eq!(measure(|| drop(Message::decode(text).expect("valid"))).count_total, 0, "{text}");
        let frame = Text::from(text);
        // Bytes allocate their counter when they are shared for the first time.
        let _shared = frame.clone();
        let seen = measure(|| drop(Message::decode_frame(&frame, 64, 8).expect("valid"))).count_total;
        assert_eq!(seen, 0, "{text}");
    }
}

#[test]
fn an_event_that_cannot_be_read_costs_its_error() {
    let text = r#"{"id":1,"channel":"pbx_X","text":{"queue":{"calls":"many"}}}"#;
    assert_eq!(measure(|| drop(Message::decode(text).expect("valid"))).count_total, 1);
}

#[test]
fn an_escaped_slash_costs_the_one_string_it_stands_in() {
    let text = r#"{"id":1,"text":{"qmember":{"peer":"X-1","m_location":"SIP\/X-1","m_name":"Agent 1"}}}"#;
    assert_eq!(measure(|| drop(Message::decode(text).expect("valid"))).count_total, 1);
}

#[test]
fn an_event_of_a_known_state_passes_through_a_session_without_allocation() {
    let mut session = PushClient::start(ClientConfig::default(), [7; 16], None, Instant::EPOCH);
    let frame = Text::from(SUBSCRIBER);
    let mut pass = || {
        session.handle_input(Instant::EPOCH, Frame::Text(frame.clone()));
        while let Some(event) = session.poll_event() {
            assert!(matches!(event, ClientEvent::Received(_) | ClientEvent::Id(_)));
        }
    };
    pass();
    assert_eq!(measure(pass).count_total, 0);
}
