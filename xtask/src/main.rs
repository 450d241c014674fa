//! `cargo xtask VERB`: the checks of this repository, the same for a person and for CI.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line talks to its terminal

mod ci;
mod diagrams;
mod examples;
mod features;
mod footprint;
mod fuzz;
mod graph;
mod interop;
mod layering;
mod manifest;
mod marked;
mod no_std;
mod package;
mod pages;
mod readme;
mod shell;

use std::process::ExitCode;

/// What every verb answers: nothing, or one message that says what to mend.
type Outcome = Result<(), String>;

/// How a verb is run.
enum Run {
    /// It takes no words behind it.
    Alone(fn() -> Outcome),
    /// It gets them.
    Words(fn(&[String]) -> Outcome),
}

/// What becomes of text that is made from the code and stands in a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Write,
    /// Stale text is an error, and nothing is written.
    Check,
}

impl Mode {
    fn of(words: &[String]) -> Result<Self, String> {
        match words {
            [] => Ok(Self::Write),
            [check] if check == "--check" => Ok(Self::Check),
            words => Err(format!("takes `--check` or nothing, not `{}`", words.join(" "))),
        }
    }
}

struct Verb {
    name: &'static str,
    what: &'static str,
    run: Run,
}

const VERBS: [Verb; 12] = [
    Verb { name: "ci", what: "the one list: every check but the tests, and what each took", run: Run::Alone(ci::run) },
    Verb {
        name: "layering",
        what: "who may depend on whom, and no clock or socket below the adapters",
        run: Run::Alone(layering::run),
    },
    Verb {
        name: "features",
        what: "every crate alone, with each feature; the codec crates with each two [--quick: those, with each one]",
        run: Run::Words(features::verb),
    },
    Verb { name: "no-std", what: "links each codec crate alone without std", run: Run::Alone(no_std::run) },
    Verb {
        name: "diagrams",
        what: "writes the states of docs/embedding.md and the crates of ARCHITECTURE.md [--check: are they current]",
        run: Run::Words(|words| diagrams::run(Mode::of(words)?)),
    },
    Verb {
        name: "footprint",
        what: "features, dependencies, sizes of programs, into each README [--anew: measure all; --check: all but the sizes]",
        run: Run::Words(footprint::verb),
    },
    Verb { name: "package", what: "packs every crate that is published", run: Run::Alone(package::run) },
    Verb {
        name: "pages",
        what: "the links, paths and crates that the pages name are there",
        run: Run::Alone(pages::run),
    },
    Verb { name: "examples", what: "runs every example, with a deadline", run: Run::Alone(examples::run) },
    Verb {
        name: "interop",
        what: "programs of others against the built `tieline` (needs python3 and curl)",
        run: Run::Alone(interop::run),
    },
    Verb { name: "fuzz", what: "the fuzz targets; without a word it says how", run: Run::Words(fuzz::run) },
    Verb { name: "readme", what: "runs the marked commands of README.md", run: Run::Alone(readme::run) },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = words.collect();
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        println!("usage: cargo xtask VERB\n");
        for Verb { name, what, .. } in VERBS {
            println!("  {name:<10} {what}");
        }
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|known| known.name == name) else {
        eprintln!("xtask: no verb `{name}`; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    let outcome = match (&verb.run, rest.as_slice()) {
        (Run::Words(run), words) => run(words),
        (Run::Alone(run), []) => run(),
        (Run::Alone(_), words) => Err(format!("takes no words behind it, got `{}`", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask {name}: FAILED: {message}");
            ExitCode::FAILURE
        }
    }
}
