//! Calls over real connections to a server that does as each test says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BaseUrl, Body, BuildError, CallError, Endpoint, Method, Plan, Repeat,
    RequestBuilder, RequestHead, ResponseHead,
};
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind, Sent};
use tieline_dial::{ConnectError, HttpConfig, Proxy};
use tieline_tls::{ServerTls, Trust};

use super::Pbx;
use super::pbx::request as request_head;

/// An adapter for calls over HTTP.
pub trait HttpAdapter {
    /// Its client.
    type Client: Calls;

    /// Makes a client.
    fn http(config: HttpConfig) -> Result<Self::Client, ConnectError>;
}

/// A client of calls. Each call blocks.
pub trait Calls {
    /// Makes a call whose answer is read whole.
    fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError>;

    /// Makes a call whose answer is read piece by piece, and reads it.
    fn download<E: Endpoint>(&self, endpoint: &E) -> Result<(E::Reply, Downloaded), CallError>;
}

/// What came of a body that is read piece by piece.
#[derive(Debug)]
pub struct Downloaded {
    /// Its length as the server said it.
    pub length: Option<u64>,
    /// What came.
    pub bytes: Vec<u8>,
    /// How it ended.
    pub end: Result<(), ExchangeFailure>,
}

const LIMIT: usize = 64;

/// A read.
pub(super) struct Get;
/// A command with a side effect.
struct Post;
/// A command with a large body.
struct Flood;
/// A body that is not read whole.
struct Fetch;

macro_rules! endpoint {
    ($name:ident, $repeat:ident, |$builder:ident| $request:expr, $plan:expr) => {
        impl Endpoint for $name {
            type Reply = String;
            const REPEAT: Repeat = Repeat::$repeat;

            fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
                let $builder = |method| RequestBuilder::new(method, base, "thing").authorize(auth);
                $request.finish()
            }

            fn plan(&self, _: &ResponseHead) -> Result<Plan<String>, ApiError> {
                Ok($plan)
            }

            fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<String, ApiError> {
                if !head.status.is_success() {
                    return Err(ApiError::refused(head, None, body));
                }
                Ok(String::from_utf8(body.to_vec()).expect("text"))
            }
        }
    };
}

/// More than the buffers of two sockets hold.
const FLOOD: usize = 32 << 20;

endpoint!(Get, Safe, |builder| builder(Method::GET), Plan::Whole { limit: LIMIT });
endpoint!(Post, Never, |builder| builder(Method::POST).form([("to", "600100200")]), Plan::Whole { limit: LIMIT });
endpoint!(
    Flood,
    Never,
    |builder| builder(Method::POST).form([("text", &*"x".repeat(FLOOD))]),
    Plan::Whole { limit: LIMIT }
);
endpoint!(Fetch, Safe, |builder| builder(Method::GET), Plan::Stream("body follows".to_owned()));

fn client<A: HttpAdapter>(pbx: &Pbx) -> A::Client {
    client_with::<A>(pbx, |_| {})
}

fn client_with<A: HttpAdapter>(pbx: &Pbx, change: impl FnOnce(&mut HttpConfig)) -> A::Client {
    let base = format!("http://127.0.0.1:{}/api", pbx.port).parse().expect("an address");
    let mut config = HttpConfig::new(base, Authorization::bearer("KEY")).proxy(Proxy::direct());
    change(&mut config);
    A::http(config).expect("a client")
}

/// Reads one request, head and body; `None` at the end.
pub(super) fn request(io: &mut TcpStream) -> Option<String> {
    if io.peek(&mut [0]).ok()? == 0 {
        return None;
    }
    let head = request_head(io);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    io.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).expect("text"))
}

fn answer(io: &mut TcpStream, status: &str, body: &str) {
    say(
        io,
        &format!(
            "HTTP/1.1 {status}
Content-Length: {}

{body}",
            body.len()
        ),
    );
}

/// A client that left is not the server's business.
fn say(io: &mut TcpStream, text: &str) {
    drop(io.write_all(text.as_bytes()));
}

/// Answers everything on every connection with its number.
fn willing() -> Pbx {
    Pbx::raw(|mut io, number| {
        while request(&mut io).is_some() {
            answer(&mut io, "200 OK", &number.to_string());
        }
    })
}

pub fn a_call_says_who_asks_and_brings_the_reply<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        let asked = request(&mut io).expect("a request");
        assert!(asked.starts_with("GET /api/thing HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("authorization: Bearer KEY\r\n") && asked.contains("host: 127.0.0.1:"), "{asked}");
        answer(&mut io, "200 OK", "fine");
    });
    assert_eq!(client::<A>(&pbx).call(&Get).expect("a reply"), "fine");
}

pub fn reads_share_a_connection_and_commands_get_their_own<A: HttpAdapter>() {
    let pbx = willing();
    let client = client::<A>(&pbx);
    for _ in 0..3 {
        assert_eq!(client.call(&Get).expect("a reply"), "0");
    }
    assert_eq!(client.call(&Post).expect("a reply"), "1");
    assert_eq!(client.call(&Post).expect("a reply"), "2");
    assert_eq!(client.call(&Get).expect("a reply"), "0");
}

pub fn a_read_on_a_connection_that_the_server_closed_is_asked_again_on_a_new_one<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, number| {
        if request(&mut io).is_some() {
            answer(&mut io, "200 OK", &number.to_string());
        }
        // Swallows the next request and closes.
        request(&mut io);
    });
    let client = client::<A>(&pbx);
    for number in 0..4 {
        assert_eq!(client.call(&Get).expect("a reply"), number.to_string());
    }
}

pub fn a_read_on_a_new_connection_is_not_repeated<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| drop(request(&mut io)));
    let error = client::<A>(&pbx).call(&Get).expect_err("no answer");
    assert_eq!((error.class(), error.sent()), (Class::Retry, Sent::All));
    assert_eq!(pbx.accepted(), 1);
}

pub fn a_command_is_written_once_wherever_the_answer_breaks<A: HttpAdapter>() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
    for cut in 0..ANSWER.len() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let pbx = Pbx::raw(move |mut io, _| {
            request(&mut io).expect("a request");
            count.fetch_add(1, Ordering::SeqCst);
            io.write_all(&ANSWER[..cut]).expect("a client");
        });
        let error = client::<A>(&pbx).call(&Post).expect_err("half an answer");
        assert_eq!(error.sent(), Sent::All, "cut at {cut}: {error}");
        assert_eq!((asked.load(Ordering::SeqCst), pbx.accepted()), (1, 1), "cut at {cut}");
    }
}

pub fn a_command_that_breaks_while_it_is_written_may_have_been_sent<A: HttpAdapter>() {
    // The rest is unread when the connection goes.
    let pbx = Pbx::raw(|mut io, _| io.read_exact(&mut [0; 1000]).expect("a request"));
    let error = client::<A>(&pbx).call(&Flood).expect_err("broken");
    assert_eq!((error.sent(), pbx.accepted()), (Sent::Maybe, 1), "{error}");
}

pub fn an_answer_of_an_error_is_kept_with_its_class<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        request(&mut io);
        let head = "HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\n";
        io.write_all(format!("{head}busy").as_bytes()).expect("a client");
    });
    let error = client::<A>(&pbx).call(&Get).expect_err("a refusal");
    assert_eq!(error.class(), Class::RetryAfter(Duration::from_secs(9)));
    let CallError::Api(error) = error else { panic!("{error}") };
    assert_eq!((error.status, &*error.body), (503, &b"busy"[..]));
}

pub fn a_body_beyond_the_limit_is_refused_with_and_without_a_length<A: HttpAdapter>() {
    for head in ["Content-Length: 65", "Transfer-Encoding: chunked"] {
        let pbx = Pbx::raw(move |mut io, _| {
            request(&mut io);
            let body = "x".repeat(65);
            let body = if head.starts_with('C') { body } else { format!("41\r\n{body}\r\n0\r\n\r\n") };
            say(&mut io, &format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"));
            request(&mut io);
        });
        let error = client::<A>(&pbx).call(&Get).expect_err("too long");
        let CallError::Api(error) = error else { panic!("{error}") };
        assert_eq!(error.kind, ApiErrorKind::TooLong { limit: LIMIT });
    }
}

pub fn what_is_no_http_is_an_error<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        request(&mut io);
        say(&mut io, "220 smtp.example ESMTP\r\n");
        request(&mut io);
    });
    let error = client::<A>(&pbx).call(&Get).expect_err("no HTTP");
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert!(matches!(failure.kind, ExchangeFailureKind::Unreadable { .. }), "{failure}");
}

pub fn a_server_that_never_answers_is_given_up<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| while request(&mut io).is_some() {});
    let client = client_with::<A>(&pbx, |config| config.call_timeout = Duration::from_millis(50));
    let error = client.call(&Post).expect_err("no answer");
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!((failure.kind, failure.sent), (ExchangeFailureKind::Timeout, Sent::All));
}

pub fn without_a_server_nothing_was_sent<A: HttpAdapter>() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let base = format!("http://127.0.0.1:{port}").parse().expect("an address");
    let config = HttpConfig::new(base, Authorization::None).proxy(Proxy::direct());
    let error = A::http(config).expect("a client").call(&Post).expect_err("nobody");
    assert_eq!((error.class(), error.sent()), (Class::Retry, Sent::Nothing));
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

pub fn a_download_comes_in_pieces_and_ends_only_when_whole<A: HttpAdapter>() {
    for sent in [5_usize, 9] {
        let pbx = Pbx::raw(move |mut io, _| {
            request(&mut io);
            say(&mut io, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
            say(&mut io, &"recording"[..sent]);
        });
        let (reply, download) = client::<A>(&pbx).download(&Fetch).expect("a reply");
        assert_eq!((reply.as_str(), download.length), ("body follows", Some(9)));
        assert_eq!(download.bytes, b"recording"[..sent]);
        let end = download.end.err().map(|failure| failure.kind);
        assert_eq!(end, (sent < 9).then_some(ExchangeFailureKind::Broken));
    }
}

pub fn a_download_that_stalls_is_given_up<A: HttpAdapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        request(&mut io);
        say(&mut io, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nrec");
        request(&mut io);
    });
    let client = client_with::<A>(&pbx, |config| config.piece_timeout = Duration::from_millis(50));
    let (_, download) = client.download(&Fetch).expect("a reply");
    assert_eq!(download.bytes, b"rec");
    assert_eq!(download.end.expect_err("a stall").kind, ExchangeFailureKind::Timeout);
}

pub fn a_certificate_that_is_not_trusted_is_an_error_that_names_the_pin<A: HttpAdapter>() {
    let tls = ServerTls::self_signed(&["127.0.0.1"]).expect("a certificate");
    let pbx = Pbx::secure(&tls, |_, _| {});
    let url = format!("https://127.0.0.1:{}", pbx.port);
    let config = |trust| {
        HttpConfig::new(url.parse().expect("an address"), Authorization::None).proxy(Proxy::direct()).trust(trust)
    };
    let error = A::http(config(Trust::System)).expect("a client").call(&Get).expect_err("a stranger");
    assert_eq!((error.class(), error.sent()), (Class::Terminal, Sent::Nothing));
    assert!(error.to_string().contains(&tls.pin().to_string()), "{error}");
}

pub fn calls_go_over_tls_under_a_pin<A: HttpAdapter>() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let pbx = Pbx::secure_raw(&tls, |mut io, _| {
        let asked = request_head(&mut io);
        assert!(asked.starts_with("GET /api/thing HTTP/1.1\r\n"), "{asked}");
        drop(io.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"));
        drop(io.flush());
    });
    let url = format!("https://127.0.0.1:{}/api", pbx.port);
    let config = HttpConfig::new(url.parse().expect("an address"), Authorization::None).proxy(Proxy::direct());
    let client = A::http(config.trust(Trust::Pins(vec![tls.pin()]))).expect("a client");
    assert_eq!(client.call(&Get).expect("a reply"), "fine");
}
