//! Scenarios in Rust.

use std::time::Duration;

use super::check;
use super::im::Group;
use super::place::{Mistake, Place};
use super::setting::{Extension, Queue, Trunk};
use super::step::{Moment, Step};
use super::{Pace, Scenario};

/// Builds a [`Scenario`]; made by [`Scenario::builder`].
///
/// ```
/// use std::time::Duration;
/// use tieline_sim::scenario::{Call, Expect, Extension, Scenario, Step, Trunk};
///
/// let at = Duration::from_secs;
/// let scenario = Scenario::builder("screen pop")
///     .trunk(Trunk::new("Carrier One"))
///     .extension(Extension::new("101", "Alice Novak"))
///     .at(at(0), Expect::login("101").within(at(10)))
///     .at(at(2), Call::new("first", "12025550123", "101").name("Anna Bell"))
///     .at(at(5), Step::answer("first", "101"))
///     .build();
/// assert!(scenario.is_ok());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ScenarioBuilder(Scenario);

impl ScenarioBuilder {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self(Scenario { name: name.into(), pace: Pace::Stepped, ..Scenario::empty() })
    }

    /// Everything random follows from it. Default 7.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// When it begins, in seconds since 1970-01-01T00:00:00Z. Default: 2026-01-01T07:00:00Z.
    pub const fn start_time(mut self, unix_seconds: i64) -> Self {
        self.0.start = unix_seconds;
        self
    }

    /// How time passes. Default: [stepped](Pace::Stepped); in a file it is real.
    pub const fn pace(mut self, pace: Pace) -> Self {
        self.0.pace = pace;
        self
    }

    /// How long it takes. Default: until a second after the last step and the last expectation.
    pub const fn length(mut self, length: Duration) -> Self {
        self.0.length = Some(length);
        self
    }

    /// How long stepped time stands, in real time, while a client is expected to do something. Default 10 s.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.0.patience = patience;
        self
    }

    /// The tenant and its SIP domain. Default `Acme` and `acme.test`.
    pub fn tenant(mut self, name: impl Into<String>, domain: impl Into<String>) -> Self {
        self.0.tenant = name.into();
        self.0.domain = domain.into();
        self
    }

    /// Adds a trunk.
    pub fn trunk(mut self, trunk: Trunk) -> Self {
        self.0.trunks.push(trunk);
        self
    }

    /// Adds an extension.
    pub fn extension(mut self, extension: Extension) -> Self {
        self.0.extensions.push(extension);
        self
    }

    /// Adds a queue.
    pub fn queue(mut self, queue: Queue) -> Self {
        self.0.queues.push(queue);
        self
    }

    /// Adds a group of IM.
    pub fn group(mut self, group: Group) -> Self {
        self.0.groups.push(group);
        self
    }

    /// Lets something happen at this time from the beginning, or expects something from then on.
    pub fn at(mut self, time: Duration, step: impl Into<Step>) -> Self {
        let Step(act) = step.into();
        self.0.timeline.push(Moment { at: time, place: Place::default(), act, random: false });
        self
    }

    /// The scenario.
    ///
    /// # Errors
    /// What cannot be meant, without positions.
    pub fn build(self) -> Result<Scenario, Vec<Mistake>> {
        check::check(&self.0)?;
        Ok(self.0)
    }
}
