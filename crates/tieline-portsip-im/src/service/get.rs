//! `get`, and the `get` within a `sub`.

use alloc::boxed::Box;
use alloc::string::String;

use tieline_core::Text;

use super::decide::{Asked, acs};
use super::ranges::Ranges;
use super::record::{Account, Micros, Subscription, TopicKey};
use super::state::Service;
use super::step::{Delivery, History, Step, no_content, stamp};
use super::target::Target;
use crate::server::Answer;
use crate::{Access, AccessMode, DefaultAccess, Deletions, Desc, GetOpts, GetQuery, Meta, Section, Status};

/// What a section of a topic's state is answered with, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Within a `sub`.
    Sub,
    /// A `get`.
    Get,
}

impl Order {
    const fn sections(self) -> &'static [Section] {
        use Section::{Aux, Cred, Data, Del, Desc, Sub, Tags};
        match self {
            Self::Sub => Section::ALL,
            Self::Get => &[Desc, Sub, Data, Del, Tags, Cred, Aux],
        }
    }
}

/// The access to `me`.
const ME: AccessMode =
    AccessMode::from_bits(AccessMode::JOIN.bits() | AccessMode::PRESENCE.bits() | AccessMode::SHARE.bits());

/// What a range takes in an answer at most.
const RANGE_BYTES: usize = r#"{"low":18446744073709551615,"hi":18446744073709551615},"#.len();

impl Service {
    pub(super) fn get(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        query: &GetQuery<Text>,
    ) -> Result<(), Status> {
        let what = query.what.as_deref().unwrap_or_default();
        if Section::list(what).next().is_none() {
            return Err(Status::MALFORMED);
        }
        let attached = match target {
            Target::Me => self.is_on_me(asked),
            Target::Topic(topic) => self.is_attached(asked.session, topic),
            Target::New | Target::Unknown => return Err(Status::MALFORMED),
        };
        if attached {
            self.get_parts(step, asked, target, query, Order::Get);
            return Ok(());
        }
        match target {
            Target::Topic(topic) => self.get_detached(step, asked, Some(topic), query),
            _ => self.get_detached(step, asked, None, query),
        }
    }

    /// Answers the sections that are asked for, each on its own.
    pub(super) fn get_parts(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        query: &GetQuery<Text>,
        order: Order,
    ) {
        let what = query.what.as_deref().unwrap_or_default();
        for section in order.sections().iter().copied() {
            if !Section::list(what).any(|asked_for| asked_for == section) {
                continue;
            }
            let answered = if fits(section, query) {
                self.get_section(step, asked, target, section, query)
            } else {
                Err(Status::MALFORMED)
            };
            if let Err(status) = answered {
                step.answer(status);
            }
        }
    }

    fn get_section(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        section: Section,
        query: &GetQuery<Text>,
    ) -> Result<(), Status> {
        match (section, target) {
            (Section::Desc, Target::Topic(topic)) => self.describe(step, asked, topic, query.desc.as_deref()),
            (Section::Desc, _) => self.describe_me(step, asked),
            (Section::Sub, Target::Topic(topic)) => self.list_members(step, asked, topic, query.sub.as_deref()),
            (Section::Sub, _) => self.list_topics(step, asked, query.sub.as_deref()),
            (Section::Data, Target::Topic(topic)) => self.history(step, asked, topic, query.data.as_deref()),
            (Section::Data, _) => Err(Status::PERMISSION_DENIED),
            (Section::Del, Target::Topic(topic)) => self.deletions(step, asked, topic, query.del.as_deref()),
            (Section::Tags | Section::Cred, Target::Topic(topic)) if topic.is_p2p() => Err(Status::NOT_ALLOWED),
            (Section::Cred, Target::Topic(_)) => Err(Status::NOT_ALLOWED),
            // The model writes the word in the plural.
            (Section::Cred, _) => {
                step.answer(no_content("creds"));
                Ok(())
            }
            (Section::Del | Section::Tags | Section::Aux, _) => {
                step.answer(no_content(section.word()));
                Ok(())
            }
        }
    }

    fn describe(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let room = self.room(topic).ok_or(Status::TOPIC_NOT_FOUND)?;
        let head = &room.record.head;
        let sub = room.record.member(asked.user).ok_or(Status::NOT_FOUND)?;
        let mode = sub.mode();
        let ims = options.and_then(since);
        let mut desc = self.card(asked, topic, sub, ims);
        desc.acs = Some(acs(sub));
        if mode.contains(AccessMode::READ) {
            desc.touched = Some(stamp(head.touched));
            desc.seq = some(head.seq);
            desc.read = some(sub.read);
            // What was read was received.
            desc.recv = some(sub.recv.max(sub.read));
            desc.clear = some(head.clear);
        }
        if !topic.is_p2p() {
            desc.online = (room.online && mode.contains(AccessMode::PRESENCE)).then_some(true);
            desc.defacs = mode.is_sharer().then(|| defacs(head.auth, head.anon));
        }
        step.answer(Answer::meta(Meta { desc: Some(Box::new(desc)), ..Meta::default() }));
        Ok(())
    }

    /// The times and cards of a topic; without the cards when they did not change since `ims`.
    pub(super) fn card(
        &self,
        asked: &Asked<'_>,
        topic: &TopicKey,
        sub: &Subscription,
        ims: Option<Micros>,
    ) -> Desc<String> {
        let Some(head) = self.room(topic).map(|room| &room.record.head) else { return Desc::default() };
        let peer = topic.peer_of(asked.user).and_then(|peer| self.account(peer));
        let (public, changed) = match peer {
            Some(account) => (account.public.as_ref(), account.updated.max(sub.updated)),
            None => (head.public.as_ref(), head.updated.max(sub.updated)),
        };
        let changed = ims.is_none_or(|ims| changed > ims);
        Desc {
            created: Some(stamp(head.created)),
            updated: Some(stamp(head.updated)),
            public: public.filter(|_| changed).and_then(owned),
            private: sub.private.as_ref().filter(|_| changed).and_then(owned),
            ..Desc::default()
        }
    }

    fn describe_me(&self, step: &mut Step, asked: &Asked<'_>) -> Result<(), Status> {
        let account = self.account(asked.user).ok_or(Status::USER_NOT_FOUND)?;
        let desc = Desc {
            touched: Some(stamp(account.updated)),
            defacs: Some(defacs(account.auth, account.anon)),
            acs: Some(Access { want: Some(ME.into()), given: Some(ME.into()), mode: Some(ME.into()) }),
            ..own_card(account)
        };
        step.answer(Answer::meta(Meta { desc: Some(Box::new(desc)), ..Meta::default() }));
        Ok(())
    }

    fn history(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let room = self.room(topic).ok_or(Status::ATTACH_FIRST)?;
        let record = &room.record;
        if !record.mode(asked.user).contains(AccessMode::READ) {
            return Err(Status::PERMISSION_DENIED);
        }
        let (since, before, limit) = bounds(options);
        let mut wanted = Ranges::of(since.max(1)..before.unwrap_or(u64::MAX).min(record.head.seq + 1));
        if let Some(ranges) = options.and_then(|options| options.ranges.as_deref()).filter(|ranges| !ranges.is_empty())
        {
            let mut only = Ranges::default();
            ranges.iter().take(self.config.entries).for_each(|range| only.insert(range.range()));
            wanted = wanted.within(&only);
        }
        let page = limit.unwrap_or(u64::MAX).min(self.config.page);
        let messages = room.hidden.seen_of(asked.user, &wanted).highest(page);
        if messages.is_empty() {
            step.answer(no_content("data"));
        } else {
            let history = History { topic: topic.clone(), messages, name: topic.name_for(asked.user) };
            step.deliveries.push(Delivery::History { history, last: false });
            step.touch(topic);
        }
        Ok(())
    }

    fn deletions(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        options: Option<&GetOpts<Text>>,
    ) -> Result<(), Status> {
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        if !record.mode(asked.user).contains(AccessMode::READ) {
            return Err(Status::PERMISSION_DENIED);
        }
        let (since, before, limit) = bounds(options);
        let most = usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX).min(self.config.entries);
        let (mut clear, mut ranges) = (0, Ranges::default());
        let of_asker = |by: Option<u64>| by.is_none_or(|by| by == asked.user);
        let within = |id: u64| id >= since && before.is_none_or(|before| id < before);
        let found = record.deletions.iter().filter(|deletion| of_asker(deletion.user) && within(deletion.id));
        let mut left = self.config.answer_bytes / RANGE_BYTES;
        for deletion in found.take(most) {
            // At least one, or who asks on would not come further.
            if clear > 0 && deletion.ranges.spans() > left {
                break;
            }
            left = left.saturating_sub(deletion.ranges.spans());
            clear = deletion.id;
            ranges.extend(&deletion.ranges);
        }
        if ranges.is_empty() {
            step.answer(no_content("del"));
        } else {
            let del = Deletions { clear: Some(clear), delseq: Some(ranges.to_wire()) };
            step.answer(Answer::meta(Meta { del: Some(del), ..Meta::default() }));
        }
        Ok(())
    }
}

/// Whether the options of a section are such that it has.
fn fits(section: Section, query: &GetQuery<Text>) -> bool {
    let options = match section {
        Section::Desc => &query.desc,
        Section::Sub => &query.sub,
        Section::Data => &query.data,
        Section::Del => &query.del,
        Section::Tags | Section::Cred | Section::Aux => return true,
    };
    let Some(options) = options.as_deref() else { return true };
    match section {
        Section::Desc => options.user.is_none() && options.limit.is_none(),
        Section::Sub => options.since.is_none() && options.before.is_none(),
        _ => options.ims.is_none() && options.user.is_none() && options.topic.is_none(),
    }
}

/// The first number, the number after the last, and how many. Zero and what is below is absent.
fn bounds(options: Option<&GetOpts<Text>>) -> (u64, Option<u64>, Option<u64>) {
    let number =
        |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    let Some(options) = options else { return (0, None, None) };
    (number(options.since).unwrap_or_default(), number(options.before), number(options.limit))
}

/// The time since which changes are asked for.
pub(super) fn since(options: &GetOpts<Text>) -> Option<Micros> {
    options.ims.as_ref().and_then(tieline_core::Timestamp::unix_micros)
}

/// Numbers that are zero are left out.
pub(super) const fn some(number: u64) -> Option<u64> {
    if number == 0 { None } else { Some(number) }
}

pub(super) fn owned(raw: &tieline_core::json::Raw<Text>) -> Option<tieline_core::json::Raw<String>> {
    tieline_core::json::Raw::from_json(String::from(raw.as_json())).ok()
}

/// The times and cards of an account, as its user sees them.
pub(super) fn own_card(account: &Account) -> Desc<String> {
    Desc {
        created: Some(stamp(account.created)),
        updated: Some(stamp(account.updated)),
        public: account.public.as_ref().and_then(owned),
        private: account.private.as_ref().and_then(owned),
        ..Desc::default()
    }
}

fn defacs(auth: AccessMode, anon: AccessMode) -> DefaultAccess<String> {
    DefaultAccess { auth: Some(auth.into()), anon: Some(anon.into()) }
}
