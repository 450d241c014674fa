//! What clients are expected to do, and when.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::deed::Deed;
use super::im::Receipt;
use super::place::Word;
use crate::fault::Service;
use crate::record::What;

/// How long an expectation waits unless it says so.
const WITHIN: Duration = Duration::from_secs(5);

/// Something that clients are to do within some scenario time from the moment on at which the expectation stands on the
/// timeline; or are not to do. One deed may fulfil several expectations.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Expect {
    pub(crate) what: Expected,
    pub(crate) within: Duration,
    pub(crate) least: u32,
    pub(crate) most: Option<u32>,
    pub(crate) label: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    /// A login that was accepted.
    Login { who: Word },
    /// A subscription that was accepted.
    Subscribe { topic: Word },
    /// The first request of a connection, at a service.
    Connect { service: Option<Service> },
    /// A request over HTTP.
    Request { method: Option<String>, target: String },
    /// A text message that holds these members.
    Command { members: Value },
    /// A call that a client began.
    Call { from: Option<Word>, to: Option<Word> },
    /// A text message that a client sent.
    Sms { to: Option<Word> },
    /// A message that a client published in IM, and that was taken.
    Message { from: Option<Word>, to: Option<Word>, text: Option<String> },
    /// What a client said in IM of how far messages came.
    Receipt { by: Option<Word>, of: Option<Word>, what: Option<Receipt> },
}

impl Expect {
    pub(crate) const fn new(what: Expected) -> Self {
        Self { what, within: WITHIN, least: 1, most: None, label: None }
    }

    /// A login is accepted: of an extension by its number, of a user, tenant or administrator by name; over Axeos also with
    /// the API key, who is `key`.
    pub fn login(who: impl Into<String>) -> Self {
        Self::new(Expected::Login { who: Word::from(who.into()) })
    }

    /// A subscription to a topic of WSI is accepted; or, of the stream of CloudPBX, to `stream`; or one of IM: to `me`, to a
    /// group by its id, to the owner of an extension.
    pub fn subscribe(topic: impl Into<String>) -> Self {
        Self::new(Expected::Subscribe { topic: Word::from(topic.into()) })
    }

    /// A connection asks for something, at a service or (`None`) anywhere.
    pub const fn connect(service: Option<Service>) -> Self {
        Self::new(Expected::Connect { service })
    }

    /// A request over HTTP whose target begins like this: `GET /cdr`, or `/cdr` by any method.
    pub fn request(request: impl Into<String>) -> Self {
        Self::new(Expected::request(&request.into()))
    }

    /// A message in JSON that has at least these members. Secrets cannot be expected: the record leaves them out.
    pub const fn command(members: Value) -> Self {
        Self::new(Expected::Command { members })
    }

    /// A client lets `from` call `to`.
    pub fn call(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self::new(Expected::Call { from: Some(Word::from(from.into())), to: Some(Word::from(to.into())) })
    }

    /// A client sends a text message.
    pub fn sms(to: impl Into<String>) -> Self {
        Self::new(Expected::Sms { to: Some(Word::from(to.into())) })
    }

    /// A client that is logged in to IM as `from` publishes to `to`, an extension or a group; any text.
    pub fn message(from: impl Into<String>, to: impl Into<String>) -> Self {
        let (from, to) = (Some(Word::from(from.into())), Some(Word::from(to.into())));
        Self::new(Expected::Message { from, to, text: None })
    }

    /// The same with this text, which must stand in the message somewhere. Of anything but a message nothing changes.
    pub fn with_text(mut self, part: impl Into<String>) -> Self {
        if let Expected::Message { text, .. } = &mut self.what {
            *text = Some(part.into());
        }
        self
    }

    /// A client that is logged in to IM as `by` says that it received or read what `of` wrote, an extension or a group.
    pub fn receipt(by: impl Into<String>, of: impl Into<String>, what: Receipt) -> Self {
        let (by, of) = (Some(Word::from(by.into())), Some(Word::from(of.into())));
        Self::new(Expected::Receipt { by, of, what: Some(what) })
    }

    /// How long it may take, in scenario time. Default 5 s.
    pub const fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// That it happens so often, no more and no less.
    pub const fn times(mut self, times: u32) -> Self {
        self.least = times;
        self.most = Some(times);
        self
    }

    /// That it happens at least so often. Default once.
    pub const fn at_least(mut self, times: u32) -> Self {
        self.least = times;
        self
    }

    /// That it happens at most so often. Without [`at_least`](Self::at_least) it need not happen.
    pub const fn at_most(mut self, times: u32) -> Self {
        self.most = Some(times);
        self.least = 0;
        self
    }

    /// That it does not happen.
    pub const fn never(self) -> Self {
        self.times(0)
    }

    /// What reports call it. Default: its own words.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

impl Expected {
    /// Of `GET /cdr`, or `/cdr`.
    pub(crate) fn request(text: &str) -> Self {
        let (method, target) = match text.split_once(' ') {
            Some((method, target)) => (Some(method.to_owned()), target),
            None => (None, text),
        };
        Self::Request { method, target: target.to_owned() }
    }

    /// Whether something that happened on a connection is it. `first` tells that it is the connection's first request.
    pub(crate) fn is_met_by(&self, what: &What, first: bool) -> bool {
        match (self, what) {
            (Self::Connect { service }, What::Request { target, .. }) => {
                let path = target.split('?').next().unwrap_or_default();
                first && service.is_none_or(|service| Service::of_path(path) == Some(service))
            }
            (Self::Request { method, target: begins }, What::Request { method: by, target }) => {
                method.as_ref().is_none_or(|method| method == by) && target.starts_with(begins.as_str())
            }
            (Self::Command { members }, What::Text(text)) => {
                serde_json::from_str(text).is_ok_and(|said: Value| holds(&said, members))
            }
            _ => false,
        }
    }

    /// Whether it is what a client did.
    pub(crate) fn is_done_by(&self, deed: &Deed) -> bool {
        let same = |expected: &Option<Word>, done: &str| expected.as_ref().is_none_or(|word| word.text == done);
        match (self, deed) {
            (Self::Login { who }, Deed::Login { names }) => names.contains(&who.text),
            (Self::Subscribe { topic }, Deed::Subscribe { topic: done }) => topic.text == *done,
            (Self::Call { from, to }, Deed::Call { from: caller, to: callee }) => {
                same(from, caller) && same(to, callee)
            }
            (Self::Sms { to }, Deed::Sms { to: done }) => same(to, done),
            (Self::Message { from, to, text }, Deed::Message { from: author, to: topic, text: said }) => {
                let holds = |part: &String| said.as_ref().is_some_and(|said| said.contains(part.as_str()));
                same(from, author) && same(to, topic) && text.as_ref().is_none_or(holds)
            }
            (Self::Receipt { by, of, what }, Deed::Receipt { by: reader, of: topic, what: said }) => {
                same(by, reader) && same(of, topic) && what.is_none_or(|what| what == *said)
            }
            _ => false,
        }
    }
}

/// Whether `said` has all that `members` has: of objects the members, of lists the items, in any order.
fn holds(said: &Value, members: &Value) -> bool {
    match (said, members) {
        (Value::Object(said), Value::Object(members)) => {
            members.iter().all(|(key, member)| said.get(key).is_some_and(|said| holds(said, member)))
        }
        (Value::Array(said), Value::Array(items)) => items.iter().all(|item| said.iter().any(|said| holds(said, item))),
        (said, member) => said == member,
    }
}

/// As in a report: `login 101 within 2s`.
impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |word: &Option<Word>| word.as_ref().map_or_else(|| "anybody".to_owned(), |word| word.text.clone());
        match &self.what {
            Expected::Login { who } => write!(f, "login {}", who.text)?,
            Expected::Subscribe { topic } => write!(f, "subscribe {}", topic.text)?,
            Expected::Connect { service: Some(service) } => write!(f, "connect {}", service.as_str())?,
            Expected::Connect { service: None } => write!(f, "connect")?,
            Expected::Request { method: None, target } => write!(f, "request {target}")?,
            Expected::Request { method: Some(method), target } => write!(f, "request {method} {target}")?,
            Expected::Command { members } => write!(f, "command {members}")?,
            Expected::Call { from, to } => write!(f, "call from {} to {}", number(from), number(to))?,
            Expected::Sms { to } => write!(f, "sms to {}", number(to))?,
            Expected::Message { from, to, text } => {
                write!(f, "message from {} to {}", number(from), number(to))?;
                text.as_ref().map_or(Ok(()), |text| write!(f, " with `{text}`"))?;
            }
            Expected::Receipt { by, of, what } => {
                let what = what.map_or("receipt", Receipt::as_str);
                write!(f, "{what} by {} of {}", number(by), number(of))?;
            }
        }
        match (self.least, self.most) {
            (1, None) => {}
            (0, Some(0)) => write!(f, ", never")?,
            (least, None) => write!(f, ", at least {least} times")?,
            (least, Some(most)) if least == most => write!(f, ", {most} times")?,
            (0, Some(most)) => write!(f, ", at most {most} times")?,
            (least, Some(most)) => write!(f, ", {least} to {most} times")?,
        }
        write!(f, " within {:?}", self.within)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_is_met_by_what_holds_its_members() {
        let expect = |members| Expected::Command { members };
        let said = What::Text(r#"{"command":"subscribe","topics":["cdr_events","queue_events"],"id":7}"#.into());
        assert!(expect(json!({"command": "subscribe", "topics": ["queue_events"]})).is_met_by(&said, false));
        assert!(!expect(json!({"command": "unsubscribe"})).is_met_by(&said, false));
        assert!(!expect(json!({"topics": ["trunk_events"]})).is_met_by(&said, false));
    }

    #[test]
    fn a_connection_counts_once_and_at_its_service() {
        let request = |target: &str| What::Request { method: "GET".into(), target: target.into() };
        let connect = Expected::Connect { service: Some(Service::Wsi) };
        assert!(connect.is_met_by(&request("/wsi?dialect=v16"), true));
        assert!(!connect.is_met_by(&request("/wsi"), false) && !connect.is_met_by(&request("/cdr"), true));
    }

    #[test]
    fn reports_use_the_words_of_the_file() {
        let expect = Expect::login("101").within(Duration::from_secs(2)).never();
        assert_eq!(expect.to_string(), "login 101, never within 2s");
    }
}
