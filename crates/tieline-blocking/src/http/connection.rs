//! One connection, and one exchange on it.

use std::io::{self, Read as _, Write as _};
use std::time::Instant;

use tieline_core::http::{Body, Method, RequestHead, ResponseHead, SentMeter};
use tieline_core::http1::{BodyReader, Framing, HeadReader, Http1Error, keeps_open, write_head};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent, Text};
use tieline_dial::ConnectError;

use crate::Stream;
use crate::dial::Wait;

/// So much is written or read at once.
const PIECE: usize = 16 << 10;

/// A connection.
pub(super) struct Connection {
    stream: Stream,
    wait: Wait,
    /// What was read and not taken yet.
    unread: Vec<u8>,
    /// Whether it served a request before, so that the server may be about to close it.
    pub(super) reused: bool,
}

/// The body of an answer.
pub(super) struct Answer {
    body: BodyReader,
    /// Whether another request may follow it.
    keeps_open: bool,
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
        head: &RequestHead,
        body: &Body,
    ) -> Result<(ResponseHead, Answer), ExchangeFailure> {
        let mut meter = SentMeter::new(body);
        let outcome = self.exchange_metered(head, body, &mut meter);
        outcome.map_err(|kind| ExchangeFailure::new(kind, meter.sent()))
    }

    fn exchange_metered(
        &mut self,
        head: &RequestHead,
        body: &Body,
        meter: &mut SentMeter,
    ) -> Result<(ResponseHead, Answer), ExchangeFailureKind> {
        self.write(write_head(head).expose(), meter)?;
        if let Body::Whole(bytes) = body {
            self.write(bytes, meter)?;
        }
        self.flush()?;
        self.read_head(&head.method)
    }

    /// Reads the head of an answer to a request of this method.
    pub(super) fn read_head(&mut self, method: &Method) -> Result<(ResponseHead, Answer), ExchangeFailureKind> {
        let mut reader = HeadReader::new();
        loop {
            let mut input = self.unread.as_slice();
            let head = reader.read(&mut input).map_err(unreadable)?;
            let taken = self.unread.len() - input.len();
            self.unread.drain(..taken);
            if let Some(head) = head {
                let framing = Framing::of(method, &head).map_err(unreadable)?;
                let keeps_open = keeps_open(&head, framing);
                return Ok((head, Answer { body: BodyReader::new(framing), keeps_open }));
            }
            if !self.read_more()? {
                return Err(ExchangeFailureKind::Broken);
            }
        }
    }

    /// Reads the next piece of a body into `piece`; how much, 0 at its end.
    pub(super) fn read_body(&mut self, answer: &mut Answer, piece: &mut [u8]) -> Result<usize, ExchangeFailureKind> {
        loop {
            let window = self.unread.get(..piece.len()).unwrap_or(&self.unread);
            let mut input = window;
            let part = answer.body.read(&mut input).map_err(unreadable)?.unwrap_or_default();
            let length = part.len();
            if let Some(space) = piece.get_mut(..length) {
                space.copy_from_slice(part);
            }
            let taken = window.len() - input.len();
            self.unread.drain(..taken);
            if length > 0 || answer.body.is_over() {
                return Ok(length);
            }
            if self.unread.is_empty() && !self.read_more()? {
                answer.body.end_of_stream().map_err(unreadable)?;
                return Ok(0);
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

    /// Writes all of it; [`flush`](Self::flush) ends the request.
    pub(super) fn write(&mut self, mut bytes: &[u8], meter: &mut SentMeter) -> Result<(), ExchangeFailureKind> {
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
        Ok(())
    }
}

impl Answer {
    /// Whether another request may follow; false as long as there is something to read.
    pub(super) const fn is_reusable(&self) -> bool {
        self.keeps_open && self.body.is_over()
    }
}

fn unreadable(error: Http1Error) -> ExchangeFailureKind {
    match error {
        Http1Error::Cut => ExchangeFailureKind::Broken,
        error => ExchangeFailureKind::Unreadable { reason: Text::from(error.to_string()) },
    }
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
