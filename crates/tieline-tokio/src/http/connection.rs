//! One connection, and one exchange on it.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tieline_core::http::{Body, RequestHead, ResponseHead};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent, Text};

use super::metered::{Meter, Metered};
use super::request_body::{Pieces, RequestBody};
use crate::Stream;

/// An answer has at most so many bytes before its body.
const HEAD_BYTES: usize = 64 * 1024;

/// A connection without a request on it.
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    meter: Meter,
    /// Whether it served a request before, so that the server may be about to close it.
    pub(super) reused: bool,
}

impl Connection {
    /// Takes a stream over. What hyper has to do on it is done in a task of its own, which ends with the connection.
    pub(super) async fn over(io: Stream) -> Result<Self, ExchangeFailure> {
        let meter = Meter::new();
        let io = TokioIo::new(Metered::new(io, meter.clone()));
        let (sender, connection) = Builder::new()
            .max_buf_size(HEAD_BYTES)
            .handshake(io)
            .await
            .map_err(|_| ExchangeFailure::new(ExchangeFailureKind::Broken, Sent::Nothing))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an HTTP connection ended");
            }
        });
        Ok(Self { sender, meter, reused: false })
    }

    /// Whether a request can be written on it now.
    pub(super) fn is_usable(&self) -> bool {
        self.sender.is_ready()
    }

    /// Waits until the answer before was read to its end, and the next request can be written. False when there will be
    /// none.
    pub(super) async fn is_reusable(&mut self) -> bool {
        self.reused = true;
        self.sender.ready().await.is_ok()
    }

    pub(super) const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Writes a request, and reads the head of its answer.
    pub(super) async fn exchange(
        &mut self,
        head: RequestHead,
        body: Body,
    ) -> Result<(ResponseHead, Incoming), ExchangeFailure> {
        self.meter.start(&body);
        let body = if let Body::Whole(bytes) = body { bytes } else { Bytes::new() };
        self.send(head, body.into()).await
    }

    /// As [`exchange`](Self::exchange), with a body that is given meanwhile.
    pub(super) async fn exchange_pieces(
        &mut self,
        head: RequestHead,
        pieces: Pieces,
    ) -> Result<(ResponseHead, Incoming), ExchangeFailure> {
        self.meter.start(&Body::Stream { length: Some(pieces.left()) });
        self.send(head, RequestBody::Pieces(pieces)).await
    }

    async fn send(
        &mut self,
        head: RequestHead,
        body: RequestBody,
    ) -> Result<(ResponseHead, Incoming), ExchangeFailure> {
        match self.sender.send_request(hyper::Request::from_parts(head, body)).await {
            Ok(answer) => Ok(answer.into_parts()),
            Err(error) => {
                let kind = if error.is_parse() {
                    ExchangeFailureKind::Unreadable { reason: Text::from("it is no HTTP, or its head is too long") }
                } else {
                    ExchangeFailureKind::Broken
                };
                Err(ExchangeFailure::new(kind, self.meter.sent()))
            }
        }
    }
}
