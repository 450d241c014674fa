//! Call detail records.

use std::sync::Arc;
use std::time::Duration;

use tieline_core::Instant;

use super::call::{CallInfo, EndReason, Target};

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CdrStatus {
    /// Somebody answered.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// It could not be put through.
    Failed,
}

/// The record of a call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cdr {
    /// What was known of the call.
    pub call: Arc<CallInfo>,
    /// How it went.
    pub status: CdrStatus,
    /// When it started.
    pub started: Instant,
    /// When the first target rang, if any did.
    pub rang: Option<Instant>,
    /// When the first target answered, if any did.
    pub answered: Option<Instant>,
    /// When it was over.
    pub ended: Instant,
    /// Why it was over.
    pub end_reason: EndReason,
    /// The SIP status of a failed call, else 0.
    pub status_code: u16,
    /// Every target, in order, each of them over.
    pub targets: Vec<Target>,
}

impl Cdr {
    /// From the first ring to the first answer, or to the end when nobody answered.
    #[must_use]
    pub fn ring_time(&self) -> Duration {
        self.rang.map_or(Duration::ZERO, |rang| self.answered.unwrap_or(self.ended).since(rang))
    }

    /// From the first answer to the end.
    #[must_use]
    pub fn talk_time(&self) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| self.ended.since(answered))
    }
}
