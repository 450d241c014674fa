//! The words of `record` and `replay`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tieline_core::Secret;
use tieline_portsip_wsi::Dialect;
use tieline_sim::capture::Speed;

use super::cloudpbx::secret;
use super::{Examined, Key, Login, Selection, Stay, Tls, Token, Waits};

pub(super) const RECORD_HELP: &str = "\
Examples:
  tieline record wss://pbx.example.com:8887/wsi --user alice --domain example.com --for 1h -o day.tlr
  tieline record wss://pbxvisor1.cloudpbx.pl/ws/pbx_MyPbx --key-file key -o day.tlr
  tieline record acme --count 500 -o day.tlr --redact-key redact.key
  tieline record wss://pbx.example.com:8887 --from-proxy 127.0.0.1:8887 -o day.tlr

Numbers, names, texts and secrets are mapped, the same value alike everywhere, and the key of the mapping is
thrown away: docs/record.md has the rules. Logins are those of `listen` (and of `im tail`). With --from-proxy
another program is the client: point it at ADDR in the place of the PBX. It ends with Ctrl-C (code 130).";

pub(super) const REPLAY_HELP: &str = "\
Examples:
  tieline replay day.tlr
  tieline replay day.tlr --listen 127.0.0.1:9000 --speed 60
  tieline replay day.tlr --speed max --once --json
  tieline lint day.tlr

Any login is accepted. The address is printed; connect to it as to the PBX, with the path it had.";

/// Options of `record`.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// The address of the PBX: ws://, wss://, http:// or https://. Or a profile.
    #[arg(value_parser = secret)]
    // It may hold the key.
    pub(crate) url: Secret,
    /// The file to write: what -o names, unless that is a form of output. `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Stand between a client and its PBX: listen here, plainly. Of the URL only scheme, host and port count.
    #[arg(long, value_name = "ADDR", conflicts_with = "count")]
    pub(crate) from_proxy: Option<SocketAddr>,
    /// Listen over TLS, with a certificate made for this run; its pin is printed.
    #[arg(long, requires = "from_proxy")]
    pub(crate) proxy_tls: bool,
    /// Write everything as it is: numbers, names, messages, passwords, tokens.
    #[arg(long)]
    pub(crate) no_redact: bool,
    /// Map by the content of this file, so that several captures map alike; without it by a key that nobody keeps. Who has
    /// the file can find out by trying what was mapped.
    #[arg(long, value_name = "FILE", conflicts_with = "no_redact")]
    pub(crate) redact_key: Option<PathBuf>,
    /// Bodies over HTTP of more bytes are told by their size only.
    #[arg(long, value_name = "BYTES", default_value_t = 262_144, value_parser = body_limit)]
    pub(crate) body_limit: usize,
    /// Tell where it listens and what it recorded as JSON lines, also on a terminal.
    #[arg(long)]
    pub(crate) json: bool,
    /// The protocol, where the address does not tell it.
    #[arg(long, value_enum)]
    pub(crate) protocol: Option<Examined>,
    /// WSI: the generation of the server: v12, v16 or v22. Default: v22 for a path that ends in /wsi, else v16.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    #[command(flatten)]
    pub(crate) login: Login,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) token: Token,
    /// IM: say `hi` with this version before the login, for servers that demand it. Tinode's is 0.25.
    #[arg(long, value_name = "VERSION")]
    pub(crate) hello: Option<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// WSI, IM: the topics to subscribe to. Default: extension_events,cdr_events,queue_events; of IM all that one has.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(crate) topic: Vec<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) stay: Stay,
    #[command(flatten)]
    pub(crate) waits: Waits,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The capture; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) capture: PathBuf,
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "TIELINE_REPLAY_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// How many seconds of the capture pass in one, or `max`: nothing waits for its time.
    #[arg(long, value_name = "N", default_value = "1", env = "TIELINE_REPLAY_SPEED")]
    pub(crate) speed: Speed,
    /// Let one event happen for each line of standard input, instead of when its time has come.
    #[arg(long, conflicts_with = "speed")]
    pub(crate) step: bool,
    /// End once everything was played to a client.
    #[arg(long)]
    pub(crate) once: bool,
    /// Serve over TLS with a certificate made for this run; its pin is printed.
    #[arg(long = "tls", env = "TIELINE_REPLAY_TLS")]
    pub(crate) tls: bool,
    /// Print one JSON object with the addresses on the first line of standard output, once ready.
    #[arg(long)]
    pub(crate) json: bool,
}

fn body_limit(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(bytes) if bytes <= 8 << 20 => Ok(bytes),
        _ => Err("a number of bytes, at most 8388608".into()),
    }
}
