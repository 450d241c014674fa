//! Commands.

use alloc::vec::Vec;

use tieline_core::Str;
use tieline_core::json::lint::{Anomaly, AnomalyKind, Linter, Path, Rules, Severity};
use tieline_core::json::{Member, Shape, peek};

use super::at_start;
use super::versions::{among, versions};
use crate::event::table::rows;
use crate::{ClientMessage, CommandError, Dialect, Topic};

const NAMES: Shape = Shape::List(&Shape::String);

/// A topic as its name, or as an object with keys.
const TOPIC: Shape = Shape::OneOf {
    expected: "a topic's name, or an object with `topic` and `keys`",
    shapes: &[
        Shape::String,
        Shape::Object(&[Member::new("topic", &[], Shape::String), Member::new("keys", &[], NAMES)]),
    ],
};

/// The members of all commands.
const MEMBERS: &[Member] = &[
    Member::new("command", &[], Shape::String),
    Member::new("id", &[], Shape::String),
    Member::new("extension", &[], Shape::String),
    Member::new("extension_number", &[], Shape::String),
    Member::new("name", &[], Shape::String),
    Member::new("username", &[], Shape::String),
    Member::new("domain", &[], Shape::String),
    Member::new("password", &[], Shape::String),
    Member::new("topics", &[], Shape::List(&TOPIC)),
    Member::new("extensions", &[], NAMES),
    Member::new("queues", &[], NAMES),
    Member::new("tenants", &[], NAMES),
];

const OF_AUTH: &[&str] = &["extension", "extension_number", "name", "username", "domain", "password"];
const OF_SUBSCRIBE: &[&str] = &["topics", "extensions", "queues", "tenants"];

/// What is odd about a command.
pub(super) fn lint(text: &str, dialect: Option<Dialect>) -> Vec<Anomaly> {
    let command = peek::<Str<'_>>(text, "command");
    let command = command.as_ref().ok().and_then(Option::as_deref);
    let foreign = match command {
        Some("auth") => OF_SUBSCRIBE,
        Some("subscribe" | "unsubscribe") => OF_AUTH,
        _ => &[],
    };
    let without_domain = matches!(peek::<Str<'_>>(text, "domain"), Ok(None));
    let rules = CommandRules { foreign, without_domain, dialect };
    let linter = Linter::new().rules(&rules);
    let mut anomalies = if command.is_none() || is_known(command) {
        linter.lint(text, &Shape::Object(MEMBERS))
    } else {
        // The decoder reads the members that it knows, whatever the command.
        linter.tags(MEMBERS).lint(text, &Shape::Any)
    };
    if let Err(error) = ClientMessage::decode(text)
        && anomalies.iter().all(|anomaly| anomaly.severity() != Severity::Broken)
    {
        let refused = match error {
            CommandError::MissingField(name) => at_start(text, AnomalyKind::Missing(name)),
            CommandError::Decode(error) => error.into(),
        };
        anomalies.insert(0, refused);
    }
    anomalies
}

fn is_known(command: Option<&str>) -> bool {
    matches!(command, Some("auth" | "subscribe" | "unsubscribe"))
}

struct CommandRules {
    /// The keys of other commands.
    foreign: &'static [&'static str],
    without_domain: bool,
    dialect: Option<Dialect>,
}

impl Rules for CommandRules {
    fn key(&self, path: &Path<'_>) -> Option<AnomalyKind> {
        use Dialect::{V12, V16, V22};
        if self.foreign.iter().any(|key| path.is(key)) {
            return Some(AnomalyKind::UnknownKey);
        }
        let (since, until) = if path.is("id") || path.is("tenants") {
            (Some(V22), None)
        } else if path.is("username") {
            // Without a domain it is the login of the system administrator.
            (Some(if self.without_domain { V22 } else { V16 }), None)
        } else if path.is("extension_number") {
            (Some(V16), None)
        } else if ["extension", "name", "topics[].topic", "topics[].keys"].iter().any(|old| path.is(old)) {
            (None, Some(V12))
        } else {
            (None, None)
        };
        versions(self.dialect, since, until)
    }

    fn text(&self, path: &Path<'_>, text: &str) -> Option<AnomalyKind> {
        if path.is("command") {
            return (!is_known(Some(text))).then_some(AnomalyKind::UnknownType);
        }
        let name = path.is("topics[]");
        if name || path.is("topics[].topic") {
            let topic = Topic::from(text);
            if matches!(topic, Topic::Other(_)) {
                return Some(AnomalyKind::UnknownWord);
            }
            let known = among(self.dialect, |dialect| topic.is_known_to(dialect));
            // v12 writes topics as objects.
            return known.or_else(|| versions(self.dialect, name.then_some(Dialect::V16), None));
        }
        (path.is("topics[].keys[]") && rows(text).is_empty()).then_some(AnomalyKind::UnknownWord)
    }
}
