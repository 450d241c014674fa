//! Plays a scenario: what people do when their time has come.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

use tieline_core::{Instant, Random, Seed};

use super::Scenario;
use super::place::{Mistake, Place, Word};
use super::setting::Habit;
use super::stage::{self, Stage};
use super::step::{Act, Call, Moment, Traffic};
use crate::world::{
    CallChange, CallInfo, CallKey, Happening, Occurrence, Origin, PartyKind, Refused, Side, TargetChange, TenantKey,
    World,
};

/// Separates the random numbers of traffic from those of other parts of the simulator.
const PURPOSE: u64 = 0x7AF;

impl Scenario {
    /// The timeline in order, traffic spelled out as calls.
    pub(super) fn moments(&self) -> Vec<Moment> {
        let mut random = Random::new(crate::sim::seed_of(self.seed), PURPOSE);
        let mut moments = Vec::new();
        for moment in &self.timeline {
            match &moment.act {
                Act::Traffic(traffic) => spell_out(traffic, (moment.at, moment.place), &mut random, &mut moments),
                _ => moments.push(moment.clone()),
            }
        }
        moments.sort_by_key(|moment| moment.at);
        moments
    }
}

fn spell_out(traffic: &Traffic, (from, place): (Duration, Place), random: &mut Random, moments: &mut Vec<Moment>) {
    let mut at = from;
    for _ in 0..traffic.calls {
        let from = Word::from(format!("12025550{:03}", random.below(1000)));
        let mut call = Call::of(Word::default(), from, traffic.to.clone());
        call.answered = traffic.answered.as_ref().map(|time| Habit::After(between(time, random)));
        call.talk = Habit::After(between(&traffic.talk, random));
        call.gives_up = traffic.gives_up.as_ref().map_or(Habit::Never, |time| Habit::After(between(time, random)));
        moments.push(Moment { at, place, act: Act::Call(Box::new(call)), random: true });
        at = at.saturating_add(between(&traffic.every, random));
    }
}

/// Whole milliseconds from the range.
fn between(range: &RangeInclusive<Duration>, random: &mut Random) -> Duration {
    let span = range.end().saturating_sub(*range.start()).as_millis();
    let more = random.below(u32::try_from(span).unwrap_or(u32::MAX).saturating_add(1));
    range.start().saturating_add(Duration::from_millis(more.into()))
}

/// What the people in one call do by themselves.
#[derive(Clone, Copy, Debug)]
struct Habits {
    answered: Option<Habit>,
    talk: Habit,
    /// Counts answers and transfers: who was to hang up before the last one does not.
    generation: u32,
}

/// One thing that somebody does by habit.
#[derive(Debug)]
enum Deed {
    Answer { number: String },
    HangUp { generation: u32 },
    GiveUp,
}

/// A scenario that is played.
#[derive(Debug)]
pub(crate) struct Script {
    world: World,
    tenant: TenantKey,
    stage: Stage,
    /// By number: when its owner answers.
    answering: BTreeMap<String, Habit>,
    habits: BTreeMap<CallKey, Habits>,
    clients: (Habit, Habit),
    agenda: BTreeMap<(Instant, u64), (CallKey, Deed)>,
    planned: u64,
    timeline: VecDeque<Moment>,
    /// Of traffic that is not on the timeline.
    random: Random,
}

impl Script {
    /// A scenario at its beginning, and what its world refused.
    pub(crate) fn open(scenario: &Scenario, seed: Seed) -> (Self, Vec<Mistake>) {
        let (world, tenant, mistakes) = stage::open(scenario, seed);
        let answering =
            scenario.extensions.iter().map(|extension| (extension.number.text.clone(), extension.answers)).collect();
        let script = Self {
            world,
            tenant,
            stage: Stage::default(),
            answering,
            habits: BTreeMap::new(),
            clients: (scenario.clients_answered, scenario.clients_talk),
            agenda: BTreeMap::new(),
            planned: 0,
            timeline: scenario.moments().into(),
            random: Random::new(seed, PURPOSE + 1),
        };
        (script, mistakes)
    }

    pub(crate) const fn world(&self) -> &World {
        &self.world
    }

    pub(crate) const fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    pub(crate) const fn tenant(&self) -> TenantKey {
        self.tenant
    }

    pub(crate) const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// When the next step is due.
    pub(crate) fn next_step_due(&self) -> Option<Instant> {
        self.timeline.front().map(|moment| Instant::from_epoch(moment.at))
    }

    /// The next step that is due by `until`.
    pub(crate) fn take_step(&mut self, until: Instant) -> Option<Moment> {
        self.next_step_due().filter(|due| *due <= until)?;
        self.timeline.pop_front()
    }

    /// When something happens next that is no step.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let habit = self.agenda.keys().next().map(|(due, _)| *due);
        [habit, self.world.next_due()].into_iter().flatten().min()
    }

    /// Goes on to `to` without taking steps, and tells what happened on the way, in order.
    pub(crate) fn advance(&mut self, to: Instant) -> Vec<Occurrence> {
        let mut happened = Vec::new();
        while let Some(due) = self.next_due().filter(|due| *due <= to) {
            let by_itself = self.world.next_due().is_some_and(|first| first <= due);
            self.world.advance(due);
            if !by_itself && let Some((_, (call, deed))) = self.agenda.pop_first() {
                // Its moment may have passed.
                let _too_late = self.do_by_habit(call, &deed);
            }
            self.collect(&mut happened);
        }
        self.world.advance(to);
        self.collect(&mut happened);
        happened
    }

    /// Does what a step says, now.
    pub(crate) fn perform(&mut self, act: &Act) -> Result<Vec<Occurrence>, Refused> {
        if let Act::AddExtension(new) = act {
            self.answering.insert(new.number.text.clone(), new.answers);
        }
        let begun = self.stage.perform(&mut self.world, self.tenant, act)?;
        if let (Some(key), Act::Call(call)) = (begun, act) {
            self.habits.insert(key, Habits { answered: call.answered, talk: call.talk, generation: 0 });
            if let Habit::After(time) = call.gives_up {
                self.plan(time, key, Deed::GiveUp);
            }
        }
        Ok(self.happened())
    }

    /// Many callers from now on.
    pub(crate) fn spread(&mut self, traffic: &Traffic) {
        let at = self.world.now().since_epoch();
        let mut moments = Vec::new();
        spell_out(traffic, (at, Place::default()), &mut self.random, &mut moments);
        self.timeline.extend(moments);
        self.timeline.make_contiguous().sort_by_key(|moment| moment.at);
    }

    /// A client lets an extension call.
    pub(crate) fn originate(&mut self, from: &str, to: &str) -> Result<Vec<Occurrence>, Refused> {
        let key = self.world.dial(self.tenant, Origin::Extension(from), to)?;
        let (answered, talk) = self.clients;
        // An extension's own habit comes first.
        let answered = (!matches!(self.answering.get(to), Some(Habit::After(_)))).then_some(answered);
        self.habits.insert(key, Habits { answered, talk, generation: 0 });
        self.stage.begun_by_client(key);
        Ok(self.happened())
    }

    fn happened(&mut self) -> Vec<Occurrence> {
        let mut happened = Vec::new();
        self.collect(&mut happened);
        happened
    }

    fn collect(&mut self, happened: &mut Vec<Occurrence>) {
        let occurrences = self.world.take_occurrences();
        occurrences.iter().for_each(|occurrence| self.react(occurrence));
        happened.extend(occurrences);
    }

    fn plan(&mut self, delay: Duration, call: CallKey, deed: Deed) {
        self.agenda.insert((self.world.now() + delay, self.planned), (call, deed));
        self.planned += 1;
    }

    fn do_by_habit(&mut self, key: CallKey, deed: &Deed) -> Result<(), Refused> {
        let call = self.world.call(key).ok_or(Refused::NoSuchCall)?;
        match deed {
            Deed::Answer { number } => self.world.answer(key, number),
            Deed::GiveUp if call.is_talking() => Ok(()),
            Deed::HangUp { generation } if self.habits.get(&key).is_none_or(|own| own.generation != *generation) => {
                Ok(())
            }
            Deed::GiveUp | Deed::HangUp { .. } => self.world.hang_up(key, Side::Caller),
        }
    }

    fn key_of(&self, call: &CallInfo) -> Option<CallKey> {
        self.world.call_of_session(&call.session_id).map(|call| call.key)
    }

    fn react(&mut self, occurrence: &Occurrence) {
        match &occurrence.happening {
            Happening::Target { call, target, change: TargetChange::Ringing }
                if target.party.kind != PartyKind::Queue =>
            {
                let Some(key) = self.key_of(call) else { return };
                let number = &target.party.number;
                let own = target.party.extension().and_then(|number| self.answering.get(number)).copied();
                let habit = self.habits.get(&key).and_then(|habits| habits.answered).or(own);
                if let Some(Habit::After(time)) = habit {
                    self.plan(time, key, Deed::Answer { number: number.clone() });
                }
            }
            Happening::Call { call, change: CallChange::Established { with } } if with.kind != PartyKind::Queue => {
                let Some(call) = self.world.call_of_session(&call.session_id) else { return };
                // The agent of a callback waits for the customer.
                if call.is_callback() && with.kind == PartyKind::Extension {
                    return;
                }
                let key = call.key;
                if let Some((Habit::After(time), generation)) = self.goes_another_way(key) {
                    self.plan(time, key, Deed::HangUp { generation });
                }
            }
            Happening::Call { call, change: CallChange::Rerouted { .. } } => {
                if let Some(key) = self.key_of(call) {
                    self.goes_another_way(key);
                }
            }
            Happening::Cdr(_) => {
                let world = &self.world;
                self.habits.retain(|key, _| world.call(*key).is_some());
            }
            _ => {}
        }
    }

    /// What was planned of a call no longer holds; how long they talk from now on.
    fn goes_another_way(&mut self, key: CallKey) -> Option<(Habit, u32)> {
        let habits = self.habits.get_mut(&key)?;
        habits.generation += 1;
        Some((habits.talk, habits.generation))
    }
}
