//! Tokens over HTTP: the calls at `api/login/oauth/` and `api/auth/`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use tieline_core::Secret;
use tieline_core::http::{Authorization, BadRequest, Serve as _};
use tieline_portsip_im::token::{Account, Grant, Login, Revoke, SignedIn, TokenCall, refused};
use tokio::sync::Semaphore;

use super::desk::{BadGrant, TokenDesk};
use super::users::Users;
use crate::census::network;
use crate::clock::Clock;
use crate::exchange::{answer, read_body};
use crate::rate::Rates;
use crate::{Answer, Body, HttpHandler, Paths};

/// The paths of the calls.
const PATHS: [&str; 4] =
    ["/api/login/oauth/token", "/api/login/oauth/revoke", "/api/auth/sign_in", "/api/auth/refresh_token"];

/// How much signing in may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInLimits {
    /// Passwords that are verified at the same time. Default 2: each takes a core and about 20 MiB meanwhile.
    pub at_once: usize,
    /// Calls that wait for that. Default 64; more are answered 503.
    pub waiting: usize,
    /// Wrong passwords and wrong tokens from one address (IPv6: from one /64 network) in a minute. Default 30; then the
    /// address is answered 429 until a part of the minute has passed. `u32::MAX` for no limit.
    pub failures_per_minute: u32,
    /// The longest body of a call, in bytes. Default 16 KiB.
    pub body_bytes: usize,
    /// How long the body may take. Default 10 s.
    pub body_timeout: Duration,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            at_once: 2,
            waiting: 64,
            failures_per_minute: 30,
            body_bytes: 16 << 10,
            body_timeout: Duration::from_secs(10),
        }
    }
}

/// What a service has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenStats {
    /// Calls that brought tokens.
    pub granted: u64,
    /// Calls that ended the tokens of a sign-in.
    pub revoked: u64,
    /// Calls whose password or token was wrong, or whose user is suspended.
    pub refused: u64,
    /// Calls answered 429.
    pub throttled: u64,
    /// Calls answered 503: too many at once, or the store failed.
    pub unavailable: u64,
}

/// The paths of the token calls.
#[must_use]
pub fn token_paths() -> Paths {
    Paths::exact(PATHS)
}

/// A [`TokenDesk`] over HTTP, both generations of calls: sign-in, refresh, revoke.
///
/// A wrong password is answered 400 with `{"errors":[{"code":…,"message":…}]}`, as PortSIP's. Cheap to clone; every clone
/// is the same service.
pub struct TokenService<U>(Arc<Inner<U>>);

struct Inner<U> {
    desk: Arc<TokenDesk<U>>,
    limits: SignInLimits,
    verifying: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    failures: Mutex<Rates>,
    clock: Clock,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    granted: AtomicU64,
    revoked: AtomicU64,
    refused: AtomicU64,
    throttled: AtomicU64,
    unavailable: AtomicU64,
}

impl<U: Users> TokenService<U> {
    /// A service over a desk.
    #[must_use]
    pub fn new(desk: Arc<TokenDesk<U>>, limits: SignInLimits) -> Self {
        let at_once = limits.at_once.clamp(1, Semaphore::MAX_PERMITS / 2);
        let waiting = limits.waiting.min(Semaphore::MAX_PERMITS / 2);
        Self(Arc::new(Inner {
            desk,
            limits,
            verifying: Arc::new(Semaphore::new(at_once)),
            queue: Arc::new(Semaphore::new(at_once + waiting)),
            failures: Mutex::default(),
            clock: Clock::start(),
            counts: Counts::default(),
        }))
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> TokenStats {
        let counts = &self.0.counts;
        TokenStats {
            granted: counts.granted.load(Ordering::Relaxed),
            revoked: counts.revoked.load(Ordering::Relaxed),
            refused: counts.refused.load(Ordering::Relaxed),
            throttled: counts.throttled.load(Ordering::Relaxed),
            unavailable: counts.unavailable.load(Ordering::Relaxed),
        }
    }
}

/// What is done on a thread that may block.
enum Work {
    SignIn(Account),
    Refresh(Secret),
    Revoke(Secret),
}

impl<U: Users> Inner<U> {
    async fn respond(self: &Arc<Self>, head: &Parts, body: &[u8], peer: IpAddr) -> Result<Response<Body>, BadRequest> {
        let call = TokenCall::parse(head, body).unwrap_or_else(|| Err(refused("not_found", "no such call", "a path")));
        let work = match call? {
            TokenCall::Login(Login { account, .. }) => Work::SignIn(account),
            TokenCall::SignIn(call) => Work::SignIn(call.account),
            TokenCall::Refresh(call) => Work::Refresh(call.refresh_token),
            TokenCall::Renew(call) => Work::Refresh(call.refresh_token),
            TokenCall::Revoke(_) => Work::Revoke(bearer(head)?),
            _ => return Err(refused("not_found", "no such call", "another call")),
        };
        let network = network(peer);
        if !self.failures().allows(network, self.clock.now(), self.limits.failures_per_minute) {
            self.counts.throttled.fetch_add(1, Ordering::Relaxed);
            return Err(throttled());
        }
        let done = match work {
            Work::SignIn(_) | Work::Refresh(_) => &self.counts.granted,
            Work::Revoke(_) => &self.counts.revoked,
        };
        match self.work(work).await {
            Ok(response) => {
                done.fetch_add(1, Ordering::Relaxed);
                Ok(response)
            }
            Err(bad) if bad.status == 503 => {
                self.counts.unavailable.fetch_add(1, Ordering::Relaxed);
                Err(bad)
            }
            Err(bad) => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                // Counted after the fact: what was asked at once is bounded by the queue.
                let _ = self.failures().admit(network, self.clock.now(), self.limits.failures_per_minute);
                Err(bad)
            }
        }
    }

    async fn work(self: &Arc<Self>, work: Work) -> Result<Response<Body>, BadRequest> {
        let busy = || unavailable("too many sign-ins at once");
        let _place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy())?;
        let permit = Arc::clone(&self.verifying).acquire_owned().await.map_err(|_| busy())?;
        let this = Arc::clone(self);
        // The permit goes along: a client that goes away does not end the work.
        let worked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            this.on_thread(work)
        });
        worked.await.unwrap_or_else(|_| Err(unavailable("a sign-in failed")))
    }

    fn on_thread(&self, work: Work) -> Result<Response<Body>, BadRequest> {
        let granted = |grant: Grant| answer(Login::to_response(&SignedIn::Granted(grant)), None);
        let bad = |bad: BadGrant| match bad {
            BadGrant::Refused => refused("invalid_grant", "user name, domain, password or token is wrong", "refused"),
            BadGrant::Suspended => refused("account_suspended", "the user may not sign in", "suspended"),
            BadGrant::Store(error) => failed(&error),
        };
        match work {
            Work::SignIn(account) => self.desk.sign_in(&account).map(granted).map_err(bad),
            Work::Refresh(token) => self.desk.refresh(&token).map(granted).map_err(bad),
            Work::Revoke(token) => match self.desk.revoke(&token) {
                Ok(true) => Ok(answer(Revoke::to_response(&()), None)),
                Ok(false) => Err(no_bearer()),
                Err(error) => Err(failed(&error)),
            },
        }
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Rates> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn throttled() -> BadRequest {
    let mut bad = refused("too_many_failures", "too many wrong passwords or tokens: wait", "throttled");
    bad.status = 429;
    bad.with_header(header::RETRY_AFTER, "5")
}

fn bearer(head: &Parts) -> Result<Secret, BadRequest> {
    match head.headers.get(header::AUTHORIZATION).and_then(Authorization::from_header) {
        Some(Authorization::Bearer(token)) => Ok(token),
        _ => Err(no_bearer()),
    }
}

/// 401, as whoever authorises calls by a token expects it.
fn no_bearer() -> BadRequest {
    let mut bad = refused("invalid_token", "the bearer token is missing or not good", "no good bearer token");
    bad.status = 401;
    bad.with_header(header::WWW_AUTHENTICATE, "Bearer")
}

fn failed(error: &crate::im::store::StoreError) -> BadRequest {
    tracing::error!(error = error as &dyn std::error::Error, "no token was given");
    unavailable("the store failed")
}

fn unavailable(reason: &'static str) -> BadRequest {
    let mut bad = refused("unavailable", reason, reason);
    bad.status = 503;
    bad.with_header(header::RETRY_AFTER, "1")
}

impl<U: Users> HttpHandler for TokenService<U> {
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = match read_body(body, inner.limits.body_bytes, inner.limits.body_timeout).await {
                Ok(body) => body,
                Err(refused) => return *refused,
            };
            match inner.respond(&head, &body, peer.ip()).await {
                Ok(response) => response,
                Err(bad) => {
                    tracing::debug!(status = bad.status, reason = bad.reason, "no token");
                    let mut response = answer(bad.to_response(), None);
                    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                    response
                }
            }
        })
    }
}

impl<U> Clone for TokenService<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<U> fmt::Debug for TokenService<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenService").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
