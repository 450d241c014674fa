//! Running programs and finding the repository's folders.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::Outcome;

/// The root of the repository. `cargo run` says at run time where that is: a build kept in a target folder that several
/// checkouts share may be another checkout's.
pub(crate) fn root() -> PathBuf {
    let mut path = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    path.pop();
    path
}

/// Where cargo builds: `CARGO_TARGET_DIR` (relative to the root, if relative), or `target`.
pub(crate) fn target_dir() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The cargo that runs this program, at the root of the repository.
pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let mut command = as_typed(Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())));
    command.args(args).current_dir(root());
    command
}

/// A command without what `cargo run` tells this program of itself. Build scripts watch it (that of ring does), and would
/// run again whenever `cargo xtask` comes after a command that somebody typed; half of the workspace would be built anew.
pub(crate) fn as_typed(mut command: Command) -> Command {
    let of_this_program = |name: &OsString| {
        name.to_str().is_some_and(|name| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_"))
    };
    for (name, _) in env::vars_os().filter(|(name, _)| of_this_program(name)) {
        command.env_remove(name);
    }
    command
}

/// Builds what the test command of the README builds, programs included, and gives where they are. Where the tests have
/// run nothing is left to build: chosen package by package, cargo would build much of it again with fewer features.
pub(crate) fn build_programs() -> Result<PathBuf, String> {
    run(&mut cargo(["test", "--workspace", "--no-run", "--quiet"]))?;
    Ok(target_dir().join("debug"))
}

/// Prints the command, runs it, and fails when it does.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().map_err(|e| format!("cannot start `{shown}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` ended with {status}")) }
}

/// Runs the command without printing it and gives back what it wrote to stdout.
pub(crate) fn read(command: &mut Command) -> Result<String, String> {
    let (shown, output) = output(command)?;
    String::from_utf8(output.stdout).map_err(|e| format!("`{shown}` wrote something that is not UTF-8: {e}"))
}

/// Runs the command without printing it and gives back what it wrote to stderr.
pub(crate) fn read_stderr(command: &mut Command) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&output(command)?.1.stderr).into_owned())
}

fn output(command: &mut Command) -> Result<(String, Output), String> {
    let shown = show(command);
    let output = command.output().map_err(|e| format!("cannot start `{shown}`: {e}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{shown}` ended with {}\n{}", output.status, stderr.trim_end()));
    }
    Ok((shown, output))
}

/// Whether the program can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs the command, called `shown`, without input, and fails when it does or when the time is up.
pub(crate) fn run_within(command: &mut Command, shown: &str, time: Duration) -> Outcome {
    command.stdin(Stdio::null());
    // A group of its own, so that what the command started ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().map_err(|e| format!("cannot start `{shown}`: {e}"))?;
    match wait(&mut child, time).map_err(|e| format!("`{shown}`: {e}"))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{shown}` ended with {status}")),
        None => {
            end(&mut child);
            Err(format!("`{shown}` had not ended after {} s", time.as_secs()))
        }
    }
}

/// The status, or `None` when the time is up.
fn wait(child: &mut Child, time: Duration) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + time;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Ends the command and all it started; if that cannot be done there is nothing better to do than to report the timeout.
fn end(child: &mut Child) {
    if cfg!(unix) {
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn show(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let set = command
        .get_envs()
        .filter_map(|(key, value)| Some(format!("{}='{}' ", key.to_string_lossy(), value?.to_string_lossy())));
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| {
        let arg = arg.to_string_lossy();
        if arg.contains(' ') || arg.is_empty() { format!(" '{arg}'") } else { format!(" {arg}") }
    });
    set.chain([name]).chain(args).collect()
}
