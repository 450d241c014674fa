//! The processes of a benchmark whose servers must be alone: one that measures and holds the clients, one that serves.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio, exit};

const ROLE: &str = "TIELINE_BENCH_ROLE";
const FILES: &str = "TIELINE_BENCH_FILES";

/// What this process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Start the one that measures, with as many files as may be: [`run_clients`].
    Parent,
    /// Serve.
    Server,
    /// Measure, and hold the clients.
    Clients {
        /// The most open files; `None` when that is not known.
        files: Option<usize>,
    },
}

/// What this process is to do.
#[must_use]
pub fn role() -> Role {
    let files = env::var(FILES).ok().and_then(|files| files.parse().ok());
    match env::var(ROLE).as_deref() {
        Ok("server") => Role::Server,
        Ok(_) => Role::Clients { files },
        Err(_) if cfg!(unix) => Role::Parent,
        Err(_) => Role::Clients { files: None },
    }
}

/// Runs this program again, under the hard limit of open files, and ends with its exit code.
pub fn run_clients() -> ! {
    let raised = format!("ulimit -n $(ulimit -Hn); {FILES}=$(ulimit -n); export {FILES}; exec \"$0\" \"$@\"");
    let program = env::current_exe().expect("this program");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(raised).arg(program).args(env::args_os().skip(1)).env(ROLE, "clients");
    exit(shell.status().expect("a shell").code().unwrap_or(1));
}

/// The process that serves; ended when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts this program in the role of the server.
    #[must_use]
    pub fn start() -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(env::args_os().skip(1)).env(ROLE, "server").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process");
        let (input, output) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        Self { process, input, output: BufReader::new(output) }
    }

    /// The next line that it says.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the servers run");
        line.trim_end().to_owned()
    }

    /// Tells it something, and takes the numbers that it answers.
    pub fn ask(&mut self, command: &str) -> Vec<u64> {
        writeln!(self.input, "{command}").expect("the servers run");
        self.line().split(' ').map(|number| number.parse().expect("a number")).collect()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// Within the serving process: hands each command that comes to `take`, on a thread of its own.
pub fn commands(mut take: impl FnMut(String) + Send + 'static) {
    std::thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).for_each(&mut take);
    });
}

/// Within the serving process: says a line.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody listens");
}

/// What this process has in memory, in KiB; 0 where that cannot be told.
#[must_use]
pub fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
