//! The first exchange on a connection: the opening of a WebSocket, or a request over HTTP.

use std::time::Duration;

use tieline_core::Instant;
use tieline_dial::WsUrl;
use tieline_websocket::{Config, Endpoint, EndpointError, NotHttp, OpeningError, OpeningRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::head::{HEAD_BYTES, Head, short};
use super::report::Step;
use super::way::{Habits, Open, swapped};
use crate::exit::Exit;
use crate::failure::exit_of_connect;

const READ_BYTES: usize = 4 << 10;
/// How long the rest of an answer may take, for its words.
const REST: Duration = Duration::from_millis(500);

/// What an exchange brought.
pub(super) struct Exchange {
    pub(super) step: Step,
    /// The head of the answer, when there was one.
    pub(super) head: Option<Head>,
    /// Why there is no WebSocket.
    pub(super) refused: Option<OpeningError>,
}

/// What the protocol says of paths and logins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// Where it lies.
    pub(super) paths: &'a str,
    /// What is wrong when it wants a login already here.
    pub(super) login: &'a str,
}

/// Opens a WebSocket, and leaves it.
pub(super) async fn websocket(
    mut io: Box<dyn Open>,
    url: &WsUrl,
    request: &OpeningRequest,
    words: Words<'_>,
    habits: Habits<'_>,
) -> Exchange {
    let now = Instant::default();
    // Nothing is hidden by a mask here, and the connection ends at once.
    let mut endpoint = Endpoint::client(request, &Config::default(), [7; 16], now);
    let (mut answer, mut unread) = (Vec::new(), Vec::new());
    let exchanged = timeout(habits.timeout, async {
        let bytes = endpoint.outgoing().to_vec();
        io.write_all(&bytes).await?;
        io.flush().await?;
        endpoint.sent(bytes.len());
        let mut buffer = [0; READ_BYTES];
        while endpoint.is_opening() && endpoint.failure().is_none() && answer.len() < HEAD_BYTES {
            let count = io.read(&mut buffer).await?;
            let read = buffer.get(..count).unwrap_or_default();
            if read.is_empty() {
                endpoint.handle_eof(now);
                break;
            }
            answer.extend_from_slice(read);
            unread.extend_from_slice(read);
            let taken = endpoint.handle_bytes(now, &unread);
            unread.drain(..taken);
        }
        std::io::Result::Ok(())
    });
    let error = match exchanged.await {
        Err(_) => Some(OpeningError::Timeout),
        Ok(Err(_)) => Some(OpeningError::Eof),
        Ok(Ok(())) => match endpoint.failure() {
            Some(EndpointError::Opening(error)) => Some(error.clone()),
            _ if endpoint.is_open() => None,
            _ => Some(OpeningError::Eof),
        },
    };
    let head = Head::parse(&answer);
    let Some(error) = error else {
        let step = Step::ok("the WebSocket is open");
        return Exchange { step: told(step, head.as_ref()), head, refused: None };
    };
    let exit = exit_of_connect(&tieline_dial::ConnectError::Upgrade(error.clone()));
    let (problem, remedy) = explain(&error, head.as_ref(), url, words, habits);
    let step = told(Step::failed(exit, problem, remedy), head.as_ref());
    Exchange { step, head, refused: Some(error) }
}

/// Asks for the path of an API, without a login: whether HTTP is spoken there.
pub(super) async fn http(mut io: Box<dyn Open>, url: &WsUrl, words: Words<'_>, habits: Habits<'_>) -> Exchange {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tieline/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        url.path(),
        url.address(),
        env!("CARGO_PKG_VERSION")
    );
    let mut answer = Vec::new();
    let exchanged = timeout(habits.timeout, async {
        io.write_all(request.as_bytes()).await?;
        io.flush().await?;
        let mut buffer = [0; READ_BYTES];
        while Head::parse(&answer).is_none() && answer.len() < HEAD_BYTES {
            match io.read(&mut buffer).await? {
                0 => break,
                count => answer.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
        std::io::Result::Ok(())
    });
    let broken = match exchanged.await {
        Err(_) => OpeningError::Timeout,
        Ok(_) => OpeningError::Eof,
    };
    let mut buffer = [0; READ_BYTES];
    if let Ok(Ok(count)) = timeout(REST, io.read(&mut buffer)).await {
        answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
    let Some(head) = Head::parse(&answer) else {
        let error = match answer.first() {
            Some(0x15) => OpeningError::NotHttp(NotHttp::TlsAlert),
            Some(b'H') | None => broken,
            Some(_) => OpeningError::NotHttp(NotHttp::Text),
        };
        let exit = exit_of_connect(&tieline_dial::ConnectError::Upgrade(error.clone()));
        let (problem, remedy) = explain(&error, None, url, words, habits);
        return Exchange { step: Step::failed(exit, problem, remedy), head: None, refused: Some(error) };
    };
    let step = match head.status {
        // What an API says to whom it does not know, and to a path that is only the beginning of others.
        200..=299 | 400..=406 | 408..=499 if !is_plain_to_tls(&head.body) => {
            Step::ok(format!("it speaks HTTP (status {} without a login)", head.status))
        }
        status => {
            let exit = if matches!(status, 407) { Exit::AuthRefused } else { Exit::Protocol };
            let exit = if status >= 500 { Exit::Unreachable } else { exit };
            let (problem, remedy) = of_status(status, &head, url, words);
            Step::failed(exit, problem, remedy)
        }
    };
    Exchange { step: told(step, Some(&head)), head: Some(head), refused: None }
}

/// A step with what the answer says of itself.
fn told(step: Step, head: Option<&Head>) -> Step {
    let Some(head) = head else { return step };
    let step = step.fact("status", head.status);
    match &head.server {
        Some(server) => step.fact("server", server.as_str()),
        None => step,
    }
}

/// What is wrong, and what to do about it.
fn explain(
    error: &OpeningError,
    head: Option<&Head>,
    url: &WsUrl,
    words: Words<'_>,
    habits: Habits<'_>,
) -> (String, String) {
    let other = swapped(url);
    match error {
        OpeningError::NotHttp(NotHttp::TlsAlert) => {
            ("the port speaks TLS, and was spoken to without".into(), format!("Use {other} instead."))
        }
        OpeningError::Refused { status, body, .. } => {
            let head = Head { status: *status, body: short(&body.to_text()), ..Head::default() };
            of_status(*status, &head, url, words)
        }
        OpeningError::Redirected { status, .. } => match head {
            Some(head) => of_status(*status, head, url, words),
            None => of_status(*status, &Head::default(), url, words),
        },
        OpeningError::Timeout => (
            "the port took the connection and says nothing".into(),
            format!(
                "It may speak TLS or something else: try {other}, or another port. {} A PBX that hangs does this too: \
                 look at its log.",
                habits.ports
            ),
        ),
        OpeningError::Eof => (
            "the connection was closed without an answer".into(),
            format!("It may speak TLS or something else: try {other}, or another port. {}", habits.ports),
        ),
        OpeningError::MissingUpgrade | OpeningError::BadAcceptKey => (
            error.to_string(),
            "A proxy, a cache or an echo answers in the PBX's place: let WebSockets pass there, or use wss://, which it \
             cannot read."
                .into(),
        ),
        _ => (error.to_string(), format!("Something else answers on this port: check it. {}", habits.ports)),
    }
}

/// Of an answer that is no WebSocket, or none of an API.
fn of_status(status: u16, head: &Head, url: &WsUrl, words: Words<'_>) -> (String, String) {
    let said = if head.body.is_empty() { String::new() } else { format!(": \"{}\"", head.body) };
    let problem = match &head.location {
        Some(location) => format!("HTTP status {status}, which sends to {location}"),
        None => format!("HTTP status {status}{said}"),
    };
    let port = url.port();
    let remedy = match status {
        _ if is_plain_to_tls(&head.body) => format!("The port speaks TLS: use {} instead.", swapped(url)),
        200..=299 => format!(
            "A web server answers there, and no WebSocket: the path or the port is wrong, or a login page of the network or a \
             proxy stands between. {}",
            words.paths
        ),
        300..=399 => match &head.location {
            Some(location) if location.contains(url.host()) => {
                format!("Give that address instead, with wss:// for https://: {location}. {}", words.paths)
            }
            _ => format!(
                "Something between sends elsewhere: a login page of the network (open it in a browser), or a proxy (name it in \
                 HTTPS_PROXY). {}",
                words.paths
            ),
        },
        401 | 403 => format!(
            "{} Or a proxy or firewall between refuses: let port {port} of {} pass there.",
            words.login,
            url.host()
        ),
        404 | 405 | 410 => format!("There is nothing at the path {}. {}", url.path(), words.paths),
        407 => "A proxy stands between, and wants a login: name it in HTTPS_PROXY (for ws:// and http:// in HTTP_PROXY), as \
                http://USER:PASSWORD@HOST:PORT."
            .into(),
        400 | 426 => format!(
            "The server, or a proxy between that does not let WebSockets pass, does not take the request: use wss://, which a \
             proxy cannot read. {}",
            words.paths
        ),
        429 => "There are too many connections: wait, and look for programs that connect over and over.".into(),
        500..=599 => "The PBX, or a gateway before it, fails: look at its log, and whether the service behind it runs.".into(),
        _ => words.paths.to_owned(),
    };
    (problem, remedy)
}

/// Whether a server says that it wants TLS, as several do in plain words.
fn is_plain_to_tls(body: &str) -> bool {
    let body = body.to_ascii_lowercase();
    body.contains("https port") || body.contains("https server")
}
