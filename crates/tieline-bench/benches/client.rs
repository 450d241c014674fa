//! A whole client over loopback TCP: the processor time of its thread for each event.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::hint::black_box;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use common::decoders::{self, Peek};
use common::{stream, wire};
use cpu_time::ThreadTime;
use futures::{SinkExt as _, StreamExt as _};
use tieline_bench::{Contest, Goal, effort, title};
use tieline_core::supervisor::LineEvent;
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent};
use tieline_portsip_wsi::{Auth, Dialect};
use tieline_tokio::{Item, Proxy, wsi};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// What is read at once; tieline's size, and the best for tungstenite too, which zeroes its buffer before each read.
const READ_BYTES: usize = 8 << 10;
const LOGIN: &str = r#"{"command":"auth","username":"boss","domain":"portsip.io","password":"111111"}"#;

fn main() {
    let count = effort(20_000, 200);
    let frames: Vec<u8> = stream::events(count).iter().flat_map(|text| wire::text_frame(text)).collect();
    title("WSI client, from the socket to the event");
    println!("{count} events in {} bytes, written by another thread as fast as they are taken", frames.len());
    let server = serve(frames);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let peek = Peek::new();

    let ours = "tieline-tokio";
    let value = "tokio-tungstenite and serde_json::Value";
    // A client on threads enters here too.
    let mut contest = Contest::new("receiving an event", count as f64);
    contest.enter_timed(ours, || runtime.block_on(tieline(server, count)));
    contest.enter_timed(value, || {
        runtime.block_on(tungstenite(server, count, |text| drop(black_box(decoders::value(text)))))
    });
    contest.enter_timed("tokio-tungstenite and typed serde_json, borrowed", || {
        runtime.block_on(tungstenite(server, count, |text| drop(black_box(peek.serde_json(text)))))
    });
    let standings = contest.run(effort(25, 1));
    standings.print(value);
    standings.judge(ours, value, &Goal::at_most("client: cost, of tokio-tungstenite and Value", 0.60, 0.39));
}

/// Serves every client the same: the handshake, the answer to the login, all events.
fn serve(frames: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::Builder::new().name("server".to_owned());
    let serving = move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            stream.set_nodelay(true).expect("an option");
            wire::answer_client(&mut stream);
            // A client that has enough goes.
            let _gone = stream.write_all(&frames);
            let _until_it_goes = std::io::copy(&mut stream, &mut std::io::sink());
        }
    };
    server.spawn(serving).expect("a thread");
    address
}

async fn tieline(server: SocketAddr, count: usize) -> Duration {
    let session = ClientConfig::new(Dialect::V16, Auth::username("boss", "portsip.io", "111111"));
    let mut config = wsi::Config::new(session.dialect, session.auth).proxy(Proxy::direct());
    config.route.tcp.nodelay = true;
    let dialer = config.dialer(&format!("ws://{server}/")).expect("an address");
    let (_client, mut events, mut driver) = wsi::connect_with(dialer, config);
    let live = driver.first_live();
    let driver = tokio::spawn(driver);
    live.await.expect("live");
    // An application is a task among others, as the driver is.
    let application = async move {
        let mut received = 0;
        while received < count {
            let item = events.next().await.expect("an event");
            if let Item::Line(LineEvent::Session(ClientEvent::Received(event))) = item {
                black_box(&event);
                received += 1;
            }
        }
    };
    let start = ThreadTime::now();
    tokio::spawn(application).await.expect("all events");
    let taken = start.elapsed();
    // Without a goodbye, which this server would not answer.
    driver.abort();
    taken
}

async fn tungstenite(server: SocketAddr, count: usize, decode: impl Fn(&str)) -> Duration {
    let stream = TcpStream::connect(server).await.expect("connected");
    stream.set_nodelay(true).expect("an option");
    let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
    let url = format!("ws://{server}/");
    let (mut socket, _): (WebSocketStream<TcpStream>, _) =
        tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.expect("open");
    socket.send(Message::text(LOGIN)).await.expect("sent");
    let _answer = socket.next().await.expect("an answer").expect("an answer");
    let start = ThreadTime::now();
    let mut received = 0;
    while received < count {
        if let Message::Text(text) = socket.next().await.expect("an event").expect("a message") {
            decode(&text);
            received += 1;
        }
    }
    start.elapsed()
}
