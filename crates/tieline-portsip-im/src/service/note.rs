//! `note`: what is not answered.

use alloc::vec::Vec;

use tieline_core::Text;
use tieline_core::json::Encode as _;

use super::audience::views;
use super::decide::Asked;
use super::presence::{on_me, text};
use super::record::{TopicKey, UserNumber, user_name};
use super::state::Service;
use super::step::{SessionId, Step, wire_time};
use super::target::Target;
use super::write::Write;
use crate::{AccessMode, Ctrl, Info, Note, NoteWhat, Pres, PresWhat, ServerMessage, Status, Topic, UserId};

impl Service {
    /// # Errors
    /// Only [`Status::ATTACH_FIRST`] is told; what else is wrong with a note is passed over.
    pub(super) fn note(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        note: &Note<Text>,
    ) -> Result<(), Status> {
        let what = note.what.as_ref().ok_or(Status::MALFORMED)?;
        if matches!(what, NoteWhat::Other(_)) {
            return Err(Status::MALFORMED);
        }
        let of_call = |event: &Text| ["ringing", "hang-up", "accept"].contains(&&**event);
        let routed = *what == NoteWhat::Received || *what == NoteWhat::Call && note.event.as_ref().is_some_and(of_call);
        let topic = match target {
            Target::Me if self.is_on_me(asked) => return Ok(()),
            Target::Topic(topic) if routed || self.is_attached(asked.session, topic) => topic,
            _ if routed => return Ok(()),
            _ => return Err(Status::ATTACH_FIRST),
        };
        let seq = note.seq.and_then(|seq| u64::try_from(seq).ok()).unwrap_or_default();
        match what {
            NoteWhat::Read | NoteWhat::Received => self.mark(step, asked, topic, what, seq),
            NoteWhat::Data if note.event.is_none() && note.payload.is_none() => {}
            NoteWhat::Typing | NoteWhat::RecordingAudio | NoteWhat::RecordingVideo | NoteWhat::Data if seq == 0 => {
                self.tell_typing(step, asked, topic, what);
            }
            _ => {}
        }
        Ok(())
    }

    /// Tells the asker that the topic of a note was to be attached. It has no id.
    pub(super) fn refuse_note(&self, step: &mut Step, asked: &Asked<'_>) {
        let ctrl = Ctrl::<Text> {
            topic: Some(Topic::new(asked.name.into())),
            ts: Some(wire_time(asked.ts)),
            ..Ctrl::of(Status::ATTACH_FIRST)
        };
        step.push(alloc::vec![asked.session], || ServerMessage::Ctrl(ctrl).to_json().into());
    }

    /// Moves a mark of the asker on.
    fn mark(&mut self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey, what: &NoteWhat<Text>, seq: u64) {
        let Some(record) = self.room(topic).map(|room| &room.record) else { return };
        let Some(sub) = record.member(asked.user).filter(|sub| sub.mode().contains(AccessMode::READ)) else { return };
        if seq == 0 || seq > record.head.seq {
            return;
        }
        let is_read = *what == NoteWhat::Read;
        // What is read counts as received, and is kept apart from what was told to be.
        let marks = if is_read && seq > sub.read {
            (seq, sub.recv)
        } else if !is_read && seq > sub.recv.max(sub.read) {
            (sub.read, seq)
        } else {
            return;
        };
        let (read, recv) = marks;
        self.write(step, Write::Marks { topic: topic.clone(), user: asked.user, read, recv, updated: asked.ts });
        self.tell_mark(step, asked, topic, what, seq);
    }

    fn tell_mark(&self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey, what: &NoteWhat<Text>, seq: u64) {
        let Some(room) = self.room(topic) else { return };
        self.tell_info(step, asked, topic, what, Some(seq), true);
        let own = self.on_me_of(asked.user, Some(room), Some(asked.session));
        let marked = if *what == NoteWhat::Read { PresWhat::Read } else { PresWhat::Received };
        let name = topic.name_for(asked.user);
        step.push(own, || text(Pres { seq: Some(seq), ..on_me(name, marked) }));
        let wanted = AccessMode::READ | AccessMode::PRESENCE;
        for viewers in views(topic) {
            let hearing = room.record.members().filter(|sub| {
                viewers.is_none_or(|viewer| viewer == sub.user)
                    && (sub.user == asked.user || sub.mode().contains(wanted))
            });
            let to: Vec<SessionId> =
                hearing.flat_map(|sub| self.on_me_of(sub.user, Some(room), Some(asked.session))).collect();
            let src = Some(Topic::new(topic.name_for(viewers.unwrap_or_default())));
            let of = Info { src, ..info(Text::from_static("me"), asked.user, what, Some(seq)) };
            step.push(to, || ServerMessage::Info(of).to_json().into());
        }
    }

    fn tell_typing(&self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey, what: &NoteWhat<Text>) {
        let writes = self.room(topic).is_some_and(|room| room.record.mode(asked.user).contains(AccessMode::WRITE));
        if writes {
            self.tell_info(step, asked, topic, what, None, false);
        }
    }

    /// Tells the attached readers, the asker's other sessions among them or not.
    fn tell_info(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        what: &NoteWhat<Text>,
        seq: Option<u64>,
        own: bool,
    ) {
        let Some(room) = self.room(topic) else { return };
        for viewers in views(topic) {
            let hears = |session: SessionId, user: UserNumber| {
                session != asked.session
                    && (own || user != asked.user)
                    && viewers.is_none_or(|viewer| viewer == user)
                    && room.record.mode(user).contains(AccessMode::READ)
            };
            let attached = room.attached().iter().filter(|(session, user)| hears(**session, **user));
            let to = attached.map(|(session, _)| *session).collect();
            let of = info(topic.name_for(viewers.unwrap_or_default()), asked.user, what, seq);
            step.push(to, || ServerMessage::Info(of).to_json().into());
        }
    }
}

fn info(topic: Text, from: UserNumber, what: &NoteWhat<Text>, seq: Option<u64>) -> Info<Text> {
    Info {
        topic: Some(Topic::new(topic)),
        from: Some(UserId::new(user_name(from))),
        what: Some(what.clone()),
        seq,
        ..Info::default()
    }
}
