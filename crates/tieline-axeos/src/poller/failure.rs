//! What a failed exchange means to a poller.

use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind};

/// A poll that ended without events by the doing of a proxy, or of a server that says so: the first one in a row is no
/// loss of the line.
pub(super) const fn is_end_of_wait(failure: &ExchangeFailure) -> bool {
    matches!(failure.kind, ExchangeFailureKind::Status { status: 408 | 504, .. } | ExchangeFailureKind::Empty)
}

/// An answer that came and cannot be used: asked for again from the same place it may be the same.
pub(super) const fn is_unreadable(failure: &ExchangeFailure) -> bool {
    matches!(failure.kind, ExchangeFailureKind::Unreadable { .. } | ExchangeFailureKind::TooLong)
}

/// The server answers, but not with this list: the line is not lost with it.
pub(super) const fn is_of_the_answer(failure: &ExchangeFailure) -> bool {
    match failure.kind {
        ExchangeFailureKind::Status { class, .. } => matches!(class, Class::Retry | Class::RetryAfter(_)),
        ExchangeFailureKind::Empty => true,
        _ => is_unreadable(failure),
    }
}

/// The server answers polls, but will not look behind: whether the place is still right cannot be told that way.
pub(super) const fn is_refusal_to_look_behind(failure: &ExchangeFailure) -> bool {
    match failure.kind {
        ExchangeFailureKind::Status { status, .. } => {
            matches!(status, 400..=499) && !matches!(status, 401 | 403 | 404 | 408 | 425 | 429)
        }
        _ => false,
    }
}

/// What to do about it. A body beyond the limit is one that cannot be read: the next may be shorter.
pub(super) const fn class(failure: &ExchangeFailure) -> Class {
    match failure.kind {
        ExchangeFailureKind::TooLong => Class::Retry,
        _ => failure.class(),
    }
}
