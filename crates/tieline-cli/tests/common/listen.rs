//! `listen` to a simulated PBX in each protocol, and what it says of the line.

use std::process::Command;

use serde_json::Value;

use super::{Sim, code, lines, run, stderr, tieline};

/// What is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Wsi,
    Stream,
    Axeos,
}

pub(crate) const ALL: [Protocol; 3] = [Protocol::Wsi, Protocol::Stream, Protocol::Axeos];

impl Protocol {
    /// Its name in a rule.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Wsi => "wsi",
            Self::Stream => "cloudpbx-stream",
            Self::Axeos => "axeos",
        }
    }

    /// `listen`, trying again soon, to a simulator of this contract.
    pub(crate) fn listen(self, contract: &Value) -> Command {
        let text =
            |pointer: &str| contract.pointer(pointer).and_then(Value::as_str).expect("in the contract").to_owned();
        let mut command = tieline();
        command.args(["listen", "-o", "json", "--retry-delay", "20ms", "--retry-max", "200ms"]);
        match self {
            Self::Wsi => {
                let users = contract["wsi"]["users"].as_array().expect("a list");
                let user = users.iter().find(|user| user["role"] == "tenant_admin").expect("an administrator");
                let [name, password] = ["username", "password"].map(|key| user[key].as_str().expect("text"));
                command.args([&text("/wsi/dialects/v16"), "--user", name, "--domain", &text("/wsi/domain")]);
                command.env("TIELINE_PASSWORD", password);
            }
            Self::Stream => {
                let stream = text("/cloudpbx/stream");
                command.arg(stream.split('?').next().expect("an address")).env("TIELINE_KEY", text("/cloudpbx/key"));
            }
            Self::Axeos => {
                command.arg(text("/axeos/url")).env("TIELINE_KEY", text("/axeos/key"));
            }
        }
        command
    }

    /// What `listen` says of a line that was lost and came back.
    pub(crate) fn recovery(self) -> Vec<&'static str> {
        let mut said = vec!["live", "down", "live", "gap"];
        said.extend(match self {
            Self::Wsi => Some("resynced"),
            Self::Stream => Some("stale"),
            Self::Axeos => None,
        });
        said
    }
}

/// What a run of `listen` printed.
pub(crate) struct Heard {
    pub(crate) code: Option<i32>,
    pub(crate) lines: Vec<Value>,
    pub(crate) stderr: String,
}

/// Listens to `tieline sim` with these faults, `ON` standing for the service.
pub(crate) fn hear(protocol: Protocol, faults: &[&str], options: &[&str]) -> Heard {
    let faults: Vec<_> = faults.iter().map(|fault| fault.replace("ON", &format!("on={}", protocol.name()))).collect();
    // Polls of a slow machine would bring all the events of a quick day in a few answers.
    let mut how = vec!["--speed", if protocol == Protocol::Axeos { "60" } else { "300" }];
    how.extend(faults.iter().flat_map(|fault| ["--fault", fault]));
    let sim = Sim::start(&how);
    let mut command = protocol.listen(&sim.contract);
    command.args(options);
    let output = run(command);
    Heard { code: code(&output), lines: lines(&output), stderr: stderr(&output) }
}

/// The same word for each line: its kind, of a state which.
pub(crate) fn word(line: &Value) -> &str {
    match line["kind"].as_str().expect("a kind") {
        "state" => line["data"]["state"].as_str().expect("a state"),
        kind => kind,
    }
}

impl Heard {
    /// What was said but for events and snapshots.
    pub(crate) fn said(&self) -> Vec<&str> {
        self.lines.iter().map(word).filter(|word| !matches!(*word, "event" | "snapshot")).collect()
    }

    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.lines.iter().filter(|line| line["kind"] == "event")
    }

    /// The lines of a kind or state.
    pub(crate) fn all(&self, what: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| word(line) == what).collect()
    }

    /// It got what it had asked for, in the end an event or, where the machine is slow, a late snapshot.
    pub(crate) fn assert_goes_on(&self, of: &str) {
        assert_eq!(self.code, Some(0), "{of}: {} {:?}", self.stderr, self.said());
        let last = self.lines.last().map(word);
        assert!(matches!(last, Some("event" | "snapshot")), "{of}: {last:?}");
    }
}
