//! Recorders, captures and replays.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tieline_sim::capture::{Capture, RedactionKey, Redactor};

use super::tieline;

const KEY: &str = "a key that all the tests share";

/// A program that runs until it is told to stop, or this is dropped, and the first line it printed.
pub(crate) struct Running {
    /// `None` when it was waited for.
    child: Option<Child>,
    pub(crate) first: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        Self { child: Some(child), first: serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}")) }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.first[key].as_str().unwrap_or_else(|| panic!("{key}: {}", self.first))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it was not waited for")
    }

    /// Waits until it ends by itself.
    pub(crate) fn output(mut self) -> Output {
        self.child.take().expect("it was not waited for").wait_with_output().expect("ended")
    }

    /// Stops it as Ctrl-C does.
    pub(crate) fn interrupt(mut self) -> Output {
        let id = self.child().id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("ran").success());
        self.output()
    }
}

pub(crate) struct Folder {
    folder: tempfile::TempDir,
    pub(crate) key: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("redact.key");
        std::fs::write(&key, KEY).expect("written");
        Self { folder, key }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A recorder before a PBX.
    pub(crate) fn proxy(&self, url: &str, file: &Path) -> Running {
        let mut command = tieline();
        command.args(["record", url, "--from-proxy", "127.0.0.1:0", "--json", "--redact-key"]).arg(&self.key);
        command.arg("-o").arg(file);
        Running::start(command)
    }
}

pub(crate) fn redactor() -> Redactor {
    Redactor::new(RedactionKey::new(KEY.as_bytes()))
}

pub(crate) fn read(file: &Path) -> Capture {
    Capture::read(BufReader::new(std::fs::File::open(file).expect("the capture"))).expect("a capture")
}

pub(crate) fn replay(file: &Path, options: &[&str]) -> Running {
    let mut command = tieline();
    command.arg("replay").arg(file).arg("--json").args(options);
    Running::start(command)
}
