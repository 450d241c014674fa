//! `POST call`: a call between a user and a number.

use alloc::string::String;

use tieline_core::json::{DecodeError, Encode as _, decode};
use tieline_core::{open_enum, wire_struct};

/// A call to be made: rings the user, then dials the number for them. It has an effect: nobody may repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallRequest {
    /// The login name of the user who calls.
    pub user_name: String,
    /// The number to dial: digits, perhaps after a `+`; shorter than 20 characters.
    pub number: String,
    /// Whether the user's phone is to answer by itself. Default false.
    pub auto_answer: bool,
}

/// Why a call cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
#[non_exhaustive]
pub enum CallRequestError {
    /// No user.
    UserName,
    /// No number.
    NoNumber,
    /// Not a number as the PBX takes it.
    Number,
    /// Neither true nor false.
    AutoAnswer,
    /// The body is no JSON object of these members.
    Body,
}

impl CallRequestError {
    /// The error in words, without anything of the request.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::UserName => "`user_name` is missing",
            Self::NoNumber => "`number` is missing",
            Self::Number => "`number` must be digits, perhaps after a `+`, fewer than 20 characters",
            Self::AutoAnswer => "`auto_answer` must be true or false",
            Self::Body => "the body cannot be read",
        }
    }
}

wire_struct! {
    /// The body of the call as JSON.
    pub(crate) struct CallBody<S> {
        /// The user who calls.
        pub user_name: S,
        /// The number.
        pub number: S,
        /// Whether the phone answers by itself.
        pub auto_answer: bool,
    }

    /// What became of a call.
    pub struct CallReply<S> {
        /// Whether it was put through.
        pub status: CallStatus<S>,
        /// The id of the call, as its events have it; with a success only.
        pub unique_id: S,
    }
}

open_enum! {
    /// Whether a call was put through.
    pub enum CallStatus {
        /// Yes.
        Success = "success",
        /// The user is busy.
        Busy = "busy",
        /// The user does not answer.
        NoAnswer = "no answer",
        /// It failed.
        Failed = "failed",
    }
}

impl<S> CallReply<S> {
    /// The answer to a call that was put through.
    pub fn success(unique_id: S) -> Self {
        Self { status: Some(CallStatus::Success), unique_id: Some(unique_id) }
    }

    /// The answer to a call that was not.
    #[must_use]
    pub fn not_put_through(status: CallStatus<S>) -> Self {
        Self { status: Some(status), unique_id: None }
    }
}

impl CallRequest {
    /// A call of a user to a number.
    pub fn new(user_name: impl Into<String>, number: impl Into<String>) -> Self {
        Self { user_name: user_name.into(), number: number.into(), auto_answer: false }
    }

    /// The same call, answered by the user's phone itself.
    #[must_use]
    pub fn auto_answer(mut self) -> Self {
        self.auto_answer = true;
        self
    }

    /// Whether the PBX can take it.
    ///
    /// # Errors
    /// When user or number is missing, or the number is none.
    pub fn check(&self) -> Result<(), CallRequestError> {
        let digits = self.number.strip_prefix('+').unwrap_or(&self.number);
        match () {
            () if self.user_name.is_empty() => Err(CallRequestError::UserName),
            () if self.number.is_empty() => Err(CallRequestError::NoNumber),
            () if self.number.len() >= 20 || digits.is_empty() => Err(CallRequestError::Number),
            () if !digits.bytes().all(|byte| byte.is_ascii_digit()) => Err(CallRequestError::Number),
            () => Ok(()),
        }
    }

    /// The body as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let body = CallBody {
            user_name: Some(self.user_name.as_str()),
            number: Some(self.number.as_str()),
            auto_answer: Some(self.auto_answer),
        };
        body.to_json()
    }

    /// Names and values of a form, in the order of the vendor's example.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 3] {
        let auto_answer = if self.auto_answer { "true" } else { "false" };
        [("user_name", &self.user_name), ("number", &self.number), ("auto_answer", auto_answer)]
    }

    /// Reads a body of JSON.
    ///
    /// # Errors
    /// When it is none, or the call cannot be made.
    pub fn from_json(json: &str) -> Result<Self, CallRequestError> {
        let body: CallBody<String> = decode(json).map_err(|error: DecodeError| match error.field {
            Some("auto_answer") => CallRequestError::AutoAnswer,
            _ => CallRequestError::Body,
        })?;
        Self::checked(body.user_name, body.number, body.auto_answer)
    }

    /// Reads a form; other names are ignored, of duplicates the last counts.
    ///
    /// # Errors
    /// When the call cannot be made.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, CallRequestError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let (mut user_name, mut number, mut auto_answer) = (None, None, None);
        for (name, value) in pairs {
            let value = value.as_ref();
            match name.as_ref() {
                "user_name" => user_name = Some(value.into()),
                "number" => number = Some(value.into()),
                "auto_answer" => auto_answer = Some(truth(value).ok_or(CallRequestError::AutoAnswer)?),
                _ => {}
            }
        }
        Self::checked(user_name, number, auto_answer)
    }

    fn checked(
        user_name: Option<String>,
        number: Option<String>,
        auto_answer: Option<bool>,
    ) -> Result<Self, CallRequestError> {
        let (user_name, number) = (user_name.unwrap_or_default(), number.unwrap_or_default());
        let request = Self { user_name, number, auto_answer: auto_answer.unwrap_or_default() };
        request.check().map(|()| request)
    }
}

/// What forms write for true and false.
fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "on" | "yes" => Some(true),
        "false" | "0" | "off" | "no" | "" => Some(false),
        _ => None,
    }
}
