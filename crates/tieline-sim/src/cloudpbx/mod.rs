//! The world in the words of CloudPBX (Poziom7): records, recordings, text messages and the event
//! stream.
//!
//! What no document says of the vendor's PBX is said here where it is decided, as ASSUMED.

mod api;
mod ledger;
mod lines;
mod messages;
mod stream;
mod warsaw;
mod wav;

use tieline_cloudpbx::stream::Event;
use tieline_core::{Instant, Seed};

pub(crate) use ledger::Ledger;
pub(crate) use messages::Messages;
pub(crate) use warsaw::Warsaw;

use crate::world::{Happening, Occurrence, TenantKey, World};
use stream::Stream;

/// What CloudPBX keeps of the world: the first tenant's.
#[derive(Debug)]
pub(crate) struct CloudPbx {
    pub(crate) tenant: TenantKey,
    /// The name of the PBX, as it stands in channels and in the address of the stream.
    pub(crate) name: String,
    pub(crate) ledger: Ledger,
    pub(crate) messages: Messages,
    stream: Stream,
}

impl CloudPbx {
    /// Of a world that is there already: what holds in it is no news.
    pub(crate) fn new(tenant: TenantKey, name: &str, world: &World, start_unix_seconds: i64, seed: Seed) -> Self {
        // The name stands in an address and before a hyphen.
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let ledger = Ledger::new(&name, Warsaw::new(), start_unix_seconds);
        let stream = Stream::new(&name, world, tenant);
        Self { tenant, name, ledger, messages: Messages::new(seed), stream }
    }

    /// Notes what happened; what the stream tells of it, in order.
    pub(crate) fn note(&mut self, occurrence: &Occurrence) -> Vec<Event<String>> {
        if occurrence.tenant.key != self.tenant {
            return Vec::new();
        }
        if let Happening::Cdr(cdr) = &occurrence.happening {
            self.ledger.record(cdr);
        }
        self.stream.tell(&occurrence.happening)
    }

    /// The next state of a message that is due by `until`, as the stream tells it.
    pub(crate) fn take_due(&mut self, until: Instant) -> Option<Event<String>> {
        self.messages.take_due(until).map(stream::sms)
    }

    /// When something happens next by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.messages.next_due()
    }
}
