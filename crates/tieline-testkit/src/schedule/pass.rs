//! Time that passes for a session alone.

use std::time::Duration;

use tieline_core::{Instant, Session};

/// A session on which something is due more often than this is in a loop.
const MOST_TIMEOUTS: usize = 10_000;

/// Lets so many milliseconds pass.
///
/// # Panics
/// When something is still due after that (I3).
pub fn pass(session: &mut impl Session, now: &mut Instant, millis: u64) {
    *now = *now + Duration::from_millis(millis);
    session.handle_timeout(*now);
    assert!(session.poll_timeout().is_none_or(|due| due > *now), "I3");
}

/// Lets the time pass until something is due, if anything is.
///
/// # Panics
/// When it is due once more after that (I3).
pub fn pass_to_deadline(session: &mut impl Session, now: &mut Instant) {
    *now = session.poll_timeout().map_or(*now, |due| due.max(*now));
    session.handle_timeout(*now);
    assert!(session.poll_timeout().is_none_or(|due| due > *now), "I3");
}

/// Lets all the time pass, until nothing is due any more.
///
/// # Panics
/// When there is no end to it.
pub fn pass_to_end(session: &mut impl Session, now: &mut Instant) {
    for _ in 0..MOST_TIMEOUTS {
        let Some(due) = session.poll_timeout() else { return };
        *now = due.max(*now);
        session.handle_timeout(*now);
    }
    panic!("something is always due");
}
