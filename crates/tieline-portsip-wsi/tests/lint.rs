//! What is told about messages that are not as the documents have them.

mod common;

use proptest::prelude::*;
use tieline_core::json::{DecodeErrorKind, JsonKind};
use tieline_portsip_wsi::lint::{Anomaly, AnomalyKind, LintOptions, Sender, Severity, lint, lint_bytes};
use tieline_portsip_wsi::{ClientMessage, Dialect, ServerMessage};
use tieline_testkit::{Dialect as Document, Fixture, Kind, WSI};

use common::near_samples;

fn dialect(fixture: &Fixture) -> Dialect {
    match fixture.dialect {
        Document::V12 => Dialect::V12,
        Document::V16 => Dialect::V16,
        _ => Dialect::V22,
    }
}

/// Paths and kinds of what is odd in a dialect.
fn told(text: &str, dialect: Dialect) -> Vec<(String, AnomalyKind)> {
    pairs(lint(text, &LintOptions::new().dialect(dialect)))
}

fn pairs(anomalies: Vec<Anomaly>) -> Vec<(String, AnomalyKind)> {
    anomalies.into_iter().map(|anomaly| (anomaly.path, anomaly.kind)).collect()
}

fn one(path: &str, kind: AnomalyKind) -> Vec<(String, AnomalyKind)> {
    vec![(path.into(), kind)]
}

fn is_broken(anomalies: &[Anomaly]) -> bool {
    anomalies.iter().any(|anomaly| anomaly.severity() == Severity::Broken)
}

#[test]
fn the_documents_own_samples_have_exactly_their_known_quirks() {
    let mut quirks = Vec::new();
    for fixture in WSI {
        for anomaly in lint(fixture.text, &LintOptions::new().dialect(dialect(fixture))) {
            let place = format!("{}:{}:{}", fixture.name, anomaly.line, anomaly.column);
            quirks.push((place, anomaly.kind.code(), anomaly.path));
        }
    }
    let quirks: Vec<_> = quirks.iter().map(|(place, code, path)| (place.as_str(), *code, path.as_str())).collect();
    assert_eq!(
        quirks,
        [
            // Alternatives printed as one word.
            ("v16/11-event-queue_status:14:19", "unknown-word", "waiting_list[0].type"),
            ("v16/12-event-queue_caller_status:10:21", "unknown-word", "updated_callers[0].reason"),
            ("v16/12-event-queue_caller_status:12:19", "unknown-word", "updated_callers[0].type"),
            // ON_ACLL
            ("v22/01-event-extension_status-22.2:7:22", "unknown-word", "status[0].call_status"),
            ("v22/04-event-extension_created:9:3", "duplicate-key", "username"),
            ("v22/05-event-extension_status:7:22", "unknown-word", "status[0].call_status"),
            ("v22/10-event-queue_status:14:19", "unknown-word", "waiting_list[0].type"),
            ("v22/11-event-queue_caller_status:10:21", "unknown-word", "updated_callers[0].reason"),
            ("v22/11-event-queue_caller_status:12:19", "unknown-word", "updated_callers[0].type"),
            // The first page that shows a record has the older key.
            ("v22/31-event-call_cdr:10:4", "earlier-version", "did_cid"),
            // A part of a message.
            ("v22/32-record-call_target:1:1", "unknown-message", ""),
            ("assumed/06-event-extension_agent_status-numeric_id:4:19", "other-kind", "extension_id"),
            ("invalid/v16-11-event-queue_status:15:8", "not-json", ""),
            ("invalid/v16-19-command-subscribe-extension_events-cdr_events:5:21", "not-json", ""),
            ("invalid/v16-20-command-unsubscribe-extension_events-cdr_events:6:11", "not-json", ""),
            ("invalid/v22-03-command-auth-admin-22.2:5:1", "not-json", ""),
            ("invalid/v22-10-event-queue_status:15:8", "not-json", ""),
            ("invalid/v22-31-event-call_cdr:22:4", "not-json", ""),
        ]
    );
}

#[test]
fn nothing_is_said_of_dialects_where_none_is_told() {
    for fixture in WSI {
        let anomalies = lint(fixture.text, &LintOptions::new());
        assert!(!anomalies.iter().any(|anomaly| anomaly.kind.code().ends_with("-version")), "{}", fixture.name);
    }
}

#[test]
fn an_unknown_type_of_event_is_told_and_its_members_are_not_looked_at() {
    let text = r#"{"event_type":"fax_done","pages":"three"}"#;
    assert_eq!(told(text, Dialect::V22), one("event_type", AnomalyKind::UnknownType));
}

#[test]
fn a_later_dialects_event_is_told() {
    let text = r#"{"event_type":"queue_created","queue_number":"8001"}"#;
    assert_eq!(told(text, Dialect::V22), []);
    assert_eq!(told(text, Dialect::V16), one("event_type", AnomalyKind::LaterVersion { since: "v22" }));
}

#[test]
fn an_earlier_dialects_event_is_told() {
    let text = r#"{"event_type":"trunk_connected"}"#;
    assert_eq!(told(text, Dialect::V12), []);
    assert_eq!(told(text, Dialect::V16), one("event_type", AnomalyKind::EarlierVersion { until: "v12" }));
}

#[test]
fn a_later_dialects_key_is_told_within_a_list_too() {
    let text = r#"{"event_type":"extension_status","status":[{"presence":"AWAY"}]}"#;
    assert_eq!(told(text, Dialect::V22), []);
    assert_eq!(told(text, Dialect::V16), one("status[0].presence", AnomalyKind::LaterVersion { since: "v22" }));
}

#[test]
fn an_earlier_dialects_key_is_told() {
    let text = r#"{"event_type":"call_hold","tenant_name":"admin"}"#;
    assert_eq!(told(text, Dialect::V12), []);
    assert_eq!(told(text, Dialect::V16), one("tenant_name", AnomalyKind::EarlierVersion { until: "v12" }));
}

#[test]
fn the_long_words_for_directions_are_a_later_dialects() {
    let text = r#"{"event_type":"call_start","direction":"inbound"}"#;
    assert_eq!(told(text, Dialect::V22), []);
    assert_eq!(told(text, Dialect::V16), one("direction", AnomalyKind::LaterVersion { since: "v22" }));
}

#[test]
fn a_number_for_a_string_and_a_string_for_a_number_are_bent() {
    let text = r#"{"event_type":"call_fail","tenant_id":7,"fail_code":"480"}"#;
    let kind = |expected, found| AnomalyKind::OtherKind { expected, found };
    assert_eq!(
        told(text, Dialect::V16),
        [
            ("tenant_id".into(), kind("a string", JsonKind::Number)),
            ("fail_code".into(), kind("an integer", JsonKind::String)),
        ]
    );
}

#[test]
fn a_boolean_as_a_string_is_bent() {
    let text = r#"{"event_type":"extension_created","enabled":"true"}"#;
    let kind = AnomalyKind::OtherKind { expected: "a boolean", found: JsonKind::String };
    assert_eq!(told(text, Dialect::V22), one("enabled", kind));
}

#[test]
fn a_list_where_a_string_is_documented_is_broken() {
    let text = r#"{"event_type":"call_hold","aor":["sip:1@a"]}"#;
    let kind = DecodeErrorKind::WrongType { expected: "a string", found: JsonKind::Array };
    assert_eq!(told(text, Dialect::V16), one("aor", AnomalyKind::Refused(kind)));
}

#[test]
fn a_time_that_cannot_be_read_is_bent() {
    assert_eq!(told(r#"{"event_type":"call_hold","time":"noon"}"#, Dialect::V16), one("time", AnomalyKind::NotATime));
    assert_eq!(told(r#"{"event_type":"call_cdr","answered_time":"0"}"#, Dialect::V16), []);
}

#[test]
fn the_spelling_that_an_event_does_not_use_is_bent() {
    let target = r#"{"event_type":"target_add","destiantion":"sip:1@a"}"#;
    assert_eq!(told(target, Dialect::V22), one("destiantion", AnomalyKind::Alias { documented: "destination" }));
    let webhook = r#"{"event_type":"cdr_target_add","destination":"sip:1@a"}"#;
    assert_eq!(told(webhook, Dialect::V22), one("destination", AnomalyKind::Alias { documented: "destiantion" }));
}

#[test]
fn an_event_type_of_the_wrong_kind_is_broken() {
    let text = r#"{"event_type":{}}"#;
    let kind = DecodeErrorKind::WrongType { expected: "a string", found: JsonKind::Object };
    assert_eq!(told(text, Dialect::V16), one("event_type", AnomalyKind::Refused(kind)));
}

#[test]
fn answers_carry_command_and_id_only_since_v22() {
    let text = r#"{"command":"auth","id":"1","status":0}"#;
    assert_eq!(told(text, Dialect::V22), []);
    let later = AnomalyKind::LaterVersion { since: "v22" };
    assert_eq!(told(text, Dialect::V16), [("command".into(), later), ("id".into(), later)]);
}

#[test]
fn json_that_is_neither_event_nor_answer_nor_command_is_unknown() {
    for text in ["[]", "7", "{}", r#"{"status":"fine"}"#] {
        assert_eq!(told(text, Dialect::V16), one("", AnomalyKind::UnknownMessage), "{text}");
    }
}

#[test]
fn what_a_client_sends_is_told_from_what_a_server_sends_by_who_sent_it() {
    let text = r#"{"status":0}"#;
    assert_eq!(lint(text, &LintOptions::new().sender(Sender::Server)), []);
    let anomalies = lint(text, &LintOptions::new().sender(Sender::Client));
    let missing = ("".into(), AnomalyKind::Missing("command"));
    assert_eq!(pairs(anomalies), [missing, ("status".into(), AnomalyKind::UnknownKey)]);
}

#[test]
fn a_command_without_what_it_needs_is_broken() {
    let cases = [
        (r#"{"command":"auth","username":"u"}"#, "password"),
        (r#"{"command":"auth","password":"p"}"#, "username"),
        (r#"{"command":"subscribe"}"#, "topics"),
        (r#"{"command":"subscribe","topics":[{}]}"#, "topic"),
    ];
    for (text, missing) in cases {
        assert_eq!(pairs(lint(text, &LintOptions::new())), one("", AnomalyKind::Missing(missing)), "{text}");
    }
}

#[test]
fn an_unknown_command_is_told() {
    let text = r#"{"command":"hold","call":"1"}"#;
    assert_eq!(told(text, Dialect::V22), one("command", AnomalyKind::UnknownType));
}

#[test]
fn a_key_of_another_command_is_unknown() {
    let text = r#"{"command":"subscribe","topics":["cdr_events"],"domain":"d"}"#;
    assert_eq!(told(text, Dialect::V22), one("domain", AnomalyKind::UnknownKey));
}

#[test]
fn a_login_belongs_to_the_dialects_that_document_it() {
    let later = |since| AnomalyKind::LaterVersion { since };
    let until = AnomalyKind::EarlierVersion { until: "v12" };
    let extension = r#"{"command":"auth","extension":"101","domain":"d","password":"p"}"#;
    assert_eq!(told(extension, Dialect::V16), one("extension", until));
    let tenant = r#"{"command":"auth","name":"acme","password":"p"}"#;
    assert_eq!(told(tenant, Dialect::V22), one("name", until));
    let user = r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#;
    assert_eq!(told(user, Dialect::V12), one("username", later("v16")));
    let admin = r#"{"command":"auth","username":"u","password":"p"}"#;
    assert_eq!(told(admin, Dialect::V16), one("username", later("v22")));
    assert_eq!(told(admin, Dialect::V22), []);
}

#[test]
fn topics_are_written_as_their_dialect_writes_them() {
    let objects = r#"{"command":"subscribe","topics":[{"topic":"cdr_events","keys":["call_cdr"]}]}"#;
    assert_eq!(told(objects, Dialect::V12), []);
    let until = AnomalyKind::EarlierVersion { until: "v12" };
    assert_eq!(told(objects, Dialect::V16), [("topics[0].topic".into(), until), ("topics[0].keys".into(), until)]);
    let names = r#"{"command":"subscribe","topics":["cdr_events"]}"#;
    assert_eq!(told(names, Dialect::V16), []);
    assert_eq!(told(names, Dialect::V12), one("topics[0]", AnomalyKind::LaterVersion { since: "v16" }));
}

#[test]
fn topics_and_keys_are_those_of_the_dialect() {
    let global = r#"{"command":"subscribe","topics":["global_cdr_events"]}"#;
    assert_eq!(told(global, Dialect::V16), one("topics[0]", AnomalyKind::LaterVersion { since: "v22" }));
    let unknown = r#"{"command":"subscribe","topics":["fax_events"]}"#;
    assert_eq!(told(unknown, Dialect::V16), one("topics[0]", AnomalyKind::UnknownWord));
    let key = r#"{"command":"subscribe","topics":[{"topic":"cdr_events","keys":["fax_done"]}]}"#;
    assert_eq!(told(key, Dialect::V12), one("topics[0].keys[0]", AnomalyKind::UnknownWord));
}

#[test]
fn bytes_that_are_not_utf8_are_broken_where_they_stop_being_it() {
    let anomalies = lint_bytes(b"{\"event_type\":\n\"\xFF\"}", &LintOptions::new());
    let [anomaly] = anomalies.as_slice() else { panic!("{anomalies:?}") };
    assert_eq!(anomaly.kind, AnomalyKind::Refused(DecodeErrorKind::NotUtf8));
    assert_eq!((anomaly.offset, anomaly.line, anomaly.column), (16, 2, 2));
    assert_eq!(lint_bytes("{\"event_type\":\"trunk_connected\"}".as_bytes(), &LintOptions::new()), []);
}

#[test]
fn no_value_is_printed() {
    let text =
        r#"{"command":"auth","username":7,"domain":null,"password":["hunter2"],"secret":"hunter2","id":"hunter2"}"#;
    let anomalies = lint(text, &LintOptions::new().dialect(Dialect::V16));
    assert_eq!(anomalies.len(), 6, "{anomalies:?}");
    for anomaly in anomalies {
        assert!(!format!("{anomaly} {anomaly:?}").contains("hunter2"));
    }
}

proptest! {
    #[test]
    fn a_message_is_broken_exactly_when_the_decoder_of_its_side_refuses_it(text in near_samples()) {
        let client = lint(&text, &LintOptions::new().sender(Sender::Client));
        prop_assert_eq!(is_broken(&client), ClientMessage::decode(&text).is_err(), "{:?}", client);
        let server = lint(&text, &LintOptions::new().sender(Sender::Server));
        prop_assert_eq!(is_broken(&server), ServerMessage::decode(&text).is_err(), "{:?}", server);
        let either = lint(&text, &LintOptions::new());
        prop_assert!(either == client || either == server);
    }

    #[test]
    fn any_event_is_broken_exactly_when_the_decoder_refuses_it(text in common::any_event()) {
        let anomalies = lint(&text, &LintOptions::new());
        prop_assert_eq!(is_broken(&anomalies), ServerMessage::decode(&text).is_err(), "{:?}", anomalies);
    }

    #[test]
    fn no_bytes_panic(
        bytes in prop_oneof![
            any::<Vec<u8>>(), near_samples().prop_map(String::into_bytes), any::<String>().prop_map(String::into_bytes)
        ],
        dialect in prop::option::of(prop::sample::select(Dialect::ALL)),
    ) {
        let mut options = LintOptions::new();
        options.dialect = dialect;
        for anomaly in lint_bytes(&bytes, &options) {
            prop_assert!(anomaly.offset <= bytes.len());
            let place = Anomaly::at(&bytes, anomaly.offset, "", anomaly.kind);
            prop_assert_eq!((place.line, place.column), (anomaly.line, anomaly.column));
        }
    }

    #[test]
    fn what_our_encoder_writes_is_not_bent(fixture in prop::sample::select(WSI)) {
        use tieline_core::json::Encode as _;
        if fixture.kind == Kind::Event && let Ok(event) = ServerMessage::decode(fixture.text) {
            let anomalies = lint(&event.to_json(), &LintOptions::new());
            prop_assert!(anomalies.iter().all(|anomaly| anomaly.severity() == Severity::Unknown), "{:?}", anomalies);
        }
    }
}
