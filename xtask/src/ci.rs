//! The one list. The tests are not in it: `.ci/run` runs the README's test command before.

use std::time::Instant;

use crate::{Mode, Outcome, diagrams, examples, features, footprint, layering, no_std, package, pages, readme, shell};

type Step = (&'static str, fn() -> Outcome);

/// In the order in which a mistake is found soonest.
const STEPS: [Step; 13] = [
    ("fmt", fmt),
    ("layering", layering::run),
    ("pages", pages::run),
    ("clippy", clippy),
    ("doc", doc),
    ("features --quick", features::quick),
    ("no-std", no_std::run),
    ("diagrams --check", || diagrams::run(Mode::Check)),
    ("footprint --check", footprint::check),
    ("package", package::run),
    ("examples", examples::run),
    ("readme", readme::run),
    ("deny", deny),
];

pub(crate) fn run() -> Outcome {
    let mut took = Vec::new();
    for (name, step) in STEPS {
        println!("\n--- {name}");
        let started = Instant::now();
        step().map_err(|message| format!("{name}: {message}"))?;
        took.push(format!("{name} {} s", started.elapsed().as_secs()));
    }
    println!("\nxtask ci: all passed: {}", took.join(", "));
    Ok(())
}

fn fmt() -> Outcome {
    shell::run(&mut shell::cargo(["fmt", "--all", "--check"]))?;
    // Not members of the workspace.
    for alone in ["xtask/alone", "fuzz"] {
        let manifest = shell::root().join(alone).join("Cargo.toml");
        shell::run(shell::cargo(["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    }
    Ok(())
}

fn clippy() -> Outcome {
    shell::run(&mut shell::cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))
}

fn doc() -> Outcome {
    shell::run(shell::cargo(["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Optional, since building cargo-deny takes longer than all the rest; `layering` has the bans that matter.
fn deny() -> Outcome {
    if shell::exists("cargo-deny") {
        return shell::run(&mut shell::cargo(["deny", "check"]));
    }
    println!("cargo deny check: SKIPPED, cargo-deny is not installed (`cargo install --locked cargo-deny`)");
    Ok(())
}
