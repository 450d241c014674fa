//! The fuzz targets: built and run by stable Rust and libFuzzer, without nightly and without cargo-fuzz.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::{Outcome, shell};

mod merge;
mod settle;
mod smoke;

const USAGE: &str =
    "usage: cargo xtask fuzz TARGET [-- libFuzzer's arguments]   until it is stopped, or finds something
       cargo xtask fuzz --smoke                             every target, the same few thousand inputs each time
       cargo xtask fuzz --settle [TARGET…]                  each until nothing is new for 3 minutes, 10 at most; a table
       cargo xtask fuzz --merge [TARGET…]                   the committed corpus anew, of all that was found
       cargo xtask fuzz --list                              the targets";

/// What makes the compiler tell libFuzzer where an input went. `cargo fuzz` gives the same, all of it stable; what needs
/// nightly there is the address sanitizer, and our crates forbid unsafe code.
const RUSTFLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";

pub(crate) fn run(words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["--list"] => {
            targets()?.iter().for_each(|target| println!("{target}"));
            Ok(())
        }
        ["--smoke"] => smoke::run(),
        ["--settle", ref wanted @ ..] => settle::run(&build(None)?, &wanted_of(wanted, &targets()?)?),
        ["--merge", ref wanted @ ..] => merge::run(&build(None)?, &wanted_of(wanted, &targets()?)?),
        [target] => one(known(target)?, &[]),
        [target, "--", ref own @ ..] => one(known(target)?, own),
        _ => Err(format!("no such arguments\n{USAGE}")),
    }
}

fn folder() -> PathBuf {
    shell::root().join("fuzz")
}

/// The targets in the order of the manifest.
pub(crate) fn targets() -> Result<Vec<String>, String> {
    let manifest = folder().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| format!("cannot read {}: {e}", manifest.display()))?;
    let names = text.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    Ok(names.skip(1).map(str::to_owned).collect())
}

/// The targets that were named, or all.
fn wanted_of<'a>(named: &[&'a str], all: &'a [String]) -> Result<Vec<&'a str>, String> {
    match named {
        [] => Ok(all.iter().map(String::as_str).collect()),
        named => named.iter().map(|target| known(target)).collect(),
    }
}

fn known(target: &str) -> Result<&str, String> {
    if targets()?.iter().any(|known| known == target) {
        return Ok(target);
    }
    Err(format!("no target `{target}`; `cargo xtask fuzz --list` lists them\n{USAGE}"))
}

/// Builds one target or all, and gives the folder of the programs.
fn build(target: Option<&str>) -> Result<PathBuf, String> {
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
    if !shell::exists(&compiler) {
        return Err(format!(
            "libFuzzer is C++, and there is no `{compiler}`. Install a compiler: `apt-get install g++`, `dnf install \
             gcc-c++`, `xcode-select --install`; or set CXX to the one you have. Nightly Rust and cargo-fuzz are not needed."
        ));
    }
    let version = shell::read(Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not say its host")?;
    let own = shell::target_dir().join("libfuzzer");
    let mut cargo = shell::cargo(["build", "--release", "--locked"]);
    cargo.arg("--manifest-path").arg(folder().join("Cargo.toml")).arg("--target-dir").arg(&own);
    // With a target of its own, build scripts and macros are not instrumented.
    cargo.args(["--target", host]).env("RUSTFLAGS", RUSTFLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    match target {
        Some(target) => cargo.args(["--bin", target]),
        None => cargo.arg("--bins"),
    };
    shell::run(&mut cargo)?;
    Ok(own.join(host).join("release"))
}

/// A target about to run: what it finds new goes to `fuzz/work`, what makes it fail to `fuzz/artifacts`.
fn command(programs: &Path, target: &str) -> Result<Command, String> {
    let (work, artifacts) = (folder().join("work").join(target), folder().join("artifacts").join(target));
    for folder in [&work, &artifacts] {
        fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    }
    let mut command = Command::new(programs.join(target));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let own = folder().join(format!("{target}.dict"));
    let dictionary = if own.is_file() { own } else { folder().join("json.dict") };
    command.arg(format!("-dict={}", dictionary.display()));
    // Generous, as it is by the clock and machines are shared.
    command.args(["-timeout=30", "-rss_limit_mb=2048", "-max_len=4096"]).current_dir(folder());
    Ok(command)
}

/// The folders of inputs: the first is written to.
fn corpora(command: &mut Command, target: &str) {
    command.arg(folder().join("work").join(target));
    for kind in ["corpus", "regressions"] {
        let folder = folder().join(kind).join(target);
        if folder.is_dir() {
            command.arg(folder);
        }
    }
}

fn one(target: &str, own: &[&str]) -> Outcome {
    let mut command = command(&build(Some(target))?, target)?;
    command.args(own);
    corpora(&mut command, target);
    shell::run(&mut command).map_err(|error| {
        format!(
            "{error}\nThe input is in fuzz/artifacts/{target}/. Run it alone: `cargo xtask fuzz {target} -- FILE`. Once it is \
             mended keep it in fuzz/regressions/{target}/, where `cargo test -p tieline-testkit` replays it."
        )
    })
}
