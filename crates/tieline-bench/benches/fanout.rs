//! Publishing to many clients over loopback TCP: the processor time of the server's thread for each delivery.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::wire;
use cpu_time::ThreadTime;
use tieline_bench::{Contest, Goal, effort, title};
use tieline_portsip_wsi::server::ServerConfig;
use tieline_portsip_wsi::{Auth, Dialect, Event, Viewer};
use tieline_server::wsi::{self, Directory, Hub, Publication, Refused, WsiService};
use tieline_server::{Accepted, ConnectionHook, Router, Server, ServerHook, ServerOptions};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

const TENANT: &str = "236047118140313600";
/// To no more sockets the server writes before others have their turn.
const TURN: usize = 64;

fn main() {
    let clients = effort(400, 10);
    let event = stream_event();
    title("fan-out, from the publisher to the sockets");
    println!("{clients} clients, {} bytes an event", event.text.len());
    for (batch, goal) in [
        (1, Goal::at_most("fan-out, one event a write: cost, of bare writes", 1.08, 1.03)),
        (16, Goal::at_most("fan-out, 16 events a write: cost, of bare writes", 1.4, 1.1)),
    ] {
        let rounds = effort(25, 1);
        let batches = effort(64, 1);
        compete(clients, batch, batches, rounds, &event, &goal);
    }
}

/// An event of about the mean length.
fn stream_event() -> Publication {
    let events = common::stream::events(200);
    let text = events.iter().find(|text| text.contains("\"call_start\"") && text.len() > 300).expect("a call starts");
    Publication::of(&Event::decode_owned(text).expect("an event")).of_tenant(TENANT)
}

/// A runtime that looks for news of sockets only when every task has had its turn: so each batch is written by itself.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().event_interval(1 << 20).build().expect("a runtime")
}

fn compete(clients: usize, batch: usize, batches: usize, rounds: usize, event: &Publication, goal: &Goal<'_>) {
    let runtime = runtime();
    let drain = Drain::start();
    let (hub, server) = runtime.block_on(host(false));
    let (tasks_hub, tasks_server) = runtime.block_on(host(true));
    let bare = runtime.block_on(bare(clients, &drain));
    connect(&runtime, clients, &drain, server);
    connect(&runtime, clients, &drain, tasks_server);
    let frame = wire::text_frame(&event.text).repeat(batch);

    let title = format!("a delivery, {batch} a write");
    let mut contest = Contest::new(&title, (clients * batch * batches) as f64);
    let (ours, tasks, raw) =
        ("tieline-server", "tieline-server, each connection's task writes", "bare tokio, bytes framed before");
    contest.enter_timed(ours, || runtime.block_on(publish(&hub, clients, batch, batches, event)));
    contest.enter_timed(tasks, || runtime.block_on(publish(&tasks_hub, clients, batch, batches, event)));
    contest.enter_timed(raw, || runtime.block_on(write(&bare, &frame, batches)));
    let standings = contest.run(rounds);
    standings.print(raw);
    standings.judge(ours, raw, goal);
}

/// Publishes, and lets the tasks of the server run after each batch, until it is written.
async fn publish(hub: &Hub, clients: usize, batch: usize, batches: usize, event: &Publication) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..batches {
        for _ in 0..batch {
            assert_eq!(hub.publish(|_| Some(event.clone())), clients);
        }
        for _ in 0..clients.div_ceil(TURN) {
            tokio::task::yield_now().await;
        }
    }
    start.elapsed()
}

/// The least that a fan-out can do.
async fn write(sockets: &[tokio::net::TcpStream], frame: &[u8], batches: usize) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..batches {
        for socket in sockets {
            let mut rest = frame;
            while !rest.is_empty() {
                match socket.try_write(rest) {
                    Ok(written) => rest = &rest[written..],
                    Err(_) => socket.writable().await.expect("a socket"),
                }
            }
        }
        tokio::task::yield_now().await;
    }
    start.elapsed()
}

struct Everybody;

impl Directory for Everybody {
    fn login(&self, _: &Auth, _: Dialect) -> Result<Viewer, Refused> {
        Ok(Viewer::tenant_admin(TENANT))
    }
}

/// Serves each connection over a stream that its own task alone can write to, as over TLS.
struct TasksOnly;

impl ServerHook for TasksOnly {
    fn accept(&self, tcp: tokio::net::TcpStream, _: SocketAddr) -> Accepted {
        Accepted::Hooked(Box::new(tcp), Box::new(AsItIs))
    }
}

struct AsItIs;

impl ConnectionHook for AsItIs {}

async fn host(tasks_only: bool) -> (Hub, SocketAddr) {
    let hub = Hub::new();
    // The clients answer no pings, and on a busy machine this lasts.
    let mut config = ServerConfig::default();
    config.idle_timeout = Duration::from_secs(3_600);
    let service = WsiService::new(Everybody, hub.clone()).config(config);
    let mut server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.expect("a listener");
    if tasks_only {
        server = server.hooked(TasksOnly);
    }
    let address = server.local_addr();
    server.spawn(Router::new().websocket(wsi::paths(), service));
    (hub, address)
}

/// Connects all clients to the server, which runs meanwhile.
fn connect(runtime: &Runtime, clients: usize, drain: &Drain, server: SocketAddr) {
    let sockets = drain.0.clone();
    let connecting = std::thread::spawn(move || {
        for _ in 0..clients {
            sockets.send(wire::subscriber(server)).expect("the drain runs");
        }
    });
    runtime.block_on(async {
        while !connecting.is_finished() {
            tokio::task::yield_now().await;
        }
    });
    connecting.join().expect("connected");
}

/// As many plain sockets.
async fn bare(clients: usize, drain: &Drain) -> Vec<tokio::net::TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut sockets = Vec::new();
    for _ in 0..clients {
        drain.0.send(TcpStream::connect(address).expect("connected")).expect("the drain runs");
        let (socket, _) = listener.accept().await.expect("accepted");
        socket.set_nodelay(true).expect("an option");
        sockets.push(socket);
    }
    sockets
}

/// A thread that reads all sockets it is given, and throws away what comes.
struct Drain(mpsc::UnboundedSender<TcpStream>);

impl Drain {
    fn start() -> Self {
        let (sender, mut sockets) = mpsc::unbounded_channel::<TcpStream>();
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                while let Some(socket) = sockets.recv().await {
                    socket.set_nonblocking(true).expect("an option");
                    let mut socket = tokio::net::TcpStream::from_std(socket).expect("a socket");
                    tokio::spawn(async move {
                        let mut space = vec![0; 16 << 10];
                        while socket.read(&mut space).await.is_ok_and(|read| read > 0) {}
                    });
                }
            });
        });
        Self(sender)
    }
}
