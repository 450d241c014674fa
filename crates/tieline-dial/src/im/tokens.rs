//! What clients of access tokens share: which call is due, and what became of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_core::http::{Authorization, BaseUrl, CallError};
use tieline_core::{Class, Instant};
use tieline_portsip_im::token::{
    Account, Ask, Grant, NoToken, SignedIn, Token, TokenApi, TokenCall, TokenKeeper, TokenPolicy, TokenStep,
};

use crate::{CredentialsError, HttpConfig};

/// All that a client of access tokens is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokensConfig {
    /// Where the PBX is: `https://HOST:8887`. Its `auth` is not used.
    pub http: HttpConfig,
    /// Whose tokens they are.
    pub account: Account,
    /// Which calls the PBX has. Default: those of version 16 on.
    pub api: TokenApi,
    /// When tokens are renewed.
    pub policy: TokenPolicy,
}

impl TokensConfig {
    /// The usual configuration for a user of a PBX.
    #[must_use]
    pub fn new(base: BaseUrl, account: Account) -> Self {
        Self {
            http: HttpConfig::new(base, Authorization::None),
            account,
            api: TokenApi::default(),
            policy: TokenPolicy::default(),
        }
    }

    /// Makes the calls of this generation.
    #[must_use]
    pub const fn api(mut self, api: TokenApi) -> Self {
        self.api = api;
        self
    }

    route_setters!(http.route);
}

/// Why there is no access token, or a call that needs one failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is none, and there will be none.
    #[error(transparent)]
    Over(#[from] NoToken),
    /// The PBX asked not to be asked for so long.
    #[error("the PBX asked to wait for {} s", .0.as_secs())]
    Wait(Duration),
}

impl TokenError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Call(error) => error.class(),
            Self::Over(_) => Class::Terminal,
            Self::Wait(wait) => Class::RetryAfter(*wait),
        }
    }
}

impl From<TokenError> for CredentialsError {
    fn from(error: TokenError) -> Self {
        // No more credentials come of a refused login.
        let class = if error.class() == Class::Reauthenticate { Class::Terminal } else { error.class() };
        Self::new(class, error.to_string())
    }
}

/// What a client does when a token is wanted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Turn {
    /// Use it.
    Use(Token),
    /// Make this call, and tell of it by [`TokenDesk::came`] or [`TokenDesk::gave_up`].
    Call(TokenCall),
    /// Another makes the call: wait until it is told of, and take another turn.
    Wait,
    /// Fail.
    Fail(TokenError),
}

/// One user's tokens, wanted by many.
#[derive(Debug)]
pub struct TokenDesk {
    keeper: Mutex<TokenKeeper>,
    account: Account,
    api: TokenApi,
}

impl TokenDesk {
    /// A desk without a token.
    #[must_use]
    pub fn new(config: &TokensConfig) -> Self {
        let keeper = Mutex::new(TokenKeeper::new(config.policy));
        Self { keeper, account: config.account.clone(), api: config.api }
    }

    /// Whose tokens they are.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// A token is wanted.
    pub fn turn(&self, now: Instant) -> Turn {
        match self.keeper().step(now) {
            TokenStep::Use(token) => Turn::Use(token),
            TokenStep::Ask(ask) => self.call_for(&ask),
            TokenStep::Wait(until) => Turn::Fail(TokenError::Wait(until.since(now))),
            TokenStep::Over(why) => Turn::Fail(why.into()),
            _ => Turn::Wait,
        }
    }

    fn call_for(&self, ask: &Ask) -> Turn {
        match TokenCall::for_ask(self.api, ask, Some(&self.account)) {
            Some(call) => Turn::Call(call),
            None => Turn::Fail(NoToken::Ended.into()),
        }
    }

    /// What became of a call. `None`: take another turn.
    ///
    /// # Errors
    /// When it failed and there is no token that is still good.
    pub fn came(&self, now: Instant, outcome: Result<SignedIn, CallError>) -> Result<Option<Token>, TokenError> {
        let mut keeper = self.keeper();
        let error = match outcome {
            Ok(SignedIn::Granted(grant)) => {
                return Ok(Some(keeper.granted(now, grant)));
            }
            Ok(SignedIn::TwoFactor { token }) => {
                keeper.two_factor(token);
                return Ok(None);
            }
            Ok(_) => return Ok(None),
            Err(error) => error,
        };
        // Only an answer says something about the password or the token.
        let refused = matches!(&error, CallError::Api(api) if (400..500).contains(&api.status));
        let class = if refused { error.class() } else { Class::Retry };
        let was_refresh = keeper.is_refreshing();
        keeper.failed(now, class);
        let final_answer = matches!(class, Class::Terminal | Class::Reauthenticate);
        if was_refresh && final_answer {
            return Ok(None);
        }
        match keeper.usable(now) {
            Some(token) => {
                tracing::warn!(%error, "the access token was not renewed; the one at hand is still good");
                Ok(Some(token))
            }
            None => Err(error.into()),
        }
    }

    /// The call was given up.
    pub fn gave_up(&self) {
        self.keeper().gave_up();
    }

    /// As [`TokenKeeper::granted`].
    pub fn granted(&self, now: Instant, grant: Grant) {
        drop(self.keeper().granted(now, grant));
    }

    /// As [`TokenKeeper::accepted`].
    pub fn accepted(&self, token: &Token) {
        self.keeper().accepted(token.number);
    }

    /// As [`TokenKeeper::rejected`].
    pub fn rejected(&self, token: &Token) {
        self.keeper().rejected(token.number);
    }

    /// As [`TokenKeeper::take`].
    #[must_use]
    pub fn take(&self) -> Option<Token> {
        self.keeper().take()
    }

    fn keeper(&self) -> MutexGuard<'_, TokenKeeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
