//! `tieline im token`.

use std::io::Write as _;

use serde::Serialize;
use tieline_core::Class;
use tieline_core::http::CallError;
use tieline_portsip_im::token::{self, TokenApi, refusal_of};
use tieline_tokio::im::{TokenError, Tokens, TokensConfig};

use super::{Origin, files};
use crate::args::{Output, SignIn};
use crate::exit::Exit;
use crate::failure::{Failure, exit_of_exchange};
use crate::listen::trust;
use crate::output::{self, Line, printable};
use crate::password;

/// A token.
#[derive(Serialize)]
struct Granted<'a> {
    user: &'a str,
    domain: &'a str,
    access_token: &'a str,
}

/// Runs `im token`.
pub(super) async fn run(args: SignIn, output: Output) -> Result<Exit, Failure> {
    let password = password::read(&args)?;
    let account = token::Account::new(&*args.user, &*args.domain, password);
    let api = if args.newer { TokenApi::SignIn } else { TokenApi::OAuth };
    let config = TokensConfig::new(files::base(&args.url)?, account).api(api).trust(trust(&args.tls)?);
    let token = Tokens::new(config)?.token().await.map_err(|error| failed(&error))?;
    let access_token = token.secret.expose().as_str();
    let mut out = anstream::stdout().lock();
    if args.raw || output::is_human(output) {
        writeln!(out, "{access_token}")?;
    } else {
        let granted = Granted { user: &args.user, domain: &args.domain, access_token };
        Line::new("token", 1, Origin::of(granted)).write(&mut out)?;
    }
    Ok(Exit::Ok)
}

fn failed(error: &TokenError) -> Failure {
    let words = match error {
        TokenError::Call(CallError::Api(api)) => {
            refusal_of(api).and_then(|refusal| refusal.message).map(|words| printable(&words))
        }
        _ => None,
    };
    let exit = match (error, error.class()) {
        (TokenError::Over(_), _) | (_, Class::Reauthenticate) => Exit::AuthRefused,
        // The document answers a wrong password so.
        (TokenError::Call(CallError::Api(api)), _) if api.status == 400 && words.is_some() => Exit::AuthRefused,
        (TokenError::Call(CallError::Failed(failure)), _) => exit_of_exchange(failure),
        (_, Class::Terminal) => Exit::Protocol,
        _ => Exit::Unreachable,
    };
    let said = if exit == Exit::AuthRefused { "the sign-in was refused".to_owned() } else { error.to_string() };
    let failure = Failure::new(exit, said);
    match words {
        Some(words) => failure.saying(&words),
        None => failure,
    }
}
