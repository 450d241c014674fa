//! How often each network connects.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use tieline_core::Instant;

/// The time for which the limit is counted.
const SPAN: Duration = Duration::from_secs(60);
/// So many networks are remembered before the first look for those that can be forgotten.
const FEW: usize = 1024;

/// Who connected when, by the generic cell rate algorithm: one moment for each network says all.
#[derive(Default)]
pub(crate) struct Rates {
    /// When a network has been quiet for long enough to have its whole allowance again.
    recovered: HashMap<IpAddr, Instant>,
    /// With so many networks those that have recovered are forgotten.
    full_at: usize,
}

impl Rates {
    /// Whether a network may connect now, without counting it.
    #[cfg(feature = "im-accounts")]
    pub(crate) fn allows(&self, network: IpAddr, now: Instant, most: u32) -> bool {
        most == u32::MAX || self.next(network, now, most).is_some()
    }

    /// When a network will have recovered that connects now; `None` when it may not.
    fn next(&self, network: IpAddr, now: Instant, most: u32) -> Option<Instant> {
        let each = SPAN.checked_div(most)?;
        let recovered = self.recovered.get(&network).map_or(now, |recovered| now.max(*recovered)) + each;
        // Division rounds down, so that `most` of them never exceed the span.
        Some(recovered).filter(|recovered| recovered.since(now) <= SPAN)
    }

    /// Whether a network may connect now; if so it is counted. `most` in a minute, all at once if need be, and then one
    /// for each part of the minute that passes.
    pub(crate) fn admit(&mut self, network: IpAddr, now: Instant, most: u32) -> bool {
        if most == u32::MAX {
            return true;
        }
        let Some(recovered) = self.next(network, now, most) else { return false };
        if self.recovered.len() >= self.full_at.max(FEW) {
            self.recovered.retain(|_, recovered| *recovered > now);
            self.full_at = self.recovered.len() * 2;
        }
        self.recovered.insert(network, recovered);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn an_allowance_may_be_used_at_once_and_comes_back_little_by_little() {
        let mut rates = Rates::default();
        let admitted = (0..10).filter(|_| rates.admit(HERE, at(5), 6)).count();
        assert_eq!(admitted, 6);
        assert!(!rates.admit(HERE, at(10_004), 6));
        assert!(rates.admit(HERE, at(10_005), 6) && !rates.admit(HERE, at(10_006), 6));
        assert_eq!((0..10).filter(|_| rates.admit(HERE, at(100_000), 6)).count(), 6);
    }

    #[test]
    fn who_is_refused_pays_nothing_for_it() {
        let mut rates = Rates::default();
        assert!(rates.admit(HERE, at(0), 1));
        assert!((0..1000).all(|_| !rates.admit(HERE, at(59_999), 1)));
        assert!(rates.admit(HERE, at(60_000), 1));
    }

    #[test]
    fn networks_do_not_share_an_allowance() {
        let mut rates = Rates::default();
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert!(rates.admit(HERE, at(0), 1) && !rates.admit(HERE, at(0), 1));
        assert!(rates.admit(elsewhere, at(0), 1));
    }

    #[test]
    fn no_connect_and_any_number_can_be_allowed() {
        let mut rates = Rates::default();
        assert!(!rates.admit(HERE, at(0), 0));
        assert!((0..10_000).all(|_| rates.admit(HERE, at(0), u32::MAX)));
        assert!(rates.recovered.is_empty());
    }

    #[test]
    fn networks_that_have_recovered_are_forgotten() {
        let mut rates = Rates::default();
        for number in 0..100_000u32 {
            let network = IpAddr::V4(Ipv4Addr::from_bits(number));
            assert!(rates.admit(network, at(u64::from(number) * 1_000), 60));
        }
        assert!(rates.recovered.len() <= FEW, "{}", rates.recovered.len());
    }
}
