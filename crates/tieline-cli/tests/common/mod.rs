//! What the tests of the binary share.
#![allow(dead_code, reason = "no test file uses all of it")]

pub(crate) mod capture;
pub(crate) mod doctor;
pub(crate) mod listen;
pub(crate) mod pbx;
pub(crate) mod server;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The binary with nothing of this environment that would change what it does.
pub(crate) fn tieline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
    for (name, _) in std::env::vars() {
        if name.starts_with("TIELINE_") || name.to_ascii_uppercase().ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// A running `tieline sim --json` and the first line it printed.
pub(crate) struct Sim {
    pub(crate) child: Child,
    pub(crate) contract: Value,
}

impl Sim {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut command = tieline();
        command.args(["sim", "--json", "--listen", "127.0.0.1:0"]).args(options);
        if !options.contains(&"--speed") {
            command.args(["--speed", "60"]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        Self { child, contract: serde_json::from_str(&line).expect("one JSON object") }
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.contract.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {}", self.contract))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(mut command: Command) -> Output {
    command.output().expect("ran")
}

pub(crate) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

/// A port of this machine that nobody listens on.
pub(crate) fn deserted_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}
