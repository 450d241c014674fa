//! The commands of PortSIP IM.

mod files;
mod group;
mod history;
mod record;
mod send;
pub(crate) mod session;
mod tail;
mod token;
mod topics;

use serde::Serialize;

use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs `im`.
pub(crate) async fn run(command: args::Im, output: Output) -> Result<Exit, Failure> {
    match command {
        args::Im::Tail(tail) => tail::run(*tail, output).await,
        args::Im::Send(send) => send::run(*send, output).await,
        args::Im::History(history) => history::run(*history, output).await,
        args::Im::Token(sign_in) => token::run(*sign_in, output).await,
        args::Im::Topics(account) => topics::run(&account, output).await,
        args::Im::Group(group) => group::run(group, output).await,
        args::Im::Upload(upload) => files::upload(*upload, output).await,
        args::Im::Download(download) => files::download(*download, output).await,
    }
}

/// What every JSON line says of where it comes from.
#[derive(Debug, Serialize)]
struct Origin<T> {
    vendor: &'static str,
    stream: &'static str,
    #[serde(flatten)]
    what: T,
}

impl<T> Origin<T> {
    const fn of(what: T) -> Self {
        Self { vendor: "portsip", stream: "im", what }
    }
}
