//! Messages made of a fuzzer's bytes, where not every value of the fields can be on the wire (feature `arbitrary`).

use alloc::string::String;

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use tieline_core::arbitrary::{json, json_object};
use tieline_core::json::{Encode as _, Raw};

use crate::event::table::rows;
use crate::{Command, Event, ServerMessage, Topic, Unknown};

impl<'a, S> Arbitrary<'a> for Unknown<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let event_type: &str = u.arbitrary()?;
        if !rows(event_type).is_empty() {
            return Err(Error::IncorrectFormat);
        }
        let body = json_object(u, &[("event_type", &event_type.to_json())])?;
        let body = Raw::from_json(S::from(body)).map_err(|_| Error::IncorrectFormat)?;
        Ok(Self { event_type: S::from(event_type.into()), body })
    }
}

impl<'a, S> Arbitrary<'a> for ServerMessage<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        match u.int_in_range(0..=4)? {
            0 => {
                let mut response: crate::Response<S> = u.arbitrary()?;
                response.status.get_or_insert(0);
                Ok(Self::Response(response))
            }
            1 => {
                // Anything but an object, which could be one of the others.
                let body = alloc::format!("[{}]", json(u)?);
                Raw::from_json(S::from(body)).map(Self::Other).map_err(|_| Error::IncorrectFormat)
            }
            _ => u.arbitrary::<Event<S>>().map(Self::Event),
        }
    }
}

impl<'a> Arbitrary<'a> for Topic {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let known = u.arbitrary::<u8>()?;
        match Self::ALL.get(usize::from(known)) {
            Some(topic) => Ok(topic.clone()),
            None => u.arbitrary::<&str>().map(Self::from),
        }
    }
}

impl<'a> Arbitrary<'a> for Command {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=3)? {
            0 => Self::Auth(u.arbitrary()?),
            1 => Self::Subscribe(u.arbitrary()?),
            2 => Self::Unsubscribe(u.arbitrary()?),
            _ => Self::Other { command: alloc::format!("x{}", u.arbitrary::<&str>()?) },
        })
    }
}
