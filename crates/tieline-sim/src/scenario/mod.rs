//! Scenarios: who there is, what happens when, and what clients are expected to do.
//!
//! A scenario is written in TOML and read by [`Scenario::parse`], or built in Rust with the same words. It is played by
//! [`SimBuilder::scenario`](crate::SimBuilder::scenario). The words of the language are described in `docs/simulator.md`.
//!
//! ```
//! use tieline_sim::scenario::Scenario;
//!
//! let scenario = Scenario::parse(
//!     r#"
//!     extension = [{ number = "101", name = "Alice Novak" }]
//!     trunk = [{ name = "Carrier One" }]
//!     timeline = [
//!         { at = "0s", expect = { login = "101", within = "10s" } },
//!         { at = "2s", call = { id = "first", from = "12025550123", to = "101" } },
//!         { at = "5s", answer = "first" },
//!         { at = "30s", hang-up = "first" },
//!     ]
//!     "#,
//! );
//! assert!(scenario.is_ok());
//!
//! // Line and column of what cannot be meant.
//! let mistakes = Scenario::parse("extension = [{ number = \"101\", nam = \"Alice\" }]").unwrap_err();
//! assert_eq!(mistakes[0].position, Some((1, 14)));
//! ```

mod build;
mod check;
mod deed;
mod expect;
mod im;
mod junit;
mod place;
mod read;
mod report;
mod script;
mod setting;
mod stage;
mod step;
mod watch;

use std::time::Duration;

pub use build::ScenarioBuilder;
pub use expect::Expect;
pub use im::{Group, Receipt};
pub use place::Mistake;
pub use read::VERBS;
pub use report::{Check, Report, Verdict};
pub use setting::{Extension, Habit, Queue, Trunk};
pub use step::{Call, Step, Traffic};

pub(crate) use check::{KEY, STREAM};
pub(crate) use deed::Deed;
pub(crate) use im::ImAct;
pub(crate) use place::Word;
pub(crate) use read::{step as step_from_json, time as time_from_text};
pub(crate) use script::Script;
pub(crate) use stage::{Stage, is_outside};
pub(crate) use step::{Act, Moment};
pub(crate) use watch::Watch;

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Pace {
    /// As it does.
    Real,
    /// So many seconds of the scenario in a real one.
    Scaled(f64),
    /// It jumps from one thing to the next, and stands while a client is expected to do something.
    Stepped,
}

/// A scenario that can be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) start: i64,
    pub(crate) pace: Pace,
    pub(crate) length: Option<Duration>,
    pub(crate) patience: Duration,
    pub(crate) tenant: String,
    pub(crate) domain: String,
    pub(crate) clients_answered: Habit,
    pub(crate) clients_talk: Habit,
    pub(crate) trunks: Vec<Trunk>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) groups: Vec<Group>,
    pub(crate) timeline: Vec<Moment>,
}

impl Scenario {
    /// Reads a scenario and looks whether it can be played: it is, once, without clients.
    ///
    /// # Errors
    /// Every mistake that was found; of TOML that is none the first.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let scenario = read::scenario(text)?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// Builds a scenario in Rust.
    pub fn builder(name: impl Into<String>) -> ScenarioBuilder {
        ScenarioBuilder::new(name)
    }

    pub(crate) fn empty() -> Self {
        Self {
            name: "scenario".to_owned(),
            seed: crate::sim::SEED,
            start: crate::sim::START,
            pace: Pace::Real,
            length: None,
            patience: Duration::from_secs(10),
            tenant: "Acme".to_owned(),
            domain: "acme.test".to_owned(),
            clients_answered: Habit::After(Duration::from_millis(1500)),
            clients_talk: Habit::After(Duration::from_secs(20)),
            trunks: Vec::new(),
            extensions: Vec::new(),
            queues: Vec::new(),
            groups: Vec::new(),
            timeline: Vec::new(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How time passes.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// Everything random follows from it.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The extensions whose owners do not come into IM by themselves.
    pub(crate) fn not_in_im(&self) -> Vec<String> {
        let away = self.extensions.iter().filter(|extension| !extension.im);
        away.map(|extension| extension.number.text.clone()).collect()
    }

    /// When it is over: its length, or a second after the last step and the last expectation.
    #[must_use]
    pub fn end(&self) -> Duration {
        let over = |moment: &Moment| match &moment.act {
            Act::Expect(expect) => moment.at.saturating_add(expect.within),
            _ => moment.at,
        };
        let last = self.moments().iter().map(over).max().unwrap_or_default();
        self.length.unwrap_or_else(|| last.saturating_add(Duration::from_secs(1)))
    }
}
