//! The world in the words of PortSIP WSI.
//!
//! [`render`] tells an [`Occurrence`] in a dialect; [`snapshots`] tells what holds when somebody subscribes. A payload
//! that a document shows is written as the document prints it; one that no document shows gets only what other
//! events share.

mod calls;
mod extensions;
mod queues;
mod records;
mod render;
mod snapshots;
mod words;
mod writer;

use std::borrow::Cow;

use tieline_portsip_wsi::{Dialect, Event, Subject};

pub use render::render;
pub use snapshots::snapshots;

#[cfg(doc)]
use crate::world::Occurrence;

/// An event, and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The event.
    pub event: Event<String>,
    /// The dialect it is written in.
    pub dialect: Dialect,
    /// Numbers that it concerns and does not tell, as those of the targets of which only the envelope is known.
    pub also: Vec<String>,
    /// The number of the queue that it concerns.
    pub queue: Option<String>,
}

impl Rendered {
    /// What the matcher is asked about.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        let mut subject = Subject::of(&self.event, self.dialect);
        if !self.also.is_empty() {
            let mut extensions = subject.extensions.into_owned();
            extensions.extend(self.also.iter().map(String::as_str));
            extensions.sort_unstable();
            extensions.dedup();
            subject.extensions = Cow::Owned(extensions);
        }
        subject.queue = self.queue.as_deref().or(subject.queue);
        subject
    }
}
