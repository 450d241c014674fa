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
#[cfg(feature = "serve")]
mod serve;
mod sim;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::{Command, Rec, Sms};
use crate::exit::Exit;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = match profile::parse() {
        Ok(cli) => cli,
        Err(failure) => return failure.report(),
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&cli.log).unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(Exit::Failure, format!("cannot start: {error}")).report(),
    };
    let ends_in_order = cli.command.ends_in_order();
    let result = runtime.block_on(async {
        let work = async {
            match cli.command {
                Command::Demo(demo) => demo::run(demo, cli.output).await,
                Command::Sim(sim) => sim::run(sim).await,
                Command::Listen(listen) => listen::run(*listen, cli.output).await,
                Command::Doctor(doctor) => doctor::run(*doctor, cli.output).await,
                Command::Profile(profile) => profile::run(profile, cli.config.as_deref(), cli.output).await,
                Command::Lint(lint) => lint::run(lint, cli.output).await,
                Command::Cdr(list) => cloudpbx::cdrs(*list, cli.output).await,
                Command::Rec(Rec::List(list)) => cloudpbx::recordings(*list, cli.output).await,
                Command::Rec(Rec::Pull(pull)) => cloudpbx::pull(*pull, cli.output).await,
                Command::Call(call) if call.is_axeos() => axeos::call(*call, cli.output).await,
                Command::Call(call) => cloudpbx::call(*call, cli.output).await,
                Command::Im(command) => im::run(command, cli.output).await,
                Command::Snapshot(snapshot) => axeos::snapshot(*snapshot, cli.output).await,
                #[cfg(feature = "serve")]
                Command::Serve(args) => serve::run(*args, cli.output).await,
                Command::Sms(Sms::Send(sms)) => cloudpbx::send_sms(*sms, cli.output).await,
            }
        };
        tokio::select! {
            result = work => result,
            () = interrupted(), if !ends_in_order => Ok(Exit::Interrupted),
        }
    });
    // A read of standard input cannot be stopped; nothing else is left to wait for.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
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
