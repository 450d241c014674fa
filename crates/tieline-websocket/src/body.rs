//! The beginning of a refusal's body: some servers say there why.

use tieline_core::http1::{BodyReader, Framing};

/// The most bytes of a body that are kept.
const BODY_BYTES: usize = 1024;

/// Collects a body until it ends, cannot be read any further, or enough is there.
pub(crate) struct Body {
    reader: BodyReader,
    kept: Vec<u8>,
}

impl Body {
    pub(crate) fn new(framing: Framing) -> Self {
        Self { reader: BodyReader::new(framing), kept: Vec::new() }
    }

    pub(crate) fn into_kept(self) -> Vec<u8> {
        self.kept
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.kept.capacity()
    }

    /// Takes more bytes; whether the body is complete, or long enough.
    pub(crate) fn read(&mut self, mut input: &[u8]) -> bool {
        while let Ok(part) = self.reader.read(&mut input) {
            let Some(part) = part else { return self.reader.is_over() };
            let room = BODY_BYTES - self.kept.len();
            self.kept.extend_from_slice(part.get(..room).unwrap_or(part));
            if self.kept.len() == BODY_BYTES {
                return true;
            }
        }
        true
    }
}
