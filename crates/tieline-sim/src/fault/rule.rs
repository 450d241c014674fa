//! A fault, and where it applies.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use tieline_core::Instant;

use super::kind::{Fault, Occasion, Service};
use super::syntax::{self, FaultSyntaxError};

/// A [`Fault`] and the occasions that it takes. All conditions have to hold; without any it takes every occasion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) fault: Fault,
    pub(super) services: Vec<Service>,
    pub(super) path: Option<String>,
    pub(super) connections: RangeInclusive<u64>,
    pub(super) nth: RangeInclusive<u64>,
    pub(super) from: Duration,
    pub(super) until: Option<Duration>,
}

/// From the first one on.
pub(super) const ALL: RangeInclusive<u64> = 1..=u64::MAX;

impl Rule {
    /// A fault at every occasion.
    #[must_use]
    pub const fn new(fault: Fault) -> Self {
        let (from, until) = (Duration::ZERO, None);
        Self { fault, services: Vec::new(), path: None, connections: ALL, nth: ALL, from, until }
    }

    /// Only at this service; more than one may be named.
    #[must_use]
    pub fn on(mut self, service: Service) -> Self {
        self.services.push(service);
        self
    }

    /// Only where the path of the request begins like this.
    #[must_use]
    pub fn path(mut self, prefix: impl Into<String>) -> Self {
        self.path = Some(prefix.into());
        self
    }

    /// Only on the connections with these numbers; all that the simulator accepts are counted, from 1.
    #[must_use]
    pub const fn connections(mut self, numbers: RangeInclusive<u64>) -> Self {
        self.connections = numbers;
        self
    }

    /// Only at these of the occasions that fulfil all other conditions, from 1, over all connections.
    #[must_use]
    pub const fn nth(mut self, occasions: RangeInclusive<u64>) -> Self {
        self.nth = occasions;
        self
    }

    /// Only from this moment of scenario time on; [`Fault::Restart`] and [`Fault::ClockSkew`] happen then.
    #[must_use]
    pub const fn from(mut self, at: Duration) -> Self {
        self.from = at;
        self
    }

    /// Only before this moment of scenario time.
    #[must_use]
    pub const fn until(mut self, at: Duration) -> Self {
        self.until = Some(at);
        self
    }

    /// The fault.
    #[must_use]
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The conditions on what can be known of a connection from its beginning.
    pub(super) fn takes_connection(&self, number: u64, now: Instant) -> bool {
        let now = now.since_epoch();
        self.connections.contains(&number) && self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// Whether a connection of which no path is known yet is an occasion.
    pub(super) fn takes_beginning(&self, occasion: Occasion) -> bool {
        let any_path = self.services.is_empty() && self.path.is_none();
        any_path && occasion == Occasion::Connection && self.fault.occasion(Service::Wsi) == Some(occasion)
    }

    /// The conditions on what is asked for, and whether this is the fault's occasion there.
    pub(super) fn takes_place(&self, occasion: Occasion, service: Option<Service>, path: &str) -> bool {
        let at_service = match service {
            Some(service) => {
                (self.services.is_empty() || self.services.contains(&service))
                    && self.fault.occasion(service) == Some(occasion)
            }
            // A path at which nothing answers.
            None => self.services.is_empty() && self.fault.occasion(Service::Wsi) == Some(occasion),
        };
        at_service && self.path.as_deref().is_none_or(|prefix| path.starts_with(prefix))
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

impl FromStr for Rule {
    type Err = FaultSyntaxError;

    fn from_str(text: &str) -> Result<Self, FaultSyntaxError> {
        syntax::rule(text)
    }
}

/// In the form that is parsed.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        syntax::write_rule(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().expect("a rule")
    }

    #[test]
    fn a_rule_takes_its_connections_in_its_time() {
        let rule = rule("conn=2-3,at=10s-20s:mute");
        let at = Instant::from_millis;
        assert!(rule.takes_connection(2, at(10_000)) && rule.takes_connection(3, at(19_999)));
        assert!(!rule.takes_connection(1, at(10_000)) && !rule.takes_connection(4, at(10_000)));
        assert!(!rule.takes_connection(2, at(9_999)) && !rule.takes_connection(2, at(20_000)));
    }

    #[test]
    fn a_rule_takes_its_paths_where_its_fault_makes_sense() {
        let taken = |text: &str, path: &str| rule(text).takes_place(Occasion::Event, Service::of_path(path), path);
        assert!(taken("duplicate", "/wsi") && taken("on=cloudpbx:duplicate", "/ws/pbx_A"));
        assert!(!taken("on=cloudpbx:duplicate", "/wsi") && !taken("duplicate", "/cdr"));
        assert!(taken("path=/apis/pbx/ev:skip=1", "/apis/pbx/events") && !taken("skip=1", "/wsi"));
        assert!(!taken("path=/apis/pbx/ev:skip=1", "/apis/pbx/users"));
    }

    #[test]
    fn what_is_not_found_can_be_refused_too() {
        let taken = |text: &str, occasion| rule(text).takes_place(occasion, None, "/nothing");
        assert!(taken("http=503", Occasion::Request) && taken("reset=1", Occasion::Connection));
        assert!(!taken("login-refused", Occasion::Request) && !taken("on=wsi:http=503", Occasion::Request));
    }
}
