//! Several addresses of one API.

use std::sync::Arc;
use std::vec::Vec;

use tieline_core::http::{ApiError, BaseUrl, CallError, Repeat};
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind, Sent};

/// The addresses of one API, in the order they are tried. The vendor names two and no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bases {
    /// At least one.
    urls: Arc<[BaseUrl]>,
    preferred: usize,
}

/// One call on its way through the addresses.
#[derive(Clone, Debug)]
pub struct Attempt {
    urls: Arc<[BaseUrl]>,
    at: usize,
    left: usize,
    repeat: Repeat,
    /// The most hopeful of the failures so far.
    hope: Option<Class>,
}

/// What to do after a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make the call again at once, at the [`Attempt::base`] of now.
    Failover,
    /// Leave it. The class says whether the same call may be made anew later, with a new [`Attempt`] and after a wait:
    /// the most hopeful answer of all addresses that were tried.
    Stop(Class),
}

impl Bases {
    /// The vendor's two addresses.
    pub const VENDOR: [&'static str; 2] = ["https://api.cloudpbx.pl", "https://api2.cloudpbx.pl"];

    /// One address.
    #[must_use]
    pub fn one(url: BaseUrl) -> Self {
        Self { urls: [url].into(), preferred: 0 }
    }

    /// Several addresses in order; `None` when there is none.
    #[must_use]
    pub fn new(urls: impl IntoIterator<Item = BaseUrl>) -> Option<Self> {
        let urls: Vec<_> = urls.into_iter().collect();
        (!urls.is_empty()).then(|| Self { urls: urls.into(), preferred: 0 })
    }

    /// The first address, and the others.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "there is always a first one")]
    pub fn split_first(&self) -> (&BaseUrl, &[BaseUrl]) {
        (&self.urls[0], &self.urls[1..])
    }

    /// The addresses in the order they were given.
    #[must_use]
    pub fn urls(&self) -> &[BaseUrl] {
        &self.urls
    }

    /// Begins a call. A call that only reads goes through the addresses in order, beginning at the
    /// [preferred](Self::prefer) one; a command goes to that one alone.
    #[must_use]
    pub fn attempt(&self, repeat: Repeat) -> Attempt {
        let left = if repeat == Repeat::Safe { self.urls.len() - 1 } else { 0 };
        Attempt { urls: self.urls.clone(), at: self.preferred, left, repeat, hope: None }
    }

    /// Lets later calls begin at the address that answered this one, so that not each of them waits for a dead one.
    pub fn prefer(&mut self, answered: &Attempt) {
        if let Some(at) = self.urls.iter().position(|url| url == answered.base()) {
            self.preferred = at;
        }
    }
}

impl Attempt {
    /// Where the call is to be made now.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "`at` is always below the length, which no input changes")]
    pub fn base(&self) -> &BaseUrl {
        &self.urls[self.at]
    }

    /// What to do after no answer came.
    ///
    /// | failure | a call that reads | a command |
    /// |---|---|---|
    /// | no connection, broken, no answer in time, 5xx, 408 | the next address | stop |
    /// | any other status, unreadable, too long | stop | stop |
    ///
    /// A command stops with the failure's own class when nothing of it was sent, and as terminal when the server may
    /// have acted.
    pub fn failed(&mut self, failure: &ExchangeFailure) -> Next {
        use ExchangeFailureKind as Kind;
        let elsewhere = match &failure.kind {
            Kind::Connect { .. } | Kind::Broken | Kind::Timeout => true,
            Kind::Status { status, .. } => server_fails(*status),
            _ => false,
        };
        self.step(elsewhere, failure.class(), failure.sent == Sent::Nothing)
    }

    /// What to do after an answer that is no success. A command stops as terminal, unless the key was refused.
    pub fn refused(&mut self, error: &ApiError) -> Next {
        let undone = error.class() == Class::Reauthenticate;
        self.step(server_fails(error.status), error.class(), undone)
    }

    /// What to do after a call brought no reply, whatever the reason. One that cannot be written is terminal.
    pub fn after(&mut self, error: &CallError) -> Next {
        match error {
            CallError::Failed(failure) => self.failed(failure),
            CallError::Api(error) => self.refused(error),
            _ => Next::Stop(error.class()),
        }
    }

    /// `undone`: the server certainly did not act.
    fn step(&mut self, elsewhere: bool, class: Class, undone: bool) -> Next {
        if self.repeat == Repeat::Never {
            return Next::Stop(if undone { class } else { Class::Terminal });
        }
        if !elsewhere {
            return Next::Stop(class);
        }
        let hope = self.hope.map_or(class, |hope| more_hopeful(hope, class));
        self.hope = Some(hope);
        let Some(left) = self.left.checked_sub(1) else { return Next::Stop(hope) };
        self.left = left;
        self.at = (self.at + 1) % self.urls.len();
        Next::Failover
    }
}

const fn server_fails(status: u16) -> bool {
    matches!(status, 408 | 500..=599)
}

fn more_hopeful(a: Class, b: Class) -> Class {
    match (a, b) {
        (Class::Retry, _) | (_, Class::Retry) => Class::Retry,
        (Class::RetryAfter(a), Class::RetryAfter(b)) => Class::RetryAfter(a.min(b)),
        (after @ Class::RetryAfter(_), _) | (_, after @ Class::RetryAfter(_)) => after,
        (Class::Reauthenticate, _) | (_, Class::Reauthenticate) => Class::Reauthenticate,
        (terminal, _) => terminal,
    }
}
