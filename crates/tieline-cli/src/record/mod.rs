//! `tieline record`: what a client and its PBX say to each other, in a file.

mod client;
mod file;
mod proxy;

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use tieline_core::Secret;
use tieline_dial::WsUrl;
use tieline_sim::capture::{Header, RedactionKey, Redactor};
use tieline_tls::ServerTls;
use tieline_tokio::{Credentials, UrlDialer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::args::{Examined, OutputArg, Record};
use crate::clock::{Clock, rfc3339};
use crate::doctor::examined;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::trust;
use crate::listen::wsi::dialect_of;
use crate::output::{self, Line};
use crate::password;
use crate::random;
use file::{Recorder, Tally};
use proxy::Proxy;

/// The longest file with a key.
const KEY_BYTES: u64 = 1 << 20;

/// Runs the command.
pub(crate) async fn run(args: Record, output: OutputArg) -> Result<Exit, Failure> {
    let path = path(&args, &output)?;
    let human = match &output {
        OutputArg::Form(form) => !args.json && output::is_human(*form),
        OutputArg::File(_) => !args.json && output::is_human(crate::args::Output::Auto),
    };
    let url: WsUrl = upstream(&args.url)
        .parse()
        .map_err(|error| Failure::new(Exit::Usage, format!("the address of the PBX: {error}")))?;
    let protocol = match args.protocol {
        Some(protocol) => Some(protocol),
        None if args.from_proxy.is_some() => examined(&args.url).ok(),
        None => Some(examined(&args.url)?),
    };
    let redactor = redactor(&args)?;
    let listener = listen(args.from_proxy).await?;
    let address = listener.local_addr()?;
    let tls = certificate(&args, address)?;
    let dialer = UrlDialer::with_trust(url.clone(), Credentials::fixed(()), trust(&args.tls)?)?;
    let recorder = Recorder::create(&path, header(&args, protocol, &url), redactor.clone())?;
    let told = Told { path, human, redaction: redactor.as_ref().map(Redactor::fingerprint) };
    told.begin(args.from_proxy.map(|_| address), tls.as_ref())?;
    // Also where the program is interrupted.
    let ending = Ending { recorder: Arc::clone(&recorder), told };
    let (connect_timeout, body_limit) = (args.waits.connect_timeout, args.body_limit);
    let is_client = args.from_proxy.is_none();
    let proxy = Proxy::new(dialer, host(&url), connect_timeout, body_limit, Arc::clone(&recorder), !is_client);
    let proxy = Arc::new(proxy);
    let serving = Arc::clone(&proxy).serve(listener, tls.map(|tls| TlsAcceptor::from(tls.config())));
    let duration = args.stay.duration;
    let work = async {
        match protocol.filter(|_| is_client) {
            Some(protocol) => client::follow(args, protocol, address).await,
            None => match duration {
                Some(duration) => {
                    tokio::time::sleep(duration).await;
                    Ok(Exit::Ok)
                }
                None => std::future::pending().await,
            },
        }
    };
    let result = tokio::select! {
        result = work => match (result, is_client) {
            // What the client says of it is about the proxy.
            (Err(failure), true) => Err(proxy.failed.take().unwrap_or(failure)),
            (result, _) => result,
        },
        () = serving => Ok(Exit::Ok),
        failure = recorder.broken() => Err(failure),
        () = proxy.failed.terminal(), if is_client => Err(proxy.failed.take().unwrap_or_else(|| {
            Failure::new(Exit::Unreachable, "the PBX was not reached")
        })),
    };
    drop(ending);
    result
}

/// The file to write.
fn path(args: &Record, output: &OutputArg) -> Result<PathBuf, Failure> {
    match (&args.file, output) {
        (Some(file), OutputArg::Form(_)) => Ok(file.clone()),
        (None, OutputArg::File(file)) => Ok(file.clone()),
        (Some(file), OutputArg::File(other)) if file == other => Ok(file.clone()),
        (Some(_), OutputArg::File(_)) => Err(Failure::new(Exit::Usage, "two files are named: by -o and by --file")),
        (None, OutputArg::Form(_)) => Err(Failure::new(
            Exit::Usage,
            "which file is to be written? Name it with -o FILE, or - for standard output",
        )),
    }
}

/// Scheme and authority of the address, and its path; a login in it is the client's affair.
fn upstream(url: &Secret) -> String {
    let text = url.expose();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (rest, _) = rest.split_at(end);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // `https://KEY@api…` is how CloudPBX's addresses may be written.
    let authority = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{authority}{path}")
}

/// The `Host` of requests to the PBX.
fn host(url: &WsUrl) -> String {
    let address = url.address();
    let default = if url.is_secure() { ":443" } else { ":80" };
    address.strip_suffix(default).map_or_else(|| address.clone(), str::to_owned)
}

fn redactor(args: &Record) -> Result<Option<Redactor>, Failure> {
    if args.no_redact {
        tracing::warn!(
            "--no-redact: the capture will hold numbers, names, messages, passwords and tokens as they are; \
             do not hand it on"
        );
        output::tell("tieline: NOTHING IS REDACTED: whoever has the capture can log in as you");
        return Ok(None);
    }
    let key = match &args.redact_key {
        None => RedactionKey::new(&random::draw::<32>()?),
        Some(path) => {
            let usage = |words: String| Failure::new(Exit::Usage, format!("{}: {words}", path.display()));
            let mut secret = Vec::new();
            let read = File::open(path).and_then(|file| {
                password::warn_if_open("key of the redaction", path, &file);
                file.take(KEY_BYTES + 1).read_to_end(&mut secret)
            });
            read.map_err(|error| usage(error.to_string()))?;
            match secret.trim_ascii() {
                _ if secret.len() as u64 > KEY_BYTES => return Err(usage("this is too long for a key".into())),
                short if short.len() < 16 => {
                    let how = "make one with `head -c 32 /dev/urandom | base64 > FILE`";
                    return Err(usage(format!("a key has at least 16 bytes; {how}")));
                }
                key => RedactionKey::new(key),
            }
        }
    };
    Ok(Some(Redactor::new(key)))
}

async fn listen(address: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let address = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(
            Exit::Failure,
            format!("cannot listen on {address}: {error}; try another address for --from-proxy"),
        )
    })
}

/// The certificate that the proxy shows, if it is to show one.
fn certificate(args: &Record, address: SocketAddr) -> Result<Option<ServerTls>, Failure> {
    if !args.proxy_tls {
        return Ok(None);
    }
    let own = address.ip().to_string();
    ServerTls::self_signed(&["localhost", "127.0.0.1", "::1", &own])
        .map(Some)
        .map_err(|error| Failure::new(Exit::Failure, format!("cannot make a certificate: {error}")))
}

fn header(args: &Record, protocol: Option<Examined>, url: &WsUrl) -> Header {
    let mut header = Header::default();
    header.protocol = protocol.map(|protocol| {
        let word = match protocol {
            Examined::Wsi => "wsi",
            Examined::Im => "im",
            Examined::Cloudpbx => "cloudpbx",
            Examined::CloudpbxApi => "cloudpbx-api",
            Examined::Axeos => "axeos",
        };
        word.to_owned()
    });
    if protocol == Some(Examined::Wsi) {
        header.dialect = Some(args.dialect.unwrap_or_else(|| dialect_of(args.url.expose())).to_string());
    }
    header.started = rfc3339(Clock::now());
    header.url = url.to_string();
    header
}

/// What the user is told.
struct Told {
    path: PathBuf,
    human: bool,
    redaction: Option<String>,
}

#[derive(Serialize)]
struct Recording<'a> {
    file: String,
    address: Option<SocketAddr>,
    pin: Option<String>,
    redaction: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary<'a> {
    file: String,
    #[serde(flatten)]
    tally: Tally,
    redaction: Option<&'a str>,
}

impl Told {
    /// Whether standard output is the capture.
    fn is_piped(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn begin(&self, address: Option<SocketAddr>, tls: Option<&ServerTls>) -> io::Result<()> {
        let (file, pin) = (self.path.display().to_string(), tls.map(|tls| tls.pin().to_string()));
        if self.human || self.is_piped() {
            let Some(address) = address else { return Ok(()) };
            let scheme = if pin.is_some() { "wss" } else { "ws" };
            output::tell(format_args!(
                "Point the client at {scheme}://{address} in the place of the PBX; Ctrl-C ends the capture."
            ));
            if let Some(pin) = pin {
                output::tell(format_args!("--tls-pin {pin}"));
            }
            return Ok(());
        }
        let recording = Recording { file, address, pin, redaction: self.redaction.as_deref() };
        let mut out = anstream::stdout().lock();
        Line::new("recording", 1, recording).write(&mut out)?;
        out.flush()
    }

    fn end(&self, tally: Tally) -> io::Result<()> {
        let (file, redaction) = (self.path.display().to_string(), self.redaction.as_deref());
        if self.human || self.is_piped() {
            let Tally { connections, messages, exchanges, .. } = tally;
            let how = redaction.map_or("NOT redacted".to_owned(), |key| format!("redacted by key {key}"));
            output::tell(format_args!(
                "{file}: {connections} connections, {messages} messages, {exchanges} exchanges over HTTP; {how}"
            ));
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        Line::new("summary", 2, Summary { file, tally, redaction }).write(&mut out)?;
        out.flush()
    }
}

/// Ends the file when it is dropped.
struct Ending {
    recorder: Arc<Recorder>,
    told: Told,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let tally = self.recorder.finish();
        // A reader that went away is nobody to tell.
        let _ = self.told.end(tally);
    }
}
