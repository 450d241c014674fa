//! Runs the commands that README.md shows, so that they cannot rot.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Outcome, shell};

const MARKER: &str = "<!-- xtask:run -->";
/// Enough for a first build of the command line on two cores.
const TIMEOUT: Duration = Duration::from_secs(600);

pub(crate) fn run() -> Outcome {
    let path = shell::root().join("README.md");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    for command in commands(&text)? {
        println!("$ {command}");
        execute(&command)?;
    }
    println!("readme: passed");
    Ok(())
}

/// The commands of the fences marked for running. In a fence with `$ ` prompts only those lines are commands and the
/// rest is what they print; without prompts every line but comments is one.
fn commands(text: &str) -> Result<Vec<String>, String> {
    let mut commands = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line.trim() != MARKER {
            continue;
        }
        let here = format!("README.md:{}", index + 1);
        let fence = lines.next().map(|(_, fence)| fence.trim());
        if !matches!(fence, Some("```console" | "```sh")) {
            return Err(format!("{here}: {MARKER} must stand on the line before a ```console or ```sh fence"));
        }
        let mut body = Vec::new();
        loop {
            match lines.next() {
                Some((_, line)) if line.trim() == "```" => break,
                Some((_, line)) => body.push(line.trim()),
                None => return Err(format!("{here}: the fence is not closed")),
            }
        }
        let prompted: Vec<&str> = body.iter().filter_map(|line| line.strip_prefix("$ ")).collect();
        let plain = body.into_iter().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found: Vec<&str> = if prompted.is_empty() { plain.collect() } else { prompted };
        if found.is_empty() {
            return Err(format!("{here}: the fence holds no command"));
        }
        commands.extend(found.into_iter().map(str::to_owned));
    }
    if commands.is_empty() {
        return Err(format!("README.md has no {MARKER}: nothing in it is proved to run"));
    }
    Ok(commands)
}

fn execute(command: &str) -> Outcome {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]).current_dir(shell::root()).stdin(Stdio::null());
    // A group of its own, so that what the command started ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut child = shell.spawn().map_err(|e| format!("cannot start `{command}`: {e}"))?;
    match wait(&mut child).map_err(|e| format!("`{command}`: {e}"))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("README.md: `{command}` ended with {status}")),
        None => {
            end(&mut child);
            Err(format!("README.md: `{command}` had not ended after {} s", TIMEOUT.as_secs()))
        }
    }
}

/// The status, or `None` when the time is up.
fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + TIMEOUT;
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

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn only_prompted_lines_of_a_marked_console_are_commands() {
        let text = "```console\n$ no\n```\n<!-- xtask:run -->\n```console\n$ one --x\noutput\n$ two\n```\n";
        assert_eq!(commands(text).expect("valid"), ["one --x", "two"]);
    }

    #[test]
    fn without_prompts_every_line_but_comments_is_a_command() {
        let text = "<!-- xtask:run -->\n```sh\n# first\none\n\ntwo\n```\n";
        assert_eq!(commands(text).expect("valid"), ["one", "two"]);
    }

    #[test]
    fn a_readme_that_proves_nothing_is_an_error() {
        for text in [
            "# x\n",
            "<!-- xtask:run -->\ntext\n",
            "<!-- xtask:run -->\n```sh\nopen\n",
            "<!-- xtask:run -->\n```sh\n```\n",
        ] {
            commands(text).expect_err(text);
        }
    }
}
