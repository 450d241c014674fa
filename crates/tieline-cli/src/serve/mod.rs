//! `tieline serve`: the IM service as it stands by itself.

mod announce;
#[cfg(unix)]
mod process;
mod tls;
mod users;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tieline_core::Text;
use tieline_portsip_im::service::{MessageRecord, Rate};
use tieline_server::im::accounts::UsersFile;
use tieline_server::im::standing::{Standing, StandingConfig};
use tieline_server::im::store::StoreError;
use tieline_server::{Server, ServerHandle, ServerOptions};

use crate::args::{self, Output, ServeLimits};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;
use crate::random;

/// How often old files are looked for.
const SWEEP: Duration = Duration::from_secs(3600);
/// How often those are looked for who are here and may not be any more.
const LOOK: Duration = Duration::from_secs(2);

/// Runs `serve`: returns when it was ended by a signal.
pub(crate) async fn run(args: args::Serve, output: Output) -> Result<Exit, Failure> {
    if let Some(args::ServeCommand::Users(command)) = args.command {
        return users::run(command, output);
    }
    let Some(data) = args.data.as_deref() else {
        return Err(Failure::new(Exit::Usage, "name the folder of the service: tieline serve DIR"));
    };
    if args.limits.queue_size < args.limits.message_size {
        let words = "--queue-size is less than --message-size: one message would fill what may wait for a client; raise the \
                     first, or lower the second";
        return Err(Failure::new(Exit::Usage, words));
    }
    // Before anything is told: whoever hears that it runs may end it.
    let mut signals = Signals::new().map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    #[cfg(unix)]
    process::keep_to_the_owner();
    private::make(data).map_err(|error| Failure::new(Exit::Failure, format!("{}: {error}", data.display())))?;
    if private::is_open(data) {
        tracing::warn!(
            "other users of this machine can look into {0}; `chmod 700 {0}` keeps it to its owner",
            data.display()
        );
    }
    #[cfg(unix)]
    process::make_room(args.limits.connections);
    let standing = open(data, &args.limits)?;
    let tls = tls::load(&args.place, data)?;
    let pin = tls.as_ref().map(tieline_tls::ServerTls::pin);
    let mut options = options(&args.limits);
    options.tls = tls;
    let server = listen(args.place.listen, options).await?;
    let watch = match args.place.metrics.0 {
        None => None,
        Some(addr) => Some(listen(addr, ServerOptions::default()).await?),
    };
    let server = server.spawn(standing.router());
    let watch = watch.map(|watch| watch.spawn(standing.watch_router(server.clone())));
    announce::print(data, &standing, &server, watch.as_ref(), pin, output)?;
    tokio::select! {
        () = signals.next() => {}
        // Neither ends. They go on beside the signals: a sweep may take long.
        () = sweep(&standing) => {}
        () = look_at_users(&standing) => {}
    }
    tracing::info!("ending");
    let end = async {
        standing.stop(&server).await;
        if let Some(watch) = &watch {
            watch.shutdown().await;
        }
    };
    tokio::select! {
        () = end => Ok(Exit::Ok),
        // What was answered is kept already; what is left is not waited for, whatever it hangs on.
        () = signals.next() => std::process::exit(Exit::Interrupted as i32),
    }
}

/// Removes now and then what is too old.
async fn sweep(standing: &Service) {
    let mut due = tokio::time::interval(SWEEP);
    loop {
        due.tick().await;
        match standing.sweep().await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "old files were removed"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "old files stay"),
        }
    }
}

/// Closes lines that may not be open any more.
async fn look_at_users(standing: &Service) {
    let mut due = tokio::time::interval(LOOK);
    loop {
        due.tick().await;
        match standing.im().end_strangers() {
            0 => {}
            lines => tracing::info!(lines, "lines of users were closed who may not sign in any more"),
        }
        match standing.im().renew_channels() {
            0 => {}
            lines => tracing::info!(lines, "the users of lines have other channels now"),
        }
    }
}

type Service = Standing<UsersFile>;

fn open(data: &Path, limits: &ServeLimits) -> Result<Service, Failure> {
    let users = UsersFile::open(users::path(data)).map_err(users::failed)?;
    let mut config = StandingConfig::new(data, random::draw()?);
    config.service.members = limits.members;
    config.service.topics = limits.topics;
    config.service.attached = limits.attached;
    config.service.page = limits.page;
    config.service.rate = Rate { burst: limits.requests_burst, per_second: limits.requests_per_second };
    let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    config.lines.limits.message_bytes = bytes(limits.message_size);
    config.lines.limits.queued_bytes = bytes(limits.queue_size);
    config.lines.limits.in_flight = limits.in_flight;
    config.lines.hello.max_message_size = Some(limits.message_size);
    config.lines.hello.max_file_upload_size = Some(limits.file_size);
    config.lines.hello.max_subscriber_count = Some(limits.members as u64);
    config.lines.login_timeout = limits.login_timeout;
    config.lines.idle_timeout = limits.idle_timeout;
    config.lines.ping_after = limits.idle_timeout.mul_f64(0.4);
    config.line_limits.lines = limits.connections;
    config.line_limits.per_address = limits.lines_per_address;
    config.line_limits.per_minute = limits.lines_per_minute;
    config.tokens.access_lifetime = limits.access_lifetime;
    config.tokens.refresh_lifetime = limits.refresh_lifetime;
    config.tokens.sign_ins = limits.sign_ins;
    config.sign_in.failures_per_minute = limits.failures_per_minute;
    config.uploads.file = limits.file_size;
    config.guard_downloads = limits.guard_downloads;
    config.keep_files = limits.keep_files;
    Standing::open(config, users, Box::new(outside)).map_err(|error| {
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            words.push_str(&format!(": {error}"));
            cause = error.source();
        }
        match error {
            StoreError::InUse(_) => Failure::new(Exit::Failure, words),
            _ => Failure::new(Exit::Failure, format!("{}: {words}", data.display())),
        }
    })
}

fn options(limits: &ServeLimits) -> ServerOptions {
    let mut options = ServerOptions::default();
    options.max_connections = limits.connections;
    options.max_connections_per_address = limits.connections_per_address;
    options.max_connects_per_minute = limits.connects_per_minute;
    options.drain_timeout = limits.drain_timeout;
    options
}

/// Nothing outside is connected: the message stays in its channel, where those see it who may, and is counted.
fn outside(channel: &Text, message: MessageRecord) {
    tracing::debug!(%channel, seq = message.seq, "a message for outside stays in its channel");
}

async fn listen(addr: SocketAddr, options: ServerOptions) -> Result<Server, Failure> {
    Server::bind(addr, options).await.map_err(|error| {
        let message = format!("cannot listen on {addr}: {error}; try another --listen or --metrics address");
        Failure::new(Exit::Failure, message)
    })
}

fn running_url(scheme: &str, server: &ServerHandle, path: &str) -> String {
    format!("{scheme}://{}{path}", server.local_addr())
}

/// What asks the program to end.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
