//! CloudPBX's calls.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_cloudpbx::rest::{Bases, Cdr, Dial, Recording, SendSms};
use tieline_cloudpbx::{BadRow, CdrRecord, DateRange, Listing, RecordingError, SmsResponse, Verified};
use tieline_core::http::CallError;
use tieline_core::{Date, Sent, Text};
use tieline_dial::cloudpbx::{DownloadError, Progress, RestConfig};
use tieline_dial::{ConnectError, Proxy};

use super::Pbx;
use super::http::request;

/// An adapter for CloudPBX's calls.
pub trait CloudPbxAdapter {
    /// Its client.
    type Rest: CloudPbxCalls;

    /// Makes a client.
    fn rest(config: RestConfig) -> Result<Self::Rest, ConnectError>;
}

/// All rows of a range, the days that overflowed, and the ranges that are short.
pub type Everything = (Vec<Result<CdrRecord<Text>, BadRow>>, Vec<Date>, Vec<DateRange>);

/// A client of CloudPBX's calls. Each call blocks.
pub trait CloudPbxCalls {
    fn cdrs(&self, call: &Cdr) -> Result<Listing<CdrRecord<Text>>, CallError>;
    fn all_cdrs(&self, range: DateRange) -> Result<Everything, CallError>;
    fn dial(&self, call: &Dial) -> Result<(), CallError>;
    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, CallError>;
    /// Downloads, throws the bytes away, and does all of it on the thread that calls.
    fn recording(&self, call: &Recording, progress: &mut dyn FnMut(Progress)) -> Result<Verified, DownloadError>;
    fn recording_to_file(&self, call: &Recording, path: &Path) -> Result<Verified, DownloadError>;
}

/// A PBX that answers each request as told, and how often it was asked.
pub(super) struct Server {
    _pbx: Pbx,
    pub(super) url: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let pbx = Pbx::raw(move |mut io, _| {
            while let Some(request) = request(&mut io) {
                count.fetch_add(1, Ordering::SeqCst);
                answer(&request, &mut io);
            }
        });
        Self { url: format!("http://127.0.0.1:{}", pbx.port), _pbx: pbx, asked }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(super) fn whole(stream: &mut TcpStream, status: &str, body: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    drop(stream.write_all(answer.as_bytes()));
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn rest<A: CloudPbxAdapter>(urls: &[&str]) -> A::Rest {
    let bases = Bases::new(urls.iter().map(|url| url.parse().expect("an address"))).expect("an address");
    A::rest(RestConfig::new(bases, "KEY".into()).proxy(Proxy::direct())).expect("a client")
}

const CDRS: &str = r#"[{"src":"101","dst":"102"}]"#;

pub fn a_read_fails_over_and_stays_with_the_address_that_answered<A: CloudPbxAdapter>() {
    let (dead, broken) = (nobody(), Server::start(|_, stream| whole(stream, "502 Bad Gateway", "")));
    let good = Server::start(|request, stream| {
        assert!(request.starts_with("GET /cdr HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer KEY\r\n"), "{request}");
        whole(stream, "200 OK", CDRS);
    });
    let rest = rest::<A>(&[&dead, &broken.url, &good.url]);
    for _ in 0..3 {
        assert_eq!(rest.cdrs(&Cdr::today()).expect("a list").rows.len(), 1);
    }
    assert_eq!((broken.asked(), good.asked()), (1, 3));
}

pub fn a_refused_key_is_not_tried_elsewhere<A: CloudPbxAdapter>() {
    let (strict, other) = (Server::start(|_, stream| whole(stream, "401 No", "")), Server::start(|_, _| {}));
    let error = rest::<A>(&[&strict.url, &other.url]).cdrs(&Cdr::today()).expect_err("refused");
    assert!(matches!(error, CallError::Api(_)), "{error}");
    assert_eq!((strict.asked(), other.asked()), (1, 0));
}

/// The two commands.
#[derive(Clone, Copy, Debug)]
enum Command {
    Dial,
    SendSms,
}

impl Command {
    const ALL: [Self; 2] = [Self::Dial, Self::SendSms];

    const fn answer(self) -> &'static str {
        match self {
            Self::Dial => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            Self::SendSms => {
                "HTTP/1.1 200 OK\r\nContent-Length: 89\r\n\r\n\
                 {\"responseId\":\"3421756012963258480\",\"responseStatus\":\"QUEUE\",\"responseErrorMessage\":null}"
            }
        }
    }

    fn make(self, rest: &impl CloudPbxCalls) -> Result<(), CallError> {
        match self {
            Self::Dial => rest.dial(&Dial::new("101", "200")),
            Self::SendSms => rest.send_sms(&SendSms::new("600100200", "text")).map(drop),
        }
    }
}

pub fn commands_are_written_once_to_one_address_wherever_the_answer_breaks<A: CloudPbxAdapter>() {
    let other = Server::start(|_, stream| whole(stream, "200 OK", "OK"));
    for command in Command::ALL {
        let answer = command.answer();
        for cut in 0..answer.len() {
            let breaks = Server::start(move |_, stream| {
                drop(stream.write_all(&answer.as_bytes()[..cut]));
                drop(stream.shutdown(Shutdown::Both));
            });
            let error = command.make(&rest::<A>(&[&breaks.url, &other.url])).expect_err("broken");
            assert_eq!((error.sent(), breaks.asked()), (Sent::All, 1), "{command:?} cut at {cut}: {error}");
        }
        let good = Server::start(move |_, stream| drop(stream.write_all(answer.as_bytes())));
        command.make(&rest::<A>(&[&good.url, &other.url])).expect("the whole answer is a success");
        assert_eq!(good.asked(), 1);
    }
    assert_eq!(other.asked(), 0);
    let error = Command::Dial.make(&rest::<A>(&[&nobody(), &other.url])).expect_err("nobody");
    assert_eq!((error.sent(), other.asked()), (Sent::Nothing, 0));
}

pub fn commands_are_written_once_to_one_address_wherever_the_request_breaks<A: CloudPbxAdapter>() {
    let other = Server::start(|_, stream| whole(stream, "200 OK", "OK"));
    for command in Command::ALL {
        let (length, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let measured = Arc::clone(&length);
        let good = Server::start(move |request, stream| {
            measured.store(request.len(), Ordering::SeqCst);
            drop(stream.write_all(command.answer().as_bytes()));
        });
        command.make(&rest::<A>(&[&good.url, &other.url])).expect("a success");
        for cut in 0..length.load(Ordering::SeqCst) {
            let read = Arc::clone(&seen);
            // What was not read goes with a reset.
            let breaks = Pbx::raw(move |mut io, _| {
                read.fetch_add(io.read(&mut vec![0; cut]).unwrap_or(0).min(1), Ordering::SeqCst);
            });
            let url = format!("http://127.0.0.1:{}", breaks.port);
            let error = command.make(&rest::<A>(&[&url, &other.url])).expect_err("broken");
            assert_eq!(breaks.accepted(), 1, "{command:?} cut at {cut}");
            if cut > 0 {
                assert_ne!(error.sent(), Sent::Nothing, "{command:?} cut at {cut}: {error}");
            }
        }
        assert_eq!(
            seen.load(Ordering::SeqCst),
            length.load(Ordering::SeqCst) - 1,
            "the PBX read some of each but the first"
        );
    }
    assert_eq!(other.asked(), 0);
}

pub fn a_long_range_is_asked_for_in_parts_until_none_is_cut_off<A: CloudPbxAdapter>() {
    // 6,000 calls on each of four days.
    let pbx = Server::start(|request, stream| {
        let day = |name| request.split_once(name)?.1.get(..10)?.parse::<Date>().ok();
        let (first, last) = (day("datestart=").expect("a date"), day("datestop=").expect("a date"));
        let days = last.days_since_epoch() - first.days_since_epoch() + 1;
        let rows = vec!["{}"; (days as usize * 6_000).min(10_000)];
        whole(stream, "200 OK", &format!("[{}]", rows.join(",")));
    });
    let days = ["2021-10-01", "2021-10-04"].map(|day| day.parse().expect("a date"));
    let range = DateRange::new(days[0], days[1]).expect("in order");
    let (rows, overflowed, short) = rest::<A>(&[&pbx.url]).all_cdrs(range).expect("records");
    assert_eq!((rows.len(), overflowed.len(), short.len()), (24_000, 0, 0));
}

/// A WAV file of so many bytes, cut off after `sent` of them.
fn wav(length: u64, sent: u64) -> impl Fn(&str, &mut TcpStream) + Send + Sync {
    move |_, stream| {
        let (riff, data) = ((length - 8) as u32, (length - 44) as u32);
        let mut bytes = Vec::with_capacity(44);
        bytes.extend(b"RIFF");
        bytes.extend(riff.to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
        bytes.extend(data.to_le_bytes());
        drop(write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
        drop(stream.write_all(&bytes));
        let (piece, mut left) = (vec![128; 1 << 20], sent - 44);
        while left > 0 {
            let now = left.min(piece.len() as u64);
            if stream.write_all(&piece[..now as usize]).is_err() {
                return;
            }
            left -= now;
        }
        if sent < length {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

pub fn a_recording_of_256_mib_never_has_8_mib_in_memory<A: CloudPbxAdapter>() {
    const LENGTH: u64 = 256 << 20;
    let pbx = Server::start(wav(LENGTH, LENGTH));
    let mut told = Vec::with_capacity(64);
    let mut verified = None;
    // Adapters do all of it on this thread, so all of the client is measured.
    let measured = allocation_counter::measure(|| {
        let mut progress = |progress: Progress| {
            if told.last().is_none_or(|last| progress.received - last > LENGTH / 10) {
                told.push(progress.received);
            }
        };
        verified = Some(rest::<A>(&[&pbx.url]).recording(&Recording::new("1639563902.75"), &mut progress));
    });
    assert_eq!(verified.expect("run").expect("a recording").length, LENGTH);
    assert!(measured.bytes_max < 8 << 20, "{} bytes", measured.bytes_max);
    assert!(told.len() >= 9 && told.is_sorted(), "{told:?}");
}

pub fn a_recording_that_breaks_off_is_an_error_and_no_file<A: CloudPbxAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    let call = Recording::new("1639563902.75");
    for (length, sent) in [(100_000, 99_999), (100_000, 44)] {
        let pbx = Server::start(wav(length, sent));
        let error = rest::<A>(&[&pbx.url]).recording_to_file(&call, &path).expect_err("half of it");
        assert!(matches!(error, DownloadError::Call(CallError::Failed(_))), "{error}");
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
}

pub fn what_is_no_recording_leaves_the_file_that_was_there<A: CloudPbxAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    std::fs::write(&path, "the old one").expect("a file");
    let call = Recording::new("1639563902.75");
    for (body, expected) in [("", RecordingError::Empty), ("<html>Error</html>", RecordingError::NotWav)] {
        let pbx = Server::start(move |_, stream| whole(stream, "200 OK", body));
        let error = rest::<A>(&[&pbx.url]).recording_to_file(&call, &path).expect_err("no WAV");
        assert!(matches!(error, DownloadError::Recording(error) if error == expected), "{error}");
        assert_eq!(std::fs::read(&path).expect("a file"), b"the old one");
    }
    let pbx = Server::start(wav(1000, 1000));
    let verified = rest::<A>(&[&pbx.url]).recording_to_file(&call, &path).expect("a recording");
    assert_eq!((verified.length, std::fs::metadata(&path).expect("a file").len()), (1000, 1000));
    assert_eq!(names(folder.path()), ["call.wav"]);
}
