//! What a client says.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, ObjectWriter, Raw, Scanner, decode_with};
use tieline_core::{Limits, Str, Text, Timestamp, wire_struct};

use super::common::DefaultAccess;
use super::envelope::envelope;
use super::range::SeqRange;
use crate::{Concealed, DelWhat, Mode, NoteWhat, Topic, UserId};

wire_struct! {
    /// Version and program of the client. First message at Tinode; PortSIP's documents do not have it.
    pub struct Hi<S> {
        /// Echoed in the answer.
        pub id: S,
        /// The protocol version, `0.25`.
        pub ver: S,
        /// The program.
        pub ua: S,
        /// The device, for notifications; [`CLEAR`](crate::CLEAR) forgets it.
        pub dev: S,
        /// The language, as in BCP 47.
        pub lang: S,
        /// `ios`, `android` or `web`.
        pub platf: S,
        /// Whether nobody looks at this session.
        pub bkg: bool,
    }

    /// A new account, or a change of one. Tinode's; PortSIP's accounts are those of the PBX.
    pub struct Acc<S> {
        /// Echoed in the answer.
        pub id: S,
        /// `new…`, or whose account; empty for one's own.
        pub user: UserId<S>,
        /// The scheme of the login that stands in for a session's.
        pub tmpscheme: S,
        /// Its secret, base64.
        pub tmpsecret: Concealed<S>,
        /// `ok` or `susp`.
        pub status: S,
        /// Empty, `auth` or `anon`.
        pub authlevel: S,
        /// The scheme of the account's login.
        pub scheme: S,
        /// Its secret, base64.
        pub secret: Concealed<S>,
        /// Whether to log in with it at once.
        pub login: bool,
        /// The account's tags.
        pub tags: Vec<S>,
        /// The account's description.
        pub desc: Box<SetDesc<S>>,
        /// The account's credentials.
        pub cred: Vec<Credential<S>>,
    }

    /// The login. See [`Credentials`](crate::Credentials) for what the secret holds.
    pub struct Login<S> {
        /// Echoed in the answer.
        pub id: S,
        /// `access_token` at PortSIP; `basic`, `token` and others at Tinode.
        pub scheme: S,
        /// What the scheme asks for, standard base64 with padding.
        pub secret: Concealed<S>,
        /// Responses to requests to confirm credentials.
        pub cred: Vec<Credential<S>>,
    }

    /// An address to confirm, or the response that confirms it. Tinode's.
    pub struct Credential<S> {
        /// The method: `email`, `tel`.
        pub meth: S,
        /// The address.
        pub val: S,
        /// The code that was sent to it.
        pub resp: Concealed<S>,
        /// What else the method takes.
        pub params: Raw<S>,
    }

    /// Subscribes to a topic and attaches the session to it; creates P2P topics and, under the name `new`, groups.
    pub struct Sub<S> {
        /// Echoed in the answers.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// What to set first, as in `set`; its `sub.user` must be empty.
        pub set: Box<SetQuery<S>>,
        /// What to answer with, as in `get`.
        pub get: Box<GetQuery<S>>,
    }

    /// Detaches the session from a topic.
    pub struct Leave<S> {
        /// Echoed in the answer.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// Whether to end the subscription too, in all sessions of the user.
        pub unsub: bool,
    }

    /// Publishes a message.
    pub struct Pub<S> {
        /// Echoed in the answer, at PortSIP also in the `reqid` of the message.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// Whether this session does not want the message back.
        pub noecho: bool,
        /// An object that goes with the message.
        pub head: Raw<S>,
        /// The message: any JSON, at PortSIP a string.
        pub content: Raw<S>; null,
    }

    /// Asks for sections of a topic's state.
    pub struct Get<S> {
        /// Echoed in the answers.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// The [sections](crate::Section), separated by spaces.
        pub what: S,
        /// Of the description.
        pub desc: Box<GetOpts<S>>,
        /// Of the subscribers.
        pub sub: Box<GetOpts<S>>,
        /// Of the messages.
        pub data: Box<GetOpts<S>>,
        /// Of the deletions.
        pub del: Box<GetOpts<S>>,
    }

    /// What a `sub` asks for: as a [`Get`], without id and topic.
    pub struct GetQuery<S> {
        /// The [sections](crate::Section), separated by spaces.
        pub what: S,
        /// Of the description.
        pub desc: Box<GetOpts<S>>,
        /// Of the subscribers.
        pub sub: Box<GetOpts<S>>,
        /// Of the messages.
        pub data: Box<GetOpts<S>>,
        /// Of the deletions.
        pub del: Box<GetOpts<S>>,
    }

    /// Which part of a section. Numbers that are zero or negative are absent.
    pub struct GetOpts<S> {
        /// Only this user; of subscribers, not on `me`.
        pub user: UserId<S>,
        /// Only this topic; of subscriptions, on `me`.
        pub topic: Topic<S>,
        /// Only if changed since; not of messages and deletions.
        pub ims: Timestamp<S>,
        /// The first number; of messages and deletions.
        pub since: i64,
        /// The number after the last; of messages and deletions.
        pub before: i64,
        /// So many at most, the newest; servers cap it (Tinode: 100 messages).
        pub limit: i64,
        /// These numbers; Tinode since 0.24.
        pub ranges: Vec<SeqRange>,
    }

    /// Changes sections of a topic's state.
    pub struct Set<S> {
        /// Echoed in the answers, one for each section.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// The description.
        pub desc: Box<SetDesc<S>>,
        /// A subscription.
        pub sub: SetSub<S>,
        /// The tags.
        pub tags: Vec<S>,
        /// A credential.
        pub cred: Box<Credential<S>>,
        /// Auxiliary data; `Aux` as one client library writes it is read too.
        pub aux: Raw<S> = "aux" | "Aux",
    }

    /// What a `sub` sets: as a [`Set`], without id and topic.
    pub struct SetQuery<S> {
        /// The description.
        pub desc: Box<SetDesc<S>>,
        /// The own subscription.
        pub sub: SetSub<S>,
        /// The tags.
        pub tags: Vec<S>,
        /// A credential.
        pub cred: Box<Credential<S>>,
        /// Auxiliary data; `Aux` as one client library writes it is read too.
        pub aux: Raw<S> = "aux" | "Aux",
    }

    /// A change of a description. Objects are merged member by member; [`CLEAR`](crate::CLEAR) clears a value or a
    /// member, `null` changes nothing.
    pub struct SetDesc<S> {
        /// The access of who is not subscribed yet.
        pub defacs: DefaultAccess<S>,
        /// What everybody sees: at PortSIP a [`Card`](crate::Card).
        pub public: Raw<S>,
        /// What the administrator of the server says of it; unused at PortSIP.
        pub trusted: Raw<S>,
        /// What only the user sees; unused at PortSIP.
        pub private: Raw<S>,
    }

    /// A change of a subscription.
    pub struct SetSub<S> {
        /// Whose; absent for one's own.
        pub user: UserId<S>,
        /// The mode: what the user wants if it is one's own, what is given to the user else. Absolute, never a change.
        pub mode: Mode<S>,
    }

    /// Deletes messages, a topic, a member, an account or a credential.
    pub struct Del<S> {
        /// Echoed in the answer.
        pub id: S,
        /// The topic.
        pub topic: Topic<S>,
        /// What; absent is messages.
        pub what: DelWhat<S>,
        /// Which messages.
        pub delseq: Vec<SeqRange>,
        /// Which member or account.
        pub user: UserId<S>,
        /// Which credential.
        pub cred: Box<Credential<S>>,
        /// Messages: for everybody. Topics and accounts: beyond recovery.
        pub hard: bool,
    }

    /// Tells others in a topic what the user does. Has no id and is not answered, but with an error.
    pub struct Note<S> {
        /// The topic.
        pub topic: Topic<S>,
        /// What.
        pub what: NoteWhat<S>,
        /// Up to which message, for `read` and `recv`. The call's message, for `call`.
        pub seq: i64,
        /// How many messages are unread in all.
        pub unread: i64,
        /// The step of a call.
        pub event: S,
        /// What goes with the step.
        pub payload: Raw<S>,
    }

    /// What goes with any message of a client, beside it.
    pub struct Extra<S> {
        /// Files that the message refers to, so that the server keeps them.
        pub attachments: Vec<S>,
        /// On behalf of whom; for the root user only.
        pub obo: S,
        /// At what level; for the root user only.
        pub authlevel: S,
    }
}

/// A message of a client.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
#[non_exhaustive]
pub struct ClientMessage<S> {
    /// The message itself.
    pub body: ClientBody<S>,
    /// What goes with it.
    pub extra: Option<Extra<S>>,
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for ClientMessage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientMessage").field("body", &self.body).field("extra", &self.extra).finish()
    }
}

envelope! {
    /// The kinds of message of a client. Of several in one frame the first of this order counts, as at Tinode.
    pub enum ClientBody {
        /// Publish.
        Pub(Pub) = "pub",
        /// Subscribe.
        Sub(Sub) = "sub",
        /// Leave.
        Leave(Leave) = "leave",
        /// Hello.
        Hi(Hi) = "hi",
        /// Log in.
        Login(Login) = "login",
        /// Ask.
        Get(Get) = "get",
        /// Change.
        Set(Set) = "set",
        /// Delete.
        Del(Del) = "del",
        /// Account.
        Acc(Acc) = "acc",
        /// Note.
        Note(Note) = "note",
    }
}

impl<S> ClientBody<S> {
    /// The id that the answer echoes; `None` for a note, and where the client wrote none.
    #[must_use]
    pub const fn id(&self) -> Option<&S> {
        match self {
            Self::Pub(message) => message.id.as_ref(),
            Self::Sub(message) => message.id.as_ref(),
            Self::Leave(message) => message.id.as_ref(),
            Self::Hi(message) => message.id.as_ref(),
            Self::Login(message) => message.id.as_ref(),
            Self::Get(message) => message.id.as_ref(),
            Self::Set(message) => message.id.as_ref(),
            Self::Del(message) => message.id.as_ref(),
            Self::Acc(message) => message.id.as_ref(),
            Self::Note(_) | Self::Unknown(_) => None,
        }
    }

    /// The topic it is about.
    #[must_use]
    pub const fn topic(&self) -> Option<&Topic<S>> {
        match self {
            Self::Pub(message) => message.topic.as_ref(),
            Self::Sub(message) => message.topic.as_ref(),
            Self::Leave(message) => message.topic.as_ref(),
            Self::Get(message) => message.topic.as_ref(),
            Self::Set(message) => message.topic.as_ref(),
            Self::Del(message) => message.topic.as_ref(),
            Self::Note(message) => message.topic.as_ref(),
            Self::Hi(_) | Self::Login(_) | Self::Acc(_) | Self::Unknown(_) => None,
        }
    }
}

impl<S> From<ClientBody<S>> for ClientMessage<S> {
    fn from(body: ClientBody<S>) -> Self {
        Self { body, extra: None }
    }
}

impl<'a> ClientMessage<Str<'a>> {
    /// Decodes a message; its strings borrow from `text`, but those with escapes.
    ///
    /// # Errors
    /// When `text` is not JSON, or a field is of another kind than documented.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl ClientMessage<String> {
    /// Decodes a message; its strings are copies.
    ///
    /// # Errors
    /// As [`ClientMessage::decode`].
    pub fn decode_owned(text: &str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl ClientMessage<Text> {
    /// Decodes a message; its strings are slices of the frame. At most `max_depth` levels are materialised.
    ///
    /// # Errors
    /// As [`ClientMessage::decode`], or when it is nested deeper than `max_depth`.
    pub fn decode_frame(frame: &Text, max_depth: u32) -> Result<Self, DecodeError> {
        decode_with(frame, frame, max_depth)
    }
}

impl<'a, C: ?Sized, S> Decode<'a, C> for ClientMessage<S>
where
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let mut extra = None;
        let body = ClientBody::decode_members(scanner, context, |key, scanner| {
            if key == "extra" {
                extra = Decode::decode(scanner, context).map_err(|error| error.in_field("extra"))?;
            }
            Ok(key == "extra")
        })?;
        Ok(Self { body, extra })
    }
}

impl<S: AsRef<str> + Encode> Encode for ClientMessage<S> {
    fn encode(&self, out: &mut String) {
        if let ClientBody::Unknown(raw) = &self.body {
            return raw.encode(out);
        }
        let mut object = ObjectWriter::new(out);
        self.body.encode_member(&mut object);
        object.member("extra", &self.extra);
        object.end();
    }
}
