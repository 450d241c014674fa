//! Every frame recorded with a running server of the protocol's family decodes, and encodes to equal JSON.

use serde_json::Value;
use tieline_core::json::Encode;
use tieline_portsip_im::{ClientBody, ClientMessage, ServerMessage};
use tieline_testkit::{IM_RECORDINGS, Side};

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn every_frame_of_the_server_is_known_and_no_field_of_it_is_lost() {
    for file in IM_RECORDINGS {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Server && frame.text != "0") {
            let message = ServerMessage::decode(&frame.text)
                .unwrap_or_else(|error| panic!("{}: {error}: {}", file.name, frame.text));
            assert!(!matches!(message, ServerMessage::Unknown(_)), "{}: {}", file.name, frame.text);
            assert_eq!(value(&message.to_json()), value(&frame.text), "{}", file.name);
            if let ServerMessage::Ctrl(ctrl) = &message
                && let Some(params) = &ctrl.params
            {
                let known = ctrl.known_params().unwrap_or_else(|error| panic!("{}: {error}", file.name));
                assert_eq!(value(&known.to_json()), value(params.as_json()), "{}", file.name);
            }
        }
    }
}

#[test]
fn serde_and_our_encoder_agree_on_every_frame_of_the_server() {
    for file in IM_RECORDINGS {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Server) {
            let message = ServerMessage::decode(&frame.text).expect("decodes");
            assert_eq!(serde_json::to_value(&message).expect("serializes"), value(&message.to_json()), "{}", file.name);
        }
    }
}

/// What a client wrote and this codec reads in its own form: `null` members that mean absent, the id of a note, which has
/// none, and zeros of a range.
fn normalised(mut value: Value) -> Value {
    fn drop_nulls(value: &mut Value) {
        if let Value::Object(members) = value {
            members.retain(|key, member| !member.is_null() || key == "content");
            let free = ["content", "head", "public", "private", "trusted"];
            for (_, member) in members.iter_mut().filter(|(key, _)| !free.contains(&key.as_str())) {
                drop_nulls(member);
            }
        }
    }
    drop_nulls(&mut value);
    if let Some(note) = value.get_mut("note").and_then(Value::as_object_mut) {
        note.remove("id");
    }
    if let Some(ranges) = value.pointer_mut("/del/delseq").and_then(Value::as_array_mut) {
        for range in ranges.iter_mut().filter_map(Value::as_object_mut) {
            range.retain(|_, number| *number != 0);
        }
    }
    value
}

#[test]
fn every_frame_of_a_client_that_the_server_took_decodes_and_no_field_of_it_is_lost() {
    // These are about frames that servers refuse.
    let refused = ["malformed-json", "wrong-types", "message-ids"];
    for file in IM_RECORDINGS.iter().filter(|file| !refused.contains(&file.name)) {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Client && frame.text != "1") {
            if frame.text.contains(r#""low":-"#) {
                // Numbers of messages are not negative: the server refused it too.
                assert!(ClientMessage::decode(&frame.text).is_err());
                continue;
            }
            let message = ClientMessage::decode(&frame.text)
                .unwrap_or_else(|error| panic!("{}: {error}: {}", file.name, frame.text));
            if matches!(message.body, ClientBody::Unknown(_)) {
                continue;
            }
            assert_eq!(value(&message.to_json()), normalised(value(&frame.text)), "{}", file.name);
        }
    }
}
