//! Every way to decode an event that is compared.

use memchr::memmem::Finder;
use serde::Deserialize;
use tieline_core::{Str, Text};
use tieline_portsip_wsi::Event;

use super::model::{Parse, Tagged, by_word};

pub(crate) fn ours_borrowed(text: &str) -> Event<Str<'_>> {
    Event::decode(text).expect("an event")
}

pub(crate) fn ours_text(frame: &Text) -> Event<Text> {
    Event::decode_frame(frame, 64).expect("an event")
}

pub(crate) fn ours_owned(text: &str) -> Event<String> {
    Event::decode_owned(text).expect("an event")
}

pub(crate) fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

pub(crate) fn tagged_owned(text: &str) -> Tagged<String> {
    serde_json::from_str(text).expect("an event")
}

pub(crate) fn tagged_borrowed(text: &str) -> Tagged<Str<'_>> {
    serde_json::from_str(text).expect("an event")
}

/// Speculates on the place of a tag, so that the typed parse need not buffer.
pub(crate) struct Peek(Finder<'static>);

impl Peek {
    pub(crate) fn new() -> Self {
        Self(Finder::new("\"event_type\""))
    }

    fn word<'a>(&self, text: &'a str) -> &'a str {
        let at = self.0.find(text.as_bytes()).expect("a tag");
        let value = text[at + "\"event_type\"".len()..].trim_start().strip_prefix(':').expect("a colon").trim_start();
        value.strip_prefix('"').and_then(|word| word.split('"').next()).expect("a word")
    }

    pub(crate) fn serde_json<'a>(&self, text: &'a str) -> Tagged<Str<'a>> {
        by_word(self.word(text), SerdeJson(text)).expect("a known event").expect("an event")
    }

    pub(crate) fn sonic<'a>(&self, text: &'a str) -> Tagged<Str<'a>> {
        by_word(self.word(text), Sonic(text)).expect("a known event").expect("an event")
    }
}

struct SerdeJson<'a>(&'a str);

impl<'a> Parse<'a, serde_json::Error> for SerdeJson<'a> {
    fn parse<T: Deserialize<'a>>(self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0)
    }
}

struct Sonic<'a>(&'a str);

impl<'a> Parse<'a, sonic_rs::Error> for Sonic<'a> {
    fn parse<T: Deserialize<'a>>(self) -> Result<T, sonic_rs::Error> {
        sonic_rs::from_str(self.0)
    }
}
