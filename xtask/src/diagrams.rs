//! The pictures that stand in the pages: the states of every session, and the crates.

use crate::{Mode, Outcome, graph, marked, shell};

pub(crate) fn run(mode: Mode) -> Outcome {
    // The tables are constants of the library crates; the example prints those that this build runs on.
    let example = ["run", "--quiet", "--package", "tieline-examples", "--bin", "state_diagrams"];
    let states = shell::read(&mut shell::cargo(example))?;
    marked::put(mode, "docs/embedding.md", "diagrams", "states", &states)?;
    marked::put(mode, "ARCHITECTURE.md", "diagrams", "crates", &graph::picture()?)?;
    println!("diagrams: current");
    Ok(())
}
