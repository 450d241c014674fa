//! Captures: the file, the redaction, and what is observed of bytes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tieline_core::{Frame, Instant};
use tieline_sim::capture::{
    Capture, Line as _, Observer, Payload, RedactionKey, Redactor, ReplayLine, Script, Side, Speed, What,
};

use super::{Judgement, judged, text};

/// The most messages that a line which is played may have waiting or tell at once.
const TOLD: usize = 10_000;

/// Any bytes as a capture: what was read is written and read again as the same, and can be played, whatever it holds.
pub fn file(data: &[u8]) {
    let Ok(capture) = Capture::read(data) else { return };
    let mut written = Vec::new();
    capture.write(&mut written).expect("a vector takes everything");
    let again = Capture::read(&*written).expect("what was written");
    assert_eq!((&again.header, &again.entries, again.cut), (&capture.header, &capture.entries, capture.cut));
    // What is left of one that breaks off anywhere is a capture.
    let first = written.iter().position(|byte| *byte == b'\n').map_or(written.len(), |end| end + 1);
    let cut = written.len().saturating_sub(data.len() % 97 + 1).max(first);
    let part = Capture::read(written.get(..cut).unwrap_or_default()).expect("what is left");
    assert!(capture.entries.starts_with(&part.entries));

    let asked: Vec<String> = capture
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Message { from: Side::Client, payload, .. } => payload.text().map(str::to_owned),
            _ => None,
        })
        .collect();
    let script = Arc::new(Script::new(capture));
    let now = Instant::from_epoch(Duration::ZERO);
    for socket in 0..script.summary().sockets {
        let mut line = ReplayLine::new(Arc::clone(&script), socket, Speed::Max, now);
        for message in &asked {
            line.handle_input(now, Frame::text(message.clone()));
            let told = std::iter::from_fn(|| line.poll_transmit()).take(TOLD).count();
            assert!(told < TOLD, "it does not come to an end");
        }
    }
}

/// The signs of JSON outside of its strings.
fn skeleton(text: &str) -> String {
    let (mut out, mut within, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' => within = !within,
            '{' | '}' | '[' | ']' | ',' | ':' if !within => out.push(c),
            _ => {}
        }
    }
    out
}

/// Any message, redacted: the same by the same key, JSON of the same build where it is JSON; and where it stands as a secret,
/// nothing of it is left.
pub fn redact(data: &[u8]) {
    let redactor = || Redactor::new(RedactionKey::new(b"the key of a fuzz target"));
    let mapped = redactor().message(data);
    assert_eq!(mapped, redactor().message(data), "the same key maps alike");
    let Some(text) = text(data) else { return };
    let mapped = String::from_utf8(mapped).expect("what is UTF-8 stays so");
    if let Judgement::Json(_) = judged(text) {
        assert!(matches!(judged(&mapped), Judgement::Json(_)), "{mapped}");
        assert_eq!(skeleton(&mapped), skeleton(text));
    }
    let line = json!({
        "t": 0, "connection": 1, "kind": "request", "exchange": 1, "method": "POST", "target": text,
        "headers": [["Content-Type", "application/x-www-form-urlencoded"], ["Authorization", text], [text, text]],
        "body": text,
    });
    let message = json!({"t": 1, "connection": 1, "kind": "text", "from": "server",
        "text": json!({"password": text, "token": [text], "x": {"pbxkey": text}}).to_string()});
    let file = format!("{}\n{line}\n{message}\n", json!({"tieline": "capture", "v": 1}));
    let mut capture = Capture::read(file.as_bytes()).expect("a capture");
    capture.entries.iter_mut().for_each(|entry| redactor().entry(entry));
    let [request, message] = &*capture.entries else { panic!("{capture:?}") };
    let What::Request(request) = &request.what else { panic!("{request:?}") };
    let login = request.headers.get(1).map(|(_, login)| login.as_str()).unwrap_or_default();
    assert!(login.rsplit(' ').next().is_some_and(is_placeholder), "{login}");
    let What::Message { payload: Payload::Text(message), .. } = &message.what else { panic!("{message:?}") };
    let message: Value = serde_json::from_str(message).expect("JSON");
    for secret in ["/password", "/token/0", "/x/pbxkey"] {
        let secret = message.pointer(secret).and_then(Value::as_str).expect("a text");
        assert!(is_placeholder(secret) || (secret.is_empty() && text.is_empty()), "{secret}");
    }
}

fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix("redacted-").unwrap_or_default();
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// What is forwarded to the PBX, and what is observed, of bytes in pieces of this size.
fn observed(client: &[u8], server: &[u8], size: usize) -> (Vec<u8>, Vec<What>) {
    let now = Instant::from_epoch(Duration::ZERO);
    let (mut observer, mut forward, mut said) = (Observer::new(None, 64), Vec::new(), Vec::new());
    for piece in client.chunks(size) {
        observer.client(now, piece, &mut forward, &mut said);
    }
    for piece in server.chunks(size) {
        observer.server(now, piece, &mut said);
    }
    observer.end(&mut said);
    (forward, said)
}

/// Any bytes between a client and its PBX: they pass as they are, and how they are cut changes nothing of what is told.
pub fn observe(data: &[u8]) {
    let [choice, share, bytes @ ..] = data else { return };
    let (client, server) = bytes.split_at(bytes.len() * usize::from(*share) / 255);
    let (asks, answers): (&[u8], &[u8]) = match choice & 3 {
        0 => (b"", b""),
        1 => (b"GET /users HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        2 => (b"POST /call HTTP/1.1\r\nContent-Length: 20\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        _ => (b"GET /wsi HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    };
    let (client, server) = ([asks, client].concat(), [answers, server].concat());
    let at_once = observed(&client, &server, usize::MAX);
    assert!(client.starts_with(&at_once.0), "bytes of the client are changed");
    for size in [1, usize::from(choice >> 2) + 2] {
        assert_eq!(observed(&client, &server, size), at_once, "in pieces of {size}");
    }
}
