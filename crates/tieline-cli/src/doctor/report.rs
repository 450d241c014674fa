//! The steps of an examination, as they are told.

use std::io::{self, Write as _};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::Output;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    Failed,
    Skipped,
    Warning,
}

/// A step that was made.
#[derive(Debug)]
pub(super) struct Step {
    outcome: Outcome,
    /// One line for people: what was found, or what is wrong.
    words: String,
    facts: Map<String, Value>,
    remedy: Option<String>,
    exit: Exit,
}

impl Step {
    /// It is as it should be.
    pub(super) fn ok(words: impl Into<String>) -> Self {
        Self { outcome: Outcome::Ok, words: words.into(), facts: Map::new(), remedy: None, exit: Exit::Ok }
    }

    /// It was not made.
    pub(super) fn skipped(words: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skipped, ..Self::ok(words) }
    }

    /// It goes, and should not be left so.
    pub(super) fn warning(words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warning, remedy: Some(remedy.into()), ..Self::ok(words) }
    }

    /// It does not go.
    pub(super) fn failed(exit: Exit, words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, exit, ..Self::warning(words, remedy) }
    }

    /// What a command would have ended with: its first line, and the others for a remedy.
    pub(super) fn of(failure: &Failure, otherwise: &str) -> Self {
        let (exit, message) = failure.parts();
        let (words, remedy) = message.split_once('\n').unwrap_or((message, otherwise));
        Self::failed(exit, words, remedy)
    }

    /// The same with a fact.
    pub(super) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn facts(mut self, facts: Map<String, Value>) -> Self {
        self.facts.extend(facts);
        self
    }

    pub(super) fn is_failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}

/// A step for programs.
#[derive(Serialize)]
struct Told<'a> {
    target: &'a str,
    step: &'a str,
    outcome: Outcome,
    seconds: f64,
    words: &'a str,
    facts: &'a Map<String, Value>,
    remedy: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary<'a> {
    target: &'a str,
    failed: Option<&'a str>,
    warnings: u32,
    exit: u8,
}

/// Tells the steps of one target, each as it ends.
#[derive(Debug)]
pub(super) struct Report {
    human: bool,
    number: u64,
    target: String,
    /// The steps that are still to come.
    left: Vec<&'static str>,
    failed: Option<(&'static str, Exit)>,
    warnings: u32,
    begun: Instant,
}

impl Report {
    pub(super) fn new(output: Output, target: String, number: u64, steps: &[&'static str]) -> io::Result<Self> {
        let human = output::is_human(output);
        if human {
            writeln!(anstream::stdout(), "{}", printable(&target))?;
        }
        let left = steps.iter().rev().copied().collect();
        Ok(Self { human, number, target, left, failed: None, warnings: 0, begun: Instant::now() })
    }

    /// A step begins now.
    pub(super) fn begin(&mut self) {
        self.begun = Instant::now();
    }

    /// Tells the next step. Whether to go on.
    pub(super) fn tell(&mut self, step: &Step) -> io::Result<bool> {
        let Some(name) = self.left.pop() else { return Ok(false) };
        let seconds = self.begun.elapsed().as_secs_f64();
        match step.outcome {
            Outcome::Failed if self.failed.is_none() => self.failed = Some((name, step.exit)),
            Outcome::Warning => self.warnings += 1,
            _ => {}
        }
        self.write(name, step, seconds)?;
        self.begin();
        Ok(!step.is_failed())
    }

    /// Tells that what is left was not come to, then the summary. The exit code, and the number of lines.
    pub(super) fn finish(mut self, why: &str) -> io::Result<(Exit, u64)> {
        if self.human && !self.left.is_empty() {
            self.left.reverse();
            let names = std::mem::take(&mut self.left).join(", ");
            writeln!(anstream::stdout(), "  {DIM}skipped  {names}: {why}{DIM:#}")?;
        }
        while let Some(name) = self.left.pop() {
            self.write(name, &Step::skipped(why), 0.0)?;
        }
        let (failed, exit) = self.failed.map_or((None, Exit::Ok), |(name, exit)| (Some(name), exit));
        let mut out = anstream::stdout().lock();
        self.number += 1;
        if !self.human {
            let (target, warnings) = (&*self.target, self.warnings);
            Line::new("summary", self.number, Summary { target, failed, warnings, exit: exit as u8 })
                .write(&mut out)?;
        } else if let Some(name) = failed {
            writeln!(out, "{BAD}It fails at {name}{BAD:#} (exit code {}).", exit as u8)?;
        } else {
            let warnings = match self.warnings {
                0 => "nothing is wrong".to_owned(),
                1 => "it works, with 1 warning".to_owned(),
                many => format!("it works, with {many} warnings"),
            };
            writeln!(out, "{GOOD}As far as it was examined, {warnings}.{GOOD:#}")?;
        }
        out.flush()?;
        Ok((exit, self.number))
    }

    fn write(&mut self, name: &str, step: &Step, seconds: f64) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        self.number += 1;
        let words = printable_lines(&step.words);
        let remedy = step.remedy.as_deref().map(printable_lines);
        if !self.human {
            let (target, facts) = (&*self.target, &step.facts);
            let told = Told {
                target,
                step: name,
                outcome: step.outcome,
                seconds,
                words: &words,
                facts,
                remedy: remedy.as_deref(),
            };
            return Line::new("step", self.number, told).write(&mut out);
        }
        let (style, mark) = match step.outcome {
            Outcome::Ok => (GOOD, "ok"),
            Outcome::Failed => (BAD, "FAILED"),
            Outcome::Skipped => (DIM, "skipped"),
            Outcome::Warning => (WARN, "warning"),
        };
        let time = if step.outcome == Outcome::Skipped { String::new() } else { format!("{seconds:.3} s") };
        let indent = |text: &str| text.replace('\n', "\n                                   ");
        writeln!(out, "  {style}{mark:8}{style:#} {name:12} {DIM}{time:>9}{DIM:#}  {}", indent(&words))?;
        if let Some(remedy) = &remedy {
            writeln!(out, "           {style}what to do{style:#}              {}", indent(remedy))?;
        }
        out.flush()
    }
}

/// Words of several lines, without other control characters of a peer's.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
