//! What wakes a driver from its poll.

use std::io;
use std::sync::Arc;
use std::task::Wake;

use mio::{Registry, Token};

/// Wakes the driver; several calls before it is awake are one.
pub(crate) struct Alarm(mio::Waker);

impl Alarm {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Arc<Self>> {
        mio::Waker::new(registry, token).map(|waker| Arc::new(Self(waker)))
    }

    pub(crate) fn ring(&self) {
        if let Err(error) = self.0.wake() {
            tracing::error!(%error, "a driver was not woken");
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
