//! The simulator answers the REST calls.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tieline_cloudpbx::rest::{Cdr, Dial, RecordList, Recording, RecordingHead, SendSms};
use tieline_cloudpbx::{CdrRecord, Listing, RecordingRecord, SmsResponse, SmsState};
use tieline_core::http::BadRequest;
use tieline_core::{Date, Secret, Text};
use tieline_server::cloudpbx::{Api, Download};

use super::wav::Wav;
use crate::scenario::KEY;
use crate::sim::Pbx;

/// How much of a recording is computed at once.
const PIECE: usize = 16 << 10;

impl Api for Pbx {
    fn admits(&self, key: &Secret) -> bool {
        let admits = self.directory.cloudpbx_key().matches(key);
        if admits {
            self.logged_in(KEY);
        }
        admits
    }

    fn cdrs(&self, call: &Cdr) -> Listing<CdrRecord<Text>> {
        let (first, last) = self.days(call.datestart, call.datestop);
        self.cloudpbx().ledger.cdrs(first, last)
    }

    fn recordings(&self, call: &RecordList) -> Listing<RecordingRecord<Text>> {
        let (first, last) = self.days(call.datestart, call.datestop);
        self.cloudpbx().ledger.recordings(first, last)
    }

    fn recording(&self, call: &Recording) -> Option<Download> {
        let wav = self.cloudpbx().ledger.sound(&call.uniqueid)?;
        let body = Sound { wav, at: 0 };
        Some(Download {
            head: RecordingHead::new("wav", Some(wav.len())),
            body: body.map_err(|never| match never {}).boxed(),
        })
    }

    fn dial(&self, call: &Dial) -> Result<(), BadRequest> {
        self.originate(&call.cpa, &call.cpb).map(drop).map_err(|_| Dial::action_error("the call cannot be started"))
    }

    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, BadRequest> {
        let Some(id) = self.send_message(&call.to, call.test) else {
            let response = SmsResponse::failed(None, SmsState::Failed, "too many messages");
            return Err(SendSms::failed(&response, "too many messages are on their way"));
        };
        Ok(SmsResponse::accepted(Text::from(id), SmsState::Queue))
    }
}

impl Pbx {
    /// The days that a list is asked for. One end alone stands for one day, and neither for today. ASSUMED, but for today.
    fn days(&self, first: Option<Date>, last: Option<Date>) -> (Date, Date) {
        match (first, last) {
            (Some(first), Some(last)) => (first, last),
            (Some(day), None) | (None, Some(day)) => (day, day),
            (None, None) => {
                let today = self.today();
                (today, today)
            }
        }
    }
}

/// The bytes of a recording, computed as they are sent.
struct Sound {
    wav: Wav,
    at: u64,
}

impl Body for Sound {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.wav.piece(self.at, PIECE);
        self.at += piece.len() as u64;
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.wav.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.wav.len() - self.at)
    }
}
