//! What all payloads are written with: the dialect, the tenant and the calendar.

use tieline_core::{Instant, Timestamp};
use tieline_portsip_wsi::Dialect;

use crate::world::{Clock, Tenant};

/// Writes payloads of one tenant in one dialect.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) dialect: Dialect,
    pub(super) clock: Clock,
    pub(super) tenant: &'a Tenant,
    /// When the event is told.
    pub(super) at: Instant,
}

impl Writer<'_> {
    pub(super) fn time(&self, at: Instant) -> Timestamp<String> {
        Timestamp::from_unix_seconds(self.clock.unix_seconds(at))
    }

    /// A moment that may never have come: `0` then.
    pub(super) fn time_or_never(&self, at: Option<Instant>) -> Timestamp<String> {
        Timestamp::from_unix_seconds(at.map_or(0, |at| self.clock.unix_seconds(at)))
    }

    pub(super) fn now(&self) -> Timestamp<String> {
        self.time(self.at)
    }

    pub(super) fn tenant_id(&self) -> String {
        self.tenant.id.clone()
    }

    /// v12 names the tenant in every event.
    pub(super) fn tenant_name(&self) -> Option<String> {
        (self.dialect == Dialect::V12).then(|| self.tenant.name.clone())
    }

    /// The address of an extension.
    pub(super) fn aor(&self, number: &str) -> String {
        format!("sip:{number}@{}", self.tenant.domain)
    }
}

pub(super) use crate::filled::filled;
