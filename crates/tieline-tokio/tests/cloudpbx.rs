//! CloudPBX's calls, to servers on threads of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_cloudpbx::RecordingError;
use tieline_cloudpbx::rest::{Cdr, Dial, Recording, SendSms};
use tieline_core::Sent;
use tieline_core::http::CallError;
use tieline_tokio::Proxy;
use tieline_tokio::cloudpbx::{Bases, DownloadError, Progress, Rest, RestConfig};

/// A server that answers each request as told; how many it was asked.
struct Pbx {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Pbx {
    fn start(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                while let Some(request) = read(&mut reader) {
                    count.fetch_add(1, Ordering::SeqCst);
                    answer(&request, &mut stream);
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request).ok()? == 0 {
            return None;
        }
    }
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(request + &String::from_utf8(body).expect("text"))
}

fn whole(stream: &mut TcpStream, status: &str, body: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes());
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn rest(urls: &[&str]) -> Rest {
    let bases = Bases::new(urls.iter().map(|url| url.parse().expect("an address"))).expect("an address");
    Rest::new(RestConfig::new(bases, "KEY".into()).proxy(Proxy::direct())).expect("a client")
}

const CDRS: &str = r#"[{"src":"101","dst":"102"}]"#;

#[tokio::test]
async fn a_read_fails_over_and_stays_with_the_address_that_answered() {
    let (dead, broken) = (nobody(), Pbx::start(|_, stream| whole(stream, "502 Bad Gateway", "")));
    let good = Pbx::start(|request, stream| {
        assert!(request.starts_with("GET /cdr HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer KEY\r\n"), "{request}");
        whole(stream, "200 OK", CDRS);
    });
    let rest = rest(&[&dead, &broken.url, &good.url]);
    for _ in 0..3 {
        assert_eq!(rest.cdrs(&Cdr::today()).await.expect("a list").rows.len(), 1);
    }
    assert_eq!((broken.asked(), good.asked()), (1, 3));
}

#[tokio::test]
async fn a_refused_key_is_not_tried_elsewhere() {
    let (strict, other) = (Pbx::start(|_, stream| whole(stream, "401 No", "")), Pbx::start(|_, _| {}));
    let error = rest(&[&strict.url, &other.url]).cdrs(&Cdr::today()).await.expect_err("refused");
    assert!(matches!(error, CallError::Api(_)), "{error}");
    assert_eq!((strict.asked(), other.asked()), (1, 0));
}

#[tokio::test]
async fn commands_are_written_once_to_one_address_wherever_the_answer_breaks() {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
    for cut in [0, 1, 17, ANSWER.len() - 1] {
        let breaks = Pbx::start(move |_, stream| {
            let _ = stream.write_all(&ANSWER.as_bytes()[..cut]);
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
        let other = Pbx::start(|_, stream| whole(stream, "200 OK", "OK"));
        let rest = rest(&[&breaks.url, &other.url]);
        let dialled = rest.dial(&Dial::new("101", "200")).await.expect_err("broken");
        let sent = rest.send_sms(&SendSms::new("600100200", "text")).await.expect_err("broken");
        assert_eq!((dialled.sent(), sent.sent()), (Sent::All, Sent::All), "cut at {cut}");
        assert_eq!((breaks.asked(), other.asked()), (2, 0), "cut at {cut}");
    }
    let rest = rest(&[&nobody(), &Pbx::start(|_, stream| whole(stream, "200 OK", "OK")).url]);
    let error = rest.dial(&Dial::new("101", "200")).await.expect_err("nobody");
    assert_eq!(error.sent(), Sent::Nothing);
}

#[tokio::test]
async fn a_long_range_is_asked_for_in_parts_until_none_is_cut_off() {
    // 6,000 calls on each of four days.
    let pbx = Pbx::start(|request, stream| {
        let day = |name| request.split_once(name)?.1.get(..10)?.parse::<tieline_core::Date>().ok();
        let (first, last) = (day("datestart=").expect("a date"), day("datestop=").expect("a date"));
        let days = last.days_since_epoch() - first.days_since_epoch() + 1;
        let rows = vec!["{}"; (days as usize * 6_000).min(10_000)];
        whole(stream, "200 OK", &format!("[{}]", rows.join(",")));
    });
    let days = ["2021-10-01", "2021-10-04"].map(|day| day.parse().expect("a date"));
    let range = tieline_cloudpbx::DateRange::new(days[0], days[1]).expect("in order");
    let all = rest(&[&pbx.url]).all_cdrs(range).await.expect("records");
    assert_eq!((all.rows.len(), all.overflowed.len(), all.short.len()), (24_000, 0, 0));
}

/// A WAV file of so many bytes, cut off after `sent` of them.
fn wav(length: u64, sent: u64) -> impl Fn(&str, &mut TcpStream) + Send {
    move |_, stream| {
        let (riff, data) = ((length - 8) as u32, (length - 44) as u32);
        let mut bytes = Vec::with_capacity(44);
        bytes.extend(b"RIFF");
        bytes.extend(riff.to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
        bytes.extend(data.to_le_bytes());
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let _ = stream.write_all(&bytes);
        let (piece, mut left) = (vec![128; 1 << 20], sent - 44);
        while left > 0 {
            let now = left.min(piece.len() as u64);
            if stream.write_all(&piece[..now as usize]).is_err() {
                return;
            }
            left -= now;
        }
        if sent < length {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

#[test]
fn a_recording_of_256_mib_never_has_8_mib_in_memory() {
    const LENGTH: u64 = 256 << 20;
    let pbx = Pbx::start(wav(LENGTH, LENGTH));
    let mut told = Vec::with_capacity(64);
    let mut verified = None;
    // The runtime has this thread only, so all of the client is measured.
    let measured = allocation_counter::measure(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        verified = Some(runtime.block_on(async {
            let progress = |progress: Progress| {
                if told.last().is_none_or(|last| progress.received - last > LENGTH / 10) {
                    told.push(progress.received);
                }
            };
            let call = Recording::new("1639563902.75");
            rest(&[&pbx.url]).recording(&call, "wav", &mut tokio::io::sink(), progress).await
        }));
    });
    assert_eq!(verified.expect("run").expect("a recording").length, LENGTH);
    assert!(measured.bytes_max < 8 << 20, "{} bytes", measured.bytes_max);
    assert!(told.len() >= 9 && told.is_sorted(), "{told:?}");
}

#[tokio::test]
async fn a_recording_that_breaks_off_is_an_error_and_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    let call = Recording::new("1639563902.75");
    for (length, sent) in [(100_000, 99_999), (100_000, 44)] {
        let pbx = Pbx::start(wav(length, sent));
        let error = rest(&[&pbx.url]).recording_to_file(&call, "wav", &path, |_| {}).await.expect_err("half of it");
        assert!(matches!(error, DownloadError::Call(CallError::Failed(_))), "{error}");
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
}

#[tokio::test]
async fn what_is_no_recording_leaves_the_file_that_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    std::fs::write(&path, "the old one").expect("a file");
    let call = Recording::new("1639563902.75");
    for (body, expected) in [("", RecordingError::Empty), ("<html>Error</html>", RecordingError::NotWav)] {
        let pbx = Pbx::start(move |_, stream| whole(stream, "200 OK", body));
        let error = rest(&[&pbx.url]).recording_to_file(&call, "wav", &path, |_| {}).await.expect_err("no WAV");
        assert!(matches!(error, DownloadError::Recording(error) if error == expected), "{error}");
        assert_eq!(std::fs::read(&path).expect("a file"), b"the old one");
    }
    let pbx = Pbx::start(wav(1000, 1000));
    let verified = rest(&[&pbx.url]).recording_to_file(&call, "wav", &path, |_| {}).await.expect("a recording");
    assert_eq!((verified.length, std::fs::metadata(&path).expect("a file").len()), (1000, 1000));
    assert_eq!(names(folder.path()), ["call.wav"]);
}
