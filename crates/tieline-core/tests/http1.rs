//! HTTP/1.1 in the client's role: what is written, and what is read in any pieces.

use http::{Method, StatusCode};
use proptest::prelude::*;
use tieline_core::http1::{BodyReader, Framing, HeadReader, Http1Error, MAX_HEAD_BYTES, keeps_open, write_head};

/// An answer, whether another may follow, and what is behind it.
type Read = (u16, Vec<u8>, bool, Vec<u8>);

/// Reads an answer that comes in these pieces, and after which the stream ends.
fn read<'p>(method: &Method, pieces: impl Iterator<Item = &'p [u8]>) -> Result<Read, Http1Error> {
    let (mut head_reader, mut answer, mut body, mut rest) = (HeadReader::new(), None, Vec::new(), Vec::new());
    for mut piece in pieces {
        if answer.is_none() {
            let Some(head) = head_reader.read(&mut piece)? else { continue };
            let framing = Framing::of(method, &head)?;
            answer = Some((head.status.as_u16(), keeps_open(&head, framing), BodyReader::new(framing)));
        }
        let Some((_, _, reader)) = &mut answer else { continue };
        while let Some(part) = reader.read(&mut piece)? {
            assert!(!part.is_empty());
            body.extend_from_slice(part);
        }
        assert!(reader.is_over() || piece.is_empty());
        rest.extend_from_slice(piece);
    }
    let (status, open, mut reader) = answer.ok_or(Http1Error::Cut)?;
    reader.end_of_stream()?;
    Ok((status, body, open, rest))
}

fn whole(bytes: &str) -> Result<Read, Http1Error> {
    read(&Method::GET, [bytes.as_bytes()].into_iter())
}

fn ok(status: u16, body: &str, open: bool, rest: &str) -> Result<Read, Http1Error> {
    Ok((status, body.into(), open, rest.into()))
}

fn written(request: http::request::Builder) -> String {
    let (head, ()) = request.body(()).expect("a request").into_parts();
    String::from_utf8(write_head(&head).expose().clone()).expect("text")
}

#[test]
fn a_head_is_written_as_it_is() {
    let request = http::Request::get("/a/b?c=d").header("host", "pbx:80").header("authorization", "Bearer k");
    assert_eq!(written(request), "GET /a/b?c=d HTTP/1.1\r\nhost: pbx:80\r\nauthorization: Bearer k\r\n\r\n");
}

#[test]
fn of_an_address_the_path_and_query_are_written() {
    assert_eq!(written(http::Request::delete("https://pbx/x?y")), "DELETE /x?y HTTP/1.1\r\n\r\n");
    assert_eq!(written(http::Request::get("https://pbx")), "GET / HTTP/1.1\r\n\r\n");
}

#[test]
fn a_method_that_wants_a_body_says_that_there_is_none() {
    assert_eq!(written(http::Request::post("/")), "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
    let with = http::Request::post("/").header("content-length", "2");
    assert_eq!(written(with), "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n");
}

#[test]
fn a_head_with_credentials_is_not_printed() {
    let (head, ()) = http::Request::get("/?key=hush").body(()).expect("a request").into_parts();
    assert!(!format!("{:?}", write_head(&head)).contains("hush"));
}

#[test]
fn a_body_ends_after_its_length() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOKmore";
    assert_eq!(whole(answer), ok(200, "OK", true, "more"));
}

#[test]
fn a_length_that_is_said_twice_alike_is_said() {
    assert_eq!(
        whole("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nOK"),
        ok(200, "OK", true, "")
    );
}

#[test]
fn a_length_that_is_none_is_refused() {
    for length in ["2, 3", "two", "+2", "-2", "", "0x2", "99999999999999999999"] {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nOK");
        assert_eq!(whole(&answer), Err(Http1Error::Length), "{length}");
    }
}

#[test]
fn chunks_are_joined_and_their_extensions_and_trailers_dropped() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\
                  3;a=b\r\nabc\r\n0A \r\n0123456789\r\n0\r\nX: y\r\n\r\nmore";
    assert_eq!(whole(answer), ok(200, "abc0123456789", true, "more"));
}

#[test]
fn chunks_overrule_a_length_and_nothing_follows_them() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    assert_eq!(whole(answer), ok(200, "a", false, ""));
}

#[test]
fn what_is_no_chunk_is_refused() {
    let long_size = format!("1;{}\r\na", "x".repeat(300));
    let long_trailers = format!("0\r\n{}\r\n", "X: y\r\n".repeat(2_000));
    for chunks in
        ["\r\n", "g\r\n", "-1\r\n", "1\na\r\n", "1\r\nab\r\n", "11111111111111111\r\n", &long_size, &long_trailers]
    {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(whole(&answer), Err(Http1Error::Chunk), "{chunks}");
    }
}

#[test]
fn a_coding_that_nobody_asked_for_is_refused() {
    for coding in ["gzip, chunked", "chunked, chunked", "identity", "gzip"] {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n");
        assert_eq!(whole(&answer), Err(Http1Error::Coding), "{coding}");
    }
}

#[test]
fn without_a_length_the_end_of_the_stream_ends_the_body() {
    assert_eq!(whole("HTTP/1.1 200 OK\r\n\r\nall of it"), ok(200, "all of it", false, ""));
}

#[test]
fn an_answer_that_has_no_body_has_none_whatever_it_says() {
    for status in [204, 304, 101] {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nOK");
        assert_eq!(whole(&answer), ok(status, "", status != 101, "OK"), "{status}");
    }
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    assert_eq!(read(&Method::HEAD, [answer.as_bytes()].into_iter()), ok(200, "", true, ""));
}

#[test]
fn interim_answers_are_passed_over() {
    let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
                  HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
    assert_eq!(whole(answer), ok(200, "OK", true, ""));
}

#[test]
fn the_connection_stays_open_as_its_version_and_header_say() {
    let open = |version, header| {
        whole(&format!("HTTP/1.{version} 200 OK\r\nContent-Length: 0\r\n{header}\r\n")).expect("an answer").2
    };
    assert!(open(1, ""));
    assert!(!open(1, "Connection: x, Close\r\n"));
    assert!(!open(0, ""));
    assert!(open(0, "Connection: Keep-Alive\r\n"));
}

#[test]
fn chunks_of_http_1_0_and_a_second_length_close_the_connection() {
    let open = |version, header| {
        let head = format!("HTTP/1.{version} 200 OK\r\nTransfer-Encoding: chunked\r\n{header}\r\n0\r\n\r\n");
        whole(&head).expect("an answer").2
    };
    assert!(open(1, ""));
    assert!(!open(1, "Content-Length: 0\r\n"));
    assert!(!open(0, "Connection: keep-alive\r\n"));
}

#[test]
fn an_answer_that_is_cut_is_an_error() {
    for cut in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n",
    ] {
        assert_eq!(whole(cut), Err(Http1Error::Cut), "{cut}");
    }
}

#[test]
fn what_is_no_http_is_told_at_its_first_byte() {
    let mut input: &[u8] = b"S";
    assert_eq!(HeadReader::new().read(&mut input).map(|_| ()), Err(Http1Error::NotHttp));
}

#[test]
fn a_malformed_head_is_refused() {
    for head in [
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 X",
        "HTTP/1.2 200 OK",
        "HTTP/1.1 200 OK\r\nA : b",
        "HTTP/1.1 200 OK\r\nno colon",
    ] {
        assert_eq!(whole(&format!("{head}\r\n\r\n")), Err(Http1Error::NotHttp), "{head}");
    }
}

#[test]
fn a_head_has_limits_interim_answers_included() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(129));
    assert_eq!(whole(&many), Err(Http1Error::TooManyHeaders));
    let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(MAX_HEAD_BYTES));
    assert_eq!(whole(&endless), Err(Http1Error::HeadTooLong));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(MAX_HEAD_BYTES / 20);
    assert_eq!(whole(&interim), Err(Http1Error::HeadTooLong));
}

#[test]
fn a_status_without_a_reason_is_one() {
    let mut input: &[u8] = b"HTTP/1.1 404\r\n\r\n";
    let head = HeadReader::new().read(&mut input).expect("HTTP").expect("a head");
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

proptest! {
    #[test]
    fn how_an_answer_is_cut_changes_nothing(
        body in prop::collection::vec(any::<u8>(), 0..600),
        sizes in prop::collection::vec(1..40_usize, 1..8),
        step in 1..50_usize,
    ) {
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let (mut rest, mut sizes) = (&*body, sizes.iter().cycle());
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.len().min(*sizes.next().expect("endless")));
            answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            answer.extend_from_slice(chunk);
            answer.extend_from_slice(b"\r\n");
            rest = after;
        }
        answer.extend_from_slice(b"0\r\n\r\n");
        prop_assert_eq!(read(&Method::GET, answer.chunks(step)), Ok((200, body, true, Vec::new())));
    }

    #[test]
    fn anything_is_read_the_same_in_any_pieces(
        head in prop::sample::select(vec!["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"]),
        bytes in "[0-9a-f\r\n;: ]{0,60}",
        step in 1..20_usize,
    ) {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n{bytes}");
        prop_assert_eq!(read(&Method::GET, answer.as_bytes().chunks(step)), whole(&answer));
    }
}
