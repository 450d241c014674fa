//! The `tieline` command line.

mod args;
mod axeos;
mod clock;
mod cloudpbx;
mod demo;
mod doctor;
mod exit;
mod failure;
mod im;
mod lint;
mod listen;
mod output;
mod password;
mod private;
mod profile;
mod progress;
mod random;
mod record;
mod replay;
#[cfg(feature = "serve")]
mod serve;
mod sim;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::args::{Command, Rec, Sms};
use crate::exit::Exit;
use crate::failure::Failure;

/// How long an interrupted command may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = match profile::parse() {
        Ok(cli) => cli,
        Err(failure) => return failure.report(),
    };
    let form = match cli.form() {
        Ok(form) => form,
        Err(error) => error.exit(),
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&cli.log).unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // It would be told by `eprintln!`, which panics where nothing can be written: a full disk is no end.
        .log_internal_errors(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(Exit::Failure, format!("cannot start: {error}")).report(),
    };
    let ends_in_order = cli.command.ends_in_order();
    let result = runtime.block_on(async {
        let work = async {
            match cli.command {
                Command::Demo(demo) => demo::run(demo, form).await,
                Command::Sim(sim) => sim::run(sim).await,
                Command::Listen(listen) => listen::run(*listen, form).await,
                Command::Doctor(doctor) => doctor::run(*doctor, form).await,
                Command::Profile(profile) => profile::run(profile, cli.config.as_deref(), form).await,
                Command::Record(record) => record::run(*record, cli.output).await,
                Command::Replay(replay) => replay::run(replay).await,
                Command::Lint(lint) => lint::run(lint, form).await,
                Command::Cdr(list) => cloudpbx::cdrs(*list, form).await,
                Command::Rec(Rec::List(list)) => cloudpbx::recordings(*list, form).await,
                Command::Rec(Rec::Pull(pull)) => cloudpbx::pull(*pull, form).await,
                Command::Call(call) if call.is_axeos() => axeos::call(*call, form).await,
                Command::Call(call) => cloudpbx::call(*call, form).await,
                Command::Im(command) => im::run(command, form).await,
                Command::Snapshot(snapshot) => axeos::snapshot(*snapshot, form).await,
                #[cfg(feature = "serve")]
                Command::Serve(args) => serve::run(*args, form).await,
                Command::Sms(Sms::Send(sms)) => cloudpbx::send_sms(*sms, form).await,
            }
        };
        if ends_in_order {
            return work.await;
        }
        tokio::select! {
            result = work => result,
            _ = watch() => Ok(Exit::Interrupted),
        }
    });
    // A read of standard input cannot be stopped; nothing else is left to wait for.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}

/// Tells when the program is asked to stop, and ends it a while later: who asks for a password, or writes where nobody reads,
/// hears nothing.
fn watch() -> oneshot::Receiver<()> {
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        interrupted().await;
        let _ = stop.send(());
        tokio::time::sleep(PATIENCE).await;
        std::process::exit(Exit::Interrupted as i32);
    });
    stopped
}

/// Returns when the user or the system asks the program to stop.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
