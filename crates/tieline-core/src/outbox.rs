//! The frames that a session has for its peer.

use alloc::collections::VecDeque;

use crate::{CloseFrame, Frame};

/// Frames that wait to be sent, and what they weigh. Control frames weigh nothing: a session queues few of them.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Frame>,
    bytes: usize,
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { frames: VecDeque::new(), bytes: 0 }
    }

    /// Queues a frame.
    pub fn push(&mut self, frame: Frame) {
        self.bytes += weight(&frame);
        self.frames.push_back(frame);
    }

    /// Queues a close frame with this code and no words.
    pub fn push_close(&mut self, code: u16) {
        self.push(Frame::Close(Some(CloseFrame::new(code, ""))));
    }

    /// Takes the oldest frame.
    pub fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight(&frame));
        Some(frame)
    }

    /// What the frames weigh, in bytes: their payloads, and their places in the queue.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Forgets what waits: a peer that does not read gets no more of it.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

/// What a queued frame costs: many small ones cost more than their bytes.
fn weight(frame: &Frame) -> usize {
    match frame {
        Frame::Text(_) | Frame::BadText(_) | Frame::Binary(_) => frame.len() + size_of::<Frame>(),
        _ => 0,
    }
}
