//! Messages in every form in which they may come.

use tieline_cloudpbx::stream::{
    Control, DeviceState, EVENTS_PER_MESSAGE, Entries, Envelope, Event, Flag, Membership, Message, Quoted, State,
    StateKey, write_message,
};
use tieline_core::json::{DecodeErrorKind, Encode, JsonKind};
use tieline_core::{Str, Text};

fn with_text(text: &str) -> String {
    format!(r#"{{"id":7,"channel":"pbx_X","text":{text}}}"#)
}

fn envelope(message: &str) -> Envelope<String> {
    match Message::decode_owned(message) {
        Ok(Message::Events(envelope)) => envelope,
        other => panic!("{other:?}: {message}"),
    }
}

fn events(text: &str) -> Vec<Event<String>> {
    envelope(&with_text(text)).events.into_iter().map(|entry| entry.event.expect("readable")).collect()
}

fn types(text: &str) -> Vec<String> {
    events(text).iter().map(|event| event.event_type().to_owned()).collect()
}

fn peers(text: &str) -> Vec<String> {
    let peer = |event| match event {
        Event::Subscriber(event) => event.peer.expect("named"),
        other => panic!("{other:?}"),
    };
    events(text).into_iter().map(peer).collect()
}

mod forms {
    use super::*;

    #[test]
    fn several_events_of_one_object_come_in_order() {
        assert_eq!(types(r#"{"queue":{},"subscriber":{},"extstatus":{}}"#), ["queue", "subscriber", "extstatus"]);
    }

    #[test]
    fn a_name_that_stands_twice_is_two_events() {
        assert_eq!(peers(r#"{"subscriber":{"peer":"a"},"subscriber":{"peer":"b"}}"#), ["a", "b"]);
    }

    #[test]
    fn an_array_under_a_name_is_several_events() {
        assert_eq!(peers(r#"{"subscriber":[{"peer":"a"},{"peer":"b"}]}"#), ["a", "b"]);
    }

    #[test]
    fn an_array_of_objects_is_all_their_events() {
        assert_eq!(types(r#"[{"queue":{}},{"subscriber":{},"queue":{}},{}]"#), ["queue", "subscriber", "queue"]);
    }

    #[test]
    fn a_string_that_holds_json_is_read_as_that() {
        assert_eq!(peers(r#""{\"subscriber\":{\"peer\":\"a\"}}""#), ["a"]);
        assert_eq!(peers(r#""[{\"subscriber\":{\"peer\":\"a\"}}]""#), ["a"]);
        assert_eq!(peers(r#"["{\"subscriber\":{\"peer\":\"a\"}}",{"subscriber":{"peer":"b"}}]"#), ["a", "b"]);
    }

    #[test]
    fn nothing_and_null_are_no_events() {
        for text in ["{}", "[]", "null", "[null,{}]"] {
            assert!(envelope(&with_text(text)).events.is_empty(), "{text}");
        }
    }

    #[test]
    fn the_envelope_may_come_in_any_order_and_lack_what_events_do_not_need() {
        let odd = envelope(r#"{"text":{"queue":{}},"time":1,"id":"386"}"#);
        assert_eq!((odd.id, odd.channel, odd.events.len()), (Some(386), None, 1));
    }

    #[test]
    fn an_id_or_channel_of_another_kind_does_not_cost_the_events() {
        let odd = envelope(r#"{"id":{"n":1},"channel":[],"text":{"queue":{}}}"#);
        assert_eq!((odd.id, odd.channel, odd.events.len()), (None, None, 1));
        assert_eq!(envelope(r#"{"id":99999999999999999999,"text":{}}"#).id, None);
    }

    #[test]
    fn json_without_text_is_kept_whole() {
        for text in ["{}", "[1,2]", r#"{"id":1}"#, "17"] {
            let Ok(Message::Other(raw)) = Message::decode(text) else { panic!("{text}") };
            assert_eq!(raw.as_json(), text);
        }
    }

    #[test]
    fn events_can_be_read_without_an_envelope() {
        let entries = Entries::decode(r#"{"queue":{"peer":"Kolejka1","calls":"1"}}"#).expect("valid");
        assert_eq!(entries.iter().next().map(|entry| entry.body.as_str()), Some(r#"{"peer":"Kolejka1","calls":"1"}"#));
    }
}

mod fields {
    use super::*;

    #[test]
    fn numbers_and_strings_of_digits_are_read_alike_and_written_as_documented() {
        let documented = r#"{"qmember":{"m_status":"1","m_ct":"12","m_paused":"1"},"subscriber":{"statusValue":1}}"#;
        for text in [
            documented,
            r#"{"qmember":{"m_status":1,"m_ct":12,"m_paused":1},"subscriber":{"statusValue":"1"}}"#,
            r#"{"qmember":{"m_status":"1","m_ct":12,"m_paused":true},"subscriber":{"statusValue":1}}"#,
        ] {
            let again = envelope(&with_text(text)).to_json();
            assert_eq!(again, with_text(documented));
        }
    }

    #[test]
    fn an_agent_is_read_into_types() {
        let [Event::QueueMember(agent)] = &events(
            r#"{"qmember":{"m_status":"7","m_ct":"3","m_mbshp":"realtime","m_paused":"0","m_location":"SIP\/a-101"}}"#,
        )[..] else {
            panic!("an agent")
        };
        assert_eq!(agent.status, Some(DeviceState::RingInUse));
        assert_eq!(agent.calls_taken, Some(Quoted(3)));
        assert_eq!(agent.membership, Some(Membership::Realtime));
        assert_eq!(agent.paused, Some(Flag(false)));
        assert_eq!(agent.location.as_ref().map(|location| location.as_str()), Some("SIP/a-101"));
    }

    #[test]
    fn status_goes_before_status_value_and_both_are_kept() {
        let text = r#"{"extstatus":{"exten":"130","status":4,"statusValue":1}}"#;
        let [event @ Event::ExtensionStatus(status)] = &events(text)[..] else { panic!("a status") };
        assert_eq!(status.state(), Some(State::UNAVAILABLE));
        assert_eq!(event.to_json(), text);
        let [Event::ExtensionStatus(status)] = &events(r#"{"extstatus":{"statusValue":1}}"#)[..] else { panic!() };
        assert_eq!(status.state(), Some(State::IN_USE));
    }

    #[test]
    fn the_id_of_a_text_message_is_read_in_both_spellings_and_as_a_number_without_loss() {
        for text in
            [r#""MsgId":"3292468348841377230""#, r#""MsgID":"3292468348841377230""#, r#""MsgId":3292468348841377230"#]
        {
            let [Event::SmsSendResponse(sms)] = &events(&format!(r#"{{"smsSendResponse":{{{text}}}}}"#))[..] else {
                panic!("{text}")
            };
            assert_eq!(sms.message_id.as_deref(), Some("3292468348841377230"));
        }
    }

    #[test]
    fn an_event_names_what_it_tells_the_state_of() {
        let keys: Vec<_> = events(
            r#"{"subscriber":{"peer":"X-1"},"extstatus":{"exten":"1"},"queue":{"peer":"Q"},
                "qmember":{"peer":"X-1","queue":"Q"},"cmember":{"channel":"SIP\/X-1","conference":"C"},
                "smsSendResponse":{"MsgId":"1"},"queue":{},"new":{}}"#,
        )
        .iter()
        .filter_map(|event| event.state_key().map(|key| key.map(String::as_str).to_string()))
        .collect();
        assert_eq!(keys, ["subscriber X-1", "extension 1", "queue Q", "X-1 in queue Q", "SIP/X-1 in conference C"]);
        assert_eq!(StateKey::Queue("Q").event_type(), "queue");
    }
}

mod states {
    use super::*;

    #[test]
    fn documented_states_have_their_names() {
        let names: Vec<_> = State::NAMED.iter().map(|(state, _)| (state.value(), state.to_string())).collect();
        let expected = [
            (0, "idle"),
            (1, "in use"),
            (2, "busy"),
            (4, "unavailable"),
            (8, "ringing"),
            (16, "on hold"),
            (32, "connecting"),
        ];
        assert_eq!(names, expected.map(|(value, name)| (value, name.to_owned())));
    }

    #[test]
    fn combined_states_are_sets() {
        let held = State::new(17);
        assert_eq!(held, State::IN_USE | State::ON_HOLD);
        assert!(held.contains(State::ON_HOLD) && !held.contains(State::RINGING) && !held.contains(State::IDLE));
        assert_eq!(held.to_string(), "in use|on hold");
        assert_eq!(State::new(65).to_string(), "in use|0x40");
        assert_eq!(State::new(64).to_string(), "0x40");
    }

    #[test]
    fn negative_states_are_no_sets() {
        assert_eq!((State::new(-1).to_string(), State::new(-2).to_string()), ("deactivated".into(), "removed".into()));
        assert!(!State::DEACTIVATED.contains(State::IN_USE) && !State::IN_USE.contains(State::REMOVED));
        assert_eq!((State::new(-7).to_string(), State::new(-7).unknown_bits()), ("-7".into(), 0));
    }

    #[test]
    fn the_states_of_agents_are_another_scale() {
        assert_eq!(DeviceState::KNOWN.len(), 9);
        for (value, state) in (0..).zip(DeviceState::KNOWN) {
            assert_eq!((DeviceState::new(value), state.value()), (*state, value));
        }
        assert_eq!(
            (DeviceState::new(1).to_string(), State::new(1).to_string()),
            ("not in use".into(), "in use".into())
        );
        assert_eq!(DeviceState::new(9), DeviceState::Other(9));
        assert_eq!(DeviceState::Other(9).to_json(), r#""9""#);
    }
}

mod tolerance {
    use super::*;

    #[test]
    fn an_event_that_nobody_knows_is_kept_whole() {
        let text = r#"{"parking":{"lot":[1, 2.50]}}"#;
        let [Event::Unknown(unknown)] = &events(text)[..] else { panic!("unknown") };
        assert_eq!((unknown.event_type.as_str(), unknown.body.as_json()), ("parking", r#"{"lot":[1, 2.50]}"#));
        assert_eq!(envelope(&with_text(text)).to_json(), with_text(text));
        let [Event::Unknown(array)] = &events(r#"{"parking":[1,2]}"#)[..] else { panic!("unknown") };
        assert_eq!(array.body.as_json(), "[1,2]");
    }

    #[test]
    fn an_event_that_cannot_be_read_keeps_its_text_and_takes_no_other_with_it() {
        let mixed = envelope(&with_text(
            r#"{"subscriber":{"peer":"a"},"queue":{"peer":"Q","calls":"many"},"subscriber":5,"subscriber":{"peer":"b"}}"#,
        ));
        let shown: Vec<_> = mixed
            .events
            .iter()
            .map(|entry| match &entry.event {
                Ok(event) => event.event_type().to_owned(),
                Err(bad) => format!("{:?} {bad} {}", bad.event_type, entry.body),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "subscriber",
                r#"Some("queue") a string found, an integer expected in `calls` at line 1, column 89 {"peer":"Q","calls":"many"}"#,
                r#"Some("subscriber") a number found, an object expected at line 1, column 110 5"#,
                "subscriber",
            ]
        );
    }

    #[test]
    fn what_is_no_object_with_events_is_one_event_that_cannot_be_read() {
        for text in ["5", "true", r#""Channel open""#, r#""{\"queue\":""#, r#"[5]"#, r#"[["x"]]"#] {
            let odd = envelope(&with_text(text));
            assert_eq!(odd.events.len(), 1, "{text}");
            let entry = odd.events.iter().next().expect("one");
            assert!(entry.event.is_err(), "{text}");
            assert_eq!(entry.body, text.trim_start_matches('[').trim_end_matches(']').replace("\"x\"", "[\"x\"]"));
        }
    }

    #[test]
    fn a_string_within_a_string_is_not_unpacked_again() {
        let nested = envelope(&with_text(r#""\"{\\\"queue\\\":{}}\"""#));
        assert!(nested.events.iter().all(|entry| entry.event.is_err()));
    }

    #[test]
    fn an_event_that_nests_too_deep_cannot_be_read_but_its_siblings_can() {
        let text =
            Text::from(with_text(r#"{"queue":{"peer":"Q"},"subscriber":{"peer":{"a":1}},"queue":{"peer":"R"}}"#));
        let Ok(Message::Events(envelope)) = Message::decode_frame(&text, 2, 10) else { panic!("readable") };
        assert!(envelope.events.iter().all(|entry| matches!(
            &entry.event,
            Err(bad) if bad.error.kind == DecodeErrorKind::TooDeep
        )));
        let Ok(Message::Events(envelope)) = Message::decode_frame(&text, 3, 10) else { panic!("readable") };
        assert_eq!(envelope.events.iter().filter(|entry| entry.event.is_ok()).count(), 2);
    }

    #[test]
    fn events_beyond_the_limit_are_counted_and_not_read() {
        let many = format!("{{{}}}", vec![r#""queue":{"peer":"Q"}"#; EVENTS_PER_MESSAGE + 3].join(","));
        let envelope = envelope(&with_text(&many));
        assert_eq!((envelope.events.len(), envelope.omitted), (EVENTS_PER_MESSAGE, 3));
    }

    #[test]
    fn control_messages_are_known_by_their_negative_id_though_they_are_not_json() {
        for (text, control) in [
            (r#"{"id":-1,"channel":"","text": }"#, Control::Ping),
            (r#"{"id":-2,"channel":"pbx_X","text":Channel deleted}"#, Control::ChannelDeleted),
            (r#"{"id":-2,"channel":"pbx_X","text":"Channel deleted"}"#, Control::ChannelDeleted),
            (r#"{"channel":"pbx_X","id":-7,"text":{}}"#, Control::Other(-7)),
        ] {
            assert_eq!(Message::decode(text), Ok(Message::Control(control)), "{text}");
            assert_eq!(Control::of_id(control.id()), Some(control));
        }
    }

    #[test]
    fn other_text_that_is_not_json_is_refused_with_its_place() {
        for (text, kind, column) in [
            ("", DecodeErrorKind::UnexpectedEnd, 1),
            (r#"{"id":1,"channel":"pbx_X","text":plain}"#, DecodeErrorKind::UnexpectedCharacter("a value"), 34),
            (r#"{"id":1,"text":{}}{"id":2}"#, DecodeErrorKind::TrailingCharacters, 19),
            (r#"{"id":1,"text":{"a":"\x\"}}"#, DecodeErrorKind::InvalidEscape, 22),
        ] {
            let error = Message::decode(text).expect_err(text);
            assert_eq!((error.kind, error.column), (kind, column), "{text}");
        }
    }

    #[test]
    fn half_a_surrogate_is_no_stray_backslash() {
        let error = Message::decode(r#"{"text":{"queue":{"peer":"\ud800"}}}"#).expect_err("half");
        assert_eq!(error.kind, DecodeErrorKind::InvalidEscape);
    }
}

mod repair {
    use super::*;

    #[test]
    fn every_stray_backslash_is_repaired_and_every_escape_left_alone() {
        let odd = envelope(&with_text(r#"{"cmember":{"channel":"SIP\M-1","conference":"a\\b\"\u0041\uzz\ "}}"#));
        assert!(odd.repaired);
        let Some(Ok(Event::ConferenceMember(member))) = odd.events.into_iter().next().map(|entry| entry.event) else {
            panic!("a member")
        };
        assert_eq!(member.conference.as_deref(), Some(r#"a\b"A\uzz\ "#));
        assert_eq!(member.channel.as_ref().map(|channel| channel.as_str()), Some(r"SIP\M-1"));
    }

    #[test]
    fn backslashes_are_repaired_within_a_string_that_holds_the_events_too() {
        let inner = r#"{\"cmember\":{\"channel\":\"SIP\\M-1\"}}"#;
        let odd = envelope(&with_text(&format!(r#""{inner}""#)));
        assert!(odd.repaired);
        assert!(odd.events.iter().all(|entry| entry.event.is_ok()));
    }

    #[test]
    fn a_pbx_whose_name_begins_with_an_escape_letter_is_read_in_the_two_fields_of_channels() {
        for text in [r#"{"qmember":{"m_location":"SIP\biuro-101"}}"#, r#"{"cmember":{"channel":"SIP\biuro-101"}}"#] {
            let odd = envelope(&with_text(text));
            // Nobody can tell that this was no escape.
            assert!(!odd.repaired);
            match odd.events.into_iter().next().expect("one").event.expect("readable") {
                Event::QueueMember(agent) => assert_eq!(agent.location.expect("there").resource(), "biuro-101"),
                Event::ConferenceMember(member) => assert_eq!(member.channel.expect("there").resource(), "biuro-101"),
                other => panic!("{other:?}"),
            }
        }
    }
}

mod strings {
    use super::*;

    #[test]
    fn borrowed_strings_borrow_and_frames_are_sliced_for_long_ones() {
        let text = with_text(r#"{"subscriber":{"peer":"MojaCentrala-w-Gdansku-101","statusValue":1}}"#);
        let frame = Text::from(text.as_str());
        let Ok(Message::Events(sliced)) = Message::decode_frame(&frame, 64, 8) else { panic!("events") };
        let Some(Ok(Event::Subscriber(subscriber))) = sliced.events.into_iter().next().map(|entry| entry.event) else {
            panic!("a subscriber")
        };
        let peer = subscriber.peer.expect("named");
        assert!(frame.as_bytes().as_ptr_range().contains(&peer.as_bytes().as_ptr()));
        let Ok(Message::<Str<'_>>::Events(borrowed)) = Message::decode(&text) else { panic!("events") };
        assert!(borrowed.channel.is_some_and(|c| text.as_bytes().as_ptr_range().contains(&c.as_bytes().as_ptr())));
    }
}

mod writing {
    use super::*;

    fn written(events: &[Event<String>]) -> String {
        let mut out = String::new();
        write_message(386, "pbx_X", events, &mut out);
        out
    }

    #[test]
    fn one_event_or_several_of_different_names_are_the_members_of_one_object() {
        let text = r#"{"queue":{"peer":"Q","calls":"1"},"extstatus":{"exten":"1","status":4}}"#;
        assert_eq!(written(&events(text)), format!(r#"{{"id":386,"channel":"pbx_X","text":{text}}}"#));
    }

    #[test]
    fn two_events_of_one_name_are_an_array_so_that_no_reader_loses_one() {
        let text = r#"{"queue":{"peer":"Q"},"queue":{"peer":"R"}}"#;
        assert_eq!(
            written(&events(text)),
            r#"{"id":386,"channel":"pbx_X","text":[{"queue":{"peer":"Q"}},{"queue":{"peer":"R"}}]}"#
        );
    }

    #[test]
    fn an_event_that_could_not_be_read_is_written_as_it_came() {
        for text in [r#"{"queue":{"calls":[]},"subscriber":{}}"#, "[5]"] {
            assert_eq!(envelope(&with_text(text)).to_json(), with_text(text));
        }
    }

    #[test]
    fn a_name_that_needs_an_escape_gets_one() {
        let [Event::Unknown(unknown)] = &events(r#"{"a\"b":1}"#)[..] else { panic!("unknown") };
        assert_eq!(unknown.body.kind(), JsonKind::Number);
        assert_eq!(events(r#"{"a\"b":1}"#)[0].to_json(), r#"{"a\"b":1}"#);
    }
}
