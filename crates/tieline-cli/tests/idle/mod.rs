//! Idle connections to a running `tieline sim`, and what they cost its process.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// The memory of the simulator's process for each connection, in KiB: so much more is resident with `connections` clients
/// logged in and subscribed than with one.
pub(crate) fn kib_per_connection(connections: usize) -> f64 {
    let sim = Sim::start();
    let _first = sim.subscriber();
    let before = sim.resident_kib();
    let subscribers: Vec<_> = (0..connections).map(|_| sim.subscriber()).collect();
    let after = sim.resident_kib();
    drop(subscribers);
    (after - before) / connections as f64
}

struct Sim {
    child: Child,
    contract: Value,
}

impl Sim {
    /// Scenario time nearly stands still, so that nothing is sent.
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
        command.args(["sim", "--json", "--listen", "127.0.0.1:0", "--speed", "0.001"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        Self { child, contract: serde_json::from_str(&line).expect("one JSON object") }
    }

    fn text(&self, pointer: &str) -> &str {
        self.contract.pointer(pointer).and_then(Value::as_str).expect("in the contract")
    }

    /// A client that has logged in and subscribed to two extensions and all records.
    fn subscriber(&self) -> WebSocket<TcpStream> {
        let url = self.text("/wsi/dialects/v16");
        let address = url.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).expect("an address");
        let stream = TcpStream::connect(address).expect("connected");
        let (mut socket, _) = tungstenite::client(url, stream).expect("open");
        let login = json!({
            "command": "auth",
            "username": self.text("/wsi/users/0/username"),
            "domain": self.text("/wsi/domain"),
            "password": self.text("/wsi/users/0/password"),
        });
        let extensions = ["/wsi/users/0/extension", "/wsi/users/1/extension"].map(|pointer| self.text(pointer));
        let subscribe = json!({
            "command": "subscribe", "topics": ["extension_events", "cdr_events"], "extensions": extensions,
        });
        for command in [login, subscribe] {
            socket.send(Message::text(command.to_string())).expect("sent");
            let answer = socket.read().expect("an answer").into_text().expect("text");
            assert_eq!(answer.as_str(), r#"{"status":0}"#);
        }
        socket
    }

    fn resident_kib(&self) -> f64 {
        let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id())).expect("Linux tells it");
        let line = memory.lines().find_map(|line| line.strip_prefix("Rss:")).expect("the resident memory");
        line.trim().strip_suffix(" kB").and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
