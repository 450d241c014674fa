//! Every sample of the documents survives decoding and encoding, whole.

use serde_json::Value;
use tieline_core::Text;
use tieline_core::json::{Encode, decode};
use tieline_portsip_wsi::{CallTarget, ClientMessage, Command, CommandError, Dialect, Event, ServerMessage};
use tieline_testkit::{Dialect as Document, Fixture, Kind, WSI};

fn valid(kind: Kind) -> impl Iterator<Item = &'static Fixture> {
    WSI.iter().filter(move |fixture| fixture.kind == kind && fixture.dialect != Document::Invalid)
}

fn dialect(fixture: &Fixture) -> Dialect {
    match fixture.dialect {
        Document::V12 => Dialect::V12,
        Document::V16 => Dialect::V16,
        _ => Dialect::V22,
    }
}

/// The sample as a value; where a server wrote an id as a number, as the string that the documents have.
fn documented(fixture: &Fixture) -> Value {
    let mut value: Value = serde_json::from_str(fixture.text).expect("JSON");
    if let Some(id) = value.get("extension_id").and_then(Value::as_u64) {
        value["extension_id"] = id.to_string().into();
    }
    value
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn every_event_is_known_and_no_field_of_it_is_lost() {
    for fixture in valid(Kind::Event) {
        let event = Event::decode(fixture.text).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(!matches!(event, Event::Unknown(_)), "{}", fixture.name);
        assert_eq!(value(&event.to_json()), documented(fixture), "{}", fixture.name);
    }
}

#[test]
fn slices_of_the_frame_and_copies_hold_the_same_as_borrowed_strings() {
    for fixture in valid(Kind::Event) {
        let borrowed = Event::decode(fixture.text).expect("valid").to_json();
        let sliced = Event::decode_frame(&Text::from(fixture.text), 64).expect("valid");
        let owned = Event::decode_owned(fixture.text).expect("valid");
        assert_eq!(sliced.to_json(), borrowed, "{}", fixture.name);
        assert_eq!(owned.to_json(), borrowed, "{}", fixture.name);
    }
}

#[test]
fn the_event_type_is_written_first() {
    for fixture in valid(Kind::Event) {
        let event = Event::decode(fixture.text).expect("valid");
        assert!(event.to_json().starts_with(&format!(r#"{{"event_type":"{}""#, event.event_type())));
    }
}

#[test]
fn serde_writes_an_event_as_our_encoder_does() {
    for fixture in valid(Kind::Event) {
        let event = Event::decode(fixture.text).expect("valid");
        assert_eq!(serde_json::to_value(&event).expect("serializes"), value(&event.to_json()), "{}", fixture.name);
    }
}

#[test]
fn every_event_is_one_of_the_table_in_the_dialect_of_its_document() {
    for fixture in valid(Kind::Event) {
        let event = Event::decode(fixture.text).expect("valid");
        let mut rows = tieline_portsip_wsi::EVENT_TYPES.iter().filter(|row| row.event_type == event.event_type());
        assert!(rows.any(|row| row.dialects.contains(&dialect(fixture))), "{}", fixture.name);
    }
}

#[test]
fn every_command_is_written_back_as_its_document_shows_it() {
    for fixture in valid(Kind::Command) {
        let message = ClientMessage::decode(fixture.text).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(!matches!(message.command, Command::Other { .. }), "{}", fixture.name);
        let mut out = String::new();
        message.encode(dialect(fixture), &mut out);
        assert_eq!(value(&out), documented(fixture), "{}", fixture.name);
    }
}

#[test]
fn every_reply_is_a_response_and_no_field_of_it_is_lost() {
    for fixture in valid(Kind::Reply) {
        let message = ServerMessage::decode(fixture.text).expect("valid");
        let ServerMessage::Response(response) = &message else { panic!("{}: {message:?}", fixture.name) };
        assert_eq!(response.is_ok(), fixture.name.ends_with("ok"), "{}", fixture.name);
        assert_eq!(value(&message.to_json()), documented(fixture), "{}", fixture.name);
    }
}

#[test]
fn every_event_is_told_from_a_reply_also_one_that_has_a_status() {
    for fixture in valid(Kind::Event) {
        let message = ServerMessage::decode(fixture.text).expect("valid");
        assert!(matches!(message, ServerMessage::Event(_)), "{}", fixture.name);
    }
}

#[test]
fn a_call_target_on_its_own_loses_no_field() {
    for fixture in valid(Kind::Record) {
        let target: CallTarget<String> = decode(fixture.text).expect("valid");
        assert_eq!(value(&target.to_json()), documented(fixture), "{}", fixture.name);
    }
}

#[test]
fn samples_that_are_not_json_are_refused_with_line_and_column() {
    // Where our scanner stops: at the full-width comma, at the line break within a string, at the colon within an
    // array, at the brace after a comma, at the member after a missing comma.
    let stops = [
        ("invalid/v16-11-event-queue_status", 15, 8),
        ("invalid/v16-19-command-subscribe-extension_events-cdr_events", 5, 21),
        ("invalid/v16-20-command-unsubscribe-extension_events-cdr_events", 6, 11),
        ("invalid/v22-03-command-auth-admin-22.2", 5, 1),
        ("invalid/v22-10-event-queue_status", 15, 8),
        ("invalid/v22-31-event-call_cdr", 22, 4),
    ];
    let invalid: Vec<_> = WSI.iter().filter(|fixture| fixture.dialect == Document::Invalid).collect();
    assert_eq!(invalid.iter().map(|fixture| fixture.name).collect::<Vec<_>>(), stops.map(|(name, ..)| name));
    for (fixture, (name, line, column)) in invalid.iter().zip(stops) {
        let error = match fixture.kind {
            Kind::Command => match ClientMessage::decode(fixture.text).expect_err(name) {
                CommandError::Decode(error) => error,
                other => panic!("{name}: {other}"),
            },
            _ => Event::decode(fixture.text).expect_err(name),
        };
        assert_eq!((error.line, error.column), (line, column), "{name}: {error}");
        assert!(ServerMessage::decode(fixture.text).is_err(), "{name}");
    }
}
