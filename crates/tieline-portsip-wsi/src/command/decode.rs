//! Reading commands.

use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::json::{Decode, DecodeError, JsonKind, Scanner, decode_with};
use tieline_core::{Limits, Secret};

use super::{Auth, ClientMessage, Command, CommandError, Login, Subscription, TopicSelection};
use crate::Topic;

impl ClientMessage {
    /// Decodes a command of any dialect. Topics may be names and objects with keys, mixed; numbers are taken for
    /// strings; unknown members are passed over.
    ///
    /// # Errors
    /// When `text` is not JSON or no object, a member is of another kind than documented, or one is missing that the
    /// command cannot do without.
    pub fn decode(text: &str) -> Result<Self, CommandError> {
        Self::decode_within(text, Limits::default().depth)
    }

    /// As [`decode`](Self::decode), materialising at most `max_depth` levels.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), or when the command is nested deeper than `max_depth`.
    pub fn decode_within(text: &str, max_depth: u32) -> Result<Self, CommandError> {
        let members: Members = decode_with(text, &(), max_depth)?;
        let command = members.command.clone().ok_or(CommandError::MissingField("command"))?;
        let id = members.id.clone();
        let command = match command.as_str() {
            "auth" => Command::Auth(members.into_auth()?),
            "subscribe" => match members.into_subscription()? {
                subscription if subscription.topics.is_empty() => return Err(CommandError::MissingField("topics")),
                subscription => Command::Subscribe(subscription),
            },
            "unsubscribe" => Command::Unsubscribe(members.into_subscription()?),
            _ => Command::Other { command },
        };
        Ok(Self { id, command })
    }
}

/// Whatever members commands have.
#[derive(Default)]
struct Members {
    command: Option<String>,
    id: Option<String>,
    extension: Option<String>,
    extension_number: Option<String>,
    name: Option<String>,
    username: Option<String>,
    domain: Option<String>,
    password: Option<Secret>,
    topics: Option<Vec<WrittenTopic>>,
    extensions: Option<Vec<String>>,
    queues: Option<Vec<String>>,
    tenants: Option<Vec<String>>,
}

impl Members {
    fn into_auth(self) -> Result<Auth, CommandError> {
        let missing = CommandError::MissingField;
        let login = if let Some(extension_number) = self.extension_number {
            Login::ExtensionNumber { extension_number, domain: self.domain.ok_or(missing("domain"))? }
        } else if let Some(extension) = self.extension {
            Login::Extension { extension, domain: self.domain.ok_or(missing("domain"))? }
        } else {
            match (self.username, self.domain, self.name) {
                (Some(username), Some(domain), _) => Login::Username { username, domain },
                (Some(username), None, _) => Login::Admin { username },
                (None, _, Some(name)) => Login::Tenant { name },
                (None, _, None) => return Err(missing("username")),
            }
        };
        Ok(Auth { login, password: self.password.ok_or(missing("password"))? })
    }

    fn into_subscription(self) -> Result<Subscription, CommandError> {
        let topics = self.topics.unwrap_or_default().into_iter().map(|written| {
            let name = written.topic.ok_or(CommandError::MissingField("topic"))?;
            Ok(TopicSelection { topic: Topic::from(name.as_str()), keys: written.keys })
        });
        Ok(Subscription {
            topics: topics.collect::<Result<_, CommandError>>()?,
            extensions: self.extensions.unwrap_or_default(),
            queues: self.queues.unwrap_or_default(),
            tenants: self.tenants.unwrap_or_default(),
        })
    }
}

/// Decodes the value at the cursor into `slot`.
fn fill<'a, T: Decode<'a, ()>>(
    slot: &mut T,
    field: &'static str,
    scanner: &mut Scanner<'a>,
) -> Result<(), DecodeError> {
    *slot = T::decode(scanner, &()).map_err(|error| error.in_field(field))?;
    Ok(())
}

impl<'a> Decode<'a, ()> for Members {
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        let mut out = Self::default();
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            match key.as_str() {
                "command" => fill(&mut out.command, "command", scanner)?,
                "id" => fill(&mut out.id, "id", scanner)?,
                "extension" => fill(&mut out.extension, "extension", scanner)?,
                "extension_number" => fill(&mut out.extension_number, "extension_number", scanner)?,
                "name" => fill(&mut out.name, "name", scanner)?,
                "username" => fill(&mut out.username, "username", scanner)?,
                "domain" => fill(&mut out.domain, "domain", scanner)?,
                "password" => {
                    let mut password: Option<String> = None;
                    fill(&mut password, "password", scanner)?;
                    out.password = password.map(Secret::new);
                }
                "topics" => fill(&mut out.topics, "topics", scanner)?,
                "extensions" => fill(&mut out.extensions, "extensions", scanner)?,
                "queues" => fill(&mut out.queues, "queues", scanner)?,
                "tenants" => fill(&mut out.tenants, "tenants", scanner)?,
                _ => drop(scanner.skip_value()?),
            }
        }
        Ok(out)
    }
}

/// A topic as its name, or as an object with keys.
struct WrittenTopic {
    topic: Option<String>,
    keys: Vec<String>,
}

impl<'a> Decode<'a, ()> for WrittenTopic {
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        let mut out = Self { topic: None, keys: Vec::new() };
        match scanner.kind()? {
            JsonKind::String => out.topic = Some(String::decode(scanner, &())?),
            JsonKind::Object => {
                let mut members = scanner.object()?;
                while let Some(key) = scanner.key(&mut members)? {
                    match key.as_str() {
                        "topic" => fill(&mut out.topic, "topic", scanner)?,
                        "keys" => {
                            let mut keys: Option<Vec<String>> = None;
                            fill(&mut keys, "keys", scanner)?;
                            out.keys = keys.unwrap_or_default();
                        }
                        _ => drop(scanner.skip_value()?),
                    }
                }
            }
            _ => return Err(scanner.wrong_type("a topic's name, or an object with `topic` and `keys`")),
        }
        Ok(out)
    }
}
