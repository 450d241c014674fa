//! The corpora of the fuzz targets, and the samples of the documents, through the bodies of the targets; and that what
//! `fuzz/` builds is what the table has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, panic};

use tieline_testkit::fuzz::{TARGETS, seeds};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The inputs of a target in a folder below `fuzz/`, by name.
fn inputs(folder: &str, target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join(folder).join(target);
    let Ok(files) = fs::read_dir(&folder) else { return Vec::new() };
    let mut inputs: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(path).expect("read")))
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_input_of_the_corpora_passes() {
    for target in TARGETS {
        let own = inputs("corpus", target.name).into_iter().chain(inputs("regressions", target.name));
        let samples = seeds::of(target.name).into_iter().map(|seed| ("a sample".to_owned(), seed.to_vec()));
        for (name, input) in own.chain(samples) {
            let run = panic::catch_unwind(|| (target.run)(&input));
            assert!(run.is_ok(), "{} fails on {name}: {:?}", target.name, String::from_utf8_lossy(&input));
        }
    }
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let known: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(known.len(), TARGETS.len(), "a name twice");
    for folder in ["corpus", "regressions"] {
        for entry in fs::read_dir(fuzz().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            assert!(known.contains(&name), "{folder}/{name} belongs to no target");
        }
    }
    for target in TARGETS {
        assert!(!inputs("corpus", target.name).is_empty(), "{} has no corpus", target.name);
    }
}

#[test]
fn the_fuzz_crate_has_a_binary_for_each_target() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the manifest");
    let binaries: Vec<&str> =
        manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).skip(1).collect();
    assert_eq!(binaries, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
    for target in TARGETS {
        let source = fs::read_to_string(fuzz().join(format!("fuzz_targets/{}.rs", target.name))).expect("a source");
        assert!(source.contains("fuzz_target!"), "{}", target.name);
    }
}

#[test]
fn the_corpora_are_small() {
    let mut total = 0;
    for target in TARGETS {
        for (name, input) in inputs("corpus", target.name).into_iter().chain(inputs("regressions", target.name)) {
            assert!(input.len() <= 8 << 10, "{}/{name}: {} bytes", target.name, input.len());
            total += input.len();
        }
    }
    assert!(total < 2 << 20, "{total} bytes");
}
