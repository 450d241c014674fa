//! `tieline im upload` and `tieline im download`.

use std::collections::HashSet;
use std::hash::Hash;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use tieline_core::http::{ApiError, ApiErrorKind, BaseUrl, CallError};
use tieline_core::{Secret, Sent};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::safe_name;
use tieline_tokio::Credentials;
use tieline_tokio::im::{Client, FileError, Files, FilesConfig, Place};

use super::{Origin, session};
use crate::args::{self, Account, Output};
use crate::cloudpbx::words;
use crate::exit::Exit;
use crate::failure::{Failure, exit_of_exchange};
use crate::listen::trust;
use crate::output::{self, Line, printable};
use crate::progress::Progress;

/// What became of one file.
#[derive(Serialize)]
struct Report<'a> {
    id: Option<&'a str>,
    file: Option<&'a str>,
    /// `sent`, `fetched`, `failed`, or `unknown`: whether the server has it.
    outcome: &'static str,
    bytes: Option<u64>,
    /// As the sender said; nothing vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> Report<'a> {
    const fn failed(id: Option<&'a str>, file: Option<&'a str>, exit: Exit, error: &'a str) -> Self {
        let outcome = if matches!(exit, Exit::OutcomeUnknown) { "unknown" } else { "failed" };
        Self { id, file, outcome, bytes: None, r#type: None, error: Some(error) }
    }
}

/// Runs `im upload`.
pub(super) async fn upload(args: args::Upload, output: Output) -> Result<Exit, Failure> {
    let paths = once_each(args.files);
    // All are looked at before the first is sent.
    for path in &paths {
        sendable(path, args.max_bytes)?;
    }
    let site = Site::open(&args.account, args.max_bytes).await?;
    let mut run = Run::new("upload", "sent", paths.len(), output);
    for path in &paths {
        let shown = path.display().to_string();
        let bar = run.progress.begin(&shown);
        let mut bytes = 0;
        let kind = args.content_type.as_deref().unwrap_or_default();
        let sent = site.files.upload_file(path, kind, |so_far| {
            bytes = so_far.bytes;
            bar.show(so_far);
        });
        let sent = sent.await;
        drop(bar);
        match sent {
            Ok(uploaded) => {
                let id = Some(uploaded.file.as_str());
                let report =
                    Report { id, file: Some(&shown), outcome: "sent", bytes: Some(bytes), r#type: None, error: None };
                run.tell(&report, Exit::Ok)?;
            }
            Err(error) => {
                let exit = if is_undone(&error) { exit_of(&error) } else { Exit::OutcomeUnknown };
                let said = said(&error);
                run.tell(&Report::failed(None, Some(&shown), exit, &said), exit)?;
                if exit == Exit::AuthRefused {
                    break;
                }
            }
        }
    }
    site.client.close().await;
    run.finish()
}

/// Runs `im download`.
pub(super) async fn download(args: args::Download, output: Output) -> Result<Exit, Failure> {
    let ids = once_each(args.ids);
    if args.to.is_some() && ids.len() > 1 {
        return Err(usage("--to names one file, and several are asked for: --dir names a folder"));
    }
    if let Some(id) = ids.iter().find(|id| FileRef::new(id.as_str()).bare_id().is_none()) {
        return Err(usage(&format!("{}: not the id of a file", printable(id))));
    }
    let dir = args.dir.unwrap_or_default();
    let site = Site::open(&args.account, args.max_bytes).await?;
    if !dir.as_os_str().is_empty() {
        let made = std::fs::create_dir_all(&dir);
        made.map_err(|error| Failure::new(Exit::Failure, format!("cannot make {}: {error}", dir.display())))?;
    }
    let mut run = Run::new("download", "fetched", ids.len(), output);
    // What this run wrote it never replaces. Some file systems take letters of both cases for one.
    let mut names: HashSet<String> = HashSet::new();
    for id in &ids {
        let bar = run.progress.begin(&printable(id));
        let file = FileRef::new(id.as_str());
        let (mut path, mut bytes) = (None, 0);
        let fetched = site.files.download_to_place(
            &file,
            |head| {
                let name = head.name.clone().unwrap_or_else(|| safe_name(id));
                let is_new = names.insert(name.to_lowercase());
                let path = path.insert(args.to.clone().unwrap_or_else(|| dir.join(name)));
                let place = Place::new(&*path);
                if args.force && is_new { place.replacing() } else { place }
            },
            |so_far| {
                bytes = so_far.bytes;
                bar.show(so_far);
            },
        );
        let fetched = fetched.await;
        drop(bar);
        let shown = path.as_deref().map(|path| path.display().to_string());
        match fetched {
            Ok(head) => {
                let kind = head.content_type.as_deref();
                let (id, file, bytes) = (Some(&**id), shown.as_deref(), Some(bytes));
                let report = Report { id, file, outcome: "fetched", bytes, r#type: kind, error: None };
                run.tell(&report, Exit::Ok)?;
            }
            Err(error) => {
                let exit = exit_of(&error);
                let said = match (&error, &shown) {
                    (FileError::Write(cause), Some(path)) if cause.kind() == io::ErrorKind::AlreadyExists => {
                        format!("{path} is there already")
                    }
                    _ => said(&error),
                };
                run.tell(&Report::failed(Some(id), None, exit, &said), exit)?;
                if exit == Exit::AuthRefused {
                    break;
                }
            }
        }
    }
    site.client.close().await;
    run.finish()
}

/// The server that is logged in to, and its files.
struct Site {
    /// Open as long as its token is used.
    client: Client,
    files: Files,
}

impl Site {
    async fn open(account: &Account, max_bytes: u64) -> Result<Self, Failure> {
        let mut config = FilesConfig::new(base(&account.url)?).trust(trust(&account.tls)?);
        (config.max_upload, config.max_download) = (max_bytes, max_bytes);
        let (client, token) = session::with_token(account).await?;
        let files = Files::new(config, Credentials::<Secret>::fixed(token))?;
        Ok(Self { client, files })
    }
}

/// Where files are: beside the `/im` of the chat.
pub(super) fn base(url: &str) -> Result<BaseUrl, Failure> {
    let (scheme, rest) = url.trim().split_once("://").unwrap_or_default();
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "http",
        "wss" | "https" => "https",
        _ => return Err(usage("the address of the server must begin with ws:// or wss://")),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let rest = rest.rsplit_once('/').map_or(rest, |(folder, _)| folder);
    format!("{scheme}://{rest}").parse().map_err(|error| usage(&format!("the address of the server: {error}")))
}

/// Whether a file can be sent.
fn sendable(path: &Path, max_bytes: u64) -> Result<(), Failure> {
    let refuse = |why: &dyn std::fmt::Display| Err(usage(&format!("{}: {why}; nothing was sent", path.display())));
    match path.metadata() {
        Err(error) => refuse(&error),
        Ok(found) if !found.is_file() => refuse(&"not a file"),
        Ok(found) if found.len() > max_bytes => refuse(&FileError::TooLong { limit: max_bytes }),
        Ok(_) => Ok(()),
    }
}

fn usage(message: &str) -> Failure {
    Failure::new(Exit::Usage, message)
}

/// Each once: what is named twice is neither sent nor fetched twice.
fn once_each<T: Clone + Eq + Hash>(mut all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}

/// The words of an error, with the server's own where no document has them.
fn said(error: &FileError) -> String {
    match error {
        FileError::Call(error) => words(error),
        error => error.to_string(),
    }
}

/// Whether it is certain that the server does not have the file that was to be sent.
const fn is_undone(error: &FileError) -> bool {
    match error {
        FileError::Call(CallError::Api(error)) => matches!(error.status, 300..=499) && error.status != 408,
        // The line was cut within the form, which is then none.
        FileError::Read { .. } | FileError::TokenRefused(_) => true,
        error => matches!(error.sent(), Sent::Nothing),
    }
}

fn exit_of(error: &FileError) -> Exit {
    match error {
        FileError::Token(_) | FileError::TokenRefused(_) => Exit::AuthRefused,
        FileError::Call(CallError::Build(_)) => Exit::Usage,
        FileError::Call(CallError::Failed(failure)) => exit_of_exchange(failure),
        FileError::Call(CallError::Api(ApiError { status, kind, .. })) => match (status, kind) {
            (401, _) => Exit::AuthRefused,
            (408 | 429 | 500..=599, _) => Exit::Unreachable,
            (400..=499, ApiErrorKind::Refused { .. }) => Exit::Refused,
            _ => Exit::Protocol,
        },
        FileError::Redirect(_) => Exit::Protocol,
        _ => Exit::Failure,
    }
}

/// A run over several files.
struct Run {
    kind: &'static str,
    done: &'static str,
    human: bool,
    progress: Progress,
    /// How many lines were printed.
    number: u64,
    /// How those ended that did not succeed.
    failures: Vec<Exit>,
}

/// How many of each.
#[derive(Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched: Option<u64>,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<u64>,
}

impl Run {
    fn new(kind: &'static str, done: &'static str, count: usize, output: Output) -> Self {
        let progress = Progress::new(count as u64, "files");
        Self { kind, done, human: output::is_human(output), progress, number: 0, failures: Vec::new() }
    }

    fn tell(&mut self, report: &Report<'_>, exit: Exit) -> io::Result<()> {
        self.number += 1;
        if exit != Exit::Ok {
            self.failures.push(exit);
        }
        let (id, file) = (report.id.map(printable), report.file.unwrap_or_default());
        let line = match report.error {
            Some(error) => {
                format!("{:<8} {}: {}", report.outcome, id.as_deref().unwrap_or(file), printable(error))
            }
            None => {
                let (id, bytes) = (id.unwrap_or_default(), report.bytes.unwrap_or_default());
                format!("{:<8} {id}  {file}  {bytes} bytes", report.outcome)
            }
        };
        self.progress.done(&line, self.human, || {
            let mut out = anstream::stdout().lock();
            if self.human {
                writeln!(out, "{line}")
            } else {
                Line::new(self.kind, self.number, Origin::of(report)).write(&mut out)
            }
        })
    }

    fn finish(self) -> Result<Exit, Failure> {
        self.progress.finish();
        let unknown = self.failures.iter().filter(|exit| **exit == Exit::OutcomeUnknown).count() as u64;
        let failed = self.failures.len() as u64 - unknown;
        let done = self.number - failed - unknown;
        if !self.human {
            let sends = self.done == "sent";
            let summary = Summary {
                sent: sends.then_some(done),
                fetched: (!sends).then_some(done),
                failed,
                unknown: sends.then_some(unknown),
            };
            let mut out = anstream::stdout().lock();
            Line::new("summary", self.number + 1, Origin::of(summary)).write(&mut out)?;
        }
        let mut summary = format!("{done} {}, {failed} failed", self.done);
        if unknown > 0 {
            summary.push_str(&format!(
                ", {unknown} unknown\nIt is not known whether the server has these files; nothing was repeated."
            ));
        }
        match worst(&self.failures) {
            Exit::Ok => {
                output::tell(summary);
                Ok(Exit::Ok)
            }
            Exit::AuthRefused => Err(Failure::new(Exit::AuthRefused, summary).and("The token was refused.")),
            exit => Err(Failure::new(exit, summary)),
        }
    }
}

/// The exit code of all: what is not known weighs most; failures of several kinds have no code of their own.
fn worst(failures: &[Exit]) -> Exit {
    match failures {
        [] => Exit::Ok,
        failures if failures.contains(&Exit::OutcomeUnknown) => Exit::OutcomeUnknown,
        [first, rest @ ..] if rest.iter().all(|exit| exit == first) => *first,
        _ => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_beside_the_chat() {
        for (url, expected) in [
            ("wss://pbx.example:8887/im", "https://pbx.example:8887"),
            ("WS://127.0.0.1:80/pbx/im/?a=b", "http://127.0.0.1:80/pbx"),
            ("https://im", "https://im"),
            ("wss://[::1]/chat", "https://[::1]"),
        ] {
            let expected: BaseUrl = expected.parse().expect("an address");
            assert_eq!(base(url).expect("an address"), expected, "{url}");
        }
        assert!(base("pbx.example/im").is_err());
    }

    #[test]
    fn what_is_not_known_weighs_most() {
        assert_eq!(worst(&[]), Exit::Ok);
        assert_eq!(worst(&[Exit::Refused, Exit::Refused]), Exit::Refused);
        assert_eq!(worst(&[Exit::Refused, Exit::Unreachable]), Exit::Failure);
        assert_eq!(worst(&[Exit::Refused, Exit::OutcomeUnknown, Exit::AuthRefused]), Exit::OutcomeUnknown);
    }
}
