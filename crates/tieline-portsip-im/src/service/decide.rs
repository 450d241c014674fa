//! From a request to a decision.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use tieline_core::{Instant, Text};

use super::rate::Bucket;
use super::record::{Account, Micros, TopicKey, UserNumber};
use super::state::{Due, Person, Seat, Service};
use super::step::{Decision, Lack, SessionId, Step, Undo};
use super::target::{Target, user_number};
use super::write::Write;
use crate::{ClientBody, ClientMessage, Del, DelWhat, GetQuery, Params, Section, Status, Topic};

/// Who logged in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The user.
    pub user: UserNumber,
    /// What everybody sees of the user, should the service meet the user for the first time: a
    /// [`Card`](crate::Card).
    pub public: Option<tieline_core::json::Raw<Text>>,
    /// The program, as the `hi` told it.
    pub agent: Option<Text>,
    /// Whether the `hi` said that nobody looks at the session.
    pub background: bool,
    /// The ring groups and queues whose external messages the user may see, by the id that stands behind `emc`. The user's
    /// own is always among them. [`Service::change_channels`] when they change while the user is there.
    pub channels: Vec<Text>,
}

impl Arrival {
    /// A user.
    #[must_use]
    pub const fn new(user: UserNumber) -> Self {
        Self { user, public: None, agent: None, background: false, channels: Vec::new() }
    }
}

/// What the rules of one request know of it.
pub(super) struct Asked<'m> {
    pub(super) session: SessionId,
    pub(super) user: UserNumber,
    pub(super) now: Instant,
    pub(super) ts: Micros,
    /// The topic as the client wrote it.
    pub(super) name: &'m str,
}

impl Service {
    /// A session is logged in. Its login is answered once this is committed. One that is open already begins anew. The user's
    /// part in an external message channel that is none of the user's any more ends.
    pub fn open(&mut self, now: Instant, session: SessionId, arrival: &Arrival) -> Decision {
        self.now = now;
        let user = arrival.user;
        let lacks = self.lacks_channels(user, &arrival.channels);
        if !lacks.is_empty() {
            return Decision::Lacks(lacks.into_iter().collect());
        }
        let mut step = Step::new(Some(session));
        // Logged in anew, as nobody waited for the outcome of the first login any more.
        self.vacate(&mut step, now, session);
        self.meet(&mut step, now, arrival);
        if let Some(person) = self.users.get_mut(&user) {
            person.sessions += 1;
        }
        let seat = Seat {
            user,
            agent: arrival.agent.clone(),
            background: arrival.background,
            attached: BTreeSet::new(),
            bucket: Bucket::full(self.config.rate, now),
            charged: None,
        };
        self.sessions.insert(session, seat);
        step.undo.push(Undo::Opened(session, user));
        self.put_channels(&mut step, now, user, &arrival.channels);
        Decision::Made(self.made(step))
    }

    /// Makes the account of a user whom the owner of the users knows and the store does not: others may write to who has
    /// never logged in. Nothing is written for a user who has one.
    pub fn introduce(&mut self, now: Instant, arrival: &Arrival) -> Decision {
        let lacks = self.lacks_arrival(arrival.user);
        if !lacks.is_empty() {
            return Decision::Lacks(lacks.into_iter().collect());
        }
        let mut step = Step::new(None);
        self.meet(&mut step, now, arrival);
        Decision::Made(self.made(step))
    }

    /// What must be loaded before a user is let in.
    pub(super) fn lacks_arrival(&self, user: UserNumber) -> BTreeSet<Lack> {
        let mut lacks = BTreeSet::new();
        self.lack_user(&mut lacks, user);
        lacks
    }

    /// The user's account is made if there is none.
    fn meet(&mut self, step: &mut Step, now: Instant, arrival: &Arrival) {
        if self.users.contains_key(&arrival.user) {
            return;
        }
        let account = Account::new(arrival.user, self.micros(now), arrival.public.clone());
        let record = super::record::UserRecord { account: account.clone(), topics: BTreeSet::new() };
        self.provide_user(arrival.user, Some(record));
        self.write(step, Write::Account(account));
    }

    /// Decides on a request or note of a session that is [open](Self::open). A request of one that is not is answered 401,
    /// a note is passed over.
    ///
    /// Whoever asks again, once what lacked is provided, asks with the same time: the message is charged to the session's
    /// rate once.
    pub fn decide(&mut self, now: Instant, session: SessionId, message: &ClientMessage<Text>) -> Decision {
        self.now = now;
        let mut step = Step::new(Some(session));
        let is_note = matches!(message.body, ClientBody::Note(_));
        let rate = self.config.rate;
        let Some(seat) = self.sessions.get_mut(&session) else {
            if !is_note {
                step.answer(Status::AUTHENTICATION_REQUIRED);
                step.close_answer();
            }
            return Decision::Made(self.made(step));
        };
        let user = seat.user;
        // What is over the rate loads nothing.
        let in_rate = seat.charged.take() == Some(now) || seat.bucket.take(rate, now);
        let name = message.body.topic().map(Topic::as_str).unwrap_or_default();
        let asked = Asked { session, user, now, ts: self.micros(now), name };
        let target = Target::of(message.body.topic(), user);
        let taken = if self.draining || !in_rate { Err(Status::UNAVAILABLE) } else { Ok(()) };
        if taken.is_ok()
            && let Ok(target) = &target
        {
            if *target == Target::New {
                self.draw_group();
            }
            let lacks = self.lacks(user, target, &message.body);
            if !lacks.is_empty() {
                if let Some(seat) = self.sessions.get_mut(&session) {
                    seat.charged = Some(now);
                }
                return Decision::Lacks(lacks);
            }
        }
        match taken.and_then(|()| self.rule(&mut step, &asked, target, message)) {
            Ok(()) => {}
            // What a note does wrong is passed over, but where the topic was to be attached.
            Err(Status::ATTACH_FIRST) if is_note => self.refuse_note(&mut step, &asked),
            Err(_) if is_note => {}
            Err(status) => step.answer(status),
        }
        step.close_answer();
        Decision::Made(self.made(step))
    }

    fn rule(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: Result<Target, Status>,
        message: &ClientMessage<Text>,
    ) -> Result<(), Status> {
        match &message.body {
            // Accounts and their credentials are those of the PBX.
            ClientBody::Acc(_) => return Err(Status::NOT_IMPLEMENTED),
            ClientBody::Del(Del { what: Some(DelWhat::User), .. }) => return Err(Status::PERMISSION_DENIED),
            _ => {}
        }
        let target = target?;
        match &message.body {
            ClientBody::Sub(sub) => self.subscribe(step, asked, target, sub),
            ClientBody::Leave(leave) => self.leave(step, asked, &target, leave.unsub == Some(true)),
            ClientBody::Pub(publish) => self.publish(step, asked, &target, publish),
            ClientBody::Get(get) => {
                let query = GetQuery {
                    what: get.what.clone(),
                    desc: get.desc.clone(),
                    sub: get.sub.clone(),
                    data: get.data.clone(),
                    del: get.del.clone(),
                };
                self.get(step, asked, &target, &query)
            }
            ClientBody::Set(set) => self.set(step, asked, &target, set),
            ClientBody::Del(del) => self.delete(step, asked, &target, del),
            ClientBody::Note(note) => self.note(step, asked, &target, note),
            _ => Err(Status::NOT_IMPLEMENTED),
        }
    }

    /// What must be loaded before the rules of a request look at it.
    fn lacks(&self, user: UserNumber, target: &Target, body: &ClientBody<Text>) -> Vec<Lack> {
        let mut lacks: BTreeSet<Lack> = self.stale.clone();
        self.lack_user(&mut lacks, user);
        match target {
            Target::Topic(topic) => {
                self.lack_topic(&mut lacks, topic);
                if let Some(peer) = topic.peer_of(user) {
                    self.lack_user(&mut lacks, peer);
                }
                if let Some(other) = other_user(body) {
                    self.lack_user(&mut lacks, other);
                }
                if asks_for(body, Section::Sub)
                    && !topic.is_p2p()
                    && let Some(room) = self.room(topic)
                {
                    room.record.members().for_each(|sub| self.lack_user(&mut lacks, sub.user));
                }
            }
            Target::Me if matches!(body, ClientBody::Sub(_)) || asks_for(body, Section::Sub) => {
                let topics = self.users.get(&user).map(|person| &person.topics);
                for topic in topics.into_iter().flatten() {
                    self.lack_topic(&mut lacks, topic);
                    if let Some(peer) = topic.peer_of(user) {
                        self.lack_user(&mut lacks, peer);
                    }
                }
            }
            Target::New if matches!(body, ClientBody::Sub(_)) => self.lack_topic(&mut lacks, &self.next_group),
            _ => {}
        }
        lacks.into_iter().collect()
    }

    pub(super) fn lack_user(&self, lacks: &mut BTreeSet<Lack>, user: UserNumber) {
        let lack = Lack::User(user);
        if self.stale.contains(&lack) || !self.users.contains_key(&user) && !self.absent.contains(&lack) {
            lacks.insert(lack);
        }
    }

    pub(super) fn lack_topic(&self, lacks: &mut BTreeSet<Lack>, topic: &TopicKey) {
        let lack = Lack::Topic(topic.clone());
        if self.stale.contains(&lack) || !self.topics.contains_key(topic) && !self.absent.contains(&lack) {
            lacks.insert(lack);
        }
    }

    /// A session is gone: what others are told. Nothing for one that is not open.
    pub fn close(&mut self, now: Instant, session: SessionId) -> Step {
        self.now = now;
        let mut step = Step::new(None);
        if !self.vacate(&mut step, now, session) {
            return step;
        }
        self.made(step)
    }

    /// Takes a session out of everything. Whether it was open.
    fn vacate(&mut self, step: &mut Step, now: Instant, session: SessionId) -> bool {
        let Some(seat) = self.sessions.get(&session) else { return false };
        let user = seat.user;
        let topics: Vec<TopicKey> = seat.attached.iter().cloned().collect();
        for topic in topics {
            self.detach(step, now, &topic, session);
        }
        self.leave_me(step, now, session);
        self.sessions.remove(&session);
        if let Some(person) = self.users.get_mut(&user) {
            person.sessions = person.sessions.saturating_sub(1);
        }
        true
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` when nothing is.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Does what is due: tells who went offline.
    pub fn handle_timeout(&mut self, now: Instant) -> Step {
        self.now = now;
        let mut step = Step::new(None);
        while let Some((at, _)) = self.timers.first()
            && *at <= now
            && let Some((_, due)) = self.timers.pop_first()
        {
            match due {
                Due::UserOff(user) => self.user_offline(&mut step, now, user),
                Due::Agent(user) => self.agent_changed(&mut step, user),
                Due::TopicOff(topic) => self.topic_offline(&mut step, &topic),
                Due::Left(topic, user) => self.left(&mut step, &topic, user),
                Due::Channels(user) => self.part_again(&mut step, now, user),
            }
        }
        self.made(step)
    }

    pub(super) fn person(&self, user: UserNumber) -> Option<&Person> {
        self.users.get(&user)
    }

    pub(super) fn is_attached(&self, session: SessionId, topic: &TopicKey) -> bool {
        self.sessions.get(&session).is_some_and(|seat| seat.attached.contains(topic))
    }

    pub(super) fn is_on_me(&self, asked: &Asked<'_>) -> bool {
        self.users.get(&asked.user).is_some_and(|person| person.me.contains(&asked.session))
    }
}

/// The other user that a request names.
fn other_user(body: &ClientBody<Text>) -> Option<UserNumber> {
    let user = match body {
        ClientBody::Set(set) => set.sub.as_ref().and_then(|sub| sub.user.as_ref()),
        _ => None,
    };
    user.and_then(|user| user_number(user.as_str()))
}

fn asks_for(body: &ClientBody<Text>, section: Section) -> bool {
    let what = match body {
        ClientBody::Get(get) => get.what.as_ref(),
        ClientBody::Sub(sub) => sub.get.as_ref().and_then(|get| get.what.as_ref()),
        _ => None,
    };
    what.is_some_and(|what| Section::list(what).any(|asked| asked == section))
}

/// The own access, as answers show it.
pub(super) fn acs(sub: &super::record::Subscription) -> crate::Access<alloc::string::String> {
    crate::Access {
        want: Some(sub.want.into()),
        given: Some(sub.given.into()),
        mode: Some((sub.want & sub.given).into()),
    }
}

/// An answer that shows the access.
pub(super) fn with_acs(sub: &super::record::Subscription) -> Params<alloc::string::String> {
    Params { acs: Some(acs(sub)), ..Params::default() }
}
