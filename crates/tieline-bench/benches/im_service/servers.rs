//! The process that is measured: the IM service, and what stands beside it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use rusqlite::{Connection, params};
use tieline_bench::process::{commands, memory, say};
use tieline_portsip_im::service::{Arrival, Rate, ServiceConfig};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::engine::Running;
use tieline_server::im::host::{Accounts, Admitted, HostedIm, LineLimits};
use tieline_server::im::im_paths;
use tieline_server::im::store::SqliteStore;
use tieline_server::{Router, Server, ServerOptions};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, mpsc};
use tokio::task::block_in_place;

use crate::clients::Way;

/// Whoever comes is who he says.
struct Everybody;

impl Accounts for Everybody {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        let Credentials::AccessToken { user, .. } = credentials else { return Err(Status::UNKNOWN_SCHEME) };
        let user = user.parse().map_err(|_| Status::AUTHENTICATION_FAILED)?;
        Ok(Admitted::new(Arrival::new(user)))
    }
}

/// Starts the service over a store in a folder. Where it listens.
async fn service(folder: &Path) -> (u16, HostedIm, Running) {
    let store = SqliteStore::open(folder.join("service")).expect("a store");
    let mut config = ServiceConfig::new(0, [7; 16]);
    config.rate = Rate { burst: u32::MAX, per_second: 1_000_000 };
    let (im, running) = HostedIm::start(&store, config, Everybody, Box::new(|_, _| {})).expect("a service");
    let mut lines = LineLimits::default();
    lines.per_address = lines.lines;
    lines.per_minute = u32::MAX;
    let im = im.line_limits(lines);
    let mut options = ServerOptions::default();
    options.max_connections_per_address = options.max_connections;
    options.max_connects_per_minute = u32::MAX;
    let server = Server::bind("127.0.0.1:0", options).await.expect("a listener");
    let port = server.local_addr().port();
    server.spawn(Router::new().websocket(im_paths(), im.clone()));
    (port, im, running)
}

/// The sockets that a bare fan-out writes to.
type Sockets = Arc<Mutex<Vec<TcpStream>>>;

/// A fan-out without any protocol. A connection says in its first line what it is: one that is written to, or one whose
/// requests of so many bytes are each answered by so many, and everybody is sent so many for each, in a [`Way`].
async fn bare(folder: &Path) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let everybody = Sockets::default();
    let keeping = BareLoop::open(&folder.join("fanout.db")).expect("a database");
    let keeping = Arc::new(Mutex::new(keeping));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).expect("an option");
            tokio::spawn(bare_connection(socket, Arc::clone(&everybody), Arc::clone(&keeping)));
        }
    });
    port
}

async fn bare_connection(mut socket: TcpStream, everybody: Sockets, keeping: Arc<Mutex<BareLoop>>) {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.push(socket.read_u8().await.expect("a line"));
    }
    let line = String::from_utf8(line).expect("a line");
    let sizes: Vec<usize> = line.split_whitespace().map(|size| size.parse().expect("a size")).collect();
    let [request, answer, message, way] = sizes[..] else {
        everybody.lock().await.push(socket);
        return;
    };
    let (way, content) = (Way::ALL[way], "x".repeat(98));
    // What several requests that came at once are answered is written at once.
    let (answers, messages) = (vec![b'a'; answer * 64], vec![b'm'; message * 64]);
    let mut space = vec![0; request * 64];
    let mut held = 0;
    while let Ok(read @ 1..) = socket.read(&mut space).await {
        let (whole, rest) = ((held + read) / request, (held + read) % request);
        held = rest;
        if whole == 0 {
            continue;
        }
        if way == Way::Kept {
            let mut keeping = keeping.lock().await;
            block_in_place(|| keeping.keep(whole as u64, whole as u64, &content)).expect("kept");
        }
        write(&socket, &answers[..answer * whole]).await;
        let (writes, each) = if way == Way::Alone { (whole, 1) } else { (1, whole) };
        let everybody = everybody.lock().await;
        for _ in 0..writes {
            for socket in everybody.iter() {
                write(socket, &messages[..message * each]).await;
            }
        }
    }
}

async fn write(socket: &TcpStream, mut rest: &[u8]) {
    while !rest.is_empty() {
        match socket.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(_) => socket.writable().await.expect("a socket"),
        }
    }
}

/// The least that keeps messages as durably: the same database, the same two rows for each.
struct BareLoop {
    connection: Connection,
    seq: i64,
}

impl BareLoop {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, touched INTEGER, seq INTEGER) STRICT;
             CREATE TABLE messages (topic INTEGER NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL, sender INTEGER,
             head TEXT, content TEXT, reqid TEXT, PRIMARY KEY (topic, seq)) STRICT, WITHOUT ROWID;
             INSERT INTO topics VALUES (1, 'grpf0NlkdDEQHs', 0, 0);",
        )?;
        Ok(Self { connection, seq: 0 })
    }

    fn keep(&mut self, messages: u64, batch: u64, content: &str) -> rusqlite::Result<()> {
        let mut left = messages;
        while left > 0 {
            let writing = self.connection.transaction()?;
            for _ in 0..left.min(batch) {
                self.seq += 1;
                let mut add = writing.prepare_cached("INSERT INTO messages VALUES (1, ?1, ?2, ?3, NULL, ?4, ?5)")?;
                let (ts, from, reqid) = (1_729_731_998_924_626_i64, 804_252_613_548_700_000_i64, "c1dd7a45-93db");
                add.execute(params![self.seq, ts, from, content, reqid])?;
                writing
                    .prepare_cached("UPDATE topics SET seq = ?1, touched = ?2 WHERE name = 'grpf0NlkdDEQHs'")?
                    .execute(params![self.seq, ts])?;
            }
            writing.commit()?;
            left = left.saturating_sub(batch);
        }
        Ok(())
    }
}

/// Serves until the standard input ends.
pub(crate) fn run() {
    let (sender, mut lines) = mpsc::unbounded_channel();
    commands(move |line| {
        let _ended = sender.send(line);
    });
    // As `tieline serve` has it.
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = lines.recv().await.expect("a folder");
        let (ours, im, _running) = service(Path::new(&folder)).await;
        let mut bare_loop = BareLoop::open(&Path::new(&folder).join("bare.db")).expect("a database");
        let started = ProcessTime::now();
        say(&format!("{ours} {}", bare(Path::new(&folder)).await));
        while let Some(line) = lines.recv().await {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["memory"] => say(&memory().to_string()),
                ["commits"] => {
                    let stats = im.stats();
                    say(&format!("{} {}", stats.commits, stats.messages));
                }
                ["cpu"] => say(&started.elapsed().as_nanos().to_string()),
                ["loop", messages, batch, content] => {
                    let number = |word: &str| word.parse().expect("a number");
                    let wall = Instant::now();
                    bare_loop.keep(number(messages), number(batch), content).expect("kept");
                    say(&wall.elapsed().max(Duration::from_nanos(1)).as_nanos().to_string());
                }
                _ => panic!("{line}"),
            }
        }
    });
}
