//! How transfers of files go: bars on a terminal, plain lines elsewhere, on standard error.

use std::io::{self, IsTerminal as _};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tieline_tokio::im;

use crate::output;

/// All transfers of a run.
pub(crate) struct Progress {
    bars: MultiProgress,
    /// Counts the files.
    all: ProgressBar,
    /// Whether bars are seen.
    drawn: bool,
}

/// One transfer. Its bar goes when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Progress {
    /// For so many files, and what they are called.
    pub(crate) fn new(count: u64, name: &str) -> Self {
        // Drawn on standard error, if that is a terminal.
        let bars = MultiProgress::new();
        let all =
            bars.add(ProgressBar::new(count).with_style(style(&format!("{{wide_bar}} {{pos}} of {{len}} {name}"))));
        Self { bars, all, drawn: io::stderr().is_terminal() }
    }

    /// A transfer begins.
    pub(crate) fn begin(&self, name: &str) -> Bar {
        let bar = ProgressBar::no_length().with_message(name.to_owned());
        let bar = bar.with_style(style("{msg}  {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}"));
        Bar(self.bars.insert_before(&self.all, bar))
    }

    /// One is done: `print` prints it to standard output. Where no bars are seen, and standard output is not for people,
    /// `line` tells it on standard error.
    pub(crate) fn done(&self, line: &str, told: bool, print: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.all.inc(1);
        if !self.drawn && !told {
            let (at, of) = (self.all.position(), self.all.length().unwrap_or_default());
            output::tell(format_args!("{at}/{of} {line}"));
        }
        self.bars.suspend(print)
    }

    /// All are done.
    pub(crate) fn finish(&self) {
        self.all.finish_and_clear();
    }
}

impl Bar {
    /// Shows how far it is.
    pub(crate) fn show(&self, so_far: im::Progress) {
        if let Some(length) = so_far.length {
            self.0.set_length(length);
        }
        self.0.set_position(so_far.bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
