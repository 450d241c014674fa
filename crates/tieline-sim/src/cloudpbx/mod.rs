//! The world in the words of CloudPBX (Poziom7): records, recordings and text messages.
//!
//! What no document says of the vendor's PBX is said here where it is decided, as ASSUMED.

mod api;
mod ledger;
mod messages;
mod warsaw;
mod wav;

use tieline_core::{Instant, Seed};

pub(crate) use ledger::Ledger;
pub(crate) use messages::Messages;
pub(crate) use warsaw::Warsaw;

use crate::world::{Happening, Occurrence, TenantKey};

/// What CloudPBX keeps of the world: the first tenant's.
#[derive(Debug)]
pub(crate) struct CloudPbx {
    pub(crate) tenant: TenantKey,
    /// The name of the PBX, as it stands in channels and in the address of the stream.
    pub(crate) name: String,
    pub(crate) ledger: Ledger,
    pub(crate) messages: Messages,
}

impl CloudPbx {
    pub(crate) fn new(tenant: TenantKey, name: &str, start_unix_seconds: i64, seed: Seed) -> Self {
        // The name stands in an address and before a hyphen.
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let ledger = Ledger::new(&name, Warsaw::new(), start_unix_seconds);
        Self { tenant, name, ledger, messages: Messages::new(seed) }
    }

    /// Notes what happened.
    pub(crate) fn note(&mut self, occurrence: &Occurrence) {
        if occurrence.tenant.key == self.tenant
            && let Happening::Cdr(cdr) = &occurrence.happening
        {
            self.ledger.record(cdr);
        }
    }

    /// When something happens next by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.messages.next_due()
    }
}
