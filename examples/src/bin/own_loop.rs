//! The sans-IO pieces in a loop of one's own: one thread, one blocking socket of std, no adapter.
//!
//! `cargo run -p tieline-examples --bin own_loop`

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use tieline::core::{ClientSession as _, Instant, Session as _};
use tieline::websocket::{Config, Endpoint, OpeningRequest};
use tieline::wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline::wsi::{Dialect, Subscription, Topic};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pbx = tieline_examples::simulated_pbx()?;
    let dialect = Dialect::V16;
    let (address, auth) = (pbx.address(), pbx.tenant_auth(dialect));

    // Time is ours to give: here it is the time since the start.
    let started = std::time::Instant::now();
    let now = || Instant::from_epoch(started.elapsed());
    // A real program takes its seed from the operating system.
    let seed = [7; 16];

    let mut socket = TcpStream::connect(address)?;
    let request = OpeningRequest::new(&address.to_string(), "/wsi?dialect=v16")?;
    let mut endpoint = Endpoint::client(&request, &Config::default(), seed, now());
    let mut session = WsiClient::start(ClientConfig::new(dialect, auth), seed, None, now());
    endpoint.set_message_limit(session.message_limit());
    session.send(now(), Request::Subscribe(Subscription::to(Topic::ExtensionEvents)))?;

    let mut buffer = [0; 4096];
    let mut seen = 0;
    while !session.is_finished() {
        // Everything out: what the session sends, what the endpoint writes, what the application is told.
        if endpoint.is_open() {
            while let Some(frame) = session.poll_transmit() {
                endpoint.send(now(), frame)?;
            }
        }
        while endpoint.wants_write() {
            let written = socket.write(endpoint.outgoing())?;
            endpoint.sent(written);
        }
        while let Some((_, reply)) = session.poll_reply() {
            println!("subscribed: {:?}", reply?.confirmation);
        }
        while let Some(event) = session.poll_event() {
            match event {
                ClientEvent::Received(received) => {
                    println!("{:>3}  {}", seen, received.event.event_type());
                    seen += 1;
                    if seen == 20 {
                        session.close(now());
                    }
                }
                other => println!("     {other:?}"),
            }
        }
        // Wait for bytes, or until one of the two wants to be called.
        let due = tieline::core::earliest(session.poll_timeout(), endpoint.poll_timeout());
        let wait = due.map_or(Duration::from_secs(1), |due| due.since(now()));
        socket.set_read_timeout(Some(wait.clamp(Duration::from_millis(1), Duration::from_secs(1))))?;
        match socket.read(&mut buffer) {
            Ok(0) => endpoint.handle_eof(now()),
            Ok(read) => {
                let mut bytes = &buffer[..read];
                while !bytes.is_empty() {
                    let taken = endpoint.handle_bytes(now(), bytes);
                    bytes = &bytes[taken..];
                    while let Some(frame) = endpoint.poll_frame() {
                        session.handle_input(now(), frame);
                        endpoint.set_message_limit(session.message_limit());
                    }
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        endpoint.handle_timeout(now());
        session.handle_timeout(now());
        while let Some(frame) = endpoint.poll_frame() {
            session.handle_input(now(), frame);
        }
    }
    println!("{seen} events, by a loop of our own");
    Ok(())
}
