//! Messages made of a fuzzer's bytes, where not every value of the fields can be on the wire (feature `arbitrary`).

use alloc::string::String;

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use tieline_core::json::Raw;

/// A message that is none of the known: an array, or an object without their keys.
pub(crate) fn unknown<S: AsRef<str> + From<String>>(u: &mut Unstructured<'_>) -> Result<Raw<S>> {
    let body = if u.arbitrary()? {
        tieline_core::arbitrary::json_object(u, &[])?
    } else {
        alloc::format!("[{}]", tieline_core::arbitrary::json(u)?)
    };
    Raw::from_json(S::from(body)).map_err(|_| Error::IncorrectFormat)
}

impl<'a> Arbitrary<'a> for crate::Section {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(Self::ALL).copied()
    }
}
