//! How the supervisor sees the session.

use core::convert::Infallible;

use tieline_core::CloseReason;
use tieline_core::supervisor::{EventKind, Supervised};

use super::config::ClientConfig;
use super::event::ClientEvent;
use super::phase::Phase;
use super::session::{PushClient, Resume};

impl Supervised for PushClient {
    /// None for the session: the key stands in the address, which the dialer makes anew for each dial.
    type Credentials = ();

    fn configure(base: &ClientConfig, (): ()) -> ClientConfig {
        *base
    }

    fn is_live(&self) -> bool {
        self.phase() == Phase::Live
    }

    fn close_reason(&self) -> Option<&CloseReason> {
        Self::close_reason(self)
    }

    fn deferred_reply(command: &Infallible) -> Option<Infallible> {
        match *command {}
    }

    fn edit(_: &mut Resume, command: &Infallible) {
        match *command {}
    }

    fn kind_of(event: &ClientEvent) -> EventKind {
        // No event is a snapshot: the stream has none.
        if matches!(event, ClientEvent::Closed(_)) { EventKind::Closed } else { EventKind::Other }
    }
}
