//! WSI over real sockets, with a client of others.
#![cfg(feature = "wsi")]

mod common;

use common::*;
use tieline_portsip_wsi::Dialect;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tieline_server::wsi::Publication;

#[tokio::test]
async fn a_good_login_is_answered_with_status_0() {
    let site = Site::start().await;
    let mut client = site.connect_to("/").await.unwrap();
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
    assert_eq!((site.hub.stats().logged_in, site.hub.stats().logins), (1, 1));
}

#[tokio::test]
async fn a_wrong_password_is_answered_with_the_words_of_the_directory_and_may_be_tried_again() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send(WRONG).await;
    assert_eq!(client.text().await, r#"{"error":"access_token , username , domain or password error","status":-1}"#);
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
    assert_eq!(site.hub.stats().refused_logins, 1);
}

#[tokio::test]
async fn three_refused_logins_end_the_connection_with_1008() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    for _ in 0..3 {
        client.send(WRONG).await;
    }
    assert_eq!(client.close_code().await, 1008);
}

#[tokio::test]
async fn a_subscribe_before_the_login_is_refused_and_the_session_goes_on() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send(SUBSCRIBE).await;
    let answer = client.next().await;
    assert_eq!(answer["status"], -1);
    assert!(answer["error"].is_string());
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
}

#[tokio::test]
async fn an_unreadable_command_is_answered_and_the_session_goes_on() {
    let site = Site::start().await;
    let mut client = site.login("/", LOGIN_V16).await;
    client.send("{\"command\":").await;
    assert_eq!(client.next().await["status"], -1);
    client.send(SUBSCRIBE).await;
    assert_eq!(client.text().await, OK);
}

#[tokio::test]
async fn a_subscribe_brings_the_answer_then_the_snapshot_then_events() {
    let site = Site::start().await;
    let mut client = site.login("/", LOGIN_V16).await;
    client.send(SUBSCRIBE).await;
    assert_eq!(client.text().await, OK);
    assert_eq!(client.next().await["event_type"], "extension_status");
    assert_eq!(site.hold("102"), 1);
    assert_eq!(site.hold("103"), 1);
    assert_eq!(client.next().await["aor"], "sip:102@portsip.io");
    assert_eq!(client.next().await["aor"], "sip:103@portsip.io");
}

#[tokio::test]
async fn only_events_of_the_named_extensions_come() {
    let site = Site::start().await;
    let mut client = site.login("/", LOGIN_V16).await;
    client.send(r#"{"command":"subscribe","topics":["extension_events"],"extensions":["102"]}"#).await;
    assert_eq!(client.text().await, OK);
    client.next().await;
    assert_eq!(site.hold("103"), 0);
    assert_eq!(site.hold("102"), 1);
    assert_eq!(client.next().await["aor"], "sip:102@portsip.io");
}

#[tokio::test]
async fn after_the_answer_to_an_unsubscribe_no_event_comes() {
    let site = Site::start().await;
    let mut client = site.subscriber().await;
    assert_eq!(site.hold("102"), 1);
    client.send(UNSUBSCRIBE).await;
    assert_eq!(client.next().await["aor"], "sip:102@portsip.io");
    assert_eq!(client.text().await, OK);
    assert_eq!(site.hold("103"), 0);
    client.send(r#"{"command":"what"}"#).await;
    assert_eq!(client.next().await["status"], -1);
}

#[tokio::test]
async fn an_event_that_names_its_queue_by_id_only_reaches_subscribers_of_the_number_that_is_published() {
    let site = Site::start().await;
    let mut client = site.login("/", LOGIN_V16).await;
    client.send(r#"{"command":"subscribe","topics":["queue_events"],"queues":["8001"]}"#).await;
    assert_eq!(client.text().await, OK);
    assert_eq!(site.hub.publish(|_| Some(Publication::of(&queue_callers()).in_queue("8002"))), 0);
    assert_eq!(site.hub.publish(|_| Some(Publication::of(&queue_callers()).in_queue("8001"))), 1);
    assert_eq!(client.next().await["event_type"], "queue_caller_status");
}

#[tokio::test]
async fn an_answer_of_v22_repeats_command_and_id() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send(LOGIN_V22).await;
    assert_eq!(client.text().await, r#"{"command":"auth","id":"1","status":0}"#);
    client.send(r#"{"command":"subscribe","topics":["extension_events"],"id":"2"}"#).await;
    assert_eq!(client.text().await, r#"{"command":"subscribe","id":"2","status":0}"#);
}

#[tokio::test]
async fn the_query_overrides_the_dialect() {
    let site = Site::start().await;
    let mut client = site.connect_to("/wsi?token=x&dialect=v22").await.unwrap();
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, r#"{"command":"auth","status":0}"#);
}

#[tokio::test]
async fn a_topic_that_the_dialect_does_not_have_is_refused() {
    let site = Site::start().await;
    let mut client = site.login("/?dialect=v16", LOGIN_V16).await;
    client.send(r#"{"command":"subscribe","topics":["global_cdr_events"],"tenants":["1"]}"#).await;
    let answer = client.next().await;
    assert_eq!((&answer["status"], &answer["error"]), (&(-1).into(), &"unknown topic global_cdr_events".into()));
}

#[tokio::test]
async fn clients_of_two_dialects_get_their_own_shapes_from_one_publication() {
    let site = Site::start().await;
    let mut old = site.login("/", LOGIN_V12).await;
    old.send(r#"{"command":"subscribe","topics":[{"topic":"extension_events","keys":["call_hold"]}]}"#).await;
    assert_eq!(old.text().await, OK);
    let mut new = site.subscriber().await;
    let mut silent = site.login("/", LOGIN_V22).await;
    let mut asked = Vec::new();
    let delivered = site.hub.publish(|dialect| {
        asked.push(dialect);
        let text = format!(r#"{{"event_type":"call_hold","of":"{dialect}"}}"#);
        let publication = Publication::new("call_hold", text).concerning(["102"]).of_tenant(TENANT);
        (dialect != Dialect::V22).then_some(publication)
    });
    assert_eq!((delivered, asked), (2, vec![Dialect::V12, Dialect::V16, Dialect::V22]));
    assert_eq!(old.next().await["of"], "v12");
    assert_eq!(new.next().await["of"], "v16");
    silent.send(r#"{"command":"what"}"#).await;
    assert_eq!(silent.next().await["status"], -1);
}

#[tokio::test]
async fn nothing_is_encoded_when_nobody_is_logged_in() {
    let site = Site::start().await;
    let _connected = site.connect().await;
    assert_eq!(site.hub.publish(|_| panic!("encoded for nobody")), 0);
}

#[tokio::test]
async fn more_subscriptions_than_the_limit_are_refused_and_the_former_stay() {
    let mut config = ServerConfig::default();
    config.limits.subscriptions = 2;
    let site = Site::with(ServerOptions::default(), config).await;
    let mut client = site.login("/", LOGIN_V16).await;
    let names =
        |names: &str| format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":[{names}]}}"#);
    client.send(&names(r#""102","103""#)).await;
    assert_eq!(client.text().await, OK);
    client.next().await;
    client.send(&names(r#""103","104""#)).await;
    assert_eq!(client.text().await, r#"{"error":"too many subscriptions","status":-1}"#);
    assert_eq!((site.hold("102"), site.hold("103"), site.hold("104")), (1, 1, 0));
}

#[tokio::test]
async fn nothing_is_published_to_a_client_that_left() {
    let site = Site::start().await;
    let client = site.subscriber().await;
    drop(client);
    until(|| site.hub.stats().logged_in == 0).await;
    assert_eq!(site.hold("102"), 0);
}
