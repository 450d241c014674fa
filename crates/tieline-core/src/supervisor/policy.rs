//! What a supervisor does when things fail.

use core::time::Duration;

use crate::{BackoffPolicy, Limits};

/// How a supervisor dials, waits and gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether to dial again after a loss. Default true; with false the first loss is the end.
    pub reconnect: bool,
    /// Whether a failure before the line was live for the first time is retried as a later one is. Default false: an
    /// address that never worked is more often a mistake than an outage.
    pub retry_first: bool,
    /// Whether a refused login is retried, with new credentials and after the usual wait. Default false: it is final.
    pub retry_refused_login: bool,
    /// Whether a failure that most likely repeats is retried all the same: a certificate that is refused, above all,
    /// where whoever runs the server may put that right while nobody is there to start the program anew. Default false:
    /// it is final.
    pub retry_terminal: bool,
    /// The waits between dials.
    pub backoff: BackoffPolicy,
    /// How long a line must have been live for the waits to start over. Default 10 s.
    pub stable_after: Duration,
    /// How long the driver may take to open a line. Default 30 s.
    pub dial_timeout: Duration,
    /// The bounds of unread events; while they are reached, no new line is dialled.
    pub limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            reconnect: true,
            retry_first: false,
            retry_refused_login: false,
            retry_terminal: false,
            backoff: BackoffPolicy::default(),
            stable_after: Duration::from_secs(10),
            dial_timeout: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}
