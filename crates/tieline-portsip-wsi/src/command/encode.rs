//! Writing commands.

use alloc::string::String;

use tieline_core::json::{Encode, ObjectWriter, write_str};

use super::{Auth, ClientMessage, Command, Login, Subscription, TopicSelection};
use crate::Dialect;

impl ClientMessage {
    /// Appends the command as the documents of a dialect show it. v12 writes topics as objects: with the keys that
    /// are selected, or all keys of the topic. Later dialects write names; keys are lost there. Empty lists are left
    /// out.
    pub fn encode(&self, dialect: Dialect, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.member("command", self.command.name());
        match &self.command {
            Command::Auth(auth) => auth.members(&mut object),
            Command::Subscribe(subscription) | Command::Unsubscribe(subscription) => {
                subscription.members(dialect, &mut object);
            }
            Command::Other { .. } => {}
        }
        object.member("id", &self.id);
        object.end();
    }
}

impl Auth {
    fn members(&self, object: &mut ObjectWriter<'_>) {
        match &self.login {
            Login::Extension { extension, domain } => {
                object.member("extension", extension);
                object.member("domain", domain);
            }
            Login::Tenant { name } => object.member("name", name),
            Login::Username { username, domain } => {
                object.member("username", username);
                object.member("domain", domain);
            }
            Login::ExtensionNumber { extension_number, domain } => {
                object.member("extension_number", extension_number);
                object.member("domain", domain);
            }
            Login::Admin { username } => object.member("username", username),
        }
        object.member("password", self.password.expose());
    }
}

impl Subscription {
    fn members(&self, dialect: Dialect, object: &mut ObjectWriter<'_>) {
        object.member("topics", &Topics { topics: &self.topics, dialect });
        object.member("extensions", &Names(&self.extensions));
        object.member("queues", &Names(&self.queues));
        object.member("tenants", &Names(&self.tenants));
    }
}

/// A list that is left out when it is empty.
struct Names<'s>(&'s [String]);

impl Encode for Names<'_> {
    fn encode(&self, out: &mut String) {
        self.0.encode(out);
    }
    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }
}

/// Topics in the form of a dialect.
struct Topics<'s> {
    topics: &'s [TopicSelection],
    dialect: Dialect,
}

impl Encode for Topics<'_> {
    fn encode(&self, out: &mut String) {
        out.push('[');
        for (index, selection) in self.topics.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            if self.dialect == Dialect::V12 {
                let mut object = ObjectWriter::new(out);
                object.member("topic", selection.topic.as_str());
                object.member("keys", &Keys(selection));
                object.end();
            } else {
                write_str(selection.topic.as_str(), out);
            }
        }
        out.push(']');
    }
    fn is_absent(&self) -> bool {
        self.topics.is_empty()
    }
}

/// The keys of a topic of v12, all of them when none is selected.
struct Keys<'s>(&'s TopicSelection);

impl Encode for Keys<'_> {
    fn encode(&self, out: &mut String) {
        if !self.0.keys.is_empty() {
            return self.0.keys.encode(out);
        }
        out.push('[');
        for (index, key) in self.0.topic.keys(Dialect::V12).enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_str(key, out);
        }
        out.push(']');
    }
}
