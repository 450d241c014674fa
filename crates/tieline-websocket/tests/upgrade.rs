//! The server's opening handshake.

use http::{HeaderMap, Method, Version};
use tieline_websocket::upgrade::{Accepted, Strictness, UpgradeRefusal, check};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("host", "pbx.example"),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
    ]
}

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    good().into_iter().filter(|(found, _)| *found != name).collect()
}

fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    [without(name), vec![(name, value)]].concat()
}

fn checked(headers: &[(&'static str, &'static str)], strictness: Strictness) -> Result<Accepted, UpgradeRefusal> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    check(&Method::GET, Version::HTTP_11, &map, strictness)
}

fn strict(headers: &[(&'static str, &'static str)]) -> Result<Accepted, UpgradeRefusal> {
    checked(headers, Strictness::Strict)
}

#[test]
fn the_rfcs_own_request_is_answered_with_the_rfcs_own_key() {
    let response = strict(&good()).unwrap().response();
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()["upgrade"], "websocket");
    assert_eq!(response.headers()["connection"], "Upgrade");
    assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(response.headers().len(), 3);
}

#[test]
fn header_lists_and_capitals_are_read_as_http_wants_it() {
    assert!(strict(&with("connection", "keep-alive, UPGRADE")).is_ok());
    assert!(strict(&with("upgrade", "h2c, WebSocket")).is_ok());
    assert_eq!(strict(&with("connection", "upgraded")), Err(UpgradeRefusal::NoConnectionUpgrade));
}

#[test]
fn each_missing_header_has_its_refusal() {
    assert_eq!(strict(&without("upgrade")), Err(UpgradeRefusal::NoUpgrade));
    assert_eq!(strict(&without("connection")), Err(UpgradeRefusal::NoConnectionUpgrade));
    assert_eq!(strict(&without("sec-websocket-version")), Err(UpgradeRefusal::ProtocolVersion));
    assert_eq!(strict(&with("sec-websocket-version", "8")), Err(UpgradeRefusal::ProtocolVersion));
    assert_eq!(strict(&without("sec-websocket-key")), Err(UpgradeRefusal::Key));
    assert_eq!(strict(&[good(), vec![("sec-websocket-key", KEY)]].concat()), Err(UpgradeRefusal::Key));
}

#[test]
fn only_get_and_http_1_1_are_taken() {
    let mut map = HeaderMap::new();
    for (name, value) in good() {
        map.append(name, value.parse().unwrap());
    }
    let by = |method, version| check(&method, version, &map, Strictness::Lenient);
    assert_eq!(by(Method::POST, Version::HTTP_11), Err(UpgradeRefusal::Method));
    assert_eq!(by(Method::GET, Version::HTTP_10), Err(UpgradeRefusal::HttpVersion));
    assert!(by(Method::GET, Version::HTTP_11).is_ok());
}

#[test]
fn a_key_of_13_bytes_is_refused_strictly_and_taken_leniently() {
    let request = with("sec-websocket-key", "SGVsbG8sIHdvcmxkIQ==");
    assert_eq!(strict(&request), Err(UpgradeRefusal::Key));
    let accepted = checked(&request, Strictness::Lenient).unwrap();
    assert_eq!(accepted.accept_key(), tungstenite::handshake::derive_accept_key(b"SGVsbG8sIHdvcmxkIQ==").as_str());
}

#[test]
fn a_key_that_is_no_base64_is_taken_leniently_but_an_empty_one_never() {
    assert_eq!(strict(&with("sec-websocket-key", "not base64 at all!!!!!!!")), Err(UpgradeRefusal::Key));
    assert!(checked(&with("sec-websocket-key", "not base64"), Strictness::Lenient).is_ok());
    assert_eq!(checked(&with("sec-websocket-key", ""), Strictness::Lenient), Err(UpgradeRefusal::Key));
}

#[test]
fn only_an_offered_subprotocol_can_be_chosen() {
    let mut accepted =
        strict(&[good(), vec![("sec-websocket-protocol", "a, b"), ("sec-websocket-protocol", "c")]].concat()).unwrap();
    assert_eq!(accepted.subprotocols(), ["a", "b", "c"]);
    assert!(!accepted.choose("d"));
    assert!(!accepted.response().headers().contains_key("sec-websocket-protocol"));
    assert!(accepted.choose("b"));
    assert_eq!(accepted.response().headers()["sec-websocket-protocol"], "b");
}

#[test]
fn refusals_have_the_status_and_the_headers_of_http() {
    let response = UpgradeRefusal::Method.response();
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET".parse().unwrap()));
    for refusal in [UpgradeRefusal::NoUpgrade, UpgradeRefusal::ProtocolVersion] {
        let response = refusal.response();
        assert_eq!(response.status(), 426);
        assert_eq!(response.headers()["upgrade"], "websocket");
        assert_eq!(response.headers()["sec-websocket-version"], "13");
        assert_eq!(response.body(), &refusal.to_string());
    }
    for refusal in [UpgradeRefusal::Key, UpgradeRefusal::HttpVersion, UpgradeRefusal::NoConnectionUpgrade] {
        assert_eq!(refusal.response().status(), 400);
    }
}
