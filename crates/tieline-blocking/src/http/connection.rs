//! One connection, and one exchange on it.

use std::io::{self, Read as _, Write as _};
use std::time::Instant;

use tieline_core::http::{Body, RequestHead, ResponseHead, SentMeter};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent, Text};
use tieline_dial::ConnectError;
use ureq_proto::client::state::{Cleanup, RecvBody, RecvResponse, Redirect};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult, SendRequestResult};

use crate::Stream;
use crate::dial::Wait;

/// So much is written or read at once.
const PIECE: usize = 16 << 10;
/// An answer has at most so many bytes before its body, as a request has.
const HEAD: usize = 64 << 10;

/// A connection.
pub(super) struct Connection {
    stream: Stream,
    wait: Wait,
    /// What was read and not taken yet.
    unread: Vec<u8>,
    /// Whether it served a request before, so that the server may be about to close it.
    pub(super) reused: bool,
}

/// The body of an answer, as far as it is known.
pub(super) enum Answer {
    /// There is more to read.
    Body(Box<Call<RecvBody>>),
    /// It is over; whether another request may follow.
    Over { reusable: bool },
}

impl Connection {
    /// A stream that `wait` waits for, and keeps what gives it up.
    pub(super) const fn new(stream: Stream, wait: Wait) -> Self {
        Self { stream, wait, unread: Vec::new(), reused: false }
    }

    /// Nothing may take longer than until then.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.wait.set_deadline(deadline);
    }

    /// Whether a request can be written on it: nothing came that nobody asked for, not even its end.
    pub(super) fn is_usable(&mut self) -> bool {
        let silent = matches!(self.stream.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        silent && self.unread.is_empty()
    }

    /// Writes a request, and reads the head of its answer.
    pub(super) fn exchange(
        &mut self,
        head: RequestHead,
        body: &Body,
    ) -> Result<(ResponseHead, Answer), ExchangeFailure> {
        let mut meter = SentMeter::new(body);
        let outcome = self.exchange_metered(head, body, &mut meter);
        outcome.map_err(|kind| ExchangeFailure::new(kind, meter.sent()))
    }

    fn exchange_metered(
        &mut self,
        head: RequestHead,
        body: &Body,
        meter: &mut SentMeter,
    ) -> Result<(ResponseHead, Answer), ExchangeFailureKind> {
        let answer = match self.write_head(head, meter)? {
            Some(SendRequestResult::RecvResponse(answer)) => answer,
            Some(SendRequestResult::SendBody(mut sending)) => {
                let mut buffer = vec![0; PIECE];
                let mut rest: &[u8] = if let Body::Whole(bytes) = body { bytes } else { &[] };
                while !sending.can_proceed() {
                    let (taken, length) = sending.write(rest, &mut buffer).map_err(unreadable)?;
                    rest = rest.get(taken..).unwrap_or_default();
                    self.write(buffer.get(..length).unwrap_or_default(), meter)?;
                }
                sending.proceed().ok_or(ExchangeFailureKind::Broken)?
            }
            _ => return Err(ExchangeFailureKind::Broken),
        };
        self.read_head(answer)
    }

    /// Writes a request up to its body.
    pub(super) fn write_head(
        &mut self,
        head: RequestHead,
        meter: &mut SentMeter,
    ) -> Result<Option<SendRequestResult>, ExchangeFailureKind> {
        let request = Call::new(http::Request::from_parts(head, ())).map_err(unreadable)?;
        let mut request = request.proceed();
        let mut buffer = vec![0; HEAD];
        while !request.can_proceed() {
            let length = request.write(&mut buffer).map_err(unreadable)?;
            self.write(buffer.get(..length).unwrap_or_default(), meter)?;
        }
        request.proceed().map_err(unreadable)
    }

    /// Reads the head of an answer.
    pub(super) fn read_head(
        &mut self,
        mut answer: Call<RecvResponse>,
    ) -> Result<(ResponseHead, Answer), ExchangeFailureKind> {
        loop {
            let (taken, head) = answer.try_response(&self.unread, false).map_err(unreadable)?;
            self.unread.drain(..taken);
            if let Some(head) = head {
                let next = answer.proceed().ok_or(ExchangeFailureKind::Broken)?;
                return Ok((head.into_parts().0, Answer::from(next)));
            }
            if self.unread.len() > HEAD {
                return Err(ExchangeFailureKind::Unreadable { reason: Text::from("its head is too long") });
            }
            if taken == 0 && !self.read_more()? {
                return Err(ExchangeFailureKind::Broken);
            }
        }
    }

    /// Reads the next piece of a body into `piece`; how much, 0 at its end.
    pub(super) fn read_body(&mut self, answer: &mut Answer, piece: &mut [u8]) -> Result<usize, ExchangeFailureKind> {
        loop {
            let Answer::Body(body) = answer else { return Ok(0) };
            let (taken, length) = body.read(&self.unread, piece).map_err(unreadable)?;
            self.unread.drain(..taken);
            if length > 0 {
                return Ok(length);
            }
            // A body that only the end of the stream ends can always be over.
            let until_end = body.body_mode() == ureq_proto::BodyMode::CloseDelimited;
            if body.can_proceed() && !until_end {
                answer.end();
                return Ok(0);
            }
            if taken == 0 && !self.read_more()? {
                if until_end {
                    answer.end();
                    return Ok(0);
                }
                return Err(ExchangeFailureKind::Broken);
            }
        }
    }

    /// Reads once; false at the end of the stream.
    fn read_more(&mut self) -> Result<bool, ExchangeFailureKind> {
        let before = self.unread.len();
        self.unread.resize(before + PIECE, 0);
        let Self { stream, wait, unread, .. } = self;
        let space = unread.get_mut(before..).unwrap_or_default();
        let read = wait.until_done(|| stream.read(space));
        let count = match &read {
            Ok(Ok(count)) => *count,
            _ => 0,
        };
        self.unread.truncate(before + count);
        match read.map_err(given_up)? {
            Ok(count) => Ok(count > 0),
            // A TLS stream that ends without saying so may have been cut.
            Err(_) => Err(ExchangeFailureKind::Broken),
        }
    }

    /// Whether the server has said something, although it has no whole request yet. Waits for nothing.
    pub(super) fn hears(&mut self) -> bool {
        let before = self.unread.len();
        self.unread.resize(before + PIECE, 0);
        let read = self.stream.read(self.unread.get_mut(before..).unwrap_or_default());
        self.unread.truncate(before + read.unwrap_or(0));
        !self.unread.is_empty()
    }

    /// Writes part of a body; `Ok(false)` when the server answered instead of taking it.
    pub(super) fn write_unless_heard(
        &mut self,
        mut bytes: &[u8],
        meter: &mut SentMeter,
    ) -> Result<bool, ExchangeFailureKind> {
        while !bytes.is_empty() {
            let Self { stream, wait, unread, .. } = self;
            let before = unread.len();
            unread.resize(before + PIECE, 0);
            let space = unread.get_mut(before..).unwrap_or_default();
            let mut heard = 0;
            let written = wait.until_done(|| match stream.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // It may have stopped reading because it has answered.
                    heard = stream.read(space)?;
                    Ok(0)
                }
                outcome => outcome,
            });
            unread.truncate(before + heard);
            match written.map_err(given_up)? {
                Ok(0) if heard > 0 => return Ok(false),
                Ok(written @ 1..) => {
                    let (gone, left) = bytes.split_at_checked(written).unwrap_or((bytes, &[]));
                    meter.wrote(gone);
                    bytes = left;
                }
                Ok(0) => return Err(ExchangeFailureKind::Broken),
                // What it said before it closed may be there still.
                Err(_) if self.hears() => return Ok(false),
                Err(_) => return Err(ExchangeFailureKind::Broken),
            }
        }
        Ok(true)
    }

    /// Hands over what is still held back.
    pub(super) fn flush(&mut self) -> Result<(), ExchangeFailureKind> {
        let Self { stream, wait, .. } = self;
        wait.until_done(|| stream.flush()).map_err(given_up)?.map_err(|_| ExchangeFailureKind::Broken)
    }

    fn write(&mut self, mut bytes: &[u8], meter: &mut SentMeter) -> Result<(), ExchangeFailureKind> {
        let Self { stream, wait, .. } = self;
        while !bytes.is_empty() {
            match wait.until_done(|| stream.write(bytes)).map_err(given_up)? {
                Ok(written @ 1..) => {
                    let (gone, left) = bytes.split_at_checked(written).unwrap_or((bytes, &[]));
                    meter.wrote(gone);
                    bytes = left;
                }
                Ok(0) | Err(_) => return Err(ExchangeFailureKind::Broken),
            }
        }
        self.flush()
    }
}

impl Answer {
    fn end(&mut self) {
        if let Self::Body(body) = std::mem::replace(self, Self::Over { reusable: false }) {
            *self = match body.proceed() {
                Some(RecvBodyResult::Cleanup(over)) => Self::over(&over),
                Some(RecvBodyResult::Redirect(over)) => Self::redirect(&over),
                _ => Self::Over { reusable: false },
            };
        }
    }

    /// Whether another request may follow; false as long as there is something to read.
    pub(super) const fn is_reusable(&self) -> bool {
        matches!(self, Self::Over { reusable: true })
    }

    fn over(over: &Call<Cleanup>) -> Self {
        Self::Over { reusable: !over.must_close_connection() }
    }

    /// Nobody is redirected here: an answer that wants it is an answer as any other.
    fn redirect(over: &Call<Redirect>) -> Self {
        Self::Over { reusable: !over.must_close_connection() }
    }
}

impl From<RecvResponseResult> for Answer {
    fn from(next: RecvResponseResult) -> Self {
        match next {
            RecvResponseResult::RecvBody(body) => Self::Body(Box::new(body)),
            RecvResponseResult::Redirect(over) => Self::redirect(&over),
            RecvResponseResult::Cleanup(over) => Self::over(&over),
        }
    }
}

pub(super) fn unreadable(error: ureq_proto::Error) -> ExchangeFailureKind {
    // Its own words quote what the peer sent.
    tracing::debug!(%error, "an HTTP exchange failed");
    ExchangeFailureKind::Unreadable { reason: Text::from("it is no HTTP") }
}

fn given_up(error: ConnectError) -> ExchangeFailureKind {
    match error {
        ConnectError::Timeout => ExchangeFailureKind::Timeout,
        ConnectError::Closed => ExchangeFailureKind::Canceled,
        _ => ExchangeFailureKind::Broken,
    }
}

/// Why there is no connection.
pub(super) fn not_connected(error: &ConnectError) -> ExchangeFailure {
    let kind = match error {
        ConnectError::Timeout => ExchangeFailureKind::Timeout,
        ConnectError::Closed => ExchangeFailureKind::Canceled,
        error => ExchangeFailureKind::Connect { class: error.class(), reason: Text::from(error.to_string()) },
    };
    ExchangeFailure::new(kind, Sent::Nothing)
}
