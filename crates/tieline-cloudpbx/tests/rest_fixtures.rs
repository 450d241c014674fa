//! Every sample of the REST calls survives decoding and encoding, whole.

use serde_json::Value;
use tieline_cloudpbx::{CdrRecord, Listing, RecordingRecord, Rows, SmsResponse, SmsState};
use tieline_core::json::{Decode, Encode, decode};
use tieline_core::{Str, Text};
use tieline_testkit::{CLOUDPBX_REST, RestFixture, RestKind};

fn of(kind: RestKind) -> impl Iterator<Item = &'static RestFixture> {
    CLOUDPBX_REST.iter().filter(move |fixture| fixture.kind == kind)
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Decodes a list as copies and as slices, encodes it, and has serde write it.
fn list_survives<O, T>(fixture: &RestFixture)
where
    O: for<'a> Decode<'a, ()> + Encode + serde::Serialize,
    T: for<'a> Decode<'a, Text> + Encode + tieline_cloudpbx::Listed,
{
    let documented = value(fixture.text);
    let rows: Vec<O> = Rows::new(fixture.text).map(|row| row.expect("JSON").record.expect(fixture.name)).collect();
    assert_eq!(value(&rows.to_json()), documented, "{}", fixture.name);
    assert_eq!(serde_json::to_value(&rows).expect("serializes"), documented, "{}", fixture.name);
    let sliced = Listing::<T>::decode(&Text::from(fixture.text), 10).expect("a list");
    assert_eq!(value(&sliced.to_json()), documented, "{}", fixture.name);
    assert_eq!(sliced.records().count(), rows.len());
}

#[test]
fn no_field_of_a_cdr_is_lost() {
    for fixture in of(RestKind::Cdr) {
        list_survives::<CdrRecord<String>, CdrRecord<Text>>(fixture);
    }
}

#[test]
fn no_field_of_a_recording_is_lost() {
    for fixture in of(RestKind::Record) {
        list_survives::<RecordingRecord<String>, RecordingRecord<Text>>(fixture);
    }
}

#[test]
fn every_documented_field_is_typed_and_written_in_the_order_of_the_document() {
    let keys = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.trim().strip_prefix('"')?.split_once('"')?.0.to_owned())).collect()
    };
    let document = |kind| of(kind).find(|fixture| fixture.is_documented()).expect("a sample").text;
    assert_eq!(keys(document(RestKind::Cdr)), CdrRecord::<&str>::FIELDS);
    assert_eq!(keys(document(RestKind::Record)), RecordingRecord::<&str>::FIELDS);
}

#[test]
fn the_answer_of_send_sms_keeps_its_null() {
    for fixture in of(RestKind::SendSms) {
        let response: SmsResponse<String> = decode(fixture.text).expect(fixture.name);
        assert_eq!(value(&response.to_json()), value(fixture.text), "{}", fixture.name);
        assert_eq!(serde_json::to_value(&response).expect("serializes"), value(fixture.text), "{}", fixture.name);
    }
}

#[test]
fn the_id_of_a_message_keeps_all_its_digits_also_as_a_number() {
    for json in [r#"{"responseId":3421756012963258480}"#, r#"{"responseId":"3421756012963258480"}"#] {
        let response: SmsResponse<Str<'_>> = decode(json).expect("an answer");
        assert_eq!(response.response_id.as_deref(), Some("3421756012963258480"));
    }
    let response = SmsResponse::accepted("3421756012963258480", SmsState::Queue);
    let documented = of(RestKind::SendSms).find(|fixture| fixture.is_documented()).expect("a sample").text;
    assert_eq!(response.to_json(), documented.trim().replace(": ", ":").replace(", ", ","));
}
