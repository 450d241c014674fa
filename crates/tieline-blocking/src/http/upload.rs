//! Calls whose body is sent piece by piece.

use std::io;

use tieline_core::http::{Body, BuildError, CallError, Endpoint, Plan, RequestHead, SentMeter};
use tieline_core::http1::write_head;
use tieline_core::{ExchangeFailure, ExchangeFailureKind};
use tieline_dial::UploadError;

use super::HttpClient;
use super::client::{deadline_in, whole};
use super::connection::Connection;

/// So much of a body is read and written at once.
const PIECE: usize = 64 << 10;

impl HttpClient {
    /// Makes a call whose body is sent piece by piece ([`Body::Stream`] of a known length), and whose answer is read
    /// whole. `source` must have as many bytes as the call says; no more are read. The line takes each piece within the
    /// configured time of one, and the answer comes within that of a call after the last.
    ///
    /// A server that answers before it has all is listened to, and gets no more. Whatever ends this early cuts the line:
    /// half a body never looks whole.
    ///
    /// # Errors
    /// [`UploadError`]. Written once, whatever happens.
    pub fn upload<E: Endpoint>(&self, endpoint: &E, source: &mut impl io::Read) -> Result<E::Reply, UploadError> {
        let config = &self.0.config;
        let (head, body) = endpoint.to_request(&config.base, &config.auth).map_err(CallError::Build)?;
        let Body::Stream { length: Some(length) } = body else {
            return Err(
                CallError::Build(BuildError::Parameter("its body is not streamed, or of unknown length")).into()
            );
        };
        let mut connection = self.0.open(deadline_in(config.call_timeout)).map_err(CallError::Failed)?;
        connection.set_deadline(deadline_in(config.call_timeout));
        let mut meter = SentMeter::new(&body);
        let sent = self.send(&mut connection, &head, length, source, &mut meter);
        connection.set_deadline(deadline_in(config.call_timeout));
        let answered = match sent {
            Ok(()) => connection.read_head(&head.method),
            Err(Unsent::Source(cause)) => return Err(UploadError::Source { cause, sent: meter.sent() }),
            Err(Unsent::Line(kind)) => Err(kind),
        };
        let failed = |kind| CallError::Failed(ExchangeFailure::new(kind, meter.sent()));
        let (head, mut answer) = answered.map_err(failed)?;
        match endpoint.plan(&head).map_err(CallError::Api)? {
            Plan::Stream(reply) => Ok(reply),
            Plan::Whole { limit } => {
                let body = whole(&mut connection, &mut answer, &head, limit)?;
                Ok(endpoint.parse(&head, body).map_err(CallError::Api)?)
            }
        }
    }

    /// Sends head and body, or less when the server answers early.
    fn send(
        &self,
        connection: &mut Connection,
        head: &RequestHead,
        length: u64,
        source: &mut impl io::Read,
        meter: &mut SentMeter,
    ) -> Result<(), Unsent> {
        connection.write(write_head(head).expose(), meter)?;
        connection.flush()?;
        let mut buffer = vec![0; PIECE];
        let mut left = length;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let piece = match source.read(buffer.get_mut(..most).unwrap_or_default()) {
                Ok(0) => return Err(Unsent::Source(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => buffer.get(..count).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Unsent::Source(error)),
            };
            connection.set_deadline(deadline_in(self.0.config.piece_timeout));
            if connection.hears() || !connection.write_unless_heard(piece, meter)? {
                return Ok(());
            }
            left = left.saturating_sub(piece.len() as u64);
        }
        Ok(connection.flush()?)
    }
}

/// Why a body was not sent.
enum Unsent {
    Source(io::Error),
    Line(ExchangeFailureKind),
}

impl From<ExchangeFailureKind> for Unsent {
    fn from(kind: ExchangeFailureKind) -> Self {
        Self::Line(kind)
    }
}
