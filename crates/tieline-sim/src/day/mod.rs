//! A call-centre day, and the next one, without end.
//!
//! The first two and a half minutes are the tour: each kind of occurrence, always the same ones. After it comes
//! random traffic from the seed. Something happens at least every two seconds.

mod act;
mod chatter;
mod office;
mod people;
mod perform;
mod plan;
mod tour;
mod traffic;

use std::collections::BTreeMap;
use std::time::Duration;

use tieline_core::{Instant, Random, Seed};

use crate::world::{CallKey, Occurrence, Refused, TenantKey, World};
use act::{Act, Agenda, Caller};
pub(crate) use chatter::{Chatter, groups};
use office::Offices;
use plan::Plan;

/// Separates the day's random numbers from those of other parts of the simulator.
const PURPOSE: u64 = 0xDA1;

/// When the tour is over and random traffic begins. Every kind of occurrence has been seen by then.
pub const TOUR: Duration = Duration::from_secs(150);

/// How long the shift of a working day is; the next one follows at once.
pub const SHIFT: Duration = Duration::from_secs(8 * 3600);

/// How long nothing may happen.
const QUIET: Duration = Duration::from_secs(2);

/// How many seconds people talk whom the PBX has connected by itself.
const ORIGINATED: u64 = 20;

/// How long a device waits before it refreshes its registration.
const REFRESH: Duration = Duration::from_secs(240);

/// A world in which people work.
///
/// The same seed and start time give the same occurrences, however [`advance`](Self::advance) is called.
#[derive(Debug)]
pub struct Day {
    world: World,
    random: Random,
    offices: Offices,
    agenda: Agenda,
    plans: BTreeMap<CallKey, Plan>,
    last_occurrence: Instant,
    last_refresh: Instant,
    refused: u64,
}

impl Day {
    /// A day that begins `start_unix_seconds` after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Never, as long as the offices are set up without contradiction.
    pub fn new(seed: Seed, start_unix_seconds: i64) -> Result<Self, Refused> {
        let mut world = World::new(seed, start_unix_seconds);
        let offices = office::open(&mut world)?;
        // How the offices came to be is no news.
        drop(world.take_occurrences());
        let mut day = Self {
            world,
            random: Random::new(seed, PURPOSE),
            offices,
            agenda: Agenda::default(),
            plans: BTreeMap::new(),
            last_occurrence: Instant::EPOCH,
            last_refresh: Instant::EPOCH,
            refused: 0,
        };
        tour::plan(&mut day);
        day.plan(TOUR, Act::Arrival);
        day.plan(SHIFT, Act::ShiftChange);
        Ok(day)
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Puts the clock of the world forward, or back; see [`World::put_clock_forward`].
    pub fn put_clock_forward(&mut self, seconds: i64) {
        self.world.put_clock_forward(seconds);
    }

    /// The first tenant: the one that the scripted day is about.
    #[must_use]
    pub fn tenant(&self) -> TenantKey {
        self.offices.acme
    }

    /// The second, small tenant.
    #[must_use]
    pub fn other_tenant(&self) -> TenantKey {
        self.offices.globex
    }

    /// How often people meant to do what the world refused, because its moment had passed.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// When something happens next; at most two seconds of scenario time after the last occurrence.
    #[must_use]
    pub fn next_due(&self) -> Instant {
        let refresh = self.refresh_due();
        [self.agenda.next_due(), self.world.next_due()].into_iter().flatten().fold(refresh, Instant::min)
    }

    /// Goes on to `to` and tells what happened on the way, in order. Time never goes back.
    pub fn advance(&mut self, to: Instant) -> Vec<Occurrence> {
        let mut happened = Vec::new();
        loop {
            let due = self.next_due();
            if due > to {
                break;
            }
            self.step(due, &mut happened);
        }
        self.world.advance(to);
        happened
    }

    /// Somebody tells the PBX to call `to` for an extension, which talks for a while once that answers. What happened at
    /// once, in order.
    ///
    /// # Errors
    /// As [`World::dial`].
    pub fn originate(&mut self, tenant: TenantKey, from: &str, to: &str) -> Result<Vec<Occurrence>, Refused> {
        let plan = Box::new(Plan::talk(ORIGINATED));
        self.perform(Act::Dial { tenant, caller: Caller::Extension(from.to_owned()), to: to.to_owned(), plan })?;
        let occurrences = self.world.take_occurrences();
        self.last_occurrence = self.world.now();
        for occurrence in &occurrences {
            self.react(occurrence);
        }
        Ok(occurrences)
    }

    /// Somebody else does something in the world, and the people react to it. What happened at once, in order.
    ///
    /// # Errors
    /// What the world refused.
    pub(crate) fn intervene<T>(
        &mut self,
        act: impl FnOnce(&mut World) -> Result<T, Refused>,
    ) -> Result<(T, Vec<Occurrence>), Refused> {
        let done = act(&mut self.world)?;
        let occurrences = self.world.take_occurrences();
        if !occurrences.is_empty() {
            self.last_occurrence = self.world.now();
        }
        for occurrence in &occurrences {
            self.react(occurrence);
        }
        Ok((done, occurrences))
    }

    /// Does one thing that is due.
    fn step(&mut self, due: Instant, happened: &mut Vec<Occurrence>) {
        let by_itself = self.world.next_due().is_some_and(|first| first <= due);
        let mut deliberate = false;
        self.world.advance(due);
        if !by_itself {
            if let Some(act) = self.agenda.take_due(due) {
                deliberate = matches!(act, Act::Agent { .. });
                if self.perform(act).is_err() {
                    self.refused += 1;
                }
            } else if self.refresh_due() <= due {
                self.refresh();
            }
        }
        let occurrences = self.world.take_occurrences();
        if !occurrences.is_empty() {
            self.last_occurrence = due;
        }
        for occurrence in &occurrences {
            self.react(occurrence);
            if !deliberate {
                self.ready_again(occurrence);
            }
        }
        happened.extend(occurrences);
    }

    fn plan(&mut self, after_start: Duration, act: Act) {
        self.agenda.plan(Instant::from_epoch(after_start), act);
    }

    fn plan_in(&mut self, delay: Duration, act: Act) {
        self.agenda.plan(self.world.now() + delay, act);
    }

    /// When a device refreshes its registration next: when it must, or when nothing else has happened for too long.
    fn refresh_due(&self) -> Instant {
        let stalest = self.world.stalest_registration().map_or(Instant::EPOCH, |(_, _, _, since)| since);
        let must = (stalest + REFRESH).max(self.last_refresh + Duration::from_secs(1));
        must.min(self.last_occurrence + QUIET)
    }

    fn refresh(&mut self) {
        self.last_refresh = self.world.now();
        if let Some((tenant, number, device, _)) = self.world.stalest_registration()
            && self.world.register(tenant, &number, device).is_err()
        {
            self.refused += 1;
        }
    }
}
