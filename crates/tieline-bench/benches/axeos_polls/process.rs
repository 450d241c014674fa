//! The processes: one that measures and holds the clients, one that holds the servers.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio, exit};
use std::time::Duration;

const ROLE: &str = "TIELINE_BENCH_ROLE";
const FILES: &str = "TIELINE_BENCH_FILES";

/// What this process is to do.
pub(crate) enum Role {
    /// Start the one that measures, with as many files as may be.
    Parent,
    /// Serve.
    Server,
    /// Measure, and hold the clients.
    Clients {
        /// The most open files; `None` when that is not known.
        files: Option<usize>,
    },
}

pub(crate) fn role() -> Role {
    let files = env::var(FILES).ok().and_then(|files| files.parse().ok());
    match env::var(ROLE).as_deref() {
        Ok("server") => Role::Server,
        Ok(_) => Role::Clients { files },
        Err(_) if cfg!(unix) => Role::Parent,
        Err(_) => Role::Clients { files: None },
    }
}

/// Runs this program again, under the hard limit of open files.
pub(crate) fn run_clients() {
    let raised = format!("ulimit -n $(ulimit -Hn); {FILES}=$(ulimit -n); export {FILES}; exec \"$0\" \"$@\"");
    let program = env::current_exe().expect("this program");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(raised).arg(program).args(env::args_os().skip(1)).env(ROLE, "clients");
    exit(shell.status().expect("a shell").code().unwrap_or(1));
}

pub(crate) struct Addresses {
    pub(crate) ours: SocketAddr,
    pub(crate) bare: SocketAddr,
}

/// What a round took.
pub(crate) struct Round {
    /// Processor time of the server's process.
    pub(crate) cpu: Duration,
    /// Time by the clock.
    pub(crate) wall: Duration,
    /// What the clients read.
    pub(crate) bytes: u64,
}

/// The process of the servers.
pub(crate) struct Child {
    process: process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) addresses: Addresses,
}

impl Child {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        let mut process =
            command.env(ROLE, "server").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let (input, output) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        let mut output = BufReader::new(output);
        let mut address = || line(&mut output).parse().expect("an address");
        let addresses = Addresses { ours: address(), bare: address() };
        Self { process, input, output, addresses }
    }

    fn ask(&mut self, command: &str) -> Vec<u64> {
        writeln!(self.input, "{command}").expect("the servers run");
        line(&mut self.output).split(' ').map(|number| number.parse().expect("a number")).collect()
    }

    /// What the process has in memory, in KiB.
    pub(crate) fn memory(&mut self) -> f64 {
        self.ask("memory")[0] as f64
    }

    /// Waits until so many polls are parked.
    pub(crate) fn wait_for(&mut self, ours: bool, polls: usize) {
        self.ask(&format!("wait {} {polls}", u8::from(ours)));
    }

    /// Releases the polls, and waits until as many are parked again.
    pub(crate) fn release(&mut self, ours: bool, polls: usize) -> Round {
        let took = self.ask(&format!("release {} {polls}", u8::from(ours)));
        Round { cpu: Duration::from_nanos(took[0]), wall: Duration::from_nanos(took[1]), bytes: 0 }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("the servers run");
    line.trim_end().to_owned()
}
