//! Where a poller is: the phases of core's supervisor, by ways of its own.

use tieline_core::supervisor::Phase;

/// Every way from one phase to another; a poller moves by no other.
///
/// `Dialing`: the first exchange after the start or a wait is out. `Resuming`: the server answers; the lists are read.
/// `Live`: events flow. `Waiting`: the next try has its time. `Closing` does not occur: there is nothing to say goodbye to.
pub const TRANSITIONS: &[(Phase, &str, Phase)] = &[
    (Phase::Dialing, "place taken, or found again where the lists are old", Phase::Resuming),
    (Phase::Dialing, "place found again", Phase::Live),
    (Phase::Dialing, "exchange failed", Phase::Waiting),
    (Phase::Dialing, "gave up, or closed by owner", Phase::Closed),
    (Phase::Resuming, "lists read", Phase::Live),
    (Phase::Resuming, "exchange failed", Phase::Waiting),
    (Phase::Resuming, "gave up, or closed by owner", Phase::Closed),
    (Phase::Live, "place lost", Phase::Resuming),
    (Phase::Live, "exchange failed", Phase::Waiting),
    (Phase::Live, "gave up, or closed by owner", Phase::Closed),
    (Phase::Waiting, "time to try", Phase::Dialing),
    (Phase::Waiting, "closed by owner", Phase::Closed),
];

/// Whether the table has a way from one phase to another.
pub(super) fn leads_to(from: Phase, to: Phase) -> bool {
    TRANSITIONS.iter().any(|(a, _, b)| *a == from && *b == to)
}
