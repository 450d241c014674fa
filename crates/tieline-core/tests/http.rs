//! Requests, authorization and answers as `http` types.

use std::time::Duration;

use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, BaseUrlError, Body, BuildError, CallError, Method,
    RequestBuilder, Response, ResponseHead, SentMeter, header, path_segment, query_pairs, retry_after, shown_target,
};
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind, Sent};

fn base(text: &str) -> BaseUrl {
    text.parse().expect("an address")
}

fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(()).expect("a head").into_parts().0
}

#[test]
fn a_base_url_keeps_its_path_without_the_last_slash() {
    let url = base("https://PBX.example/apis/pbx/");
    assert!(url.is_secure());
    assert_eq!((url.host(), url.port(), url.path()), ("pbx.example", 443, "/apis/pbx"));
    assert_eq!(url.to_string(), "https://pbx.example/apis/pbx");
    assert_eq!(base("http://[::1]:8080").host(), "::1");
    assert_eq!(base("http://[::1]:8080").host_header(), "[::1]:8080");
    assert_eq!(base("http://pbx").port(), 80);
}

#[test]
fn what_is_no_base_url_is_refused_without_repeating_it() {
    for (text, error) in [
        ("pbx.example", BaseUrlError::Scheme),
        ("ftp://pbx", BaseUrlError::Scheme),
        ("https://user:secret@pbx", BaseUrlError::UserInfo),
        ("https://pbx/?key=secret", BaseUrlError::Query),
        ("https://pbx/#x", BaseUrlError::Query),
        ("https://pbx:0/", BaseUrlError::Port),
        ("https://pbx:99999/", BaseUrlError::Port),
        ("https://", BaseUrlError::Syntax),
        ("https://a b/", BaseUrlError::Syntax),
    ] {
        let refused = text.parse::<BaseUrl>().expect_err(text);
        assert_eq!(refused, error, "{text}");
        assert!(!refused.to_string().contains("secret"));
    }
}

#[test]
fn a_request_is_written_below_the_base_with_its_parameters_encoded() {
    let (head, body) = RequestBuilder::new(Method::GET, &base("https://pbx.example:444/api/"), "record")
        .segment("1639563902.75/ä?")
        .query("q", "a&b=c d+")
        .authorize(&Authorization::bearer("KEY"))
        .finish()
        .expect("a request");
    assert_eq!(head.method, Method::GET);
    assert_eq!(head.uri.to_string(), "/api/record/1639563902.75%2F%C3%A4%3F?q=a%26b%3Dc+d%2B");
    assert_eq!(head.headers["host"], "pbx.example:444");
    assert_eq!(head.headers["authorization"], "Bearer KEY");
    assert_eq!(body, Body::Empty);
    let query = head.uri.query().expect("a query");
    assert_eq!(query_pairs(query.as_bytes()).collect::<Vec<_>>(), [("q".into(), "a&b=c d+".into())]);
}

#[test]
fn segments_that_name_another_path_are_refused() {
    for segment in ["", ".", ".."] {
        let request = RequestBuilder::new(Method::GET, &base("http://pbx"), "record").segment(segment);
        assert_eq!(request.finish().expect_err("a segment"), BuildError::Segment);
    }
}

#[test]
fn a_segment_is_read_back_unless_it_would_name_another_path() {
    assert_eq!(path_segment("1639563902.75").as_deref(), Some("1639563902.75"));
    assert_eq!(path_segment("%C3%A4%3F+").as_deref(), Some("ä?+"));
    for refused in ["", ".", "..", "%2e%2E", "a%2Fb", "a%5Cb", "a%00", "%FF"] {
        assert_eq!(path_segment(refused), None, "{refused}");
    }
}

#[test]
fn a_refusal_is_answered_with_its_headers() {
    let refusal = BadRequest::text(405, "Method Not Allowed", "why").with_header(header::ALLOW, "GET");
    let response = refusal.to_response();
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET".parse().expect("a value")));
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(*response.body(), Body::Whole("Method Not Allowed".into()));
}

#[test]
fn a_form_has_its_type_and_length() {
    let (head, body) = RequestBuilder::new(Method::POST, &base("http://pbx"), "sendSMS")
        .form([("to", "600100200"), ("body", "zażółć & co")])
        .finish()
        .expect("a request");
    let Body::Whole(body) = body else { panic!("a body") };
    assert_eq!(body, "to=600100200&body=za%C5%BC%C3%B3%C5%82%C4%87+%26+co");
    assert_eq!(head.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(head.headers["content-length"], body.len().to_string());
}

#[test]
fn authorization_is_read_back_as_it_was_written_and_never_printed() {
    let password = "pa:ss wörd";
    for auth in [Authorization::basic("jürgen", password), Authorization::bearer(password.replace('ö', "o"))] {
        let (head, _) =
            RequestBuilder::new(Method::GET, &base("http://pbx"), "").authorize(&auth).finish().expect("a request");
        let value = &head.headers["authorization"];
        assert!(value.is_sensitive());
        let read = Authorization::from_header(value).expect("readable");
        for shown in [format!("{auth:?}"), format!("{read:?}"), format!("{:?}", head.headers)] {
            assert!(!shown.contains("ss w") && !shown.contains("cGE6"), "{shown}");
        }
        match (auth, read) {
            (Authorization::Basic { user, password }, Authorization::Basic { user: seen, password: read }) => {
                assert_eq!(user, seen);
                assert!(password.matches(&read));
            }
            (Authorization::Bearer(token), Authorization::Bearer(read)) => assert!(token.matches(&read)),
            (sent, read) => panic!("{sent:?} was read as {read:?}"),
        }
    }
    // The document's own pair of key and header.
    let (head, _) = RequestBuilder::new(Method::GET, &base("http://pbx"), "")
        .authorize(&Authorization::basic("apiKey", "8d0a0704"))
        .finish()
        .expect("a request");
    assert_eq!(head.headers["authorization"], "Basic YXBpS2V5OjhkMGEwNzA0");
}

#[test]
fn what_no_header_can_say_is_an_error() {
    for (auth, error) in [
        (Authorization::basic("a:b", "x"), BuildError::UserName),
        (Authorization::bearer("line\nbreak"), BuildError::Token),
    ] {
        let request = RequestBuilder::new(Method::GET, &base("http://pbx"), "").authorize(&auth);
        assert_eq!(request.finish().expect_err("no header"), error);
    }
}

#[test]
fn a_key_in_the_query_is_sent_and_not_printed() {
    let auth = Authorization::Query { name: "key", key: "s3cret".into() };
    let request = RequestBuilder::new(Method::GET, &base("http://pbx"), "users").authorize(&auth);
    assert!(!format!("{request:?}{auth:?}").contains("s3cret"));
    assert_eq!(request.finish().expect("a request").0.uri, "/users?key=s3cret");
}

#[test]
fn retry_after_is_read_as_seconds_and_against_the_answers_own_date() {
    let wait = |headers: &[(&str, &str)]| retry_after(&head(503, headers).headers);
    assert_eq!(wait(&[("retry-after", "120")]), Some(Duration::from_secs(120)));
    let until = ("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT");
    assert_eq!(wait(&[until, ("date", "Wed, 21 Oct 2026 07:27:30 GMT")]), Some(Duration::from_secs(30)));
    assert_eq!(wait(&[until, ("date", "Wed, 21 Oct 2026 07:29:00 GMT")]), Some(Duration::ZERO));
    assert_eq!(wait(&[until]), None);
    assert_eq!(wait(&[("retry-after", "soon")]), None);
}

#[test]
fn the_status_says_what_to_do() {
    for (status, class) in [
        (400, Class::Terminal),
        (401, Class::Reauthenticate),
        (403, Class::Terminal),
        (404, Class::Terminal),
        (408, Class::Retry),
        (429, Class::RetryAfter(Duration::from_secs(7))),
        (500, Class::Retry),
        (502, Class::Retry),
        (503, Class::RetryAfter(Duration::from_secs(7))),
    ] {
        let error = ApiError::refused(&head(status, &[("retry-after", "7")]), None, "why".into());
        assert_eq!(error.class(), class, "{status}");
        assert_eq!(error.failure_kind(), ExchangeFailureKind::Status { status, class });
    }
}

#[test]
fn an_error_keeps_the_body_and_does_not_print_it() {
    let error = ApiError::refused(&head(500, &[]), Some("Action Error"), "number 600100200".into());
    assert_eq!(error.to_string(), "the server answered 500: Action Error");
    assert!(!format!("{error:?}").contains("600100200"));
    assert_eq!(error.body, "number 600100200");
    let long = ApiError::new(&head(200, &[]), ApiErrorKind::TooLong { limit: 10 }, Default::default());
    assert_eq!(long.class(), Class::Terminal);
}

#[test]
fn the_meter_says_nothing_perhaps_and_all_at_every_byte() {
    let request = b"POST /sendSMS HTTP/1.1\r\nhost: pbx\r\ncontent-length: 6\r\n\r\nto=600";
    let body = Body::Whole("to=600".into());
    for cut in 0..=request.len() {
        for step in [1, 2, 3, 7, request.len()] {
            let mut meter = SentMeter::new(&body);
            for piece in request[..cut].chunks(step) {
                meter.wrote(piece);
            }
            let expected = match cut {
                0 => Sent::Nothing,
                _ if cut == request.len() => Sent::All,
                _ => Sent::Maybe,
            };
            assert_eq!(meter.sent(), expected, "{cut} bytes in steps of {step}");
        }
    }
}

#[test]
fn the_meter_finds_the_end_of_a_head_behind_stray_returns() {
    let mut meter = SentMeter::new(&Body::Empty);
    meter.wrote(b"GET / HTTP/1.1\r\r\n\r\r\n");
    assert_eq!(meter.sent(), Sent::Maybe);
    meter.wrote(b"\r\n");
    assert_eq!(meter.sent(), Sent::All);
    let mut unknown = SentMeter::new(&Body::Stream { length: None });
    unknown.wrote(b"PUT / HTTP/1.1\r\n\r\nanything");
    assert_eq!(unknown.sent(), Sent::Maybe);
}

#[test]
fn a_target_is_shown_without_the_values_of_secret_parameters() {
    let shown = |uri: &str| {
        let (mut head, _) = RequestBuilder::new(Method::GET, &base("http://pbx"), "x").finish().expect("a request");
        head.uri = uri.parse().expect("a target");
        shown_target(&head, &["key"])
    };
    assert_eq!(shown("/users?status=1&key=s3cret&x=2"), "GET /users?status=1&key=[redacted]&x=2");
    assert_eq!(shown("/users?k%65y=s3cret"), "GET /users?key=[redacted]");
    assert_eq!(shown("/users"), "GET /users");
}

#[test]
fn what_failed_a_call_is_told_to_a_poller() {
    let empty = ApiError::new(&head(200, &[]), ApiErrorKind::Empty, Default::default());
    assert_eq!(empty.class(), Class::Retry);
    let failure = ExchangeFailure::from(CallError::from(empty));
    assert_eq!(failure, ExchangeFailure::new(ExchangeFailureKind::Empty, Sent::All));
    let failure = ExchangeFailure::from(CallError::from(BuildError::UserName));
    assert_eq!((failure.class(), failure.sent), (Class::Terminal, Sent::Nothing));
}
