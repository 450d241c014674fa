//! What the verbs read in the manifests of the crates: only what these manifests use of TOML.

use std::fs;

use crate::shell;

/// A feature of a crate.
pub(crate) struct Feature {
    pub(crate) name: String,
    /// The comment above it.
    pub(crate) what: String,
}

/// The crates below `crates/`, by name.
pub(crate) fn crates() -> Result<Vec<String>, String> {
    let folder = shell::root().join("crates");
    let shown = |e| format!("{}: {e}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(shown)? {
        let path = entry.map_err(shown)?.path();
        if path.join("Cargo.toml").is_file() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Those of them that go to crates.io.
pub(crate) fn published() -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for name in crates()? {
        if !text(&name)?.lines().any(|line| line == "publish = false") {
            names.push(name);
        }
    }
    Ok(names)
}

/// The manifest of a crate.
pub(crate) fn text(package: &str) -> Result<String, String> {
    let path = shell::root().join("crates").join(package).join("Cargo.toml");
    fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
}

/// The features of a crate in their order, `default` aside.
pub(crate) fn features(package: &str) -> Result<Vec<Feature>, String> {
    Ok(features_of(&text(package)?))
}

fn features_of(manifest: &str) -> Vec<Feature> {
    let mut features = Vec::new();
    let mut what = Vec::new();
    let table = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    for line in table.take_while(|line| !line.starts_with('[')) {
        if let Some(comment) = line.strip_prefix("# ") {
            what.push(comment);
        } else if let Some((name, _)) = line.split_once(" = [") {
            let what = std::mem::take(&mut what).join(" ");
            features.push(Feature { name: name.to_owned(), what });
        }
    }
    features.retain(|feature| feature.name != "default");
    features
}

#[cfg(test)]
mod tests {
    use super::features_of;

    #[test]
    fn a_feature_has_the_comment_above_it() {
        let text = "[features]\ndefault = [\"a\"]\n# One\n# two.\na = []\nb = [\n    \"dep:c\",\n]\n\n[dependencies]\nd = [1]\n";
        let found: Vec<_> = features_of(text).into_iter().map(|f| (f.name, f.what)).collect();
        assert_eq!(found, [("a".to_owned(), "One two.".to_owned()), ("b".to_owned(), String::new())]);
    }
}
