//! The world of the protocols over a WebSocket: dials, bytes, both endpoints, and what goes wrong with them.

mod pipe;
mod protocol;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tieline_core::supervisor::{ConnectFailure, LineId, LineInput, LineOutput, Phase, Policy, Supervised, Supervisor};
use tieline_core::{Class, Frame, Instant, Random, Session, earliest};

pub use protocol::{CommandOf, Protocol, Refusals, ReplyOf};
use wire::Wire;

use super::fault::{Fault, generator};
use super::world::{Seen, World};

type Client<P> = <P as Protocol>::Session;
type Input<P> = LineInput<<Client<P> as Supervised>::Credentials>;

/// A dial that was not answered yet.
struct Dial {
    id: LineId,
    /// When, and whether it opens; `None` for never.
    answer: Option<(Instant, bool)>,
}

/// Until when something is wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Until {
    refuse_dials: Instant,
    hang_dials: Instant,
    mute_after_open: Instant,
    mute_after_login: Instant,
    refuse_logins: Instant,
    deny_subscriptions: Instant,
    latency: Instant,
}

/// The world of a protocol over a WebSocket.
pub struct Lines<P: Protocol> {
    /// The server.
    pub protocol: P,
    random: Random,
    until: Until,
    latency: Duration,
    longest: Duration,
    piece: usize,
    dial: Option<Dial>,
    /// The present line last; those before it are known to the server only.
    wires: Vec<Wire<P>>,
    inbox: VecDeque<Input<P>>,
    dials: Vec<Instant>,
    copies: BTreeMap<u64, u32>,
    duplicate: bool,
    reorder: bool,
    now: Instant,
}

impl<P: Protocol> Lines<P> {
    /// The lines that the client holds.
    fn held(&self) -> usize {
        self.wires.iter().filter(|wire| wire.is_held).count() + usize::from(self.dial.is_some())
    }

    fn present(&mut self) -> Option<&mut Wire<P>> {
        self.wires.last_mut().filter(|wire| wire.is_held)
    }

    fn dialled(&mut self, now: Instant, id: LineId) {
        assert_eq!(self.held(), 0, "I12: a dial while there is a line");
        self.dials.push(now);
        let answer = if now < self.until.hang_dials {
            None
        } else {
            let refused = now < self.until.refuse_dials;
            Some((now + self.latency + Duration::from_millis(1), !refused))
        };
        self.dial = Some(Dial { id, answer });
    }

    fn answer_dial(&mut self, now: Instant) {
        let Some(Dial { id, answer: Some((_, opens)) }) =
            self.dial.take_if(|dial| dial.answer.is_some_and(|(due, _)| due <= now))
        else {
            return;
        };
        if !opens {
            let failure = ConnectFailure::new(Class::Retry, "connection refused");
            return self.inbox.push_back(LineInput::Failed(id, failure));
        }
        let mut wire = Wire::open(id, self.protocol.accept(now), self.random.next_seed());
        if now < self.until.mute_after_open {
            wire.blacken();
        }
        self.wires.push(wire);
        self.inbox.push_back(LineInput::Opened(id, P::credentials()));
    }

    /// Lets the server side of all lines do what it can.
    fn serve(&mut self, now: Instant) {
        let refusals =
            Refusals { logins: now < self.until.refuse_logins, subscriptions: now < self.until.deny_subscriptions };
        let mute = now < self.until.mute_after_login;
        for wire in &mut self.wires {
            wire.hear(now);
            self.protocol.serve(now, &mut wire.server, refusals);
            let mut marks = Vec::new();
            wire.speak(now, (self.latency, self.piece), (&mut self.duplicate, &mut self.reorder), &mut marks);
            for mark in marks {
                *self.copies.entry(mark).or_default() += 1;
            }
            if mute && !wire.is_black() && P::is_logged_in(&wire.server) {
                wire.mute();
            }
        }
        self.wires.retain(|wire| !wire.is_over());
    }

    fn settle_latency(&mut self, now: Instant) {
        if now >= self.until.latency {
            self.latency = Duration::ZERO;
        }
    }
}

impl<P: Protocol> World for Lines<P> {
    type Client = Supervisor<P::Session>;
    type Told = <P::Session as Session>::Event;
    const NUMBERED: bool = P::NUMBERED;

    fn begin(seed: u64, now: Instant) -> (Self, Self::Client) {
        let mut random = generator(seed, "lines");
        let mut policy = Policy::default();
        policy.retry_first = true;
        policy.retry_refused_login = true;
        P::policy(&mut policy);
        let client = Supervisor::new(P::config(), policy, random.next_seed(), P::resume(), now);
        let world = Self {
            protocol: P::begin(),
            random,
            until: Until::default(),
            latency: Duration::ZERO,
            longest: Duration::ZERO,
            piece: usize::MAX,
            dial: None,
            wires: Vec::new(),
            inbox: VecDeque::new(),
            dials: Vec::new(),
            copies: BTreeMap::new(),
            duplicate: false,
            reorder: false,
            now,
        };
        (world, client)
    }

    fn take_output(&mut self, now: Instant, output: LineOutput) {
        match output {
            LineOutput::Dial(id) => self.dialled(now, id),
            LineOutput::Frame(id, frame) => {
                let on_the_way = (self.latency, self.piece);
                if let Some(wire) = self.present().filter(|wire| wire.id == id) {
                    wire.send(now, frame, on_the_way);
                }
            }
            LineOutput::Hangup(id) => {
                let latency = self.latency;
                self.dial.take_if(|dial| dial.id == id);
                if let Some(wire) = self.present().filter(|wire| wire.id == id) {
                    wire.hang_up(now, latency);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn poll_input(&mut self, now: Instant, wanted: bool) -> Option<Input<P>> {
        self.now = now;
        if let Some(input) = self.inbox.pop_front() {
            return Some(input);
        }
        let on_the_way = (self.latency, self.piece);
        let wire = self.present().filter(|_| wanted)?;
        wire.read(now, on_the_way)
    }

    fn is_life(input: &Input<P>) -> bool {
        matches!(input, LineInput::Frame(_, frame) if *frame != Frame::Eof)
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.settle_latency(now);
        self.answer_dial(now);
        for wire in &mut self.wires {
            wire.handle_timeout(now);
        }
        self.serve(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let dial = self.dial.as_ref().and_then(|dial| dial.answer).map(|(due, _)| due);
        let dial = earliest(dial, self.protocol.poll_order());
        self.wires.iter().map(|wire| wire.due(self.now)).fold(dial, earliest)
    }

    fn publish(&mut self, now: Instant, mark: u64) -> bool {
        let servers = self.wires.iter_mut().map(|wire| &mut wire.server).collect();
        let wanted = self.protocol.publish(now, mark, servers);
        for wire in &mut self.wires {
            wire.wake(now);
        }
        wanted
    }

    fn suffer(&mut self, now: Instant, fault: Fault) {
        match fault {
            Fault::RefuseDials(time) => self.until.refuse_dials = now + time,
            Fault::HangDials(time) => self.until.hang_dials = now + time,
            Fault::MuteAfterOpen(time) => self.until.mute_after_open = now + time,
            Fault::MuteAfterLogin(time) => self.until.mute_after_login = now + time,
            Fault::RefuseLogins(time) => self.until.refuse_logins = now + time,
            Fault::DenySubscriptions(time) => self.until.deny_subscriptions = now + time,
            Fault::Latency(time) => {
                self.latency = time;
                self.longest = self.longest.max(time);
                self.until.latency = now + Duration::from_secs(20);
            }
            Fault::Pieces(bytes) => self.piece = bytes.into(),
            Fault::Cut => {
                if let Some(wire) = self.present() {
                    wire.cut(now);
                }
            }
            Fault::CutAfter(bytes) => {
                if let Some(wire) = self.present() {
                    wire.cut_after(bytes.into());
                }
            }
            Fault::BlackHole => {
                if let Some(wire) = self.present() {
                    wire.blacken();
                }
            }
            Fault::CloseWith(code) => {
                let on_the_way = (self.latency, self.piece);
                if let Some(wire) = self.present() {
                    wire.close_with(now, code, on_the_way);
                }
            }
            Fault::BadJson | Fault::Unknown | Fault::Garbage => {
                let on_the_way = (self.latency, self.piece);
                if let Some(wire) = self.present() {
                    wire.babble(now, fault, P::unknown(), on_the_way);
                }
            }
            Fault::Duplicate => self.duplicate = true,
            Fault::Reorder => self.reorder = true,
            Fault::Restart | Fault::RestartAnew => {
                // Whatever the server knew of its lines is gone with it.
                if let Some(wire) = self.present() {
                    wire.cut(now);
                }
                self.wires.retain(|wire| wire.is_held);
                self.protocol.suffer(fault);
            }
            Fault::Skip(_) | Fault::Rewind(_) => self.protocol.suffer(fault),
            Fault::Busy(..) | Fault::Fail(..) => panic!("{fault:?} is of HTTP"),
        }
    }

    fn heal(&mut self, _now: Instant) {
        self.until = Until::default();
        self.latency = Duration::ZERO;
        self.duplicate = false;
        self.reorder = false;
        for wire in &mut self.wires {
            wire.spare();
        }
        self.protocol.heal();
    }

    fn order(&mut self, now: Instant, client: &mut Self::Client, asked: bool) -> usize {
        let Some(command) = self.protocol.order(now, asked) else { return 0 };
        // One that needs a line and has none comes back unsent.
        usize::from(client.send(now, command).is_ok())
    }

    fn take_replies(&mut self, now: Instant, client: &mut Self::Client) -> usize {
        let replies = std::iter::from_fn(|| client.poll_reply());
        replies.map(|(_, reply)| self.protocol.replied(now, reply)).count()
    }

    fn read(&mut self, now: Instant, told: &Self::Told) -> Vec<Seen> {
        self.protocol.read(now, told)
    }

    fn copies(&self, mark: u64) -> u32 {
        self.copies.get(&mark).copied().unwrap_or_default()
    }

    fn longest_latency(&self) -> Duration {
        self.longest
    }

    fn dials(&self) -> &[Instant] {
        &self.dials
    }

    fn is_live(client: &Self::Client) -> bool {
        client.phase() == Phase::Live
    }

    fn forget(&mut self, now: Instant) {
        self.dials = Vec::new();
        self.copies.clear();
        self.protocol.forget(now);
    }
}
