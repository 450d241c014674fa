//! Expectations, from a document.

use super::fields::{Fields, Mistakes, choice, word};
use super::im;
use super::node::{Node, Value};
use crate::fault::Service;
use crate::scenario::expect::{Expect, Expected};

pub(super) fn expect(node: &Node, mistakes: &mut Mistakes) -> Option<Expect> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let what = expected(&mut fields, mistakes);
    let within = fields.time("within", mistakes);
    let mut count = |key| fields.whole(key, 0, 1_000_000, mistakes).and_then(|count| u32::try_from(count).ok());
    let (times, least, most) = (count("times"), count("at-least"), count("at-most"));
    let never = fields.flag("never", mistakes).unwrap_or(false);
    let (label, place) = (fields.text("label", mistakes), fields.place());
    fields.finish(mistakes);
    let mut expect = Expect::new(what?);
    if let Some(within) = within {
        expect.within = within;
    }
    match (times, least, most, never) {
        (None, None, None, false) => {}
        (None, None, None, true) => expect = expect.never(),
        (Some(times), None, None, false) => expect = expect.times(times),
        (None, least, most, false) if least.unwrap_or(0) <= most.unwrap_or(u32::MAX) => {
            expect.least = least.unwrap_or(0);
            expect.most = most;
        }
        _ => mistakes.note(place, "`never`, `times`, and `at-least` with `at-most` exclude each other"),
    }
    expect.label = label;
    Some(expect)
}

const EXPECTED: [&str; 9] =
    ["login", "subscribe", "connect", "request", "command", "call", "sms", "message", "receipt"];

fn expected(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Expected> {
    let around = fields.place();
    let Some(entry) = fields.take_one_of(&EXPECTED, mistakes) else {
        mistakes.note(around, format!("nothing is expected; known are {}", EXPECTED.join(", ")));
        return None;
    };
    let node = &entry.node;
    match entry.key.as_str() {
        "login" => word(node, mistakes).map(|who| Expected::Login { who }),
        "subscribe" => word(node, mistakes).map(|topic| Expected::Subscribe { topic }),
        "connect" => {
            let mut services: Vec<(&'static str, Option<Service>)> =
                Service::ALL.iter().map(|service| (service.as_str(), Some(*service))).collect();
            services.push(("any", None));
            let service = word(node, mistakes)?;
            choice(&service, &services, mistakes).map(|service| Expected::Connect { service })
        }
        "request" => {
            let text = word(node, mistakes)?;
            let expected = Expected::request(&text.text);
            if matches!(&expected, Expected::Request { target, .. } if target.starts_with('/')) {
                return Some(expected);
            }
            mistakes.note(text.place, "a request as in `GET /cdr` or `/cdr`");
            None
        }
        "command" => match node.value {
            Value::Table(_) => Some(Expected::Command { members: node.to_json() }),
            _ => {
                mistakes.note(node.place, format!("expected a table, found {}", node.kind()));
                None
            }
        },
        "call" => {
            let mut fields = Fields::of(node, "a table with `from` and `to`", mistakes)?;
            let (from, to) = (fields.word("from", mistakes), fields.word("to", mistakes));
            fields.finish(mistakes);
            Some(Expected::Call { from, to })
        }
        verb @ ("message" | "receipt") => im::expected(verb, node, mistakes),
        _ => word(node, mistakes).map(|to| Expected::Sms { to: Some(to) }),
    }
}
