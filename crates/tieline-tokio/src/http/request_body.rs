//! The bodies of requests.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// A body that is there, or one that comes piece by piece.
pub(super) enum RequestBody {
    Whole(Option<Bytes>),
    Pieces(Pieces),
}

/// Pieces that another gives. When that other is gone before all are there, the line is cut: half a body never looks
/// whole.
pub(super) struct Pieces {
    left: u64,
    given: mpsc::Receiver<Bytes>,
}

/// The body ended too early.
#[derive(Debug)]
pub(super) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body of the request was given up")
    }
}

impl std::error::Error for CutOff {}

impl Pieces {
    /// A body of so many bytes, and where its pieces go.
    pub(super) fn new(length: u64) -> (mpsc::Sender<Bytes>, Self) {
        let (give, given) = mpsc::channel(1);
        (give, Self { left: length, given })
    }

    /// How many bytes are still to come.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Pieces(Pieces { left: 0, .. }) => Poll::Ready(None),
            Self::Pieces(pieces) => pieces.given.poll_recv(cx).map(|piece| {
                let piece = piece.and_then(|piece| {
                    pieces.left = pieces.left.checked_sub(piece.len() as u64)?;
                    Some(Frame::data(piece))
                });
                Some(piece.ok_or(CutOff))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None) | Self::Pieces(Pieces { left: 0, .. }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Pieces(pieces) => pieces.left,
        })
    }
}
