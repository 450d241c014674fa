//! The client's opening handshake.

mod common;

use std::time::Duration;

use common::*;
use tieline_core::{Class, Frame};
use tieline_websocket::{Config, Endpoint, EndpointError, InvalidRequest, NotHttp, OpeningError, OpeningRequest};
use tungstenite::handshake::derive_accept_key;

fn request_of(endpoint: &mut Endpoint) -> String {
    String::from_utf8(written(endpoint)).unwrap()
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name)).map(|(_, value)| value)
}

/// An endpoint that has written its request, and the accept key that it waits for.
fn asked(request: &OpeningRequest) -> (Endpoint, String) {
    let mut endpoint = Endpoint::client(request, &Config::default(), SEED, NOW);
    let text = request_of(&mut endpoint);
    let accept = derive_accept_key(header(&text, "Sec-WebSocket-Key").unwrap().as_bytes());
    (endpoint, accept)
}

fn plain_request() -> OpeningRequest {
    OpeningRequest::new("pbx.example:8885", "/ws?x=1").unwrap()
}

fn opening_error(endpoint: &Endpoint) -> OpeningError {
    match endpoint.failure() {
        Some(EndpointError::Opening(error)) => error.clone(),
        other => panic!("not an opening error: {other:?}"),
    }
}

/// The error that `answer` leads to, checked to be the same when it comes byte by byte.
fn refusal(answer: &[u8]) -> OpeningError {
    let (mut whole, _) = asked(&plain_request());
    assert_eq!(feed(&mut whole, answer), [Frame::Eof]);
    let (mut pieces, _) = asked(&plain_request());
    for byte in answer {
        feed(&mut pieces, &[*byte]);
    }
    assert_eq!(opening_error(&whole), opening_error(&pieces));
    assert!(whole.is_finished());
    opening_error(&whole)
}

fn accepting(accept: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
    )
}

#[test]
fn the_request_is_a_get_with_the_headers_of_the_rfc_and_the_callers() {
    let request = plain_request().header("Authorization", "Bearer t0k").unwrap();
    let request = request.subprotocol("wamp").unwrap().subprotocol("v2").unwrap();
    let mut endpoint = Endpoint::client(&request, &Config::default(), SEED, NOW);
    let text = request_of(&mut endpoint);
    assert!(text.starts_with("GET /ws?x=1 HTTP/1.1\r\nHost: pbx.example:8885\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n"));
    assert_eq!(header(&text, "Upgrade"), Some("websocket"));
    assert_eq!(header(&text, "Connection"), Some("Upgrade"));
    assert_eq!(header(&text, "Sec-WebSocket-Version"), Some("13"));
    assert_eq!(header(&text, "Sec-WebSocket-Protocol"), Some("wamp, v2"));
    assert_eq!(header(&text, "Sec-WebSocket-Extensions"), None);
    assert_eq!(header(&text, "Authorization"), Some("Bearer t0k"));
    assert_eq!(header(&text, "Sec-WebSocket-Key").map(str::len), Some(24));
}

#[test]
fn the_key_comes_from_the_seed() {
    let key = |seed| {
        let mut endpoint = Endpoint::client(&plain_request(), &Config::default(), seed, NOW);
        header(&request_of(&mut endpoint), "Sec-WebSocket-Key").unwrap().to_owned()
    };
    assert_eq!(key(SEED), key(SEED));
    assert_ne!(key(SEED), key([1; 16]));
}

#[test]
fn nothing_that_would_break_the_request_is_taken() {
    assert_eq!(OpeningRequest::new("", "/").unwrap_err(), InvalidRequest::Host);
    assert_eq!(OpeningRequest::new("a\r\nX: y", "/").unwrap_err(), InvalidRequest::Host);
    assert_eq!(OpeningRequest::new("a b", "/").unwrap_err(), InvalidRequest::Host);
    assert_eq!(OpeningRequest::new("user@host", "/").unwrap_err(), InvalidRequest::Host);
    assert_eq!(OpeningRequest::new("host", "ws").unwrap_err(), InvalidRequest::Target);
    assert_eq!(OpeningRequest::new("host", "/a b").unwrap_err(), InvalidRequest::Target);
    assert_eq!(OpeningRequest::new("host", "/a\r\n\r\n").unwrap_err(), InvalidRequest::Target);
    assert_eq!(plain_request().header("a b", "c").unwrap_err(), InvalidRequest::HeaderName);
    assert_eq!(plain_request().header("", "c").unwrap_err(), InvalidRequest::HeaderName);
    assert_eq!(plain_request().header("a", "c\r\nd: e").unwrap_err(), InvalidRequest::HeaderValue);
    assert_eq!(plain_request().header("sec-websocket-KEY", "c").unwrap_err(), InvalidRequest::ReservedHeader);
    assert_eq!(plain_request().header("Content-Length", "3").unwrap_err(), InvalidRequest::ReservedHeader);
    assert_eq!(plain_request().subprotocol("a,b").unwrap_err(), InvalidRequest::Subprotocol);
}

#[test]
fn an_ipv6_host_and_an_empty_path_are_fine() {
    let mut endpoint = Endpoint::client(&OpeningRequest::new("[::1]:80", "").unwrap(), &Config::default(), SEED, NOW);
    assert!(request_of(&mut endpoint).starts_with("GET / HTTP/1.1\r\nHost: [::1]:80\r\n"));
}

#[test]
fn a_good_answer_opens_and_what_follows_are_frames_however_it_is_cut() {
    let (_, accept) = asked(&plain_request());
    let mut answer = accepting(&accept, "").into_bytes();
    answer.extend(plain(FIN | TEXT, b"welcome"));
    for cut in 0..=answer.len() {
        let (mut endpoint, _) = asked(&plain_request());
        let (head, tail) = answer.split_at(cut);
        let frames = [feed(&mut endpoint, head), feed(&mut endpoint, tail)].concat();
        assert_eq!(frames, [Frame::text("welcome")]);
        assert!(endpoint.is_open());
        assert_eq!(endpoint.poll_timeout(), None);
    }
}

#[test]
fn interim_responses_are_passed_over() {
    let (mut endpoint, accept) = asked(&plain_request());
    let answer = format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{}", accepting(&accept, ""));
    assert_eq!(feed(&mut endpoint, answer.as_bytes()), []);
    assert!(endpoint.is_open());
}

#[test]
fn endless_interim_responses_end_at_the_header_limit() {
    let answer = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert_eq!(refusal(answer.as_bytes()), OpeningError::TooLarge);
}

#[test]
fn the_chosen_subprotocol_is_told_and_none_is_fine() {
    let request = plain_request().subprotocol("a").unwrap().subprotocol("b").unwrap();
    let (mut endpoint, accept) = asked(&request);
    feed(&mut endpoint, accepting(&accept, "Sec-WebSocket-Protocol: b\r\n").as_bytes());
    assert_eq!(endpoint.subprotocol(), Some("b"));

    let (mut endpoint, accept) = asked(&request);
    feed(&mut endpoint, accepting(&accept, "").as_bytes());
    assert!(endpoint.is_open());
    assert_eq!(endpoint.subprotocol(), None);
}

#[test]
fn a_subprotocol_or_an_extension_that_was_not_offered_is_refused() {
    let (_, accept) = asked(&plain_request());
    let protocol = accepting(&accept, "Sec-WebSocket-Protocol: chat\r\n");
    assert_eq!(refusal(protocol.as_bytes()), OpeningError::UnexpectedProtocol);
    let extension = accepting(&accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert_eq!(refusal(extension.as_bytes()), OpeningError::UnexpectedExtension);
    let (mut endpoint, _) = asked(&plain_request());
    feed(&mut endpoint, accepting(&accept, "Sec-WebSocket-Extensions: \r\n").as_bytes());
    assert!(endpoint.is_open(), "an empty list insists on nothing");
}

#[test]
fn a_wrong_missing_or_doubled_accept_key_is_refused() {
    let (_, accept) = asked(&plain_request());
    assert_eq!(refusal(accepting("AAAA", "").as_bytes()), OpeningError::BadAcceptKey);
    let missing = "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    assert_eq!(refusal(missing.as_bytes()), OpeningError::BadAcceptKey);
    let doubled = accepting(&accept, &format!("Sec-WebSocket-Accept: {accept}\r\n"));
    assert_eq!(refusal(doubled.as_bytes()), OpeningError::BadAcceptKey);
}

#[test]
fn a_switch_to_something_else_is_refused() {
    let answer = b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    assert_eq!(refusal(answer), OpeningError::MissingUpgrade);
    let answer = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(refusal(answer), OpeningError::MissingUpgrade);
}

#[test]
fn peers_that_do_not_speak_http_are_told_apart_by_their_first_byte() {
    assert_eq!(refusal(b"\x15\x03\x01\x00\x02\x02\x46"), OpeningError::NotHttp(NotHttp::TlsAlert));
    assert_eq!(refusal(b"\x00\x00\x12\x04\x00"), OpeningError::NotHttp(NotHttp::Http2));
    assert_eq!(refusal(b"SSH-2.0-OpenSSH"), OpeningError::NotHttp(NotHttp::Text));
    assert_eq!(refusal(b"HTTP/2 200\r\n"), OpeningError::NotHttp(NotHttp::Text));
    assert_eq!(refusal(b"\x81\x05hello"), OpeningError::NotHttp(NotHttp::Binary));
    assert_eq!(refusal(b"SSH-2.0").class(), Class::Terminal);
}

#[test]
fn a_header_that_breaks_the_grammar_is_malformed() {
    assert_eq!(refusal(b"HTTP/1.1 abc\r\n\r\n"), OpeningError::Malformed);
    assert_eq!(refusal(b"HTTP/1.1 101 Yes\r\nno colon here\r\n\r\n"), OpeningError::Malformed);
}

#[test]
fn a_header_over_the_limit_of_bytes_or_fields_is_too_large() {
    let bytes = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(20_000));
    assert_eq!(refusal(bytes.as_bytes()), OpeningError::TooLarge);
    let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(101));
    assert_eq!(refusal(fields.as_bytes()), OpeningError::TooLarge);
}

#[test]
fn a_header_of_exactly_the_limit_passes() {
    let (_, accept) = asked(&plain_request());
    let answer = accepting(&accept, "");
    let open = |limit: usize| {
        let mut config = Config::default();
        config.opening_bytes = limit;
        let mut endpoint = Endpoint::client(&plain_request(), &config, SEED, NOW);
        feed(&mut endpoint, answer.as_bytes());
        endpoint.is_open()
    };
    assert!(open(answer.len()));
    assert!(!open(answer.len() - 1));
}

#[test]
fn a_refusal_keeps_status_retry_after_and_the_beginning_of_the_body() {
    let answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\ntoo busy!";
    let error = refusal(answer);
    assert_eq!(error.class(), Class::RetryAfter(Duration::from_secs(7)));
    let OpeningError::Refused { status, retry_after, body } = &error else { panic!("{error:?}") };
    assert_eq!((*status, *retry_after), (503, Some(Duration::from_secs(7))));
    assert_eq!(body.as_bytes(), b"too busy!");
    assert_eq!(body.to_text(), "too busy!");
    assert!(!format!("{error} {error:?}").contains("busy!"));
}

#[test]
fn a_chunked_body_is_put_together() {
    let answer = b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwron\r\n5\r\ng key\r\n0\r\n\r\n";
    let OpeningError::Refused { status: 403, body, .. } = refusal(answer) else { panic!() };
    assert_eq!(body.as_bytes(), b"wrong key");
}

#[test]
fn a_body_without_an_end_is_cut_at_a_kibibyte() {
    let answer = format!("HTTP/1.1 500 Oops\r\n\r\n{}", "x".repeat(5000));
    let OpeningError::Refused { body, .. } = refusal(answer.as_bytes()) else { panic!() };
    assert_eq!(body.as_bytes().len(), 1024);
}

#[test]
fn a_refusal_whose_body_stays_away_is_told_by_the_end_of_the_stream_or_after_a_second() {
    let answer = b"HTTP/1.1 401 Who?\r\nContent-Length: 100\r\n\r\npart";
    let (mut endpoint, _) = asked(&plain_request());
    assert_eq!(feed_at(&mut endpoint, after(500), answer), []);
    assert_eq!(endpoint.poll_timeout(), Some(after(1500)));
    endpoint.handle_timeout(after(1500));
    let OpeningError::Refused { status: 401, body, .. } = opening_error(&endpoint) else { panic!() };
    assert_eq!(body.as_bytes(), b"part");

    let (mut endpoint, _) = asked(&plain_request());
    feed(&mut endpoint, answer);
    endpoint.handle_eof(NOW);
    assert!(matches!(opening_error(&endpoint), OpeningError::Refused { status: 401, .. }));
}

#[test]
fn statuses_are_classed_by_what_helps() {
    let class = |status: &str| {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        refusal(answer.as_bytes()).class()
    };
    for status in ["401", "403", "407"] {
        assert_eq!(class(status), Class::Reauthenticate);
    }
    for status in ["200", "400", "404", "426"] {
        assert_eq!(class(status), Class::Terminal);
    }
    for status in ["408", "425", "429", "500", "502", "503", "504"] {
        assert_eq!(class(status), Class::Retry);
    }
}

#[test]
fn a_retry_after_date_is_left_out() {
    let answer = b"HTTP/1.1 429 Slow\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(refusal(answer).class(), Class::Retry);
}

#[test]
fn a_redirect_tells_where_to_but_not_in_logs() {
    let error = refusal(b"HTTP/1.1 302 Found\r\nLocation: wss://other/?key=s3cret\r\n\r\n");
    let OpeningError::Redirected { status: 302, location } = &error else { panic!("{error:?}") };
    assert_eq!(location.to_text(), "wss://other/?key=s3cret");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    assert_eq!(error.class(), Class::Terminal);
}

#[test]
fn no_answer_by_the_deadline_is_a_timeout() {
    let (mut endpoint, _) = asked(&plain_request());
    assert_eq!(endpoint.poll_timeout(), Some(after(10_000)));
    endpoint.handle_timeout(after(9_999));
    assert!(endpoint.is_opening());
    endpoint.handle_timeout(after(10_000));
    assert_eq!(opening_error(&endpoint), OpeningError::Timeout);
    assert_eq!(opening_error(&endpoint).class(), Class::Retry);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert_eq!(endpoint.poll_timeout(), None);
}

#[test]
fn an_answer_that_breaks_off_is_an_eof() {
    let (mut endpoint, _) = asked(&plain_request());
    feed(&mut endpoint, b"HTTP/1.1 101 Switch");
    endpoint.handle_eof(NOW);
    assert_eq!(opening_error(&endpoint), OpeningError::Eof);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
}

#[test]
fn no_debug_output_shows_query_or_header_values() {
    let request = OpeningRequest::new("pbx.example", "/ws/pbx?pbxkey=s3cret").unwrap();
    let request = request.header("Authorization", "Bearer hunter2").unwrap();
    let endpoint = Endpoint::client(&request, &Config::default(), SEED, NOW);
    let shown = format!("{request:?} {endpoint:?}");
    assert!(shown.contains("pbx.example") && shown.contains("Authorization"), "{shown}");
    assert!(!shown.contains("s3cret") && !shown.contains("hunter2"), "{shown}");
}
