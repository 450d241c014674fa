//! The committed corpora: some of the few inputs that reach every edge, of all that runs found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{command, folder};
use crate::Outcome;

/// What is kept of a target: so many inputs, small and large ones alike, of so many bytes. The corpora are for the replay by
/// `cargo test`, and for a fuzzer to begin with; what it then needs it finds anew.
const INPUTS: usize = 60;
const BYTES: u64 = 32 << 10;

pub(super) fn run(programs: &Path, targets: &[&str]) -> Outcome {
    targets.iter().try_for_each(|target| one(programs, target))
}

fn one(programs: &Path, target: &str) -> Outcome {
    let corpus = folder().join("corpus").join(target);
    let merged = folder().join("work").join(format!("{target}.merged"));
    let shown = |path: &Path| {
        let path = path.display().to_string();
        move |error| format!("{path}: {error}")
    };
    if merged.exists() {
        fs::remove_dir_all(&merged).map_err(shown(&merged))?;
    }
    for folder in [&merged, &corpus] {
        fs::create_dir_all(folder).map_err(shown(folder))?;
    }
    // Without counters: inputs that reach the same edges another number of times are the same.
    let mut command = command(programs, target)?;
    command.args(["-merge=1", "-use_counters=0"]).arg(&merged).arg(&corpus).arg(folder().join("work").join(target));
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("cannot start {target}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{target} ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let mut inputs = files(&merged)?;
    inputs.sort();
    let (mut kept, mut bytes) = (0, 0);
    fs::remove_dir_all(&corpus).and_then(|()| fs::create_dir_all(&corpus)).map_err(shown(&corpus))?;
    for (size, path) in inputs.iter().step_by(inputs.len().div_ceil(INPUTS).max(1)) {
        if bytes + size > BYTES {
            break;
        }
        bytes += size;
        fs::copy(path, corpus.join(path.file_name().unwrap_or_default())).map_err(shown(path))?;
        kept += 1;
    }
    println!("  {target:<28} {kept} of the {} inputs that reach all its edges", inputs.len());
    fs::remove_dir_all(&merged).map_err(shown(&merged))
}

/// The files of a folder, with their sizes.
fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, String> {
    let shown = |e| format!("{}: {e}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(shown)? {
        let entry = entry.map_err(shown)?;
        files.push((entry.metadata().map_err(shown)?.len(), entry.path()));
    }
    Ok(files)
}
