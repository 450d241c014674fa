//! The proof by linking that the codec crates do without std.

use crate::{Outcome, shell};

/// Builds `xtask/no-std-check`, a static library with its own panic handler: were std anywhere in its tree, the compiler
/// would find two of them and stop. Needs no other target and no nightly.
pub(crate) fn run() -> Outcome {
    let manifest = shell::root().join("xtask").join("no-std-check").join("Cargo.toml");
    shell::run(
        shell::cargo(["build"])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(shell::target_dir().join("no-std-check")),
    )?;
    println!("no-std: linked");
    Ok(())
}
