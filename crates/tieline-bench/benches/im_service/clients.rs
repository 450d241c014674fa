//! Clients that cost as little as they can: a WebSocket by hand, messages told apart by how they begin.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use memchr::memmem;
use tieline_portsip_im::Credentials;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::wire::masked_frame;

/// A connection that has logged in.
pub(crate) struct Client {
    socket: TcpStream,
    read: Vec<u8>,
    /// How far `read` is taken.
    taken: usize,
}

impl Client {
    /// Connects and logs in.
    pub(crate) async fn login(port: u16, user: u64) -> Self {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("connected");
        socket.set_nodelay(true).expect("an option");
        let mut client = Self { socket, read: Vec::new(), taken: 0 };
        let request = "GET /im HTTP/1.1\r\nHost: im\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        client.socket.write_all(request.as_bytes()).await.expect("written");
        while !client.read.ends_with(b"\r\n\r\n") {
            client.socket.read_buf(&mut client.read).await.expect("an answer");
        }
        client.read.clear();
        let login = Credentials::access_token(user.to_string(), "portsip.io", "TOKEN").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default();
        client.ask(&format!(r#"{{"login":{{"id":"l","scheme":"access_token","secret":"{secret}"}}}}"#)).await;
        client
    }

    pub(crate) async fn say(&mut self, message: &str) {
        self.socket.write_all(&masked_frame(message)).await.expect("written");
    }

    /// Asks for something that is done, or told. The answer.
    pub(crate) async fn ask(&mut self, message: &str) -> String {
        self.say(message).await;
        loop {
            let heard = String::from_utf8(self.hear().await.to_vec()).expect("text");
            if heard.starts_with(r#"{"ctrl":{"id""#) {
                assert!(heard.contains(r#""code":20"#), "{heard}");
                return heard;
            }
            if heard.starts_with(r#"{"meta":{"id""#) {
                return heard;
            }
        }
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> &[u8] {
        loop {
            let rest = &self.read[self.taken..];
            if let Some((head, length)) = head(rest)
                && rest.len() >= head + length
            {
                let (opcode, start) = (rest[0] & 0x0F, self.taken + head);
                self.taken = start + length;
                match opcode {
                    1 => return &self.read[start..start + length],
                    9 => self.socket.write_all(&[0x8A, 0x80, 0, 0, 0, 0]).await.expect("written"),
                    _ => panic!("opcode {opcode}"),
                }
                continue;
            }
            self.read.drain(..self.taken);
            self.taken = 0;
            assert!(self.socket.read_buf(&mut self.read).await.is_ok_and(|read| read > 0), "the server closed");
        }
    }

    /// Reads on and on, and counts messages of topics and their bytes, frames and all.
    pub(crate) fn listen(mut self, heard: &Arc<Heard>) {
        let heard = Arc::clone(heard);
        tokio::spawn(async move {
            loop {
                let message = self.hear().await;
                if message.starts_with(br#"{"data""#) {
                    let bytes = message.len() + 4;
                    heard.bytes.store(bytes as u64, Ordering::Relaxed);
                    heard.messages.fetch_add(1, Ordering::Release);
                }
            }
        });
    }

    /// Publishes so many messages, so many of them at a time unanswered, and gives the time that each answer took.
    pub(crate) async fn publish(
        &mut self,
        topic: &str,
        content: &str,
        messages: usize,
        flying: usize,
    ) -> Vec<Duration> {
        let mut took = Vec::with_capacity(messages);
        let mut sent = VecDeque::with_capacity(flying);
        let mut said = 0;
        while took.len() < messages {
            let mut frames = Vec::new();
            let now = Instant::now();
            while said < messages && sent.len() < flying {
                frames.extend(masked_frame(&publication(topic, content, said)));
                sent.push_back(now);
                said += 1;
            }
            self.socket.write_all(&frames).await.expect("written");
            // All answers that are there, so that what they make room for goes out at once.
            loop {
                let heard = self.hear().await;
                assert!(memmem::find(heard, br#""code":202"#).is_some(), "{}", String::from_utf8_lossy(heard));
                took.push(sent.pop_front().expect("asked").elapsed());
                let rest = &self.read[self.taken..];
                if sent.is_empty() || head(rest).is_none_or(|(head, length)| rest.len() < head + length) {
                    break;
                }
            }
        }
        took
    }
}

/// A message of always the same length.
pub(crate) fn publication(topic: &str, content: &str, number: usize) -> String {
    format!(
        r#"{{"pub":{{"id":"c1dd7a45-93db-4af9-870d-{number:012}","topic":"{topic}","noecho":true,"content":"{content}"}}}}"#
    )
}

/// The lengths of a server's frame: of its head, and of its payload.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    match (*bytes.get(1)?, bytes.get(2..4)) {
        (short @ ..126, _) => Some((2, short.into())),
        (126, Some(long)) => Some((4, u16::from_be_bytes([long[0], long[1]]).into())),
        (126, None) => None,
        _ => panic!("a message of more than 64 KiB"),
    }
}

/// What listeners have heard.
#[derive(Default)]
pub(crate) struct Heard {
    messages: AtomicU64,
    /// The bytes of the last message, as they were sent.
    bytes: AtomicU64,
}

impl Heard {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) as usize
    }

    /// Waits until so many more were heard than when this was called for 0.
    pub(crate) async fn wait_for(&self, messages: u64) {
        while self.messages.load(Ordering::Acquire) < messages {
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Acquire)
    }
}

/// How a bare fan-out goes about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Messages that came together are written together.
    Together,
    /// Each message is written by itself.
    Alone,
    /// Together, once they are kept as durably as ours.
    Kept,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Together, Self::Alone, Self::Kept];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Together => "bare fan-out, nothing kept",
            Self::Alone => "bare fan-out, nothing kept, one a write",
            Self::Kept => "bare fan-out after bare rusqlite",
        }
    }

    /// What a connection that asks for it says first: the lengths of a request, its answer and a message, and the way.
    pub(crate) fn line(self, (request, answer, message): (usize, usize, usize)) -> String {
        let number = Self::ALL.iter().position(|way| *way == self).expect("one of them");
        format!("{request} {answer} {message} {number}\n")
    }
}

/// A socket of the bare fan-out that is written to: counts bytes.
pub(crate) async fn bare_listener(port: u16, bytes: &Arc<AtomicU64>) {
    let mut socket = bare_socket(port, "\n").await;
    let bytes = Arc::clone(bytes);
    tokio::spawn(async move {
        let mut space = vec![0; 16 << 10];
        while let Ok(read @ 1..) = socket.read(&mut space).await {
            bytes.fetch_add(read as u64, Ordering::Release);
        }
    });
}

pub(crate) async fn bare_socket(port: u16, line: &str) -> TcpStream {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("connected");
    socket.set_nodelay(true).expect("an option");
    socket.write_all(line.as_bytes()).await.expect("written");
    socket
}

/// What [`Client::publish`] does, of a bare fan-out: requests and answers are known by their lengths.
pub(crate) async fn bare_publish(
    socket: &mut TcpStream,
    (request, answer): (usize, usize),
    messages: usize,
    flying: usize,
) -> Vec<Duration> {
    let requests = vec![b'r'; request * flying];
    let mut space = vec![0; answer * flying];
    let mut took = Vec::with_capacity(messages);
    let mut sent = VecDeque::with_capacity(flying);
    let (mut said, mut held) = (0, 0);
    while took.len() < messages {
        let more = (messages - said).min(flying - sent.len());
        sent.extend(std::iter::repeat_n(Instant::now(), more));
        said += more;
        socket.write_all(&requests[..request * more]).await.expect("written");
        while held < answer {
            held += socket.read(&mut space).await.expect("an answer");
        }
        took.extend(sent.drain(..held / answer).map(|at: Instant| at.elapsed()));
        held %= answer;
    }
    took
}
