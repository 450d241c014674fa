//! Keeping a token: renewed before it ends, once when it is refused, and then no more.

use core::time::Duration;

use tieline_core::{Class, Instant, Secret};

use super::Grant;

/// When a token is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenPolicy {
    /// So long before its end a token is renewed. Default 60 s; of a token that lives less than twice as long, half of
    /// its life.
    pub renew_before: Duration,
    /// How long a token is good whose answer did not say. Default 30 min, as the document's sample has it.
    pub lifetime: Duration,
    /// How long a token that is still good is used after renewing it failed, before that is tried again. Default 5 s.
    pub retry_after: Duration,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            renew_before: Duration::from_secs(60),
            lifetime: Duration::from_secs(1800),
            retry_after: Duration::from_secs(5),
        }
    }
}

/// A token to use.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// Which one it is, from 1 on.
    pub number: u64,
}

/// A call that brings a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ask {
    /// With the password.
    Login,
    /// With the refresh token.
    Refresh(Secret),
}

/// What to do when a token is wanted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenStep {
    /// Use it.
    Use(Token),
    /// Make this call, and tell what becomes of it by [`TokenKeeper::granted`], [`TokenKeeper::two_factor`],
    /// [`TokenKeeper::failed`] or [`TokenKeeper::gave_up`].
    Ask(Ask),
    /// A call is on its way: wait for what becomes of it.
    Pending,
    /// The server asked to wait until then.
    Wait(Instant),
    /// There is none, and there will be none.
    Over(NoToken),
}

/// Why there is no token any more.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoToken {
    /// The login was refused.
    #[error("the login was refused")]
    Refused,
    /// A second factor is wanted; `token` names the login that waits for it.
    #[error("the login wants a second factor")]
    TwoFactor {
        /// The name of the login.
        token: Secret,
    },
    /// A token was refused, and so was the new one that was got in its place.
    #[error("the token was refused, and so was a new one")]
    Rejected,
    /// The refresh token was refused or there was none, and there is no password to log in with.
    #[error("the token has ended, and there is no password to get another one with")]
    Ended,
}

/// Keeps one user's token. It makes no call: it says which is due, and is told what became of it. One call is on its way
/// at a time, however many want a token.
///
/// ```
/// use std::time::Duration;
/// use tieline_core::Instant;
/// use tieline_portsip_im::token::{Ask, Grant, TokenKeeper, TokenPolicy, TokenStep};
///
/// let mut keeper = TokenKeeper::new(TokenPolicy::default());
/// let now = Instant::EPOCH;
/// assert!(matches!(keeper.step(now), TokenStep::Ask(Ask::Login)));
/// keeper.granted(now, Grant::new("NGFH").expiring_in(Duration::from_secs(1800)).refreshed_by("MTQ0"));
/// assert!(matches!(keeper.step(now + Duration::from_secs(1739)), TokenStep::Use(_)));
/// assert!(matches!(keeper.step(now + Duration::from_secs(1740)), TokenStep::Ask(Ask::Refresh(_))));
/// ```
#[derive(Debug)]
pub struct TokenKeeper {
    policy: TokenPolicy,
    /// Whether there is a password.
    can_log_in: bool,
    held: Option<Held>,
    refresh_token: Option<Secret>,
    /// How many tokens there were.
    number: u64,
    asking: Option<Kind>,
    /// No call before then.
    not_before: Option<Instant>,
    /// The token at hand, or the one that is got now, stands in for a refused one, and was not yet taken.
    replacing: bool,
    over: Option<NoToken>,
}

#[derive(Debug)]
struct Held {
    token: Token,
    renew_at: Instant,
    ends_at: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Login,
    Refresh,
}

impl TokenKeeper {
    /// A keeper without a token, which logs in when one is wanted.
    #[must_use]
    pub const fn new(policy: TokenPolicy) -> Self {
        Self {
            policy,
            can_log_in: true,
            held: None,
            refresh_token: None,
            number: 0,
            asking: None,
            not_before: None,
            replacing: false,
            over: None,
        }
    }

    /// A keeper of a token that was got elsewhere, without a password: it only refreshes.
    #[must_use]
    pub fn of_grant(policy: TokenPolicy, now: Instant, grant: Grant) -> Self {
        let mut keeper = Self { can_log_in: false, ..Self::new(policy) };
        keeper.granted(now, grant);
        keeper
    }

    /// A token is wanted.
    pub fn step(&mut self, now: Instant) -> TokenStep {
        if let Some(over) = &self.over {
            return TokenStep::Over(over.clone());
        }
        if self.asking.is_some() {
            return self.good(now).map_or(TokenStep::Pending, TokenStep::Use);
        }
        if let Some(held) = self.held.as_ref().filter(|held| now < held.renew_at) {
            return TokenStep::Use(held.token.clone());
        }
        if let Some(until) = self.not_before.filter(|until| now < *until) {
            return self.good(now).map_or(TokenStep::Wait(until), TokenStep::Use);
        }
        if let Some(token) = &self.refresh_token {
            self.asking = Some(Kind::Refresh);
            return TokenStep::Ask(Ask::Refresh(token.clone()));
        }
        if self.can_log_in {
            self.asking = Some(Kind::Login);
            return TokenStep::Ask(Ask::Login);
        }
        if let Some(token) = self.good(now) {
            return TokenStep::Use(token);
        }
        self.end(NoToken::Ended)
    }

    /// A call brought a token, or one was got elsewhere: also what ends [`NoToken::TwoFactor`]. Returns the token, which
    /// may be due for renewal at once.
    pub fn granted(&mut self, now: Instant, grant: Grant) -> Token {
        let lifetime = grant.expires_in.unwrap_or(self.policy.lifetime);
        let ends_at = now + lifetime;
        // One that lived until its renewal was no bad one, and what is got by hand begins anew.
        if self.over.take().is_some() || self.held.is_some() {
            self.replacing = false;
        }
        let early = self.policy.renew_before.min(lifetime / 2);
        self.number += 1;
        let token = Token { secret: grant.access_token, number: self.number };
        self.held = Some(Held { token: token.clone(), renew_at: now + lifetime.saturating_sub(early), ends_at });
        // A refresh may leave the refresh token out: it is good for more than one then.
        self.refresh_token = grant.refresh_token.or_else(|| self.refresh_token.take());
        self.asking = None;
        self.not_before = None;
        token
    }

    /// The login wants a second factor.
    pub fn two_factor(&mut self, token: Secret) {
        self.asking = None;
        self.end(NoToken::TwoFactor { token });
    }

    /// A call failed. What is worth another try is tried when the next token is wanted; a refused refresh makes room for
    /// a login with the password, a refused login is the end.
    pub fn failed(&mut self, now: Instant, class: Class) {
        let Some(kind) = self.asking.take() else { return };
        match (class, kind) {
            (Class::Retry, _) => self.not_before = self.good(now).map(|_| now + self.policy.retry_after),
            (Class::RetryAfter(wait), _) => self.not_before = Some(now + wait),
            (_, Kind::Refresh) => self.refresh_token = None,
            (_, Kind::Login) => {
                self.end(NoToken::Refused);
            }
        }
    }

    /// A call was given up by its caller: another may make it.
    pub const fn gave_up(&mut self) {
        self.asking = None;
    }

    /// A server took this token.
    pub fn accepted(&mut self, number: u64) {
        if number == self.number {
            self.replacing = false;
        }
    }

    /// A server refused this token with 401. The first time another one is got in its place; when that one is refused too
    /// before any server [took](Self::accepted) it, it is over. A token that is not at hand any more says nothing.
    pub fn rejected(&mut self, number: u64) {
        if self.held.as_ref().is_none_or(|held| held.token.number != number) {
            return;
        }
        self.held = None;
        if self.replacing {
            self.end(NoToken::Rejected);
        }
        self.replacing = true;
    }

    /// The token at hand, for a call that ends it; there is none after that, and a login is due.
    pub fn take(&mut self) -> Option<Token> {
        self.refresh_token = None;
        self.held.take().map(|held| held.token)
    }

    /// The token at hand, if it is still good: what to go on with when renewing it failed.
    #[must_use]
    pub fn usable(&self, now: Instant) -> Option<Token> {
        self.good(now)
    }

    /// Whether the call on its way is a refresh.
    #[must_use]
    pub const fn is_refreshing(&self) -> bool {
        matches!(self.asking, Some(Kind::Refresh))
    }

    fn good(&self, now: Instant) -> Option<Token> {
        self.held.as_ref().filter(|held| now < held.ends_at).map(|held| held.token.clone())
    }

    fn end(&mut self, why: NoToken) -> TokenStep {
        self.held = None;
        self.refresh_token = None;
        self.over = Some(why.clone());
        TokenStep::Over(why)
    }
}
