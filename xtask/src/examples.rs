//! Runs every example against the simulator that it starts itself.

use std::process::Command;
use std::time::Duration;

use crate::{Outcome, shell};

/// Each example ends by itself within seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn run() -> Outcome {
    let programs = shell::build_programs()?;
    let names = names()?;
    for name in &names {
        println!("$ {name}");
        let program = programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        shell::run_within(Command::new(program).current_dir(shell::root()), name, TIMEOUT)?;
    }
    println!("examples: {} passed", names.len());
    Ok(())
}

fn names() -> Result<Vec<String>, String> {
    let folder = shell::root().join("examples/src/bin");
    let shown = |e| format!("{}: {e}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(shown)? {
        let path = entry.map_err(shown)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
