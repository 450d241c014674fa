//! The envelope of the JSON lines that are no events.

use std::io::{self, Write};

use serde::Serialize;

/// `{"v":1,"kind":…,"n":…,…}`.
#[derive(Debug, Serialize)]
pub(crate) struct Line<T> {
    v: u8,
    kind: &'static str,
    /// The number of the line within this run.
    n: u64,
    #[serde(flatten)]
    what: T,
}

impl<T: Serialize> Line<T> {
    /// A line of a kind.
    pub(crate) const fn new(kind: &'static str, n: u64, what: T) -> Self {
        Self { v: 1, kind, n, what }
    }

    /// Writes it, with the line break.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }
}
