//! Who there is.

use std::sync::Arc;

use tieline_core::json::{Encode as _, Raw};
use tieline_core::{Secret, Text};
use tieline_portsip_im::Card;
use tieline_portsip_im::service::{Arrival, UserNumber};

/// A user, as far as the IM service needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The number, which stands behind `usr` on the wire. No two users have the same, nor had in earlier days: topics and
    /// messages are those of the number.
    pub number: UserNumber,
    /// The name that is signed in with.
    pub name: String,
    /// The SIP domain of the tenant.
    pub domain: String,
    /// What others see, until the user says otherwise.
    pub display_name: Option<String>,
    /// The ring groups and queues whose external messages the user may see, by the id that stands behind `emc`.
    pub channels: Vec<String>,
    /// Whether the user may not sign in at present.
    pub suspended: bool,
    /// Differs when the password does: tokens that were got with another one are no longer good.
    pub revision: u64,
}

impl User {
    /// A user who may sign in, with nothing but a name.
    pub fn new(number: UserNumber, name: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            number,
            name: name.into(),
            domain: domain.into(),
            display_name: None,
            channels: Vec::new(),
            suspended: false,
            revision: 0,
        }
    }

    /// What the rules are told when the user logs in.
    #[must_use]
    pub fn arrival(&self) -> Arrival {
        let mut arrival = Arrival::new(self.number);
        arrival.public = self.display_name.as_deref().and_then(|name| {
            let mut card = Card::default();
            card.full_name = Some(name);
            Raw::from_json(Text::from(card.to_json())).ok()
        });
        arrival.channels = self.channels.iter().map(|channel| Text::from(channel.as_str())).collect();
        arrival
    }
}

/// By what a list of users finds one.
pub(super) fn key(name: &str, domain: &str) -> (String, String) {
    (domain.to_ascii_lowercase(), name.to_owned())
}

/// Knows the users. Domains are compared without regard to case, names with it.
pub trait Users: Send + Sync + 'static {
    /// A user by name and domain. Called on threads of the runtime, at each login and file transfer, so it does not block for
    /// long: a look into memory, or a file that is looked at now and then.
    fn find(&self, name: &str, domain: &str) -> Option<User>;

    /// A user by number, suspended or not: others may write to who has never logged in. By default nobody is found. Called
    /// on the thread that decides, so it does not block for long.
    fn find_number(&self, number: UserNumber) -> Option<User> {
        let _ = number;
        None
    }

    /// The user whose password this is. Called on a thread for such work, and may take as long as a hash takes. Takes as
    /// long for a name that there is not, and compares in constant time: [`Secret::matches`] or a library's verification.
    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User>;
}

impl<U: Users + ?Sized> Users for Arc<U> {
    fn find(&self, name: &str, domain: &str) -> Option<User> {
        (**self).find(name, domain)
    }

    fn find_number(&self, number: UserNumber) -> Option<User> {
        (**self).find_number(number)
    }

    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User> {
        (**self).verify(name, domain, password)
    }
}
