//! stub
use alloc::string::String;
#[derive(Clone, Debug, Default, PartialEq, Eq)]
/// stub
pub struct Channel<S>(S);
impl<S> Channel<S> {
    /// stub
    pub const fn new(raw: S) -> Self {
        Self(raw)
    }
}
impl<S: AsRef<str>> Channel<S> {
    /// stub
    pub fn raw(&self) -> &str {
        self.0.as_ref()
    }
}
impl<'a, C: ?Sized, S: tieline_core::json::Decode<'a, C>> tieline_core::json::Decode<'a, C> for Channel<S> {
    fn decode(s: &mut tieline_core::json::Scanner<'a>, c: &C) -> Result<Self, tieline_core::json::DecodeError> {
        S::decode(s, c).map(Self)
    }
}
impl<S: AsRef<str>> tieline_core::json::Encode for Channel<S> {
    fn encode(&self, out: &mut String) {
        tieline_core::json::write_str(self.0.as_ref(), out);
    }
}
impl<S: AsRef<str>> serde::Serialize for Channel<S> {
    fn serialize<Z: serde::Serializer>(&self, z: Z) -> Result<Z::Ok, Z::Error> {
        z.serialize_str(self.0.as_ref())
    }
}
