//! `tieline doctor`, and servers that are wrong in one way each.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};

use serde_json::Value;

use super::{lines, run, stderr, stdout, tieline};

/// What an examination told.
pub(crate) struct Examined {
    pub(crate) output: Output,
    pub(crate) lines: Vec<Value>,
}

impl Examined {
    /// Runs the command, which prints JSON lines.
    pub(crate) fn by(command: Command) -> Self {
        let output = run(command);
        let lines = lines(&output);
        assert!(!lines.is_empty(), "{}", stderr(&output));
        Self { output, lines }
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// A step.
    pub(crate) fn step(&self, name: &str) -> &Value {
        let step = self.lines.iter().find(|line| line["kind"] == "step" && line["step"] == name);
        step.unwrap_or_else(|| panic!("no step {name}: {}{}", stdout(&self.output), stderr(&self.output)))
    }

    pub(crate) fn outcome(&self, name: &str) -> &str {
        self.step(name)["outcome"].as_str().expect("a word")
    }

    /// That this step failed first, with this exit code, and what its remedy says.
    pub(crate) fn fails_at(&self, name: &str, code: i32) -> &str {
        let failed = self.lines.iter().find(|line| line["outcome"] == "failed");
        let failed = failed.unwrap_or_else(|| panic!("nothing failed: {}", stdout(&self.output)));
        assert_eq!(failed["step"], name, "{failed}");
        assert_eq!(self.code(), Some(code), "{failed}");
        failed["remedy"].as_str().expect("a remedy")
    }

    pub(crate) fn words(&self, name: &str) -> &str {
        self.step(name)["words"].as_str().expect("words")
    }
}

/// `doctor`, quick, with nothing told of a login.
pub(crate) fn doctor(url: &str, options: &[&str]) -> Command {
    let mut command = tieline();
    command.args(["doctor", url]).args(options);
    if !options.contains(&"--for") {
        command.args(["--for", "0s"]);
    }
    command
}

/// A server on a thread that does this with each connection, until the tests end. Its port.
pub(crate) fn server(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(&serve));
    port
}

/// The head of a request.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A server that answers every request in the same words.
pub(crate) fn answering(answer: String) -> u16 {
    server(move |mut stream| {
        head(&mut stream);
        drop(stream.write_all(answer.as_bytes()));
    })
}

/// A proxy that refuses with a status, or connects to this port whatever is asked for.
pub(crate) fn proxy(answer: Result<u16, &'static str>) -> u16 {
    server(move |mut stream| {
        head(&mut stream);
        match answer {
            Err(status) => drop(stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes())),
            Ok(port) => {
                let server = TcpStream::connect(("127.0.0.1", port)).expect("the server");
                drop(stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n"));
                let (mut from, mut to) = (stream.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (server, stream);
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    })
}
