//! Which states were told, so that it can be said which of them are stale after a reconnect.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use tieline_core::Text;

use crate::stream::{Event, MemberAction, StateKey};

/// Names longer than this are not remembered.
const NAME_BYTES: usize = 256;

/// What has a state that was told, on this line or an earlier one.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    fresh: BTreeSet<StateKey<Text>>,
    stale: BTreeSet<StateKey<Text>>,
    /// Whether the present line told a state.
    told: bool,
    /// Whether there were more than could be remembered.
    overflowed: bool,
}

impl Known {
    /// Notes the state that `event` tells. Remembers at most `limit` states.
    pub(super) fn observe(&mut self, event: &Event<Text>, limit: usize) {
        let Some(key) = event.state_key().map(|key| key.map(Text::clone)) else { return };
        self.told = true;
        if matches!(event, Event::ConferenceMember(member) if member.action == Some(MemberAction::Remove)) {
            self.fresh.remove(&key);
            self.stale.remove(&key);
            return;
        }
        if self.fresh.contains(&key) {
            return;
        }
        // The names must not keep the whole frame alive.
        let mut fits = true;
        let kept = key.map(|name| {
            fits &= name.len() <= NAME_BYTES;
            if fits { name.detached() } else { Text::new() }
        });
        if fits && (self.stale.remove(&kept) || self.fresh.len() + self.stale.len() < limit) {
            self.fresh.insert(kept);
        } else {
            self.overflowed = true;
        }
    }

    /// Makes what the line before told stale, and says what that is; `None` when it told nothing.
    pub(super) fn expire(&mut self) -> Option<Stale> {
        let told = core::mem::take(&mut self.told);
        let fresh = core::mem::take(&mut self.fresh);
        self.stale.extend(fresh.iter().cloned());
        told.then(|| Stale { states: fresh.into_iter().collect(), complete: !self.overflowed })
    }

    /// What was told on an earlier line and not on this one.
    pub(super) fn stale(&self) -> impl Iterator<Item = &StateKey<Text>> {
        self.stale.iter()
    }
}

/// What was known before the line was lost, and may have changed since: the stream tells no state until it changes again.
/// What was out of date before, and not told on the lost line, is not told again; see
/// [`PushClient::stale`](super::PushClient::stale) for all.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale {
    /// Everything that an event of the lost line had told the state of, in order.
    pub states: Vec<StateKey<Text>>,
    /// Whether that is all; false when there were more than
    /// [`Limits::subscriptions`](tieline_core::Limits::subscriptions), or one with a name of more than 256 bytes.
    pub complete: bool,
}

impl fmt::Debug for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stale({} states{})", self.states.len(), if self.complete { "" } else { " and more" })
    }
}
