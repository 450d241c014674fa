//! Waiting for what is due.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tieline_core::Instant;
use tokio::time::Sleep;

use crate::Clock;

/// One sleep, set anew when something else is due.
#[derive(Default)]
pub(crate) struct Timer(Option<(Instant, Pin<Box<Sleep>>)>);

impl Timer {
    /// Sleeps until `due`; ready when it is over already, never when nothing is due.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, clock: Clock, due: Option<Instant>) -> Poll<()> {
        let Some((due, runtime)) = due.and_then(|due| Some((due, clock.runtime(due)?))) else {
            self.0 = None;
            return Poll::Pending;
        };
        let (armed, sleep) = self.0.get_or_insert_with(|| (due, Box::pin(tokio::time::sleep_until(runtime))));
        if *armed != due {
            *armed = due;
            sleep.as_mut().reset(runtime);
        }
        sleep.poll_unpin(cx)
    }
}
