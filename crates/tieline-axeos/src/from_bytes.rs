//! Messages made of a fuzzer's bytes, where not every value of the fields can be on the wire (feature `arbitrary`).

use alloc::string::{String, ToString as _};

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use tieline_core::arbitrary::{json, json_object};
use tieline_core::json::{Encode as _, Raw};

use crate::{CallRequest, EVENT_TYPES, Entry, Event, Poll, Scalar, Unknown};

fn unknown<S>(u: &mut Unstructured<'_>, seq: u64) -> Result<Unknown<S>>
where
    S: AsRef<str> + From<String>,
{
    let event_type: &str = u.arbitrary()?;
    if EVENT_TYPES.iter().any(|info| info.event_type == event_type) {
        return Err(Error::IncorrectFormat);
    }
    let body = json_object(u, &[("seq", &seq.to_string()), ("event_type", &event_type.to_json())])?;
    let body = Raw::from_json(S::from(body)).map_err(|_| Error::IncorrectFormat)?;
    Ok(Unknown { event_type: S::from(event_type.into()), body })
}

impl<'a, S> Arbitrary<'a> for Unknown<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let seq = u.arbitrary()?;
        unknown(u, seq)
    }
}

impl<'a, S> Arbitrary<'a> for Entry<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let seq = u.arbitrary()?;
        if u.ratio(1, 8)? {
            return Ok(Self::new(seq, Event::Unknown(unknown(u, seq)?)));
        }
        let (timestamp, event) = (u.arbitrary()?, u.arbitrary()?);
        match event {
            Event::Unknown(_) => Err(Error::IncorrectFormat),
            event => Ok(Self { seq, timestamp, event }),
        }
    }
}

impl<'a, S> Arbitrary<'a> for Scalar<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=2)? {
            0 => Self::Integer(u.arbitrary()?),
            1 => Self::Text(u.arbitrary()?),
            _ => {
                let body = alloc::format!("[{}]", json(u)?);
                Self::Other(Raw::from_json(S::from(body)).map_err(|_| Error::IncorrectFormat)?)
            }
        })
    }
}

impl<'a> Arbitrary<'a> for Poll {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let limit: Option<core::num::NonZeroU64> = u.arbitrary()?;
        Ok(Self { last: u.arbitrary()?, limit: limit.map(Into::into), timeout: u.arbitrary()? })
    }
}

impl<'a> Arbitrary<'a> for CallRequest {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let user_name = alloc::format!("u{}", u.arbitrary::<&str>()?);
        let number = alloc::format!("{}{}", if u.arbitrary()? { "+" } else { "" }, u.int_in_range(0..=10_u64.pow(17))?);
        Ok(Self { user_name, number, auto_answer: u.arbitrary()? })
    }
}
