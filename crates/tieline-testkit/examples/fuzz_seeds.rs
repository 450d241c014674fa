//! Writes the samples of the documents below a folder, one file each, one folder a fuzz target: what corpora begin with.

use std::path::PathBuf;
use std::{env, fs};

use tieline_testkit::fuzz::{TARGETS, seeds};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::args().nth(1).ok_or("usage: fuzz_seeds FOLDER")?);
    for target in TARGETS {
        let folder = root.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds::of(target.name).into_iter().enumerate() {
            fs::write(folder.join(format!("sample-{number:03}")), seed)?;
        }
    }
    Ok(())
}
