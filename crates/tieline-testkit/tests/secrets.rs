//! How secrets are compared and printed, by the sources: a time that tells a secret cannot be seen by a test that is no
//! measurement.

use std::fs;
use std::path::{Path, PathBuf};

use tieline_core::Secret;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source of the crates that are published, with its lines.
fn lines() -> Vec<(String, usize, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in fs::read_dir(crates).expect("the crates") {
        let path = entry.expect("a crate").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.join("src").is_dir() && !["tieline-testkit", "tieline-bench"].contains(&name.as_str()) {
            sources(&path.join("src"), &mut found);
        }
    }
    assert!(found.len() > 300, "{} sources", found.len());
    let mut lines = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).expect("read");
        let shown = path.display().to_string();
        lines.extend(text.lines().enumerate().map(|(at, line)| (shown.clone(), at + 1, line.trim().to_owned())));
    }
    lines
}

#[test]
fn a_secret_is_compared_in_a_time_that_depends_on_its_length_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tieline-core/src/secret.rs");
    let text = fs::read_to_string(source).expect("read");
    assert_eq!(text.matches("pub fn matches(").count(), 2);
    assert_eq!(text.matches(".ct_eq(").count(), 2, "each by `subtle`");
    assert!(!text.contains("PartialEq for Secret") && !text.contains("derive(Clone, PartialEq"), "no `==`");
    let secret = Secret::from("swordfish");
    assert!(secret.matches(&"swordfish".into()));
    for other in ["", "swordfis", "swordfish ", "Swordfish", "swordfisi"] {
        assert!(!secret.matches(&other.into()), "{other}");
    }
}

#[test]
fn nobody_compares_what_a_secret_exposes() {
    let compares =
        ["==", "!=", ".eq(", ".ne(", ".cmp(", ".starts_with(", ".ends_with(", ".contains(", ".eq_ignore_ascii_case("];
    for (path, number, line) in lines() {
        let code = line.split("//").next().unwrap_or_default();
        let Some((_, after)) = code.split_once(".expose()") else { continue };
        let compared = compares.iter().any(|compare| code.contains(compare));
        // The length of a secret is no secret, nor is that it is empty.
        let about_length = after.contains(".len()") || after.contains(".is_empty()");
        assert!(!compared || about_length, "{path}:{number}: {line}");
    }
}

#[test]
fn a_secret_prints_as_nothing_but_that_it_is_one() {
    let text = Secret::from("swordfish");
    let bytes: Secret<Vec<u8>> = Secret::new(b"swordfish".to_vec());
    assert_eq!(format!("{text} {text:?} {text:#?} {bytes} {bytes:?}"), ["[redacted]"; 5].join(" "));
}
