//! Who may depend on whom, and what the sources below the adapters may not name.
//!
//! `cargo tree` is asked, not `cargo metadata`: the latter mixes dev-dependencies and unified features in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, shell};

/// What one crate of the workspace may have below it.
struct Rule {
    package: &'static str,
    /// Crates of this workspace it may depend on.
    siblings: &'static [&'static str],
    /// Other direct dependencies it may have; `None`: any that `never` does not name.
    others: Option<&'static [&'static str]>,
    /// Direct dependencies that only a feature may bring.
    by_feature: &'static [&'static str],
    /// What must be nowhere in its tree.
    never: &'static [&'static str],
}

/// The crates without I/O.
pub(crate) const CODECS: &[&str] =
    &["tieline-core", "tieline-portsip-wsi", "tieline-portsip-im", "tieline-axeos", "tieline-cloudpbx"];

/// Below a codec there is no socket, no runtime, no TLS and no source of randomness.
const NO_IO: &[&str] =
    &["async-std", "getrandom", "hyper", "mio", "rand", "rustls", "smol", "socket2", "tokio", "tungstenite"];
const NO_RUNTIME: &[&str] = &["async-std", "hyper", "mio", "polling", "smol", "tokio"];
/// The blocking adapter waits for readiness itself, on mio.
const NO_ASYNC_RUNTIME: &[&str] = &[
    "async-executor",
    "async-io",
    "async-std",
    "futures",
    "futures-executor",
    "futures-util",
    "hyper",
    "hyper-util",
    "smol",
    "tokio",
];

const CODEC_OTHERS: &[&str] = &[
    "arbitrary",
    "bytes",
    "bytestring",
    "chacha20",
    "compact_str",
    "data-encoding",
    "form_urlencoded",
    "http",
    "httparse",
    "httpdate",
    "memchr",
    "percent-encoding",
    "serde",
    "serde_json",
    "subtle",
    "thiserror",
    "uuid",
    "zeroize",
];

/// What comes with the features `http`, `http1` and `arbitrary` of a codec, and only with them.
const HTTP_ONLY: &[&str] =
    &["arbitrary", "data-encoding", "form_urlencoded", "http", "httparse", "httpdate", "percent-encoding"];

/// The address of CloudPBX's stream is percent-encoded, also where the stream is used without `http`.
const CLOUDPBX_HTTP_ONLY: &[&str] = &["arbitrary", "data-encoding", "form_urlencoded", "http", "httpdate"];
/// The login of IM is base64, also where the protocol is used without `http`.
const IM_HTTP_ONLY: &[&str] = &["arbitrary", "form_urlencoded", "http", "httpdate", "percent-encoding"];

const fn codec(package: &'static str) -> Rule {
    Rule { package, siblings: &["tieline-core"], others: Some(CODEC_OTHERS), by_feature: HTTP_ONLY, never: NO_IO }
}

const fn adapter(package: &'static str, siblings: &'static [&'static str], never: &'static [&'static str]) -> Rule {
    Rule { package, siblings, others: None, by_feature: &[], never }
}

const BELOW_ADAPTERS: &[&str] = &[
    "tieline-core",
    "tieline-portsip-wsi",
    "tieline-portsip-im",
    "tieline-axeos",
    "tieline-cloudpbx",
    "tieline-websocket",
    "tieline-tls",
    "tieline-dial",
];
const BELOW_SERVER: &[&str] = &[
    "tieline-core",
    "tieline-portsip-wsi",
    "tieline-portsip-im",
    "tieline-axeos",
    "tieline-cloudpbx",
    "tieline-websocket",
    "tieline-tls",
    "tieline-tokio",
];
const BELOW_SIM: &[&str] = &[
    "tieline-core",
    "tieline-portsip-wsi",
    "tieline-portsip-im",
    "tieline-axeos",
    "tieline-cloudpbx",
    "tieline-websocket",
    "tieline-tls",
    "tieline-tokio",
    "tieline-server",
];

const RULES: &[Rule] = &[
    Rule { siblings: &[], ..codec("tieline-core") },
    codec("tieline-portsip-wsi"),
    // Its login is base64 on the WebSocket too.
    Rule { by_feature: IM_HTTP_ONLY, ..codec("tieline-portsip-im") },
    codec("tieline-axeos"),
    Rule { by_feature: CLOUDPBX_HTTP_ONLY, ..codec("tieline-cloudpbx") },
    adapter("tieline-websocket", &["tieline-core"], NO_RUNTIME),
    adapter("tieline-tls", &["tieline-core"], NO_RUNTIME),
    adapter(
        "tieline-dial",
        &[
            "tieline-core",
            "tieline-axeos",
            "tieline-cloudpbx",
            "tieline-portsip-im",
            "tieline-portsip-wsi",
            "tieline-websocket",
            "tieline-tls",
        ],
        NO_RUNTIME,
    ),
    adapter("tieline-tokio", BELOW_ADAPTERS, &["async-std", "smol"]),
    adapter("tieline-blocking", BELOW_ADAPTERS, NO_ASYNC_RUNTIME),
    adapter("tieline-server", BELOW_SERVER, &["async-std", "smol"]),
    adapter("tieline-sim", BELOW_SIM, &["async-std", "smol"]),
];

/// Time, sockets and threads are the caller's: they are arguments below the adapters.
const BANNED_IN_CODECS: &[&str] = &["std::time::", "std::net", "Instant::now", "SystemTime", "thread::sleep"];

/// `arbitrary_precision` and `preserve_order` change the meaning of JSON for everybody in the build, `unbounded_depth`
/// takes the stack's guard away, `float_roundtrip` costs time nobody here needs.
const BANNED_SERDE_JSON: &[&str] = &["arbitrary_precision", "float_roundtrip", "preserve_order", "unbounded_depth"];

const TESTKIT: &str = "tieline-testkit";

pub(crate) fn run() -> Outcome {
    println!(
        "layering: dependencies by `cargo tree -p CRATE -e normal`, sources of the codec crates, JSON features, registries"
    );
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| present(rule.package)) {
        check_tree(rule, &mut found)?;
    }
    for package in CODECS.iter().filter(|package| present(package)) {
        check_sources(package, "names what only an adapter may", BANNED_IN_CODECS, &mut found)?;
    }
    if present("tieline") {
        check_sources("tieline", "is a facade and holds re-exports only", &["fn "], &mut found)?;
    }
    if present(TESTKIT) {
        check_testkit(&mut found)?;
    }
    check_graph(&mut found)?;
    if found.is_empty() {
        println!("layering: passed");
        return Ok(());
    }
    Err(format!("{} breach(es)\n  {}", found.len(), found.join("\n  ")))
}

fn check_tree(rule: &Rule, found: &mut Vec<String>) -> Outcome {
    let Rule { package, .. } = *rule;
    println!("  {package}");
    let all = tree(&["-p", package, "-e", "normal", "--all-features"])?;
    found.extend(all.iter().filter(|name| rule.never.contains(&name.as_str())).map(|name| {
        format!("{package}: `{name}` is in its tree (cargo tree -p {package} -e normal --all-features -i {name})")
    }));
    let direct = tree(&["-p", package, "-e", "normal", "--all-features", "--depth", "1"])?;
    for name in direct.iter().filter(|name| *name != package) {
        let allowed = match name.strip_prefix("tieline-") {
            Some(_) => rule.siblings.contains(&name.as_str()),
            None => rule.others.is_none_or(|others| others.contains(&name.as_str())),
        };
        if !allowed {
            found.push(format!("{package}: may not depend on `{name}`"));
        }
    }
    let bare = tree(&["-p", package, "-e", "normal", "--no-default-features", "--depth", "1"])?;
    found.extend(
        bare.iter()
            .filter(|name| rule.by_feature.contains(&name.as_str()))
            .map(|name| format!("{package}: `{name}` must be behind a feature")),
    );
    Ok(())
}

/// A dependency on the testkit that is not a dev-dependency shows up as a line above it in the inverted tree.
fn check_testkit(found: &mut Vec<String>) -> Outcome {
    let users = tree(&["--workspace", "-e", "normal,build", "--all-features", "-i", TESTKIT])?;
    found.extend(
        users
            .iter()
            .filter(|name| *name != TESTKIT)
            .map(|name| format!("{name}: only dev-dependencies may lead to {TESTKIT}")),
    );
    Ok(())
}

fn check_graph(found: &mut Vec<String>) -> Outcome {
    let lines = tree_lines(&["--workspace", "-e", "all", "--all-features"], "{p}|{f}")?;
    for line in lines {
        let (package, features) = line.split_once('|').unwrap_or((&line, ""));
        if package.starts_with("serde_json ") {
            found.extend(
                features
                    .split(',')
                    .filter(|feature| BANNED_SERDE_JSON.contains(feature))
                    .map(|feature| format!("serde_json: the feature `{feature}` is on somewhere in the workspace")),
            );
        }
        if package.contains("://") {
            found.push(format!("{package}: does not come from crates.io"));
        }
    }
    Ok(())
}

fn check_sources(package: &str, why: &str, banned: &[&str], found: &mut Vec<String>) -> Outcome {
    let root = shell::root();
    for path in rust_files(&root.join("crates").join(package).join("src"))? {
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let shown = path.strip_prefix(&root).unwrap_or(&path).display();
        for (number, word) in breaches(&text, banned) {
            found.push(format!("{shown}:{number}: `{}`: {package} {why}", word.trim_end()));
        }
    }
    Ok(())
}

/// Line numbers and banned words of a source text, comments aside.
fn breaches<'b>(text: &str, banned: &[&'b str]) -> Vec<(usize, &'b str)> {
    let numbered = text.lines().enumerate();
    numbered
        .flat_map(|(index, line)| {
            let code = without_comment(line);
            banned.iter().filter(move |word| code.contains(**word)).map(move |word| (index + 1, *word))
        })
        .collect()
}

/// The line up to `//`; the `//` of a URL in a string begins no comment.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let shown = |e| format!("{}: {e}", folder.display());
    for entry in fs::read_dir(folder).map_err(shown)? {
        let path = entry.map_err(shown)?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn present(package: &str) -> bool {
    shell::root().join("crates").join(package).join("Cargo.toml").is_file()
}

/// The names of the packages in a tree, each once.
pub(crate) fn tree(args: &[&str]) -> Result<Vec<String>, String> {
    let lines = tree_lines(args, "{p}")?;
    let mut names: Vec<String> =
        lines.iter().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn tree_lines(args: &[&str], format: &str) -> Result<Vec<String>, String> {
    // Deduplicated, or the tree is as large as the number of ways through the graph.
    let fixed = ["tree", "--target", "all", "--prefix", "none", "--format", format];
    let text = shell::read(shell::cargo(fixed).args(args))?;
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.is_empty()).map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::{BANNED_IN_CODECS, breaches};

    #[test]
    fn a_clock_in_the_code_is_found_with_its_line() {
        let text = "use core::time::Duration;\nlet now = std::time::Instant::now();\n";
        assert_eq!(breaches(text, BANNED_IN_CODECS), [(2, "std::time::"), (2, "Instant::now")]);
    }

    #[test]
    fn a_clock_in_a_comment_is_not_a_breach() {
        let text = "//! never calls Instant::now\nlet x = 1; // not SystemTime\n/// std::net is not used\n";
        assert_eq!(breaches(text, BANNED_IN_CODECS), []);
    }

    #[test]
    fn the_slashes_of_a_url_hide_nothing_behind_them() {
        let text = "dial(\"wss://pbx\", SystemTime::UNIX_EPOCH);\n";
        assert_eq!(breaches(text, BANNED_IN_CODECS), [(1, "SystemTime")]);
    }
}
