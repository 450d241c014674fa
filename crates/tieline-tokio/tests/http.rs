//! Calls over real connections to a server that does as each test says.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tieline_core::{Class, ExchangeFailureKind, Sent};
use tieline_tokio::Proxy;
use tieline_tokio::http::{
    ApiError, ApiErrorKind, Authorization, BaseUrl, Body, BuildError, CallError, Endpoint, HttpClient, HttpConfig,
    Method, Plan, Repeat, RequestBuilder, RequestHead, ResponseHead,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: usize = 64;

/// No test takes this long unless something hangs.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("something hangs")
}

/// A listener that serves each connection in its own task.
struct Pbx {
    port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Pbx {
    /// `serve` is told the number of the connection, from 0.
    async fn raw<F, Serving>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> Serving + Send + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                tokio::spawn(serve(io, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { port, accepted }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// A read.
struct Get;
/// A command with a side effect.
struct Post;
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

            fn parse(&self, head: &ResponseHead, body: bytes::Bytes) -> Result<String, ApiError> {
                if !head.status.is_success() {
                    return Err(ApiError::refused(head, None, body));
                }
                Ok(String::from_utf8(body.to_vec()).expect("text"))
            }
        }
    };
}

endpoint!(Get, Safe, |builder| builder(Method::GET), Plan::Whole { limit: LIMIT });
endpoint!(Post, Never, |builder| builder(Method::POST).form([("to", "600100200")]), Plan::Whole { limit: LIMIT });
endpoint!(Fetch, Safe, |builder| builder(Method::GET), Plan::Stream("body follows".to_owned()));

fn client(pbx: &Pbx) -> HttpClient {
    client_with(pbx, |_| {})
}

fn client_with(pbx: &Pbx, change: impl FnOnce(&mut HttpConfig)) -> HttpClient {
    let base = format!("http://127.0.0.1:{}/api", pbx.port).parse().expect("an address");
    let mut config = HttpConfig::new(base, Authorization::bearer("KEY")).proxy(Proxy::direct());
    change(&mut config);
    HttpClient::new(config).expect("a client")
}

/// Reads one request, head and body; `None` at the end.
async fn request(io: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(io.read_u8().await.ok()?);
    }
    let head = String::from_utf8(text).expect("text");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    io.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).expect("text"))
}

async fn answer(io: &mut TcpStream, status: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = io.write_all(text.as_bytes()).await;
}

/// Answers everything on every connection.
async fn willing() -> Pbx {
    Pbx::raw(async |mut io, number| {
        while request(&mut io).await.is_some() {
            answer(&mut io, "200 OK", &number.to_string()).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_call_says_who_asks_and_brings_the_reply() {
    let pbx = Pbx::raw(async |mut io, _| {
        let asked = request(&mut io).await.expect("a request");
        assert!(asked.starts_with("GET /api/thing HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("authorization: Bearer KEY\r\n") && asked.contains("host: 127.0.0.1:"), "{asked}");
        answer(&mut io, "200 OK", "fine").await;
    })
    .await;
    assert_eq!(soon(client(&pbx).call(&Get)).await.expect("a reply"), "fine");
}

#[tokio::test]
async fn reads_share_a_connection_and_commands_get_their_own() {
    let pbx = willing().await;
    let client = client(&pbx);
    for _ in 0..3 {
        assert_eq!(soon(client.call(&Get)).await.expect("a reply"), "0");
    }
    assert_eq!(soon(client.call(&Post)).await.expect("a reply"), "1");
    assert_eq!(soon(client.call(&Post)).await.expect("a reply"), "2");
    assert_eq!(soon(client.call(&Get)).await.expect("a reply"), "0");
}

#[tokio::test]
async fn a_read_on_a_connection_that_the_server_closed_is_asked_again_on_a_new_one() {
    let pbx = Pbx::raw(async |mut io, number| {
        if request(&mut io).await.is_some() {
            answer(&mut io, "200 OK", &number.to_string()).await;
        }
        // Swallows the next request and closes.
        request(&mut io).await;
    })
    .await;
    let client = client(&pbx);
    for number in 0..4 {
        assert_eq!(soon(client.call(&Get)).await.expect("a reply"), number.to_string());
    }
}

#[tokio::test]
async fn a_read_on_a_new_connection_is_not_repeated() {
    let pbx = Pbx::raw(async |mut io, _| drop(request(&mut io).await)).await;
    let error = soon(client(&pbx).call(&Get)).await.expect_err("no answer");
    assert_eq!((error.class(), error.sent()), (Class::Retry, Sent::All));
    assert_eq!(pbx.accepted(), 1);
}

#[tokio::test]
async fn a_command_is_written_once_wherever_the_answer_breaks() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
    for cut in 0..ANSWER.len() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let pbx = Pbx::raw(move |mut io, _| {
            let count = Arc::clone(&count);
            async move {
                request(&mut io).await.expect("a request");
                count.fetch_add(1, Ordering::SeqCst);
                io.write_all(&ANSWER[..cut]).await.expect("a client");
            }
        })
        .await;
        let error = soon(client(&pbx).call(&Post)).await.expect_err("half an answer");
        assert_eq!(error.sent(), Sent::All, "cut at {cut}: {error}");
        assert_eq!((asked.load(Ordering::SeqCst), pbx.accepted()), (1, 1), "cut at {cut}");
    }
}

#[tokio::test]
async fn an_answer_of_an_error_is_kept_with_its_class() {
    let pbx = Pbx::raw(async |mut io, _| {
        request(&mut io).await;
        let head = "HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\n";
        io.write_all(format!("{head}busy").as_bytes()).await.expect("a client");
    })
    .await;
    let error = soon(client(&pbx).call(&Get)).await.expect_err("a refusal");
    assert_eq!(error.class(), Class::RetryAfter(Duration::from_secs(9)));
    let CallError::Api(error) = error else { panic!("{error}") };
    assert_eq!((error.status, &*error.body), (503, &b"busy"[..]));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_and_without_a_length() {
    for head in ["Content-Length: 65", "Transfer-Encoding: chunked"] {
        let pbx = Pbx::raw(move |mut io, _| async move {
            request(&mut io).await;
            let body = "x".repeat(65);
            let body = if head.starts_with('C') { body } else { format!("41\r\n{body}\r\n0\r\n\r\n") };
            let _ = io.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes()).await;
            request(&mut io).await;
        })
        .await;
        let error = soon(client(&pbx).call(&Get)).await.expect_err("too long");
        let CallError::Api(error) = error else { panic!("{error}") };
        assert_eq!(error.kind, ApiErrorKind::TooLong { limit: LIMIT });
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    let pbx = Pbx::raw(async |mut io, _| {
        request(&mut io).await;
        let _ = io.write_all(b"220 smtp.example ESMTP\r\n").await;
        request(&mut io).await;
    })
    .await;
    let error = soon(client(&pbx).call(&Get)).await.expect_err("no HTTP");
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert!(matches!(failure.kind, ExchangeFailureKind::Unreadable { .. }), "{failure}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let pbx = Pbx::raw(async |mut io, _| while request(&mut io).await.is_some() {}).await;
    let client = client_with(&pbx, |config| config.call_timeout = Duration::from_millis(50));
    let error = soon(client.call(&Post)).await.expect_err("no answer");
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!((failure.kind, failure.sent), (ExchangeFailureKind::Timeout, Sent::All));
}

#[tokio::test]
async fn without_a_server_nothing_was_sent() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let base = format!("http://127.0.0.1:{port}").parse().expect("an address");
    let config = HttpConfig::new(base, Authorization::None).proxy(Proxy::direct());
    let error = soon(HttpClient::new(config).expect("a client").call(&Post)).await.expect_err("nobody");
    assert_eq!((error.class(), error.sent()), (Class::Retry, Sent::Nothing));
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

#[tokio::test]
async fn a_download_comes_in_pieces_and_ends_only_when_whole() {
    for sent in [5_usize, 9] {
        let pbx = Pbx::raw(move |mut io, _| async move {
            request(&mut io).await;
            let _ = io.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await;
            let _ = io.write_all(&b"recording"[..sent]).await;
        })
        .await;
        let (reply, download) = soon(client(&pbx).download(&Fetch)).await.expect("a reply");
        let mut download = download.expect("a body");
        assert_eq!((reply.as_str(), download.length()), ("body follows", Some(9)));
        let mut whole = Vec::new();
        let end = loop {
            match soon(download.next()).await {
                Ok(Some(piece)) => whole.extend_from_slice(&piece),
                Ok(None) => break None,
                Err(error) => break Some(error.kind),
            }
        };
        assert_eq!(whole, b"recording"[..sent]);
        assert_eq!(end, (sent < 9).then_some(ExchangeFailureKind::Broken));
    }
}

#[tokio::test]
async fn a_download_that_stalls_is_given_up() {
    let pbx = Pbx::raw(async |mut io, _| {
        request(&mut io).await;
        let _ = io.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nrec").await;
        request(&mut io).await;
    })
    .await;
    let client = client_with(&pbx, |config| config.piece_timeout = Duration::from_millis(50));
    let (_, download) = soon(client.download(&Fetch)).await.expect("a reply");
    let mut download = download.expect("a body");
    assert_eq!(soon(download.next()).await.expect("a piece").as_deref(), Some(&b"rec"[..]));
    assert_eq!(soon(download.next()).await.expect_err("a stall").kind, ExchangeFailureKind::Timeout);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_an_error_that_names_the_pin() {
    let tls = tieline_tls::ServerTls::self_signed(&["127.0.0.1"]).expect("a certificate");
    let pin = tls.pin().to_string();
    let acceptor = tokio_rustls::TlsAcceptor::from(tls.config());
    let pbx = Pbx::raw(move |io, _| {
        let acceptor = acceptor.clone();
        async move { drop(acceptor.accept(io).await) }
    })
    .await;
    let base = format!("https://127.0.0.1:{}", pbx.port).parse().expect("an address");
    let config = HttpConfig::new(base, Authorization::None).proxy(Proxy::direct());
    let error = soon(HttpClient::new(config).expect("a client").call(&Get)).await.expect_err("a stranger");
    assert_eq!((error.class(), error.sent()), (Class::Terminal, Sent::Nothing));
    assert!(error.to_string().contains(&pin), "{error}");
}
