//! `tieline rec pull`: recordings into a folder.

mod file;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::Path;

use futures::StreamExt as _;
use serde::Serialize;
use tieline_cloudpbx::rest::{RecordList, Recording};
use tieline_core::Class;
use tieline_core::http::CallError;
use tieline_tokio::cloudpbx::DownloadError;

use super::Origin;
use super::client::{Client, words};
use super::clock::PbxClock;
use super::list::fetch;
use super::record::Record as _;
use crate::args::{Output, Pull};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};
use crate::progress::Progress;

/// So many recordings are downloaded at once.
const AT_ONCE: usize = 2;

/// A recording to have.
struct Wanted {
    id: String,
    /// As its record has it; `wav` where there is none.
    format: String,
}

/// What became of it.
enum Outcome {
    Fetched { bytes: u64 },
    Skipped { bytes: u64 },
    Failed(String),
}

/// The same as a JSON line.
#[derive(Serialize)]
struct Report<'a> {
    call: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Tally {
    fetched: u64,
    skipped: u64,
    failed: u64,
}

/// Runs the command.
pub(crate) async fn pull(args: Pull, output: Output) -> Result<Exit, Failure> {
    let clock = PbxClock::new();
    let days = clock.days(args.days)?;
    let client = Client::new(&args.api)?;
    let wanted = if args.ids.is_empty() {
        let found = fetch(&client, RecordList::today(), days, days).await.map_err(|error| client.failed(&error))?;
        found.warn(false);
        found.rows.iter().flatten().filter_map(|record| Wanted::of(record.id()?, record.format.as_deref())).collect()
    } else {
        args.ids.iter().filter_map(|id| Wanted::of(id, None)).collect()
    };
    let wanted = once_each(wanted);
    std::fs::create_dir_all(&args.dir)
        .map_err(|error| Failure::new(Exit::Failure, format!("cannot make {}: {error}", args.dir.display())))?;

    let progress = Progress::new(wanted.len() as u64, "recordings");
    let mut run = Run { human: output::is_human(output), number: 0, tally: Tally::default() };
    let (client, folder, clock, shown) = (&client, &*args.dir, &clock, &progress);
    let work = wanted.iter().map(|wanted| async move {
        let name = file::name(&wanted.id, &wanted.format, clock);
        let outcome = match &name {
            Some(name) => get(client, wanted, &folder.join(name), name, shown).await,
            None => Ok(Outcome::Failed("the id is too long for the name of a file".to_owned())),
        };
        (wanted, name, outcome)
    });
    let mut work = futures::stream::iter(work).buffer_unordered(AT_ONCE);
    while let Some((wanted, name, outcome)) = work.next().await {
        let file = name.map(|name| folder.join(name).display().to_string());
        run.tell(&wanted.id, file.as_deref(), &outcome?, shown)?;
    }
    drop(work);
    progress.finish();
    run.finish()
}

/// Downloads one, unless it is there. Fails only for what all others would fail for, too.
async fn get(
    client: &Client,
    wanted: &Wanted,
    path: &Path,
    name: &str,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let (there, format) = (path.to_owned(), wanted.format.clone());
    let whole = tokio::task::spawn_blocking(move || file::whole(&there, &format)).await;
    if let Ok(Some(bytes)) = whole {
        return Ok(Outcome::Skipped { bytes });
    }
    let bar = progress.begin(name);
    let call = Recording::new(&*wanted.id);
    let fetched = client.rest.recording_to_file(&call, &wanted.format, path, |so_far| bar.show(so_far)).await;
    match fetched {
        Ok(verified) => Ok(Outcome::Fetched { bytes: verified.length }),
        Err(DownloadError::Call(error)) if error.class() == Class::Reauthenticate => Err(client.failed(&error)),
        Err(DownloadError::Call(CallError::Api(error))) if error.status == 404 => {
            Ok(Outcome::Failed("there is no such recording".to_owned()))
        }
        Err(DownloadError::Call(error)) => Ok(Outcome::Failed(words(&error))),
        Err(error) => Ok(Outcome::Failed(error.to_string())),
    }
}

impl Wanted {
    fn of(id: &str, format: Option<&str>) -> Option<Self> {
        let format = format.filter(|format| !format.is_empty()).unwrap_or("wav");
        (!id.is_empty()).then(|| Self { id: id.to_owned(), format: format.to_owned() })
    }
}

/// Each id once: a call may have several records.
fn once_each(wanted: Vec<Wanted>) -> Vec<Wanted> {
    let mut seen = HashSet::new();
    wanted.into_iter().filter(|wanted| seen.insert(wanted.id.clone())).collect()
}

struct Run {
    human: bool,
    number: u64,
    tally: Tally,
}

impl Run {
    fn tell(&mut self, id: &str, file: Option<&str>, outcome: &Outcome, progress: &Progress) -> io::Result<()> {
        let (word, bytes, error) = match outcome {
            Outcome::Fetched { bytes } => ("fetched", Some(*bytes), None),
            Outcome::Skipped { bytes } => ("skipped", Some(*bytes), None),
            Outcome::Failed(error) => ("failed", None, Some(&**error)),
        };
        match outcome {
            Outcome::Fetched { .. } => self.tally.fetched += 1,
            Outcome::Skipped { .. } => self.tally.skipped += 1,
            Outcome::Failed(_) => self.tally.failed += 1,
        }
        self.number += 1;
        let file = file.filter(|_| error.is_none());
        let line = match error {
            Some(error) => format!("{word:<8} {}: {}", printable(id), printable(error)),
            None => format!("{word:<8} {}  {} bytes", file.unwrap_or_default(), bytes.unwrap_or_default()),
        };
        progress.done(&line, self.human, || {
            let mut out = anstream::stdout().lock();
            if self.human {
                writeln!(out, "{line}")
            } else {
                let report = Report { call: id, outcome: word, file, bytes, error };
                Line::new("download", self.number, Origin::of(report)).write(&mut out)
            }
        })
    }

    fn finish(self) -> Result<Exit, Failure> {
        let Tally { fetched, skipped, failed } = self.tally;
        if !self.human {
            let mut out = anstream::stdout().lock();
            Line::new("summary", self.number + 1, Origin::of(self.tally)).write(&mut out)?;
        }
        let summary = format!("{fetched} fetched, {skipped} were there already, {failed} failed");
        if failed > 0 {
            let message = format!("{summary}\nRun the same command again for those that failed.");
            return Err(Failure::new(Exit::Failure, message));
        }
        output::tell(summary);
        Ok(Exit::Ok)
    }
}
