//! Addresses.

use tieline_dial::{UrlError, WsUrl};

fn parse(text: &str) -> Result<WsUrl, UrlError> {
    text.parse()
}

fn parts(text: &str) -> (bool, String, u16, String) {
    let url = parse(text).expect(text);
    (url.is_secure(), url.host().to_owned(), url.port(), url.path().to_owned())
}

#[test]
fn ports_and_paths_have_their_defaults() {
    assert_eq!(parts("ws://pbx"), (false, "pbx".into(), 80, "/".into()));
    assert_eq!(parts("WSS://pbx/wsi"), (true, "pbx".into(), 443, "/wsi".into()));
    assert_eq!(parts("http://pbx:8885?key=1"), (false, "pbx".into(), 8885, "/".into()));
    assert_eq!(parts("https://192.0.2.1:8887/wsi"), (true, "192.0.2.1".into(), 8887, "/wsi".into()));
}

#[test]
fn ipv6_addresses_lose_their_brackets_and_print_with_them() {
    assert_eq!(parts("ws://[::1]:8885/"), (false, "::1".into(), 8885, "/".into()));
    assert_eq!(parts("wss://[2001:db8::1]/"), (true, "2001:db8::1".into(), 443, "/".into()));
    assert_eq!(parse("ws://[::1]:8885/").expect("good").to_string(), "ws://[::1]:8885/");
}

#[test]
fn what_is_no_address_is_refused_without_repeating_it() {
    for (text, error) in [
        ("pbx.example", UrlError::Scheme),
        ("ftp://pbx", UrlError::Scheme),
        ("ws://", UrlError::Host),
        ("ws://:80/", UrlError::Host),
        ("ws://pbx:0/", UrlError::Port),
        ("ws://pbx:99999/", UrlError::Port),
        ("ws://[::zz]/", UrlError::Host),
        ("ws://a b/", UrlError::Syntax),
        ("ws://user:hunter2@pbx/", UrlError::UserInfo),
        ("ws://hunter2@pbx/", UrlError::UserInfo),
    ] {
        let refused = parse(text).expect_err(text);
        assert_eq!(refused, error, "{text}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
}

#[test]
fn the_values_of_a_query_are_never_printed() {
    let url = parse("wss://pbx/ws?pbxkey=hunter2&dialect=v12&hunter2").expect("good");
    assert_eq!(url.to_string(), "wss://pbx:443/ws?pbxkey=[redacted]&dialect=[redacted]&[redacted]");
    assert!(!format!("{url:?}").contains("hunter2"));
}
