//! What the pages name is there: the targets of links, paths, files, crates. And each fuzz target is told of.

use std::fs;
use std::path::Path;

use crate::{Outcome, fuzz, shell};

/// The pages that tell where things are: of these every file and folder is looked for, however short its name.
const GUIDES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];
/// The page with a row of each fuzz target.
const FUZZING: &str = "docs/fuzzing.md";
/// Where a path from the root begins.
const ROOTS: &[&str] = &[".ci/", "crates/", "docs/", "examples/", "fuzz/", "xtask/"];
/// What is made, and not committed.
const MADE: &[&str] = &["fuzz/artifacts", "fuzz/work"];
/// What of the tree is not looked into.
const SKIPPED: &[&str] = &[".git", "corpus", "target"];

pub(crate) fn run() -> Outcome {
    let root = shell::root();
    let mut tree = Vec::new();
    walk(&root, Path::new(""), &mut tree)?;
    let (mut found, mut count) = (Vec::new(), 0);
    for page in tree.iter().filter(|path| path.ends_with(".md")) {
        let text = fs::read_to_string(root.join(page)).map_err(|e| format!("{page}: {e}"))?;
        count += 1;
        for (line, name) in missing(page, &text, &tree) {
            found.push(format!("{page}:{line}: `{name}` is not there"));
        }
    }
    let fuzzing = fs::read_to_string(root.join(FUZZING)).map_err(|e| format!("{FUZZING}: {e}"))?;
    let told = |target: &String| fuzzing.contains(&format!("\n| `{target}` |"));
    found.extend(
        fuzz::targets()?.iter().filter(|target| !told(target)).map(|target| format!("{FUZZING}: no row of {target}")),
    );
    if found.is_empty() {
        println!("pages: passed: what {count} of them name is there");
        return Ok(());
    }
    Err(format!("{} name(s)\n  {}", found.len(), found.join("\n  ")))
}

/// Files, and folders with a slash behind, from the root on.
fn walk(root: &Path, below: &Path, tree: &mut Vec<String>) -> Outcome {
    let folder = root.join(below);
    let shown = |e| format!("{}: {e}", folder.display());
    for entry in fs::read_dir(&folder).map_err(shown)? {
        let entry = entry.map_err(shown)?;
        let name = entry.file_name();
        let path = below.join(&name);
        let text = path.to_string_lossy().replace('\\', "/");
        if entry.path().is_dir() {
            tree.push(text + "/");
            if !SKIPPED.iter().any(|skipped| *skipped == name) {
                walk(root, &path, tree)?;
            }
        } else {
            tree.push(text);
        }
    }
    Ok(())
}

/// The names in a page that stand for nothing, with their lines.
fn missing<'t>(page: &str, text: &'t str, tree: &[String]) -> Vec<(usize, &'t str)> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let links = links(line).filter(|target| !is_reachable(page, target, tree));
            let names = spans(line).filter(|name| !is_there(page, name, tree));
            found.extend(links.chain(names).map(|name| (index + 1, name)));
        }
    }
    found
}

/// The targets of links.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// What stands between backticks.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_reachable(page: &str, target: &str, tree: &[String]) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains(':') {
        return true;
    }
    let mut from: Vec<&str> = page.split('/').collect();
    from.pop();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if from.pop().is_some() => {}
            // Out of the repository.
            ".." => return false,
            step => from.push(step),
        }
    }
    has(tree, &from.join("/"))
}

fn is_there(page: &str, name: &str, tree: &[String]) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    // Of a placeholder (TARGET, <protocol>) nobody says that it is there.
    let is_placeholder = |step: &str| step.contains(char::is_uppercase) && !step.contains('.');
    if !name.chars().all(is_name) || name.split('/').any(is_placeholder) {
        return true;
    }
    if ROOTS.iter().any(|root| name.starts_with(root)) {
        let path = name.trim_end_matches('/');
        return MADE.contains(&path) || has(tree, path);
    }
    if name.strip_prefix("tieline-").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
        return has(tree, &format!("crates/{name}"));
    }
    let is_file = [".rs", ".toml", ".md"].iter().any(|ending| name.len() > ending.len() && name.ends_with(ending));
    if GUIDES.contains(&page) && !name.starts_with('/') && (is_file || name.len() > 1 && name.ends_with('/')) {
        return tree.iter().any(|path| path.strip_suffix(name).is_some_and(|at| at.is_empty() || at.ends_with('/')));
    }
    true
}

fn has(tree: &[String], path: &str) -> bool {
    path.is_empty() || tree.iter().any(|known| known.trim_end_matches('/') == path)
}

#[cfg(test)]
mod tests {
    use super::missing;

    fn names<'t>(page: &str, text: &'t str) -> Vec<(usize, &'t str)> {
        let tree = ["crates/", "crates/tieline-core/", "crates/tieline-core/src/lib.rs", "docs/", "docs/a.md", "lint/"];
        missing(page, text, &tree.map(str::to_owned))
    }

    #[test]
    fn a_path_a_link_and_a_crate_that_are_not_there_are_found_with_their_lines() {
        let text = "`crates/tieline-core/src/lib.rs` `crates/no/`\n`tieline-none` [a](docs/b.md#x)\n";
        assert_eq!(names("README.md", text), [(1, "crates/no/"), (2, "docs/b.md#x"), (2, "tieline-none")]);
    }

    #[test]
    fn links_begin_at_their_page() {
        assert_eq!(names("docs/a.md", "[a](a.md) [core](../crates/tieline-core) [x](crates)"), [(1, "crates")]);
    }

    #[test]
    fn of_a_guide_the_ends_of_paths_count_too() {
        assert_eq!(
            names("CONTRIBUTING.md", "`src/lib.rs`, `lint/`, `ib.rs`, `gone.rs`"),
            [(1, "ib.rs"), (1, "gone.rs")]
        );
        assert_eq!(names("docs/a.md", "`gone.rs`"), []);
    }

    #[test]
    fn placeholders_fences_and_addresses_are_no_names() {
        let text =
            "`crates/<name>` `fuzz/work/` [a](https://x/y) `tieline-<protocol>`\n```console\n$ cat `docs/no`\n```\n";
        assert_eq!(names("README.md", text), []);
    }
}
