//! What one connection is subscribed to.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Subject, Viewer};
use crate::{Dialect, EventInfo, Subscription, Topic, TopicSelection};

/// What one connection is subscribed to: a set. Subscribing twice is subscribing once, and the order does not matter.
///
/// - A topic is subscribed to whole or for names: of extensions, queues or tenants, as the topic is. The lists that do
///   not fit a topic mean nothing to it.
/// - Subscribing to the whole topic takes in the names. Unsubscribing from a name then changes nothing: the wire has no
///   word for "all but 102", so such a subscription could not be restored on the next connection.
/// - A `global_` topic is subscribed to for named tenants only; without names nothing is.
/// - Keys (v12) divide a topic. Selecting all keys of a topic is selecting the topic; unsubscribing from a key of a
///   topic without division leaves its other keys.
///
/// Clones share what they hold until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    topics: Arc<BTreeMap<Topic, BTreeMap<Key, Names>>>,
    /// The bits of the topics that are held whole, for everything: no search is needed for these.
    whole: u32,
}

/// Which events of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    All,
    One(String),
}

/// For whom.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    All,
    /// Never empty.
    These(BTreeSet<String>),
}

impl Names {
    fn len(&self) -> usize {
        match self {
            Self::All => 1,
            Self::These(names) => names.len(),
        }
    }
}

/// What the names of a topic are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Extensions,
    Queues,
    Tenants,
    Nothing,
}

impl Named {
    const fn by(topic: &Topic) -> Self {
        match topic {
            Topic::ExtensionEvents | Topic::ExtensionManagementEvents | Topic::CdrEvents => Self::Extensions,
            Topic::QueueEvents | Topic::QueueManagementEvents => Self::Queues,
            Topic::TrunkEvents | Topic::Other(_) => Self::Nothing,
            _ => Self::Tenants,
        }
    }

    fn of(self, subscription: &Subscription) -> &[String] {
        match self {
            Self::Extensions => &subscription.extensions,
            Self::Queues => &subscription.queues,
            Self::Tenants => &subscription.tenants,
            Self::Nothing => &[],
        }
    }
}

/// The selected keys, as the set keeps them.
fn keys_of(selection: &TopicSelection) -> BTreeSet<Key> {
    let mut all = selection.topic.keys(Dialect::V12).peekable();
    if selection.keys.is_empty() || (all.peek().is_some() && all.all(|key| selection.keys.iter().any(|own| own == key)))
    {
        return [Key::All].into();
    }
    selection.keys.iter().cloned().map(Key::One).collect()
}

/// At most this many names does a subscribe add.
fn most_names(subscription: &Subscription) -> usize {
    let most = |selection: &TopicSelection| {
        let names = Named::by(&selection.topic).of(subscription).len().max(1);
        names.saturating_mul(keys_of(selection).len())
    };
    subscription.topics.iter().map(most).fold(0, usize::saturating_add)
}

/// A subscribe that would pass the limit of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many subscriptions")]
pub struct TooManyNames;

impl Subscriptions {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what a subscribe names.
    pub fn apply(&mut self, subscription: &Subscription) {
        let topics = Arc::make_mut(&mut self.topics);
        for selection in &subscription.topics {
            let named = Named::by(&selection.topic);
            let names = named.of(subscription);
            if names.is_empty() && named == Named::Tenants {
                continue;
            }
            let keys = topics.entry(selection.topic.clone()).or_default();
            for key in keys_of(selection) {
                let held = keys.entry(key).or_insert_with(|| Names::These(BTreeSet::new()));
                match held {
                    _ if names.is_empty() => *held = Names::All,
                    Names::These(held) => held.extend(names.iter().cloned()),
                    Names::All => {}
                }
            }
        }
        self.note_whole();
    }

    fn note_whole(&mut self) {
        let whole = self.topics.iter().filter(|(_, keys)| keys.get(&Key::All) == Some(&Names::All));
        self.whole = whole.fold(0, |bits, (topic, _)| bits | topic.bit());
    }

    /// Takes in what a subscribe names, unless more than `limit` [names](Self::len) would be held then: nothing changes
    /// in that case, and nothing of that size is ever built.
    ///
    /// # Errors
    /// When the limit would be passed.
    pub fn apply_within(&mut self, subscription: &Subscription, limit: usize) -> Result<(), TooManyNames> {
        let most = most_names(subscription);
        if self.len().saturating_add(most) > limit {
            if most > limit {
                return Err(TooManyNames);
            }
            let mut next = self.clone();
            next.apply(subscription);
            if next.len() > limit {
                return Err(TooManyNames);
            }
            *self = next;
        } else {
            self.apply(subscription);
        }
        Ok(())
    }

    /// Takes out what an unsubscribe names: without names the whole topic, without topics the names of every topic,
    /// without either everything.
    pub fn remove(&mut self, subscription: &Subscription) {
        let topics = Arc::make_mut(&mut self.topics);
        if subscription.topics.is_empty() {
            let bare =
                [Named::Extensions, Named::Queues, Named::Tenants].iter().all(|by| by.of(subscription).is_empty());
            topics.retain(|topic, keys| {
                let names = Named::by(topic).of(subscription);
                !bare && (names.is_empty() || subtract_names(keys, |_| true, names))
            });
        }
        // Each topic once, however often it is named, so that the work does not grow with the names times that.
        let mut named: BTreeMap<&Topic, BTreeSet<Key>> = BTreeMap::new();
        for selection in &subscription.topics {
            named.entry(&selection.topic).or_default().extend(keys_of(selection));
        }
        for (topic, selected) in named {
            let Some(keys) = topics.get_mut(topic) else { continue };
            let names = Named::by(topic).of(subscription);
            if selected.contains(&Key::All) {
                if names.is_empty() {
                    keys.clear();
                }
                subtract_names(keys, |_| true, names);
            } else {
                let whole_loses = match keys.get(&Key::All) {
                    Some(Names::These(held)) => names.is_empty() || names.iter().any(|name| held.contains(name)),
                    Some(Names::All) => names.is_empty(),
                    None => false,
                };
                let is_selected = |key: &str| selected.contains(&Key::One(key.to_string()));
                if whole_loses && topic.keys(Dialect::V12).any(is_selected) {
                    divide(keys, topic);
                }
                if names.is_empty() {
                    keys.retain(|key, _| !selected.contains(key));
                }
                subtract_names(keys, |key| selected.contains(key), names);
            }
            if keys.is_empty() {
                topics.remove(topic);
            }
        }
        self.note_whole();
    }

    /// How much is held, for limits: the names, and one for each topic or key that is held whole. Names that are held
    /// for several keys count for each; so an unsubscribe from one key of a topic makes this number larger, by the
    /// number of v12's keys at most.
    #[must_use]
    pub fn len(&self) -> usize {
        self.topics.values().flat_map(BTreeMap::values).map(Names::len).sum()
    }

    /// Whether nothing is subscribed to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// The topics of which something is subscribed to.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.keys()
    }

    /// Subscribes that lead to this set, one for each topic, or for each division of it by keys.
    #[must_use]
    pub fn to_subscriptions(&self) -> Vec<Subscription> {
        let mut out = Vec::new();
        for (topic, keys) in &*self.topics {
            // Keys that are held for the same names go together.
            let mut done: Vec<&Names> = Vec::new();
            for (key, names) in keys {
                let mut subscription = Subscription::to(topic.clone());
                if *key != Key::All {
                    if done.contains(&names) {
                        continue;
                    }
                    done.push(names);
                    let same = keys.iter().filter(|(_, other)| *other == names);
                    subscription = subscription.keys(same.filter_map(|(key, _)| match key {
                        Key::One(key) => Some(key.as_str()),
                        Key::All => None,
                    }));
                }
                if let Names::These(names) = names {
                    subscription = match Named::by(topic) {
                        Named::Extensions => subscription.extensions(names),
                        Named::Queues => subscription.queues(names),
                        Named::Tenants => subscription.tenants(names),
                        Named::Nothing => subscription,
                    };
                }
                out.push(subscription);
            }
        }
        out
    }

    /// Whether the connection is to receive an event: some topic that delivers it is subscribed to, for something the
    /// event concerns and the viewer may see. However many subscriptions an event meets, it is one event.
    #[must_use]
    pub fn wants(&self, event_type: &str, subject: &Subject<'_>, viewer: &Viewer) -> bool {
        self.wants_any(EventInfo::of(event_type), subject, viewer)
    }

    /// The same, of an event type whose rows were looked up before: for a fan-out.
    #[must_use]
    pub fn wants_any(&self, rows: &[EventInfo], subject: &Subject<'_>, viewer: &Viewer) -> bool {
        rows.iter().filter(|row| row.dialects.contains(&subject.dialect)).any(|row| {
            self.wants_plain(&row.topic, row.event_type, subject, viewer)
                || row.topic.global().is_some_and(|global| self.wants_global(&global, row.event_type, subject, viewer))
        })
    }

    fn held(&self, topic: &Topic, event_type: &str) -> impl Iterator<Item = &Names> {
        let keys = self.topics.get(topic).into_iter().flatten();
        keys.filter(move |(key, _)| match key {
            Key::All => true,
            Key::One(key) => key == event_type,
        })
        .map(|(_, names)| names)
    }

    fn wants_plain(&self, topic: &Topic, event_type: &str, subject: &Subject<'_>, viewer: &Viewer) -> bool {
        if !viewer.may_see(topic, subject) {
            return false;
        }
        let named = Named::by(topic);
        let confined = named == Named::Extensions && viewer.is_confined_to_group(subject.dialect);
        if self.whole & topic.bit() != 0 && !confined {
            return true;
        }
        self.held(topic, event_type).any(|names| match named {
            Named::Extensions => {
                let seen = |number: &&str| !confined || viewer.is_groupmate(number);
                match names {
                    Names::All if confined => subject.extensions.iter().any(seen),
                    Names::All => true,
                    Names::These(names) => {
                        subject.extensions.iter().any(|number| names.contains(*number) && seen(number))
                    }
                }
            }
            Named::Queues => match names {
                Names::All => true,
                Names::These(names) => subject.queue.is_some_and(|queue| names.contains(queue)),
            },
            Named::Tenants | Named::Nothing => *names == Names::All,
        })
    }

    fn wants_global(&self, topic: &Topic, event_type: &str, subject: &Subject<'_>, viewer: &Viewer) -> bool {
        viewer.role == super::Role::SystemAdmin
            && self.held(topic, event_type).any(|names| match names {
                Names::All => false,
                Names::These(names) => subject.tenant.is_some_and(|tenant| names.contains(tenant)),
            })
    }
}

/// Takes names out of the selected keys. What is held whole stays; keys that hold no name any more go. Returns whether
/// anything is left.
fn subtract_names(keys: &mut BTreeMap<Key, Names>, selected: impl Fn(&Key) -> bool, names: &[String]) -> bool {
    let names: BTreeSet<&String> = names.iter().collect();
    keys.retain(|key, held| match held {
        Names::These(held) if selected(key) => {
            // Whichever is less work: many names may be taken out of many keys that hold few.
            if held.len() < names.len() {
                held.retain(|name| !names.contains(name));
            } else {
                for name in &names {
                    held.remove(*name);
                }
            }
            !held.is_empty()
        }
        _ => true,
    });
    !keys.is_empty()
}

/// Holds a whole topic as its keys one by one.
fn divide(keys: &mut BTreeMap<Key, Names>, topic: &Topic) {
    let Some(whole) = keys.remove(&Key::All) else { return };
    for key in topic.keys(Dialect::V12) {
        let held = keys.entry(Key::One(key.to_string())).or_insert_with(|| whole.clone());
        match (held, &whole) {
            (Names::These(held), Names::These(whole)) => held.extend(whole.iter().cloned()),
            (held, Names::All) => *held = Names::All,
            (Names::All, _) => {}
        }
    }
}
