//! What is to be written: small frames side by side in one buffer, large ones shared.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;
use tieline_core::Instant;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

use crate::mask;
use crate::pacing::Pacing;

/// From this size on an unmasked payload is kept as it is instead of being copied behind the frames before it.
pub(crate) const SHARE_FROM: usize = 2048;
/// A buffer is not appended to beyond this size, so that what was written of it is given back soon.
const BUFFER_BYTES: usize = 16 << 10;
/// The places that an emptied queue keeps.
const IDLE_CHUNKS: usize = 8;

enum Chunk {
    Copied(Vec<u8>),
    Shared(Bytes),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// The queue of bytes to write.
#[derive(Default)]
pub(crate) struct Outgoing {
    chunks: VecDeque<Chunk>,
    /// How much of the first chunk was written.
    written: usize,
    queued: usize,
    /// With it, a chunk is a frame, and goes out in its turn.
    pacing: Option<Pacing>,
    /// Whether the first chunk was given out for writing, so that it may be on its way.
    shown: bool,
}

impl Outgoing {
    pub(crate) fn new(pacing: Option<Pacing>) -> Self {
        Self { pacing, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.queued
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queued == 0
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let held = |chunk: &Chunk| match chunk {
            Chunk::Copied(bytes) => bytes.capacity(),
            Chunk::Shared(bytes) => bytes.len(),
        };
        self.chunks.capacity() * size_of::<Chunk>() + self.chunks.iter().map(held).sum::<usize>()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.pacing.take());
    }

    /// Whether there are bytes whose turn it is.
    pub(crate) fn is_ready(&self) -> bool {
        !self.is_empty() && (self.written > 0 || self.turn().is_none())
    }

    /// Whether a frame that is queued now goes out at once.
    pub(crate) fn is_free(&self) -> bool {
        self.pacing.is_none() || (self.is_empty() && self.turn().is_none())
    }

    /// When the next frame may go out at the latest; `None`: at once.
    pub(crate) fn turn(&self) -> Option<Instant> {
        self.pacing.as_ref().and_then(Pacing::until)
    }

    /// Notes the time.
    pub(crate) fn tick(&mut self, now: Instant) {
        if let Some(pacing) = &mut self.pacing {
            pacing.tick(now);
        }
    }

    /// Notes a sign of life of the peer.
    pub(crate) fn heard(&mut self) {
        if let Some(pacing) = &mut self.pacing {
            pacing.heard();
        }
    }

    /// Drops the frames that wait for their turn. Says whether there are turns at all.
    pub(crate) fn drop_waiting(&mut self) -> bool {
        if self.pacing.is_some() {
            self.chunks.truncate(usize::from(self.shown));
            self.queued = self.chunks.front().map_or(0, |chunk| chunk.bytes().len() - self.written);
        }
        self.pacing.is_some()
    }

    /// The first bytes to write; empty when there is nothing, or it is not its turn.
    pub(crate) fn first(&mut self) -> &[u8] {
        if !self.is_ready() {
            return &[];
        }
        self.shown = true;
        self.chunks.front().and_then(|chunk| chunk.bytes().get(self.written..)).unwrap_or_default()
    }

    /// Points `slices` at the bytes to write, in order, and says how many of them are used.
    pub(crate) fn slices<'a>(&'a mut self, slices: &mut [IoSlice<'a>]) -> usize {
        if self.pacing.is_some() {
            let first = self.first();
            let Some(slot) = slices.first_mut().filter(|_| !first.is_empty()) else { return 0 };
            *slot = IoSlice::new(first);
            return 1;
        }
        let mut written = self.written;
        let mut used = 0;
        for (slot, chunk) in slices.iter_mut().zip(&self.chunks) {
            *slot = IoSlice::new(chunk.bytes().get(written..).unwrap_or_default());
            written = 0;
            used += 1;
        }
        used
    }

    /// Notes that `count` bytes were written.
    pub(crate) fn sent(&mut self, count: usize) {
        let count = count.min(self.queued);
        self.queued -= count;
        self.written += count;
        while let Some(first) = self.chunks.front()
            && first.bytes().len() <= self.written
        {
            self.written -= first.bytes().len();
            self.chunks.pop_front();
            self.shown = false;
            if let Some(pacing) = &mut self.pacing {
                pacing.written();
            }
        }
        if self.chunks.is_empty() && self.chunks.capacity() > IDLE_CHUNKS {
            self.chunks = VecDeque::new();
        }
    }

    /// Appends `bytes` as they are, copied.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.append(bytes.len(), |buffer| buffer.extend_from_slice(bytes));
    }

    /// Appends `bytes` as they are: large ones shared, small ones copied.
    pub(crate) fn share(&mut self, bytes: Bytes) {
        if bytes.len() < SHARE_FROM {
            self.copy(&bytes);
        } else {
            self.queued += bytes.len();
            self.chunks.push_back(Chunk::Shared(bytes));
        }
    }

    /// Appends an unmasked frame.
    pub(crate) fn plain_frame(&mut self, opcode: OpCode, payload: Bytes) {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        let length = payload.len();
        if length < SHARE_FROM || self.pacing.is_some() {
            self.append(header.len(length as u64) + length, |buffer| {
                write_header(&header, length, buffer);
                buffer.extend_from_slice(&payload);
            });
        } else {
            self.append(header.len(length as u64), |buffer| write_header(&header, length, buffer));
            self.share(payload);
        }
    }

    /// Appends a masked frame; the payload is always copied, since the mask changes it.
    pub(crate) fn masked_frame(&mut self, opcode: OpCode, payload: &[u8], mask: [u8; 4]) {
        let header = FrameHeader { opcode, mask: Some(mask), ..FrameHeader::default() };
        let length = payload.len();
        self.append(header.len(length as u64) + length, |buffer| {
            write_header(&header, length, buffer);
            let start = buffer.len();
            buffer.extend_from_slice(payload);
            mask::apply(mask, buffer.get_mut(start..).unwrap_or_default());
        });
    }

    /// Lets `write` append `length` bytes to the last buffer, or to a new one.
    fn append(&mut self, length: usize, write: impl FnOnce(&mut Vec<u8>)) {
        self.queued += length;
        if let Some(Chunk::Copied(buffer)) = self.chunks.back_mut()
            && buffer.len() + length <= BUFFER_BYTES
            && self.pacing.is_none()
        {
            write(buffer);
        } else {
            let mut buffer = Vec::with_capacity(length);
            write(&mut buffer);
            self.chunks.push_back(Chunk::Copied(buffer));
        }
    }
}

/// Writes a frame header for a payload of `length` bytes.
pub(crate) fn write_header(header: &FrameHeader, length: usize, buffer: &mut Vec<u8>) {
    // Writing to a vector cannot fail, and nothing else in `format` can.
    let _infallible = header.format(length as u64, buffer);
}
