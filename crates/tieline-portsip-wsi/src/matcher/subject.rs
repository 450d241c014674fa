//! What an event concerns.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::{Dialect, Event};

/// What an event concerns: made once an event, asked about for each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<'e> {
    /// The numbers of the extensions.
    pub extensions: Cow<'e, [&'e str]>,
    /// The number of the queue. Most queue events carry only its id: then the publisher must fill this in, or nobody
    /// who subscribed to single queues is served.
    pub queue: Option<&'e str>,
    /// The id of the tenant.
    pub tenant: Option<&'e str>,
    /// The dialect that the event is written in, which decides its topic.
    pub dialect: Dialect,
}

impl<'e> Subject<'e> {
    /// What an event says of itself.
    #[must_use]
    pub fn of<S: AsRef<str>>(event: &'e Event<S>, dialect: Dialect) -> Self {
        let mut extensions: Vec<&str> = event.extensions().collect();
        extensions.sort_unstable();
        extensions.dedup();
        Self { extensions: Cow::Owned(extensions), queue: event.queue_number(), tenant: event.tenant_id(), dialect }
    }
}
