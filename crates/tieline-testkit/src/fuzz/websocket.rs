//! The WebSocket endpoint against tungstenite, and its opening handshake.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use arbitrary::{Result, Unstructured};
use tieline_core::{CloseFrame, Frame, Instant};
use tieline_websocket::upgrade::{Strictness, check};
use tieline_websocket::{Config, Endpoint, EndpointError, OpeningRequest, Role, Violation};
use tungstenite::error::ProtocolError;
use tungstenite::protocol::{WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};

const LIMIT: usize = 1000;
const SEED: [u8; 16] = *b"0123456789abcdef";

/// A stream that holds what the peer sent, and then ends.
struct Pipe(VecDeque<u8>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Frames as a peer may write them, good and bad, or any bytes.
fn wire(u: &mut Unstructured<'_>, masked: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if u.ratio(1, 4)? {
        let length = u.len();
        bytes.extend_from_slice(u.bytes(length)?);
    }
    while !u.is_empty() && bytes.len() < 8 * LIMIT {
        let first = if u.ratio(7, 8)? {
            *u.choose(&[0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88])?
        } else {
            u.arbitrary()?
        };
        let mut payload = u.arbitrary::<&[u8]>()?.to_vec();
        if u.ratio(1, 16)? {
            payload.resize(u.int_in_range(900..=1100)?, b'x');
        }
        payload.truncate(2 * LIMIT);
        let mask_bit = if masked != u.ratio(1, 32)? { 0x80 } else { 0 };
        bytes.push(first);
        match payload.len() {
            length @ 0..126 => bytes.push(mask_bit | length as u8),
            length => {
                bytes.push(mask_bit | 126);
                bytes.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        if mask_bit != 0 {
            let mask: [u8; 4] = u.arbitrary()?;
            bytes.extend_from_slice(&mask);
            payload.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= mask[at % 4]);
        }
        bytes.extend(payload);
    }
    // So many zeros that every frame which was begun is complete: tungstenite judges a frame at its end, we at its header.
    bytes.extend([0; 2 * LIMIT]);
    Ok(bytes)
}

fn limits() -> Config {
    let mut config = Config::default();
    (config.message_bytes, config.frame_bytes, config.fragments) = (LIMIT, LIMIT, usize::MAX);
    config
}

fn endpoint(role: Role, config: &Config) -> Endpoint {
    match role {
        Role::Client => Endpoint::client_opened(config, SEED),
        Role::Server => Endpoint::server(config),
    }
}

fn feed(endpoint: &mut Endpoint, bytes: &[u8], step: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    for mut piece in bytes.chunks(step) {
        while !piece.is_empty() {
            let taken = endpoint.handle_bytes(Instant::EPOCH, piece);
            piece = &piece[taken..];
            frames.extend(std::iter::from_fn(|| endpoint.poll_frame()));
            // What is answered is written at once.
            let outgoing = endpoint.outgoing().len();
            endpoint.sent(outgoing);
        }
    }
    frames
}

fn theirs(role: Role, bytes: &[u8]) -> (Vec<Frame>, Option<Error>) {
    let config =
        WebSocketConfig::default().read_buffer_size(4096).max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let role = match role {
        Role::Client => tungstenite::protocol::Role::Client,
        Role::Server => tungstenite::protocol::Role::Server,
    };
    let mut socket = WebSocket::from_raw_socket(Pipe(bytes.iter().copied().collect()), role, Some(config));
    let mut frames = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Close(close)) => {
                let close = close.map(|close| CloseFrame::new(close.code.into(), close.reason.as_str()));
                frames.push(Frame::Close(close));
                return (frames, None);
            }
            Ok(Message::Text(text)) => frames.push(Frame::text(text.as_str())),
            Ok(Message::Binary(bytes)) => frames.push(Frame::Binary(bytes)),
            Ok(Message::Ping(bytes)) => frames.push(Frame::Ping(bytes)),
            Ok(Message::Pong(bytes)) => frames.push(Frame::Pong(bytes)),
            Ok(Message::Frame(_)) => {}
            Err(error) => return (frames, Some(error)),
        }
    }
}

/// Good and bad frames are judged as tungstenite judges them, however the bytes are cut.
///
/// Deliberate differences: a text that is not UTF-8 is given out as bad text and the line lives on; a close code that must
/// not be on the wire is refused rather than replaced; close code 1014 is given out.
pub fn frames(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let role = if u.arbitrary().unwrap_or_default() { Role::Client } else { Role::Server };
    let Ok(step) = u.int_in_range(1..=64_usize) else { return };
    let Ok(bytes) = wire(&mut u, matches!(role, Role::Server)) else { return };
    let mut one = endpoint(role, &limits());
    let mut ours = feed(&mut one, &bytes, bytes.len());
    let failure = one.failure().cloned();
    let mut other = endpoint(role, &limits());
    assert_eq!((&ours, &failure), (&feed(&mut other, &bytes, step), &other.failure().cloned()), "cut differently");
    assert!(one.heap_bytes() <= 16 * LIMIT, "{} bytes held", one.heap_bytes());

    if failure.is_some() || matches!(ours.iter().rev().nth(1), Some(Frame::Close(_))) {
        assert_eq!(ours.pop(), Some(Frame::Eof));
    }
    let (mut theirs, error) = theirs(role, &bytes);
    let bad_text = ours.iter().any(|frame| matches!(frame, Frame::BadText(_)));
    let bad_utf8 = matches!(error, Some(Error::Utf8(_)));
    assert!(bad_utf8 || !bad_text, "{error:?}");
    if bad_utf8 {
        // They stop at the fragment, or at the reason of a close frame; we at the end of the text, if it ever comes. Until
        // then only control frames can.
        assert!(ours.starts_with(&theirs), "{ours:?} {theirs:?}");
        let beyond = ours[theirs.len()..].iter().find(|frame| !matches!(frame, Frame::Ping(_) | Frame::Pong(_)));
        return assert!(matches!(beyond, None | Some(Frame::BadText(_) | Frame::Close(_))), "{ours:?} {theirs:?}");
    }
    if let Some(EndpointError::Protocol(Violation::CloseCode(_))) = failure {
        assert_eq!(theirs.pop(), Some(Frame::Close(Some(CloseFrame::new(1002, "Protocol violation")))));
        return assert_eq!(ours, theirs);
    }
    if let (Some(Frame::Close(Some(our))), Some(Frame::Close(Some(_)))) = (ours.last(), theirs.last())
        && our.code == 1014
    {
        ours.pop();
        theirs.pop();
    }
    assert_eq!(ours, theirs, "{failure:?} {error:?}");
    let reset = matches!(error, Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)));
    assert_eq!(failure.is_some(), error.is_some() && !reset, "{failure:?} {error:?}");
}

/// The answer to an opening handshake in any pieces, and a request for one.
pub fn opening(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(step), Ok(good)) = (u.int_in_range(1..=64_usize), u.ratio(1, 4)) else { return };
    let request = OpeningRequest::new("pbx.example", "/ws").expect("a request");
    let open = |step: usize, bytes: &[u8]| {
        let mut endpoint = Endpoint::client(&request, &Config::default(), SEED, Instant::EPOCH);
        let asked = String::from_utf8(endpoint.outgoing().to_vec()).expect("a head");
        endpoint.sent(asked.len());
        let mut answer = Vec::new();
        if good {
            let key = asked.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
            let accept = tungstenite::handshake::derive_accept_key(key.trim().as_bytes());
            answer.extend_from_slice(
                format!(
                    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                )
                .as_bytes(),
            );
        }
        answer.extend_from_slice(bytes);
        let mut frames = feed(&mut endpoint, &answer, step.min(answer.len().max(1)));
        endpoint.handle_eof(Instant::EPOCH);
        frames.extend(std::iter::from_fn(|| endpoint.poll_frame()));
        (frames, endpoint.failure().cloned(), endpoint.subprotocol().map(str::to_owned))
    };
    let rest = u.take_rest();
    assert_eq!(open(usize::MAX, rest), open(step, rest), "cut differently");

    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Request::new(&mut headers);
    if head.parse(rest).is_ok() {
        let mut request = http::Request::builder().method("GET");
        for header in head.headers.iter() {
            request = request.header(header.name, header.value);
        }
        let Ok(request) = request.body(()) else { return };
        let strict = check(request.method(), request.version(), request.headers(), Strictness::Strict);
        let lenient = check(request.method(), request.version(), request.headers(), Strictness::Lenient);
        if let Ok(accepted) = strict {
            assert_eq!(accepted.response().status(), 101);
            assert!(lenient.is_ok(), "strict takes what lenient does not");
        }
    }
}
