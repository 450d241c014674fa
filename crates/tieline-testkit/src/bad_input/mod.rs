//! The matrix of bad input: what a hostile or broken peer may do, and the one outcome that it has in each role.
//!
//! [`BAD_INPUT`] is the list. The page `docs/bad-input.md` holds it as a table, and each test suite that a row names has
//! one test of the row's name: [`assert_covered`] and [`assert_rows`] compare both with the list.

mod make;
mod rows;

pub use make::{empty_objects, many_keys, nested, nested_objects, repeated_key};
pub use rows::BAD_INPUT;

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A file of tests, or one that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// The client session on virtual time.
    Client,
    /// The server session on virtual time.
    Server,
    /// The WebSocket endpoint in both roles.
    WebSocket,
    /// Every client adapter, against peers that are raw TCP or of another implementation.
    ClientSockets,
    /// The server, against peers that are raw TCP or of another implementation.
    ServerSockets,
}

impl Suite {
    const ALL: [Self; 5] = [Self::Client, Self::Server, Self::WebSocket, Self::ClientSockets, Self::ServerSockets];

    /// The file, from the root of the repository.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Client => "crates/tieline-portsip-wsi/tests/bad_input_client.rs",
            Self::Server => "crates/tieline-portsip-wsi/tests/bad_input_server.rs",
            Self::WebSocket => "crates/tieline-websocket/tests/bad_input.rs",
            Self::ClientSockets => "crates/tieline-testkit/src/adapter/bad_input/mod.rs",
            Self::ServerSockets => "crates/tieline-server/tests/bad_input.rs",
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Client => 'c',
            Self::Server => 's',
            Self::WebSocket => 'w',
            Self::ClientSockets => 'C',
            Self::ServerSockets => 'S',
        }
    }
}

/// One row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BadInput {
    /// The name of its tests.
    pub name: &'static str,
    /// What the peer does.
    pub what: &'static str,
    /// What our client makes of it when a server does it.
    pub client: &'static str,
    /// What our server makes of it when a client does it.
    pub server: &'static str,
    /// Where it is tested.
    pub suites: &'static [Suite],
}

/// The matrix as the page shows it.
#[must_use]
pub fn table() -> String {
    let mut out = String::new();
    for suite in Suite::ALL {
        let _infallible = writeln!(out, "- **{}**: `{}`", suite.letter(), suite.file());
    }
    out.push_str("\n| what the peer does | our client | our server | test | in |\n|---|---|---|---|---|\n");
    for row in BAD_INPUT {
        let letters: String = row.suites.iter().map(|suite| suite.letter()).collect();
        let _infallible =
            writeln!(out, "| {} | {} | {} | `{}` | {letters} |", row.what, row.client, row.server, row.name);
    }
    out
}

/// Checks that the tests in `source`, a suite's file, are the rows that name the suite: all of them, and nothing else.
///
/// # Panics
/// When they are not.
pub fn assert_covered(suite: Suite, source: &str) {
    let mut lines = source.lines();
    let mut tests = BTreeSet::new();
    while let Some(line) = lines.next() {
        if matches!(line, "#[test]" | "#[tokio::test]") {
            let name = lines.next().and_then(|line| line.split_once("fn ")).and_then(|(_, rest)| rest.split_once('('));
            tests.insert(name.expect("a test").0);
        }
    }
    assert!(tests.remove("every_row_has_its_test"), "the test that asks is one, too");
    assert_rows(suite, tests);
}

/// Checks that tests of these names are the rows that name the suite: all of them, and nothing else.
///
/// # Panics
/// When they are not.
pub fn assert_rows<'a>(suite: Suite, tests: impl IntoIterator<Item = &'a str>) {
    let rows: BTreeSet<&str> = BAD_INPUT.iter().filter(|row| row.suites.contains(&suite)).map(|row| row.name).collect();
    let tests: BTreeSet<&str> = tests.into_iter().collect();
    assert_eq!(tests, rows, "{} and the matrix differ", suite.file());
}
