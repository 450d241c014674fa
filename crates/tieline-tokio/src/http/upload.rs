//! Calls whose body is sent piece by piece.

use std::io;
use std::pin::pin;

use bytes::Bytes;
use futures::future::{Either, select};
use futures::{Stream, StreamExt as _};
use tieline_core::http::{Body, BuildError, CallError, Endpoint};
use tieline_core::{ExchangeFailure, ExchangeFailureKind};
use tieline_dial::UploadError;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::HttpClient;
use super::metered::Meter;
use super::request_body::Pieces;

/// How giving the pieces ended.
enum Given {
    /// All of them.
    All,
    /// There is no more.
    Failed(io::Error),
    /// The line takes none.
    Stalled,
    /// The line is gone: the exchange says why.
    Gone,
}

impl HttpClient {
    /// Makes a call whose body is sent piece by piece ([`Body::Stream`] of a known length), and whose answer is read
    /// whole. The pieces must be as long together as the call says. The line takes each piece within the configured time
    /// of one, and the answer comes within that of a call after the last.
    ///
    /// A server that answers before it has all is listened to, and gets no more. Whatever ends this early, also that the
    /// future is dropped, cuts the line: half a body never looks whole.
    ///
    /// # Errors
    /// [`UploadError`]. Written once, whatever happens.
    pub async fn upload<E: Endpoint>(
        &self,
        endpoint: &E,
        pieces: impl Stream<Item = io::Result<Bytes>>,
    ) -> Result<E::Reply, UploadError> {
        let config = &self.0.config;
        let (head, body) = endpoint.to_request(&config.base, &config.auth).map_err(CallError::Build)?;
        let Body::Stream { length: Some(length) } = body else {
            return Err(
                CallError::Build(BuildError::Parameter("its body is not streamed, or of unknown length")).into()
            );
        };
        let mut connection = self.0.open(Instant::now() + config.call_timeout).await.map_err(CallError::Failed)?;
        let meter = connection.meter().clone();
        let (give, given) = Pieces::new(length);
        let answered = {
            let exchange = pin!(connection.exchange_pieces(head, given));
            // Kept until the answer is there: the line is cut when it goes early.
            let giving = pin!(self.give(pieces, &give, length));
            match select(exchange, giving).await {
                Either::Left((answered, _)) => answered,
                Either::Right((Given::Failed(cause), _)) => {
                    return Err(UploadError::Source { cause, sent: meter.sent() });
                }
                Either::Right((Given::Stalled, _)) => return Err(timed_out(&meter).into()),
                Either::Right((Given::All | Given::Gone, exchange)) => {
                    match timeout(config.call_timeout, exchange).await {
                        Ok(answered) => answered,
                        Err(_) => return Err(timed_out(&meter).into()),
                    }
                }
            }
        };
        let (head, body) = answered.map_err(CallError::Failed)?;
        let deadline = Instant::now() + config.call_timeout;
        let reply = timeout_at(deadline, super::client::read_whole(endpoint, &head, body)).await;
        drop((give, connection));
        Ok(reply.map_err(|_| timed_out(&meter))??)
    }

    async fn give(
        &self,
        pieces: impl Stream<Item = io::Result<Bytes>>,
        give: &mpsc::Sender<Bytes>,
        length: u64,
    ) -> Given {
        let mut pieces = pin!(pieces);
        let mut left = length;
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) if piece.is_empty() => continue,
                Ok(piece) => piece,
                Err(error) => return Given::Failed(error),
            };
            let Some(after) = left.checked_sub(piece.len() as u64) else {
                return Given::Failed(io::Error::new(io::ErrorKind::InvalidData, "it is longer than was said"));
            };
            left = after;
            match timeout(self.0.config.piece_timeout, give.send(piece)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Given::Gone,
                Err(_) => return Given::Stalled,
            }
        }
        if left > 0 {
            return Given::Failed(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than was said"));
        }
        Given::All
    }
}

fn timed_out(meter: &Meter) -> CallError {
    ExchangeFailure::new(ExchangeFailureKind::Timeout, meter.sent()).into()
}
