//! `tieline sim run` and `tieline sim check`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;
use tieline_sim::Sim;
use tieline_sim::record::Entry;
use tieline_sim::scenario::{Mistake, Pace, Scenario};

use super::{announce, asks_for_help, start};
use crate::args::{Check, Play};
use crate::exit::Exit;
use crate::failure::Failure;

/// Plays a scenario to its end.
pub(super) async fn play(args: Play) -> Result<Exit, Failure> {
    if asks_for_help(&args.serving)? {
        return Ok(Exit::Ok);
    }
    let scenario = read(&args.file)?.map_err(|mistakes| {
        let mistakes: Vec<String> = mistakes.iter().map(|mistake| shown(&args.file, mistake)).collect();
        Failure::new(Exit::Usage, format!("the scenario has mistakes\n{}", mistakes.join("\n")))
    })?;
    // What differs from run to run of stepped time is left out, so that runs can be compared.
    let stepped = scenario.pace() == Pace::Stepped && args.speed.is_none();
    let line = if stepped { Entry::to_repeatable_json } else { Entry::to_json };
    let mut builder = Sim::builder().scenario(scenario);
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(speed) = args.speed {
        builder = builder.speed(speed);
    }
    let json = args.serving.json;
    // Before hours of a scenario have passed for nothing.
    let mut junit = match &args.junit {
        Some(path) => Some(File::create(path).map_err(|error| unwritable(path, &error, Exit::Usage))?),
        None => None,
    };
    let sim = start(builder, args.serving, line).await?;
    announce(&sim, json)?;
    let report = sim.finish().await;
    let mut out = anstream::stdout();
    if json {
        writeln!(out, "{}", report.to_json())?;
    } else {
        write!(out, "\n{report}")?;
    }
    out.flush()?;
    sim.stop().await;
    if let (Some(path), Some(file)) = (&args.junit, &mut junit) {
        let written = file.write_all(report.to_junit().as_bytes());
        written.map_err(|error| unwritable(path, &error, Exit::Failure))?;
    }
    Ok(if report.is_success() { Exit::Ok } else { Exit::BadData })
}

fn unwritable(path: &Path, error: &io::Error, exit: Exit) -> Failure {
    Failure::new(exit, format!("{}: {error}", path.display()))
}

/// Says what is wrong with scenarios.
pub(super) fn check(args: &Check) -> Result<Exit, Failure> {
    let mut out = anstream::stdout();
    let mut exit = Exit::Ok;
    for path in &args.files {
        for mistake in read(path)?.err().unwrap_or_default() {
            exit = Exit::BadData;
            if args.json {
                let (line, column) = mistake.position.unzip();
                let file = path.display().to_string();
                writeln!(out, "{}", json!({"file": file, "line": line, "column": column, "message": mistake.message}))?;
            } else {
                writeln!(out, "{}", shown(path, &mistake))?;
            }
        }
    }
    Ok(exit)
}

fn read(path: &Path) -> Result<Result<Scenario, Vec<Mistake>>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", path.display())))?;
    Ok(Scenario::parse(&text))
}

/// `FILE:12:5: no extension 199`, as compilers write it.
fn shown(path: &Path, mistake: &Mistake) -> String {
    format!("{}:{mistake}", path.display())
}
