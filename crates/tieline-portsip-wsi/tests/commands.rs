//! How commands are read and written, and what they tell of the dialect.

use tieline_core::json::DecodeErrorKind;
use tieline_portsip_wsi::sip::user_part;
use tieline_portsip_wsi::{
    Auth, ClientMessage, Command, CommandError, Dialect, Login, Subscription, Topic, TopicSelection, detect,
};

fn command(text: &str) -> Command {
    message(text).command
}

fn message(text: &str) -> ClientMessage {
    ClientMessage::decode(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn refusal(text: &str) -> CommandError {
    ClientMessage::decode(text).expect_err("refused")
}

fn subscription(text: &str) -> Subscription {
    match command(text) {
        Command::Subscribe(subscription) | Command::Unsubscribe(subscription) => subscription,
        other => panic!("{other:?}"),
    }
}

fn written(command: Command, dialect: Dialect) -> String {
    let mut out = String::new();
    ClientMessage { id: None, command }.encode(dialect, &mut out);
    out
}

#[test]
fn each_login_is_told_by_its_members() {
    let auths = [
        (r#"{"command":"auth","extension":"101","domain":"d","password":"p"}"#, Auth::extension("101", "d", "p")),
        (r#"{"command":"auth","name":"t","password":"p"}"#, Auth::tenant("t", "p")),
        (r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#, Auth::username("u", "d", "p")),
        (
            r#"{"command":"auth","extension_number":"101","domain":"d","password":"p"}"#,
            Auth::extension_number("101", "d", "p"),
        ),
        (r#"{"command":"auth","username":"u","password":"p"}"#, Auth::admin("u", "p")),
    ];
    for (text, auth) in auths {
        assert_eq!(command(text), Command::Auth(auth.clone()));
        assert_eq!(written(Command::Auth(auth), Dialect::V22), text);
    }
}

#[test]
fn a_login_that_lacks_something_is_refused_by_its_name() {
    let missing = [
        (r#"{"command":"auth","username":"u","domain":"d"}"#, "password"),
        (r#"{"command":"auth","username":"u","domain":"d","password":null}"#, "password"),
        (r#"{"command":"auth","password":"p"}"#, "username"),
        (r#"{"command":"auth","extension":"101","password":"p"}"#, "domain"),
        (r#"{"command":"auth","extension_number":"101","password":"p"}"#, "domain"),
        (r#"{"topics":["cdr_events"]}"#, "command"),
        (r#"{"command":"subscribe"}"#, "topics"),
        (r#"{"command":"subscribe","topics":[],"extensions":["1"]}"#, "topics"),
        (r#"{"command":"subscribe","topics":[{"keys":["call_cdr"]}]}"#, "topic"),
    ];
    for (text, field) in missing {
        assert_eq!(refusal(text), CommandError::MissingField(field), "{text}");
    }
}

#[test]
fn passwords_do_not_print() {
    let auth = command(r#"{"command":"auth","username":"u","domain":"d","password":"hunter2"}"#);
    assert!(!format!("{auth:?}").contains("hunter2"));
    let error = refusal(r#"{"command":"auth","password":"hunter2" "hunter2"}"#);
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[test]
fn logins_with_different_passwords_differ() {
    assert_ne!(Auth::admin("u", "one"), Auth::admin("u", "two"));
    assert_ne!(Auth::admin("u", "one"), Auth::admin("v", "one"));
    assert_eq!(Auth::admin("u", "one"), Auth::admin("u", "one"));
}

#[test]
fn both_forms_of_topics_are_read_and_may_mix() {
    let mixed = subscription(
        r#"{"command":"subscribe","topics":["cdr_events",{"topic":"queue_events","keys":["queue_status"],"x":1},{"topic":"new"}]}"#,
    );
    assert_eq!(
        mixed.topics,
        [
            TopicSelection::from(Topic::CdrEvents),
            TopicSelection { topic: Topic::QueueEvents, keys: vec!["queue_status".into()] },
            TopicSelection::from(Topic::Other("new".into())),
        ]
    );
}

#[test]
fn other_shapes_of_topics_are_refused_with_their_place() {
    for topics in [r#"[["cdr_events"]]"#, "[1]", "[null]", r#""cdr_events""#, r#"{"topic":"cdr_events"}"#] {
        let text = format!(r#"{{"command":"subscribe","topics":{topics}}}"#);
        let CommandError::Decode(error) = refusal(&text) else { panic!("{topics}") };
        assert!(matches!(error.kind, DecodeErrorKind::WrongType { .. }), "{topics}: {error}");
        assert_eq!((error.line, error.field), (1, Some("topics")), "{topics}");
    }
}

#[test]
fn numbers_are_taken_for_strings() {
    let numbers =
        subscription(r#"{"command":"subscribe","topics":["cdr_events"],"extensions":[102,"103"],"queues":[8001]}"#);
    assert_eq!((numbers.extensions, numbers.queues), (vec!["102".into(), "103".into()], vec!["8001".to_owned()]));
    let auth = message(r#"{"command":"auth","extension_number":101,"domain":"d","password":111111,"id":7}"#);
    assert_eq!(auth.id.as_deref(), Some("7"));
    assert_eq!(auth.command, Command::Auth(Auth::extension_number("101", "d", "111111")));
}

#[test]
fn an_unknown_command_keeps_its_name_and_unknown_members_are_passed_over() {
    assert_eq!(command(r#"{"command":"ping","x":{}}"#), Command::Other { command: "ping".into() });
    assert_eq!(command(r#"{"command":"unsubscribe","x":{}}"#), Command::Unsubscribe(Subscription::none()));
}

#[test]
fn v12_writes_all_keys_of_a_topic_unless_some_are_selected() {
    let trunks = Command::Subscribe(Subscription::to(Topic::TrunkEvents));
    assert_eq!(
        written(trunks, Dialect::V12),
        r#"{"command":"subscribe","topics":[{"topic":"trunk_events","keys":["trunk_connected","trunk_disconnected"]}]}"#
    );
    let status = Subscription::to(Topic::QueueEvents).keys(["queue_status"]).queues(["8001"]);
    assert_eq!(
        written(Command::Unsubscribe(status.clone()), Dialect::V12),
        r#"{"command":"unsubscribe","topics":[{"topic":"queue_events","keys":["queue_status"]}],"queues":["8001"]}"#
    );
    assert_eq!(
        written(Command::Unsubscribe(status), Dialect::V16),
        r#"{"command":"unsubscribe","topics":["queue_events"],"queues":["8001"]}"#
    );
}

#[test]
fn an_id_is_written_when_there_is_one() {
    let mut out = String::new();
    ClientMessage { id: Some("1".into()), command: Command::Unsubscribe(Subscription::none()) }
        .encode(Dialect::V22, &mut out);
    assert_eq!(out, r#"{"command":"unsubscribe","id":"1"}"#);
}

#[test]
fn each_login_is_known_to_the_dialects_that_document_it() {
    let known =
        |login: &Login| Dialect::ALL.iter().filter(|d| login.is_known_to(**d)).map(|d| d.as_str()).collect::<Vec<_>>();
    assert_eq!(known(&Auth::extension("1", "d", "p").login), ["v12"]);
    assert_eq!(known(&Auth::tenant("t", "p").login), ["v12"]);
    assert_eq!(known(&Auth::username("u", "d", "p").login), ["v16", "v22"]);
    assert_eq!(known(&Auth::extension_number("1", "d", "p").login), ["v16", "v22"]);
    assert_eq!(known(&Auth::admin("u", "p").login), ["v22"]);
}

#[test]
fn the_dialect_is_told_by_what_only_one_dialect_writes() {
    let rows = [
        (r#"{"command":"auth","extension":"1","domain":"d","password":"p"}"#, Some(Dialect::V12)),
        (r#"{"command":"auth","name":"t","password":"p"}"#, Some(Dialect::V12)),
        (r#"{"command":"auth","username":"u","domain":"d","password":"p"}"#, None),
        (r#"{"command":"auth","username":"u","domain":"d","password":"p","id":"1"}"#, Some(Dialect::V22)),
        (r#"{"command":"auth","extension_number":"1","domain":"d","password":"p"}"#, Some(Dialect::V22)),
        (r#"{"command":"auth","username":"u","password":"p"}"#, Some(Dialect::V22)),
        (r#"{"command":"subscribe","topics":[{"topic":"cdr_events","keys":["call_cdr"]}]}"#, Some(Dialect::V12)),
        (r#"{"command":"subscribe","topics":["cdr_events"]}"#, None),
        (r#"{"command":"subscribe","topics":["cdr_events"],"tenants":["1"]}"#, Some(Dialect::V22)),
        (r#"{"command":"subscribe","topics":["global_cdr_events"]}"#, Some(Dialect::V22)),
        (r#"{"command":"unsubscribe","topics":["queue_management_events"]}"#, Some(Dialect::V22)),
        (r#"{"command":"unsubscribe"}"#, None),
        (r#"{"command":"ping"}"#, None),
    ];
    for (text, dialect) in rows {
        assert_eq!(detect::evidence(&message(text)), dialect, "{text}");
    }
}

#[test]
fn dialects_have_short_names_and_default_addresses() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.to_string().parse(), Ok(*dialect));
    }
    assert!("v13".parse::<Dialect>().is_err());
    assert!(Dialect::V12 < Dialect::V16 && Dialect::V16 < Dialect::V22);
    assert_eq!(Dialect::V12.default_url("pbx"), "wss://pbx:8885/");
    assert_eq!(Dialect::V16.default_url("pbx"), "wss://pbx:8885/");
    assert_eq!(Dialect::V22.default_url("[::1]"), "wss://[::1]:8887/wsi");
}

#[test]
fn topics_are_named_as_on_the_wire_and_know_their_global_form() {
    for topic in Topic::ALL {
        assert_eq!(Topic::from(topic.as_str()), *topic);
        assert!(!topic.plain().is_global());
        assert!(topic.global().is_none_or(|global| global.is_global() && global.plain() == *topic));
    }
    assert_eq!(Topic::from("fax_events"), Topic::Other("fax_events".into()));
    assert_eq!(Topic::from("global_fax_events").plain(), Topic::Other("fax_events".into()));
    assert!(Topic::GlobalQueueManagementEvents.is_management() && !Topic::QueueEvents.is_management());
}

#[test]
fn the_extension_is_the_user_part_of_a_sip_address() {
    let rows = [
        ("102", "102"),
        ("sip:102@portsip.io", "102"),
        ("SIPS:102@portsip.io:5061;transport=tls", "102"),
        ("\"Jason: x\" <sip:102:secret@portsip.io>;tag=1", "102"),
        ("<tel:+4933;phone-context=x>", "+4933"),
        ("sip:102;user=phone", "102"),
        ("102@portsip.io", "102"),
        ("sip:@portsip.io", ""),
        ("", ""),
    ];
    for (address, number) in rows {
        assert_eq!(user_part(address), number, "{address}");
    }
}
