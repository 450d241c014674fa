//! What is told about messages that are not as the document has them.

use tieline_cloudpbx::stream::{lint, lint_bytes};
use tieline_testkit::CLOUDPBX_STREAM;

/// Columns, codes and paths of what is odd about a message of one line.
fn told(text: &str) -> Vec<(usize, &'static str, String)> {
    lint(text).into_iter().map(|anomaly| (anomaly.column, anomaly.kind.code(), anomaly.path)).collect()
}

fn one(column: usize, code: &'static str, path: &str) -> Vec<(usize, &'static str, String)> {
    vec![(column, code, path.into())]
}

const BEFORE: &str = r#"{"id":7,"channel":"A","text":"#;

/// The column of what stands as `text` of a message.
const AT: usize = BEFORE.len() + 1;

/// A message with `text`.
fn message(text: &str) -> String {
    format!("{BEFORE}{text}}}")
}

#[test]
fn the_samples_have_exactly_their_known_quirks() {
    let mut quirks = Vec::new();
    for fixture in CLOUDPBX_STREAM {
        for anomaly in lint(fixture.text) {
            let place = format!("{}:{}:{}", fixture.name, anomaly.line, anomaly.column);
            quirks.push((place, anomaly.kind.code(), anomaly.path));
        }
    }
    let quirks: Vec<_> = quirks.iter().map(|(place, code, path)| (place.as_str(), *code, path.as_str())).collect();
    assert_eq!(
        quirks,
        [
            ("assumed/13-envelope-array:1:47", "other-kind", "text"),
            ("assumed/14-envelope-string:1:47", "other-kind", "text"),
            ("invalid/04-qmember:11:23", "stray-backslash", ""),
            ("invalid/05-cmember:3:20", "stray-backslash", ""),
            ("invalid/07-envelope:1:55", "not-json", ""),
        ]
    );
}

#[test]
fn numbers_and_strings_of_digits_for_each_other_are_bent() {
    assert_eq!(told(&message(r#"{"queue":{"peer":"K","calls":1}}"#)), one(AT + 29, "other-kind", "text.queue.calls"));
    let text = message(r#"{"extstatus":{"exten":"1","status":"4"}}"#);
    assert_eq!(told(&text), one(AT + 35, "other-kind", "text.extstatus.status"));
    let text = message(r#"{"qmember":{"m_status":1,"m_paused":true}}"#);
    let paths: Vec<_> = told(&text).into_iter().map(|(_, code, path)| (code, path)).collect();
    assert_eq!(
        paths,
        [("other-kind", "text.qmember.m_status".into()), ("other-kind", "text.qmember.m_paused".to_owned())]
    );
}

#[test]
fn a_value_that_cannot_be_read_is_broken_and_its_siblings_are_looked_at() {
    let text = message(r#"{"subscriber":{"statusValue":[]},"queue":{"calls":"many"},"fax":1}"#);
    assert_eq!(
        told(&text),
        [
            (AT + 29, "wrong-kind", "text.subscriber.statusValue".into()),
            (AT + 50, "wrong-kind", "text.queue.calls".into()),
            (AT + 58, "unknown-type", "text.fax".to_owned()),
        ]
    );
}

#[test]
fn unknown_keys_and_words_are_told() {
    let text = message(r#"{"smsSendResponse":{"status":"LOST","ref":1}}"#);
    assert_eq!(
        told(&text),
        [
            (AT + 29, "unknown-word", "text.smsSendResponse.status".into()),
            (AT + 36, "unknown-key", "text.smsSendResponse.ref".to_owned()),
        ]
    );
    assert_eq!(told(r#"{"id":7,"channel":"A","tag":1,"text":{"queue":{}}}"#), one(23, "unknown-key", "tag"));
}

#[test]
fn what_is_odd_about_the_envelope_costs_no_event() {
    let text = r#"{"id":"7","channel":null,"id":8.5,"text":{"queue":{}},"text":{"queue":{}}}"#;
    assert_eq!(
        told(text),
        [
            (7, "other-kind", "id".into()),
            (21, "null", "channel".into()),
            (26, "duplicate-key", "id".into()),
            (31, "other-kind", "id".into()),
            (55, "repeated-key", "text".to_owned()),
        ]
    );
}

#[test]
fn several_events_under_a_name_are_bent_as_an_array_and_as_a_repeated_name() {
    let text = message(r#"{"queue":[{"calls":"1"},{"calls":2}]}"#);
    assert_eq!(
        told(&text),
        [(AT + 9, "other-kind", "text.queue".into()), (AT + 33, "other-kind", "text.queue[1].calls".to_owned()),]
    );
    assert_eq!(told(&message(r#"{"queue":{},"queue":{}}"#)), one(AT + 12, "repeated-key", "text.queue"));
}

#[test]
fn a_stray_backslash_is_told_where_it_stands_and_what_follows_it_too() {
    let text = message(r#"{"qmember":{"m_location":"SIP\Moja\Dwa","m_ct":0}}"#);
    assert_eq!(
        told(&text),
        [
            (AT + 29, "stray-backslash", String::new()),
            (AT + 34, "stray-backslash", String::new()),
            (AT + 47, "other-kind", "text.qmember.m_ct".to_owned()),
        ]
    );
}

#[test]
fn a_backslash_that_reads_as_a_control_character_is_told_where_channels_stand() {
    let text = message(r#"{"qmember":{"m_location":"SIP\biuro","m_name":"a\tb"}}"#);
    assert_eq!(told(&text), one(AT + 25, "stray-backslash", "text.qmember.m_location"));
}

#[test]
fn in_a_string_with_events_everything_is_told_at_its_start() {
    let text = message(r#""{\"queue\":{\"calls\":1}}""#);
    assert_eq!(told(&text), [(AT, "other-kind", "text".into()), (AT, "other-kind", "text.queue.calls".to_owned())]);
    assert_eq!(told(&message(r#""no JSON""#))[1], (AT, "not-json", "text".to_owned()));
}

#[test]
fn what_is_no_message_of_the_stream_is_unknown_and_what_is_no_json_broken() {
    for text in [r#"{"id":-1,"channel":"","text": }"#, r#"{"id":-3,"text":{}}"#, r#"{"event_type":"call_start"}"#, "[]"]
    {
        assert_eq!(told(text), one(1, "unknown-message", ""), "{text}");
    }
    assert_eq!(told(r#"{"id":1,"text":}"#), one(16, "not-json", ""));
    assert_eq!(lint_bytes(b"{\"id\":\xff}")[0].kind.code(), "not-utf8");
}

#[test]
fn of_many_anomalies_the_rest_is_counted() {
    let text = message(&format!("[{}]", vec![r#"{"queue":{"calls":1}}"#; 300].join(",")));
    let anomalies = lint(&text);
    assert_eq!(anomalies.len(), 101);
    assert_eq!(anomalies[100].kind.to_string(), "201 more anomalies");
}
