//! What waits between a publisher and one connection.

use std::sync::Arc;

use tieline_portsip_wsi::{EventInfo, Subject, Subscriptions, Viewer};

/// The mailbox of one logged-in connection.
pub(super) type Mailbox = crate::mailbox::Mailbox<Wants>;

/// What a connection wants, so that publishers can match without its task.
pub(super) struct Wants {
    viewer: Arc<Viewer>,
    /// A copy of what the session holds.
    pub(super) subscriptions: Subscriptions,
}

impl Wants {
    /// Nothing yet.
    pub(super) fn nothing(viewer: Arc<Viewer>) -> Self {
        Self { viewer, subscriptions: Subscriptions::new() }
    }

    /// Whose wishes these are.
    pub(super) fn viewer(&self) -> Arc<Viewer> {
        Arc::clone(&self.viewer)
    }

    /// Whether an event is wanted that has these rows and this subject.
    pub(super) fn wants(&self, rows: &[EventInfo], subject: &Subject<'_>) -> bool {
        self.subscriptions.wants_any(rows, subject, &self.viewer)
    }
}
