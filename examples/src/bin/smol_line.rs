//! A line that stays alive, on smol: the supervisor of tieline-core decides when to dial, to wait and to give up; what is
//! left is this one loop. The PBX cuts the line once, and the program is told what it may have missed.
//!
//! `cargo run -p tieline-examples --bin smol_line`

use std::future::pending;
use std::io;
use std::time::Duration;

use smol::future::or;
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::net::TcpStream;
use tieline::core::supervisor::{ConnectFailure, LineEvent, LineId, LineInput, LineOutput, Policy, Supervisor};
use tieline::core::{Class, Instant, Session as _, earliest};
use tieline::websocket::{Config, Endpoint, OpeningRequest};
use tieline::wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline::wsi::{Dialect, Subscription, Topic};
use tieline_examples::Pbx;

const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection, from the dial to the end of its farewell.
struct Connection {
    id: LineId,
    socket: TcpStream,
    endpoint: Endpoint,
    /// The supervisor was told that it is open.
    told: bool,
}

/// What the loop was woken by.
enum Woken {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Time,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pbx = tieline_examples::simulated_pbx()?;
    let (dialect, seed) = (Dialect::V22, [7; 16]);
    let started = std::time::Instant::now();
    let now = || Instant::from_epoch(started.elapsed());

    let config = ClientConfig::new(dialect, pbx.tenant_auth(dialect));
    let resume = Default::default();
    let mut line = Supervisor::<WsiClient>::new(config, Policy::default(), seed, resume, now());
    line.send(now(), Request::Subscribe(Subscription::to(Topic::ExtensionEvents)))?;

    smol::block_on(async {
        let mut connection: Option<Connection> = None;
        let mut buffer = vec![0; 4096];
        let mut seen = 0;
        loop {
            // 1. Everything out.
            while let Some(output) = line.poll_transmit() {
                match output {
                    LineOutput::Dial(id) => match dial(&pbx, seed, now()).await {
                        Ok((socket, endpoint)) => connection = Some(Connection { id, socket, endpoint, told: false }),
                        Err(error) => {
                            let failure = ConnectFailure::new(Class::Retry, error.to_string());
                            line.handle_input(now(), LineInput::Failed(id, failure));
                        }
                    },
                    LineOutput::Frame(id, frame) => {
                        if let Some(open) = connection.as_mut().filter(|open| open.id == id) {
                            open.endpoint.send(now(), frame)?;
                        }
                    }
                    LineOutput::Hangup(id) => {
                        if let Some(open) = connection.take_if(|open| open.id == id) {
                            // The line is given up; a failure changes nothing.
                            _ = open.say_goodbye().await;
                        }
                    }
                    _ => {}
                }
            }
            while let Some((_, reply)) = line.poll_reply() {
                println!("subscribed: {:?}", reply?.confirmation);
            }
            while let Some(event) = line.poll_event() {
                match event {
                    LineEvent::Session(ClientEvent::Received(_)) => {
                        seen += 1;
                        match seen {
                            10 => pbx.cut_lines(),
                            20 => line.close(now()),
                            _ => {}
                        }
                    }
                    LineEvent::Gap(gap) => println!("of {:?} something may be missing: {}", gap.length(), gap.cause),
                    other => println!("{other:?}"),
                }
            }
            if line.is_finished() {
                println!("{seen} events, on smol");
                return Ok(());
            }

            // 2. Wait for the first of: bytes (only if they are wanted), room to write, the time.
            let ends = connection.as_ref().and_then(|open| open.endpoint.poll_timeout());
            let due = earliest(line.poll_timeout(), ends);
            let time = async {
                match due {
                    Some(due) => _ = smol::Timer::after(due.since(now())).await,
                    None => pending().await,
                }
                Woken::Time
            };
            let woken = match &mut connection {
                Some(Connection { socket, endpoint, told, .. }) => {
                    let (mut reader, writer) = (socket.clone(), socket);
                    // While the WebSocket is being opened the session is not there to be asked.
                    let wanted = !*told || line.wants_input();
                    let read =
                        async { if wanted { Woken::Read(reader.read(&mut buffer).await) } else { pending().await } };
                    let write = async {
                        if endpoint.wants_write() {
                            Woken::Written(writer.write(endpoint.outgoing()).await)
                        } else {
                            pending().await
                        }
                    };
                    or(or(read, write), time).await
                }
                None => time.await,
            };

            // 3. Everything in.
            line.handle_timeout(now());
            if let Some(open) = &mut connection {
                match woken {
                    Woken::Written(Ok(written)) => open.endpoint.sent(written),
                    Woken::Read(Ok(read)) if read > 0 => {
                        let mut bytes = &buffer[..read];
                        // The endpoint takes less only when many frames wait; those go first.
                        while !bytes.is_empty() {
                            let taken = open.endpoint.handle_bytes(now(), bytes);
                            bytes = &bytes[taken..];
                            open.hand_in(&mut line, &pbx, now());
                        }
                    }
                    Woken::Read(_) | Woken::Written(Err(_)) => open.endpoint.handle_eof(now()),
                    Woken::Time => open.endpoint.handle_timeout(now()),
                }
                if !open.hand_in(&mut line, &pbx, now()) {
                    connection = None;
                }
            }
        }
    })
}

/// A connection on which the WebSocket is about to be opened.
async fn dial(pbx: &Pbx, seed: [u8; 16], now: Instant) -> Result<(TcpStream, Endpoint), Box<dyn std::error::Error>> {
    let late = async {
        smol::Timer::after(DIAL_TIMEOUT).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let socket = or(TcpStream::connect(pbx.address()), late).await?;
    let request = OpeningRequest::new(&pbx.address().to_string(), "/wsi?dialect=v22")?;
    Ok((socket, Endpoint::client(&request, &Config::default(), seed, now)))
}

impl Connection {
    /// Hands in what the WebSocket brought; whether the connection is still good for something.
    fn hand_in(&mut self, line: &mut Supervisor<WsiClient>, pbx: &Pbx, now: Instant) -> bool {
        if self.endpoint.is_open() && !self.told {
            // Credentials may be asked for anew for each line.
            line.handle_input(now, LineInput::Opened(self.id, pbx.tenant_auth(Dialect::V22)));
            self.told = true;
        }
        while let Some(frame) = self.endpoint.poll_frame() {
            if !self.told {
                let why = self.endpoint.failure().map_or_else(String::new, ToString::to_string);
                line.handle_input(now, LineInput::Failed(self.id, ConnectFailure::new(Class::Retry, why)));
                return false;
            }
            line.handle_input(now, LineInput::Frame(self.id, frame));
        }
        if let Some(limit) = line.message_limit() {
            self.endpoint.set_message_limit(limit);
        }
        true
    }

    /// Tries to send what is queued, the close frame most of all.
    async fn say_goodbye(mut self) -> io::Result<()> {
        let late = async {
            smol::Timer::after(Duration::from_secs(1)).await;
            Ok(())
        };
        or(self.socket.write_all(self.endpoint.outgoing()), late).await
    }
}
