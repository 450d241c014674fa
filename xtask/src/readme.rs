//! Runs the commands that README.md shows, so that they cannot rot.

use std::process::Command;
use std::time::Duration;

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
    let mut shell = shell::as_typed(if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") });
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]).current_dir(shell::root());
    shell::run_within(&mut shell, command, TIMEOUT).map_err(|e| format!("README.md: {e}"))
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
