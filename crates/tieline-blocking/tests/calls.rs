//! What every adapter must do with calls over HTTP.
#![cfg(all(feature = "cloudpbx", any(feature = "tls", feature = "aws-lc-rs")))]

use std::path::Path;

use tieline_blocking::ConnectError;
use tieline_blocking::cloudpbx::{DownloadError, Progress, Rest, RestConfig};
use tieline_blocking::http::{HttpClient, HttpConfig};
use tieline_cloudpbx::rest::{Cdr, Dial, Recording, SendSms};
use tieline_cloudpbx::{CdrRecord, DateRange, Listing, SmsResponse, Verified};
use tieline_core::Text;
use tieline_core::http::{CallError, Endpoint};
use tieline_testkit::adapter::cloudpbx::Everything;
use tieline_testkit::adapter::{Calls, CloudPbxAdapter, CloudPbxCalls, Downloaded, HttpAdapter};

struct Blocking;

struct Http(HttpClient);

impl HttpAdapter for Blocking {
    type Client = Http;

    fn http(config: HttpConfig) -> Result<Http, ConnectError> {
        HttpClient::new(config).map(Http)
    }
}

impl Calls for Http {
    fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError> {
        self.0.call(endpoint)
    }

    fn download<E: Endpoint>(&self, endpoint: &E) -> Result<(E::Reply, Downloaded), CallError> {
        let (reply, download) = self.0.download(endpoint)?;
        let mut download = download.expect("a body");
        let (length, mut bytes) = (download.length(), Vec::new());
        let end = loop {
            match download.next_piece() {
                Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                Ok(None) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        Ok((reply, Downloaded { length, bytes, end }))
    }
}

struct Calling(Rest);

impl CloudPbxAdapter for Blocking {
    type Rest = Calling;

    fn rest(config: RestConfig) -> Result<Calling, ConnectError> {
        Rest::new(config).map(Calling)
    }
}

impl CloudPbxCalls for Calling {
    fn cdrs(&self, call: &Cdr) -> Result<Listing<CdrRecord<Text>>, CallError> {
        self.0.cdrs(call)
    }

    fn all_cdrs(&self, range: DateRange) -> Result<Everything, CallError> {
        self.0.all_cdrs(range).map(|all| (all.rows, all.overflowed, all.short))
    }

    fn dial(&self, call: &Dial) -> Result<(), CallError> {
        self.0.dial(call)
    }

    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, CallError> {
        self.0.send_sms(call)
    }

    fn recording(&self, call: &Recording, progress: &mut dyn FnMut(Progress)) -> Result<Verified, DownloadError> {
        self.0.recording(call, "wav", &mut std::io::sink(), progress)
    }

    fn recording_to_file(&self, call: &Recording, path: &Path) -> Result<Verified, DownloadError> {
        self.0.recording_to_file(call, "wav", path, |_| {})
    }
}

tieline_testkit::adapter_http_tests!(Blocking);

#[test]
fn a_parked_call_is_given_up_from_another_thread() {
    use tieline_core::http::Authorization;
    use tieline_core::{ExchangeFailureKind, Sent};
    use tieline_testkit::adapter::{Gate, Pbx};

    let gate = Gate::default();
    let (held, asked) = (gate.clone(), Gate::default());
    let reading = asked.clone();
    let pbx = Pbx::raw(move |mut io, _| {
        use std::io::Read as _;
        let mut request = [0; 1];
        io.read_exact(&mut request).expect("a request");
        reading.open();
        held.pass();
    });
    let base = format!("http://127.0.0.1:{}", pbx.port).parse().expect("an address");
    let config = HttpConfig::new(base, Authorization::None).proxy(tieline_blocking::Proxy::direct());
    let client = HttpClient::new(config).expect("a client");
    let caller = client.clone();
    let parked = std::thread::spawn(move || caller.call(&Dial::new("101", "102")).expect_err("given up"));
    asked.pass();
    client.close();
    let CallError::Failed(failure) = parked.join().expect("no panic") else { panic!("another failure") };
    assert_eq!((failure.kind, failure.sent), (ExchangeFailureKind::Canceled, Sent::All));
    let later = client.call(&Dial::new("101", "102")).expect_err("closed");
    assert_eq!(later.sent(), Sent::Nothing);
    gate.open();
}
