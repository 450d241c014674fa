//! What a server says.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::json::{Decode, DecodeError, Encode, JsonKind, ObjectWriter, Raw, Scanner, decode_with};
use tieline_core::{Limits, Str, Text, Timestamp, wire_struct};

use super::common::{Access, DefaultAccess};
use super::envelope::envelope;
use super::params::Params;
use super::range::{Deletions, SeqRange};
use crate::{Mode, NoteWhat, PresWhat, Status, Topic, UserId};

wire_struct! {
    /// An answer, or with no id a notice of the server.
    pub struct Ctrl<S> {
        /// The id of what is answered.
        pub id: S,
        /// The topic it is about.
        pub topic: Topic<S>,
        /// What goes with the answer, as it stands; [`known_params`](Self::known_params) reads it.
        pub params: Raw<S>,
        /// The code, always there: see [`Status`](crate::Status).
        pub code: i64,
        /// The words of the code.
        pub text: S,
        /// When, always there.
        pub ts: Timestamp<S>,
    }

    /// A message that was published in a topic.
    pub struct Data<S> {
        /// The topic, as the receiver names it.
        pub topic: Topic<S>,
        /// Who published it; absent for the server itself.
        pub from: UserId<S>,
        /// When.
        pub ts: Timestamp<S>,
        /// When it was deleted.
        pub deleted: Timestamp<S>,
        /// Its number in the topic, from 1.
        pub seq: u64,
        /// An object that goes with the message.
        pub head: Raw<S>,
        /// The message: any JSON, at PortSIP a string.
        pub content: Raw<S>; null,
        /// The `id` of the `pub` that published it. PortSIP's own.
        pub reqid: S,
    }

    /// A section of a topic's state; one message a section.
    pub struct Meta<S> {
        /// The id of what is answered.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// When.
        pub ts: Timestamp<S>,
        /// The description.
        pub desc: Box<Desc<S>>,
        /// The subscribers; of `me` the subscriptions.
        pub sub: Vec<Subscriber<S>>,
        /// The deletions.
        pub del: Deletions,
        /// The tags.
        pub tags: Vec<S>,
        /// The credentials.
        pub cred: Vec<CredentialState<S>>,
        /// Auxiliary data.
        pub aux: Raw<S>,
    }

    /// The description of a topic. Numbers that are absent are zero.
    pub struct Desc<S> {
        /// When it was created.
        pub created: Timestamp<S>,
        /// When it was changed last.
        pub updated: Timestamp<S>,
        /// When something was published last.
        pub touched: Timestamp<S>,
        /// The state of the account: `ok`, `susp`. One document calls it `status`.
        pub state: S = "state" | "status",
        /// Whether somebody is there.
        pub online: bool,
        /// Whether the group has readers that only read.
        pub chan: bool,
        /// When and with what the user was there last.
        pub seen: Seen<S>,
        /// The access of who is not subscribed yet.
        pub defacs: DefaultAccess<S>,
        /// The own access.
        pub acs: Access<S>,
        /// The number of the last message.
        pub seq: u64,
        /// Up to where the user read.
        pub read: u64,
        /// Up to where the user received.
        pub recv: u64,
        /// The id of the last deletion.
        pub clear: u64,
        /// The number of subscribers; Tinode's newest versions.
        pub subcnt: u64,
        /// What everybody sees: at PortSIP a [`Card`](crate::Card).
        pub public: Raw<S>,
        /// What the administrator of the server says of it; unused at PortSIP.
        pub trusted: Raw<S>,
        /// What only the user sees; unused at PortSIP.
        pub private: Raw<S>,
    }

    /// When and with what a user was there last.
    pub struct Seen<S> {
        /// When.
        pub when: Timestamp<S>,
        /// The program.
        pub ua: S,
    }

    /// A subscriber of a topic, or of `me` a topic that one is subscribed to. Numbers that are absent are zero.
    pub struct Subscriber<S> {
        /// When the subscription was changed last.
        pub updated: Timestamp<S>,
        /// When it ended.
        pub deleted: Timestamp<S>,
        /// Whether the user or topic is online.
        pub online: bool,
        /// The access; written even when it is empty.
        pub acs: Access<S>,
        /// Up to where the user read.
        pub read: u64,
        /// Up to where the user received.
        pub recv: u64,
        /// What everybody sees of the user or topic.
        pub public: Raw<S>,
        /// What the administrator of the server says of it; unused at PortSIP.
        pub trusted: Raw<S>,
        /// What only the user sees; unused at PortSIP.
        pub private: Raw<S>,
        /// The subscriber; not on `me`.
        pub user: UserId<S>,
        /// The topic; on `me`.
        pub topic: Topic<S>,
        /// When something was published last; on `me`.
        pub touched: Timestamp<S>,
        /// The number of the last message; on `me`.
        pub seq: u64,
        /// The id of the last deletion; on `me`.
        pub clear: u64,
        /// The number of subscribers; on `me`, Tinode's newest versions.
        pub subcnt: u64,
        /// When and with what the user was there last; on `me`.
        pub seen: Seen<S>,
    }

    /// A credential and whether it is confirmed. Tinode's.
    pub struct CredentialState<S> {
        /// The method: `email`, `tel`.
        pub meth: S,
        /// The address.
        pub val: S,
        /// Whether it is confirmed.
        pub done: bool,
    }

    /// Something happened to a user or topic. Has no id and no time.
    pub struct Pres<S> {
        /// The topic it is told on: `me`, or the topic itself.
        pub topic: Topic<S>,
        /// The user or topic it happened to; absent when it is the receiver or the topic.
        pub src: Topic<S>,
        /// What.
        pub what: PresWhat<S>,
        /// The user's program, for `on` and `ua`.
        pub ua: S,
        /// The number of a message, for `msg`, `read` and `recv`.
        pub seq: u64,
        /// The id of the deletion, for `del`.
        pub clear: u64,
        /// What was deleted, for `del`.
        pub delseq: Vec<SeqRange>,
        /// Whom it was done to, when not `src`.
        pub tgt: UserId<S>,
        /// Who did it, when not `src`.
        pub act: UserId<S>,
        /// The change of access, for `acs`. One document calls it `acs`.
        pub dacs: Access<S> = "dacs" | "acs",
    }

    /// What somebody in a topic does: a `note` as others receive it.
    pub struct Info<S> {
        /// The topic, or `me`.
        pub topic: Topic<S>,
        /// The topic, when `topic` is `me`.
        pub src: Topic<S>,
        /// Who.
        pub from: UserId<S>,
        /// What.
        pub what: NoteWhat<S>,
        /// Up to which message.
        pub seq: u64,
        /// The step of a call.
        pub event: S,
        /// What goes with the step.
        pub payload: Raw<S>,
    }
}

impl<S> Ctrl<S> {
    /// An answer of a status.
    #[must_use]
    pub fn of(status: Status) -> Self
    where
        S: From<&'static str>,
    {
        Self { code: Some(status.code.into()), text: Some(status.text.into()), ..Self::default() }
    }

    /// The code; 0 when it is absent.
    #[must_use]
    pub fn code(&self) -> i64 {
        self.code.unwrap_or_default()
    }

    /// Whether the code is one of success, 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code())
    }

    /// The known members of `params`; empty when there are none.
    ///
    /// # Errors
    /// When a member is of another kind than known.
    pub fn known_params(&self) -> Result<Params<Str<'_>>, DecodeError>
    where
        S: AsRef<str>,
    {
        self.params.as_ref().map_or_else(|| Ok(Params::default()), |raw| tieline_core::json::decode(raw.as_json()))
    }
}

impl<S: AsRef<str>> Data<S> {
    /// The message where it is plain text, the only kind that PortSIP documents; `None` for any other JSON.
    #[must_use]
    pub fn plain_text(&self) -> Option<Str<'_>> {
        let content = self.content.as_ref().filter(|content| content.kind() == JsonKind::String)?;
        tieline_core::json::decode(content.as_json()).ok()
    }
}

impl<S: AsRef<str>> Access<S> {
    /// The mode that is in force: `mode`, or what `want` and `given` have in common. `None` when neither can be read.
    #[must_use]
    pub fn in_force(&self) -> Option<crate::AccessMode> {
        let read = |mode: &Option<Mode<S>>| mode.as_ref().and_then(|mode| mode.parse().ok().flatten());
        read(&self.mode).or_else(|| Some(read(&self.want)? & read(&self.given)?))
    }
}

envelope! {
    /// A message of a server.
    pub enum ServerMessage {
        /// An answer, or a notice of the server.
        Ctrl(Ctrl) = "ctrl",
        /// A published message.
        Data(Data) = "data",
        /// A section of a topic's state.
        Meta(Meta) = "meta",
        /// Something happened to a user or topic.
        Pres(Pres) = "pres",
        /// What somebody in a topic does.
        Info(Info) = "info",
    }
}

impl<S> ServerMessage<S> {
    /// The topic it is told on.
    #[must_use]
    pub const fn topic(&self) -> Option<&Topic<S>> {
        match self {
            Self::Ctrl(message) => message.topic.as_ref(),
            Self::Data(message) => message.topic.as_ref(),
            Self::Meta(message) => message.topic.as_ref(),
            Self::Pres(message) => message.topic.as_ref(),
            Self::Info(message) => message.topic.as_ref(),
            Self::Unknown(_) => None,
        }
    }
}

impl<'a> ServerMessage<Str<'a>> {
    /// Decodes a message; its strings borrow from `text`, but those with escapes.
    ///
    /// # Errors
    /// When `text` is not JSON, or a field is of another kind than documented.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl ServerMessage<String> {
    /// Decodes a message; its strings are copies.
    ///
    /// # Errors
    /// As [`ServerMessage::decode`].
    pub fn decode_owned(text: &str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl ServerMessage<Text> {
    /// Decodes a message; its strings are slices of the frame. At most `max_depth` levels are materialised.
    ///
    /// # Errors
    /// As [`ServerMessage::decode`], or when it is nested deeper than `max_depth`.
    pub fn decode_frame(frame: &Text, max_depth: u32) -> Result<Self, DecodeError> {
        decode_with(frame, frame, max_depth)
    }
}

impl<'a, C: ?Sized, S> Decode<'a, C> for ServerMessage<S>
where
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        Self::decode_members(scanner, context, |_, _| Ok(false))
    }
}

impl<S: AsRef<str> + Encode> Encode for ServerMessage<S> {
    fn encode(&self, out: &mut String) {
        if let Self::Unknown(raw) = self {
            return raw.encode(out);
        }
        let mut object = ObjectWriter::new(out);
        self.encode_member(&mut object);
        object.end();
    }
}
