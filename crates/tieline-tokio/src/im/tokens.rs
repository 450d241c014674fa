//! The client of access tokens.

use std::fmt;
use std::sync::Arc;

use tieline_core::http::{ApiError, Authorization, CallError, Endpoint};
use tieline_dial::im::{TokenDesk, TokenError, TokensConfig, Turn};
use tieline_dial::{Authorized, ConnectError};
use tieline_portsip_im::token::{Grant, Revoke, Token};
use tokio::sync::Notify;

use crate::http::HttpClient;
use crate::{Clock, Credentials};

/// One user's access tokens: got when one is wanted, renewed before they end. Cheap to clone; clones share the token, and
/// one call is on its way at a time.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    http: HttpClient,
    desk: TokenDesk,
    /// Something became of the call on its way.
    told: Notify,
    clock: Clock,
}

impl Tokens {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: TokensConfig) -> Result<Self, ConnectError> {
        let (desk, http) = (TokenDesk::new(&config), HttpClient::new(config.http)?);
        Ok(Self(Arc::new(Inner { http, desk, told: Notify::new(), clock: Clock::start() })))
    }

    /// A token that is good now.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn token(&self) -> Result<Token, TokenError> {
        let Inner { http, desk, told, clock } = &*self.0;
        loop {
            let mut waiting = std::pin::pin!(told.notified());
            waiting.as_mut().enable();
            match desk.turn(clock.now()) {
                Turn::Use(token) => return Ok(token),
                Turn::Call(call) => {
                    let mut asking = Asking { inner: &self.0, told: false };
                    let outcome = http.call(&call).await;
                    let came = desk.came(clock.now(), outcome);
                    asking.told = true;
                    drop(asking);
                    if let Some(token) = came? {
                        return Ok(token);
                    }
                }
                Turn::Fail(error) => return Err(error),
                _ => waiting.await,
            }
        }
    }

    /// The logins of a chat: asked for at each dial, each with a token that is good then.
    ///
    /// A chat ends when its login is refused. Where [`Policy::retry_refused_login`] is set, tell of the refusal by
    /// [`rejected`](Self::rejected), so that the next dial has another token.
    ///
    /// [`Policy::retry_refused_login`]: tieline_core::supervisor::Policy::retry_refused_login
    #[must_use]
    pub fn credentials(&self) -> Credentials<tieline_portsip_im::Credentials> {
        let this = self.clone();
        Credentials::asked(move || {
            let this = this.clone();
            async move {
                let token = this.token().await?;
                let account = this.0.desk.account();
                let (user, domain) = (account.user.as_str(), account.domain.as_str());
                Ok(tieline_portsip_im::Credentials::access_token(user, domain, token.secret))
            }
        })
    }

    /// Makes a call of the PBX's REST API with a token. One that is refused with 401 is replaced and the call made again,
    /// once; when that one is refused too, there are no more tokens.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, TokenError> {
        loop {
            let token = self.token().await?;
            let call = Authorized::new(endpoint, Authorization::Bearer(token.secret.clone()));
            match self.0.http.call(&call).await {
                Err(CallError::Api(ApiError { status: 401, .. })) => self.rejected(&token),
                outcome => {
                    if matches!(outcome, Ok(_) | Err(CallError::Api(_))) {
                        self.accepted(&token);
                    }
                    return Ok(outcome?);
                }
            }
        }
    }

    /// A server refused this token: another one is got when the next is wanted. When that is refused too before any was
    /// [`accepted`](Self::accepted), there are no more.
    pub fn rejected(&self, token: &Token) {
        self.0.desk.rejected(token);
    }

    /// A server took this token.
    pub fn accepted(&self, token: &Token) {
        self.0.desk.accepted(token);
    }

    /// Goes on with a token that was got elsewhere: after a second factor.
    pub fn granted(&self, grant: Grant) {
        self.0.desk.granted(self.0.clock.now(), grant);
        self.0.told.notify_waiters();
    }

    /// Ends the token at hand, if there is one, at the PBX too. Who wants one after that logs in anew.
    ///
    /// # Errors
    /// [`CallError`]; the token is forgotten all the same.
    pub async fn revoke(&self) -> Result<(), CallError> {
        let Some(token) = self.0.desk.take() else { return Ok(()) };
        self.0.http.call(&Authorized::new(&Revoke, Authorization::Bearer(token.secret))).await
    }
}

/// Tells those who wait when it is dropped, and the desk that the call was given up unless it was told of before.
struct Asking<'i> {
    inner: &'i Inner,
    told: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.inner.desk.gave_up();
        }
        self.inner.told.notify_waiters();
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("base", self.0.http.base()).finish_non_exhaustive()
    }
}
