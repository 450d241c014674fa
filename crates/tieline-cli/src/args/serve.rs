//! The words of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::duration;

pub(super) const HELP: &str = "\
Examples:
  tieline serve users add im alice@example.com
  tieline serve im
  tieline serve im --listen 0.0.0.0:8887 --tls-cert cert.pem --tls-key key.pem
  tieline im token --server wss://127.0.0.1:8887/im --user alice --domain example.com --tls-pin sha256:…

Every option may also stand in DIR/serve.toml, without its dashes: `listen = \"0.0.0.0:8887\"`; and in the
environment: TIELINE_LISTEN. The command line stands over the environment, and that over the file.

SIGTERM and Ctrl-C end it in order: every client is told, and what was taken is kept. A second one ends it at
once, which loses nothing that was answered either. docs/serve.md has the rest.";

/// Options of `serve`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Serve {
    /// What to do with users; without it the service is run.
    #[command(subcommand)]
    pub(crate) command: Option<ServeCommand>,
    /// The folder where everything is kept; made if it is not there.
    #[arg(value_name = "DIR", required = true, env = "TIELINE_DATA")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: ServePlace,
    #[command(flatten)]
    pub(crate) limits: ServeLimits,
}

/// Where it is reached.
#[derive(Debug, Args)]
pub(crate) struct ServePlace {
    /// The address for clients; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8887")]
    pub(crate) listen: SocketAddr,
    /// The address of /metrics and /healthz, or `none`. Not that of the clients: it tells everybody who reaches it how
    /// much is going on, and is not encrypted.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9887", value_parser = metrics)]
    pub(crate) metrics: Metrics,
    /// Serve without TLS: behind a proxy that has it, or on this machine only.
    #[arg(long)]
    pub(crate) plain: bool,
    /// The certificate chain, PEM. Default: a self-signed one, made at the first start and kept in DIR/tls.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "plain")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The names and addresses for which the self-signed certificate is made.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "localhost,127.0.0.1,::1")]
    pub(crate) tls_name: Vec<String>,
}

/// Where `/metrics` is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics(pub(crate) Option<SocketAddr>);

/// What clients may cost.
#[derive(Debug, Args)]
pub(crate) struct ServeLimits {
    /// Connections at once, of whatever kind. The limit of open files is raised for them as
    /// far as the system lets it.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = at_least_one)]
    pub(crate) connections: usize,
    /// Connections at once from one address. Behind a proxy all clients share one: raise it there, and the next three too.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = at_least_one)]
    pub(crate) connections_per_address: usize,
    /// New connections from one address in a minute.
    #[arg(long, value_name = "N", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connects_per_minute: u32,
    /// IM lines at once from one address.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = at_least_one)]
    pub(crate) lines_per_address: usize,
    /// New IM lines from one address in a minute.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) lines_per_minute: u32,
    /// Members of a group.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    pub(crate) members: usize,
    /// Topics of a user, those that were left among them.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one)]
    pub(crate) topics: usize,
    /// Topics that a line is attached to.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    pub(crate) attached: usize,
    /// Messages in a page of history.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) page: u64,
    /// The longest message, with all around it, e.g. 64KiB.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    pub(crate) message_size: u64,
    /// What may wait for a client that does not read; then its line is closed with code 1013.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size)]
    pub(crate) queue_size: u64,
    /// Requests of a line that wait for their answers; then no more are read.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    pub(crate) in_flight: usize,
    /// Requests of a line in a second, in the long run; more are answered 503.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) requests_per_second: u32,
    /// Requests of a line at once.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) requests_burst: u32,
    /// How long a line may take to log in.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_time)]
    pub(crate) login_timeout: Duration,
    /// A line counts as lost when nothing was heard for this long; it is pinged before.
    #[arg(long, value_name = "TIME", default_value = "75s", value_parser = some_time)]
    pub(crate) idle_timeout: Duration,
    /// The largest file.
    #[arg(long, value_name = "SIZE", default_value = "100MiB", value_parser = size)]
    pub(crate) file_size: u64,
    /// Remove files that are older, e.g. 8760h. Default: they are kept.
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub(crate) keep_files: Option<Duration>,
    /// Give files only to who is signed in. Without it who knows the id of a file has it, as PortSIP's document has it.
    #[arg(long)]
    pub(crate) guard_downloads: bool,
    /// How long an access token is good.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = some_time)]
    pub(crate) access_lifetime: Duration,
    /// How long a refresh token is good.
    #[arg(long, value_name = "TIME", default_value = "720h", value_parser = some_time)]
    pub(crate) refresh_lifetime: Duration,
    /// Sign-ins of a user whose tokens are good at once; with one more the oldest end.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one)]
    pub(crate) sign_ins: usize,
    /// Wrong passwords from one address in a minute; then it is answered 429.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) failures_per_minute: u32,
    /// How long lines may take to say goodbye at the end.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) drain_timeout: Duration,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    /// The users: a running service sees each change at once.
    #[command(subcommand)]
    Users(UsersCommand),
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Add a user.
    #[command(after_help = USERS_HELP)]
    Add(AddUser),
    /// List the users.
    List(UsersOf),
    /// Give a user another password: sign-ins with the old one end.
    #[command(after_help = USERS_HELP)]
    Passwd(SetPassword),
    /// Let a user sign in no more; messages stay.
    Suspend(OfUser),
    /// Let a suspended user sign in again.
    Resume(OfUser),
    /// Remove a user; messages stay, and nobody else gets the number.
    Remove(OfUser),
}

const USERS_HELP: &str = "\
Examples:
  tieline serve users add im alice@example.com --name 'Alice Doe'
  tieline serve users add im bob@example.com --password-file secret --channel 8000,8001

The password is never an argument: it comes from --password-file, --password-cmd, or the environment variable
TIELINE_PASSWORD (or the one that --password-env names). Without any of these one is made and printed, once.";

/// Whose users.
#[derive(Debug, Args)]
pub(crate) struct UsersOf {
    /// The folder of the service.
    #[arg(value_name = "DIR")]
    pub(crate) data: PathBuf,
}

/// Which user.
#[derive(Debug, Args)]
pub(crate) struct OfUser {
    #[command(flatten)]
    pub(crate) of: UsersOf,
    /// The user: name and SIP domain.
    #[arg(value_name = "NAME@DOMAIN", value_parser = user)]
    pub(crate) user: UserName,
}

/// A user as `NAME@DOMAIN`.
#[derive(Clone, Debug)]
pub(crate) struct UserName {
    pub(crate) name: String,
    pub(crate) domain: String,
}

/// Options of `serve users add`.
#[derive(Debug, Args)]
pub(crate) struct AddUser {
    #[command(flatten)]
    pub(crate) user: OfUser,
    /// What others see.
    #[arg(long = "name", value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// The number behind `usr`, which no user ever had before. Default: one is drawn.
    #[arg(long, value_name = "N")]
    pub(crate) number: Option<u64>,
    /// The ring groups and queues whose external messages the user sees, by id.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) channel: Vec<String>,
    #[command(flatten)]
    pub(crate) password: NewPassword,
}

/// Options of `serve users passwd`.
#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    #[command(flatten)]
    pub(crate) user: OfUser,
    #[command(flatten)]
    pub(crate) password: NewPassword,
}

/// Where a new password comes from.
#[derive(Debug, Args)]
pub(crate) struct NewPassword {
    /// Read the password from the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE", env = "TIELINE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub(crate) password_cmd: Option<String>,
    /// Read the password from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_PASSWORD")]
    pub(crate) password_env: String,
}

fn metrics(text: &str) -> Result<Metrics, String> {
    match text {
        "none" => Ok(Metrics(None)),
        text => text
            .parse()
            .map(|addr| Metrics(Some(addr)))
            .map_err(|_| "an address such as 127.0.0.1:9887, or none".into()),
    }
}

fn user(text: &str) -> Result<UserName, String> {
    match text.split_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => {
            Ok(UserName { name: name.to_owned(), domain: domain.to_owned() })
        }
        _ => Err("a name and a domain, as in alice@example.com".into()),
    }
}

/// With none at all nobody would be served.
fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a number above 0".into())
}

/// A time that passes.
fn some_time(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| if time.is_zero() { Err("a time above 0".into()) } else { Ok(time) })
}

/// A number of bytes, in KiB, MiB or GiB if need be.
fn size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    let bytes = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "a number of bytes such as 65536, 64KiB or 1MiB".into())
}
