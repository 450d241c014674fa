//! The words of the commands of CloudPBX.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use tieline_core::{Date, Secret};

use super::{Tls, WebUser};

pub(super) const CDR_HELP: &str = "\
Examples:
  tieline cdr --key-file key
  tieline cdr --from 2026-10-01 --to 2026-10-31 --all --csv > october.csv
  tieline cdr --from 2026-10-01 | jq 'select(.cost_grosze != null) | [.call, .cost_grosze]'

The server gives at most 10,000 records at once and does not say that it left some out: what may be
cut off is told, and --all asks for as many parts as it takes.";

pub(super) const CALL_HELP: &str = "\
Example:
  tieline call 101 600100200 --key-file key

  tieline call anna +4685550100 --api https://pbx.example.com/apis/pbx --key-file key

Telephone 101 rings; once it is answered, 600100200 is called. The call is asked for once, at one
address, whatever happens. Exit code 10: it is not known whether the PBX did it.";

const LIST_HELP: &str = "\
Examples:
  tieline rec list --key-file key
  tieline rec list --from 2026-10-01 --to 2026-10-31 --all -o json | jq -r .call";

const PULL_HELP: &str = "\
Examples:
  tieline rec pull --from 2026-10-01 --to 2026-10-31 --dir recordings --key-file key
  tieline rec pull 1552558647.371 --dir .

Files are named by the time and the id of their call. A file is there whole or not at all, and what is
there whole is not downloaded again: run the same command again to go on where it stopped.";

const SEND_HELP: &str = "\
Examples:
  tieline sms send 600100200 'The meeting begins at 10.' --key-file key
  ./report.sh | tieline sms send 600100200 - --test
  tieline sms send 600100200 'Now.' --wait --stream wss://pbxvisor1.cloudpbx.pl/ws/pbx_MyPbx --timeout 5m

The message is sent once, to one address, whatever happens. Exit code 10: it is not known whether it
was sent. With --wait it is sent once the stream is live, and then 11: it was not delivered; 12: it is
not known whether it was delivered.";

/// Where the API is and who asks.
#[derive(Debug, Args)]
pub(crate) struct Api {
    /// An address of the API. May be repeated: what only reads is tried at one after the other.
    /// Or a profile. Default: the vendor's https://api.cloudpbx.pl and https://api2.cloudpbx.pl.
    #[arg(
        long = "api",
        value_name = "URL",
        value_delimiter = ',',
        env = "TIELINE_API",
        hide_env_values = true,
        value_parser = secret
    )]
    // They may hold the key.
    pub(crate) urls: Vec<Secret>,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

/// Where the API key comes from: without these from a prompt.
#[derive(Clone, Debug, Args)]
pub(crate) struct Key {
    /// Read the API key from the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE", env = "TIELINE_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Read the API key from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "key_file")]
    pub(crate) key_cmd: Option<String>,
    /// Read the API key from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_KEY")]
    pub(crate) key_env: String,
    /// The API key that the profile holds itself.
    #[arg(skip)]
    pub(crate) key: Option<Secret>,
}

impl Key {
    /// Whether it is told where the key comes from, be the address one with a key or not.
    pub(crate) const fn is_told(&self) -> bool {
        self.key_file.is_some() || self.key_cmd.is_some() || self.key.is_some()
    }
}

/// Which days.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Days {
    /// The first day by the clock of the PBX, YYYY-MM-DD. Default: today.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// The last day. Default: today.
    #[arg(long, value_name = "DATE", requires = "from")]
    pub(crate) to: Option<Date>,
}

/// Options of `cdr` and `rec list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) days: Days,
    /// Ask for as many parts as it takes to have all records.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print CSV with a header, whatever -o says.
    #[arg(long)]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) api: Api,
}

/// What to do with recordings.
#[derive(Debug, Subcommand)]
pub(crate) enum Rec {
    /// Print the list of the recordings of some days.
    #[command(after_help = LIST_HELP)]
    List(Box<List>),
    /// Download recordings into a folder.
    #[command(after_help = PULL_HELP)]
    Pull(Box<Pull>),
}

/// Options of `rec pull`.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The ids of the calls. Default: all that are recorded on these days.
    #[arg(value_name = "ID", conflicts_with_all = ["from", "to"])]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) days: Days,
    /// The folder; it is made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) api: Api,
}

/// Options of `call`.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The protocol, where the address does not tell it: /apis/pbx is Axeos, anything else CloudPBX.
    #[arg(long, value_name = "NAME", value_parser = ["cloudpbx", "axeos"])]
    pub(crate) protocol: Option<String>,
    /// Who calls: a number of the PBX, or the login name of a user of Axeos. It rings first.
    pub(crate) from: String,
    /// Who is called.
    pub(crate) to: String,
    /// Axeos: the telephone of the user answers by itself.
    #[arg(long)]
    pub(crate) auto_answer: bool,
    #[command(flatten)]
    pub(crate) user: WebUser,
    #[command(flatten)]
    pub(crate) api: Api,
}

impl Call {
    /// Whether it is an Axeos PBX that is to call.
    pub(crate) fn is_axeos(&self) -> bool {
        let path = |url: &Secret| {
            let url = url.expose();
            let url = url.split(['?', '#']).next().unwrap_or_default();
            url.trim_end_matches('/').ends_with("/apis/pbx")
        };
        match self.protocol.as_deref() {
            Some(protocol) => protocol == "axeos",
            None => self.api.urls.iter().any(path),
        }
    }
}

/// What to do with text messages.
#[derive(Debug, Subcommand)]
pub(crate) enum Sms {
    /// Send one to a mobile phone.
    #[command(after_help = SEND_HELP)]
    Send(Box<SendSms>),
}

/// Options of `sms send`.
#[derive(Debug, Args)]
pub(crate) struct SendSms {
    /// The mobile number: nine digits, without the country's code.
    pub(crate) to: String,
    /// The text, at most 1024 characters; `-` is standard input. One that begins with `-` goes last, behind `--`.
    pub(crate) text: String,
    /// As a test: not delivered, and not charged.
    #[arg(long)]
    pub(crate) test: bool,
    /// Wait on the event stream for what becomes of it.
    #[arg(long, requires = "stream")]
    pub(crate) wait: bool,
    /// The address of the event stream: wss://SERVER/ws/pbx_NAME.
    #[arg(long, value_name = "URL", env = "TIELINE_STREAM", hide_env_values = true, value_parser = secret)]
    // It may hold the key.
    pub(crate) stream: Option<Secret>,
    /// How long to wait, e.g. 90s, 10m, 2h.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = super::duration, requires = "wait")]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) api: Api,
}

pub(super) fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::from(text))
}
