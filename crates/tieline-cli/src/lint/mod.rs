//! `tieline lint`: what about captured messages is not as the documents have it.

mod envelope;
mod finding;
mod frames;
mod protocol;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::Path;

use serde::Serialize;
use tieline_core::json::lint::{Anomaly, AnomalyKind, Sender, Severity};

use crate::args::{Lint, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, Source, printable};
use envelope::Envelope;
use finding::{Finding, Place, Within};
use frames::{Captured, Frames};
use protocol::Speech;

/// The longest message that is looked at, in bytes.
const MESSAGE_BYTES: usize = 16 << 20;
/// The longest line: a message with all that may be escaped in it, and what a capture puts around it.
const LINE_BYTES: usize = 6 * MESSAGE_BYTES + (4 << 20);

/// Runs the command.
pub(crate) async fn run(args: Lint, output: Output) -> Result<Exit, Failure> {
    // Files and standard input are read without a runtime; a signal ends the program all the same.
    let work = tokio::task::spawn_blocking(move || lint(&args, output));
    work.await.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?
}

fn lint(args: &Lint, output: Output) -> Result<Exit, Failure> {
    let mut run = Run {
        speech: Speech::new(args.protocol, args.dialect),
        human: output::is_human(output),
        number: 0,
        tally: Tally::default(),
        foreign: false,
        of_im: BTreeSet::new(),
    };
    if args.files.is_empty() {
        run.standard_input()?;
    }
    for file in &args.files {
        if file == Path::new("-") {
            run.standard_input()?;
        } else {
            let name = file.display().to_string();
            let open =
                File::open(file).map_err(|error| Failure::new(Exit::Usage, format!("cannot read {name}: {error}")))?;
            run.file(&name, BufReader::new(open))?;
        }
    }
    run.finish()?;
    let tally = run.tally;
    let bad = tally.broken > 0 || (args.strict && tally.bent + tally.unknown > 0);
    Ok(if bad { Exit::BadData } else { Exit::Ok })
}

/// How much was seen and found.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Tally {
    messages: u64,
    /// Messages with anomalies.
    odd: u64,
    broken: u64,
    bent: u64,
    unknown: u64,
}

impl Tally {
    fn count(&mut self, anomaly: &Anomaly) {
        let count = match anomaly.kind {
            AnomalyKind::More { count, .. } => count as u64,
            _ => 1,
        };
        match anomaly.severity() {
            Severity::Broken => self.broken += count,
            Severity::Bent => self.bent += count,
            Severity::Unknown => self.unknown += count,
        }
    }
}

struct Run {
    speech: Speech,
    human: bool,
    number: u64,
    tally: Tally,
    /// The file is a capture of what is not known here.
    foreign: bool,
    /// The connections of a capture that are lines of IM: a recorder between others may see several protocols.
    of_im: BTreeSet<u64>,
}

impl Run {
    fn standard_input(&mut self) -> Result<(), Failure> {
        let input = io::stdin().lock();
        if input.is_terminal() {
            output::tell("tieline: reading messages from the terminal; end with Ctrl-D on a line of its own");
        }
        self.file("stdin", input)
    }

    fn file(&mut self, name: &str, input: impl BufRead) -> Result<(), Failure> {
        self.foreign = false;
        self.of_im.clear();
        let mut frames = Frames::new(input, LINE_BYTES);
        let unreadable = |error| Failure::new(Exit::Failure, format!("cannot read {name}: {error}"));
        while let Some(captured) = frames.next().map_err(unreadable)? {
            self.captured(name, &captured)?;
        }
        Ok(())
    }

    fn captured(&mut self, file: &str, captured: &Captured) -> io::Result<()> {
        let start = Place { line: captured.line, column: captured.column };
        if captured.too_long {
            return self.too_long(file, start, Within::File);
        }
        match std::str::from_utf8(&captured.bytes).map_or(Envelope::None, Envelope::of) {
            Envelope::None => self.check(file, start, Within::File, &captured.bytes, None),
            Envelope::Text { connection, .. } | Envelope::Bytes { connection, .. }
                if self.foreign || connection.is_some_and(|connection| self.of_im.contains(&connection)) =>
            {
                Ok(())
            }
            Envelope::Text { text, sender, .. } => self.check(file, start, Within::Text, text.as_bytes(), Some(sender)),
            Envelope::Im { connection } => {
                if self.of_im.insert(connection) && !self.foreign {
                    tracing::warn!("{file}: connection {connection} is to IM, {}", not_looked_at("im"));
                }
                Ok(())
            }
            Envelope::Part(part) => {
                let inner = Anomaly::at(&captured.bytes, part.start, "", AnomalyKind::UnknownMessage);
                let message = captured.bytes.get(part).unwrap_or_default();
                self.check(file, start.of(&inner), Within::File, message, Some(Sender::Server))
            }
            Envelope::Bytes { bytes, sender, .. } => self.check(file, start, Within::Text, &bytes, Some(sender)),
            Envelope::Capture(protocol) => {
                // Where none is told each message tells.
                let other = protocol.filter(|protocol| !matches!(&**protocol, "wsi" | "cloudpbx"));
                if let Some(other) = &other {
                    tracing::warn!("{file} is a capture of {}, {}", printable(other), not_looked_at(other));
                }
                self.foreign = other.is_some();
                Ok(())
            }
            Envelope::Empty => Ok(()),
        }
    }

    fn check(
        &mut self,
        file: &str,
        start: Place,
        within: Within,
        message: &[u8],
        sender: Option<Sender>,
    ) -> io::Result<()> {
        if message.len() > MESSAGE_BYTES {
            return self.too_long(file, start, within);
        }
        let anomalies = self.speech.lint(message, sender);
        self.message(file, start, within, self.speech.source(message), &anomalies)
    }

    fn too_long(&mut self, file: &str, start: Place, within: Within) -> io::Result<()> {
        let kind = AnomalyKind::TooLong { limit: MESSAGE_BYTES };
        self.message(file, start, within, self.speech.source(&[]), &[Anomaly::at(&[], 0, "", kind)])
    }

    /// Counts a message that starts at `start` of a file, and prints its anomalies.
    fn message(
        &mut self,
        file: &str,
        start: Place,
        within: Within,
        source: Source,
        anomalies: &[Anomaly],
    ) -> io::Result<()> {
        self.tally.messages += 1;
        self.tally.odd += u64::from(!anomalies.is_empty());
        let mut out = anstream::stdout().lock();
        for anomaly in anomalies {
            self.tally.count(anomaly);
            self.number += 1;
            let place = match within {
                Within::File => start.of(anomaly),
                Within::Text => Place { line: anomaly.line, column: anomaly.column },
            };
            let finding = Finding {
                source,
                file,
                file_line: if within == Within::File { place.line } else { start.line },
                within,
                line: place.line,
                column: place.column,
                severity: anomaly.severity().as_str(),
                code: anomaly.kind.code(),
                path: &anomaly.path,
                words: anomaly.kind.to_string(),
            };
            if self.human {
                finding.write(&mut out, anomaly.severity())?;
            } else {
                Line::new("anomaly", self.number, finding).write(&mut out)?;
            }
        }
        out.flush()
    }

    /// Prints the summary: for people to standard error.
    fn finish(&mut self) -> io::Result<()> {
        self.number += 1;
        if !self.human {
            return Line::new("summary", self.number, self.tally).write(&mut anstream::stdout().lock());
        }
        let Tally { messages, odd, broken, bent, unknown } = self.tally;
        output::tell(match odd {
            0 => format!("{messages} messages, none of them odd"),
            _ => format!("{messages} messages, {odd} of them odd: {broken} broken, {bent} bent, {unknown} unknown"),
        });
        Ok(())
    }
}

/// What is said of a capture, or a connection, of a protocol that is not known here.
fn not_looked_at(protocol: &str) -> String {
    let client = match protocol {
        "im" => "`tieline im tail`, which tells what of it cannot be read",
        "axeos" => "`tieline listen`, which tells what of it cannot be read",
        _ => "the client that it is for",
    };
    format!(
        "and nothing in it was looked at: `lint` knows PortSIP WSI and the stream of CloudPBX alone. \
         Serve it with `tieline replay` to {client}"
    )
}
