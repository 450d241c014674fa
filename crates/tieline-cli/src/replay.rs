//! `tieline replay`: a capture as the PBX.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};

use serde_json::json;
use tieline_sim::capture::{Capture, CaptureError, Header, Replay, ReplayError, ReplayOptions, Script, Speed};

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;

/// Runs the command.
pub(crate) async fn run(args: args::Replay) -> Result<Exit, Failure> {
    let file = args.capture.clone();
    let read = tokio::task::spawn_blocking(move || {
        if file.as_os_str() == "-" {
            Capture::read(io::stdin().lock())
        } else {
            Capture::read(BufReader::new(File::open(&file)?))
        }
    });
    let capture = read.await.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    let name = args.capture.display();
    let capture = capture.map_err(|error| {
        let exit = if matches!(error, CaptureError::Io(_)) { Exit::Usage } else { Exit::BadData };
        Failure::new(exit, format!("{name}: {error}"))
    })?;
    if capture.cut {
        tracing::warn!("{name} was cut off: it is played up to there");
    }
    let header = capture.header.clone();
    let mut options = ReplayOptions::default();
    options.listen = args.listen;
    options.speed = if args.step { Speed::Step } else { args.speed };
    options.tls = args.tls;
    let replay = Replay::start(Script::new(capture), options).await.map_err(|error| match error {
        ReplayError::Empty => Failure::new(Exit::BadData, format!("{name}: {error}")),
        error => {
            let words = format!("cannot listen on {}: {error}; try another --listen address", args.listen);
            Failure::new(Exit::Failure, words)
        }
    })?;
    announce(&replay, &header, args.json)?;
    let stepping = async { if args.step { steps(&replay).await } else { std::future::pending().await } };
    tokio::select! {
        () = replay.played(), if args.once => {}
        () = stepping => {}
    }
    replay.stop().await;
    Ok(Exit::Ok)
}

/// One step for each line of standard input; ends with it.
async fn steps(replay: &Replay) {
    let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel();
    // It ends with the program, if not with its input.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || sender.send(()).is_err() {
                break;
            }
        }
    });
    while lines.recv().await.is_some() {
        replay.step();
    }
    // What was asked for is still told.
    std::future::pending().await
}

/// Path and query of the PBX's address.
fn path(header: &Header) -> &str {
    let path = header.url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    path.unwrap_or_default()
}

/// What was captured and when, in the words of the file: anybody's.
fn title(header: &Header) -> String {
    let of = header.protocol.as_deref().unwrap_or("any protocol");
    let dialect = header.dialect.as_deref().map_or(String::new(), |dialect| format!(" {dialect}"));
    printable(&format!("A capture of {of}{dialect}, begun {}", header.started))
}

/// Tells other programs, or people, that it is ready.
fn announce(replay: &Replay, header: &Header, json: bool) -> Result<(), Failure> {
    let (address, summary) = (replay.local_addr(), replay.summary());
    let path = path(header);
    let s = if replay.pin().is_some() { "s" } else { "" };
    let (stream, http) = (format!("ws{s}://{address}"), format!("http{s}://{address}"));
    let mut out = anstream::stdout();
    if json {
        let ready = json!({
            "ready": true,
            "address": address.to_string(),
            "ws": stream,
            "http": http,
            "path": path,
            "pin": replay.pin(),
            "protocol": header.protocol,
            "dialect": header.dialect,
            "started": header.started,
            "sockets": summary.sockets,
            "messages": summary.messages,
            "exchanges": summary.exchanges,
            "polled": summary.polled,
        });
        writeln!(out, "{ready}")?;
    } else {
        let path = printable(path);
        writeln!(out, "{}; stop it with Ctrl-C.\n", title(header))?;
        if let Some(pin) = replay.pin() {
            writeln!(out, "TLS         --tls-pin {pin}")?;
        }
        if summary.sockets > 0 {
            writeln!(out, "WebSockets  {stream}{path}  {} of them, {} messages", summary.sockets, summary.messages)?;
        }
        if summary.exchanges > 0 {
            writeln!(out, "HTTP        {http}{path}  {} answers, {} events polled", summary.exchanges, summary.polled)?;
        }
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Header, title};

    #[test]
    fn a_capture_of_a_stranger_does_not_play_with_the_terminal() {
        let mut header = Header::default();
        header.protocol = Some("\u{1b}[2Jwsi".into());
        header.dialect = Some("v22\u{7}".into());
        header.started = "2026\r\n".into();
        let title = title(&header);
        assert!(title.contains("wsi") && title.contains("2026") && !title.contains(char::is_control), "{title:?}");
    }
}
