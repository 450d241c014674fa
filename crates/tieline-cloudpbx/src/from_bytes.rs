//! Messages made of a fuzzer's bytes, where not every value of the fields can be on the wire (feature `arbitrary`).

use alloc::string::String;

use arbitrary::{Arbitrary, Error, Result, Unstructured};

use crate::stream::{DeviceState, EVENT_TYPES, Unknown};
use crate::{Channel, Location, Number};

impl<'a, S> Arbitrary<'a> for Unknown<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let event_type: S = u.arbitrary()?;
        if EVENT_TYPES.iter().any(|(known, _)| *known == event_type.as_ref()) {
            return Err(Error::IncorrectFormat);
        }
        Ok(Self::new(event_type, u.arbitrary()?))
    }
}

impl<'a> Arbitrary<'a> for DeviceState {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::new)
    }
}

impl<'a, S> Arbitrary<'a> for Number<S>
where
    S: Arbitrary<'a> + AsRef<str> + From<String>,
{
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.arbitrary()? { u.arbitrary().map(Self::quoted) } else { u.arbitrary::<u64>().map(Self::from) }
    }
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl<'a, S> Arbitrary<'a> for $name<S>
        where
            S: Arbitrary<'a> + AsRef<str> + From<String>,
        {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                u.arbitrary().map(Self::new)
            }
        }
    )*};
}

names! { Channel Location }
