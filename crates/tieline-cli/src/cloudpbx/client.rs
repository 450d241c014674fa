//! The client that the commands share, and why its calls fail.

use tieline_core::http::{ApiError, ApiErrorKind, BaseUrl, CallError};
use tieline_core::{Class, ExchangeFailureKind, Secret, Sent};
use tieline_tokio::cloudpbx::{Bases, Rest, RestConfig};

use super::address::Address;
use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::trust;
use crate::output::printable;
use crate::password;

/// So many characters of an answer that no document has are shown.
const SAID: usize = 160;

/// A client, and the addresses it calls.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) rest: Rest,
    /// The key it calls with.
    pub(crate) key: Secret,
    bases: Bases,
}

impl Client {
    /// A client for what the options say. Asks for the key where nothing tells it.
    pub(crate) fn new(args: &args::Api) -> Result<Self, Failure> {
        let (bases, in_address) = addresses(&args.urls)?;
        let key = match in_address {
            Some(key) if !args.key.is_told() => key,
            _ => password::read(&args.key)?,
        };
        if key.expose().trim().is_empty() {
            return Err(usage("the API key is empty"));
        }
        let config = RestConfig::new(bases.clone(), key.clone()).trust(trust(&args.tls)?);
        Ok(Self { rest: Rest::new(config)?, key, bases })
    }

    /// An address, and the key that stood in it.
    pub(crate) fn address(url: &Secret) -> Result<(BaseUrl, Option<Secret>), Failure> {
        let address = Address::read(url.expose()).map_err(|error| usage(&error.to_string()))?;
        Ok((address.base, address.key))
    }

    /// The failure of a call that only reads.
    pub(crate) fn failed(&self, error: &CallError) -> Failure {
        self.failure(error, self.bases.urls())
    }

    /// The failure of a command, which went to the first address alone. `doing` is what the PBX perhaps did.
    pub(crate) fn command_failed(&self, error: &CallError, doing: &str) -> Failure {
        let (first, _) = self.bases.split_first();
        if is_undone(error) {
            return self.failure(error, std::slice::from_ref(first));
        }
        Failure::new(
            Exit::OutcomeUnknown,
            format!(
                "it is not known whether the PBX {doing}: {}\nNothing was repeated. Look with `tieline cdr` before you try again.",
                words(error)
            ),
        )
    }

    fn failure(&self, error: &CallError, tried: &[BaseUrl]) -> Failure {
        let tried: Vec<_> = tried.iter().map(ToString::to_string).collect();
        let secure = self.bases.urls().iter().any(BaseUrl::is_secure);
        let (exit, remedy) = match error {
            CallError::Build(_) => (Exit::Usage, ""),
            CallError::Failed(failure) => match &failure.kind {
                // What dialling again does not cure is the certificate, and its words name the remedy.
                ExchangeFailureKind::Connect { class: Class::Terminal, .. } if secure => (Exit::Tls, ""),
                ExchangeFailureKind::Unreadable { .. } | ExchangeFailureKind::TooLong => {
                    (Exit::Protocol, "Is this the address of a CloudPBX API? --api names another.")
                }
                _ => (Exit::Unreachable, "Check the network and the firewall; --api names other addresses."),
            },
            CallError::Api(error) => of_answer(error),
            _ => (Exit::Failure, ""),
        };
        let mut message = format!("{}\nTried: {}", words(error), tried.join(", "));
        if exit == Exit::Usage {
            message = words(error);
        }
        if !remedy.is_empty() {
            message.push('\n');
            message.push_str(remedy);
        }
        Failure::new(exit, message)
    }
}

/// The exit code of an answer that is no success, and the remedy.
fn of_answer(error: &ApiError) -> (Exit, &'static str) {
    match (error.status, &error.kind) {
        (401 | 403, _) => (
            Exit::AuthRefused,
            "The API key was refused. It comes from --key-file, TIELINE_KEY or a prompt; the vendor hands it out.",
        ),
        (_, ApiErrorKind::Refused { code: Some(_) }) => (Exit::Refused, ""),
        (408 | 429 | 500..=599, _) => (Exit::Unreachable, "Try again later; --api names other addresses."),
        _ => (Exit::Protocol, "Is this the address of a CloudPBX API? --api names another."),
    }
}

/// Whether it is certain that a command was not carried out.
fn is_undone(error: &CallError) -> bool {
    match error {
        CallError::Api(error) => match error.kind {
            ApiErrorKind::Refused { code: Some(_) } => true,
            _ => matches!(error.status, 300..=499) && error.status != 408,
        },
        error => error.sent() == Sent::Nothing,
    }
}

/// The words of an error, with the server's own where no document has them.
pub(crate) fn words(error: &CallError) -> String {
    let CallError::Api(ApiError { kind: ApiErrorKind::Refused { code: None }, body, .. }) = error else {
        return error.to_string();
    };
    let said = String::from_utf8_lossy(body);
    let said: String = printable(said.split_whitespace().collect::<Vec<_>>().join(" ").as_str());
    match said.char_indices().nth(SAID) {
        None if said.is_empty() => error.to_string(),
        None => format!("{error}: {said}"),
        Some((end, _)) => format!("{error}: {}…", &said[..end]),
    }
}

/// The addresses to call, and the key that stood in them.
fn addresses(urls: &[Secret]) -> Result<(Bases, Option<Secret>), Failure> {
    let vendor = Bases::VENDOR.map(Secret::from);
    let urls = if urls.is_empty() { &vendor[..] } else { urls };
    let mut bases = Vec::new();
    let mut key: Option<Secret> = None;
    for (at, url) in urls.iter().enumerate() {
        let address =
            Address::read(url.expose()).map_err(|error| usage(&format!("address {} of --api: {error}", at + 1)))?;
        if let Some(found) = address.key {
            tracing::warn!(
                "the API key stands in the address {}: other users of this machine can read it there; give it with \
                 --key-file or in TIELINE_KEY",
                address.base
            );
            if key.as_ref().is_some_and(|key| !key.matches(&found)) {
                return Err(usage("the addresses of --api hold different keys: give one with --key-file"));
            }
            key = Some(found);
        }
        bases.push(address.base);
    }
    let bases = Bases::new(bases).ok_or_else(|| usage("--api names no address"))?;
    Ok((bases, key))
}

fn usage(message: &str) -> Failure {
    Failure::new(Exit::Usage, message)
}
