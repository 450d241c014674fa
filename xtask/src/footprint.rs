//! What each crate costs: features, dependencies, and how large the smallest program is that uses it.

use std::fs;
use std::process::Command;

use crate::layering::{self, CODECS};
use crate::no_std::{alone, short};
use crate::{Mode, Outcome, manifest, marked, shell};

const VERB: &str = "footprint";
const NAME: &str = "features";

/// Fails by its exit code when the program does nothing of what it says.
const MAIN: &str = "#include <stddef.h>\nsize_t program(void);\nint main(void) { return program() == 0; }\n";

/// One line of the table.
struct Row {
    feature: String,
    what: String,
    /// The crates that it needs directly beside those of the first line, or all of the first line.
    direct: Vec<String>,
    /// How many crates are below it in all, the crate itself aside.
    all: usize,
}

/// The verb: nothing measures what has no size yet, `--anew` everything, `--check` nothing.
pub(crate) fn verb(words: &[String]) -> Outcome {
    match words {
        [anew] if anew == "--anew" => write(Mode::Write, true),
        words => write(Mode::of(words)?, false),
    }
}

/// Whether the tables are current; of the sizes only whether they are there.
pub(crate) fn check() -> Outcome {
    write(Mode::Check, false)
}

/// The table in the README of every library.
fn write(mode: Mode, anew: bool) -> Outcome {
    for package in manifest::published()?.iter().filter(|package| *package != "tieline-cli") {
        let page = format!("crates/{package}/README.md");
        let rows = rows(package)?;
        let mut sizes = Vec::new();
        if CODECS.contains(&package.as_str()) {
            let standing = fs::read_to_string(shell::root().join(&page)).map_err(|e| format!("{page}: {e}"))?;
            for row in &rows {
                let size = size_that_stands(&standing, &row.feature);
                sizes.push(match (program(package, &row.feature), size) {
                    (None, _) => String::new(),
                    (Some(_), Some(size)) if !anew => size,
                    (Some(_), _) if mode == Mode::Check => "not measured".to_owned(),
                    (Some(program), _) => format!("{} KiB", measure(&program)?.div_ceil(1024)),
                });
            }
        }
        let table = table(&rows, &sizes);
        if mode == Mode::Write {
            println!("{package}\n{table}");
        }
        marked::put(mode, &page, VERB, NAME, &table)?;
    }
    println!("footprint: current");
    Ok(())
}

/// The crate without features first, then each feature alone.
fn rows(package: &str) -> Result<Vec<Row>, String> {
    let bare = below(package, "")?;
    let mut rows = vec![Row { feature: String::new(), what: what_is_always_there(package), ..bare }];
    let first = rows[0].direct.clone();
    for feature in manifest::features(package)? {
        let mut row = below(package, &feature.name)?;
        row.direct.retain(|name| !first.contains(name));
        rows.push(Row { feature: feature.name, what: feature.what, ..row });
    }
    Ok(rows)
}

fn what_is_always_there(package: &str) -> String {
    let what = match package {
        "tieline-core" => "All of it but HTTP; `no_std` with `alloc`.",
        "tieline-axeos" => "Events, lists, the directory; `no_std` with `alloc`.",
        "tieline-cloudpbx" => "Records, the messages of the stream, text messages; `no_std` with `alloc`.",
        package if CODECS.contains(&package) => "Messages and their words; `no_std` with `alloc`.",
        _ => "What needs no feature.",
    };
    what.to_owned()
}

fn below(package: &str, feature: &str) -> Result<Row, String> {
    let tree = |depth: &[&str]| {
        let fixed = ["-p", package, "-e", "normal", "--no-default-features", "--features", feature];
        let mut names = layering::tree(&[&fixed, depth].concat())?;
        names.retain(|name| name != package);
        Ok::<_, String>(names)
    };
    Ok(Row { feature: String::new(), what: String::new(), direct: tree(&["--depth", "1"])?, all: tree(&[])?.len() })
}

fn table(rows: &[Row], sizes: &[String]) -> String {
    let sized = !sizes.is_empty();
    let mut out = String::from("| feature | what it brings | needs directly | crates in all, macros too |");
    out.push_str(if sized { " smallest program |\n|---|---|---|---|---|\n" } else { "\n|---|---|---|---|\n" });
    for (index, row) in rows.iter().enumerate() {
        let name = if row.feature.is_empty() { "none".to_owned() } else { format!("`{}`", row.feature) };
        let direct: Vec<String> = row.direct.iter().map(|name| format!("`{name}`")).collect();
        let plus = if row.feature.is_empty() || direct.is_empty() { "" } else { "also " };
        out.push_str(&format!("| {name} | {} | {plus}{} | {} |", row.what, direct.join(", "), row.all));
        if sized {
            out.push_str(&format!(" {} |", sizes[index]));
        }
        out.push('\n');
    }
    out
}

/// The program in `xtask/alone` that uses one feature of a crate; none for what only tells dependencies something.
fn program(package: &str, feature: &str) -> Option<String> {
    match feature {
        "" => Some(short(package).to_owned()),
        "client" | "server" | "service" | "http" => Some(format!("{}-{feature}", short(package))),
        _ => None,
    }
}

/// The last column of a feature's line in a page, if it is a size.
fn size_that_stands(page: &str, feature: &str) -> Option<String> {
    let name = if feature.is_empty() { "| none |".to_owned() } else { format!("| `{feature}` |") };
    let table = marked::between(page, VERB, NAME).unwrap_or_default();
    let line = table.lines().find(|line| line.starts_with(&name))?;
    let size = line.trim_end_matches(" |").rsplit("| ").next()?;
    size.strip_suffix(" KiB")?.parse::<u32>().ok()?;
    Some(size.to_owned())
}

/// Builds a program, links it, runs it, and gives its bytes.
fn measure(program: &str) -> Result<u64, String> {
    shell::run(alone(program).arg("--release"))?;
    let folder = shell::target_dir().join("alone");
    let (source, binary) = (folder.join("main.c"), folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)));
    fs::write(&source, MAIN).map_err(|e| format!("{}: {e}", source.display()))?;
    let mut link = Command::new("cc");
    link.args(["-Os", "-s", "-Wl,--gc-sections", "-o"]).arg(&binary).arg(&source);
    link.arg(folder.join("release").join("libalone.a"));
    shell::run(&mut link)?;
    shell::run(&mut Command::new(&binary))?;
    Ok(fs::metadata(&binary).map_err(|e| format!("{}: {e}", binary.display()))?.len())
}

#[cfg(test)]
mod tests {
    use super::size_that_stands;

    #[test]
    fn the_size_that_stands_is_found_by_its_feature_and_must_be_one() {
        let page = "<!-- cargo xtask footprint: features -->\n| none | a |  | 3 | 12 KiB |\n| `client` | a |  | 3 |  |\n<!-- end of features -->\n";
        assert_eq!(size_that_stands(page, "").as_deref(), Some("12 KiB"));
        assert_eq!(size_that_stands(page, "client"), None);
        assert_eq!(size_that_stands(page, "server"), None);
    }
}
