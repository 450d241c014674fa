//! Users in memory.

use std::collections::BTreeMap;
use std::fmt;

use tieline_core::Secret;
use tieline_portsip_im::service::UserNumber;

use super::users::{User, Users, key};

/// A list of users with their passwords in clear: for a simulator and for tests, whose passwords everybody may know.
#[derive(Clone, Default)]
pub struct Roster(BTreeMap<(String, String), (User, Secret)>);

impl Roster {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and one more; who has the same name and domain is replaced.
    #[must_use]
    pub fn with(mut self, user: User, password: impl Into<Secret>) -> Self {
        self.0.insert(key(&user.name, &user.domain), (user, password.into()));
        self
    }
}

impl Users for Roster {
    fn find(&self, name: &str, domain: &str) -> Option<User> {
        self.0.get(&key(name, domain)).map(|(user, _)| user.clone())
    }

    fn find_number(&self, number: UserNumber) -> Option<User> {
        self.0.values().map(|(user, _)| user).find(|user| user.number == number).cloned()
    }

    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User> {
        let nobody = Secret::from("");
        let found = self.0.get(&key(name, domain));
        let known = found.map_or(&nobody, |(_, known)| known);
        let is_right = known.matches(password);
        found.filter(|_| is_right).map(|(user, _)| user.clone())
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values().map(|(user, _)| user)).finish()
    }
}
