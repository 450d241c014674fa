//! Decoding allocates for lists and records only.

use allocation_counter::measure;
use tieline_core::Text;
use tieline_portsip_wsi::{Event, ServerMessage};
use tieline_testkit::{Dialect, Kind, WSI};

/// The lists in a sample, one more for a record, one for each string with an escape.
fn allowed(text: &str, event: &Event<tieline_core::Str<'_>>) -> u64 {
    let lists = text.matches('[').count();
    // A list grows as it fills: 4 elements at first, 2 of records.
    let growth = usize::from(text.matches('{').count() > 3);
    let records = usize::from(matches!(event, Event::CallCdr(_)));
    // An escaped string is put together piece by piece.
    let escapes = text.matches("\\\"").count() * 2;
    (lists + growth + records + escapes) as u64
}

#[test]
fn a_borrowed_event_allocates_for_its_lists_records_and_escapes_only() {
    for fixture in WSI.iter().filter(|fixture| fixture.kind == Kind::Event && fixture.dialect != Dialect::Invalid) {
        let allowed = allowed(fixture.text, &Event::decode(fixture.text).expect("valid"));
        let seen = measure(|| drop(Event::decode(fixture.text).expect("valid")));
        assert!(seen.count_total <= allowed, "{}: {} of {allowed}", fixture.name, seen.count_total);
    }
}

#[test]
fn an_event_without_lists_allocates_nothing() {
    let text =
        r#"{"aor":"sip:102@a","call_id":"c","event_type":"call_hold","peer_aor":"sip:103@a","time":"1632669389"}"#;
    assert_eq!(measure(|| drop(ServerMessage::decode(text).expect("valid"))).count_total, 0);
    let frame = Text::from(text);
    // Bytes allocate their counter when they are shared for the first time.
    let _shared = frame.clone();
    assert_eq!(measure(|| drop(ServerMessage::decode_frame(&frame, 64).expect("valid"))).count_total, 0);
    assert_eq!(measure(|| drop(ServerMessage::decode(r#"{"status":0}"#).expect("valid"))).count_total, 0);
    assert_eq!(measure(|| drop(Event::decode(r#"{"event_type":"brand_new","x":[1]}"#).expect("valid"))).count_total, 0);
}

#[test]
fn asking_an_event_whom_it_concerns_allocates_nothing() {
    let event =
        Event::decode(r#"{"event_type":"extension_status","status":[{"extension":"sip:101@a"}]}"#).expect("valid");
    assert_eq!(measure(|| assert_eq!(event.extensions().count(), 1)).count_total, 0);
}
