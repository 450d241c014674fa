//! Files: uploads and downloads of both roles, names, redirects.

use proptest::prelude::*;
use tieline_core::Class;
use tieline_core::Timestamp;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BaseUrl, Body, Endpoint, Plan, RequestHead, Response, ResponseHead, Serve,
    header,
};
use tieline_portsip_im::file::multipart::{Boundary, MultipartError};
use tieline_portsip_im::file::{
    Download, FileHead, Incoming, MAX_NAME, ReceiveUpload, Received, RedirectError, Upload, UploadLimits,
    UploadRefused, redirected, refused, safe_name, token_of, uploaded,
};
use tieline_portsip_im::{FileRef, Status};
use tieline_testkit::IM;

const ID: &str = "93db2d24-6663-4071-a373-586b184be576";
const FILE: &str = "NDW4_NYseeH20iuC3rih_wAAwItyRIMM";

fn base() -> BaseUrl {
    "https://pbx.portsip.com:8887".parse().expect("an address")
}

fn upload(length: u64) -> Upload {
    Upload::new(ID, "a.txt", "text/plain", length, &Boundary::new([1; 16])).expect("an upload")
}

fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(()).expect("an answer").into_parts().0
}

#[test]
fn an_upload_is_a_form_with_an_exact_length_and_the_token() {
    let (head, body) = upload(5 << 30).to_request(&base(), &Authorization::token("AAAAhnJB")).expect("a request");
    assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/im/file"));
    assert_eq!(head.headers[header::AUTHORIZATION], "token AAAAhnJB");
    let Body::Stream { length: Some(length) } = body else { panic!("a stream") };
    assert_eq!(head.headers[header::CONTENT_LENGTH], length.to_string().as_str());
    assert!(length > 5 << 30 && length < (5 << 30) + 1000, "{length}");
    assert!(!format!("{head:?}").contains("AAAAhnJB"));
    assert!(token_of(&head).expect("a token").matches(&"AAAAhnJB".into()));
}

#[test]
fn the_documented_answer_brings_the_file() {
    let sample = IM.iter().find(|sample| sample.text.contains(FILE)).expect("a sample");
    let reply = upload(1).parse(&head(200, &[]), sample.text.into()).expect("a file");
    assert_eq!((reply.file.bare_id(), reply.id.as_deref()), (Some(FILE), Some(ID)));
}

#[test]
fn a_refused_upload_keeps_its_words_and_its_class() {
    let body = format!(r#"{{"ctrl":{{"id":"{ID}","code":413,"text":"too large","ts":"2024-10-24T01:13:54Z"}}}}"#);
    for status in [413, 200] {
        let error = upload(1).parse(&head(status, &[]), body.clone().into()).expect_err("refused");
        assert_eq!(error.kind, ApiErrorKind::Refused { code: Some("too large") }, "{error}");
    }
    let error = upload(1).parse(&head(401, &[]), "who are you?".into()).expect_err("refused");
    assert_eq!((error.class(), error.kind), (Class::Reauthenticate, ApiErrorKind::Refused { code: None }));
    // A body is never sent a second time to where it was not meant for.
    let error = upload(1).parse(&head(307, &[("location", "https://elsewhere")]), "".into()).expect_err("refused");
    assert_eq!(error.class(), Class::Terminal);
}

#[test]
fn a_success_without_a_file_is_an_error() {
    for body in ["", "{}", "[]", "\u{7f}", r#"{"ctrl":{"code":200}}"#, r#"{"ctrl":{"code":200,"params":{"url":""}}}"#] {
        upload(1).parse(&head(200, &[]), body.into()).expect_err(body);
    }
}

fn receive(
    request: &RequestHead,
    pieces: &[&[u8]],
    limits: UploadLimits,
) -> Result<(String, Vec<u8>, Received), UploadRefused> {
    let mut receiving = ReceiveUpload::new(request, limits)?;
    let (mut name, mut bytes) = (String::new(), Vec::new());
    for piece in pieces {
        receiving.feed(piece);
        while let Some(incoming) = receiving.poll()? {
            match incoming {
                Incoming::File(file) => name = file.name,
                Incoming::Data(data) => bytes.extend_from_slice(&data),
                other => panic!("{other:?}"),
            }
        }
    }
    Ok((name, bytes, receiving.finish()?))
}

#[test]
fn a_server_reads_what_a_client_uploads_and_a_client_what_it_answers() {
    let upload = upload(5);
    let (request, _) = upload.to_request(&base(), &Authorization::token("AAAA")).expect("a request");
    let body = [&*upload.form.prefix, b"hello", &*upload.form.suffix].concat();
    let pieces: Vec<&[u8]> = body.chunks(7).collect();
    let (name, bytes, received) = receive(&request, &pieces, UploadLimits::default()).expect("whole");
    assert_eq!(
        (name.as_str(), &*bytes, received.length, received.id.as_deref()),
        ("a.txt", &b"hello"[..], 5, Some(ID))
    );
    let ts = Timestamp::new("2024-10-24T01:13:54.464796Z".to_owned());
    let (head, Body::Whole(answer)) = uploaded(received.id.as_deref(), &FileRef::from(FILE), ts.clone()).into_parts()
    else {
        panic!("a body")
    };
    assert_eq!(upload.parse(&head, answer).expect("a file").file.as_str(), FILE);
    let bad = refused(Status::TOO_LARGE, Some(ID), ts, "too long");
    let (head, Body::Whole(answer)) = bad.to_response().into_parts() else { panic!("a body") };
    let error = upload.parse(&head, answer).expect_err("refused");
    assert_eq!((error.status, error.kind), (413, ApiErrorKind::Refused { code: Some("too large") }));
}

/// A form of these parts, and the head it comes with.
fn form(parts: &[(&str, &str)]) -> (RequestHead, Vec<u8>) {
    let (mut request, _) = upload(0).to_request(&base(), &Authorization::None).expect("a request");
    request.headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=B".parse().expect("a value"));
    request.headers.remove(header::CONTENT_LENGTH);
    let mut body = String::new();
    for (name, value) in parts {
        body.push_str(&format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--B--\r\n");
    (request, body.into_bytes())
}

fn receive_form(parts: &[(&str, &str)], limits: UploadLimits) -> Result<(String, Vec<u8>, Received), UploadRefused> {
    let (request, body) = form(parts);
    receive(&request, &[&body], limits)
}

#[test]
fn the_fields_may_come_in_any_order_with_others_among_them() {
    let (name, bytes, received) =
        receive_form(&[("topic", "x"), ("file", "abc"), ("sid", ""), ("id", "7")], UploadLimits::default())
            .expect("whole");
    assert_eq!((name.as_str(), &*bytes, received.id.as_deref()), ("file", &b"abc"[..], Some("7")));
}

#[test]
fn an_upload_beyond_a_limit_is_refused_before_it_is_taken() {
    let mut limits = UploadLimits::default();
    (limits.file, limits.field) = (3, 3);
    receive_form(&[("id", "123"), ("file", "abc")], limits).expect("within");
    assert_eq!(receive_form(&[("file", "abcd")], limits).expect_err("long"), UploadRefused::TooLarge);
    assert_eq!(receive_form(&[("id", "1234"), ("file", "")], limits).expect_err("long"), UploadRefused::LongField);
    assert_eq!(receive_form(&[("other", "1234")], limits).expect_err("long"), UploadRefused::LongField);
    assert_eq!(
        (UploadRefused::TooLarge.status(), UploadRefused::NoFile.status()),
        (Status::TOO_LARGE, Status::MALFORMED)
    );
    let (mut request, _) = form(&[]);
    request.headers.insert(header::CONTENT_LENGTH, u64::MAX.into());
    assert_eq!(receive(&request, &[], limits).expect_err("long"), UploadRefused::TooLarge);
}

#[test]
fn an_upload_that_is_none_is_refused() {
    let limits = UploadLimits::default();
    assert_eq!(receive_form(&[("id", "7")], limits).expect_err("none"), UploadRefused::NoFile);
    assert_eq!(receive_form(&[("file", "a"), ("file", "b")], limits).expect_err("two"), UploadRefused::SecondFile);
    let (request, body) = form(&[("id", "7"), ("file", "abc")]);
    let cut = receive(&request, &[&body[..body.len() - 5]], limits).expect_err("cut");
    assert_eq!(cut, UploadRefused::Form(MultipartError::Cut));
    let (mut request, _) = form(&[]);
    request.headers.insert(header::CONTENT_TYPE, "text/plain".parse().expect("a value"));
    assert_eq!(receive(&request, &[], limits).expect_err("no form"), UploadRefused::NoForm);
}

fn download() -> Download {
    Download::new(&FileRef::from(FILE)).expect("an id")
}

fn planned(call: &Download, head: &ResponseHead) -> Result<FileHead, ApiError> {
    match call.plan(head)? {
        Plan::Stream(file) => Ok(file),
        Plan::Whole { .. } => Err(call.parse(head, "".into()).expect_err("no file")),
    }
}

#[test]
fn a_download_asks_for_the_file_by_its_id() {
    let (head, _) = download().to_request(&base(), &Authorization::token("AAAA")).expect("a request");
    assert_eq!((head.method.as_str(), head.uri.to_string()), ("GET", format!("/im/file/{FILE}")));
    for path in ["", "..", "a/b", "https://elsewhere/x", "a?b", "/v0/file/s/x"] {
        Download::new(&FileRef::from(path)).expect_err(path);
    }
}

#[test]
fn the_head_of_a_file_has_its_length_type_and_harmless_name() {
    let answer = head(
        200,
        &[
            ("content-length", "5000000000"),
            ("content-type", "image/png"),
            ("content-disposition", "attachment; filename=\"../../.ssh/id_rsa\""),
        ],
    );
    let file = planned(&download(), &answer).expect("a file");
    assert_eq!(
        (file.length, file.content_type.as_deref(), file.name.as_deref()),
        (Some(5_000_000_000), Some("image/png"), Some("id_rsa"))
    );
    let chunked = planned(&download(), &head(200, &[("transfer-encoding", "chunked")])).expect("a file");
    assert_eq!((chunked.length, chunked.name), (None, None));
}

#[test]
fn a_file_whose_end_could_not_be_told_or_that_is_too_long_is_refused() {
    for headers in [&[][..], &[("content-length", "five")], &[("content-length", "5"), ("content-encoding", "gzip")]] {
        let error = planned(&download(), &head(200, headers)).expect_err("refused");
        assert!(matches!(error.kind, ApiErrorKind::Unexpected(_)), "{error}");
    }
    let error = planned(&download().limit(4), &head(200, &[("content-length", "5")])).expect_err("too long");
    assert_eq!((&error.kind, error.class()), (&ApiErrorKind::TooLong { limit: 4 }, Class::Terminal));
    assert_eq!(planned(&download(), &head(404, &[])).expect_err("refused").status, 404);
    assert_eq!(planned(&download(), &head(206, &[("content-length", "5")])).expect_err("part").status, 206);
    assert_eq!(planned(&download(), &head(302, &[])).expect_err("nowhere").status, 302);
}

#[test]
fn a_server_reads_what_is_asked_for_and_a_client_what_it_answers() {
    let (request, _) = download().to_request(&base(), &Authorization::None).expect("a request");
    let asked = Download::from_request(request.uri.path(), &request, b"").expect("a call");
    assert_eq!(asked.id, FILE);
    for path in ["/im/file", "/im/file/", "/im/file/..", "/im/file/%2e%2e", "/im/file/a%2fb", "/im/file/a/b", "/other"]
    {
        assert_eq!(Download::from_request(path, &request, b"").expect_err(path).status, 404);
    }
    let file = FileHead::new(Some(3), Some("text/html".into()), Some("zażółć; \"x\".html"));
    let (head, _) = Download::to_response(&file).into_parts();
    assert_eq!(head.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(head.headers[header::CONTENT_DISPOSITION].to_str().expect("text").starts_with("attachment;"));
    assert_eq!(planned(&download(), &head).expect("a file"), file);
}

#[test]
fn a_redirect_is_followed_within_one_origin_only() {
    let location = "https://pbx.portsip.com:8887/im/blob/7?x=1#y";
    let moved =
        planned(&download(), &head(307, &[("location", location)])).expect("a place").moved_to.expect("a place");
    for (location, target) in [
        (moved.as_str(), "/im/blob/7?x=1"),
        ("HTTPS://PBX.portsip.com:8887/a", "/a"),
        ("//pbx.portsip.com:8887?q", "/?q"),
        ("/im/blob/7", "/im/blob/7"),
        ("other", "/im/file/other"),
    ] {
        let next = redirected(&base(), &download(), location).expect(location);
        let (head, _) = next.to_request(&base(), &Authorization::token("AAAA")).expect("a request");
        assert_eq!(head.uri.to_string(), target, "{location}");
        assert_eq!(head.headers[header::HOST], "pbx.portsip.com:8887");
    }
    for elsewhere in [
        "https://elsewhere.example/im/file/1",
        "https://pbx.portsip.com/im/file/1",
        "http://pbx.portsip.com:8887/im/file/1",
        "//elsewhere.example/x",
        "https://pbx.portsip.com.elsewhere.example:8887/x",
        "ftp://pbx.portsip.com:8887/x",
        "javascript:alert(1)",
    ] {
        assert_eq!(redirected(&base(), &download(), elsewhere), Err(RedirectError::Elsewhere), "{elsewhere}");
    }
    for odd in [
        "",
        "https://user@pbx.portsip.com:8887/",
        "/a b",
        "\\\\elsewhere\\x",
        "/\\elsewhere",
        "../x",
        "https://",
        "/a\u{e9}",
    ] {
        assert_eq!(redirected(&base(), &download(), odd), Err(RedirectError::Unreadable), "{odd}");
    }
}

#[test]
fn a_download_is_sent_on_three_times_at_most() {
    let mut call = download();
    for _ in 0..3 {
        call = redirected(&base(), &call, "/again").expect("within the limit");
    }
    assert_eq!(redirected(&base(), &call, "/again"), Err(RedirectError::TooMany));
}

#[test]
fn a_base_with_a_path_is_left_by_a_redirect_that_says_so() {
    let base: BaseUrl = "https://pbx.example/tenant".parse().expect("an address");
    let next = redirected(&base, &download(), "/files/7").expect("a place");
    assert_eq!(next.to_request(&base, &Authorization::None).expect("a request").0.uri.path(), "/files/7");
    let next = redirected(&base, &download(), "7").expect("a place");
    assert_eq!(next.to_request(&base, &Authorization::None).expect("a request").0.uri.path(), "/tenant/im/file/7");
}

#[test]
fn names_are_made_harmless() {
    for (name, safe) in [
        ("report.pdf", "report.pdf"),
        ("zażółć gęślą.txt", "zażółć gęślą.txt"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a/b/", "file"),
        ("", "file"),
        (".", "file"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("a\0b\r\nc\u{7f}\u{85}", "abc"),
        ("gpj.\u{202e}exe\u{200f}", "gpj.exe"),
        ("nul", "_nul"),
        ("COM1.tar.gz", "_COM1.tar.gz"),
        ("lpt².x", "_lpt².x"),
        ("COM10", "COM10"),
        ("console", "console"),
        ("a:b*c?.txt", "a_b_c_.txt"),
        ("name. . .", "name"),
        ("\u{feff}x", "x"),
    ] {
        assert_eq!(safe_name(name), safe, "{name:?}");
    }
    let long = safe_name(&("ż".repeat(300) + ".jpeg"));
    assert!(long.len() <= MAX_NAME && long.ends_with("ż.jpeg"), "{long}");
    assert!(safe_name(&".".repeat(5).replace('.', &"x.".repeat(100))).len() <= MAX_NAME);
}

proptest! {
    #[test]
    fn a_harmless_name_stays_as_it_is_and_is_one_part_of_a_path(name in "\\PC{0,300}|.{0,40}|(\\.|/|\\\\|con|:|\u{202e}| ){0,12}") {
        let safe = safe_name(&name);
        prop_assert_eq!(&safe_name(&safe), &safe);
        prop_assert!(!safe.is_empty() && safe.len() <= MAX_NAME && !safe.starts_with('.'));
        prop_assert!(!safe.contains(['/', '\\', '\0', '"', '\r', '\n']));
        let path = std::path::Path::new(&safe);
        prop_assert_eq!(path.components().count(), 1);
        prop_assert!(matches!(path.components().next(), Some(std::path::Component::Normal(_))));
    }

    #[test]
    fn no_location_leads_away(location in "(https?:)?(//|/|\\\\|@|#|\\?|pbx\\.portsip\\.com:8887|evil\\.example|:443|a|%2f|\\.\\.){0,8}") {
        let next = redirected(&base(), &download(), &location).ok();
        let request = next.and_then(|next| next.to_request(&base(), &Authorization::token("AAAA")).ok());
        if let Some((head, _)) = request {
            prop_assert!(head.uri.authority().is_none());
            prop_assert_eq!(&head.headers[header::HOST], "pbx.portsip.com:8887");
        }
    }
}
