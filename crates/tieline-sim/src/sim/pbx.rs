//! The day, its logins and its subscribers, shared by all connections and by what moves time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tieline_axeos::{Entry, Generation};
use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::json::Encode as _;
use tieline_core::{Date, Instant, Seed, Text};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Viewer};
use tieline_server::ServerHandle;
use tieline_server::axeos::EventHub;
use tieline_server::cloudpbx::StreamHub;
use tieline_server::wsi::{self, Hub, Publication};
use tokio::sync::Notify;

use super::pace::Pace;
use crate::axeos::Axeos;
use crate::cloudpbx::CloudPbx;
use crate::day::Day;
use crate::directory::{Directory, LoginRefused};
use crate::fault::{Fault, Faults, Memory};
use crate::record::{Recorder, Sink};
use crate::world::{CallChange, Clock, Happening, Occurrence, Refused};
use crate::wsi::{Rendered, render, snapshots};

/// How much scenario time one turn takes at most, so that a runtime that was held up does not stay so.
const TURN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Pbx {
    /// Events are published while this is locked, and snapshots taken: then a subscriber misses nothing between the two.
    day: Mutex<Day>,
    /// Locked after the day, or alone.
    cloudpbx: Mutex<CloudPbx>,
    /// The same. Its events are logged while it is locked, so that a list is never older than the log.
    axeos: Mutex<Axeos>,
    pace: Mutex<Pace>,
    started: tokio::time::Instant,
    /// Wakes the driver: time runs otherwise than before.
    pub(super) repaced: Notify,
    pub(crate) directory: Directory,
    pub(super) hub: Hub,
    pub(super) stream: StreamHub,
    pub(super) events: EventHub,
    pub(crate) faults: Faults,
    pub(crate) record: Recorder,
    /// Set once it is there.
    pub(super) server: OnceLock<ServerHandle>,
}

impl Pbx {
    /// Opens the offices; time stands still.
    pub(super) fn open(
        seed: Seed,
        start_unix_seconds: i64,
        pace: Pace,
        generation: Generation,
        sink: Option<Sink>,
    ) -> Result<Self, Refused> {
        let day = Day::new(seed, start_unix_seconds)?;
        let directory = Directory::new(day.world(), seed);
        let name = directory.tenants().first().map_or("", |tenant| &tenant.name);
        let cloudpbx = CloudPbx::new(day.tenant(), name, day.world(), start_unix_seconds, seed);
        let axeos = Axeos::new(day.tenant(), generation, day.world(), seed);
        Ok(Self {
            day: Mutex::new(day),
            cloudpbx: Mutex::new(cloudpbx),
            axeos: Mutex::new(axeos),
            pace: Mutex::new(pace),
            started: tokio::time::Instant::now(),
            repaced: Notify::new(),
            directory,
            hub: Hub::default(),
            stream: StreamHub::default(),
            events: EventHub::default(),
            faults: Faults::default(),
            record: Recorder::new(sink),
            server: OnceLock::new(),
        })
    }

    pub(super) fn day(&self) -> MutexGuard<'_, Day> {
        self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cloudpbx(&self) -> MutexGuard<'_, CloudPbx> {
        self.cloudpbx.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn axeos(&self) -> MutexGuard<'_, Axeos> {
        self.axeos.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn repace(&self, change: impl FnOnce(&mut Pace, Duration)) {
        change(&mut self.pace(), self.started.elapsed());
        self.repaced.notify_one();
    }

    pub(super) fn resume(&self) {
        self.repace(Pace::resume);
    }

    pub(super) fn pause(&self) {
        self.repace(Pace::pause);
    }

    /// Skips scenario time: what happens in it has been published when this returns.
    pub(super) fn skip(&self, time: Duration) {
        self.repace(|pace, _| pace.skip(time));
        while self.turn().is_err() {}
    }

    /// Publishes what happened up to now.
    ///
    /// # Errors
    /// There is more, for the next turn. Otherwise when the next turn is due; `None` while time stands still.
    pub(super) fn turn(&self) -> Result<Option<tokio::time::Instant>, MoreToCome> {
        let now = self.scenario_now();
        let mut day = self.day();
        let until = now.min(day.world().now() + TURN);
        self.advance(&mut day, until);
        if until < now {
            return Err(MoreToCome);
        }
        let others = [self.cloudpbx().next_due(), self.faults.next_due()];
        let due = others.into_iter().flatten().fold(day.next_due(), Instant::min);
        let due = self.pace().real(due);
        Ok(due.and_then(|due| self.started.checked_add(due)))
    }

    /// Goes on to `until`, with what the plan of faults has for the PBX on the way.
    fn advance(&self, day: &mut Day, until: Instant) {
        for (at, fault) in self.faults.take_due(until) {
            self.go_on(day, at.max(day.world().now()));
            self.befall(day, &fault);
        }
        self.go_on(day, until);
    }

    fn befall(&self, day: &mut Day, fault: &Fault) {
        match fault {
            Fault::ClockSkew { seconds } => {
                day.put_clock_forward(*seconds);
                self.cloudpbx().ledger.put_clock_forward(*seconds);
            }
            Fault::Restart(memory) => {
                if *memory == Memory::Lost {
                    self.stream.restart();
                    self.events.restart(1);
                }
                if let Some(server) = self.server.get() {
                    server.kill_connections();
                }
            }
            _ => {}
        }
    }

    /// Lets something befall the PBX now.
    pub(super) fn befall_now(&self, fault: &Fault) {
        let mut day = self.day();
        self.present(&mut day);
        self.befall(&mut day, fault);
    }

    fn go_on(&self, day: &mut Day, until: Instant) {
        let clock = day.world().clock();
        for occurrence in day.advance(until) {
            self.publish(&occurrence, clock);
        }
        self.tell_messages(until);
    }

    /// Publishes the states that text messages have come to.
    fn tell_messages(&self, until: Instant) {
        let mut cloudpbx = self.cloudpbx();
        while let Some(event) = cloudpbx.take_due(until) {
            self.stream.publish(&cloudpbx.name, &[event]);
        }
    }

    /// Publishes what happened, and before it what text messages came to until then.
    fn publish(&self, occurrence: &Occurrence, clock: Clock) {
        self.tell_messages(occurrence.at);
        {
            let mut cloudpbx = self.cloudpbx();
            for event in cloudpbx.note(occurrence) {
                self.stream.publish(&cloudpbx.name, &[event]);
            }
        }
        {
            let mut axeos = self.axeos();
            self.events.publish_all(axeos.note(occurrence, clock));
        }
        let mut told: BTreeMap<Dialect, Vec<Rendered>> = BTreeMap::new();
        let mut index = 0;
        // One round more for each further event that some dialect tells the occurrence by.
        loop {
            self.hub.publish(|dialect| {
                let told = told.entry(dialect).or_insert_with(|| render(occurrence, dialect, clock));
                told.get(index).map(publication)
            });
            index += 1;
            if told.values().all(|told| told.len() <= index) {
                break;
            }
        }
    }

    /// Brings the world to the present, so that what somebody does happens now.
    fn present(&self, day: &mut Day) -> Instant {
        let now = self.scenario_now().max(day.world().now());
        self.advance(day, now);
        now
    }

    /// Scenario time now.
    pub(crate) fn scenario_now(&self) -> Instant {
        self.pace().scenario(self.started.elapsed())
    }

    /// Lets the log of Axeos go on with another number than its next one; what was logged is forgotten.
    pub(crate) fn renumber_axeos(&self, next: impl FnOnce(u64) -> u64) {
        let _axeos = self.axeos();
        let present = self.events.newest().map_or(1, |newest| newest.saturating_add(1));
        self.events.restart(next(present));
    }

    /// Logs an event of Axeos as often as asked for.
    pub(crate) fn log_axeos(&self, entry: &Entry<String>, times: u32) {
        let _axeos = self.axeos();
        self.events.publish_all((0..times).map(|_| (entry.timestamp.clone(), entry.event.clone())));
    }

    /// Whether a client may listen to the stream of CloudPBX.
    pub(super) fn admits_listener(&self, target: &StreamTarget) -> bool {
        target.pbx_name() == self.cloudpbx().name && self.directory.cloudpbx_key().matches(target.key())
    }

    /// Today, by the clock of CloudPBX.
    pub(crate) fn today(&self) -> Date {
        let now = self.day().world().now();
        self.cloudpbx().ledger.today(now)
    }

    /// Calls `to` for an extension of the first tenant. Gives the session id of the call.
    pub(crate) fn originate(&self, from: &str, to: &str) -> Result<String, Refused> {
        let mut day = self.day();
        self.present(&mut day);
        let (tenant, clock) = (day.tenant(), day.world().clock());
        let occurrences = day.originate(tenant, from, to)?;
        let started = occurrences.iter().find_map(|occurrence| match &occurrence.happening {
            Happening::Call { call, change: CallChange::Started } => Some(call.session_id.clone()),
            _ => None,
        });
        let session_id = started.ok_or(Refused::NoSuchCall)?;
        self.axeos().begun_by_api(&session_id);
        for occurrence in occurrences {
            self.publish(&occurrence, clock);
        }
        self.repaced.notify_one();
        Ok(session_id)
    }

    /// Sends a text message; its id, or `None` when there are too many.
    pub(crate) fn send_message(&self, to: &str, test: bool) -> Option<String> {
        let mut day = self.day();
        let now = self.present(&mut day);
        let mut cloudpbx = self.cloudpbx();
        let id = cloudpbx.messages.send(now, to, test)?;
        if !test {
            cloudpbx.ledger.record_message(now, &id, to);
        }
        self.repaced.notify_one();
        Some(id)
    }
}

impl wsi::Directory for Pbx {
    fn login(&self, auth: &Auth, dialect: Dialect) -> Result<Viewer, wsi::Refused> {
        let refused = |refused: LoginRefused| wsi::Refused::new(refused.text(dialect));
        self.directory.login(self.day().world(), auth).map_err(refused)
    }

    fn snapshots(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Vec<Text> {
        snapshots(self.day().world(), dialect, viewer, subscription).iter().map(text).collect()
    }
}

/// A turn did not reach the present.
#[derive(Debug)]
pub(super) struct MoreToCome;

fn publication(rendered: &Rendered) -> Publication {
    let mut publication = Publication::of(&rendered.event).concerning(&rendered.also);
    publication.queue = rendered.queue.clone().or(publication.queue);
    publication
}

fn text(rendered: &Rendered) -> Text {
    Text::from(rendered.event.to_json())
}
