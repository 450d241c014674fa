//! Every sample of the document survives decoding and encoding, whole.

use std::collections::BTreeSet;

use serde_json::Value;
use tieline_cloudpbx::stream::{EVENT_TYPES, Entries, Envelope, Event, Message};
use tieline_core::json::{DecodeErrorKind, Encode};
use tieline_core::{Str, Text};
use tieline_testkit::{CLOUDPBX_STREAM, StreamFixture, StreamKind};

fn valid(kind: StreamKind) -> impl Iterator<Item = &'static StreamFixture> {
    CLOUDPBX_STREAM.iter().filter(move |fixture| fixture.kind == kind && fixture.invalid.is_none())
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn envelope(fixture: &StreamFixture) -> String {
    match fixture.kind {
        StreamKind::Envelope => fixture.text.to_owned(),
        StreamKind::Events => format!(r#"{{"id":1,"channel":"pbx_MojaCentrala","text":{}}}"#, fixture.text),
    }
}

fn decoded(text: &str) -> Envelope<Str<'_>> {
    match Message::decode(text) {
        Ok(Message::Events(envelope)) => envelope,
        other => panic!("{other:?}: {text}"),
    }
}

fn only(entries: Entries<Str<'_>>) -> Event<Str<'_>> {
    assert_eq!(entries.len(), 1);
    entries.into_iter().next().expect("one").event.expect("readable")
}

#[test]
fn every_event_is_known_and_no_field_of_it_is_lost() {
    for fixture in valid(StreamKind::Events) {
        let event = only(Entries::decode(fixture.text).expect(fixture.name));
        assert!(!matches!(event, Event::Unknown(_)), "{}", fixture.name);
        assert_eq!(value(&event.to_json()), value(fixture.text), "{}", fixture.name);
    }
}

#[test]
fn every_envelope_is_written_as_it_was_read_but_for_a_string_that_held_its_events() {
    for fixture in valid(StreamKind::Envelope) {
        let mut expected = value(fixture.text);
        if let Some(text) = expected["text"].as_str().map(value) {
            expected["text"] = text;
        }
        assert_eq!(value(&decoded(fixture.text).to_json()), expected, "{}", fixture.name);
    }
}

#[test]
fn the_samples_use_every_field_that_the_types_have_and_the_types_every_field_of_the_samples() {
    let mut seen = BTreeSet::new();
    for fixture in CLOUDPBX_STREAM.iter().filter(|fixture| fixture.invalid.is_none()) {
        for entry in &decoded(&envelope(fixture)).events {
            let event = entry.event.as_ref().expect(fixture.name);
            let body = value(&entry.body);
            seen.extend(
                body.as_object().expect("object").keys().map(|key| (event.event_type().to_owned(), key.clone())),
            );
        }
    }
    let known = EVENT_TYPES.iter().flat_map(|(event, fields)| fields.iter().map(|f| ((*event).into(), (*f).into())));
    assert_eq!(seen, known.collect::<BTreeSet<(String, String)>>());
}

#[test]
fn slices_of_the_frame_and_copies_hold_the_same_as_borrowed_strings() {
    for fixture in CLOUDPBX_STREAM.iter().filter(|fixture| fixture.name != "invalid/07-envelope") {
        let text = envelope(fixture);
        let borrowed = decoded(&text).to_json();
        let Ok(Message::Events(sliced)) = Message::decode_frame(&Text::from(text.as_str()), 64, 256) else {
            panic!("{}", fixture.name)
        };
        let Ok(Message::Events(owned)) = Message::decode_owned(&text) else { panic!("{}", fixture.name) };
        assert_eq!((sliced.to_json(), owned.to_json()), (borrowed.clone(), borrowed), "{}", fixture.name);
    }
}

#[test]
fn serde_writes_an_event_as_our_encoder_does() {
    for fixture in valid(StreamKind::Events) {
        let event = only(Entries::decode(fixture.text).expect(fixture.name));
        assert_eq!(serde_json::to_value(&event).expect("serializes"), value(&event.to_json()), "{}", fixture.name);
    }
}

#[test]
fn the_samples_with_a_stray_backslash_are_read_with_the_repair_marked() {
    for name in ["invalid/04-qmember", "invalid/05-cmember"] {
        let fixture = CLOUDPBX_STREAM.iter().find(|fixture| fixture.name == name).expect(name);
        let text = envelope(fixture);
        let envelope = decoded(&text);
        assert!(envelope.repaired, "{name}");
        let (technology, resource) = match only(envelope.events) {
            Event::QueueMember(event) => {
                let location = event.location.expect(name);
                (location.technology().map(str::to_owned), location.resource().to_owned())
            }
            Event::ConferenceMember(event) => {
                let channel = event.channel.expect(name);
                assert_eq!(channel.suffix(), Some("0005f005"));
                (channel.technology().map(str::to_owned), channel.resource().to_owned())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!((technology.as_deref(), resource.as_str()), (Some("SIP"), "MojaCentrala-101"), "{name}");
    }
}

#[test]
fn a_message_that_needed_no_repair_is_not_marked() {
    for fixture in CLOUDPBX_STREAM.iter().filter(|fixture| fixture.invalid.is_none()) {
        assert!(!decoded(&envelope(fixture)).repaired, "{}", fixture.name);
    }
}

#[test]
fn the_placeholder_of_the_document_is_refused_with_its_place() {
    let fixture = CLOUDPBX_STREAM.iter().find(|fixture| fixture.name == "invalid/07-envelope").expect("there");
    let error = Message::decode(fixture.text).expect_err("no JSON");
    assert_eq!((error.kind, error.line, error.column), (DecodeErrorKind::ControlCharacter, 1, 55));
}
