//! One direction of a line.

use std::collections::VecDeque;
use std::time::Duration;

use tieline_core::Instant;

/// Bytes on their way, in order, and the end behind them.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pieces: VecDeque<(Instant, Vec<u8>)>,
    end: Option<Instant>,
    /// When the last of it arrives.
    last: Instant,
    /// After so many more bytes the pipe breaks.
    cut_after: Option<usize>,
    /// Whether nothing arrives any more.
    black: bool,
    /// What was taken out and could not be handled yet.
    rest: Vec<u8>,
}

impl Pipe {
    /// Takes bytes in; whether the pipe broke.
    pub(super) fn write(&mut self, now: Instant, latency: Duration, piece: usize, bytes: &[u8]) -> bool {
        if self.black || self.end.is_some() {
            return false;
        }
        let fits = self.cut_after.map_or(bytes.len(), |left| left.min(bytes.len()));
        self.last = self.last.max(now + latency);
        for piece in bytes[..fits].chunks(piece.max(1)) {
            self.pieces.push_back((self.last, piece.to_vec()));
        }
        if let Some(left) = &mut self.cut_after {
            *left -= fits;
            return *left == 0;
        }
        false
    }

    /// Ends behind what is on its way.
    pub(super) fn end(&mut self, now: Instant, latency: Duration) {
        if !self.black && self.end.is_none() {
            self.last = self.last.max(now + latency);
            self.end = Some(self.last);
        }
    }

    /// Breaks: what is on its way is lost.
    pub(super) fn cut(&mut self, now: Instant) {
        if !self.black {
            self.pieces.clear();
            self.rest.clear();
            self.end = Some(now);
        }
    }

    pub(super) fn cut_after(&mut self, bytes: Option<usize>) {
        self.cut_after = bytes;
    }

    /// Swallows everything from now on.
    pub(super) fn blacken(&mut self) {
        self.black = true;
        self.pieces.clear();
        self.rest.clear();
        self.end = None;
    }

    /// Swallows everything that is written from now on; what is on its way arrives.
    pub(super) fn silence(&mut self) {
        self.black = true;
    }

    /// Hands what arrived to `take`, which says how much it took. Whether there was anything.
    pub(super) fn read(&mut self, now: Instant, take: impl FnOnce(&[u8]) -> usize) -> bool {
        if self.rest.is_empty() {
            if self.pieces.front().is_none_or(|(due, _)| *due > now) {
                return false;
            }
            self.rest = self.pieces.pop_front().map(|(_, piece)| piece).unwrap_or_default();
        }
        let taken = take(&self.rest);
        self.rest.drain(..taken);
        true
    }

    /// Whether the end arrived.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.rest.is_empty() && self.pieces.is_empty() && self.end.is_some_and(|end| end <= now)
    }

    /// When the next thing arrives.
    pub(super) fn due(&self) -> Option<Instant> {
        if !self.rest.is_empty() {
            return Some(Instant::EPOCH);
        }
        self.pieces.front().map(|(due, _)| *due).or(self.end)
    }
}
