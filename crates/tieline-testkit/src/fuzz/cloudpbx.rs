//! CloudPBX: messages of the stream, the lists of REST, and what is asked for them.

use arbitrary::Unstructured;
use tieline_cloudpbx::rest::Request;
use tieline_cloudpbx::stream::{EVENT_TYPES, Entry, Event, Message, StreamTarget, lint, write_message};
use tieline_cloudpbx::{CdrRecord, InZone, Listed, Listing, RecordingCheck, RecordingRecord, Rows, SmsResponse};
use tieline_core::json::lint::Severity;
use tieline_core::json::{Decode, Encode, Scanner, decode};
use tieline_core::{Str, Text};

use super::{Judgement, judged, request_head, text};

/// A message of the stream.
pub fn stream(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let frame = Text::from(text);
    let _ = Message::decode_frame(&frame, 2, 3);
    let (borrowed, sliced, owned) =
        (Message::decode(text), Message::decode_frame(&frame, 64, 256), Message::decode_owned(text));
    let shown = format!("{borrowed:?}");
    assert_eq!(shown, format!("{sliced:?}"));
    assert_eq!(shown, format!("{owned:?}"));
    let broken = lint(text).iter().any(|anomaly| anomaly.severity() == Severity::Broken);
    let refused = match &owned {
        Ok(Message::Events(envelope)) => {
            // Of the events beyond the limit the decoder knows nothing.
            envelope.omitted == 0 && envelope.events.iter().any(|entry| entry.event.is_err())
        }
        Ok(_) => false,
        Err(_) => true,
    };
    let omitted = matches!(&owned, Ok(Message::Events(envelope)) if envelope.omitted > 0);
    assert!(broken == refused || omitted || is_bare(text), "the linter says {broken}, the decoder {owned:?}");
    let Ok(Message::Events(envelope)) = owned else { return };
    assert!(envelope.events.len() <= 256);
    assert!(!envelope.repaired || text.contains('\\'), "nothing to repair");
    // Once written it stays as it is; but strings that stood in a string are unpacked the second time.
    let named = |entry: &Entry<String>| entry.event.is_ok() || !entry.body.starts_with('"');
    if envelope.omitted == 0 && envelope.events.iter().all(named) {
        let written = envelope.to_json();
        let Ok(Message::Events(again)) = Message::decode_owned(&written) else { panic!("our own: {written}") };
        assert_eq!(again.to_json(), written);
        assert_eq!(again.events.len(), envelope.events.len());
    }
}

/// Whether the name of an event comes first: what the linter takes for events without an envelope, which no session does.
fn is_bare(text: &str) -> bool {
    let mut scanner = Scanner::new(text, 1);
    let name = scanner.object().and_then(|mut members| scanner.key(&mut members));
    matches!(name, Ok(Some(name)) if EVENT_TYPES.iter().any(|(known, _)| name == **known))
}

/// Lists of records, the answer to a text message, and requests as a server reads them.
pub fn rest(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let paths = ["/cdr", "/record", "/record/1639563902.75", "/dial", "/sendSMS", "/"];
    let Some(head) = request_head(&mut u, &paths) else { return };
    let body = u.take_rest();
    let _ = Request::parse(&head, body);
    let Some(text) = text(body) else { return };
    let _ = StreamTarget::parse(text);
    list::<CdrRecord<Text>>(text);
    list::<RecordingRecord<Text>>(text);
    for row in Rows::<CdrRecord<Str<'_>>>::new(text).flatten() {
        let Ok(record) = row.record else { continue };
        let _ = record.moment(|time| InZone::Once(time.unix_seconds_as_utc()));
        let _ = record.clid.as_ref().map(|clid| (clid.name().is_some(), clid.number().is_some()));
        let _ = record.cost.as_ref().map(|cost| cost.rating());
        let _ = record.duration.as_ref().and_then(|number| number.to_u64());
        let _ = record.uniqueid.as_ref().map(|id| id.kind());
        let _ = record.calldate.as_ref().and_then(|time| time.civil());
        let _ = record.channel.as_ref().map(|channel| (channel.resource().len(), channel.suffix().is_some()));
    }
    if let Ok(response) = decode::<SmsResponse<String>>(text) {
        assert_eq!(decode::<SmsResponse<String>>(&response.to_json()), Ok(response));
    }
}

fn list<T>(text: &str)
where
    T: Listed + Encode + PartialEq + std::fmt::Debug + for<'a> Decode<'a, Text>,
{
    let read = Listing::<T>::decode(&Text::from(text), 1000);
    match judged(text) {
        Judgement::Json(serde_json::Value::Array(rows)) if rows.len() <= 1000 => {
            let read = read.expect("an array");
            assert_eq!(read.rows.len(), rows.len());
            let written = read.to_json();
            let again = Listing::<T>::decode(&Text::from(written.as_str()), 1000).expect("our own encoding");
            assert_eq!(again.to_json(), written);
            for (one, other) in again.records().zip(read.records()) {
                assert_eq!(one, other);
            }
        }
        Judgement::Beyond => {}
        Judgement::Json(serde_json::Value::Array(_)) => assert!(read.is_err(), "more rows than the limit"),
        _ => assert!(read.is_err(), "no array"),
    }
}

/// The header of a recording, in any pieces.
pub fn recording(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(length), Ok(step)) = (u.arbitrary::<Option<u16>>(), u.int_in_range(1..=64_usize)) else { return };
    let bytes = u.take_rest();
    let check = |step: usize| {
        let mut check = RecordingCheck::new("wav", length.map(u64::from));
        let fed = bytes.chunks(step).try_for_each(|piece| check.feed(piece));
        // Of two reasons to refuse it the one is told that comes first.
        fed.and_then(|()| check.finish()).map_err(drop)
    };
    assert_eq!(check(step), check(bytes.len().max(1)), "how it is cut changes nothing");
}

/// What is encoded is decoded, equal.
pub fn round_trip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    match u.int_in_range(0..=4) {
        Ok(0..=1) => {
            let (Ok(id), Ok(events)) = (u.int_in_range(0..=i64::MAX), u.arbitrary::<Vec<Event<String>>>()) else {
                return;
            };
            let mut json = String::new();
            write_message(id, "pbx_X", &events, &mut json);
            let Ok(Message::Events(again)) = Message::decode_owned(&json) else { panic!("our own: {json}") };
            assert_eq!((again.id, again.channel.as_deref(), again.repaired), (Some(id), Some("pbx_X"), false));
            let read: Vec<_> = again.events.iter().map(|entry| entry.event.as_ref().expect("our own")).collect();
            assert_eq!(read, events.iter().take(256).collect::<Vec<_>>(), "{json}");
            assert_eq!(again.omitted, events.len().saturating_sub(256));
        }
        Ok(2) => {
            let Ok(record) = u.arbitrary::<CdrRecord<String>>() else { return };
            assert_eq!(decode::<CdrRecord<String>>(&record.to_json()), Ok(record));
        }
        Ok(3) => {
            let Ok(record) = u.arbitrary::<RecordingRecord<String>>() else { return };
            assert_eq!(decode::<RecordingRecord<String>>(&record.to_json()), Ok(record));
        }
        _ => {
            let Ok(response) = u.arbitrary::<SmsResponse<String>>() else { return };
            assert_eq!(decode::<SmsResponse<String>>(&response.to_json()), Ok(response));
        }
    }
}
