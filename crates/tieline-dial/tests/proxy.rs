//! Which proxy, and what is said to it.

use tieline_dial::{Proxy, ProxyError, WsUrl};

fn url(text: &str) -> WsUrl {
    text.parse().expect(text)
}

fn from(vars: &[(&str, &str)]) -> Proxy {
    Proxy::from_vars(|name| vars.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
}

/// Whether a server is connected to directly in spite of a proxy.
fn direct(exceptions: &str, server: &str) -> bool {
    let proxy = from(&[("ALL_PROXY", "http://proxy"), ("NO_PROXY", exceptions)]).with_loopback(true);
    proxy.of(&url(server)).expect("a good proxy").is_none()
}

/// Host, port and the request of a proxy.
fn asked(proxy: &str) -> (String, u16, String) {
    let proxy = Proxy::fixed(proxy).of(&url("wss://pbx.example/")).expect("a good proxy").expect("not direct");
    let request = String::from_utf8(proxy.tunnel(&url("wss://pbx.example/")).request().to_vec()).expect("text");
    (proxy.host().to_owned(), proxy.port(), request)
}

#[test]
fn the_scheme_of_the_server_chooses_the_variable() {
    let proxy = from(&[("HTTP_PROXY", "http://plain"), ("https_proxy", "http://secure"), ("HTTPS_PROXY", "http://no")]);
    let host = |server| proxy.of(&url(server)).expect("good").map(|proxy| proxy.host().to_owned());
    assert_eq!(host("ws://pbx.example/").as_deref(), Some("plain"));
    assert_eq!(host("wss://pbx.example/").as_deref(), Some("secure"));
    assert!(from(&[("HTTP_PROXY", "http://plain")]).of(&url("wss://pbx.example/")).expect("good").is_none());
    // A CGI program finds a header of its client there.
    let cgi = from(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://plain")]);
    assert!(cgi.of(&url("ws://pbx.example/")).expect("good").is_none());
}

#[test]
fn exceptions_are_names_with_their_subdomains_addresses_and_networks() {
    for (exceptions, server) in [
        ("*", "ws://pbx.example/"),
        ("pbx.example", "ws://pbx.example/"),
        ("PBX.example", "ws://pbx.EXAMPLE./"),
        ("example", "ws://pbx.example/"),
        (".example", "ws://pbx.example/"),
        ("other.example, pbx.example", "wss://pbx.example/"),
        ("192.0.2.7", "ws://192.0.2.7/"),
        ("192.0.2.0/24", "ws://192.0.2.7/"),
        ("2001:db8::/32", "ws://[2001:db8::7]/"),
        ("[2001:db8::7]", "ws://[2001:db8::7]/"),
        ("localhost", "ws://localhost/"),
    ] {
        assert!(direct(exceptions, server), "{exceptions} {server}");
    }
    for (exceptions, server) in [
        ("", "ws://pbx.example/"),
        (" , ", "ws://pbx.example/"),
        (".", "ws://pbx.example/"),
        ("bx.example", "ws://pbx.example/"),
        ("www.pbx.example", "ws://pbx.example/"),
        ("192.0.2.0/24", "ws://192.0.3.7/"),
        ("192.0.2", "ws://192.0.2.7/"),
        ("7", "ws://192.0.2.7/"),
    ] {
        assert!(!direct(exceptions, server), "{exceptions} {server}");
    }
}

#[test]
fn addresses_of_proxies_have_their_defaults() {
    let first = "CONNECT pbx.example:443 HTTP/1.1\r\nHost: pbx.example:443\r\n\r\n".to_owned();
    assert_eq!(asked("http://proxy.example:3128/ignored"), ("proxy.example".into(), 3128, first.clone()));
    assert_eq!(asked("proxy.example"), ("proxy.example".into(), 80, first.clone()));
    assert_eq!(asked("HTTP://[::1]:8080"), ("::1".into(), 8080, first));
}

#[test]
fn user_and_password_are_decoded_and_sent_as_basic_authentication() {
    let (host, _, request) = asked("http://user:p%40ss@proxy.example:3128");
    assert_eq!(host, "proxy.example");
    assert!(request.contains("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"), "{request}");
}

#[test]
fn what_is_no_proxy_is_refused_without_repeating_a_secret() {
    for value in ["http://", "http://user:hunter2@", "http://proxy:99999", "http://proxy:0", "user:hunter2@x://proxy"] {
        let error = Proxy::fixed(value).of(&url("ws://pbx.example/")).expect_err(value);
        assert!(matches!(error, ProxyError::Invalid { .. }), "{value}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn an_answer_may_come_in_pieces_and_must_not_go_on_after_its_head() {
    let tunnel = || {
        let proxy = Proxy::fixed("http://proxy").of(&url("ws://pbx.example/")).expect("good").expect("not direct");
        proxy.tunnel(&url("ws://pbx.example/"))
    };
    let mut bytewise = tunnel();
    let answer = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n";
    for byte in &answer[..answer.len() - 1] {
        assert_eq!(bytewise.handle_bytes(&[*byte]), Ok(false));
    }
    assert_eq!(bytewise.handle_bytes(b"\n"), Ok(true));
    for malformed in ["HTTP/1.1 200 OK\r\n\r\nmore", "SSH-2.0-x\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let outcome = tunnel().handle_bytes(malformed.as_bytes());
        assert!(matches!(outcome, Err(ProxyError::Malformed { .. })), "{malformed}: {outcome:?}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(16 << 10));
    assert!(matches!(tunnel().handle_bytes(endless.as_bytes()), Err(ProxyError::Malformed { .. })));
}
