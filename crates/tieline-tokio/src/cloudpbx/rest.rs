//! The client of the calls.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tieline_cloudpbx::rest::{Attempt, Bases, Cdr, Dial, List, Next, RecordList, Recording, RecordingHead, SendSms};
use tieline_cloudpbx::{
    BadRow, CdrRecord, DateRange, Listed, Listing, Part, RangeSplit, RecordingCheck, RecordingRecord, SmsResponse,
    Verified,
};
use tieline_core::http::{CallError, Endpoint};
use tieline_core::json::Decode;
use tieline_core::{Date, Text};
use tieline_dial::ConnectError;
use tieline_dial::cloudpbx::{DownloadError, Progress, RestConfig};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::disk;
use crate::http::{Download, HttpClient};

/// Makes the calls of CloudPBX. Cheap to clone; clones share connections.
///
/// Reads fail over to the next address; [`dial`](Self::dial) and [`send_sms`](Self::send_sms) are written once, to one
/// address, whatever happens.
#[derive(Clone)]
pub struct Rest(Arc<Inner>);

struct Inner {
    /// Remembers which address answered last.
    bases: Mutex<Bases>,
    /// Of the first address.
    first: HttpClient,
    /// Of the others.
    others: Vec<HttpClient>,
}

/// All records of a range of days, put together from as many answers as it took.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The rows; days in order, each as the server sorts it.
    pub rows: Vec<Result<T, BadRow>>,
    /// Days of which the server gives no more: further records of theirs are missing.
    pub overflowed: Vec<Date>,
    /// Ranges whose parts brought fewer records than the whole: some are missing.
    pub short: Vec<DateRange>,
}

impl Rest {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When an address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: RestConfig) -> Result<Self, ConnectError> {
        let client = |base| HttpClient::new(config.at(base));
        let (first, others) = config.bases.split_first();
        let (first, others) = (client(first)?, others.iter().map(client).collect::<Result<_, _>>()?);
        Ok(Self(Arc::new(Inner { bases: Mutex::new(config.bases), first, others })))
    }

    /// The CDRs of some days, at most 10,000: see [`Listing::truncated`] and [`all_cdrs`](Self::all_cdrs).
    ///
    /// # Errors
    /// [`CallError`], of the last address that was tried.
    pub async fn cdrs(&self, call: &Cdr) -> Result<Listing<CdrRecord<Text>>, CallError> {
        self.call(call).await
    }

    /// The list of the recordings of some days, at most 5,000.
    ///
    /// # Errors
    /// As [`cdrs`](Self::cdrs).
    pub async fn recordings(&self, call: &RecordList) -> Result<Listing<RecordingRecord<Text>>, CallError> {
        self.call(call).await
    }

    /// All CDRs of a range of days, in as many calls as it takes.
    ///
    /// # Errors
    /// As [`cdrs`](Self::cdrs); what came before is lost then.
    pub async fn all_cdrs(&self, range: DateRange) -> Result<Collected<CdrRecord<Text>>, CallError> {
        self.all(range).await
    }

    /// The list of all recordings of a range of days, in as many calls as it takes.
    ///
    /// # Errors
    /// As [`cdrs`](Self::cdrs); what came before is lost then.
    pub async fn all_recordings(&self, range: DateRange) -> Result<Collected<RecordingRecord<Text>>, CallError> {
        self.all(range).await
    }

    async fn all<T>(&self, range: DateRange) -> Result<Collected<T>, CallError>
    where
        T: Listed + for<'a> Decode<'a, Text>,
    {
        let mut split = RangeSplit::of::<T>(range);
        let mut rows = Vec::new();
        while let Some(part) = split.next_range() {
            let listing = self.call(&List::<T>::of(part)).await?;
            if split.answered(listing.rows.len()) != Some(Part::Split) {
                rows.extend(listing.rows);
            }
        }
        Ok(Collected { rows, overflowed: split.overflowed().to_vec(), short: split.short().to_vec() })
    }

    /// Calls `cpb` for `cpa`, a number of the PBX. Written once: see [`CallError::sent`] for whether the PBX may have acted
    /// when this fails.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn dial(&self, call: &Dial) -> Result<(), CallError> {
        self.call(call).await
    }

    /// Sends a text message. Written once, as [`dial`](Self::dial).
    ///
    /// # Errors
    /// [`CallError`]; [`SendSms::response_of`] finds the server's own words in it.
    pub async fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, CallError> {
        self.call(call).await
    }

    /// Copies a recording to `sink` piece by piece, and verifies that it came whole. `format` is that of its record, `wav`
    /// if it is not known. After each piece `progress` is told.
    ///
    /// # Errors
    /// [`DownloadError`]; `sink` then has part of it.
    pub async fn recording<W: AsyncWrite + Unpin>(
        &self,
        call: &Recording,
        format: &str,
        sink: &mut W,
        mut progress: impl FnMut(Progress),
    ) -> Result<Verified, DownloadError> {
        let (head, download) = self.download(call).await?;
        let mut check = RecordingCheck::new(format, head.length);
        progress(Progress::new(0, head.length));
        if let Some(mut download) = download {
            while let Some(piece) = download.next().await.map_err(CallError::Failed)? {
                check.feed(&piece)?;
                sink.write_all(&piece).await.map_err(DownloadError::Write)?;
                progress(Progress::new(check.received(), head.length));
            }
        }
        sink.flush().await.map_err(DownloadError::Write)?;
        Ok(check.finish()?)
    }

    /// As [`recording`](Self::recording), to a file: there is none at `path` unless it is whole, and one that was there
    /// stays until it is.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub async fn recording_to_file(
        &self,
        call: &Recording,
        format: &str,
        path: &Path,
        progress: impl FnMut(Progress),
    ) -> Result<Verified, DownloadError> {
        let (file, mut sink) = disk::create(path).await.map_err(DownloadError::Write)?;
        let verified = self.recording(call, format, &mut sink, progress).await?;
        disk::finish(file).await.map_err(DownloadError::Write)?;
        Ok(verified)
    }

    async fn download(&self, call: &Recording) -> Result<(RecordingHead, Option<Download>), CallError> {
        let mut attempt = self.attempt::<Recording>();
        loop {
            match self.client(&attempt).download(call).await {
                Ok(found) => return Ok(self.prefer(&attempt, found)),
                Err(error) => go_on(&mut attempt, error)?,
            }
        }
    }

    async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError> {
        let mut attempt = self.attempt::<E>();
        loop {
            match self.client(&attempt).call(endpoint).await {
                Ok(reply) => return Ok(self.prefer(&attempt, reply)),
                Err(error) => go_on(&mut attempt, error)?,
            }
        }
    }

    fn attempt<E: Endpoint>(&self) -> Attempt {
        self.bases().attempt(E::REPEAT)
    }

    fn client(&self, attempt: &Attempt) -> &HttpClient {
        let inner = &*self.0;
        inner.others.iter().find(|client| client.base() == attempt.base()).unwrap_or(&inner.first)
    }

    fn prefer<R>(&self, attempt: &Attempt, reply: R) -> R {
        self.bases().prefer(attempt);
        reply
    }

    fn bases(&self) -> std::sync::MutexGuard<'_, Bases> {
        self.0.bases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the call is made again, at the next address.
fn go_on(attempt: &mut Attempt, error: CallError) -> Result<(), CallError> {
    let next = match &error {
        CallError::Failed(failure) => attempt.failed(failure),
        CallError::Api(refused) => attempt.refused(refused),
        _ => return Err(error),
    };
    match next {
        Next::Failover => {
            tracing::warn!(%error, next = %attempt.base(), "the next address is tried");
            Ok(())
        }
        Next::Stop(_) => Err(error),
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("bases", &self.bases().urls()).finish_non_exhaustive()
    }
}
