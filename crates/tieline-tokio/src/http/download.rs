//! A body that is read piece by piece.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent};

use super::connection::Connection;

/// The body of an answer that is never whole in memory. Dropping it ends the transfer.
pub struct Download {
    body: Incoming,
    /// So long the next piece may take.
    piece_timeout: Duration,
    length: Option<u64>,
    /// What carries the body.
    _connection: Connection,
}

impl Download {
    pub(super) fn new(body: Incoming, piece_timeout: Duration, connection: Connection) -> Self {
        let length = body.size_hint().exact();
        Self { body, piece_timeout, length, _connection: connection }
    }

    /// The length of the whole body in bytes, if the server said it.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece; `None` at the end, which is reached only when the body came whole.
    ///
    /// # Errors
    /// When the connection breaks before the end, or no piece comes for the configured time. There is none after that.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExchangeFailure> {
        loop {
            let frame = tokio::time::timeout(self.piece_timeout, self.body.frame())
                .await
                .map_err(|_| ExchangeFailure::new(ExchangeFailureKind::Timeout, Sent::All))?;
            match frame {
                None => return Ok(None),
                // Trailers say nothing here.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    _ => {}
                },
                Some(Err(_)) => return Err(ExchangeFailure::new(ExchangeFailureKind::Broken, Sent::All)),
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("length", &self.length).finish_non_exhaustive()
    }
}
