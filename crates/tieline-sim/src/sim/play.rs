//! What is played: the day, or a scenario.

use tieline_core::Instant;

use crate::day::{Chatter, Day};
use crate::scenario::{Act, ImAct, Moment, Script, Stage, Traffic};
use crate::world::{Occurrence, Refused, TenantKey, World};

/// The world, and what moves it.
#[derive(Debug)]
pub(crate) enum Play {
    /// The scripted day, the calls that somebody began from outside of it, and what people write to each other.
    Day(Box<Day>, Stage, Box<Chatter>),
    Script(Box<Script>),
}

impl Play {
    pub(crate) fn world(&self) -> &World {
        match self {
            Self::Day(day, ..) => day.world(),
            Self::Script(script) => script.world(),
        }
    }

    /// The first tenant.
    pub(crate) fn tenant(&self) -> TenantKey {
        match self {
            Self::Day(day, ..) => day.tenant(),
            Self::Script(script) => script.tenant(),
        }
    }

    /// The calls that steps speak of.
    pub(crate) fn stage(&self) -> &Stage {
        match self {
            Self::Day(_, stage, _) => stage,
            Self::Script(script) => script.stage(),
        }
    }

    pub(crate) fn put_clock_forward(&mut self, seconds: i64) {
        match self {
            Self::Day(day, ..) => day.put_clock_forward(seconds),
            Self::Script(script) => script.world_mut().put_clock_forward(seconds),
        }
    }

    /// When something happens next; `None` while nothing is to come.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        match self {
            Self::Day(day, ..) => Some(day.next_due()),
            Self::Script(script) => [script.next_due(), script.next_step_due()].into_iter().flatten().min(),
        }
    }

    /// When the next step of a scenario is due.
    pub(crate) fn next_step_due(&self) -> Option<Instant> {
        match self {
            Self::Day(..) => None,
            Self::Script(script) => script.next_step_due(),
        }
    }

    /// The next step of a scenario that is due by `until`.
    pub(crate) fn take_step(&mut self, until: Instant) -> Option<Moment> {
        match self {
            Self::Day(..) => None,
            Self::Script(script) => script.take_step(until),
        }
    }

    /// When somebody in the scripted day does something in IM.
    pub(crate) fn next_message_due(&self) -> Option<Instant> {
        match self {
            Self::Day(.., chatter) => Some(chatter.next_due()),
            Self::Script(_) => None,
        }
    }

    /// What somebody in the scripted day does in IM by `until`.
    pub(crate) fn take_message(&mut self, until: Instant) -> Option<ImAct> {
        match self {
            Self::Day(.., chatter) => chatter.take_due(until),
            Self::Script(_) => None,
        }
    }

    /// Goes on to `to` without taking steps, and tells what happened on the way.
    pub(crate) fn advance(&mut self, to: Instant) -> Vec<Occurrence> {
        match self {
            Self::Day(day, ..) => day.advance(to),
            Self::Script(script) => script.advance(to),
        }
    }

    /// Does what a step says, now.
    pub(crate) fn perform(&mut self, act: &Act) -> Result<Vec<Occurrence>, Refused> {
        match self {
            Self::Day(day, stage, _) => {
                let tenant = day.tenant();
                day.intervene(|world| stage.perform(world, tenant, act)).map(|(_, occurrences)| occurrences)
            }
            Self::Script(script) => script.perform(act),
        }
    }

    /// Many callers from now on. The scripted day has its own.
    pub(crate) fn spread(&mut self, traffic: &Traffic) -> Result<(), Refused> {
        match self {
            Self::Day(..) => Err(Refused::NotNow),
            Self::Script(script) => {
                script.spread(traffic);
                Ok(())
            }
        }
    }

    /// A client lets an extension call.
    pub(crate) fn originate(&mut self, from: &str, to: &str) -> Result<Vec<Occurrence>, Refused> {
        match self {
            Self::Day(day, stage, _) => {
                let occurrences = day.originate(day.tenant(), from, to)?;
                let newest = day.world().calls().last().map(|call| call.key);
                newest.into_iter().for_each(|key| stage.begun_by_client(key));
                Ok(occurrences)
            }
            Self::Script(script) => script.originate(from, to),
        }
    }
}
