//! What `sendSMS` answers.

use alloc::string::String;

use serde::Serialize;
use tieline_core::json::{Decode, DecodeError, Encode, ObjectWriter, Scanner};

use crate::SmsState;

/// The JSON object which the document calls RESPONSE: the answer of `sendSMS` with 200 and with 500.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
#[serde(bound(serialize = "S: AsRef<str> + Serialize"))]
#[non_exhaustive]
pub struct SmsResponse<S> {
    /// The id of the message: 19 digits, more than a floating-point number holds. The stream tells the message's states
    /// under it, and it is the `uniqueid` of the message's CDR.
    #[serde(rename = "responseId")]
    pub response_id: Option<S>,
    /// The state of the message.
    #[serde(rename = "responseStatus")]
    pub response_status: Option<SmsState<S>>,
    /// What went wrong; `null` on the wire when nothing did.
    #[serde(rename = "responseErrorMessage")]
    pub response_error_message: Option<S>,
}

impl<S> SmsResponse<S> {
    /// The wire names of the fields, in the order they are written.
    pub const FIELDS: &'static [&'static str] = &["responseId", "responseStatus", "responseErrorMessage"];

    const EMPTY: Self = Self { response_id: None, response_status: None, response_error_message: None };

    /// The answer to a message that was accepted.
    pub const fn accepted(id: S, state: SmsState<S>) -> Self {
        Self { response_id: Some(id), response_status: Some(state), response_error_message: None }
    }

    /// The answer to a message that was not: the state that says so, and why.
    pub const fn failed(id: Option<S>, state: SmsState<S>, message: S) -> Self {
        Self { response_id: id, response_status: Some(state), response_error_message: Some(message) }
    }
}

impl<S: AsRef<str>> SmsResponse<S> {
    /// What went wrong; an empty message counts as none.
    #[must_use]
    pub fn error_message(&self) -> Option<&str> {
        self.response_error_message.as_ref().map(AsRef::as_ref).filter(|message| !message.trim().is_empty())
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C> + AsRef<str>> Decode<'a, C> for SmsResponse<S> {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let mut value = Self::EMPTY;
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            let Some(name) = Self::FIELDS.iter().find(|name| key == **name) else {
                scanner.skip_value()?;
                continue;
            };
            let read = match *name {
                "responseId" => Decode::decode(scanner, context).map(|id| value.response_id = id),
                "responseStatus" => Decode::decode(scanner, context).map(|state| value.response_status = state),
                _ => Decode::decode(scanner, context).map(|message| value.response_error_message = message),
            };
            read.map_err(|error| error.in_field(name))?;
        }
        Ok(value)
    }
}

impl<S: AsRef<str>> Encode for SmsResponse<S> {
    /// All three members as the document shows them, `null` for what is absent.
    fn encode(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.member("responseId", &Nullable(self.response_id.as_ref().map(AsRef::as_ref)));
        object.member("responseStatus", &Nullable(self.response_status.as_ref().map(SmsState::as_str)));
        object.member("responseErrorMessage", &Nullable(self.response_error_message.as_ref().map(AsRef::as_ref)));
        object.end();
    }
}

/// A member that is written as `null` when there is none.
struct Nullable<'a>(Option<&'a str>);

impl Encode for Nullable<'_> {
    fn encode(&self, out: &mut String) {
        self.0.encode(out);
    }
}
