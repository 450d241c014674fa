//! `sub`: to a topic that exists, or begins by it.

use alloc::string::String;

use tieline_core::Text;

use super::config::JoinNotice;
use super::decide::{Asked, with_acs};
use super::presence::Change;
use super::record::{Account, MessageRecord, Subscription, TopicHead, TopicKey, TopicRecord, UserNumber};
use super::room::Room;
use super::state::Service;
use super::step::{Delivery, Step};
use super::target::Target;
use super::write::Write;
use crate::server::Answer;
use crate::{AccessMode, Params, PresWhat, SetDesc, SetQuery, Status, Sub, Topic};

/// What a P2P mode may hold; `A` is always in it.
pub(super) const fn p2p_mask(mode: AccessMode) -> AccessMode {
    AccessMode::from_bits(mode.bits() & AccessMode::P2P_DEFAULT.bits() | AccessMode::APPROVE.bits())
}

impl Service {
    pub(super) fn subscribe(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: Target,
        sub: &Sub<Text>,
    ) -> Result<(), Status> {
        let attached = match &target {
            Target::Me => self.is_on_me(asked),
            Target::Topic(topic) => self.is_attached(asked.session, topic),
            Target::New => false,
            Target::Unknown => return Err(Status::TOPIC_NOT_FOUND),
        };
        if attached {
            return Err(Status::ALREADY_SUBSCRIBED);
        }
        let set = sub.set.as_deref();
        let wanted = wanted(set)?;
        let joined = match target {
            Target::Me => {
                self.enter_me(step, asked);
                step.answer(Status::OK);
                Target::Me
            }
            Target::New => Target::Topic(self.create(step, asked, wanted, set.and_then(|set| set.desc.as_deref()))?),
            Target::Topic(topic) => {
                self.join(step, asked, &topic, wanted, set)?;
                Target::Topic(topic)
            }
            Target::Unknown => return Err(Status::TOPIC_NOT_FOUND),
        };
        let is_in = match &joined {
            Target::Topic(topic) => self.is_attached(asked.session, topic),
            _ => true,
        };
        let answered = step.deliveries.len();
        if let Some(query) = sub.get.as_deref().filter(|_| is_in) {
            self.get_parts(step, asked, &joined, query, super::get::Order::Sub);
        }
        if let Target::Topic(TopicKey::Group(name)) = &joined
            && **name != *asked.name
        {
            // All parts are about the group that there is now.
            for delivery in step.deliveries.iter_mut().skip(answered) {
                if let Delivery::Answer { answer, .. } = delivery {
                    *answer = answer.clone().about(Topic::from(name.as_str()));
                }
            }
        }
        Ok(())
    }

    fn join(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        wanted: Option<AccessMode>,
        set: Option<&SetQuery<Text>>,
    ) -> Result<(), Status> {
        self.may_attach(asked.session)?;
        let begun = match topic {
            TopicKey::P2p(..) => self.begin_p2p(step, asked, topic, wanted, set)?,
            TopicKey::External(name) => {
                if !self.may_use_channel(asked.user, name) {
                    return Err(Status::PERMISSION_DENIED);
                }
                self.open_channel(step, asked.ts, topic);
                None
            }
            TopicKey::Group(_) => None,
        };
        let room = self.room(topic).ok_or(Status::TOPIC_NOT_FOUND)?;
        let private = set.and_then(|set| set.desc.as_deref()).and_then(|desc| desc.private.as_ref());
        match (begun, room.record.member(asked.user).cloned()) {
            (Some(sub), _) => {
                step.answer(Answer::status(Status::OK).with(&with_acs(&sub)));
                if sub.want.contains(AccessMode::JOIN) {
                    self.attach(step, asked, topic)?;
                }
            }
            (None, Some(sub)) => self.rejoin(step, asked, topic, sub, wanted)?,
            (None, None) => self.join_first(step, asked, topic, wanted)?,
        }
        if let Some(private) = private {
            // What is wrong with it does not undo the join.
            let _ = self.set_private(step, asked, topic, private);
        }
        Ok(())
    }

    /// Joins a group or channel for the first time, or again after leaving it.
    fn join_first(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        wanted: Option<AccessMode>,
    ) -> Result<(), Status> {
        let room = self.room(topic).ok_or(Status::TOPIC_NOT_FOUND)?;
        let given = room.record.head.auth & left_with(&room.record, asked.user);
        if !given.contains(AccessMode::JOIN) {
            return Err(Status::PERMISSION_DENIED);
        }
        if room.record.members().count() >= self.config.members {
            return Err(Status::POLICY);
        }
        self.may_begin(asked.user, Some(topic))?;
        let sub = self.begin(step, asked, topic, wanted.unwrap_or(given), given);
        let change = Change::begun(sub.want, sub.given);
        self.tell_access(step, topic, asked.user, asked.user, &change);
        if !sub.want.contains(AccessMode::JOIN) {
            // Whoever does not want to join bans himself: kept, and not attached.
            step.answer(Answer::status(Status::OK).with(&with_acs(&sub)));
            return Ok(());
        }
        let notice = self.config.join_notice.clone().filter(|_| matches!(topic, TopicKey::Group(_)));
        match notice {
            None => step.answer(Answer::status(Status::OK).with(&with_acs(&sub))),
            Some(notice) => self.tell_join(step, asked, topic, notice),
        }
        if !self.attach(step, asked, topic)? {
            self.tell_joined(step, topic, asked.user);
        }
        Ok(())
    }

    /// Stores the notice of a join and answers with its number.
    fn tell_join(&mut self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey, notice: JoinNotice) {
        let Some(seq) = self.room(topic).map(|room| room.record.head.seq + 1) else { return };
        let message = MessageRecord {
            seq,
            ts: asked.ts,
            from: Some(asked.user),
            head: notice.head,
            content: notice.content,
            reqid: None,
        };
        let params = Params { seq: Some(seq), ..Params::default() };
        step.answer(Answer::status(Status::ACCEPTED).with(&params).at(asked.ts));
        self.keep_message(step, asked, topic, message, true);
    }

    /// Tells a user on `me` that a group which the user just joined is online, if it is.
    pub(super) fn tell_joined(&self, step: &mut Step, topic: &TopicKey, user: UserNumber) {
        let Some(room) = self.room(topic).filter(|room| room.online) else { return };
        if room.record.mode(user).contains(AccessMode::PRESENCE) {
            self.tell_own(step, topic, user, PresWhat::On, None);
        }
    }

    /// A subscription that begins, as it is kept.
    pub(super) fn begin(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        want: AccessMode,
        given: AccessMode,
    ) -> Subscription {
        let subscription = Subscription::new(asked.user, asked.ts, want, given);
        self.write(step, Write::Subscription { topic: topic.clone(), subscription: subscription.clone() });
        subscription
    }

    /// Attaches a member, whose own mode may change by it.
    fn rejoin(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        sub: Subscription,
        wanted: Option<AccessMode>,
    ) -> Result<(), Status> {
        if !sub.given.contains(AccessMode::JOIN) {
            return Err(Status::PERMISSION_DENIED);
        }
        let wanted = match wanted {
            Some(mode) if topic.is_p2p() => p2p_mask(mode),
            Some(mode) => mode,
            // To subscribe ends a ban of oneself.
            None if !sub.want.contains(AccessMode::JOIN) => self.usual_want(topic, &sub),
            None => sub.want,
        };
        let is_owner = sub.mode().contains(AccessMode::OWNER);
        if is_owner && !wanted.contains(AccessMode::JOIN | AccessMode::OWNER) {
            return Err(Status::PERMISSION_DENIED);
        }
        let mut answer = Answer::status(Status::OK);
        let changed = Subscription { want: wanted, updated: asked.ts, ..sub.clone() };
        if wanted != sub.want {
            answer = answer.with(&with_acs(&changed));
            let change = Change::between((sub.want, sub.given), (wanted, sub.given));
            self.write(step, Write::Subscription { topic: topic.clone(), subscription: changed.clone() });
            self.tell_access(step, topic, asked.user, asked.user, &change);
        }
        step.answer(answer);
        let mut woken = false;
        if wanted.contains(AccessMode::JOIN) {
            woken = self.attach(step, asked, topic)?;
        } else {
            self.evict(step, topic, asked.user, false, None, asked.ts);
            self.rest(asked.now, topic);
        }
        if !woken {
            self.tell_presence_change(step, topic, asked.user, &sub, &changed);
        }
        Ok(())
    }

    /// What somebody wants who says nothing.
    fn usual_want(&self, topic: &TopicKey, sub: &Subscription) -> AccessMode {
        let auth = self.room(topic).map_or(AccessMode::NONE, |room| room.record.head.auth);
        if topic.is_p2p() {
            AccessMode::P2P_DEFAULT
        } else if auth.contains(AccessMode::JOIN) {
            auth
        } else {
            sub.given - AccessMode::OWNER
        }
    }

    /// Begins a conversation of two, or the own part in it where it ended; `None` when the user is in it.
    fn begin_p2p(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        wanted: Option<AccessMode>,
        set: Option<&SetQuery<Text>>,
    ) -> Result<Option<Subscription>, Status> {
        let peer = topic.peer_of(asked.user).ok_or(Status::MALFORMED)?;
        let auth = self.person(peer).ok_or(Status::USER_NOT_FOUND)?.account.auth;
        let known = self.room(topic).map(|room| &room.record);
        if known.is_some_and(|record| record.member(asked.user).is_some()) {
            return Ok(None);
        }
        let before = known.map_or(AccessMode::FULL, |record| left_with(record, asked.user));
        let given = auth & before | AccessMode::APPROVE;
        if !given.contains(AccessMode::JOIN) {
            return Err(Status::PERMISSION_DENIED);
        }
        let is_new = known.is_none();
        self.may_begin(asked.user, Some(topic))?;
        let defacs = set.and_then(|set| set.desc.as_deref()).and_then(|desc| desc.defacs.as_ref());
        let bound = defacs.and_then(|defacs| defacs.auth.as_ref()).and_then(|mode| mode.parse().ok().flatten());
        if is_new {
            let head = TopicHead::new(topic.clone(), asked.ts, AccessMode::NONE);
            self.topics.insert(topic.clone(), Room::new(TopicRecord::new(head.clone())));
            self.write(step, Write::Topic(head));
            let theirs = p2p_mask(bound.unwrap_or(AccessMode::P2P_DEFAULT));
            let subscription = Subscription::new(peer, asked.ts, AccessMode::P2P_DEFAULT, theirs);
            self.write(step, Write::Subscription { topic: topic.clone(), subscription });
        }
        let want = wanted.map_or(AccessMode::P2P_DEFAULT, p2p_mask);
        let sub = self.begin(step, asked, topic, want, given);
        self.tell_subject(step, topic, asked.user, asked.user, &Change::begun(sub.want, sub.given));
        if is_new {
            let theirs = self.room(topic).and_then(|room| room.record.member(peer)).cloned();
            let change = theirs.map(|sub| Change::begun(sub.want, sub.given)).unwrap_or_default();
            self.tell_subject(step, topic, peer, asked.user, &change);
        } else {
            self.tell_sharers(step, topic, asked.user, asked.user, &Change::begun(sub.want, sub.given));
        }
        for (user, other) in [(asked.user, peer), (peer, asked.user)] {
            let hears = self.room(topic).is_some_and(|room| room.record.mode(user).contains(AccessMode::PRESENCE));
            if hears && self.is_online_for(topic, user) && self.person(other).is_some() {
                self.tell_own(step, topic, user, PresWhat::On, None);
            }
        }
        Ok(Some(sub))
    }

    /// Creates a group.
    fn create(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        wanted: Option<AccessMode>,
        desc: Option<&SetDesc<Text>>,
    ) -> Result<TopicKey, Status> {
        self.may_attach(asked.session)?;
        self.may_begin(asked.user, None)?;
        let want = wanted.unwrap_or(AccessMode::FULL);
        if !want.contains(AccessMode::JOIN | AccessMode::OWNER) || desc.is_some_and(|desc| desc.trusted.is_some()) {
            return Err(Status::PERMISSION_DENIED);
        }
        let topic = self.take_group();
        // An invalid default is passed over; nobody owns by default.
        let default = |mode: Option<&crate::Mode<Text>>| mode.and_then(|mode| mode.parse().ok().flatten());
        let defacs = desc.and_then(|desc| desc.defacs.as_ref());
        let auth = default(defacs.and_then(|defacs| defacs.auth.as_ref())).unwrap_or(AccessMode::GROUP_DEFAULT);
        let anon = default(defacs.and_then(|defacs| defacs.anon.as_ref())).unwrap_or(AccessMode::NONE);
        let public = desc.and_then(|desc| desc.public.as_ref());
        let head = TopicHead {
            anon: anon - AccessMode::OWNER,
            public: public.map_or(Ok(None), |public| self.first_card(public))?,
            ..TopicHead::new(topic.clone(), asked.ts, auth - AccessMode::OWNER)
        };
        let private = desc.and_then(|desc| desc.private.as_ref());
        let private = private.map_or(Ok(None), |private| self.first_card(private))?;
        self.topics.insert(topic.clone(), Room::new(TopicRecord::new(head.clone())));
        self.write(step, Write::Topic(head));
        let subscription = Subscription { private, ..Subscription::new(asked.user, asked.ts, want, AccessMode::FULL) };
        let params = Params { tmpname: Some(asked.name.into()), ..with_acs(&subscription) };
        self.write(step, Write::Subscription { topic: topic.clone(), subscription });
        step.answer(
            Answer::status(Status::OK).with(&params).about(Topic::from(String::from(topic.name_for(asked.user)))),
        );
        self.tell_subject(step, &topic, asked.user, asked.user, &Change::begun(want, AccessMode::FULL));
        self.attach(step, asked, &topic)?;
        Ok(topic)
    }

    /// The account of a user.
    pub(super) fn account(&self, user: u64) -> Option<&Account> {
        self.person(user).map(|person| &person.account)
    }
}

/// The most that may be given to who comes: what was taken away stays so, or whoever is banned would leave and come back.
pub(super) fn left_with(record: &TopicRecord, user: u64) -> AccessMode {
    record.subs.get(&user).map_or(AccessMode::FULL, |ended| ended.given)
}

/// The own mode that a `sub` sets.
fn wanted(set: Option<&SetQuery<Text>>) -> Result<Option<AccessMode>, Status> {
    let Some(own) = set.and_then(|set| set.sub.as_ref()) else { return Ok(None) };
    if own.user.as_ref().is_some_and(|user| !user.as_str().is_empty()) {
        return Err(Status::MALFORMED);
    }
    own.mode.as_ref().map_or(Ok(None), |mode| mode.parse().map_err(|_| Status::MALFORMED))
}
