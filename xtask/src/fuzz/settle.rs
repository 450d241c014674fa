//! Targets run until they find nothing new, and a table of what they did.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{command, corpora, folder};
use crate::Outcome;

/// A target is done when no new edge was reached for this long. Features, which count how often an edge is taken, go on
/// growing for hours.
const QUIET: Duration = Duration::from_secs(180);

/// And after this long in any case.
const LONGEST: Duration = Duration::from_secs(600);

/// Two at a time: they are to run beside other work.
const AT_ONCE: usize = 2;

#[derive(Default)]
struct Figures {
    executions: String,
    edges: u64,
    features: String,
    seconds: u64,
    quiet: bool,
    failed: Option<String>,
}

pub(super) fn run(programs: &Path, targets: &[&str]) -> Outcome {
    println!("| target | executions | edges | features | seconds | settled | findings |");
    println!("|---|--:|--:|--:|--:|---|--:|");
    let (queue, failed) = (Mutex::new(targets.iter()), Mutex::new(Vec::new()));
    let take = || queue.lock().map_or(None, |mut queue| queue.next());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(target) = take() {
                    let outcome = one(programs, target).and_then(|figures| {
                        print(target, &figures);
                        figures.failed.map_or(Ok(()), Err)
                    });
                    if let (Err(error), Ok(mut failed)) = (outcome, failed.lock()) {
                        failed.push(error);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n\n")) }
}

fn print(target: &str, figures: &Figures) {
    let findings = fs::read_dir(folder().join("regressions").join(target)).map_or(0, Iterator::count);
    let settled = if figures.quiet { "yes" } else { "no" };
    let Figures { executions, edges, features, seconds, .. } = figures;
    println!("| `{target}` | {executions} | {edges} | {features} | {seconds} | {settled} | {findings} |");
}

fn one(programs: &Path, target: &str) -> Result<Figures, String> {
    let mut command = command(programs, target)?;
    command.arg("-print_final_stats=1").arg(format!("-max_total_time={}", LONGEST.as_secs()));
    corpora(&mut command, target);
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start {target}: {e}"))?;
    let (sender, lines) = channel();
    let stderr = child.stderr.take().ok_or("no stderr")?;
    let reader = thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let (mut figures, mut log, mut last_new, mut stopped) = (Figures::default(), Vec::new(), Instant::now(), false);
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                let words: Vec<&str> = line.split_whitespace().collect();
                let after = |key: &str| words.iter().position(|word| *word == key).and_then(|at| words.get(at + 1));
                if let Some(edges) = after("cov:").and_then(|edges| edges.parse().ok())
                    && edges > figures.edges
                {
                    figures.edges = edges;
                    last_new = Instant::now();
                }
                figures.features = after("ft:").map_or(figures.features, |features| (*features).to_owned());
                if let Some(count) = words.first().and_then(|word| word.strip_prefix('#')) {
                    figures.executions = count.trim_end_matches(':').to_owned();
                }
                if let Some(count) = after("stat::number_of_executed_units:") {
                    figures.executions = (*count).to_owned();
                }
                log.push(line);
                // What a failure says is at the end.
                log.drain(..log.len().saturating_sub(40));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if !stopped && last_new.elapsed() >= QUIET {
            (stopped, figures.quiet) = (true, true);
            // Asked so, it ends at once and in order; if that cannot be done its time will be up soon.
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        }
    }
    let status = child.wait().map_err(|e| format!("{target}: {e}"))?;
    let _ = reader.join();
    figures.seconds = start.elapsed().as_secs();
    if !status.success() && !stopped {
        figures.failed = Some(format!("{target} ended with {status}\n{}", log.join("\n")));
    }
    Ok(figures)
}
