//! The day, its logins and its subscribers, shared by all connections and by what moves time.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tieline_axeos::{Entry, Generation};
use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::json::Encode as _;
use tieline_core::{Date, Instant, Seed, Text, Timestamp};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Viewer};
use tieline_server::ServerHandle;
use tieline_server::axeos::EventHub;
use tieline_server::cloudpbx::StreamHub;
use tieline_server::im::engine::Clock as _;
use tieline_server::wsi::{self, Hub, Publication};
use tokio::sync::Notify;

use super::pace::Pace;
use super::play::Play;
use super::program::Program;
use super::run::Run;
use super::time::Time;
use crate::axeos::Axeos;
use crate::cloudpbx::CloudPbx;
use crate::directory::{Directory, LoginRefused};
use crate::fault::{Fault, Faults, Memory};
use crate::im::{Im, Plan};
use crate::record::{Recorder, Sink};
use crate::scenario::{Group, KEY, Watch};
use crate::world::{Clock, Occurrence};
use crate::wsi::{Rendered, render, snapshots};

/// How much scenario time one turn takes at most, so that a runtime that was held up does not stay so.
const TURN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Pbx {
    /// Events are published while this is locked, and snapshots taken: then a subscriber misses nothing between the two.
    play: Mutex<Play>,
    /// Locked after the play, or alone.
    cloudpbx: Mutex<CloudPbx>,
    /// The same. Its events are logged while it is locked, so that a list is never older than the log.
    axeos: Mutex<Axeos>,
    pub(super) time: Arc<Time>,
    /// IM, once it is started.
    pub(crate) im: OnceLock<Arc<Im>>,
    /// Wakes the driver: time runs otherwise than before.
    pub(super) repaced: Notify,
    pub(crate) directory: Directory,
    pub(super) hub: Hub,
    pub(super) stream: StreamHub,
    pub(super) events: EventHub,
    pub(crate) faults: Faults,
    pub(crate) record: Recorder,
    /// What clients are expected to do.
    pub(crate) watch: Arc<Watch>,
    pub(crate) run: Run,
    /// Wakes who waits for the end of a scenario: time runs otherwise than before, or it is to end now.
    pub(super) moved: Notify,
    /// Set once it is there.
    pub(super) server: OnceLock<ServerHandle>,
}

impl Pbx {
    /// Opens the offices; time stands still.
    pub(super) fn open(
        program: Program,
        seed: Seed,
        start_unix_seconds: i64,
        pace: Pace,
        generation: Generation,
        sink: Option<Sink>,
    ) -> Self {
        let Program { play, watch, run, .. } = program;
        let directory = Directory::new(play.world(), seed);
        let name = directory.tenants().first().map_or("", |tenant| &tenant.name);
        let cloudpbx = CloudPbx::new(play.tenant(), name, play.world(), start_unix_seconds, seed);
        let axeos = Axeos::new(play.tenant(), generation, play.world(), seed);
        let watch = Arc::new(watch);
        let watching = Arc::clone(&watch);
        let sink: Sink = Arc::new(move |entry| {
            watching.note(entry);
            if let Some(sink) = &sink {
                sink(entry);
            }
        });
        Self {
            play: Mutex::new(play),
            cloudpbx: Mutex::new(cloudpbx),
            axeos: Mutex::new(axeos),
            time: Arc::new(Time::new(pace, start_unix_seconds)),
            im: OnceLock::new(),
            repaced: Notify::new(),
            directory,
            hub: Hub::default(),
            stream: StreamHub::default(),
            events: EventHub::default(),
            faults: Faults::default(),
            record: Recorder::new(Some(sink)),
            watch,
            run,
            moved: Notify::new(),
            server: OnceLock::new(),
        }
    }

    /// Starts IM with these groups; who is away does not come in by himself.
    ///
    /// # Errors
    /// There can be no thread.
    pub(super) fn start_im(self: &Arc<Self>, seed: Seed, groups: Vec<Group>, away: Vec<String>) -> io::Result<()> {
        let (play, this) = (self.play(), Arc::downgrade(self));
        let (world, tenant) = (play.world(), play.tenant());
        let plan = Plan::new(world, tenant, groups, away);
        let told = move |number: &str| {
            if let Some(pbx) = this.upgrade() {
                pbx.logged_in(number);
            }
        };
        let im = Im::start(tenant, seed, Arc::clone(&self.time), world, &self.directory, plan, told)?;
        self.im.get_or_init(|| Arc::new(im));
        Ok(())
    }

    pub(crate) fn play(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cloudpbx(&self) -> MutexGuard<'_, CloudPbx> {
        self.cloudpbx.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn axeos(&self) -> MutexGuard<'_, Axeos> {
        self.axeos.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn repace(&self, change: impl FnOnce(&mut Pace, Duration)) {
        self.time.repace(change);
        if let Some(im) = self.im.get() {
            im.look_at_clock();
        }
        self.repaced.notify_one();
        self.moved.notify_waiters();
    }

    pub(crate) fn resume(&self) {
        self.repace(Pace::resume);
    }

    pub(crate) fn pause(&self) {
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
        let mut day = self.play();
        let until = now.min(day.world().now() + TURN);
        self.advance(&mut day, until);
        if until < now {
            return Err(MoreToCome);
        }
        let others = [self.cloudpbx().next_due(), self.faults.next_due(), day.next_message_due()];
        let due = others.into_iter().chain([day.next_due()]).flatten().min();
        Ok(due.and_then(|due| self.real(due)))
    }

    /// Goes on to `until`, with what the plan of faults has for the PBX on the way.
    fn advance(&self, day: &mut Play, until: Instant) {
        loop {
            let dues = [self.faults.next_due(), day.next_step_due(), day.next_message_due(), self.im_due()];
            let Some(due) = dues.into_iter().flatten().min().filter(|due| *due <= until) else { break };
            self.go_on(day, due.max(day.world().now()));
            for (_, fault) in self.faults.take_due(due) {
                self.befall(day, &fault);
            }
            if let Some(moment) = day.take_step(due) {
                self.take(day, &moment);
            }
            if let Some(act) = day.take_message(due)
                && let Some(im) = self.im.get()
            {
                // Whoever is not there says nothing.
                let _not_said = im.perform_if_there(&act);
            }
        }
        self.go_on(day, until);
    }

    /// When the IM service has something to do next; only while time stands, as it looks at the clock itself otherwise.
    pub(super) fn im_due(&self) -> Option<Instant> {
        if self.time.stands() { self.im.get()?.settle() } else { None }
    }

    pub(super) fn befall(&self, day: &mut Play, fault: &Fault) {
        match fault {
            Fault::ClockSkew { seconds } => {
                day.put_clock_forward(*seconds);
                self.time.put_clock_forward(*seconds);
                self.cloudpbx().ledger.put_clock_forward(*seconds);
            }
            Fault::Restart(memory) => {
                if *memory == Memory::Lost {
                    self.stream.restart();
                    self.events.restart(1);
                }
                // Before clients can come back to the old one.
                if let Some(im) = self.im.get().filter(|_| *memory == Memory::Lost) {
                    im.restart(day.world());
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
        let mut day = self.play();
        self.present(&mut day);
        self.befall(&mut day, fault);
    }

    fn go_on(&self, day: &mut Play, until: Instant) {
        let clock = day.world().clock();
        for occurrence in day.advance(until) {
            self.time.reach(occurrence.at);
            self.publish(&occurrence, clock);
        }
        self.time.reach(until);
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
    pub(super) fn publish(&self, occurrence: &Occurrence, clock: Clock) {
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
        if let Some(im) = self.im.get() {
            im.note(occurrence);
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
    pub(super) fn present(&self, day: &mut Play) -> Instant {
        let now = self.scenario_now().max(day.world().now());
        self.advance(day, now);
        now
    }

    /// When a moment of scenario time comes in real time; `None` while time stands still.
    pub(super) fn real(&self, scenario: Instant) -> Option<tokio::time::Instant> {
        self.time.real(scenario)
    }

    /// Scenario time now.
    pub(crate) fn scenario_now(&self) -> Instant {
        self.time.scenario()
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

    /// The time of day by the clock of the PBX, as IM writes it.
    pub(crate) fn time_of_day(&self) -> Timestamp<String> {
        let now = self.time.now();
        Timestamp::from_unix_micros(self.time.unix_micros(now))
    }

    /// Whether a client may listen to the stream of CloudPBX.
    pub(super) fn admits_listener(&self, target: &StreamTarget) -> bool {
        let admits = target.pbx_name() == self.cloudpbx().name && self.directory.cloudpbx_key().matches(target.key());
        if admits {
            self.logged_in(KEY);
        }
        admits
    }

    /// Today, by the clock of CloudPBX.
    pub(crate) fn today(&self) -> Date {
        let now = self.play().world().now();
        self.cloudpbx().ledger.today(now)
    }
}

impl wsi::Directory for Pbx {
    fn login(&self, auth: &Auth, dialect: Dialect) -> Result<Viewer, wsi::Refused> {
        let refused = |refused: LoginRefused| wsi::Refused::new(refused.text(dialect));
        let viewer = self.directory.login(self.play().world(), auth).map_err(refused)?;
        self.logged_in_to_wsi(auth);
        Ok(viewer)
    }

    fn snapshots(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Vec<Text> {
        self.subscribed(subscription);
        snapshots(self.play().world(), dialect, viewer, subscription).iter().map(text).collect()
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
