//! `tieline sim`: a simulated PBX for programs to connect to.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tieline_axeos::Generation;
use tieline_sim::Sim;
use tieline_sim::fault::GRAMMAR;
use tieline_sim::record::Entry;

use crate::args::{self, FaultArg};
use crate::exit::Exit;
use crate::failure::Failure;

/// Serves until the program is stopped.
pub(crate) async fn run(args: args::Sim) -> Result<Exit, Failure> {
    let mut builder =
        Sim::builder().listen(args.listen).seed(args.seed).speed(args.speed).tls(args.tls).strict(args.strict);
    if args.fault.contains(&FaultArg::Help) {
        writeln!(anstream::stdout(), "{GRAMMAR}")?;
        return Ok(Exit::Ok);
    }
    // Nobody can change faults from outside: without any, and without a transcript, connections cost what they have to.
    builder = builder.watched(!args.fault.is_empty() || args.transcript.is_some());
    for fault in args.fault {
        if let FaultArg::Rule(rule) = fault {
            builder = builder.fault(*rule);
        }
    }
    if let Some(path) = &args.transcript {
        builder = builder.transcript(transcript(path)?);
    }
    builder = builder.connects_per_minute(args.connects_per_minute);
    if let Some(start) = args.start {
        builder = builder.start_time(start.as_second());
    }
    if let Some(dialect) = args.dialect {
        builder = builder.dialect(dialect);
    }
    if args.axeos == 3 {
        builder = builder.axeos_generation(Generation::V3);
    }
    let sim = builder.start().await.map_err(|error| {
        Failure::new(Exit::Failure, format!("cannot listen on {}: {error}; try another --listen address", args.listen))
    })?;
    let mut out = anstream::stdout();
    if args.json {
        writeln!(out, "{}", sim.contract())?;
        out.flush()?;
    } else {
        write!(out, "{}", readable(&sim.contract()))?;
    }
    std::future::pending::<()>().await;
    Ok(Exit::Ok)
}

/// Writes entries to a file, a line each.
fn transcript(path: &Path) -> Result<impl Fn(&Entry) + Send + Sync + 'static, Failure> {
    let file: Box<dyn Write + Send> = if path.as_os_str() == "-" {
        Box::new(std::io::stderr())
    } else {
        let file = File::create(path);
        Box::new(file.map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", path.display())))?)
    };
    let file = Mutex::new(file);
    let failed = AtomicBool::new(false);
    Ok(move |entry: &Entry| {
        let line = format!("{}\n", entry.to_json());
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes())
            && !failed.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%error, "the transcript cannot be written");
        }
    })
}

/// The contract, for people.
fn readable(contract: &serde_json::Value) -> String {
    use std::fmt::Write as _;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let wsi = &contract["wsi"];
    let mut out = format!("A simulated PBX, seed {}; stop it with Ctrl-C.\n\n", contract["seed"]);
    if let Some(pin) = contract["pin"].as_str() {
        let _ = writeln!(out, "TLS      --tls-pin {pin}");
    }
    for (dialect, url) in wsi["dialects"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "WSI {dialect}  {}", text(url));
    }
    let _ = writeln!(out, "domain   {}\n", text(&wsi["domain"]));
    for user in wsi["users"].as_array().into_iter().flatten() {
        let [extension, username, password, group, role] =
            ["extension", "username", "password", "group", "role"].map(|key| text(&user[key]));
        let _ = writeln!(out, "user     {extension}  {username:<10} password {password}  {role} in {group}");
    }
    let (tenant, admin) = (&wsi["tenant"], &wsi["admin"]);
    let _ = writeln!(
        out,
        "tenant   {}  password {}  id {}",
        text(&tenant["name"]),
        text(&tenant["password"]),
        text(&tenant["id"])
    );
    let _ = writeln!(out, "admin    {}  password {}", text(&admin["username"]), text(&admin["password"]));
    let [url, stream, name, key] = ["url", "stream", "name", "key"].map(|member| text(&contract["cloudpbx"][member]));
    let stream = stream.split('?').next().unwrap_or_default();
    let _ = writeln!(out, "\nCloudPBX {url}  name {name}  key {key}\n         {stream}");
    let [base, api_key] = ["url", "key"].map(|member| text(&contract["axeos"][member]));
    let _ = writeln!(out, "Axeos    {base}  API key {api_key}; or the users above");
    if let Some(user) = wsi["users"].get(0) {
        let _ = writeln!(
            out,
            "\nTry it:  TIELINE_PASSWORD={} tieline listen '{}' --user {} --domain {}",
            text(&user["password"]),
            text(&wsi["dialects"]["v16"]),
            text(&user["username"]),
            text(&wsi["domain"])
        );
        let _ = writeln!(out, "         TIELINE_KEY={key} tieline cdr --api {url}");
        let _ = writeln!(out, "         TIELINE_KEY={key} tieline listen {stream}");
    }
    out
}
