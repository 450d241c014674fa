//! What a simulator is to play.

use super::play::Play;
use super::run::Run;
use super::seed_of;
use crate::day::{self, Chatter, Day};
use crate::scenario::{Group, Scenario, Script, Stage, Watch};
use crate::world::Refused;

pub(super) struct Program {
    pub(super) play: Play,
    pub(super) watch: Watch,
    pub(super) run: Run,
    /// The groups of IM at the beginning.
    pub(super) groups: Vec<Group>,
    /// The extensions whose owners are not in IM by themselves.
    pub(super) away: Vec<String>,
}

impl Program {
    /// A scenario, with the seed that it has now.
    pub(super) fn of(scenario: &Scenario) -> Self {
        // It was looked through when it was read or built; another seed changes no more than its traffic.
        let (script, _) = Script::open(scenario, seed_of(scenario.seed()));
        Self {
            play: Play::Script(Box::new(script)),
            watch: Watch::of(scenario),
            run: Run::of(scenario),
            groups: scenario.groups.clone(),
            away: scenario.not_in_im(),
        }
    }

    /// The scripted day.
    pub(super) fn day(seed: u64, start_unix_seconds: i64) -> Result<Self, Refused> {
        let day = Day::new(seed_of(seed), start_unix_seconds)?;
        let play = Play::Day(Box::new(day), Stage::default(), Box::new(Chatter::new(seed_of(seed))));
        Ok(Self { play, watch: Watch::default(), run: Run::day(seed), groups: day::groups(), away: Vec::new() })
    }
}
