//! What is in memory: who is there, and the topics in use.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::{Instant, Random, Text};

use super::config::ServiceConfig;
use super::rate::Bucket;
use super::record::{Account, Micros, TopicKey, TopicRecord, UserNumber, UserRecord};
use super::room::Room;
use super::step::{Delivery, Lack, SessionId, Step};
use super::write::Write;

/// The rules of the IM service. See the [module](super) for how a host drives it.
pub struct Service {
    pub(super) config: ServiceConfig,
    names: Random,
    /// What the next group will be called.
    pub(super) next_group: TopicKey,
    pub(super) sessions: BTreeMap<SessionId, Seat>,
    pub(super) users: BTreeMap<UserNumber, Person>,
    pub(super) topics: BTreeMap<TopicKey, Room>,
    /// Counts how often a session came to `me`, or went from it.
    pub(super) me_changes: u64,
    /// What the store does not have, until the request that asked is decided.
    pub(super) absent: BTreeSet<Lack>,
    /// What must be loaded again, since a commit failed.
    pub(super) stale: BTreeSet<Lack>,
    pub(super) timers: BTreeSet<(Instant, Due)>,
    /// When it was driven last.
    pub(super) now: Instant,
    pub(super) draining: bool,
    /// How many topics and users there may be before those that nobody uses are looked for.
    sweep_at: (usize, usize),
}

/// What is due at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A user counts as offline.
    UserOff(UserNumber),
    /// The change of a user's program is told.
    Agent(UserNumber),
    /// A topic counts as offline.
    TopicOff(TopicKey),
    /// Who is attached hears that a user is not any more: by a commit that failed nobody was told.
    Left(TopicKey, UserNumber),
    /// The user's parts in channels that are lost end: by a commit that failed they did not.
    Channels(UserNumber),
}

/// A session that is logged in.
pub(super) struct Seat {
    pub(super) user: UserNumber,
    pub(super) agent: Option<Text>,
    pub(super) background: bool,
    pub(super) attached: BTreeSet<TopicKey>,
    pub(super) bucket: Bucket,
    /// When a message was charged that lacked something and is decided again.
    pub(super) charged: Option<Instant>,
}

/// A user in memory.
pub(super) struct Person {
    pub(super) account: Account,
    /// The topics of which the user has, or had, a subscription.
    pub(super) topics: BTreeSet<TopicKey>,
    /// The external channels that the user may use, by id, beside the own one.
    pub(super) channels: BTreeSet<Text>,
    /// Sessions that are logged in.
    pub(super) sessions: usize,
    /// Sessions that are attached to `me`.
    pub(super) me: BTreeSet<SessionId>,
    /// Whether the user counts as online.
    pub(super) online: bool,
    /// The program that others see.
    pub(super) agent: Option<Text>,
    pub(super) off_at: Option<Instant>,
    pub(super) agent_at: Option<Instant>,
    /// Steps that changed it and are neither committed nor failed.
    pub(super) pending: usize,
}

impl Person {
    fn new(record: UserRecord) -> Self {
        Self {
            account: record.account,
            topics: record.topics,
            channels: BTreeSet::new(),
            sessions: 0,
            me: BTreeSet::new(),
            online: false,
            agent: None,
            off_at: None,
            agent_at: None,
            pending: 0,
        }
    }
}

impl Service {
    /// A service without sessions that has nothing loaded.
    #[must_use]
    pub fn new(config: ServiceConfig) -> Self {
        let idle = config.idle.max(1);
        let mut names = Random::new(config.seed, u64::from_le_bytes(*b"im-group"));
        Self {
            next_group: group_name(&mut names),
            names,
            sweep_at: (idle, idle),
            config,
            sessions: BTreeMap::new(),
            users: BTreeMap::new(),
            topics: BTreeMap::new(),
            me_changes: 0,
            absent: BTreeSet::new(),
            stale: BTreeSet::new(),
            timers: BTreeSet::new(),
            now: Instant::EPOCH,
            draining: false,
        }
    }

    /// Draws the name of the next group anew while it is that of one in memory. In the store there is none either: it must be
    /// [absent](Lack::Topic), since a seed that was used before draws the same names again.
    pub(super) fn draw_group(&mut self) {
        while self.topics.contains_key(&self.next_group) {
            self.next_group = group_name(&mut self.names);
        }
    }

    /// The name of a group that is created now. No other will have it, also when the group is gone.
    pub(super) fn take_group(&mut self) -> TopicKey {
        let next = group_name(&mut self.names);
        core::mem::replace(&mut self.next_group, next)
    }

    /// From now on every request is answered 503: the service stops.
    pub const fn drain(&mut self) {
        self.draining = true;
    }

    /// How many sessions, users and topics are in memory.
    #[must_use]
    pub fn held(&self) -> (usize, usize, usize) {
        (self.sessions.len(), self.users.len(), self.topics.len())
    }

    /// Puts the clock: the time of day at [`Instant::EPOCH`] from now on, microseconds since 1970-01-01T00:00:00Z. For a
    /// host whose time is not the system's.
    pub const fn put_clock(&mut self, epoch_unix_micros: i64) {
        self.config.epoch_unix_micros = epoch_unix_micros;
    }

    /// The time of day at `now`.
    pub(super) fn micros(&self, now: Instant) -> Micros {
        let since = i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX);
        self.config.epoch_unix_micros.saturating_add(since)
    }

    /// Gives a user that was lacking, `None` when there is none.
    pub fn provide_user(&mut self, user: UserNumber, record: Option<UserRecord>) {
        let lack = Lack::User(user);
        self.stale.remove(&lack);
        match (record, self.users.get_mut(&user)) {
            (Some(record), Some(person)) => {
                person.account = record.account;
                person.topics = record.topics;
            }
            (Some(record), None) => {
                self.users.insert(user, Person::new(record));
            }
            (None, _) => {
                self.users.remove(&user);
                self.me_changes += 1;
                self.absent.insert(lack);
            }
        }
    }

    /// Gives a topic that was lacking, `None` when there is none.
    pub fn provide_topic(&mut self, topic: &TopicKey, record: Option<TopicRecord>) {
        let lack = Lack::Topic(topic.clone());
        self.stale.remove(&lack);
        match (record, self.topics.get_mut(topic)) {
            (Some(record), Some(room)) => room.reload(record),
            (Some(record), None) => {
                self.topics.insert(topic.clone(), Room::new(record));
            }
            (None, _) => {
                if let Some(room) = self.topics.remove(topic) {
                    room.attached().keys().for_each(|session| self.forget_attached(*session, topic));
                    self.cancel(room.off_at, Due::TopicOff(topic.clone()));
                }
                self.absent.insert(lack);
            }
        }
    }

    /// A step was kept: what it tells, in order. Steps are handed in in the order in which they were made.
    pub fn commit(&mut self, mut step: Step) -> Vec<Delivery> {
        self.settle(&step);
        for topic in &step.topics {
            if self.topics.get(topic).is_some_and(|room| room.gone && room.pending == 0)
                && let Some(room) = self.topics.remove(topic)
            {
                self.forget_topic(topic, &room);
            }
        }
        self.sweep();
        core::mem::take(&mut step.deliveries)
    }

    /// Whoever was loaded while the deletion waited for its commit has the topic still.
    fn forget_topic(&mut self, topic: &TopicKey, room: &Room) {
        for user in room.record.subs.keys() {
            if let Some(person) = self.users.get_mut(user) {
                person.topics.remove(topic);
            }
        }
    }

    pub(super) fn settle(&mut self, step: &Step) {
        for topic in &step.topics {
            if let Some(room) = self.topics.get_mut(topic) {
                room.pending = room.pending.saturating_sub(1);
            }
        }
        for user in &step.users {
            if let Some(person) = self.users.get_mut(user) {
                person.pending = person.pending.saturating_sub(1);
            }
        }
    }

    pub(super) fn forget_attached(&mut self, session: SessionId, topic: &TopicKey) {
        if let Some(seat) = self.sessions.get_mut(&session) {
            seat.attached.remove(topic);
        }
    }

    /// Marks what a step changed, and hands it out.
    pub(super) fn made(&mut self, step: Step) -> Step {
        for topic in &step.topics {
            if let Some(room) = self.topics.get_mut(topic) {
                room.pending += 1;
            }
        }
        for user in &step.users {
            if let Some(person) = self.users.get_mut(user) {
                person.pending += 1;
            }
        }
        self.absent.clear();
        step
    }

    /// Writes: into memory now, into the store by the step.
    pub(super) fn write(&mut self, step: &mut Step, write: Write) {
        if let Some(topic) = write.topic() {
            step.touch(topic);
            if let Some(room) = self.topics.get_mut(topic) {
                room.apply(&write);
            }
        }
        match &write {
            Write::Account(account) => {
                step.touch_user(account.user);
                if let Some(person) = self.users.get_mut(&account.user) {
                    person.account = account.clone();
                }
            }
            Write::Subscription { topic, subscription } => {
                // Of a user who is not in memory there is nothing to load again; nobody begins anything for such a one.
                if let Some(person) = self.users.get_mut(&subscription.user) {
                    step.touch_user(subscription.user);
                    person.topics.insert(topic.clone());
                }
            }
            Write::DeleteTopic(topic) => {
                let subs = self.topics.get(topic).map(|room| room.record.subs.keys());
                for user in subs.into_iter().flatten() {
                    if let Some(person) = self.users.get_mut(user) {
                        step.touch_user(*user);
                        person.topics.remove(topic);
                    }
                }
            }
            _ => {}
        }
        step.writes.push(write);
    }

    pub(super) fn start_timer(&mut self, at: Instant, due: Due) {
        self.timers.insert((at, due));
    }

    pub(super) fn cancel(&mut self, at: Option<Instant>, due: Due) {
        if let Some(at) = at {
            self.timers.remove(&(at, due));
        }
    }

    /// A topic in memory, unless it was deleted.
    pub(super) fn room(&self, topic: &TopicKey) -> Option<&Room> {
        self.topics.get(topic).filter(|room| !room.gone)
    }

    /// Forgets topics and users that nobody uses, when there are many.
    fn sweep(&mut self) {
        let idle = self.config.idle.max(1);
        if self.topics.len() > self.sweep_at.0 {
            let users = &self.users;
            let listens = |user: &UserNumber| users.get(user).is_some_and(|person| person.online);
            self.topics.retain(|_, room| {
                let used = room.pending > 0 || room.online || !room.attached().is_empty();
                used || room.record.subs.keys().any(listens)
            });
            self.sweep_at.0 = self.topics.len().saturating_mul(2).max(idle);
        }
        if self.users.len() > self.sweep_at.1 {
            self.users.retain(|_, person| person.pending > 0 || person.sessions > 0 || person.online);
            self.sweep_at.1 = self.users.len().saturating_mul(2).max(idle);
        }
    }
}

/// 64 bits drawn, in the 11 characters that PortSIP's names have.
fn group_name(names: &mut Random) -> TopicKey {
    let mut bytes = [0; 8];
    names.fill(&mut bytes);
    let mut name = String::from("grp");
    data_encoding::BASE64URL_NOPAD.encode_append(&bytes, &mut name);
    TopicKey::Group(name.as_str().into())
}

impl core::fmt::Debug for Service {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (sessions, users, topics) = self.held();
        write!(f, "Service({sessions} sessions, {users} users, {topics} topics)")
    }
}
