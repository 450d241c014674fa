//! `set` of descriptions.

use tieline_core::Text;
use tieline_core::json::Raw;

use super::decide::Asked;
use super::merge::merge;
use super::presence::{notice, on_me, text};
use super::record::{Account, Subscription, TopicHead, TopicKey, user_name};
use super::state::Service;
use super::step::Step;
use super::target::Target;
use super::write::Write;
use crate::{AccessMode, DefaultAccess, PresWhat, Set, SetDesc, Status};

impl Service {
    pub(super) fn set(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        set: &Set<Text>,
    ) -> Result<(), Status> {
        let attached = match target {
            Target::Me => self.is_on_me(asked),
            Target::Topic(topic) => self.is_attached(asked.session, topic),
            Target::New | Target::Unknown => return Err(Status::NOT_FOUND),
        };
        if !attached {
            return match target {
                Target::Topic(topic) => self.set_detached(step, asked, topic, set),
                _ => Err(Status::ATTACH_FIRST),
            };
        }
        let before = step.deliveries.len();
        if let Some(desc) = set.desc.as_deref() {
            let done = match target {
                Target::Topic(topic) => self.set_desc(step, asked, topic, desc),
                _ => self.set_me(step, asked, desc),
            };
            step.answer(done.map_or_else(|status| status, |()| Status::OK));
        }
        if let Some(sub) = &set.sub {
            let done = match target {
                Target::Topic(topic) => self.set_sub(step, asked, topic, sub),
                _ => Err(Status::PERMISSION_DENIED),
            };
            if let Err(status) = done {
                step.answer(status);
            }
        }
        // Tags, credentials and auxiliary data are not PortSIP's.
        if set.tags.is_some() || set.cred.is_some() || set.aux.is_some() {
            step.answer(Status::NOT_ALLOWED);
        }
        if step.deliveries.len() == before { Err(Status::MALFORMED) } else { Ok(()) }
    }

    /// What can be set of a topic that the session is not attached to: what is only the asker's.
    fn set_detached(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        set: &Set<Text>,
    ) -> Result<(), Status> {
        if let Some(desc) = set.desc.as_deref()
            && (desc.public.is_some() || desc.defacs.is_some() || desc.trusted.is_some())
        {
            return Err(Status::ATTACH_FIRST);
        }
        if set.tags.is_some() || set.cred.is_some() || set.aux.is_some() {
            return Err(Status::NOT_ALLOWED);
        }
        if self.room(topic).and_then(|room| room.record.member(asked.user)).is_none() {
            return Err(Status::NOT_FOUND);
        }
        if let Some(sub) = &set.sub
            && super::mode::other(sub, asked.user)?.is_some()
        {
            return Err(Status::PERMISSION_DENIED);
        }
        // One answer for both parts, so neither is done where the other is refused.
        let private = set.desc.as_deref().and_then(|desc| desc.private.as_ref());
        let sets_private = match private.map(|private| self.changed_private(asked, topic, private)) {
            None | Some(Err(Status::NOT_MODIFIED)) => false,
            Some(judged) => judged.map(|_| true)?,
        };
        let mode = set.sub.as_ref();
        let sets_mode = match mode.map(|sub| self.judge_own(asked, topic, sub)) {
            None | Some(Err(Status::NOT_MODIFIED)) => false,
            Some(judged) => judged.map(|()| true)?,
        };
        if let Some(private) = private.filter(|_| sets_private) {
            self.set_private(step, asked, topic, private)?;
        }
        match mode.filter(|_| sets_mode) {
            // The mode is in the answer.
            Some(sub) => self.set_sub(step, asked, topic, sub),
            None if sets_private => {
                step.answer(Status::OK);
                Ok(())
            }
            None => Err(Status::NOT_MODIFIED),
        }
    }

    /// # Errors
    /// 304 when nothing changes, 403 what only the owner may, 400 a mode that is none, 422 what is too large.
    fn set_desc(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        desc: &SetDesc<Text>,
    ) -> Result<(), Status> {
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        let owns = record.mode(asked.user).contains(AccessMode::OWNER);
        if desc.trusted.is_some() || (desc.public.is_some() || desc.defacs.is_some()) && !owns {
            return Err(Status::PERMISSION_DENIED);
        }
        let head = &record.head;
        let mut new = TopicHead { updated: asked.ts, ..head.clone() };
        if let Some(defacs) = &desc.defacs {
            (new.auth, new.anon) = defaults(defacs, (head.auth, head.anon), AccessMode::FULL)?;
        }
        let mut changed = (new.auth, new.anon) != (head.auth, head.anon);
        let mut shown = false;
        if let Some(public) = &desc.public
            && let Some(public) = self.changed_card(head.public.as_ref(), public)?
        {
            new.public = public;
            shown = true;
        }
        changed |= shown;
        let private = desc.private.as_ref().map(|private| self.set_private(step, asked, topic, private));
        match private {
            Some(Err(status)) if status != Status::NOT_MODIFIED => return Err(status),
            Some(Ok(())) if !changed => return Ok(()),
            _ if !changed => return Err(Status::NOT_MODIFIED),
            _ => {}
        }
        self.write(step, Write::Topic(new));
        if shown {
            self.tell_update(step, asked, topic);
        }
        Ok(())
    }

    /// Tells all members on `me` that a group shows itself differently; not the session that changed it.
    fn tell_update(&self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey) {
        let Some(room) = self.room(topic) else { return };
        let members = room.record.members().filter(|sub| sub.mode().contains(AccessMode::JOIN));
        let to = members.flat_map(|sub| self.on_me_of(sub.user, None, Some(asked.session))).collect();
        step.push(to, || text(on_me(topic.name_for(asked.user), PresWhat::Updated)));
    }

    /// Changes what only the asker sees of a topic; the asker's other sessions are told.
    ///
    /// # Errors
    /// 304 when nothing changes, 422 when it is too large.
    pub(super) fn set_private(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        private: &Raw<Text>,
    ) -> Result<(), Status> {
        let subscription = self.changed_private(asked, topic, private)?;
        self.write(step, Write::Subscription { topic: topic.clone(), subscription });
        self.tell_own(step, topic, asked.user, PresWhat::Updated, Some(asked.session));
        Ok(())
    }

    /// The asker's subscription as it becomes.
    ///
    /// # Errors
    /// 304 when nothing changes, 404 for a stranger, 422 when it is too large.
    fn changed_private(
        &self,
        asked: &Asked<'_>,
        topic: &TopicKey,
        private: &Raw<Text>,
    ) -> Result<Subscription, Status> {
        let sub = self.room(topic).and_then(|room| room.record.member(asked.user)).ok_or(Status::NOT_FOUND)?;
        let private = self.changed_card(sub.private.as_ref(), private)?.ok_or(Status::NOT_MODIFIED)?;
        Ok(Subscription { private, updated: asked.ts, ..sub.clone() })
    }

    /// Changes the asker's account: contacts and the asker's other sessions are told of what everybody sees.
    fn set_me(&mut self, step: &mut Step, asked: &Asked<'_>, desc: &SetDesc<Text>) -> Result<(), Status> {
        let account = self.account(asked.user).ok_or(Status::USER_NOT_FOUND)?;
        if desc.trusted.is_some() {
            return Err(Status::PERMISSION_DENIED);
        }
        let mut new = Account { updated: asked.ts, ..account.clone() };
        if let Some(defacs) = &desc.defacs {
            let (auth, anon) = defaults(defacs, (account.auth, account.anon), AccessMode::AUTH_CAP)?;
            (new.auth, new.anon) = (auth | AccessMode::APPROVE, anon);
        }
        let mut changed = (new.auth, new.anon) != (account.auth, account.anon);
        let (mut shown, mut own) = (false, false);
        if let Some(public) = &desc.public
            && let Some(public) = self.changed_card(account.public.as_ref(), public)?
        {
            new.public = public;
            shown = true;
        }
        if let Some(private) = &desc.private
            && let Some(private) = self.changed_card(account.private.as_ref(), private)?
        {
            new.private = private;
            own = true;
        }
        changed |= shown || own;
        if !changed {
            return Err(Status::NOT_MODIFIED);
        }
        self.write(step, Write::Account(new));
        if shown || own {
            let to = self.on_me_of(asked.user, None, Some(asked.session));
            step.push(to, || text(notice(Text::from_static("me"), PresWhat::Updated)));
        }
        if shown {
            self.tell_contacts(step, asked.user, &on_me(user_name(asked.user), PresWhat::Updated));
        }
        Ok(())
    }

    /// What a card becomes; `None` when it stays as it was.
    ///
    /// # Errors
    /// 422 when it becomes too large.
    #[allow(clippy::option_option, reason = "a change to nothing is a change")]
    fn changed_card(&self, old: Option<&Raw<Text>>, change: &Raw<Text>) -> Result<Option<Option<Raw<Text>>>, Status> {
        let fits = |raw: &Raw<Text>| raw.as_json().len() <= self.config.card_bytes;
        if !fits(change) {
            return Err(Status::POLICY);
        }
        match merge(old, change) {
            Ok(Some(new)) if !fits(&new) => Err(Status::POLICY),
            Ok(new) => Ok(Some(new)),
            Err(_) => Ok(None),
        }
    }

    /// A card that is set first.
    ///
    /// # Errors
    /// 422 when it is too large.
    pub(super) fn first_card(&self, card: &Raw<Text>) -> Result<Option<Raw<Text>>, Status> {
        Ok(self.changed_card(None, card)?.flatten())
    }
}

/// The defaults after a change, at most `cap`.
///
/// # Errors
/// 400 when a mode is none, or makes owners.
fn defaults(
    change: &DefaultAccess<Text>,
    old: (AccessMode, AccessMode),
    cap: AccessMode,
) -> Result<(AccessMode, AccessMode), Status> {
    let read = |mode: Option<&crate::Mode<Text>>, old: AccessMode| {
        let mode = mode.map_or(Ok(None), |mode| mode.parse().map_err(|_| Status::MALFORMED))?;
        let mode = mode.unwrap_or(old);
        if mode.contains(AccessMode::OWNER) { Err(Status::MALFORMED) } else { Ok(mode & cap) }
    };
    Ok((read(change.auth.as_ref(), old.0)?, read(change.anon.as_ref(), old.1)?))
}
