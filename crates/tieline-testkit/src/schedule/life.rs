//! One life, lived on virtual time.

use std::collections::VecDeque;
use std::fmt::{Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use tieline_core::supervisor::LineEvent;
use tieline_core::{Instant, Session, earliest};

use super::fault::{Act, Schedule};
use super::record::{Record, Sent};
use super::world::{Seen, World};

/// How long all is well at the end of a life: longer than every deadline and the longest wait together.
const CALM: Duration = Duration::from_secs(240);
/// So many lines of what happened are kept to be shown.
const TRACE: usize = 60;

/// One client in its world.
pub struct Life<W: World> {
    /// The time.
    pub now: Instant,
    /// The world.
    pub world: W,
    /// The client.
    pub client: W::Client,
    record: Record,
    next_mark: u64,
    /// Until when the application sleeps.
    asleep: Option<Instant>,
    /// Whether the owner closed.
    closing: bool,
    /// When the client last read something, before its owner closed it.
    heard: Instant,
    trace: VecDeque<String>,
    digest: u64,
}

impl<W: World> Life<W>
where
    <W::Client as Session>::Transmit: Debug,
    <W::Client as Session>::Input: Debug,
    W::Told: Debug,
{
    /// A client that was just started.
    #[must_use]
    pub fn begin(seed: u64) -> Self {
        let now = Instant::from_millis(1_000_000);
        let (world, client) = W::begin(seed, now);
        let (trace, record) = (VecDeque::new(), Record::new());
        Self { now, world, client, record, next_mark: 0, asleep: None, closing: false, heard: now, trace, digest: 0 }
    }

    /// The life of a schedule, and a digest of all that happened in it.
    ///
    /// # Panics
    /// When a promise is broken; the schedule and what happened last are printed before.
    #[must_use]
    pub fn live(schedule: &Schedule) -> u64 {
        Self::live_and(schedule, Self::part)
    }

    /// The same, and a look at it at the end of the faults in the place of its end.
    ///
    /// # Panics
    /// When a promise is broken, or `then` panics.
    pub fn live_and(schedule: &Schedule, then: impl FnOnce(&mut Self)) -> u64 {
        let mut life = Self::begin(schedule.seed);
        life.play_and(schedule, then);
        life.digest
    }

    /// Plays a schedule, and `then`; what happened is printed when a promise is broken.
    #[allow(clippy::print_stderr, reason = "for whoever reads why a test failed")]
    pub(super) fn play_and(&mut self, schedule: &Schedule, then: impl FnOnce(&mut Self)) {
        let lived = catch_unwind(AssertUnwindSafe(|| {
            self.play(schedule);
            then(self);
        }));
        if let Err(panic) = lived {
            let mut out = format!("{schedule}\nwhat happened last:\n");
            for line in &self.trace {
                let _ = writeln!(out, "  {line}");
            }
            eprintln!("{out}");
            resume_unwind(panic);
        }
    }

    /// Everything that a schedule has, and the calm after it.
    pub fn play(&mut self, schedule: &Schedule) {
        let start = self.now;
        for step in &schedule.steps {
            self.pass(start + step.at);
            self.act(step.act);
        }
        self.pass(start + schedule.end);
        self.calm();
    }

    /// The faults end, and the line must be live at the end of them. What is sent then arrives.
    pub fn calm(&mut self) {
        self.note("all is well again");
        self.asleep = None;
        self.world.heal(self.now);
        self.pass(self.now + CALM);
        if self.closing {
            return;
        }
        assert!(W::is_live(&self.client), "the line is not live though the faults ended");
        for _ in 0..4 {
            assert!(self.publish(1), "something is not subscribed to any more");
        }
        self.pass(self.now + Duration::from_secs(30));
        let last = self.next_mark - 1;
        for mark in last - 3..=last {
            let sent = &self.record.sent[&mark];
            assert!(sent.delivered > 0 || sent.lost, "event {mark} was sent on a healthy line and did not come");
        }
        self.check();
    }

    /// What must hold whenever nothing is on its way.
    pub fn check(&self) {
        // What its owner closes is told nothing more: neither what came after it was last heard of, nor why.
        let until = (self.closing && self.record.closed > 0).then_some(self.heard);
        self.record.check_coverage(self.world.longest_latency(), until);
        for (mark, sent) in &self.record.sent {
            let most = if W::NUMBERED { 1 } else { self.world.copies(*mark).max(1) };
            assert!(sent.delivered <= most, "event {mark} was sent {most} times and told {} times", sent.delivered);
        }
    }

    /// The gaps that were told, and how many events were sent in all and told as lost.
    #[must_use]
    pub fn gaps(&self) -> &[tieline_core::supervisor::Gap] {
        &self.record.gaps
    }

    /// How many events did not come, of those that were sent since the line was first live and that the client wanted.
    #[must_use]
    pub fn missing_since_live(&self) -> usize {
        self.record.sent.values().filter(|sent| sent.delivered == 0 && !sent.lost).count()
    }

    /// How often there was no line.
    #[must_use]
    pub const fn downs(&self) -> usize {
        self.record.downs
    }

    /// Forgets what is checked.
    pub fn forget(&mut self) {
        self.record.sent.clear();
        self.record.gaps = Vec::new();
        self.trace = VecDeque::new();
        self.world.forget(self.now);
    }

    /// The owner closes, and everything ends by its deadline.
    pub fn part(&mut self) {
        self.act(Act::Close);
        self.asleep = None;
        self.pass(self.now + Duration::from_secs(120));
        assert_eq!(self.record.closed, 1, "exactly one end");
        assert_eq!(self.record.accepted, self.record.replied, "exactly one reply to each command");
        assert!(self.client.is_finished(), "it has something to say after the end");
        assert_eq!(self.client.poll_timeout(), None, "it waits for something after the end");
        self.check();
    }

    /// Does something to it.
    pub fn act(&mut self, act: Act) {
        self.note(&format!("* {act:?}"));
        match act {
            Act::Publish(count) => {
                self.publish(count);
            }
            Act::Order => {
                self.record.accepted += self.world.order(self.now, &mut self.client, true);
            }
            Act::Sleep(time) => self.asleep = Some(self.now + time),
            Act::Fault(fault) => self.world.suffer(self.now, fault),
            Act::Close => {
                self.closing = true;
                self.client.close(self.now);
            }
        }
        self.settle();
    }

    /// The server sends events; whether all of them were for the client.
    fn publish(&mut self, count: u32) -> bool {
        let mut all = true;
        for _ in 0..count {
            let mark = self.next_mark;
            self.next_mark += 1;
            // Known before it is on its way.
            let sent = Sent { at: self.now, delivered: 0, lost: false };
            self.record.sent.insert(mark, sent);
            let wanted = self.world.publish(self.now, mark);
            if !wanted || !self.record.was_live() {
                self.record.lost(mark);
            }
            all &= wanted;
        }
        self.settle();
        all
    }

    /// Time passes, and everybody does what is due on the way.
    pub fn pass(&mut self, end: Instant) {
        self.settle();
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    fn due(&self) -> Option<Instant> {
        earliest(self.asleep, earliest(self.client.poll_timeout(), self.world.poll_timeout()))
    }

    /// Everything happens that happens without time passing.
    fn settle(&mut self) {
        for _ in 0..20_000 {
            if !self.turn() {
                return;
            }
        }
        panic!("it spins");
    }

    fn turn(&mut self) -> bool {
        let now = self.now;
        let mut busy = false;
        if self.asleep.is_some_and(|until| until <= now) {
            self.asleep = None;
        }
        while let Some(output) = self.client.poll_transmit() {
            self.note(&format!("> {output:?}"));
            self.world.take_output(now, output);
            busy = true;
        }
        if self.world.poll_timeout().is_some_and(|due| due <= now) {
            self.world.handle_timeout(now);
            busy = true;
        }
        while let Some(input) = self.world.poll_input(now, self.client.wants_input()) {
            self.note(&format!("< {input:?}"));
            // What is read late does not tell when it was sent.
            if W::is_life(&input) && !self.closing && self.asleep.is_none() {
                self.heard = now;
            }
            self.client.handle_input(now, input);
            busy = true;
            if self.asleep.is_none() {
                self.take_events();
            }
        }
        if self.client.poll_timeout().is_some_and(|due| due <= now) {
            self.client.handle_timeout(now);
            // I3, but for work that waits for events to be taken, which goes on at once.
            busy = true;
        }
        if self.asleep.is_none() {
            busy |= self.take_events();
        }
        self.record.replied += self.world.take_replies(now, &mut self.client);
        let accepted = self.world.order(now, &mut self.client, false);
        self.record.accepted += accepted;
        busy | (accepted > 0)
    }

    fn take_events(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.client.poll_event() {
            self.note(&format!("  {event:?}"));
            self.tell(event);
            any = true;
        }
        self.record.check_promises(self.world.longest_latency());
        any
    }

    fn tell(&mut self, event: LineEvent<W::Told>) {
        match event {
            LineEvent::Live(_) => self.record.live(),
            LineEvent::Gap(gap) => self.record.gap(&gap),
            LineEvent::Resynced => self.record.resynced(),
            LineEvent::Down { .. } => self.record.down(),
            LineEvent::Closed(cause) => self.record.closed(cause.as_ref(), self.closing),
            LineEvent::Session(told) => {
                for seen in self.world.read(self.now, &told) {
                    match seen {
                        Seen::Event(mark) => self.record.event(mark),
                        Seen::Lost(mark) => self.record.lost(mark),
                        Seen::Snapshot => self.record.snapshot(),
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn note(&mut self, words: &str) {
        let line = format!("{:>10.3} {words}", self.now.since_epoch().as_secs_f64() - 1000.0);
        // FNV-1a, which needs nothing and gives the same everywhere.
        for byte in line.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.trace.len() >= TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back(line);
    }
}
