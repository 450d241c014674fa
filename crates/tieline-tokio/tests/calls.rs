//! What every adapter must do with calls over HTTP.
#![cfg(all(feature = "cloudpbx", any(feature = "tls", feature = "aws-lc-rs")))]

use std::path::Path;
use std::sync::LazyLock;

use tieline_cloudpbx::rest::{Cdr, Dial, Recording, SendSms};
use tieline_cloudpbx::{CdrRecord, DateRange, Listing, SmsResponse, Verified};
use tieline_core::Text;
use tieline_core::http::{CallError, Endpoint};
use tieline_testkit::adapter::cloudpbx::Everything;
use tieline_testkit::adapter::{Calls, CloudPbxAdapter, CloudPbxCalls, Downloaded, HttpAdapter, PATIENCE};
use tieline_tokio::ConnectError;
use tieline_tokio::cloudpbx::{DownloadError, Progress, Rest, RestConfig};
use tieline_tokio::http::{HttpClient, HttpConfig};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("something hangs")
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(soon(what))
}

struct Tokio;

struct Http(HttpClient);

impl HttpAdapter for Tokio {
    type Client = Http;

    fn http(config: HttpConfig) -> Result<Http, ConnectError> {
        HttpClient::new(config).map(Http)
    }
}

impl Calls for Http {
    fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError> {
        block_on(self.0.call(endpoint))
    }

    fn download<E: Endpoint>(&self, endpoint: &E) -> Result<(E::Reply, Downloaded), CallError> {
        block_on(async {
            let (reply, download) = self.0.download(endpoint).await?;
            let mut download = download.expect("a body");
            let (length, mut bytes) = (download.length(), Vec::new());
            let end = loop {
                match download.next().await {
                    Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                    Ok(None) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            };
            Ok((reply, Downloaded { length, bytes, end }))
        })
    }
}

struct Calling(Rest);

impl CloudPbxAdapter for Tokio {
    type Rest = Calling;

    fn rest(config: RestConfig) -> Result<Calling, ConnectError> {
        Rest::new(config).map(Calling)
    }
}

impl CloudPbxCalls for Calling {
    fn cdrs(&self, call: &Cdr) -> Result<Listing<CdrRecord<Text>>, CallError> {
        block_on(self.0.cdrs(call))
    }

    fn all_cdrs(&self, range: DateRange) -> Result<Everything, CallError> {
        block_on(self.0.all_cdrs(range)).map(|all| (all.rows, all.overflowed, all.short))
    }

    fn dial(&self, call: &Dial) -> Result<(), CallError> {
        block_on(self.0.dial(call))
    }

    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, CallError> {
        block_on(self.0.send_sms(call))
    }

    fn recording(&self, call: &Recording, progress: &mut dyn FnMut(Progress)) -> Result<Verified, DownloadError> {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(soon(self.0.recording(call, "wav", &mut tokio::io::sink(), progress)))
    }

    fn recording_to_file(&self, call: &Recording, path: &Path) -> Result<Verified, DownloadError> {
        block_on(self.0.recording_to_file(call, "wav", path, |_| {}))
    }
}

tieline_testkit::adapter_http_tests!(Tokio);
