//! The words of `sim run` and `sim check`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tieline_portsip_wsi::Dialect;

use super::{FaultArg, fault, speed};

/// What to do with a scenario.
#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Play a scenario to its end, and report what clients were expected to do and did not.
    #[command(after_help = RUN_HELP)]
    Run(Box<Play>),
    /// Say what is wrong with scenarios, with line and column.
    Check(Check),
}

const RUN_HELP: &str = "\
Examples:
  tieline sim run flows/screen-pop.toml
  tieline sim run flows/screen-pop.toml --json --control 127.0.0.1:0 --junit report.xml

Exit codes: 0 everything that was expected happened, 9 something did not, 2 the scenario has mistakes.
The language of scenarios and the calls of the control interface are described in docs/simulator.md.";

/// Options of `sim run`.
#[derive(Debug, Args)]
pub(crate) struct Play {
    /// The scenario, in TOML.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) serving: Serving,
    /// Another seed than that of the scenario.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Let time run, and so many seconds of the scenario pass in a real one, whatever the scenario says.
    #[arg(long, value_name = "X", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Write the report to this file as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// Options of `sim check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The scenarios.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Print each mistake as a JSON object with `file`, `line`, `column` and `message`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a simulator is served.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// Print one JSON object with addresses and logins on the first line of standard output, once ready.
    #[arg(long)]
    pub(crate) json: bool,
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "TIELINE_SIM_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// Let programs control the simulator over HTTP at this address, e.g. 127.0.0.1:0. Who can reach it can do everything
    /// with the simulator.
    #[arg(long, value_name = "ADDR", env = "TIELINE_SIM_CONTROL")]
    pub(crate) control: Option<SocketAddr>,
    /// The dialect for clients whose words do not tell theirs.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    /// Open WebSockets only as RFC 6455 has it. Without it also for the opening request that CloudPBX's document prints.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Whether the users of Axeos look like those of PBX 3.x or 4.x.
    #[arg(long, value_name = "3|4", default_value_t = 4, value_parser = clap::value_parser!(u8).range(3..=4))]
    pub(crate) axeos: u8,
    /// Serve over TLS with a certificate made for this run; its pin is printed.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Let something go wrong, e.g. `conn=1-3:mute` or `on=wsi,nth=5:close=1011`; `help` prints how it is written. May be
    /// repeated.
    #[arg(long, value_name = "SPEC", value_parser = fault)]
    pub(crate) fault: Vec<FaultArg>,
    /// Write what clients do to this file as JSON lines, without their secrets; `-` is standard error.
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// How often one address may connect in a minute.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    pub(crate) connects_per_minute: u32,
}
