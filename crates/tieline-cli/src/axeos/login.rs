//! Where a PBX is, who asks, and why it did not answer.

use tieline_core::http::{ApiError, ApiErrorKind, BaseUrl, CallError, query_pairs};
use tieline_core::supervisor::Policy;
use tieline_core::{ExchangeFailure, Secret, Sent};
use tieline_tls::Trust;
use tieline_tokio::ConnectError;
use tieline_tokio::axeos::{Api, ApiConfig, Auth, Config, base};

use crate::args::{Key, Tls};
use crate::exit::Exit;
use crate::failure::{Failure, exit_of_connect, exit_of_exchange};
use crate::listen::trust;
use crate::password::{self, Source};

/// A PBX, and a login for it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) base: BaseUrl,
    auth: Auth,
    trust: Trust,
}

impl Place {
    /// What the options say: the user where one is named and no file with a key, else an API key.
    pub(crate) fn new<'a>(
        url: &Secret,
        user: Option<(&str, Source<'a>)>,
        key: &Key,
        tls: &Tls,
    ) -> Result<Self, Failure> {
        let (base, in_address) = address(url)?;
        let auth = match user {
            Some((name, source)) if !key.is_told() => Auth::user(name, password::read(source)?),
            _ => {
                let key = match in_address {
                    Some(found) if !key.is_told() => found,
                    _ => password::read(key)?,
                };
                if key.expose().trim().is_empty() {
                    return Err(usage("the API key is empty"));
                }
                Auth::api_key(key)
            }
        };
        Ok(Self { base, auth, trust: trust(tls)? })
    }

    /// An address, and the key that stood in it.
    pub(crate) fn address(url: &Secret) -> Result<(BaseUrl, Option<Secret>), Failure> {
        address(url)
    }

    /// A client of single calls.
    pub(crate) fn api(&self) -> Result<Api, Failure> {
        let config = ApiConfig::new(self.base.clone(), &self.auth).trust(self.trust.clone());
        Api::new(config).map_err(|error| refused(&error))
    }

    /// What a client that follows the events is made with.
    pub(crate) fn config(&self, change: impl FnOnce(Policy) -> Policy) -> Config {
        let config = Config::new(self.base.clone(), &self.auth).trust(self.trust.clone());
        let policy = change(config.options.policy);
        config.policy(policy)
    }
}

/// An address, and the key that stood in it.
fn address(url: &Secret) -> Result<(BaseUrl, Option<Secret>), Failure> {
    let (address, query) = url.expose().split_once('?').unwrap_or((url.expose(), ""));
    let mut key = None;
    for (name, value) in query_pairs(query.as_bytes()) {
        if name != "key" || key.is_some() {
            return Err(usage("only one key can stand behind the `?` of the address, as key=…"));
        }
        key = Some(Secret::from(value.into_owned()));
    }
    let base = base(address).map_err(|error| usage(&error.to_string()))?;
    if key.is_some() {
        tracing::warn!(
            "the API key stands in the address {base}: other users of this machine can read it there; give it with \
             --key-file or in TIELINE_KEY"
        );
    }
    Ok((base, key))
}

const REMEDY: &str = "Is this the address of an Axeos PBX? Its API lies at https://HOST/apis/pbx.";
const WHO: &str = "The login was refused. With --user it is that of the PBX's web interface; else an API key, from \
                   --key-file, TIELINE_KEY or a prompt.";
const REACH: &str =
    "Check the address and the firewall; an Axeos PBX serves https:// unless plain HTTP was turned on in it.";

/// The failure of a client that could not begin.
pub(crate) fn refused(error: &ConnectError) -> Failure {
    with_remedy(exit_of_connect(error), error.to_string())
}

/// The failure of a single call.
pub(crate) fn failed(error: &CallError) -> Failure {
    let exit = match error {
        CallError::Build(_) => Exit::Usage,
        CallError::Api(ApiError { kind: ApiErrorKind::Refused { .. }, status: 400 | 409 | 422, .. }) => Exit::Refused,
        error => exit_of_exchange(&ExchangeFailure::from(error.clone())),
    };
    with_remedy(exit, error.to_string())
}

fn with_remedy(exit: Exit, words: String) -> Failure {
    let remedy = match exit {
        Exit::AuthRefused => WHO,
        Exit::Protocol => REMEDY,
        Exit::Unreachable => REACH,
        _ => return Failure::new(exit, words),
    };
    Failure::new(exit, format!("{words}\n{remedy}"))
}

/// Whether it is certain that a call was not made.
pub(super) fn is_undone(error: &CallError) -> bool {
    match error {
        CallError::Api(error) => matches!(error.status, 300..=499) && error.status != 408,
        error => error.sent() == Sent::Nothing,
    }
}

fn usage(message: &str) -> Failure {
    Failure::new(Exit::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_key_is_taken_out_of_an_address_and_the_path_is_known() {
        let read = |text: &str| {
            let (base, key) = address(&text.into()).expect("an address");
            (base.to_string(), key.map(|key| key.expose().clone()))
        };
        assert_eq!(read("https://pbx"), ("https://pbx/apis/pbx".to_owned(), None));
        assert_eq!(read("https://pbx/x/?key=a%2Bb"), ("https://pbx/x".to_owned(), Some("a+b".to_owned())));
        for odd in ["https://pbx?pbxkey=abc", "https://pbx?key=abc&key=abc", "https://a:abc@pbx", "pbx?key=abc"] {
            let failure = address(&odd.into()).expect_err(odd);
            assert!(!format!("{failure:?}").contains("abc"), "{failure:?}");
        }
    }
}
