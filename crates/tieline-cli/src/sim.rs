//! `tieline sim`: a simulated PBX for programs to connect to.

mod scenario;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tieline_axeos::Generation;
use tieline_sim::fault::GRAMMAR;
use tieline_sim::record::Entry;
use tieline_sim::{Sim, SimBuilder};

use crate::args::{self, FaultArg};
use crate::exit::Exit;
use crate::failure::Failure;

/// Serves the day until the program is stopped, or does something with a scenario.
pub(crate) async fn run(args: args::Sim) -> Result<Exit, Failure> {
    match args.command {
        Some(args::Scenario::Run(play)) => return scenario::play(*play).await,
        Some(args::Scenario::Check(check)) => return scenario::check(&check),
        None => {}
    }
    if asks_for_help(&args.serving)? {
        return Ok(Exit::Ok);
    }
    // Nobody can change faults from outside: without any, and without a transcript, connections cost what they have to.
    let (serving, json) = (&args.serving, args.serving.json);
    let watched = !serving.fault.is_empty() || serving.transcript.is_some() || serving.control.is_some();
    let mut builder = Sim::builder().seed(args.seed).speed(args.speed).watched(watched);
    if let Some(start) = args.start {
        builder = builder.start_time(start.as_second());
    }
    let sim = start(builder, args.serving, Entry::to_json).await?;
    announce(&sim, json)?;
    std::future::pending::<()>().await;
    Ok(Exit::Ok)
}

/// Prints how faults are written, if that was asked for.
fn asks_for_help(serving: &args::Serving) -> Result<bool, Failure> {
    let asked = serving.fault.contains(&FaultArg::Help);
    if asked {
        writeln!(anstream::stdout(), "{GRAMMAR}")?;
    }
    Ok(asked)
}

/// Starts a simulator as the command line says.
async fn start(
    builder: SimBuilder,
    serving: args::Serving,
    line: fn(&Entry) -> serde_json::Value,
) -> Result<Sim, Failure> {
    let mut builder = builder
        .listen(serving.listen)
        .tls(serving.tls)
        .strict(serving.strict)
        .connects_per_minute(serving.connects_per_minute);
    for fault in serving.fault {
        if let FaultArg::Rule(rule) = fault {
            builder = builder.fault(*rule);
        }
    }
    if let Some(path) = &serving.transcript {
        builder = builder.transcript(transcript(path, line)?);
    }
    if let Some(control) = serving.control {
        builder = builder.control(control);
    }
    if let Some(dialect) = serving.dialect {
        builder = builder.dialect(dialect);
    }
    if serving.axeos == 3 {
        builder = builder.axeos_generation(Generation::V3);
    }
    builder.start().await.map_err(|error| {
        let addresses = match serving.control {
            Some(control) => format!("{} and {control}", serving.listen),
            None => serving.listen.to_string(),
        };
        let message = format!("cannot listen on {addresses}: {error}; try another --listen address");
        Failure::new(Exit::Failure, message)
    })
}

/// Tells other programs, or people, that it is ready.
fn announce(sim: &Sim, json: bool) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    if json {
        writeln!(out, "{}", sim.contract())?;
        out.flush()?;
    } else {
        write!(out, "{}", readable(&sim.contract()))?;
    }
    Ok(())
}

/// Writes entries to a file, a line each.
fn transcript(
    path: &Path,
    shown: fn(&Entry) -> serde_json::Value,
) -> Result<impl Fn(&Entry) + Send + Sync + 'static, Failure> {
    let file: Box<dyn Write + Send> = if path.as_os_str() == "-" {
        Box::new(std::io::stderr())
    } else {
        let file = File::create(path);
        Box::new(file.map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", path.display())))?)
    };
    let file = Mutex::new(file);
    let failed = AtomicBool::new(false);
    Ok(move |entry: &Entry| {
        let line = format!("{}\n", shown(entry));
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
    let im = &contract["im"];
    let _ =
        writeln!(out, "IM       {}  access tokens by the users' passwords: {}/api", text(&im["url"]), text(&im["api"]));
    for group in im["groups"].as_array().into_iter().flatten() {
        let [id, name, topic] = ["id", "name", "topic"].map(|key| text(&group[key]));
        let _ = writeln!(out, "         {topic}  {name} ({id})");
    }
    if let Some(control) = contract["control"].as_str() {
        let _ = writeln!(out, "control  {control}/sim");
    }
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
    if let Some(user) = im["users"].get(0) {
        let [token, username] = ["token", "username"].map(|key| text(&user[key]));
        let login = format!("--user {username} --domain {}", text(&im["domain"]));
        let _ = writeln!(out, "         TIELINE_TOKEN={token} tieline im tail --server {} {login}", text(&im["url"]));
    }
    out
}
