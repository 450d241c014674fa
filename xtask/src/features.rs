//! Every crate alone: built by nothing but itself, so that no neighbour lends it a feature it forgot.

use crate::layering::CODECS;
use crate::{Outcome, manifest, shell};

/// The features of `tieline-tls` that bring cryptography.
const PROVIDERS: [&str; 2] = ["ring", "aws-lc-rs"];

/// `--quick`: only the codec crates, and each feature alone.
pub(crate) fn verb(words: &[String]) -> Outcome {
    match words {
        [] => run(2),
        [quick] if quick == "--quick" => self::quick(),
        words => Err(format!("takes `--quick` or nothing, not `{}`", words.join(" "))),
    }
}

pub(crate) fn quick() -> Outcome {
    run(1)
}

fn run(most: usize) -> Outcome {
    let mut builds = 0;
    // The codec crates first: they are soonest built, and most built upon.
    let mut packages = manifest::published()?;
    packages.sort_by_key(|package| !CODECS.contains(&package.as_str()));
    for package in packages {
        let is_codec = CODECS.contains(&package.as_str());
        if !is_codec && most == 1 {
            continue;
        }
        let features = manifest::features(&package)?;
        let names: Vec<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
        let depth = if is_codec { most } else { 1 };
        let mut sets = sets(&names, depth);
        if package == "tieline-tls" {
            // It says itself that it needs one of its two kinds of cryptography.
            sets.iter_mut().filter(|set| !PROVIDERS.contains(&set.as_str())).for_each(|set| set.push_str(",ring"));
        }
        println!("  {package}: {} sets of features", sets.len());
        for set in &sets {
            check(&package, set)?;
        }
        builds += sets.len();
    }
    println!("features: {builds} builds passed");
    Ok(())
}

/// No feature, each alone, and with a depth of 2 each two.
fn sets(names: &[&str], depth: usize) -> Vec<String> {
    let mut sets = vec![String::new()];
    for (index, name) in names.iter().enumerate() {
        sets.push((*name).to_owned());
        if depth > 1 {
            sets.extend(names[index + 1..].iter().map(|other| format!("{name},{other}")));
        }
    }
    sets
}

/// Warnings count as errors: cargo prints them again where nothing is built anew. `RUSTFLAGS` would build everything anew.
fn check(package: &str, features: &str) -> Outcome {
    let target = if package == "tieline-cli" { "--bins" } else { "--lib" };
    let mut command = shell::cargo(["check", "--quiet", "--package", package, target, "--no-default-features"]);
    command.args(["--features", features]);
    let said = shell::read_stderr(&mut command)?;
    if said.contains("warning:") {
        return Err(format!("{package} with `{features}` alone: warnings\n{}", said.trim_end()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sets;

    #[test]
    fn a_powerset_of_depth_two_has_the_empty_set_each_feature_and_each_pair() {
        assert_eq!(sets(&["a", "b", "c"], 2), ["", "a", "a,b", "a,c", "b", "b,c", "c"]);
        assert_eq!(sets(&["a", "b"], 1), ["", "a", "b"]);
    }
}
