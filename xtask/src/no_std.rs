//! The proof by linking that each codec crate, alone, does without std.

use std::process::Command;

use crate::layering::CODECS;
use crate::{Outcome, shell};

/// Builds `xtask/alone`, a static library with its own panic handler, once for each crate and role, the rules of the IM
/// service among them: were std anywhere in its tree, the compiler would find two of them and stop. Needs no other target
/// and no nightly.
pub(crate) fn run() -> Outcome {
    for package in CODECS {
        let short = short(package);
        for role in roles(package) {
            shell::run(&mut alone(&format!("{short}{role}")))?;
        }
    }
    println!("no-std: linked");
    Ok(())
}

/// The name of a crate in `xtask/alone`.
pub(crate) fn short(package: &str) -> &str {
    package.trim_start_matches("tieline-").trim_start_matches("portsip-")
}

/// The roles of a crate in `xtask/alone`, the messages alone first.
fn roles(package: &str) -> &'static [&'static str] {
    match package {
        "tieline-core" => &[""],
        "tieline-portsip-im" => &["", "-client", "-server", "-service"],
        _ => &["", "-client", "-server"],
    }
}

/// Builds `xtask/alone` with one program.
pub(crate) fn alone(program: &str) -> Command {
    let manifest = shell::root().join("xtask").join("alone").join("Cargo.toml");
    let mut command = shell::cargo(["build", "--quiet"]);
    command.arg("--manifest-path").arg(manifest);
    command.arg("--target-dir").arg(shell::target_dir().join("alone"));
    command.args(["--features", program]);
    command
}
