//! What the service has to ask the PBX.

use std::sync::Arc;

use tieline_core::Text;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Viewer};

/// A login that is refused. `Display` leaves the words out, as they may quote what the client said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login is refused")]
pub struct Refused {
    /// What the client is told.
    pub words: String,
}

impl Refused {
    /// A refusal in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into() }
    }
}

/// Who may log in, what they see, and what holds now: the side of the PBX that clients ask.
///
/// The methods are called on a thread of the runtime, so they answer from memory and do not block for long. No lock of
/// the service is held meanwhile: they may publish, and take locks under which others publish.
pub trait Directory: Send + Sync + 'static {
    /// Judges a login. Compare passwords with [`Secret::matches`](tieline_core::Secret::matches).
    ///
    /// # Errors
    /// [`Refused`] with the words that the client is told.
    fn login(&self, auth: &Auth, dialect: Dialect) -> Result<Viewer, Refused>;

    /// Whether the viewer may subscribe to this. By default what the documents say.
    ///
    /// # Errors
    /// The words that the client is told.
    fn subscribe(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Result<(), String> {
        viewer.may_subscribe(subscription, dialect).map_err(|refused| refused.to_string())
    }

    /// What holds now of that to which the viewer has just subscribed, as encoded events, in the order in which they are to
    /// be sent; sent right after the positive answer. None by default.
    ///
    /// Change the state first and publish after that, or both under one lock that this method takes too: then the client
    /// misses nothing. It may be told again, by an event, what the snapshot held already.
    fn snapshots(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Vec<Text> {
        let _ = (viewer, subscription, dialect);
        Vec::new()
    }
}

impl<D: Directory + ?Sized> Directory for Arc<D> {
    fn login(&self, auth: &Auth, dialect: Dialect) -> Result<Viewer, Refused> {
        (**self).login(auth, dialect)
    }

    fn subscribe(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Result<(), String> {
        (**self).subscribe(viewer, subscription, dialect)
    }

    fn snapshots(&self, viewer: &Viewer, subscription: &Subscription, dialect: Dialect) -> Vec<Text> {
        (**self).snapshots(viewer, subscription, dialect)
    }
}
