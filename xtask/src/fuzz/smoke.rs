//! Every target for a while, the same on every machine: so many inputs, not so many seconds, and always the same ones. What it
//! finds, the change that it is run on did.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{fs, thread};

use super::{build, command, folder, targets};
use crate::Outcome;

/// The runs of each target, by name, stand in the manifest: as many as take about five seconds on two cores of a small machine.
const RUNS: &str = "[package.metadata.smoke-runs]";

/// Seconds after which even a slow machine has done them. One that has not says so.
const CEILING: u32 = 90;

/// An input up to this size is printed when it fails: in CI nothing else of it is left.
const PRINTED: usize = 4096;

pub(super) fn run() -> Outcome {
    let (programs, targets) = (build(None)?, targets()?);
    let targets = targets.iter().map(|target| Ok((target, runs(target)?))).collect::<Result<Vec<_>, String>>()?;
    let (queue, failed) = (Mutex::new(targets.iter()), Mutex::new(Vec::new()));
    let take = || queue.lock().map_or(None, |mut queue| queue.next());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from).min(4) {
            scope.spawn(|| {
                while let Some((target, runs)) = take() {
                    if let (Err(error), Ok(mut failed)) = (one(&programs, target, *runs), failed.lock()) {
                        failed.push(error);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if failed.is_empty() {
        println!("fuzz: {} targets did their runs and found nothing", targets.len());
        return Ok(());
    }
    Err(failed.join("\n\n"))
}

/// How many runs a target does.
fn runs(target: &str) -> Result<u32, String> {
    let manifest = folder().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| format!("cannot read {}: {e}", manifest.display()))?;
    let table = text.lines().skip_while(|line| *line != RUNS).skip(1).take_while(|line| !line.starts_with('['));
    let found = table.filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == target);
    let missing = || format!("fuzz/Cargo.toml: {RUNS} has no number for `{target}`");
    found.and_then(|(_, runs)| runs.parse().ok()).ok_or_else(missing)
}

/// Runs a target on its committed inputs, and keeps nothing but what fails.
fn one(programs: &Path, target: &str, runs: u32) -> Outcome {
    let mut command = at_fixed_addresses(command(programs, target)?);
    command.args(["-seed=1", "-reload=0"]).arg(format!("-runs={runs}")).arg(format!("-max_total_time={CEILING}"));
    // By name, as folders are listed in another order on each machine; without a folder to write to, what is new stays in
    // memory.
    command.arg(format!("-seed_inputs={}", inputs(target)?.join(",")));
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("cannot start {target}: {e}"))?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = |what: &str| log.lines().rev().find(|line| line.contains(what)).unwrap_or_default();
    let (end, done) = (last("DONE"), last("Done "));
    let cut = match output.status.success() {
        true if done.starts_with(&format!("Done {runs} ")) => "",
        true => ", cut short",
        false => "FAILED",
    };
    let reached = end.split_whitespace().skip_while(|word| *word != "cov:").take(6).collect::<Vec<_>>().join(" ");
    println!("  {target:<28} {done}{cut}; {reached}");
    if output.status.success() {
        return Ok(());
    }
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(40)..].join("\n");
    Err(format!("{target} ended with {}\n{tail}\n{}", output.status, input(&log)))
}

/// libFuzzer learns from what is compared, and addresses are. Where the system draws them anew for each process and that cannot
/// be turned off, two runs may differ by an input or two.
fn at_fixed_addresses(command: Command) -> Command {
    let fixed = || {
        let mut fixed = Command::new("setarch");
        fixed.arg("--addr-no-randomize");
        fixed
    };
    // Containers may forbid it.
    if !fixed().arg("true").output().is_ok_and(|output| output.status.success()) {
        return command;
    }
    let mut fixed = fixed();
    fixed.arg(command.get_program()).args(command.get_args()).current_dir(folder());
    fixed
}

/// The committed inputs of a target, below `fuzz/`, in order.
fn inputs(target: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for kind in ["corpus", "regressions"] {
        let Ok(files) = fs::read_dir(folder().join(kind).join(target)) else { continue };
        for file in files {
            let name = file.map_err(|e| format!("{kind}/{target}: {e}"))?.file_name();
            names.push(format!("{kind}/{target}/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

/// What failed, in a form that can be copied out of a log.
fn input(log: &str) -> String {
    let path = log.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path.trim()));
    match path.map(|path| (path, fs::read(path))) {
        Some((path, Ok(bytes))) if bytes.len() <= PRINTED => format!("{path} holds b\"{}\"", bytes.escape_ascii()),
        Some((path, _)) => format!("the input is in {path}"),
        None => "no input was kept".to_owned(),
    }
}
