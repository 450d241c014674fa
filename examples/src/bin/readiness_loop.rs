//! Three lines on one thread, by readiness: non-blocking sockets of std's kind, mio to wait on, no runtime, no adapter.
//!
//! `cargo run -p tieline-examples --bin readiness_loop`

use std::io::{self, ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Registry, Token};
use tieline::core::{ClientSession as _, Instant, Session as _, earliest};
use tieline::websocket::{Config, Endpoint, OpeningRequest};
use tieline::wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline::wsi::{Dialect, Subscription, Topic};
use tieline_examples::Pbx;

/// A socket, the WebSocket on it, the session on that.
struct Line {
    dialect: Dialect,
    socket: TcpStream,
    /// mio tells each change once, so it is remembered until the socket says `WouldBlock`.
    readable: bool,
    writable: bool,
    endpoint: Endpoint,
    session: WsiClient,
    seen: u32,
}

impl Line {
    fn open(
        pbx: &Pbx,
        dialect: Dialect,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut socket = TcpStream::connect(pbx.address())?;
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        // A real program takes its seed from the operating system.
        let seed = [token.0 as u8; 16];
        let path = format!("/wsi?dialect={dialect}");
        let request = OpeningRequest::new(&pbx.address().to_string(), &path)?;
        let mut endpoint = Endpoint::client(&request, &Config::default(), seed, now);
        let mut session = WsiClient::start(ClientConfig::new(dialect, pbx.tenant_auth(dialect)), seed, None, now);
        endpoint.set_message_limit(session.message_limit());
        session.send(now, Request::Subscribe(Subscription::to(Topic::ExtensionEvents)))?;
        Ok(Self { dialect, socket, readable: false, writable: false, endpoint, session, seen: 0 })
    }

    /// Does all that need not be waited for.
    fn advance(&mut self, now: Instant) -> io::Result<()> {
        self.endpoint.handle_timeout(now);
        self.session.handle_timeout(now);
        self.hand_in(now);
        self.read(now)?;
        self.tell(now);
        self.write(now)
    }

    /// As long as the session wants it. What it does not want stays in the socket, and then with the peer.
    fn read(&mut self, now: Instant) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while self.readable && self.session.wants_input() {
            match self.socket.read(&mut buffer) {
                Ok(0) => {
                    self.readable = false;
                    self.endpoint.handle_eof(now);
                    self.hand_in(now);
                }
                Ok(read) => {
                    let mut bytes = &buffer[..read];
                    // The endpoint takes less only when many frames wait; those go first.
                    while !bytes.is_empty() {
                        let taken = self.endpoint.handle_bytes(now, bytes);
                        bytes = &bytes[taken..];
                        self.hand_in(now);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn hand_in(&mut self, now: Instant) {
        while let Some(frame) = self.endpoint.poll_frame() {
            self.session.handle_input(now, frame);
            self.endpoint.set_message_limit(self.session.message_limit());
        }
    }

    fn tell(&mut self, now: Instant) {
        while let Some((_, reply)) = self.session.poll_reply() {
            println!("{}  subscribed: {:?}", self.dialect, reply.map(|reply| reply.confirmation));
        }
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::Received(received) => {
                    println!("{}  {:>2} {}", self.dialect, self.seen, received.event.event_type());
                    self.seen += 1;
                    if self.seen == 10 {
                        self.session.close(now);
                    }
                }
                other => println!("{}  {other:?}", self.dialect),
            }
        }
    }

    fn write(&mut self, now: Instant) -> io::Result<()> {
        if self.endpoint.is_open() {
            while let Some(frame) = self.session.poll_transmit() {
                self.endpoint.send(now, frame).map_err(io::Error::other)?;
            }
        }
        while self.writable && self.endpoint.wants_write() {
            match self.socket.write(self.endpoint.outgoing()) {
                Ok(written) => self.endpoint.sent(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pbx = tieline_examples::simulated_pbx()?;
    // Time is ours to give: here it is the time since the start.
    let started = std::time::Instant::now();
    let now = || Instant::from_epoch(started.elapsed());

    let mut poll = Poll::new()?;
    let mut lines = Vec::new();
    for dialect in [Dialect::V12, Dialect::V16, Dialect::V22] {
        lines.push(Line::open(&pbx, dialect, poll.registry(), Token(lines.len()), now())?);
    }
    let mut ready = Events::with_capacity(16);
    loop {
        for line in &mut lines {
            line.advance(now())?;
        }
        if lines.iter().all(|line| line.session.is_finished()) {
            break;
        }
        // Until a socket is ready, or the first of all timeouts; asked for anew each time, since any input moves it.
        let timeouts = lines.iter().map(|line| earliest(line.session.poll_timeout(), line.endpoint.poll_timeout()));
        let due = timeouts.fold(None, earliest);
        match poll.poll(&mut ready, due.map(|due| due.since(now()))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            outcome => outcome?,
        }
        for event in &ready {
            let line = &mut lines[event.token().0];
            line.readable |= event.is_readable();
            line.writable |= event.is_writable();
        }
    }
    println!("{} lines on one thread", lines.len());
    Ok(())
}
