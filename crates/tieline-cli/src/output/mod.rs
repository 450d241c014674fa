//! Where data goes: standard output, readable or as JSON lines.

mod axeos;
mod cloudpbx;
mod human;
mod json;
mod line;
mod tell;
mod wsi;

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use bytes::Bytes;
use tieline_core::Instant;
use tieline_core::supervisor::{DownCause, Gap};

use crate::args::Output;
use crate::clock::Clock;

pub(crate) use json::compact;
pub(crate) use line::Line;
pub(crate) use tell::{Source, Tell, Told};
pub(crate) use tieline_tls::printable;

/// What `listen` and `demo` print.
pub(crate) enum Item<'a> {
    /// What the session told.
    Told(&'a dyn Tell),
    /// Events may have been missed.
    Gap(&'a Gap),
    /// States come anew.
    Resynced,
    /// The line is live.
    Live {
        /// The number of the connection.
        line: u64,
    },
    /// There is no line, and when the next dial is due.
    Down {
        /// Why.
        cause: &'a DownCause,
        /// When the next dial is due.
        retry_at: Instant,
    },
    /// Events that a slow consumer lost.
    Lagged(u64),
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Human,
    Json,
    Raw,
    Silent,
}

/// Whether standard output is for people.
pub(crate) fn is_human(output: Output) -> bool {
    output == Output::Human || (output == Output::Auto && io::stdout().is_terminal())
}

/// Tells people something beside the data, on standard error. Where nobody reads it, or nothing can be written, that is no
/// failure of the work.
pub(crate) fn tell(words: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{words}");
}

/// Prints items to standard output, one line each, flushed each.
#[derive(Debug)]
pub(crate) struct Printer {
    form: Form,
    clock: Clock,
    source: Source,
    /// The frame that was printed last: several events may share one.
    frame: Option<Bytes>,
    number: u64,
}

impl Printer {
    /// A printer in the asked form; `raw` prints frames and nothing else.
    pub(crate) fn new(output: Output, raw: bool, clock: Clock, source: Source) -> Self {
        let form = match output {
            Output::Silent => Form::Silent,
            _ if raw => Form::Raw,
            output if is_human(output) => Form::Human,
            _ => Form::Json,
        };
        Self { form, clock, source, frame: None, number: 0 }
    }

    /// Prints one item.
    ///
    /// # Errors
    /// When standard output cannot be written; a closed pipe is [`io::ErrorKind::BrokenPipe`].
    pub(crate) fn print(&mut self, item: &Item<'_>) -> io::Result<()> {
        if self.form == Form::Silent {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        if let Item::Told(told) = item
            && !told.is_printed()
        {
            return Ok(());
        }
        self.number += 1;
        match self.form {
            Form::Silent => {}
            Form::Human => human::write(&mut out, item, &self.clock)?,
            Form::Json => writeln!(out, "{}", json::line(item, self.source, &self.clock, self.number))?,
            Form::Raw => {
                let Item::Told(told) = item else { return Ok(()) };
                let Some(frame) = told.frame() else { return Ok(()) };
                // Frames that are alive at once are told apart by where they are.
                if self.frame.as_ref().is_some_and(|last| !last.is_empty() && last.as_ptr() == frame.as_ptr()) {
                    return Ok(());
                }
                out.write_all(&frame)?;
                writeln!(out)?;
                self.frame = Some(frame);
            }
        }
        out.flush()
    }
}
