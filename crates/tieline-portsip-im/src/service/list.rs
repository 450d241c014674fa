//! Lists: the members of a topic, and the topics of a user.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::Text;
use tieline_core::json::Encode as _;

use super::decide::{Asked, acs};
use super::get::{own_card, owned, since, some};
use super::record::{Micros, Subscription, TopicKey, UserNumber, user_name};
use super::state::Service;
use super::step::{Step, no_content, stamp};
use super::target::user_number;
use crate::server::Answer;
use crate::{Access, AccessMode, GetOpts, Meta, Seen, Status, Subscriber, Topic, UserId};

/// What an entry of a list takes, as a rule at most, without what somebody shows or keeps.
const ENTRY_BYTES: usize = 320;

impl Service {
    pub(super) fn list_members(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        let ims = options.and_then(since);
        // A user that does not parse is no user, and all are asked for.
        let only = options.and_then(|options| options.user.as_ref()).and_then(|user| user_number(user.as_str()));
        let told = |sub: &&Subscription| {
            only.is_none_or(|only| only == sub.user)
                && (sub.is_live() || ims.is_some_and(|ims| sub.deleted.is_some_and(|deleted| deleted > ims)))
        };
        let mut subs: Vec<&Subscription> = record.subs.values().filter(told).collect();
        subs.sort_by_key(|sub| (sub.created, sub.user));
        let room = self.room(topic).filter(|_| !topic.is_p2p());
        let here: BTreeSet<UserNumber> = room.into_iter().flat_map(|room| room.attached().values().copied()).collect();
        subs.truncate(self.most(options));
        let most = subs.len();
        let entries = subs.into_iter().map(|sub| {
            let online = (sub.is_live() && here.contains(&sub.user)).then_some(true);
            Subscriber { online, ..self.member_entry(asked, topic, sub, ims) }
        });
        self.answer_list(step, most, entries);
        Ok(())
    }

    fn member_entry(
        &self,
        asked: &Asked<'_>,
        topic: &TopicKey,
        sub: &Subscription,
        ims: Option<Micros>,
    ) -> Subscriber<String> {
        let user = Some(UserId::from(String::from(user_name(sub.user))));
        if let Some(deleted) = sub.deleted {
            return Subscriber { user, ..ended(deleted) };
        }
        let mut entry = Subscriber { updated: Some(stamp(sub.updated)), acs: Some(acs(sub)), user, ..marks(sub) };
        if sub.user == asked.user {
            entry.private = sub.private.as_ref().and_then(owned);
        }
        if !topic.is_p2p() {
            let account = self.account(sub.user);
            let changed = account.is_some_and(|account| ims.is_none_or(|ims| account.updated.max(sub.updated) > ims));
            entry.public = account.filter(|_| changed).and_then(|account| account.public.as_ref()).and_then(owned);
        }
        entry
    }

    /// The topics of the asker.
    pub(super) fn list_topics(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let ims = options.and_then(since);
        let only = options.and_then(|options| options.topic.as_ref()).map(Topic::as_str);
        let topics = self.person(asked.user).map(|person| &person.topics);
        let most = self.most(options).min(topics.map_or(0, BTreeSet::len));
        let entries = topics.into_iter().flatten().filter_map(|topic| {
            let name = topic.name_for(asked.user);
            let sub = self.room(topic).and_then(|room| room.record.subs.get(&asked.user));
            let sub = sub.filter(|_| only.is_none_or(|only| *name == *only))?;
            let topic_name = Some(Topic::from(String::from(name)));
            match sub.deleted {
                None => Some(Subscriber { topic: topic_name, ..self.topic_entry(asked, topic, sub, ims) }),
                Some(deleted) if ims.is_some_and(|ims| deleted > ims) => {
                    Some(Subscriber { topic: topic_name, ..ended(deleted) })
                }
                Some(_) => None,
            }
        });
        self.answer_list(step, most, entries.take(most));
        Ok(())
    }

    fn topic_entry(
        &self,
        asked: &Asked<'_>,
        topic: &TopicKey,
        sub: &Subscription,
        ims: Option<Micros>,
    ) -> Subscriber<String> {
        let card = self.card(asked, topic, sub, ims);
        let mode = sub.mode();
        let mut entry = Subscriber {
            updated: Some(stamp(sub.updated)),
            acs: Some(acs(sub)),
            public: card.public,
            private: card.private,
            ..marks(sub)
        };
        let Some(head) = self.room(topic).map(|room| &room.record.head) else { return entry };
        if mode.contains(AccessMode::READ | AccessMode::JOIN) {
            entry.touched = Some(stamp(head.touched));
            entry.seq = some(head.seq);
        }
        if mode.contains(AccessMode::PRESENCE) {
            entry.online = self.is_online_for(topic, asked.user).then_some(true);
            let peer = topic.peer_of(asked.user).and_then(|peer| self.account(peer));
            if let Some(account) = peer.filter(|_| entry.online.is_none())
                && let Some(seen) = account.seen
            {
                let ua = account.agent.as_ref().map(|agent| String::from(agent.as_str()));
                entry.seen = Some(Seen { when: Some(stamp(seen)), ua });
            }
        }
        entry
    }

    /// Answers with the entries, at most so many, so far as they fit. What others show of themselves pushes nothing out: an
    /// entry is without it where no room would be left for those behind it.
    fn answer_list(&self, step: &mut Step, most: usize, entries: impl Iterator<Item = Subscriber<String>>) {
        let size = |entry: &Subscriber<String>| entry.to_json().len() + ",".len();
        let mut left = self.config.answer_bytes;
        let mut told = Vec::new();
        for mut entry in entries {
            let behind = most.saturating_sub(told.len() + 1).saturating_mul(ENTRY_BYTES);
            let mut bytes = size(&entry);
            if bytes > left.saturating_sub(behind) {
                (entry.public, entry.private) = (None, None);
                if let Some(seen) = &mut entry.seen {
                    seen.ua = None;
                }
                bytes = size(&entry);
            }
            if bytes > left && !told.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes);
            told.push(entry);
        }
        if told.is_empty() {
            step.answer(no_content("sub"));
        } else {
            step.answer(Answer::meta(Meta { sub: Some(told), ..Meta::default() }));
        }
    }

    fn most(&self, options: Option<&GetOpts<Text>>) -> usize {
        let limit = options.and_then(|options| options.limit).and_then(|limit| usize::try_from(limit).ok());
        limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX).min(self.config.entries)
    }

    /// Answers a member who is not attached, or a stranger: with one section.
    pub(super) fn get_detached(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: Option<&TopicKey>,
        query: &crate::GetQuery<Text>,
    ) -> Result<(), Status> {
        let what = query.what.as_deref().unwrap_or_default();
        let asks = |section| crate::Section::list(what).any(|asked_for| asked_for == section);
        match topic {
            Some(topic) if asks(crate::Section::Sub) => self.own_entry(step, asked, topic, query.sub.as_deref()),
            // The own topics are the own, attached or not.
            None if asks(crate::Section::Sub) => self.list_topics(step, asked, query.sub.as_deref()),
            Some(topic) if asks(crate::Section::Desc) => self.describe_shortly(step, asked, topic),
            None if asks(crate::Section::Desc) => self.describe_me_shortly(step, asked),
            _ => Err(Status::PERMISSION_DENIED),
        }
    }

    fn describe_me_shortly(&self, step: &mut Step, asked: &Asked<'_>) -> Result<(), Status> {
        let account = self.account(asked.user).ok_or(Status::USER_NOT_FOUND)?;
        let acs = Access { mode: Some(account.auth.into()), ..Access::default() };
        let desc = crate::Desc { acs: Some(acs), ..own_card(account) };
        step.answer(Answer::meta(Meta { desc: Some(desc.into()), ..Meta::default() }));
        Ok(())
    }

    fn own_entry(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let other = options.and_then(|options| options.user.as_ref()).filter(|user| !user.as_str().is_empty());
        if other.is_some_and(|user| user_number(user.as_str()) != Some(asked.user)) {
            return Err(Status::PERMISSION_DENIED);
        }
        let sub = self.room(topic).and_then(|room| room.record.member(asked.user)).ok_or(Status::NOT_FOUND)?;
        let mut entry = self.member_entry(asked, topic, sub, None);
        entry.public = None;
        self.answer_list(step, 1, core::iter::once(entry));
        Ok(())
    }

    fn describe_shortly(&self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey) -> Result<(), Status> {
        let room = self.room(topic);
        if let Some(sub) = room.and_then(|room| room.record.member(asked.user)) {
            let desc = crate::Desc { acs: Some(acs(sub)), ..self.card(asked, topic, sub, None) };
            step.answer(Answer::meta(Meta { desc: Some(desc.into()), ..Meta::default() }));
            return Ok(());
        }
        // What a stranger would be given, and sees.
        let (created, updated, given, public) = match topic.peer_of(asked.user) {
            Some(peer) => {
                let account = self.account(peer).ok_or(Status::USER_NOT_FOUND)?;
                (account.created, account.updated, account.auth, account.public.as_ref())
            }
            None => {
                let head = &room.ok_or(Status::TOPIC_NOT_FOUND)?.record.head;
                if matches!(topic, TopicKey::External(name) if !self.may_use_channel(asked.user, name)) {
                    return Err(Status::PERMISSION_DENIED);
                }
                (head.created, head.updated, head.auth, head.public.as_ref())
            }
        };
        let desc = crate::Desc {
            created: Some(stamp(created)),
            updated: Some(stamp(updated)),
            acs: Some(Access { mode: Some(given.into()), ..Access::default() }),
            public: public.and_then(owned),
            ..crate::Desc::default()
        };
        step.answer(Answer::meta(Meta { desc: Some(desc.into()), ..Meta::default() }));
        Ok(())
    }
}

/// Where a reader is; of who may not read nothing is told.
fn marks(sub: &Subscription) -> Subscriber<String> {
    if !sub.mode().contains(AccessMode::READ) {
        return Subscriber::default();
    }
    Subscriber { read: some(sub.read), recv: some(sub.recv), clear: some(sub.clear), ..Subscriber::default() }
}

/// The entry of a subscription that ended.
fn ended(deleted: Micros) -> Subscriber<String> {
    Subscriber { deleted: Some(stamp(deleted)), acs: Some(Access::default()), ..Subscriber::default() }
}
