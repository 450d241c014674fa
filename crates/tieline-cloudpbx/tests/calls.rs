//! The five calls, as clients write them, as servers read them, and what their answers mean.

use tieline_cloudpbx::rest::{
    Cdr, Dial, ListLimits, MAX_BODY_CHARS, REQUEST_LIMIT, RecordList, Recording, RecordingHead, Request, SendSms,
    bearer_key, unauthorized,
};
use tieline_cloudpbx::{CdrRecord, DateRange, Listing, SmsResponse, SmsState};
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat,
    RequestHead, Response, ResponseHead, Serve,
};
use tieline_core::{Class, Text};
use tieline_testkit::{CLOUDPBX_REST, RestKind};

fn base() -> BaseUrl {
    "https://api.cloudpbx.pl".parse().expect("an address")
}

fn key() -> Authorization {
    Authorization::bearer("KEY")
}

fn range() -> DateRange {
    DateRange::new("2021-10-01".parse().expect("a date"), "2021-10-07".parse().expect("a date")).expect("a range")
}

fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(()).expect("a head").into_parts().0
}

/// A call as it stands on the wire.
fn written(endpoint: &impl Endpoint) -> (String, String) {
    let (head, body) = endpoint.to_request(&base(), &key()).expect("a request");
    assert_eq!(head.headers["authorization"], "Bearer KEY");
    assert_eq!(head.headers["host"], "api.cloudpbx.pl");
    let body = match body {
        Body::Empty => String::new(),
        Body::Whole(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{other:?}"),
    };
    (format!("{} {}", head.method, head.uri), body)
}

/// What a server makes of a request.
fn served(method: &str, target: &str, body: &[u8]) -> Result<Request, BadRequest> {
    Request::parse(&request(method, target), body)
}

fn request(method: &str, target: &str) -> RequestHead {
    let (mut head, _) = Recording::new("x").to_request(&base(), &Authorization::None).expect("a request");
    head.method = Method::from_bytes(method.as_bytes()).expect("a method");
    head.uri = target.parse().expect("a target");
    head
}

fn refused(method: &str, target: &str, body: &str) -> (u16, String) {
    let bad = served(method, target, body.as_bytes()).expect_err("a refusal");
    answer(bad.to_response())
}

fn answer(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let Body::Whole(body) = response.into_body() else { panic!("a body") };
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

/// What the answer with this status and body means.
fn parsed<E: Endpoint>(endpoint: &E, status: u16, body: &str) -> Result<E::Reply, ApiError> {
    endpoint.parse(&head(status, &[]), body.to_owned().into())
}

fn code(error: &ApiError) -> Option<&'static str> {
    match error.kind {
        ApiErrorKind::Refused { code } => code,
        ref other => panic!("{other:?}"),
    }
}

fn sample(kind: RestKind) -> &'static str {
    CLOUDPBX_REST.iter().find(|fixture| fixture.kind == kind).expect("a sample").text
}

#[test]
fn each_call_is_written_as_the_document_shows_it() {
    let sms = SendSms::new("600100200", "Zażółć & co");
    for ((line, body), expected_line, expected_body) in [
        (written(&Cdr::today()), "GET /cdr", ""),
        (written(&Cdr::of(range())), "GET /cdr?datestart=2021-10-01&datestop=2021-10-07", ""),
        (written(&RecordList::today()), "GET /record", ""),
        (written(&RecordList::of(range())), "GET /record?datestart=2021-10-01&datestop=2021-10-07", ""),
        (written(&Recording::new("1552558647.371")), "GET /record/1552558647.371", ""),
        (written(&Dial::new("101", "+48 600")), "GET /dial?cpa=101&cpb=%2B48+600", ""),
        (written(&sms), "POST /sendSMS", "to=600100200&body=Za%C5%BC%C3%B3%C5%82%C4%87+%26+co"),
        (
            written(&sms.clone().test()),
            "POST /sendSMS",
            "to=600100200&body=Za%C5%BC%C3%B3%C5%82%C4%87+%26+co&test=true",
        ),
    ] {
        assert_eq!((line.as_str(), body.as_str()), (expected_line, expected_body));
    }
}

#[test]
fn a_server_reads_each_call_as_a_client_wrote_it() {
    for request in [
        Request::Cdr(Cdr::today()),
        Request::Cdr(Cdr::of(range())),
        Request::RecordList(RecordList::of(range())),
        Request::Recording(Recording::new("1552558647.371")),
        Request::Recording(Recording::new("ä ?%#")),
        Request::Dial(Dial::new("101", "+48 600")),
        Request::SendSms(SendSms::new("600100200", "a+b=c&d % ż\n")),
        Request::SendSms(SendSms::new("600100200", "x").test()),
    ] {
        let (head, body) = match &request {
            Request::Cdr(call) => call.to_request(&base(), &key()),
            Request::RecordList(call) => call.to_request(&base(), &key()),
            Request::Recording(call) => call.to_request(&base(), &key()),
            Request::Dial(call) => call.to_request(&base(), &key()),
            Request::SendSms(call) => call.to_request(&base(), &key()),
            other => panic!("{other:?}"),
        }
        .expect("a request");
        let body = if let Body::Whole(body) = body { body } else { Default::default() };
        assert_eq!(Request::parse(&head, &body), Ok(request));
        assert!(bearer_key(&head).expect("a key").matches(&"KEY".into()));
    }
}

#[test]
fn only_the_two_commands_are_never_repeated() {
    assert_eq!([Cdr::REPEAT, RecordList::REPEAT, Recording::REPEAT], [Repeat::Safe; 3]);
    assert_eq!([Dial::REPEAT, SendSms::REPEAT], [Repeat::Never; 2]);
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is() {
    let long = "ż".repeat(MAX_BODY_CHARS + 1);
    for (sms, error) in [
        (SendSms::new("60010020", "x"), "`to` must be nine digits"),
        (SendSms::new("+48600100200", "x"), "`to` must be nine digits"),
        (SendSms::new("600 100 2", "x"), "`to` must be nine digits"),
        (SendSms::new("600100200", ""), "`body` is empty"),
        (SendSms::new("600100200", long), "`body` is longer than 1024 characters"),
    ] {
        assert_eq!(sms.to_request(&base(), &key()).expect_err(error), BuildError::Parameter(error));
    }
    for (dial, error) in [(Dial::new("", "200"), "`cpa` is empty"), (Dial::new("101", " "), "`cpb` is empty")] {
        assert_eq!(dial.to_request(&base(), &key()).expect_err(error), BuildError::Parameter(error));
    }
    for id in ["", ".", ".."] {
        assert_eq!(Recording::new(id).to_request(&base(), &key()).expect_err(id), BuildError::Segment);
    }
}

#[test]
fn a_message_is_counted_in_characters_and_its_longest_form_fits_a_server() {
    let sms = SendSms::new("600100200", "𝄞".repeat(MAX_BODY_CHARS)).test();
    let (_, body) = written(&sms);
    assert!(body.len() <= REQUEST_LIMIT);
    assert_eq!(served("POST", "/sendSMS", body.as_bytes()), Ok(Request::SendSms(sms)));
}

#[test]
fn debug_of_a_message_shows_neither_number_nor_text() {
    let shown = format!("{:?}", Request::SendSms(SendSms::new("600100200", "tajne")));
    assert!(!shown.contains("600100200") && !shown.contains("tajne"), "{shown}");
}

#[test]
fn the_documents_curl_commands_are_understood() {
    let cdr = Request::Cdr(Cdr::of(range()));
    assert_eq!(served("GET", "/cdr?datestart=2021-10-01&datestop=2021-10-07", b""), Ok(cdr));
    assert_eq!(served("GET", "/dial?cpa=101&cpb=200", b""), Ok(Request::Dial(Dial::new("101", "200"))));
    // As curl -d sends it: bytes as they are.
    let sms = Request::SendSms(SendSms::new("600100200", "Zażółć gęślą"));
    assert_eq!(served("POST", "/sendSMS", "to=600100200&body=Zażółć gęślą".as_bytes()), Ok(sms));
    // An unquoted `&` ends the command in a shell, so only the first date is sent.
    let Ok(Request::Cdr(cut)) = served("GET", "/cdr?datestart=2021-10-01", b"") else { panic!("cdr") };
    assert_eq!((cut.datestart, cut.datestop), (Some(range().first()), None));
    assert_eq!(served("GET", "/cdr/?datestart=&datestop=", b""), Ok(Request::Cdr(Cdr::today())));
}

#[test]
fn a_message_is_a_test_when_the_parameter_contains_true() {
    for (value, test) in [("true", true), ("x-true-x", true), ("1", false), ("", false), ("True", false)] {
        let body = format!("to=600100200&body=x&test={value}");
        let Ok(Request::SendSms(sms)) = served("POST", "/sendSMS", body.as_bytes()) else { panic!("{value}") };
        assert_eq!(sms.test, test, "{value}");
    }
}

#[test]
fn a_parameter_that_is_missing_or_wrong_is_answered_in_the_documents_words() {
    let missing = (400, "Parameter is missing".to_owned());
    let long = format!("to=600100200&body={}", "x".repeat(MAX_BODY_CHARS + 1));
    for body in ["", "to=600100200", "body=x", "to=48600100200&body=x", "to=60010020x&body=x", "{\"to\":\"1\"}", &long]
    {
        assert_eq!(refused("POST", "/sendSMS", body), missing, "{body}");
    }
    for target in ["/dial", "/dial?cpa=101", "/dial?cpa=&cpb=200", "/cdr?datestart=2021-02-29", "/record?datestop=x"] {
        assert_eq!(refused("GET", target, ""), missing, "{target}");
    }
}

#[test]
fn other_paths_are_not_found_and_other_methods_not_allowed() {
    for target in ["/", "/cdrs", "/cdr/1", "/CDR", "/sendsms", "/dial/101", "/record/a/b", "/record/..", "/record/%2e"]
    {
        let method = if target == "/sendsms" { "POST" } else { "GET" };
        assert_eq!(refused(method, target, "").0, 404, "{target}");
    }
    for (method, target, allow) in [
        ("POST", "/cdr", "GET"),
        ("HEAD", "/dial?cpa=101&cpb=200", "GET"),
        ("POST", "/dial?cpa=101&cpb=200", "GET"),
        ("DELETE", "/record/1.1", "GET"),
        ("GET", "/sendSMS?to=600100200&body=x", "POST"),
    ] {
        let response = served(method, target, b"").expect_err("a refusal").to_response();
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &allow.parse().expect("a value")));
    }
}

#[test]
fn a_request_without_a_bearer_key_has_none() {
    for value in ["Basic YTpi", "KEY", ""] {
        let mut head = request("GET", "/cdr");
        head.headers.insert("authorization", value.parse().expect("a value"));
        assert!(bearer_key(&head).is_none(), "{value}");
    }
    assert!(bearer_key(&request("GET", "/cdr")).is_none());
    let response = unauthorized().to_response();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["www-authenticate"]),
        (401, &"Bearer".parse().expect("a value"))
    );
}

#[test]
fn the_lists_of_the_document_are_read() {
    let cdrs = parsed(&Cdr::today(), 200, sample(RestKind::Cdr)).expect("a list");
    assert_eq!(cdrs.records().next().expect("a record").src.as_deref(), Some("101"));
    let recordings = parsed(&RecordList::today(), 200, sample(RestKind::Record)).expect("a list");
    assert_eq!(recordings.records().next().expect("a record").format.as_deref(), Some("wav"));
}

#[test]
fn a_list_that_a_server_writes_is_read_the_same() {
    let mut record = CdrRecord::<Text>::default();
    record.src = Some("a/b \"c\"\n".into());
    let response = Cdr::to_response(&Listing::new([record.clone()]));
    assert_eq!(response.headers()["content-type"], "application/json");
    let (status, body) = answer(response);
    assert_eq!(body, r#"[{"src":"a/b \"c\"\n"}]"#);
    let read = parsed(&Cdr::today(), status, &body).expect("a list");
    assert_eq!(read.rows, [Ok(record)]);
}

#[test]
fn a_list_that_is_none_is_an_error_that_keeps_the_body() {
    for (status, body) in [(200, "{}"), (200, ""), (200, "<html>"), (500, "[]"), (204, ""), (302, "x"), (403, "no")] {
        let error = parsed(&Cdr::today(), status, body).expect_err("no list");
        assert_eq!((error.status, &*error.body), (status, body.as_bytes()));
    }
    let error = Cdr::today().parse(&head(200, &[]), b"[\xff]".as_slice().into()).expect_err("no text");
    assert_eq!(
        (error.kind.to_string(), &*error.body),
        ("the text is not UTF-8 at line 1, column 2".into(), &b"[\xff]"[..])
    );
}

#[test]
fn a_list_is_taken_up_to_its_limits() {
    let mut call = Cdr::today();
    call.limits = ListLimits { bytes: 100, rows: 2 };
    assert_eq!(call.plan(&head(200, &[])), Ok(Plan::Whole { limit: 100 }));
    let error = parsed(&call, 200, "[{},{},{}]").expect_err("too many");
    assert_eq!(error.kind, ApiErrorKind::Unexpected("the list has more rows than the limit"));
    assert_eq!(&*error.body, b"[{},{},{}]");
}

#[test]
fn a_recording_is_streamed_with_what_its_head_says() {
    let plan = |headers| Recording::new("1.1").plan(&head(200, headers));
    let mut told = RecordingHead::new("wav", Some(5_000_000_000));
    assert_eq!(
        plan(&[("content-length", "5000000000"), ("content-type", "audio/wav")]),
        Ok(Plan::Stream(told.clone()))
    );
    (told.length, told.content_type) = (None, None);
    assert_eq!(plan(&[]), Ok(Plan::Stream(told)));
    for header in [("content-length", "many"), ("content-encoding", "gzip")] {
        assert!(matches!(
            Recording::new("1.1").plan(&head(200, &[header])).expect_err("unusable").kind,
            ApiErrorKind::Unexpected(_)
        ));
    }
    assert!(plan(&[("content-encoding", "identity")]).is_ok());
}

#[test]
fn a_refused_recording_is_an_error_and_no_recording() {
    let call = Recording::new("1.1");
    assert!(matches!(call.plan(&head(404, &[])), Ok(Plan::Whole { .. })));
    let error = parsed(&call, 404, "Not Found").expect_err("refused");
    assert_eq!((error.class(), code(&error), &*error.body), (Class::Terminal, None, &b"Not Found"[..]));
    assert!(parsed(&call, 200, "RIFF").is_err());
    assert_eq!(answer(Recording::not_found().to_response()), (404, "Not Found".into()));
}

#[test]
fn a_server_streams_a_recording_with_its_length_and_type() {
    let response = Recording::to_response(&RecordingHead::new("wav", Some(44)));
    assert_eq!(response.headers()["content-type"], "audio/wav");
    assert_eq!(response.headers()["content-length"], "44");
    assert_eq!(*response.body(), Body::Stream { length: Some(44) });
    assert!(!Recording::to_response(&RecordingHead::new("xyz", None)).headers().contains_key("content-length"));
}

#[test]
fn dial_answers_ok_or_action_error() {
    let call = Dial::new("101", "200");
    for body in ["OK", "OK\n", "\"OK\""] {
        assert_eq!(parsed(&call, 200, body), Ok(()), "{body:?}");
    }
    assert_eq!(answer(Dial::to_response(&())), (200, "OK".into()));
    assert_eq!(answer(Dial::action_error("no such number").to_response()), (500, "Action Error".into()));
    let error = parsed(&call, 500, "Action Error\n").expect_err("refused");
    assert_eq!(
        (code(&error), error.to_string()),
        (Some("Action Error"), "the server answered 500: Action Error".into())
    );
}

#[test]
fn any_other_answer_of_dial_is_an_error_that_keeps_the_body() {
    let call = Dial::new("101", "200");
    let error = parsed(&call, 200, "<html>OK</html>").expect_err("not OK");
    assert_eq!(error.kind, ApiErrorKind::Unexpected("the answer is not `OK`"));
    assert_eq!(&*error.body, b"<html>OK</html>");
    for (status, body, word) in [
        (500, "Fatal error", None),
        (500, "OK", None),
        (400, "Action Error", None),
        (400, "Parameter is missing", Some("Parameter is missing")),
        (201, "OK", None),
        (401, "", None),
    ] {
        let error = parsed(&call, status, body).expect_err("refused");
        assert_eq!((error.status, code(&error), &*error.body), (status, word, body.as_bytes()));
    }
}

#[test]
fn send_sms_answers_a_response_that_says_what_became_of_it() {
    let call = SendSms::new("600100200", "x");
    let reply = parsed(&call, 200, sample(RestKind::SendSms)).expect("accepted");
    assert_eq!(reply, SmsResponse::accepted("3421756012963258480".into(), SmsState::Queue));
    let (status, body) = answer(SendSms::to_response(&reply));
    assert_eq!(parsed(&call, status, &body), Ok(reply));
}

#[test]
fn a_response_with_500_is_a_refusal_whose_message_can_be_had() {
    let call = SendSms::new("600100200", "x");
    let failed = SmsResponse::failed(None, SmsState::Failed, Text::from("Numer 600100200 zablokowany"));
    let (status, body) = answer(SendSms::failed(&failed, "blocked").to_response());
    assert_eq!(status, 500);
    let error = parsed(&call, status, &body).expect_err("refused");
    assert_eq!(code(&error), Some("RESPONSE"));
    assert!(!format!("{error} {error:?}").contains("600100200"));
    let read = SendSms::response_of(&error).expect("a RESPONSE");
    assert_eq!(read, failed);
    assert_eq!(read.error_message(), Some("Numer 600100200 zablokowany"));
}

#[test]
fn a_response_with_a_message_is_a_refusal_whatever_its_status() {
    let call = SendSms::new("600100200", "x");
    let body = r#"{"responseId":"1","responseStatus":"QUEUE","responseErrorMessage":"no gateway"}"#;
    assert_eq!(code(&parsed(&call, 200, body).expect_err("refused")), Some("RESPONSE"));
    let empty = r#"{"responseId":"1","responseStatus":"QUEUE","responseErrorMessage":""}"#;
    assert!(parsed(&call, 200, empty).is_ok());
}

#[test]
fn any_other_answer_of_send_sms_is_an_error_that_keeps_the_body() {
    let call = SendSms::new("600100200", "x");
    for body in ["{}", r#"{"responseId":null}"#, r#"{"responseId":""}"#, "OK", "", "[]", r#"{"responseId":{}}"#] {
        let error = parsed(&call, 200, body).expect_err("no RESPONSE");
        assert!(!matches!(error.kind, ApiErrorKind::Refused { .. }), "{body}");
        assert_eq!(&*error.body, body.as_bytes());
    }
    for (status, body, word) in [
        (400, "Parameter is missing", Some("Parameter is missing")),
        (400, "Bad", None),
        (500, "{}", None),
        (500, "Internal Server Error", None),
        (403, "", None),
    ] {
        let error = parsed(&call, status, body).expect_err("refused");
        assert_eq!((code(&error), &*error.body), (word, body.as_bytes()), "{status} {body}");
    }
}
