//! What goes to crates.io can be packed: every field and file is there, every path has a version, in the right order.

use crate::{Outcome, manifest, shell};

/// Without building what was packed: that is what `features` does, by the same manifests.
pub(crate) fn run() -> Outcome {
    let published = manifest::published()?;
    for package in &published {
        let text = manifest::text(package)?;
        if !text.contains("[package.metadata.docs.rs]\nall-features = true\n") {
            return Err(format!("{package}: its manifest does not tell docs.rs to build all features"));
        }
    }
    let mut command = shell::cargo(["package", "--quiet", "--no-verify", "--allow-dirty"]);
    for package in &published {
        command.args(["--package", package]);
    }
    shell::run(&mut command)?;
    println!("package: {} crates packed", published.len());
    Ok(())
}
