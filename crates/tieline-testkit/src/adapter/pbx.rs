//! A PBX that does as each test says, on threads and an independent WebSocket implementation.

use std::any::Any;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tieline_tls::ServerTls;
use tieline_tls::rustls::{ServerConnection, StreamOwned};
use tungstenite::handshake::derive_accept_key;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role};
use tungstenite::{Message, WebSocket};

use super::{Gate, PATIENCE};

/// The answer that says yes.
pub const OK: &str = r#"{"status":0}"#;
/// The answer that refuses a login.
pub const REFUSED: &str = r#"{"error":"name or password error","status":-1}"#;

/// An event with a number in it.
#[must_use]
pub fn event(number: usize) -> String {
    format!(r#"{{"event_type":"test_event","number":{number}}}"#)
}

/// What a connection of the server's is.
pub trait Stream: Read + Write + Send + 'static {}

impl<T: Read + Write + Send + 'static> Stream for T {}

/// The server's side of one WebSocket.
pub struct Peer(WebSocket<Box<dyn Stream>>);

/// What a server heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message.
    Message(Message),
    /// Nothing within the stream's timeout.
    Nothing,
    /// The client left.
    End,
}

impl Peer {
    /// Answers the opening.
    ///
    /// # Panics
    /// When there is none.
    pub fn accept(io: impl Stream) -> Self {
        let io: Box<dyn Stream> = Box::new(io);
        match tungstenite::accept(io) {
            Ok(socket) => Self(socket),
            Err(error) => panic!("no WebSocket opening: {error}"),
        }
    }

    /// As [`accept`](Self::accept), and gives the path and query that were asked for.
    ///
    /// # Panics
    /// When there is no opening.
    pub fn accept_at(io: impl Stream) -> (Self, String) {
        let io: Box<dyn Stream> = Box::new(io);
        let mut target = String::new();
        #[allow(clippy::result_large_err, reason = "tungstenite's own")]
        let note = |request: &Request, response: Response| {
            target = request.uri().to_string();
            Ok(response)
        };
        match tungstenite::accept_hdr(io, note) {
            Ok(socket) => (Self(socket), target),
            Err(error) => panic!("no WebSocket opening: {error}"),
        }
    }

    /// As [`accept`](Self::accept), from a stream that gives a byte at a time, which tungstenite takes for an attack.
    ///
    /// # Panics
    /// When there is no opening.
    pub fn accept_bytewise(io: impl Stream) -> Self {
        Self::try_accept(io).expect("an opening")
    }

    /// Answers the opening, however it comes; `None` when it does not come whole.
    pub(super) fn try_accept(io: impl Stream) -> Option<Self> {
        let mut io: Box<dyn Stream> = Box::new(io);
        let request = read_request(&mut io)?;
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))?;
        let accept = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        io.write_all(answer.as_bytes()).ok()?;
        io.flush().ok()?;
        Some(Self(WebSocket::from_raw_socket(io, Role::Server, None)))
    }

    /// What comes within the stream's timeout.
    pub(super) fn hear(&mut self) -> Heard {
        match self.0.read() {
            Ok(message) => Heard::Message(message),
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                Heard::Nothing
            }
            Err(_) => Heard::End,
        }
    }

    /// The next message; `None` when the connection broke.
    pub fn message(&mut self) -> Option<Message> {
        self.0.read().ok()
    }

    /// The next text; `None` when the client closed or the connection broke.
    pub fn heard(&mut self) -> Option<String> {
        loop {
            match self.message()? {
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Says a text. A client that left is not the server's business.
    pub fn say(&mut self, text: impl Into<String>) {
        drop(self.0.send(Message::text(text.into())));
    }

    /// Writes bytes as they are. A client that left is not the server's business.
    pub fn say_bytes(&mut self, bytes: &[u8]) {
        drop(self.0.get_mut().write_all(bytes));
    }

    /// Accepts the login, and gives what it was.
    ///
    /// # Panics
    /// When there is none.
    pub fn log_in(&mut self) -> String {
        let login = self.heard().expect("a login");
        assert!(login.contains(r#""command":"auth""#), "{login}");
        self.say(OK);
        login
    }

    /// Answers everything, until the client leaves; gives what was asked.
    pub fn agree(&mut self) -> Vec<String> {
        let mut asked = Vec::new();
        while let Some(text) = self.heard() {
            asked.push(text);
            self.say(OK);
        }
        asked
    }

    /// Begins the closing handshake.
    pub fn close(&mut self) {
        drop(self.0.close(None));
        drop(self.0.flush());
    }

    /// Closes with code 1008 and this reason, and reads until the client has left.
    pub fn refuse(&mut self, reason: &str) {
        drop(self.0.close(Some(CloseFrame { code: CloseCode::Policy, reason: reason.to_owned().into() })));
        while self.message().is_some() {}
    }

    /// Reads once what there is, be it frames or parts of them.
    pub fn read_bytes(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 1 << 10];
        let read = self.0.get_mut().read(&mut bytes).unwrap_or_default();
        bytes.truncate(read);
        bytes
    }

    /// Reads until the client leaves, and gives its close code.
    pub fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Message::Close(close) = self.message()? {
                return close.map(|close| close.code.into());
            }
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peer")
    }
}

/// The head of an HTTP request.
pub(super) fn request(io: &mut impl Read) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        io.read_exact(&mut byte).expect("a request");
        request.extend(byte);
    }
    String::from_utf8(request).expect("text")
}

/// A request, head and body; `None` when the client leaves before it is whole.
pub(super) fn read_request(io: &mut impl Read) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        io.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    let mut text = String::from_utf8(request).expect("text");
    let length = text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    io.read_exact(&mut body).ok()?;
    text += &String::from_utf8(body).expect("text");
    Some(text)
}

/// A listener that serves each connection on a thread of its own. When it is dropped nobody is served any more, and what
/// a server's thread panicked with goes on here.
pub struct Pbx {
    /// Where it listens, for `ws://`.
    pub url: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    accepted: AtomicUsize,
    over: AtomicBool,
    panicked: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Pbx {
    /// Serves raw connections; `serve` is told their number, from 0.
    ///
    /// # Panics
    /// When there is no port.
    pub fn raw(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let (serve, serving) = (Arc::new(serve), Arc::clone(&shared));
        thread::spawn(move || {
            for io in listener.incoming().map_while(Result::ok) {
                if serving.over.load(Ordering::SeqCst) {
                    break;
                }
                let (serve, shared) = (Arc::clone(&serve), Arc::clone(&serving));
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // A thread that waits for a client that is stuck must end some time.
                    io.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                    io.set_nodelay(true).expect("no delay");
                    if let Err(panicked) = catch_unwind(AssertUnwindSafe(|| serve(io, number))) {
                        *shared.panicked.lock().unwrap_or_else(PoisonError::into_inner) = Some(panicked);
                    }
                });
            }
        });
        Self { url: format!("ws://127.0.0.1:{port}/wsi"), port, shared }
    }

    /// Serves WebSockets.
    pub fn start(serve: impl Fn(Peer, usize) + Send + Sync + 'static) -> Self {
        Self::raw(move |io, number| serve(Peer::accept(io), number))
    }

    /// Serves WebSockets over TLS.
    pub fn secure(tls: &ServerTls, serve: impl Fn(Peer, usize) + Send + Sync + 'static) -> Self {
        Self::secure_raw(tls, move |io, number| serve(Peer::accept(io), number))
    }

    /// Serves raw connections over TLS.
    pub fn secure_raw(
        tls: &ServerTls,
        serve: impl Fn(StreamOwned<ServerConnection, TcpStream>, usize) + Send + Sync + 'static,
    ) -> Self {
        let config = tls.config();
        let mut pbx = Self::raw(move |mut io, number| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a configuration");
            // A client that trusts nobody is not the server's business.
            if connection.complete_io(&mut io).is_ok() && !connection.is_handshaking() {
                serve(StreamOwned::new(connection, io), number);
            }
        });
        pbx.url = format!("wss://127.0.0.1:{}/wsi", pbx.port);
        pbx
    }

    /// Holds every connection without a word, until the gate opens.
    #[must_use]
    pub fn mute(until: &Gate) -> Self {
        let held = until.clone();
        Self::raw(move |io, _| {
            held.pass();
            drop(io);
        })
    }

    /// How many connections there were.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // The listener looks once more, and ends.
        drop(TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))));
        let panicked = self.shared.panicked.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panicked) = panicked.filter(|_| !thread::panicking()) {
            std::panic::resume_unwind(panicked);
        }
    }
}

impl fmt::Debug for Pbx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pbx({})", self.url)
    }
}
