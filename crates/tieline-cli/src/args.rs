//! The words of the command line.

mod axeos;
mod cloudpbx;
mod doctor;
mod im;
mod parts;
mod profile;
mod record;
mod scenario;
#[cfg(feature = "serve")]
mod serve;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tieline_core::Secret;
use tieline_portsip_wsi::Dialect;
use tieline_sim::fault::{FaultSyntaxError, Rule};
use tieline_tls::Pin;

use crate::exit;

pub(crate) use axeos::{Snapshot, WebUser};
pub(crate) use cloudpbx::{Api, Call, Days, Key, List, Pull, Rec, SendSms, Sms};
pub(crate) use doctor::{Doctor, Examined};
pub(crate) use im::{
    Account, Add, Create, Download, Group, History, Im, OfGroup, OfMember, Rename, Send, SignIn, Tail, Token, Upload,
};
pub(crate) use parts::Part;
pub(crate) use profile::{AddProfile, Profile};
pub(crate) use record::{Record, Replay};
pub(crate) use scenario::{Check, Play, Scenario, Serving};
#[cfg(feature = "serve")]
pub(crate) use serve::{NewPassword, OfUser, Serve, ServeCommand, ServeLimits, ServePlace, UserName, UsersCommand};

/// tieline joins programs to hosted PBXs (telephone exchanges).
///
/// On a terminal the output is for people, through a pipe it is JSON lines. Standard output holds data only,
/// everything else goes to standard error.
#[derive(Debug, Parser)]
#[command(name = "tieline", version, after_help = exit::HELP, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to print data: auto (for people on a terminal, JSON lines through a pipe), human or json. Of `record` the file to write.
    #[arg(short = 'o', long, global = true, value_name = "FORM", default_value = "auto", env = "TIELINE_OUTPUT")]
    pub(crate) output: OutputArg,
    /// What to log to standard error, e.g. `info` or `tieline_tokio=debug`.
    #[arg(long, global = true, default_value = "warn", env = "TIELINE_LOG")]
    pub(crate) log: String,
    /// Take what is not told from this profile of the configuration file.
    #[arg(long, global = true, value_name = "NAME", env = "TIELINE_PROFILE")]
    pub(crate) profile: Option<String>,
    /// The configuration file. Default: tieline/config.toml in $XDG_CONFIG_HOME, else in ~/.config.
    #[arg(long, global = true, value_name = "FILE", env = "TIELINE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it working: simulate a PBX on this machine, connect to it, watch its calls for a few seconds.
    Demo(Demo),
    /// Simulate a PBX until stopped, for programs to connect to.
    Sim(Sim),
    /// Connect to a PBX and print its events as they happen.
    #[command(after_help = LISTEN_HELP)]
    Listen(Box<Listen>),
    /// Examine the way to a PBX, step by step, and say what to do where it fails.
    #[command(after_help = doctor::HELP)]
    Doctor(Box<Doctor>),
    /// Named PBXs in a configuration file.
    #[command(subcommand, after_help = profile::HELP)]
    Profile(Profile),
    /// Write down what a client and its PBX say to each other, without numbers, names and secrets.
    #[command(after_help = record::RECORD_HELP)]
    Record(Box<Record>),
    /// Serve what was recorded as the PBX did.
    #[command(after_help = record::REPLAY_HELP)]
    Replay(Replay),
    /// Say what about captured messages is not as the documents have it: broken, bent or unknown.
    #[command(after_help = LINT_HELP)]
    Lint(Lint),
    /// CloudPBX: print the records of the calls and messages of some days.
    #[command(after_help = cloudpbx::CDR_HELP)]
    Cdr(Box<List>),
    /// CloudPBX: list the recordings of some days, or download them.
    #[command(subcommand)]
    Rec(Rec),
    /// CloudPBX, Axeos: call one number for another.
    #[command(after_help = cloudpbx::CALL_HELP)]
    Call(Box<Call>),
    /// Axeos: print the users of a PBX and the phones they are on, and follow what changes.
    #[command(after_help = axeos::SNAPSHOT_HELP)]
    Snapshot(Box<Snapshot>),
    /// CloudPBX: send text messages.
    #[command(subcommand)]
    Sms(Sms),
    /// PortSIP: instant messages.
    #[command(subcommand, after_help = im::HELP)]
    Im(Im),
    /// Serve PortSIP IM: topics, history and files in a folder, which survive a power cut.
    #[cfg(feature = "serve")]
    #[command(after_help = serve::HELP)]
    Serve(Box<Serve>),
}

impl Command {
    /// Whether it takes the signals that end it itself.
    pub(crate) const fn ends_in_order(&self) -> bool {
        #[cfg(feature = "serve")]
        if let Self::Serve(serve) = self {
            return serve.command.is_none();
        }
        false
    }
}

const LISTEN_HELP: &str = "\
Examples:
  tieline listen wss://pbx.example.com:8885/ --user alice --domain example.com --password-file secret
  tieline listen wss://pbx.example.com:8887/wsi --extension 101 --domain example.com --ext 102,103
  tieline listen wss://pbx.example.com:8885/ --dialect v12 --tenant acme --topic trunk_events
  tieline listen wss://pbx.example.com:8887/wsi --user alice --domain example.com --only 'call_*' | ./pop.py
  tieline listen wss://pbxvisor1.cloudpbx.pl/ws/pbx_MyPbx --key-file key --only subscriber,queue
  tieline listen https://pbx.example.com/apis/pbx --key-file key --only 'call *,incoming call'

The password is never an argument: it comes from --password-file, from the environment variable
TIELINE_PASSWORD (or the one that --password-env names), or from a prompt on the terminal. The API key of
CloudPBX or Axeos in the same way: --key-file, TIELINE_KEY (--key-env), a prompt.";

const LINT_HELP: &str = "\
Severities:
  broken   the message is refused: no JSON, a value that cannot be read, a command without what it needs
  bent     read, but not as the documents write it: a number for a string, a key twice, an unreadable time,
           a backslash that had to be repaired
  unknown  passed through: types, keys and words that the documents do not have, or not in the --dialect

Examples:
  tieline lint capture.jsonl --dialect v22
  tieline lint day.tlr
  tieline listen wss://pbx.example.com:8887/wsi --user alice --domain example.com --raw | tieline lint
  tieline lint --protocol cloudpbx --strict frames.jsonl
  tieline lint -o json *.jsonl | jq 'select(.severity == \"broken\")'

Keys are printed, values never: they hold passwords.";

/// How to print data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people on a terminal, JSON lines through a pipe.
    #[default]
    Auto,
    /// One readable line an event.
    Human,
    /// One JSON object a line.
    Json,
    /// Nothing.
    #[value(skip)]
    Silent,
}

/// What `-o` tells: a form, or the file that `record` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputArg {
    /// How to print.
    Form(Output),
    /// Where to.
    File(PathBuf),
}

impl std::str::FromStr for OutputArg {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Output::from_str(text, false).map_or_else(|_| Self::File(text.into()), Self::Form))
    }
}

impl Cli {
    /// How to print. What names a file instead is for `record` alone.
    pub(crate) fn form(&self) -> Result<Output, clap::Error> {
        match (&self.output, &self.command) {
            (OutputArg::Form(form), _) => Ok(*form),
            (OutputArg::File(_), Command::Record(_)) => Ok(Output::Auto),
            (OutputArg::File(file), _) => {
                let words = format!(
                    "invalid value '{}' for '--output <FORM>'\n  [possible values: auto, human, json]",
                    file.display()
                );
                Err(<Self as clap::CommandFactory>::command().error(clap::error::ErrorKind::InvalidValue, words))
            }
        }
    }
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The dialect to speak: v12, v16 or v22.
    #[arg(long, default_value = "v16")]
    pub(crate) dialect: Dialect,
    /// The seed of the simulated day.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}

/// Options of `sim`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Sim {
    /// What to do with a scenario; without it the scripted day is served.
    #[command(subcommand)]
    pub(crate) command: Option<Scenario>,
    #[command(flatten)]
    pub(crate) serving: Serving,
    /// The seed: the same seed and start give the same day, byte for byte.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// When the simulated day starts, as the PBX's clock has it (RFC 3339). Default: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<jiff::Timestamp>,
    /// How many seconds of the day pass in one real second.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
}

/// What `--fault` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultArg {
    /// How faults are written.
    Help,
    /// A fault.
    Rule(Box<Rule>),
}

pub(crate) fn fault(text: &str) -> Result<FaultArg, String> {
    match text {
        "help" => Ok(FaultArg::Help),
        text => text
            .parse()
            .map(|rule| FaultArg::Rule(Box::new(rule)))
            .map_err(|error: FaultSyntaxError| format!("{error}; `--fault help` prints how it is written")),
    }
}

/// Options of `listen`.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The address of the PBX: ws://, wss://, http:// or https://. Or a profile.
    #[arg(value_parser = cloudpbx::secret)]
    // It may hold the key.
    pub(crate) url: Secret,
    /// The protocol, where the address does not tell it.
    #[arg(long, value_enum)]
    pub(crate) protocol: Option<Protocol>,
    /// The generation of the server: v12, v16 or v22. Default: v22 for a path that ends in /wsi, else v16.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    #[command(flatten)]
    pub(crate) login: Login,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// The topics to subscribe to. Default: extension_events,cdr_events,queue_events.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(crate) topic: Vec<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Print only events of these types; `*` stands for anything, e.g. `call_*,target_ringing`.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Print the frames exactly as received, and nothing else.
    #[arg(long)]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) stay: Stay,
    /// Exit with code 8 at the first gap.
    #[arg(long)]
    pub(crate) fail_on_gap: bool,
    #[command(flatten)]
    pub(crate) waits: Waits,
}

/// What of WSI is subscribed to, beside topics.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// WSI: only these extensions. Default: all that the login may see.
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) ext: Vec<String>,
    /// WSI: only these queues. Default: all that the login may see.
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) queue: Vec<String>,
    /// WSI: the tenants of global topics (v22), by id.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) tenant_id: Vec<String>,
}

/// How long a line is followed, through what.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Stay {
    /// Stop after this many events, of IM messages.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Stop after this time, e.g. 90s, 10m, 2h.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Keep trying when the first connection fails.
    #[arg(long)]
    pub(crate) retry: bool,
    /// End when the line is lost instead of connecting again.
    #[arg(long, conflicts_with = "retry")]
    pub(crate) no_reconnect: bool,
}

/// How long `listen` waits for what. Times are written as in 500ms, 30s or 2m.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Waits {
    /// The longest wait before the first try to connect again; it doubles with each try that fails.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    pub(crate) retry_delay: Duration,
    /// The longest wait before any try to connect again, but for what the server asks for.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) retry_max: Duration,
    /// How long connecting may take, and with Axeos any answer but that of a poll.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) connect_timeout: Duration,
    /// The line counts as lost when nothing was heard for this long, pongs included. Default: 50s, with Axeos 45s.
    #[arg(long, value_name = "TIME", value_parser = idle)]
    pub(crate) idle_timeout: Option<Duration>,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// The captures: messages as JSON, one a line or over several lines, lines of transcripts
    /// (`{"t":0,"from":"client","text":"…"}`), what `record` wrote, or what `listen` printed. Default, and `-`: standard input.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The protocol. Default: what the messages tell.
    #[arg(long, value_enum)]
    pub(crate) protocol: Option<Linted>,
    /// The generation of the server: v12, v16 or v22. Default: anything that one of them has is known.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    /// Exit with code 9 for what is bent or unknown too.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// The protocols whose messages `lint` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Linted {
    /// PortSIP WSI.
    Wsi,
    /// The event stream of CloudPBX.
    Cloudpbx,
}

/// The protocols of `listen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// PortSIP WSI.
    Wsi,
    /// The event stream of CloudPBX.
    Cloudpbx,
    /// The HTTP API of Axeos.
    Axeos,
}

/// Who logs in.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Log in as this user; without --domain as the system administrator (v22).
    #[arg(long, value_name = "NAME", env = "TIELINE_USER")]
    pub(crate) user: Option<String>,
    /// Log in as this extension, with its SIP password (v12: its web password).
    #[arg(long, value_name = "NUMBER", conflicts_with = "user")]
    pub(crate) extension: Option<String>,
    /// Log in as this tenant (v12).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user", "extension", "domain"])]
    pub(crate) tenant: Option<String>,
    /// The SIP domain of the user or extension.
    #[arg(long, env = "TIELINE_DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Read the password from the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE", env = "TIELINE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub(crate) password_cmd: Option<String>,
    /// Read the password from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_PASSWORD")]
    pub(crate) password_env: String,
    /// The password that the profile holds itself.
    #[arg(skip)]
    pub(crate) password: Option<Secret>,
}

/// Whom to trust.
#[derive(Clone, Debug, Args)]
pub(crate) struct Tls {
    /// Accept the certificate or key with this SHA-256 (sha256:… or spki-sha256:…) and no other. May be repeated.
    #[arg(long, value_name = "PIN", env = "TIELINE_TLS_PIN", value_delimiter = ',')]
    pub(crate) tls_pin: Vec<Pin>,
    /// Trust the certificates in this PEM file instead of the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "tls_pin", env = "TIELINE_TLS_CA")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Accept any certificate: anybody on the way can read and change everything.
    #[arg(long, conflicts_with_all = ["tls_pin", "tls_ca"])]
    pub(crate) tls_insecure: bool,
}

/// At least a second: less would take a slow answer for the end.
fn idle(text: &str) -> Result<Duration, String> {
    duration(text).and_then(
        |time| {
            if time >= Duration::from_secs(1) { Ok(time) } else { Err("at least 1s".to_owned()) }
        },
    )
}

pub(crate) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= 100_000.0 => Ok(speed),
        _ => Err("a number above 0 and up to 100000".into()),
    }
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "a time such as 90s, 10m or 2h".to_owned())?;
    Duration::try_from(span).map_err(|_| "a positive time".into())
}
