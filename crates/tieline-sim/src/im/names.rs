//! Who is who: extensions, users, groups and topics.

use std::collections::BTreeMap;

use tieline_portsip_im::service::UserNumber;

/// The names of the first tenant's people and groups, in the world and on the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    users: BTreeMap<String, UserNumber>,
    numbers: BTreeMap<UserNumber, String>,
    topics: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn add_person(&mut self, number: &str, user: UserNumber) {
        self.users.insert(number.to_owned(), user);
        self.numbers.insert(user, number.to_owned());
    }

    pub(super) fn add_group(&mut self, id: &str, topic: &str) {
        self.topics.insert(id.to_owned(), topic.to_owned());
        self.groups.insert(topic.to_owned(), id.to_owned());
    }

    /// The user that an extension belongs to.
    pub(super) fn user(&self, number: &str) -> Option<UserNumber> {
        self.users.get(number).copied()
    }

    /// The topic of a group, by its id in the scenario.
    pub(super) fn group(&self, id: &str) -> Option<&str> {
        self.topics.get(id).map(String::as_str)
    }

    /// The topic by which an extension or a group is written to.
    pub(super) fn topic(&self, name: &str) -> Option<String> {
        self.user(name).map(user_name).or_else(|| self.topics.get(name).cloned())
    }

    /// What a scenario calls a topic or a user of the wire; one that it has no name for stays as it is.
    pub(crate) fn shown(&self, topic: &str) -> String {
        let number = topic.strip_prefix("usr").and_then(|user| user.parse().ok());
        let known = number.and_then(|user: UserNumber| self.numbers.get(&user)).or_else(|| self.groups.get(topic));
        known.map_or(topic, String::as_str).to_owned()
    }
}

/// A user as the wire names it.
pub(super) fn user_name(user: UserNumber) -> String {
    format!("usr{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_groups_have_a_name_in_the_world_and_one_on_the_wire() {
        let mut names = Names::default();
        names.add_person("101", 7);
        names.add_group("ops", "grpAbc");
        assert_eq!((names.topic("101").as_deref(), names.topic("ops").as_deref()), (Some("usr7"), Some("grpAbc")));
        assert_eq!([names.shown("usr7"), names.shown("grpAbc"), names.shown("grpX")], ["101", "ops", "grpX"]);
    }
}
