//! `cargo xtask VERB`: the checks of this repository, the same for a person and for CI.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line talks to its terminal

mod ci;
mod examples;
mod fuzz;
mod interop;
mod layering;
mod no_std;
mod readme;
mod shell;

use std::process::ExitCode;

/// What every verb answers: nothing, or one message that says what to mend.
type Outcome = Result<(), String>;

struct Verb {
    name: &'static str,
    what: &'static str,
    run: fn() -> Outcome,
}

const VERBS: [Verb; 6] = [
    Verb {
        name: "ci",
        what: "everything but the tests: format, clippy, docs, layering, no-std, examples, readme, deny",
        run: ci::run,
    },
    Verb {
        name: "layering",
        what: "who may depend on whom, and no clock or socket below the adapters",
        run: layering::run,
    },
    Verb { name: "no-std", what: "links the codec crates without std", run: no_std::run },
    Verb { name: "examples", what: "runs every example, with a deadline", run: examples::run },
    Verb {
        name: "interop",
        what: "programs of others against the built `tieline` (needs python3 and curl)",
        run: interop::run,
    },
    Verb { name: "readme", what: "runs the marked commands of README.md", run: readme::run },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let verb = words.next().unwrap_or_else(|| "help".to_owned());
    if verb == "fuzz" {
        return ended("fuzz", &fuzz::run(&words.collect::<Vec<_>>()));
    }
    if let Some(extra) = words.next() {
        eprintln!("xtask: no verb but `fuzz` takes arguments, got `{extra}`");
        return ExitCode::from(2);
    }
    if matches!(verb.as_str(), "help" | "-h" | "--help") {
        println!("usage: cargo xtask VERB\n");
        for Verb { name, what, .. } in VERBS {
            println!("  {name:<10} {what}");
        }
        println!("  {:<10} the fuzz targets: `cargo xtask fuzz` says how", "fuzz");
        return ExitCode::SUCCESS;
    }
    let Some(Verb { name, run, .. }) = VERBS.iter().find(|known| known.name == verb) else {
        eprintln!("xtask: no verb `{verb}`; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    ended(name, &run())
}

fn ended(name: &str, outcome: &Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask {name}: FAILED: {message}");
            ExitCode::FAILURE
        }
    }
}
