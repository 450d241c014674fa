//! How events are read: the tag, drift, the unknown, and what an event says of itself.

use tieline_core::json::{DecodeErrorKind, Encode};
use tieline_core::{Str, Text};
use tieline_portsip_wsi::{
    AgentState, CallStatus, Dialect, Direction, EVENT_TYPES, EndReason, Event, Evidence, Presence, ServerMessage, Topic,
};

fn event(text: &str) -> Event<Str<'_>> {
    Event::decode(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn extensions(text: &str) -> Vec<String> {
    event(text).extensions().map(str::to_owned).collect()
}

#[test]
fn the_tag_is_found_wherever_it_stands() {
    for text in [
        r#"{"event_type":"call_hold","aor":"sip:102@a","n":[{}]}"#,
        r#"{"aor":"sip:102@a","event_type" : "call_hold","n":[{}]}"#,
        "{\n\t\"n\": [{}],\r\n \"aor\": \"sip:102@a\",\n \"event_type\"\n:\n\"call_hold\" }",
        r#"{"n":[{}],"aor":"sip:102@a","event\u005ftype":"call\u005fhold"}"#,
    ] {
        let Event::CallHold(hold) = event(text) else { panic!("{text}") };
        assert_eq!(hold.aor.as_deref(), Some("sip:102@a"));
    }
}

#[test]
fn a_tag_that_a_value_quotes_is_not_the_events() {
    let in_text = r#"{"note":"\"event_type\":\"call_fail\"","event_type":"extension_presence"}"#;
    let in_object = r#"{"x":{"event_type":"call_fail"},"fail_code":"not a number","event_type":"call_hold"}"#;
    let unknown_inside = r#"{"x":{"event_type":"brand_new"},"event_type":"call_hold"}"#;
    let unknown_outside = r#"{"x":{"event_type":"call_hold"},"event_type":"brand_new"}"#;
    let as_value = r#"{"note":"event_type","event_type":"extension_presence"}"#;
    let in_list = r#"{"x":[{"event_type":"call_hold"}],"status":0}"#;
    assert_eq!(event(in_text).event_type(), "extension_presence");
    assert!(matches!(event(in_object), Event::CallHold(_)));
    assert!(matches!(event(unknown_inside), Event::CallHold(_)));
    assert!(matches!(event(unknown_outside), Event::Unknown(_)));
    assert!(matches!(event(as_value), Event::ExtensionPresence(_)));
    assert!(Event::decode(in_list).is_err());
    assert!(matches!(ServerMessage::decode(in_list), Ok(ServerMessage::Response(_))));
}

#[test]
fn of_duplicate_tags_the_last_counts() {
    let text = r#"{"event_type":"call_hold","event_type":"call_fail","fail_code":480,"fail_code":486}"#;
    let Event::CallFail(fail) = event(text) else { panic!("the last") };
    assert_eq!(fail.fail_code, Some(486));
    assert_eq!(event(r#"{"event_type":"call_hold","event_type":"brand_new"}"#).event_type(), "brand_new");
    assert!(Event::decode(r#"{"event_type":"call_hold","event_type":null}"#).is_err());
}

#[test]
fn an_unknown_event_is_kept_whole() {
    let text = r#"{ "event_type": "brand_new", "n": 1.50, "n": [null, {"a": "\u00e9"}] }"#;
    let unknown = event(text);
    assert_eq!(unknown.event_type(), "brand_new");
    assert_eq!(unknown.to_json(), text);
    assert_eq!(serde_json::to_value(&unknown).expect("serializes")["event_type"], "brand_new");
    let Event::Unknown(unknown) = &unknown else { panic!("unknown") };
    assert_eq!(unknown.body.field::<String>("nothing").expect("valid"), None);
}

#[test]
fn unknown_fields_are_passed_over_and_unknown_words_kept() {
    let text = r#"{"event_type":"extension_call","call_status":"PARKED","new":{"deep":[1]},"time":"1"}"#;
    assert_eq!(event(text).to_json(), r#"{"event_type":"extension_call","call_status":"PARKED","time":"1"}"#);
    let Event::ExtensionCall(call) = event(text) else { panic!("known") };
    assert_eq!(call.call_status, Some(CallStatus::Other("PARKED".into())));
}

#[test]
fn ids_that_are_numbers_are_read_and_written_as_the_documents_strings() {
    let text =
        r#"{"event_type":"extension_register","extension_id":494521070842286080,"tenant_id":1,"time":1632668176}"#;
    let Event::ExtensionRegister(register) = event(text) else { panic!("known") };
    assert_eq!(register.extension_id.as_deref(), Some("494521070842286080"));
    assert_eq!(register.time.expect("there").unix_micros(), Some(1_632_668_176_000_000));
    assert!(event(text).to_json().contains(r#""extension_id":"494521070842286080""#));
}

#[test]
fn numbers_that_are_strings_are_read_and_written_as_the_documents_numbers() {
    let text = r#"{"event_type":"call_fail","fail_code":"480"}"#;
    assert_eq!(event(text).to_json(), r#"{"event_type":"call_fail","fail_code":480}"#);
}

#[test]
fn both_spellings_of_a_targets_destination_are_read() {
    for spelling in ["destination", "destiantion"] {
        let webhook = format!(r#"{{"event_type":"cdr_target_add","{spelling}":"sip:102@a"}}"#);
        let pubsub = format!(r#"{{"event_type":"target_answer","{spelling}":"sip:102@a"}}"#);
        assert_eq!(event(&webhook).to_json(), r#"{"event_type":"cdr_target_add","destiantion":"sip:102@a"}"#);
        assert_eq!(event(&pubsub).to_json(), r#"{"event_type":"target_answer","destination":"sip:102@a"}"#);
    }
}

#[test]
fn every_spelling_of_a_webhook_event_is_known_and_kept() {
    for word in ["answer", "answered", "end", "ended"] {
        let text = format!(r#"{{"event_type":"cdr_target_{word}","caller":"1"}}"#);
        assert!(!matches!(event(&text), Event::Unknown(_)));
        assert_eq!(event(&text).to_json(), text);
    }
}

#[test]
fn both_names_of_the_reason_of_an_ended_call_are_read() {
    let text = r#"{"event_type":"call_cdr","end_reason":"replaced","call_targets":[{"ended_reason":"None"}]}"#;
    let Event::CallCdr(cdr) = event(text) else { panic!("known") };
    assert_eq!(cdr.ended_reason, Some(EndReason::Replaced));
    assert_eq!(cdr.call_targets.expect("there")[0].end_reason, Some(EndReason::None));
}

#[test]
fn words_have_a_variant_each() {
    let presence = event(r#"{"event_type":"extension_presence","presence":"DO_NOT_DISTURB"}"#);
    let Event::ExtensionPresence(presence) = presence else { panic!("known") };
    assert_eq!(presence.presence, Some(Presence::DoNotDisturb));
    let start = event(r#"{"event_type":"call_start","direction":"in2out"}"#);
    let Event::CallStart(start) = start else { panic!("known") };
    assert_eq!(start.direction, Some(Direction::InToOut));
    let agents = event(r#"{"event_type":"queue_agent_status","updated_agents":[{"state":"WRAP_UP"}]}"#);
    let Event::QueueAgentStatus(agents) = agents else { panic!("known") };
    assert_eq!(agents.updated_agents.expect("there")[0].state, Some(AgentState::WrapUp));
}

#[test]
fn what_is_no_event_is_refused_with_the_reason_and_the_place() {
    let error = Event::decode("{\"event_type\":\"call_fail\",\n\"fail_code\":{}}").expect_err("an object for a number");
    assert_eq!((error.line, error.column, error.field), (2, 13, Some("fail_code")));
    let error = Event::decode(r#"  {"status":0}"#).expect_err("no event");
    assert_eq!(
        error.to_string(),
        "an object found, an object with `event_type` expected in `event_type` at line 1, column 3"
    );
    assert!(Event::decode(r#"{"event_type":["call_hold"]}"#).is_err());
    assert!(Event::decode("[]").is_err());
    let error = Event::decode(r#"{"event_type":"call_hold"} {}"#).expect_err("two values");
    assert_eq!(error.kind, DecodeErrorKind::TrailingCharacters);
    assert_eq!(Event::decode("").expect_err("nothing").kind, DecodeErrorKind::UnexpectedEnd);
}

#[test]
fn a_known_event_is_not_materialised_beyond_the_depth_limit() {
    let frame = Text::from(r#"{"event_type":"call_cdr","call_targets":[{"id":"1"}],"x":[[[[[[[[]]]]]]]]}"#);
    assert!(Event::decode_frame(&frame, 3).is_ok());
    assert_eq!(Event::decode_frame(&frame, 2).expect_err("too deep").kind, DecodeErrorKind::TooDeep);
}

#[test]
fn long_strings_of_a_frame_are_slices_of_it() {
    let frame = Text::from(r#"{"event_type":"call_hold","aor":"sip:102@headquarters.portsip.io"}"#);
    let Event::CallHold(hold) = Event::decode_frame(&frame, 64).expect("valid") else { panic!("known") };
    let within = frame.as_bytes().as_ptr_range();
    assert!(within.contains(&hold.aor.expect("there").as_bytes().as_ptr()));
}

#[test]
fn anything_else_the_server_says_is_kept_raw() {
    for text in ["{}", "[1, 2]", "null", r#"{"status":"fine"}"#, r#"{"status":null}"#, r#"{"status":{}}"#] {
        let message = ServerMessage::decode(text).expect("JSON");
        assert!(matches!(message, ServerMessage::Other(_)), "{text}");
        assert_eq!(message.to_json(), text);
    }
    let ServerMessage::Response(response) = ServerMessage::decode(r#"{"status":"-1","id":7}"#).expect("JSON") else {
        panic!("a numeric string is a status")
    };
    assert_eq!((response.status, response.id.as_deref(), response.is_ok()), (Some(-1), Some("7"), false));
}

#[test]
fn an_event_concerns_whom_it_names() {
    assert_eq!(extensions(r#"{"event_type":"call_hold","aor":"sip:102@a","peer_aor":"sip:103@a"}"#), ["102", "103"]);
    assert_eq!(
        extensions(
            r#"{"event_type":"call_established","caller":"sip:102@a","callee":"8000","call_target":"sip:104@a:5066"}"#
        ),
        ["102", "8000", "104"]
    );
    assert_eq!(extensions(r#"{"event_type":"call_ended","caller":"sip:102@a","call_target":""}"#), ["102"]);
    assert_eq!(extensions(r#"{"event_type":"extension_created","extension_number":"1001"}"#), ["1001"]);
    assert_eq!(
        extensions(r#"{"event_type":"extension_hold","extension":"sip:101@a","peer_extension":"sip:102@a"}"#),
        ["101", "102"]
    );
    assert_eq!(
        extensions(
            r#"{"event_type":"extension_status","status":[{"extension":"sip:101@a"},{},{"extension":"sip:102@a"}]}"#
        ),
        ["101", "102"]
    );
    assert_eq!(extensions(r#"{"event_type":"extension_status","extension":"sip:101@a"}"#), ["101"]);
    assert_eq!(
        extensions(
            r#"{"event_type":"call_cdr","caller":"188","callee":"5000","call_targets":[{"callee":"8000"},{"callee":"102"}]}"#
        ),
        ["188", "5000", "8000", "102"]
    );
    assert_eq!(extensions(r#"{"event_type":"target_add","destination":"sip:102@192.168.0.18:5066"}"#), ["102"]);
    assert_eq!(
        extensions(concat!(
            r#"{"event_type":"queue_agent_status","updated_agents":[{"agent_extension_number":"101"}],"#,
            r#""removed_agents":[{"agent_extension_number":"102"}]}"#
        )),
        ["101", "102"]
    );
    assert!(extensions(r#"{"event_type":"brand_new","extension":"sip:101@a"}"#).is_empty());
}

#[test]
fn an_event_tells_when_where_and_of_which_call_it_is() {
    let hold = event(r#"{"event_type":"call_hold","call_id":"c","session_id":"s","tenant_id":"t","time":"7"}"#);
    assert_eq!(
        (hold.call_id(), hold.session_id(), hold.tenant_id(), hold.time().map(|time| time.raw())),
        (Some("c"), Some("s"), Some("t"), Some("7"))
    );
    let sla = event(r#"{"event_type":"queue_sla_breached","queue_id":"q","timestamp":"8"}"#);
    assert_eq!((sla.queue_id(), sla.time().map(|time| time.raw())), (Some("q"), Some("8")));
    assert_eq!(event(r#"{"event_type":"queue_status","queue_number":"8001"}"#).queue_number(), Some("8001"));
    assert_eq!(event(r#"{"event_type":"brand_new","tenant_id":"t"}"#).tenant_id(), None);
}

#[test]
fn snapshots_are_the_two_states_that_come_on_subscribing() {
    let snapshots: Vec<_> = EVENT_TYPES
        .iter()
        .filter(|row| event(&format!(r#"{{"event_type":"{}"}}"#, row.event_type)).is_snapshot())
        .map(|row| row.event_type)
        .collect();
    assert_eq!(snapshots, ["extension_status", "queue_status", "queue_status"]);
}

#[test]
fn every_event_type_of_the_table_is_decoded_to_a_variant_that_writes_it_back() {
    for row in EVENT_TYPES {
        let text = format!(r#"{{"event_type":"{}"}}"#, row.event_type);
        assert!(!matches!(event(&text), Event::Unknown(_)), "{text}");
        assert_eq!(event(&text).to_json(), text);
        assert!(row.topic.delivers(row.event_type));
        assert!(row.topic.global().is_none_or(|global| global.delivers(row.event_type)));
    }
}

fn keys(topic: &Topic, dialect: Dialect) -> Vec<&'static str> {
    topic.keys(dialect).collect()
}

#[test]
fn v12_has_the_keys_of_its_document_in_its_order() {
    let document = ClientKeys::of("v12/15-command-subscribe-extension_events-cdr_events");
    assert_eq!(keys(&Topic::ExtensionEvents, Dialect::V12), document.0[0]);
    assert_eq!(keys(&Topic::CdrEvents, Dialect::V12), document.0[1]);
    assert_eq!(keys(&Topic::TrunkEvents, Dialect::V12), ClientKeys::of("v12/19-command-subscribe-trunk_events").0[0]);
    assert_eq!(keys(&Topic::QueueEvents, Dialect::V12), ["queue_status", "queue_member_state"]);
    assert!(!Topic::QueueManagementEvents.is_known_to(Dialect::V12));
    assert!(!Topic::GlobalCdrEvents.is_known_to(Dialect::V12));
}

/// The keys that a sample command names, topic by topic.
struct ClientKeys(Vec<Vec<String>>);

impl ClientKeys {
    fn of(name: &str) -> Self {
        let fixture = tieline_testkit::WSI.iter().find(|fixture| fixture.name == name).expect("a fixture");
        let command: serde_json::Value = serde_json::from_str(fixture.text).expect("JSON");
        let topics = command["topics"].as_array().expect("topics");
        Self(topics.iter().map(|topic| serde_json::from_value(topic["keys"].clone()).expect("keys")).collect())
    }
}

#[test]
fn later_dialects_have_the_events_of_their_documents() {
    let sorted = |topic: &Topic, dialect| {
        let mut keys = keys(topic, dialect);
        keys.sort_unstable();
        keys.join(" ")
    };
    assert_eq!(
        sorted(&Topic::ExtensionEvents, Dialect::V16),
        "call_ended call_established call_fail call_hold call_noanswer call_reroute call_start call_unhold \
         extension_presence extension_register extension_status target_add target_ended target_fail target_noanswer \
         target_ringing"
    );
    assert_eq!(sorted(&Topic::CdrEvents, Dialect::V16), "call_cdr");
    let queue_events = "queue_agent_status queue_caller_status queue_sla_breached queue_status";
    assert_eq!(sorted(&Topic::QueueEvents, Dialect::V16), queue_events);
    assert_eq!(sorted(&Topic::GlobalQueueEvents, Dialect::V22), queue_events);
    assert!(!Topic::TrunkEvents.is_known_to(Dialect::V16));
    assert_eq!(
        sorted(&Topic::ExtensionEvents, Dialect::V22),
        "extension_agent_status extension_call extension_hold extension_presence extension_status extension_unhold"
    );
    assert_eq!(
        sorted(&Topic::ExtensionManagementEvents, Dialect::V22),
        "extension_created extension_destroyed extension_updated"
    );
    assert_eq!(
        sorted(&Topic::GlobalCdrEvents, Dialect::V22),
        "call_cdr call_start call_update_info cdr_target_add cdr_target_answer cdr_target_answered cdr_target_end \
         cdr_target_ended cdr_target_fail cdr_target_noanswer cdr_target_ringing target_add target_answer target_ended \
         target_fail target_noanswer target_ringing"
    );
    assert_eq!(sorted(&Topic::QueueManagementEvents, Dialect::V22), "queue_created queue_destroy queue_updated");
}

#[test]
fn a_payload_that_no_document_shows_is_marked_as_assumed() {
    let assumed = |event_type, dialect| {
        EVENT_TYPES
            .iter()
            .find(|row| row.event_type == event_type && row.dialects.contains(&dialect))
            .map(|row| row.evidence == Evidence::Assumed)
    };
    for event_type in
        ["call_reroute", "target_add", "queue_status", "queue_member_state", "trunk_connected", "call_cdr"]
    {
        assert_eq!(assumed(event_type, Dialect::V12), Some(true), "{event_type}");
    }
    for event_type in ["queue_status", "call_cdr", "call_start", "extension_status"] {
        assert_eq!(assumed(event_type, Dialect::V16), Some(false), "{event_type}");
    }
}
