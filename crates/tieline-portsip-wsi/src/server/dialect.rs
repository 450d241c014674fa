//! Which dialect the client speaks.

use crate::{ClientMessage, Dialect, detect};

/// What is known of the dialect: given, told, or assumed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    given: Option<Dialect>,
    told: Option<Dialect>,
}

impl Told {
    pub(super) const fn new(given: Option<Dialect>) -> Self {
        Self { given, told: None }
    }

    /// Learns from a command; what was told first by the login may be told better by a topic.
    pub(super) fn learn(&mut self, message: &ClientMessage) {
        self.told = detect::evidence(message).or(self.told);
    }

    /// The dialect: as given, else as told, else v16.
    pub(super) fn dialect(self) -> Dialect {
        self.given.or(self.told).unwrap_or(Dialect::V16)
    }
}
