//! What holds for every input.

use proptest::prelude::*;
use serde_json::Value;
use tieline_core::Text;
use tieline_core::json::Encode;
use tieline_portsip_im::{AccessMode, ClientMessage, Credentials, SeqRange, ServerMessage, Topic};
use tieline_testkit::IM;

/// Samples with a few characters changed.
fn near_samples() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0usize..4, r#"[\[\]{}:,"\\ 0-9eEu.+\-tfn\x00ü]{0,3}"#);
    (prop::sample::select(IM), prop::collection::vec(edit, 0..4)).prop_map(|(fixture, edits)| {
        let mut text: Vec<char> = fixture.text.chars().collect();
        for (at, len, with) in edits {
            let at = at.index(text.len().max(1));
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// Any JSON, without numbers that a double rounds.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Messages of any fields, known and unknown, in any order.
fn any_message() -> impl Strategy<Value = String> {
    let keys = ["ctrl", "data", "meta", "pres", "info", "pub", "sub", "get", "set", "del", "note", "login", "hi", "x"];
    let fields = [
        "id", "topic", "params", "code", "text", "ts", "from", "seq", "head", "content", "reqid", "desc", "sub", "del",
        "tags", "cred", "what", "src", "dacs", "delseq", "acs", "limit", "since", "noecho", "secret", "x",
    ];
    let members = prop::collection::vec((prop::sample::select(fields.to_vec()), json()), 0..6);
    (prop::sample::select(keys.to_vec()), members).prop_map(|(key, members)| {
        let members: Vec<_> = members.into_iter().map(|(field, value)| format!("\"{field}\":{value}")).collect();
        format!("{{\"{key}\":{{{}}}}}", members.join(" , "))
    })
}

fn mode() -> impl Strategy<Value = AccessMode> {
    any::<u8>().prop_map(AccessMode::from_bits)
}

proptest! {
    #[test]
    fn no_input_panics(text in prop_oneof![near_samples(), any::<String>(), any_message()]) {
        let frame = Text::from(text.as_str());
        let _ = ServerMessage::decode(&text);
        let _ = ServerMessage::decode_frame(&frame, 3);
        let _ = ClientMessage::decode(&text);
        let _ = ClientMessage::decode_frame(&frame, 3);
        let _ = Topic::new(text.as_str()).kind();
        let _ = AccessMode::FULL.apply(&text);
        if let Ok(ServerMessage::Ctrl(ctrl)) = ServerMessage::decode(&text) {
            let _ = ctrl.known_params();
        }
    }

    #[test]
    fn what_is_decoded_encodes_to_what_decodes_the_same(text in prop_oneof![near_samples(), any_message()]) {
        if let Ok(message) = ServerMessage::decode(&text) {
            let first = message.to_json();
            let again = ServerMessage::decode(&first).expect("our own encoding");
            prop_assert_eq!(&again, &message);
            prop_assert_eq!(again.to_json(), first);
        }
        if let Ok(message) = ClientMessage::decode(&text) {
            let first = message.to_json();
            let again = ClientMessage::decode(&first).expect("our own encoding");
            prop_assert_eq!(&again, &message);
            prop_assert_eq!(again.to_json(), first);
        }
    }

    #[test]
    fn borrowed_sliced_and_copied_strings_agree(text in prop_oneof![near_samples(), any_message()]) {
        let frame = Text::from(text.as_str());
        let borrowed = ServerMessage::decode(&text).map(|message| message.to_json());
        prop_assert_eq!(&ServerMessage::decode_frame(&frame, 64).map(|message| message.to_json()), &borrowed);
        prop_assert_eq!(&ServerMessage::decode_owned(&text).map(|message| message.to_json()), &borrowed);
        let borrowed = ClientMessage::decode(&text).map(|message| message.to_json());
        prop_assert_eq!(&ClientMessage::decode_frame(&frame, 64).map(|message| message.to_json()), &borrowed);
        prop_assert_eq!(&ClientMessage::decode_owned(&text).map(|message| message.to_json()), &borrowed);
    }

    #[test]
    fn a_message_is_refused_exactly_when_it_is_no_json_or_a_field_has_the_wrong_kind(text in near_samples()) {
        let json = serde_json::from_str::<Value>(&text).is_ok();
        match ServerMessage::decode(&text) {
            Ok(_) => prop_assert!(json),
            Err(error) => prop_assert!(!json || error.field.is_some(), "{}", error),
        }
    }

    #[test]
    fn a_message_holds_what_serde_json_reads(topic in any::<String>(), seq in any::<u64>(), content in json(), last in any::<bool>()) {
        let topic_json = Value::from(topic.as_str());
        let members = if last { format!(r#""seq":{seq},"content":{content},"topic":{topic_json}"#) }
            else { format!(r#""topic":{topic_json},"content":{content},"seq":{seq}"#) };
        let text = format!(r#"{{"data":{{{members}}}}}"#);
        let ServerMessage::Data(data) = ServerMessage::decode(&text).expect("a message") else { panic!("data") };
        prop_assert_eq!(data.topic.expect("topic").to_string(), topic);
        prop_assert_eq!(data.seq, Some(seq));
        let kept: Value = serde_json::from_str(data.content.expect("content").as_json()).expect("JSON");
        prop_assert_eq!(kept, content);
    }

    #[test]
    fn a_publish_of_any_content_is_read_by_serde_json_as_it_was_meant(content in json(), topic in any::<String>()) {
        let text = format!(r#"{{"pub":{{"topic":{},"content":{content}}}}}"#, Value::from(topic.as_str()));
        let message = ClientMessage::decode(&text).expect("a publish");
        let written: Value = serde_json::from_str(&message.to_json()).expect("JSON");
        prop_assert_eq!(written, serde_json::from_str::<Value>(&text).expect("JSON"));
    }

    #[test]
    fn serde_writes_what_our_encoder_writes(text in any_message()) {
        if let Ok(message) = ServerMessage::decode(&text) {
            let ours: Value = serde_json::from_str(&message.to_json()).expect("JSON");
            prop_assert_eq!(serde_json::to_value(&message).expect("serializes"), ours);
        }
    }

    #[test]
    fn a_mode_printed_is_the_mode_read(mode in mode()) {
        prop_assert_eq!(mode.to_string().parse(), Ok(mode));
        prop_assert_eq!(mode.to_string().to_ascii_lowercase().parse(), Ok(mode));
    }

    #[test]
    fn the_change_from_one_mode_to_another_applied_gives_the_other(from in mode(), to in mode()) {
        let delta = from.delta(to);
        prop_assert_eq!(from.apply(&delta), Ok(to));
        prop_assert_eq!(delta.is_empty(), from == to);
    }

    #[test]
    fn a_mode_assigned_replaces_any_other(from in mode(), to in mode()) {
        prop_assert_eq!(from.apply(&to.to_string()), Ok(to));
    }

    #[test]
    fn a_login_written_is_the_login_read(
        user in "[^@:\\pC]{1,12}", domain in "[a-z0-9.:\\[\\]]{1,12}", token in "[A-Za-z0-9._-]{1,20}", secret in any::<Vec<u8>>(),
    ) {
        let credentials = Credentials::access_token(user, domain, token);
        prop_assert_eq!(Credentials::from_login(&credentials.to_login()), Ok(credentials));
        let other = Credentials::other("basic", secret);
        prop_assert_eq!(Credentials::from_login(&other.to_login()), Ok(other));
    }

    #[test]
    fn a_range_written_is_the_range_read(low in 1u64.., hi in any::<u64>()) {
        let range = SeqRange { low, hi };
        let again: SeqRange = tieline_core::json::decode(&range.to_json()).expect("a range");
        prop_assert_eq!(again, range);
    }
}
