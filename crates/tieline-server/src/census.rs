//! Who is connected, how many from where, and what has been since the start.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::Instant;

use crate::rate::Rates;

/// What a server has counted since it was bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Connections that are open, those in their handshake included.
    pub connections_now: usize,
    /// Connections that were ever taken.
    pub connections_total: u64,
    /// Connections closed at once because the server was full.
    pub refused_full: u64,
    /// Connections closed at once because their address had too many.
    pub refused_address: u64,
    /// Connections closed at once because their address connected too often.
    pub refused_rate: u64,
    /// Times that no connection could be accepted, for want of file descriptors or memory mostly.
    pub accept_errors: u64,
}

/// How many connections there may be.
#[derive(Clone, Copy)]
pub(crate) struct Caps {
    /// At once.
    pub(crate) all: usize,
    /// At once from one address.
    pub(crate) per_address: usize,
    /// New ones from one address in a minute.
    pub(crate) per_minute: u32,
}

/// By which of its caps a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Address,
    Rate,
}

#[derive(Default)]
struct Counted {
    stats: ServerStats,
    by_network: HashMap<IpAddr, usize>,
    rates: Rates,
}

/// The count of connections; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Census(Arc<Mutex<Counted>>);

impl Census {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in, unless there are too many already.
    pub(crate) fn admit(&self, address: IpAddr, now: Instant, caps: Caps) -> Result<Admitted, Refused> {
        let network = network(address);
        let mut counted = self.lock();
        if counted.stats.connections_now >= caps.all {
            counted.stats.refused_full += 1;
            return Err(Refused::Full);
        }
        if counted.by_network.get(&network).copied().unwrap_or(0) >= caps.per_address {
            counted.stats.refused_address += 1;
            return Err(Refused::Address);
        }
        // The last question, as only who is taken is counted.
        if !counted.rates.admit(network, now, caps.per_minute) {
            counted.stats.refused_rate += 1;
            return Err(Refused::Rate);
        }
        counted.stats.connections_now += 1;
        counted.stats.connections_total += 1;
        *counted.by_network.entry(network).or_default() += 1;
        Ok(Admitted { census: self.clone(), network })
    }

    pub(crate) fn note_accept_error(&self) {
        self.lock().stats.accept_errors += 1;
    }

    pub(crate) fn stats(&self) -> ServerStats {
        self.lock().stats
    }

    pub(crate) fn connections_from(&self, address: IpAddr) -> usize {
        self.lock().by_network.get(&network(address)).copied().unwrap_or(0)
    }
}

/// A connection that is counted for as long as this lives.
pub(crate) struct Admitted {
    census: Census,
    network: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counted = self.census.lock();
        counted.stats.connections_now = counted.stats.connections_now.saturating_sub(1);
        if let Some(count) = counted.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counted.by_network.remove(&self.network);
            }
        }
    }
}

/// What an address counts as: an IPv4 address itself, an IPv6 one its /64 network, since that is what one host gets.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}
