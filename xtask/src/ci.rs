//! The one list. The tests are not in it: `.ci/run` runs the README's test command before.

use crate::{Outcome, examples, layering, no_std, readme, shell};

pub(crate) fn run() -> Outcome {
    shell::run(&mut shell::cargo(["fmt", "--all", "--check"]))?;
    shell::run(&mut shell::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))?;
    shell::run(shell::cargo(["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    layering::run()?;
    no_std::run()?;
    examples::run()?;
    readme::run()?;
    deny()?;
    println!("\nxtask ci: all passed");
    Ok(())
}

/// Optional, since building cargo-deny takes longer than all the rest; `layering` has the bans that matter.
fn deny() -> Outcome {
    if shell::exists("cargo-deny") {
        return shell::run(&mut shell::cargo(["deny", "check"]));
    }
    println!("cargo deny check: SKIPPED, cargo-deny is not installed (`cargo install --locked cargo-deny`)");
    Ok(())
}
