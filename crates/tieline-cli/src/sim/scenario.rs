//! `tieline sim run` and `tieline sim check`.

use std::io::Write as _;
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
    let sim = start(builder, args.serving, line).await?;
    announce(&sim, json)?;
    let report = sim.finish().await;
    if let Some(path) = &args.junit {
        std::fs::write(path, report.to_junit())
            .map_err(|error| Failure::new(Exit::Failure, format!("{}: {error}", path.display())))?;
    }
    let mut out = anstream::stdout();
    if json {
        writeln!(out, "{}", report.to_json())?;
    } else {
        write!(out, "\n{report}")?;
    }
    out.flush()?;
    sim.stop().await;
    Ok(if report.is_success() { Exit::Ok } else { Exit::BadData })
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
