//! What a server answers.

use alloc::string::String;

use tieline_core::json::{Encode as _, Raw};
use tieline_core::{Secret, Timestamp};

use crate::{Concealed, Ctrl, Meta, Params, ServerMessage, Status, Topic, UserId};

/// An answer to a request, or a part of one. The session adds the id, the time, and the topic where none is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub(super) AnswerBody);

// An answer lives for one call.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AnswerBody {
    Ctrl(Ctrl<String>),
    Meta(Meta<String>),
}

impl Answer {
    /// A code and its words.
    #[must_use]
    pub fn status(status: Status) -> Self {
        Self(AnswerBody::Ctrl(Ctrl::of(status)))
    }

    /// An answer of one's own making. A time that it has is kept.
    #[must_use]
    pub const fn ctrl(ctrl: Ctrl<String>) -> Self {
        Self(AnswerBody::Ctrl(ctrl))
    }

    /// A section of a topic's state. A time that it has is kept.
    #[must_use]
    pub const fn meta(meta: Meta<String>) -> Self {
        Self(AnswerBody::Meta(meta))
    }

    /// The same with parameters; those of a section have none.
    #[must_use]
    pub fn with(mut self, params: &Params<String>) -> Self {
        if let AnswerBody::Ctrl(ctrl) = &mut self.0 {
            // What is encoded is JSON.
            ctrl.params = Raw::from_json(params.to_json()).ok();
        }
        self
    }

    /// The same about another topic than the request: the name of a new group.
    #[must_use]
    pub fn about(mut self, topic: Topic<String>) -> Self {
        match &mut self.0 {
            AnswerBody::Ctrl(ctrl) => ctrl.topic = Some(topic),
            AnswerBody::Meta(meta) => meta.topic = Some(topic),
        }
        self
    }

    /// The same with a time of its own.
    #[cfg(feature = "service")]
    pub(crate) fn at(mut self, unix_micros: i64) -> Self {
        let ts = Some(Timestamp::from_unix_micros(unix_micros));
        match &mut self.0 {
            AnswerBody::Ctrl(ctrl) => ctrl.ts = ts,
            AnswerBody::Meta(meta) => meta.ts = ts,
        }
        self
    }

    /// The code, its words and parameters; `None` for a section.
    #[must_use]
    pub const fn as_ctrl(&self) -> Option<&Ctrl<String>> {
        match &self.0 {
            AnswerBody::Ctrl(ctrl) => Some(ctrl),
            AnswerBody::Meta(_) => None,
        }
    }

    /// The section, if it is one.
    #[must_use]
    pub const fn as_meta(&self) -> Option<&Meta<String>> {
        match &self.0 {
            AnswerBody::Ctrl(_) => None,
            AnswerBody::Meta(meta) => Some(meta),
        }
    }

    /// About how many bytes it takes, here and on the wire: for a host that bounds what waits.
    #[must_use]
    pub fn weight(&self) -> usize {
        let json = |raw: &Option<Raw<String>>| raw.as_ref().map_or(0, |raw| raw.as_json().len());
        let text = |text: &String| size_of::<String>() + text.len();
        let inner = match &self.0 {
            AnswerBody::Ctrl(ctrl) => json(&ctrl.params),
            AnswerBody::Meta(meta) => {
                let desc = meta
                    .desc
                    .iter()
                    .map(|desc| size_of_val(&**desc) + json(&desc.public) + json(&desc.trusted) + json(&desc.private));
                let sub = meta
                    .sub
                    .iter()
                    .flatten()
                    .map(|sub| size_of_val(sub) + json(&sub.public) + json(&sub.trusted) + json(&sub.private));
                let del = meta.del.iter().flat_map(|del| &del.delseq).map(|ranges| size_of_val(&**ranges));
                let tags = meta.tags.iter().flatten().map(text);
                let cred = meta.cred.iter().map(|cred| size_of_val(&**cred));
                desc.chain(sub).chain(del).chain(tags).chain(cred).sum::<usize>() + json(&meta.aux)
            }
        };
        size_of::<Self>() + inner
    }

    /// Whether it is a success: a section is.
    pub(super) fn is_success(&self) -> bool {
        match &self.0 {
            AnswerBody::Ctrl(ctrl) => ctrl.is_success(),
            AnswerBody::Meta(_) => true,
        }
    }

    /// The message on the wire.
    pub(super) fn message(self, id: Option<&str>, topic: Option<&str>, ts: Timestamp<String>) -> ServerMessage<String> {
        let id = id.map(String::from);
        let topic = topic.filter(|topic| !topic.is_empty()).map(Topic::from);
        match self.0 {
            AnswerBody::Ctrl(mut ctrl) => {
                ctrl.id = id;
                ctrl.topic = ctrl.topic.or(topic);
                ctrl.ts = ctrl.ts.or(Some(ts));
                ServerMessage::Ctrl(ctrl)
            }
            AnswerBody::Meta(mut meta) => {
                meta.id = id;
                meta.topic = meta.topic.or(topic);
                meta.ts = meta.ts.or(Some(ts));
                ServerMessage::Meta(meta)
            }
        }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self::status(status)
    }
}

/// What an accepted login is answered with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// Who it is.
    pub user: UserId<String>,
    /// The token for file transfers, standard base64.
    pub token: Option<Secret>,
    /// When the token ends; PortSIP does not say.
    pub expires: Option<Timestamp<String>>,
}

impl Accepted {
    /// A user.
    pub fn user(user: impl Into<UserId<String>>) -> Self {
        Self { user: user.into(), token: None, expires: None }
    }

    /// The same with a token for file transfers.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    pub(super) fn answer(self) -> Answer {
        let params = Params {
            authlvl: Some("auth".into()),
            expires: self.expires,
            token: self.token.map(|token| Concealed::new(token.expose().clone())),
            user: Some(self.user),
            ..Params::default()
        };
        Answer::status(Status::OK).with(&params)
    }
}
