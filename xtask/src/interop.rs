//! Programs of others against the built `tieline`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

pub(crate) fn run() -> Outcome {
    let python = provision()?;
    if !provide("curl", "curl") {
        return Err("curl is not on the PATH; the commands of the CloudPBX document are run with it".to_owned());
    }
    // The scripts that need these say so where they are missing.
    provide("strace", "strace");
    let tinode = provide_tinode()?;
    let binary = shell::build_programs()?.join(format!("tieline{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        return Err(format!("the build left no {}", binary.display()));
    }
    let scripts = scripts(&folder())?;
    if scripts.is_empty() {
        return Err(format!("no *.py in {}", folder().display()));
    }
    let mut failed = Vec::new();
    for script in &scripts {
        let mut command = Command::new(&python);
        command.arg(script).env("TIELINE_BIN", &binary).env("TIELINE_TINODE", &tinode);
        if let Err(message) = shell::run(&mut command) {
            failed.push(message);
        }
    }
    // The toy screen-pops, which are tested as integrators test their own programs: in Python and in Rust.
    let suite = folder().join("screen_pop");
    let pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider"];
    if let Err(message) = shell::run(Command::new(&python).args(pytest).arg(suite).env("TIELINE_BIN", &binary)) {
        failed.push(message);
    }
    let example = ["test", "--workspace", "--test", "screen_pop"];
    if let Err(message) = shell::run(&mut shell::cargo(example)) {
        failed.push(message);
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n  ")) }
}

fn folder() -> PathBuf {
    shell::root().join("xtask").join("interop")
}

/// A virtual environment under the target folder with the pinned libraries; gives back its Python.
fn provision() -> Result<PathBuf, String> {
    let system = ["python3", "python"].into_iter().find(|name| shell::exists(name));
    let system = system.ok_or("python3 is not on the PATH; the interop scripts are written in it (3.9 or later)")?;
    let venv = shell::target_dir().join("interop");
    let python = if cfg!(windows) { venv.join("Scripts").join("python.exe") } else { venv.join("bin").join("python") };
    if !python.is_file() {
        shell::run(Command::new(system).args(["-m", "venv"]).arg(&venv))
            .map_err(|message| format!("{message} (on Debian and Ubuntu venv is in the package python3-venv)"))?;
    }
    let requirements = folder().join("requirements.txt");
    shell::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    Ok(python)
}

/// Whether a program is there. Where it is missing it is installed, if apt-get can do that: for root, as on a machine of CI,
/// and for nobody else.
fn provide(program: &str, package: &str) -> bool {
    if shell::exists(program) || !shell::exists("apt-get") {
        return shell::exists(program);
    }
    if !is_root() {
        println!("{program} is missing: sudo apt-get install {package}");
    } else {
        // Lists that cannot be had anew may do all the same.
        let _ = shell::run(Command::new("apt-get").args(["update", "--quiet"]));
        let _ = shell::run(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", package]));
    }
    shell::exists(program)
}

fn is_root() -> bool {
    shell::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The folder of the chat by a client library of the Tinode family, with its packages installed if npm is there.
fn provide_tinode() -> Result<PathBuf, String> {
    let (source, place) = (folder().join("tinode"), shell::target_dir().join("interop-tinode"));
    let shown = |e| format!("{}: {e}", place.display());
    fs::create_dir_all(&place).map_err(shown)?;
    for name in ["package.json", "chat.js"] {
        fs::copy(source.join(name), place.join(name)).map_err(shown)?;
    }
    if provide("node", "nodejs") && provide("npm", "npm") {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
        shell::run(Command::new(npm).args(install).current_dir(&place))?;
    }
    Ok(place)
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = |e| format!("{}: {e}", folder.display());
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).map_err(shown)? {
        let path = entry.map_err(shown)?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}
