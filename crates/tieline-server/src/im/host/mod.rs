//! The IM service behind a WebSocket path: lines, whose logins an [`Accounts`] judges and whose requests the
//! [engine](super::engine) decides.

mod inside;
mod line;
mod load;
mod mailbox;
mod notes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderValue, Response, StatusCode, header};
use tieline_core::{Instant, Secret, Text};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::{Arrival, MessageRecord, Service, ServiceConfig, SessionId, UserNumber};
use tieline_portsip_im::{Credentials, Status};

use super::engine::{Around, Clock, Engine, Running, SystemClock};
use super::meter::{Meter, ServiceStats};
use super::store::{Store, StoreError};
use crate::census::{self, Caps, Census, Refused};
use crate::clock::since_epoch;
use crate::{Body, Line, Opening, WebSocketService, plain};
pub use inside::{InsideSession, Told};
use line::HostedLine;
use load::Costs;
use mailbox::{Post, Postman};

/// Judges logins. The calls are made on threads of the runtime, so none blocks for long.
pub trait Accounts: Send + Sync + 'static {
    /// Who it is. Compare secrets with [`Secret::matches`].
    ///
    /// # Errors
    /// What the client is answered: [`Status::AUTHENTICATION_FAILED`], [`Status::UNKNOWN_SCHEME`] or another.
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status>;

    /// A user by number, for others who write to somebody that has never logged in. By default nobody is known before the
    /// first login. Called on the thread that decides.
    fn user(&self, number: UserNumber) -> Option<Arrival> {
        let _ = number;
        None
    }

    /// Whether a user who is logged in may stay: asked by [`HostedIm::end_strangers`]. By default everybody may.
    fn may_stay(&self, number: UserNumber) -> bool {
        let _ = number;
        true
    }

    /// The external message channels that a user who is logged in may use now, by the ids behind `emc`: asked by
    /// [`HostedIm::renew_channels`]. `None`, as by default: those of the login.
    fn channels(&self, number: UserNumber) -> Option<Vec<Text>> {
        let _ = number;
        None
    }
}

impl<A: Accounts + ?Sized> Accounts for Arc<A> {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        (**self).login(credentials)
    }

    fn user(&self, number: UserNumber) -> Option<Arrival> {
        (**self).user(number)
    }

    fn may_stay(&self, number: UserNumber) -> bool {
        (**self).may_stay(number)
    }

    fn channels(&self, number: UserNumber) -> Option<Vec<Text>> {
        (**self).channels(number)
    }
}

/// A login that is right.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Admitted {
    /// Who it is. The program is told by the `hi` that came before, whatever stands here.
    pub arrival: Arrival,
    /// The token for file transfers, standard base64.
    pub token: Option<Secret>,
}

impl Admitted {
    /// A user without a token for files.
    #[must_use]
    pub const fn new(arrival: Arrival) -> Self {
        Self { arrival, token: None }
    }

    /// The same with a token for files.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }
}

/// Takes what users publish in external message channels: the channel, `emc…`, and the message.
pub type Outside = dyn Fn(&Text, MessageRecord) + Send + Sync;

/// The IM service as a service of a [`Router`](crate::Router). Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct HostedIm {
    shared: Arc<Shared>,
    config: ServerConfig,
    limits: LineLimits,
    census: Census,
}

/// What the lines have in common.
pub(super) struct Shared {
    engine: Engine,
    post: Post,
    accounts: Arc<dyn Accounts>,
    next: AtomicU64,
    meter: Meter,
    /// What tells the time of day.
    clock: Arc<dyn Clock>,
    costs: Costs,
    /// The channels that the engine was told last, by the lines that were there, and how many reads had failed by then.
    channels: Mutex<(BTreeMap<SessionId, Vec<Text>>, usize)>,
}

impl Shared {
    fn next_id(&self) -> SessionId {
        SessionId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// The time of day at the line's [`Instant::EPOCH`], as it is counted at `now`.
    fn epoch_unix_micros(&self, now: Instant) -> i64 {
        self.clock.unix_micros(self.clock.now()).saturating_sub(since_epoch(now))
    }
}

/// How many lines there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineLimits {
    /// Lines at once; more are answered 503. Default 20,000.
    pub lines: usize,
    /// Lines at once from one address (IPv6: from one /64 network); more are answered 429. Default 1,024. Behind a proxy all
    /// clients share one address: raise it there.
    pub per_address: usize,
    /// New lines from one address in a minute, all of which may come at once; more are answered 429. Default 3,000.
    pub per_minute: u32,
}

impl Default for LineLimits {
    fn default() -> Self {
        Self { lines: 20_000, per_address: 1024, per_minute: 3_000 }
    }
}

impl HostedIm {
    /// Starts the service over a store. It runs until [`Running`] is dropped, best after the server has shut down. The
    /// clock and the limits of `config` are used, its time of day is the system's.
    ///
    /// # Errors
    /// When the store cannot be opened, or there can be no thread.
    pub fn start(
        store: &impl Store,
        config: ServiceConfig,
        accounts: impl Accounts,
        outside: Box<Outside>,
    ) -> Result<(Self, Running), StoreError> {
        Self::start_with_clock(store, config, accounts, outside, Arc::new(SystemClock::start()))
    }

    /// The same with another clock than the system's, which tells all times that clients see. The deadlines of lines stay
    /// those of the system.
    ///
    /// # Errors
    /// When the store cannot be opened, or there can be no thread.
    pub fn start_with_clock(
        store: &impl Store,
        config: ServiceConfig,
        accounts: impl Accounts,
        outside: Box<Outside>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Running), StoreError> {
        let (reader, writer) = store.open()?;
        let mut line = ServerConfig::new(0);
        line.hello.max_subscriber_count = Some(config.members as u64);
        let costs = Costs::of(&config);
        let (post, service, meter) = (Post::new(outside), Service::new(config), Meter::default());
        let accounts: Arc<dyn Accounts> = Arc::new(accounts);
        let known = Arc::clone(&accounts);
        let around = Around {
            clock: Arc::clone(&clock),
            meter: meter.clone(),
            directory: Box::new(move |number| known.user(number)),
        };
        let (engine, running) = Engine::start_within(service, reader, writer, Postman::new(post.clone()), around)?;
        let (next, channels) = (AtomicU64::new(1), Mutex::default());
        let shared = Shared { engine, post, accounts, next, meter, clock, costs, channels };
        let (limits, census) = (LineLimits::default(), Census::default());
        Ok((Self { shared: Arc::new(shared), config: line, limits, census }, running))
    }

    /// With other limits and times of the lines. The time of day is the system's, whatever stands here.
    #[must_use]
    pub fn lines(mut self, mut config: ServerConfig) -> Self {
        let members = self.config.hello.max_subscriber_count;
        config.hello.max_subscriber_count = config.hello.max_subscriber_count.or(members);
        self.config = config;
        self
    }

    /// With other limits on how many lines there may be. They count lines only, whatever the server counts.
    #[must_use]
    pub const fn line_limits(mut self, limits: LineLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Closes the lines of users who [may no longer stay](Accounts::may_stay), with code 1001. How many lines.
    pub fn end_strangers(&self) -> usize {
        self.shared.post.end_unless(|user| self.shared.accounts.may_stay(user))
    }

    /// Tells the engine [which channels](Accounts::channels) the users who are logged in may use now, where that is not as at
    /// the last call: who lost one is detached from it on all lines. Of how many lines that was there before it was not.
    pub fn renew_channels(&self) -> usize {
        let mut told = self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, failed_then) = &mut *told;
        // Where the store could not be read the engine may have been told in vain.
        let failed = self.shared.meter.failed_reads().get();
        let again = std::mem::replace(failed_then, failed) != failed;
        let (mut lines, mut found, mut changed) = (BTreeMap::new(), BTreeMap::new(), 0);
        for (line, user) in self.shared.post.logged_in() {
            let channels = found.entry(user).or_insert_with(|| {
                let channels = self.shared.accounts.channels(user);
                (channels, false)
            });
            let (Some(now), is_told) = (&channels.0, &mut channels.1) else { continue };
            let before = known.remove(&line);
            // A line that is new may have logged in with what was so a moment ago.
            let is_other = before.as_ref() != Some(now);
            if is_other || again {
                changed += usize::from(is_other && before.is_some());
                if !std::mem::replace(is_told, true) {
                    self.shared.engine.change_channels(user, now.clone());
                }
            }
            lines.insert(line, now.clone());
        }
        *known = lines;
        changed
    }

    /// What was counted since the start, and what is held now.
    #[must_use]
    pub fn stats(&self) -> ServiceStats {
        self.shared.meter.stats()
    }

    /// Lets somebody in without a line and without a login: a person that is simulated, a robot of this program. What it is
    /// told is dropped when more than `limit` bytes wait.
    #[must_use]
    pub fn enter(&self, arrival: Arrival, limit: usize) -> InsideSession {
        InsideSession::open(Arc::clone(&self.shared), arrival, limit)
    }

    /// The thread that decides, for messages from outside and an orderly end.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.shared.engine
    }
}

impl fmt::Debug for HostedIm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostedIm")
    }
}

impl WebSocketService for HostedIm {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let seat = self.seat(opening)?;
        let mut config = self.config.clone();
        config.epoch_unix_micros = self.shared.epoch_unix_micros(opening.now);
        let id = self.shared.next_id();
        Ok(Box::new(HostedLine::new(config, id, Arc::clone(&self.shared), opening.now, seat)))
    }
}

impl HostedIm {
    fn seat(&self, opening: &Opening<'_>) -> Result<census::Admitted, Box<Response<Body>>> {
        let LineLimits { lines, per_address, per_minute } = self.limits;
        let caps = Caps { all: lines, per_address, per_minute };
        self.census.admit(opening.peer.ip(), opening.now, caps).map_err(|by| {
            self.shared.meter.refused_lines().add(1);
            let (status, words) = match by {
                Refused::Full => (StatusCode::SERVICE_UNAVAILABLE, "too many lines"),
                Refused::Address => (StatusCode::TOO_MANY_REQUESTS, "too many lines from this address"),
                Refused::Rate => (StatusCode::TOO_MANY_REQUESTS, "new lines too often from this address"),
            };
            let mut refused = plain(status, words);
            refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            Box::new(refused)
        })
    }
}
