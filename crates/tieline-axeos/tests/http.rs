//! The calls as HTTP, both roles.

use bytes::Bytes;
use tieline_axeos::http::{Auth, CallForm, Events, MakeCall, Phones, Request, SECRET_PARAMETERS, Users, json_response};
use tieline_axeos::poller::{Answer, Ask};
use tieline_axeos::{CallReply, CallRequest, CallStatus, Listing, Poll};
use tieline_core::Text;
use tieline_core::http::{
    ApiErrorKind, Authorization, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestHead, Response,
    ResponseHead, Serve, header, shown_target,
};
use tieline_core::{Class, ExchangeFailureKind};
use tieline_testkit::AXEOS;

fn base() -> BaseUrl {
    "https://pbx.example.com/apis/pbx/".parse().expect("an address")
}

fn request<E: Endpoint>(endpoint: &E, auth: &Auth) -> (RequestHead, Body) {
    endpoint.to_request(&base(), &auth.to_authorization()).expect("a request")
}

fn key() -> Auth {
    Auth::api_key("8d0a0704")
}

fn head(status: u16) -> ResponseHead {
    Response::builder().status(status).body(()).expect("a head").into_parts().0
}

fn whole(body: &Body) -> Bytes {
    match body {
        Body::Whole(bytes) => bytes.clone(),
        _ => Bytes::new(),
    }
}

fn read(head: &RequestHead, body: &Body) -> Result<Request, (u16, &'static str)> {
    Request::read(head, &whole(body)).map_err(|refusal| (refusal.status, refusal.reason))
}

/// A request as anybody may write it.
fn wild(method: Method, target: &str, content_type: &str, body: &str) -> Result<Request, (u16, &'static str)> {
    let (mut head, _) = request(&Users::default(), &key());
    head.method = method;
    head.uri = target.parse().expect("a target");
    if !content_type.is_empty() {
        head.headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
    }
    read(&head, &Body::Whole(Bytes::copy_from_slice(body.as_bytes())))
}

#[test]
fn requests_are_those_of_the_reference_client() {
    let mut poll = Poll::default();
    poll.last = Some(7);
    poll.limit = Some(1);
    poll.timeout = Some(0);
    for (head, target) in [
        (request(&Users::default(), &key()).0, "/apis/pbx/users?status=1"),
        (request(&Phones::default(), &key()).0, "/apis/pbx/phones?status=1"),
        (request(&Events::new(Poll::NEWEST), &key()).0, "/apis/pbx/events?limit=1&timeout=0"),
        (request(&Events::new(Poll::after(7, 30)), &key()).0, "/apis/pbx/events?last=7&timeout=30"),
        (request(&Events::new(poll), &key()).0, "/apis/pbx/events?last=7&limit=1&timeout=0"),
        (request(&Events::new(Poll::default()), &key()).0, "/apis/pbx/events"),
    ] {
        assert_eq!((&head.method, head.uri.to_string()), (&Method::GET, target.to_owned()));
        assert_eq!(head.headers["accept"], "application/json");
        assert_eq!(head.headers["authorization"], "Basic YXBpS2V5OjhkMGEwNzA0");
    }
}

#[test]
fn the_three_ways_of_authentication_are_read_back_and_never_printed() {
    for (auth, shown) in [
        (Auth::user("jürgen", "s3cret:ö"), "GET /apis/pbx/users?status=1"),
        (Auth::api_key("s3cret"), "GET /apis/pbx/users?status=1"),
        (Auth::query_key("s3cret"), "GET /apis/pbx/users?status=1&key=[redacted]"),
    ] {
        let (head, _) = request(&Users::default(), &auth);
        assert!(Auth::of(&head).expect("somebody").matches(&auth));
        assert!(!format!("{auth:?}{:?}{:?}", auth.to_authorization(), head.headers).contains("s3cret"));
        assert_eq!(shown_target(&head, SECRET_PARAMETERS), shown);
    }
}

#[test]
fn a_key_counts_the_same_in_header_and_query_and_a_user_of_that_name_is_none() {
    assert!(Auth::api_key("k").matches(&Auth::query_key("k")));
    assert!(!Auth::api_key("k").matches(&Auth::query_key("K")));
    assert!(!Auth::user("u", "k").matches(&Auth::api_key("k")));
    assert!(!Auth::user("u", "k").matches(&Auth::user("v", "k")));
    let (head, _) = request(&Users::default(), &Auth::user("apiKey", "k"));
    assert!(Auth::of(&head).expect("somebody").matches(&Auth::api_key("k")));
}

#[test]
fn who_says_nothing_that_can_be_read_is_nobody() {
    let (mut head, _) = request(&Users::default(), &key());
    for value in ["Bearer x", "Basic ???", "Basic", "Digest x"] {
        head.headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
        assert!(Auth::of(&head).is_none(), "{value}");
    }
    head.headers.remove(header::AUTHORIZATION);
    assert!(Auth::of(&head).is_none());
}

#[test]
fn a_user_name_with_a_colon_cannot_be_said() {
    let auth = Auth::user("a:b", "x").to_authorization();
    assert_eq!(Users::default().to_request(&base(), &auth).expect_err("a colon"), BuildError::UserName);
}

#[test]
fn a_call_is_posted_as_the_vendors_example_posts_it_or_as_json() {
    let call = CallRequest::new("anna", "+4685550100").auto_answer();
    let (head, body) = request(&MakeCall::new(call.clone()), &key());
    assert_eq!((head.method, head.uri.to_string()), (Method::POST, "/apis/pbx/call".into()));
    assert_eq!(whole(&body), "user_name=anna&number=%2B4685550100&auto_answer=true");
    let (head, body) = request(&MakeCall::new(call).written_as(CallForm::Json), &key());
    assert_eq!(head.headers["content-type"], "application/json");
    assert_eq!(whole(&body), r#"{"user_name":"anna","number":"+4685550100","auto_answer":true}"#);
    assert_eq!(MakeCall::REPEAT, Repeat::Never);
    assert_eq!(Ask::REPEAT, Repeat::Never);
}

#[test]
fn a_call_to_what_is_no_number_is_not_sent() {
    for number in ["", "+", "12a", "0046 8", "++1", "12345678901234567890"] {
        let call = MakeCall::new(CallRequest::new("anna", number));
        let refused = call.to_request(&base(), &Authorization::None);
        assert!(matches!(refused, Err(BuildError::Parameter(_))), "{number}");
    }
}

#[test]
fn a_server_reads_what_a_client_writes() {
    let call = CallRequest::new("anna", "0855");
    for form in [CallForm::Form, CallForm::Json] {
        let sent = MakeCall::new(call.clone()).written_as(form);
        let (head, body) = request(&sent, &key());
        assert_eq!(read(&head, &body), Ok(Request::Call(sent)));
    }
    for poll in [Poll::NEWEST, Poll::after(9, 30), Poll::default()] {
        let (head, body) = request(&Events::new(poll), &Auth::query_key("k"));
        assert_eq!(read(&head, &body), Ok(Request::Events(Events::new(poll))));
    }
    let (head, body) = request(&Users::default(), &key());
    assert_eq!(read(&head, &body), Ok(Request::Users(Users::default())));
    let (head, body) = request(&Phones::default(), &key());
    assert_eq!(read(&head, &body), Ok(Request::Phones(Phones::default())));
}

#[test]
fn odd_requests_get_a_clear_answer() {
    let get = |target| wild(Method::GET, target, "", "").expect_err(target);
    for (target, status) in [
        ("/apis/pbx/events?last=x", 400),
        ("/apis/pbx/events?limit=0", 400),
        ("/apis/pbx/events?timeout=soon", 400),
        ("/apis/pbx/users.xml", 406),
        ("/apis/pbx/queues", 404),
        ("/apis/pbx/", 404),
        ("/apis/pbxusers", 404),
        ("/users", 404),
        ("/apis/pbx/users/1", 404),
        ("/apis/pbx/call", 405),
    ] {
        assert_eq!(get(target).0, status, "{target}");
    }
    assert_eq!(get("/apis/pbx/events?last=x").1, "`last` must be a whole number, 0 or more");
    assert_eq!(wild(Method::POST, "/apis/pbx/users", "", "").expect_err("a post").0, 405);
    assert!(wild(Method::GET, "/apis/pbx/users.json", "", "").is_ok());
    assert!(wild(Method::GET, "/apis/pbx/users?status=what&x", "", "").is_ok());
}

#[test]
fn the_body_of_a_call_is_json_or_a_form_as_its_type_says_or_as_it_looks() {
    let post = |content_type, body| wild(Method::POST, "/apis/pbx/call", content_type, body);
    let form = "user_name=anna&number=0855";
    let json = r#"{"user_name":"anna","number":"0855","auto_answer":"false"}"#;
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", form),
        ("application/x-www-form-urlencoded; charset=utf-8", form),
        ("Application/JSON", json),
        ("application/json; charset=utf-8", json),
        ("", form),
        ("", json),
    ] {
        let Ok(Request::Call(call)) = post(content_type, body) else { panic!("{content_type}: {body}") };
        assert_eq!(call.request, CallRequest::new("anna", "0855"));
    }
    for (content_type, body, status, reason) in [
        ("application/json", form, 400, "the body cannot be read"),
        ("application/json", "[]", 400, "the body cannot be read"),
        ("application/json", r#"{"user_name":"anna"}"#, 400, "`number` is missing"),
        ("application/json", r#"{"number":"1"}"#, 400, "`user_name` is missing"),
        (
            "application/json",
            r#"{"user_name":"a","number":"1","auto_answer":"maybe"}"#,
            400,
            "`auto_answer` must be true or false",
        ),
        ("", "", 400, "`user_name` is missing"),
        ("", "user_name=anna&number=1&auto_answer=maybe", 400, "`auto_answer` must be true or false"),
        ("text/xml", "<call/>", 415, "the body must be JSON or a form"),
    ] {
        assert_eq!(post(content_type, body), Err((status, reason)), "{content_type}: {body}");
    }
}

#[test]
fn a_refusal_says_why_in_json() {
    let (head, _) = request(&Events::new(Poll::default()), &key());
    let mut head = head;
    head.uri = "/apis/pbx/events?limit=0".parse().expect("a target");
    let response = Request::read(&head, &[]).expect_err("odd").to_response();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(whole(response.body()), r#"{"error":"`limit` must be a whole number, 1 or more"}"#);
}

#[test]
fn answers_of_our_own_server_are_read_back() {
    let fixture = |name| Text::from(AXEOS.iter().find(|fixture| fixture.name == name).expect(name).text);
    let sent = |response: Response<Body>| {
        let (head, body) = response.into_parts();
        assert_eq!(
            (head.status.as_u16(), &head.headers["content-type"]),
            (200, &"application/json".parse().expect("a header"))
        );
        (head, whole(&body))
    };
    let users = Listing::decode(fixture("assumed/02-users-4x"), 64).expect("users");
    let (head, body) = sent(Users::to_response(&users));
    assert_eq!(Users::default().parse(&head, body).expect("users"), users);
    let phones = Listing::decode(fixture("assumed/03-phones"), 64).expect("phones");
    let (head, body) = sent(Phones::to_response(&phones));
    assert_eq!(Phones::default().parse(&head, body).expect("phones"), phones);
    let events = fixture("assumed/05-events-calls");
    let (head, body) = sent(json_response(&events));
    let batch = Events::new(Poll::NEWEST).parse(&head, body.clone()).expect("events");
    assert_eq!(batch.values().count(), 5);
    assert_eq!(Ask::Poll(Poll::NEWEST).parse(&head, body).expect("events"), Answer::Events(batch));
    let reply = CallReply::success(Text::from("1.2"));
    let (head, body) = sent(MakeCall::to_response(&reply));
    assert_eq!(MakeCall::new(CallRequest::new("a", "1")).parse(&head, body).expect("a reply"), reply);
    let busy = CallReply::<Text>::not_put_through(CallStatus::Busy);
    assert_eq!(whole(MakeCall::to_response(&busy).body()), r#"{"status":"busy"}"#);
}

#[test]
fn an_answer_without_a_body_is_told_from_one_that_cannot_be_read() {
    let parse = |status, body: &'static [u8]| {
        Events::new(Poll::NEWEST).parse(&head(status), Bytes::from_static(body)).expect_err("no events")
    };
    assert_eq!(parse(200, b"").kind, ApiErrorKind::Empty);
    assert_eq!(parse(204, b" \n").failure_kind(), ExchangeFailureKind::Empty);
    let bad = parse(200, b"[{\"seq\":1,\n]");
    assert!(matches!(bad.failure_kind(), ExchangeFailureKind::Unreadable { .. }));
    assert_eq!(bad.to_string(), "the server answered 200: unexpected character, a key expected at line 2, column 1");
    assert!(matches!(parse(200, b"[\"\xff\"]").kind, ApiErrorKind::Decode(_)));
    assert_eq!(parse(404, b"<html>").class(), Class::Terminal);
    assert_eq!(parse(401, b"").class(), Class::Reauthenticate);
    assert_eq!(parse(502, b"").class(), Class::Retry);
}

#[test]
fn every_answer_has_a_longest_length() {
    for ask in [Ask::Poll(Poll::NEWEST), Ask::Users, Ask::Phones, Ask::Call(CallRequest::new("a", "1"))] {
        assert!(matches!(ask.plan(&head(200)), Ok(Plan::Whole { limit: 1.. })), "{ask:?}");
    }
}
