//! `tieline record` and `tieline replay`: what a capture holds, what it does not, and that it can be played again.

mod common;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;

use common::capture::{Folder, Running, read, redactor, replay};
use common::{Sim, code, deserted_port, lines, run, stderr, stdout, tieline};
use serde_json::Value;
use tieline_sim::capture::{Payload, Side, What};
use tieline_testkit::leaks::{Words, known};

/// What is listened to: a name, the path and query, and the login.
struct Place {
    name: &'static str,
    scheme: &'static str,
    target: String,
    arguments: Vec<String>,
    secret: (&'static str, String),
}

fn places(sim: &Sim) -> Vec<Place> {
    let text = |pointer: &str| sim.text(pointer).to_owned();
    let users = sim.contract["wsi"]["users"].as_array().expect("a list");
    let user = users.iter().find(|user| user["role"] == "tenant_admin").expect("an administrator");
    let [name, password] = ["username", "password"].map(|key| user[key].as_str().expect("text").to_owned());
    let of_wsi = |name_of: &'static str, dialect: &str, login: &[&str], password: String| Place {
        name: name_of,
        scheme: "ws",
        target: format!("/wsi?dialect={dialect}"),
        arguments: login.iter().map(|word| (*word).to_owned()).collect(),
        secret: ("TIELINE_PASSWORD", password),
    };
    let domain = text("/wsi/domain");
    let target = |url: &str| {
        url.split_once("://").and_then(|(_, rest)| Some(rest[rest.find('/')?..].to_owned())).expect("a path")
    };
    vec![
        of_wsi("wsi v12", "v12", &["--tenant", sim.text("/wsi/tenant/name")], text("/wsi/tenant/password")),
        of_wsi("wsi v16", "v16", &["--user", &name, "--domain", &domain], password.clone()),
        of_wsi("wsi v22", "v22", &["--user", &name, "--domain", &domain], password),
        Place {
            name: "cloudpbx",
            scheme: "ws",
            target: target(sim.text("/cloudpbx/stream").split('?').next().expect("an address")),
            arguments: Vec::new(),
            secret: ("TIELINE_KEY", text("/cloudpbx/key")),
        },
        Place {
            name: "axeos",
            scheme: "http",
            target: target(sim.text("/axeos/url")),
            arguments: Vec::new(),
            secret: ("TIELINE_KEY", text("/axeos/key")),
        },
    ]
}

impl Place {
    /// Events and snapshots that `listen` tells of a PBX at this address.
    fn listen(&self, address: &str, count: usize) -> Vec<Value> {
        let mut command = tieline();
        command.args(["listen", &format!("{}://{address}{}", self.scheme, self.target), "-o", "json"]);
        command.args(["--count", &count.to_string()]).args(&self.arguments).env(self.secret.0, &self.secret.1);
        let output = run(command);
        assert_eq!(code(&output), Some(0), "{}: {}", self.name, stderr(&output));
        // The lists of Axeos are read when the client likes.
        let is_told = |line: &Value| line["kind"] == "event" || (self.name != "axeos" && line["kind"] == "snapshot");
        lines(&output).into_iter().filter(is_told).collect()
    }
}

/// What of `known` stands in a capture.
fn leaked(file: &Path, known: &BTreeSet<String>) -> Vec<String> {
    Words::of(&std::fs::read_to_string(file).expect("the capture")).leaked(known)
}

#[test]
fn a_capture_holds_nothing_of_anybody_and_replays_to_the_same_events() {
    const EVENTS: usize = 400;
    let (sim, folder) = (Sim::start(&["--speed", "600"]), Folder::new());
    let known = known(&sim.contract);
    let upstream = sim.text("/cloudpbx/url").to_owned();
    for (number, place) in places(&sim).iter().enumerate() {
        let file = folder.path(&format!("{number}.tlr"));
        let proxy = folder.proxy(&upstream, &file);
        let heard = place.listen(proxy.text("address"), EVENTS);
        let output = proxy.interrupt();
        assert_eq!(code(&output), Some(130), "{}: {}", place.name, stderr(&output));

        let capture = read(&file);
        assert!(!capture.cut, "{}", place.name);
        assert_eq!(leaked(&file, &known), [""; 0], "{}", place.name);
        assert_eq!(capture.header.redaction, Some(redactor().fingerprint()));

        let pbx = replay(&file, &["--speed", "max"]);
        let again = place.listen(pbx.text("address"), EVENTS);
        drop(pbx.interrupt());
        let shown = |line: &Value, map: bool| {
            let data = line["data"].to_string();
            let data = if map { redactor().message(data.as_bytes()) } else { data.into_bytes() };
            let data: Value = serde_json::from_slice(&data).expect("JSON");
            (line["kind"].to_string(), line["type"].to_string(), data)
        };
        let heard: Vec<_> = heard.iter().map(|line| shown(line, true)).collect();
        let again: Vec<_> = again.iter().map(|line| shown(line, false)).collect();
        for (at, (heard, again)) in heard.iter().zip(&again).enumerate() {
            assert_eq!(heard, again, "{}: event {at}", place.name);
        }
        assert_eq!(heard.len(), again.len(), "{}", place.name);
    }
}

#[test]
fn the_whole_day_of_each_protocol_is_recorded_by_a_client_without_a_leak() {
    // Eight hours, or as much of them as the machine manages.
    let (sim, folder) = (Sim::start(&["--speed", "2000", "--seed", "11"]), Folder::new());
    let known = known(&sim.contract);
    let host = sim.text("/cloudpbx/url").trim_start_matches("http://").to_owned();
    let mut running = Vec::new();
    for (number, place) in places(&sim).into_iter().enumerate() {
        let file = folder.path(&format!("{number}.tlr"));
        let mut command = tieline();
        command.args(["record", &format!("{}://{host}{}", place.scheme, place.target), "--for", "15s", "--json"]);
        command.args(&place.arguments).env(place.secret.0, &place.secret.1).arg("-o").arg(&file);
        command.arg("--redact-key").arg(&folder.key);
        running.push((place.name, file, Running::start(command)));
    }
    for (name, file, record) in running {
        let output = record.output();
        assert_eq!(code(&output), Some(0), "{name}: {}", stderr(&output));
        let summary = lines(&output).pop().expect("a summary");
        assert_eq!(summary["kind"], "summary", "{name}");
        let capture = read(&file);
        assert!(!capture.cut && capture.entries.len() > 50, "{name}: {} entries", capture.entries.len());
        assert_eq!(
            capture.entries.iter().filter(|entry| matches!(entry.what, What::Unreadable { .. })).count(),
            0,
            "{name}"
        );
        assert_eq!(leaked(&file, &known), [""; 0], "{name}");
        let expected = name.split(' ').next();
        assert_eq!(capture.header.protocol.as_deref(), expected);
        if expected != Some("axeos") {
            let mut lint = tieline();
            lint.args(["lint", "-o", "json"]).arg(&file);
            let linted = run(lint);
            let summary = lines(&linted).pop().expect("a summary");
            assert!(summary["messages"].as_u64() > Some(40) && summary["broken"] == 0, "{name}: {summary}");
        }
    }
}

#[test]
fn calls_over_http_are_recorded_and_answered_again() {
    let (sim, folder) = (Sim::start(&["--speed", "300"]), Folder::new());
    let file = folder.path("api.tlr");
    let key = sim.text("/cloudpbx/key").to_owned();
    let cdr = |url: &str| {
        let mut command = tieline();
        command.args(["cdr", "--api", url, "-o", "json"]).env("TIELINE_KEY", &key);
        run(command)
    };
    let proxy = folder.proxy(sim.text("/cloudpbx/url"), &file);
    let first = cdr(&format!("http://{}", proxy.text("address")));
    assert_eq!(code(&first), Some(0), "{}", stderr(&first));
    assert_eq!(code(&proxy.interrupt()), Some(130));
    assert!(!std::fs::read_to_string(&file).expect("the capture").contains(&key));
    let pbx = replay(&file, &[]);
    let again = cdr(pbx.text("http"));
    assert_eq!(code(&again), Some(0), "{}", stderr(&again));
    assert_eq!(lines(&again).len(), lines(&first).len());
}

/// A PBX that opens a WebSocket and says these bytes; what the client said after its request is sent back on the channel.
fn pbx(says: &'static [u8], hears: usize) -> (u16, std::sync::mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let head = head(&mut stream);
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Odd:  Spaces \r\n\r\n";
        stream.write_all(&[&answer[..], says].concat()).expect("written");
        let mut bytes = vec![0; hears];
        stream.read_exact(&mut bytes).expect("read");
        sender.send((head, bytes)).expect("awaited");
    });
    (port, heard)
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a byte");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

#[test]
fn a_client_sees_through_the_proxy_the_bytes_that_it_would_see_without() {
    // A ping, a text in two fragments, bytes that are no UTF-8, a binary message.
    let says: &[u8] = b"\x89\x02hi\x01\x05{\"a\":\x80\x041.0}\x81\x02\xff\xfe\x82\x03\0\x01\x02";
    // A masked text and a masked pong, one that nobody would send as it is cut.
    let hears: &[u8] = b"\x81\x85\x01\x02\x03\x04ifnh`\x8a\x82\x05\x06\x07\x08mm";
    let (port, heard) = pbx(says, hears.len());
    let folder = Folder::new();
    let file = folder.path("bytes.tlr");
    let proxy = folder.proxy(&format!("ws://127.0.0.1:{port}"), &file);
    let mut client = TcpStream::connect(proxy.text("address")).expect("the proxy");
    let asks = "GET /wsi?x=1 HTTP/1.1\r\nHost: somewhere\r\nX-Odd:  Spaces \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(asks.as_bytes()).expect("written");
    assert!(head(&mut client).ends_with("X-Odd:  Spaces \r\n\r\n"));
    let mut bytes = vec![0; says.len()];
    client.read_exact(&mut bytes).expect("read");
    assert_eq!(bytes, says);
    for part in hears.chunks(3) {
        client.write_all(part).expect("written");
    }
    let (asked, bytes) = heard.recv().expect("heard");
    assert_eq!(bytes, hears);
    assert_eq!(asked, asks.replace("somewhere", &format!("127.0.0.1:{port}")));
    drop(client);
    assert_eq!(code(&proxy.interrupt()), Some(130));
    let capture = read(&file);
    let messages: Vec<_> = capture
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Message { from: Side::Server, binary, payload } => Some((*binary, payload.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(
        messages,
        [
            (false, Payload::of(b"{\"a\":1.0}".to_vec())),
            (false, Payload::of(b"\xff\xfe".to_vec())),
            (true, Payload::Size(3))
        ]
    );
}

#[test]
fn a_capture_that_was_cut_off_is_played_up_to_there() {
    let (sim, folder) = (Sim::start(&["--speed", "300"]), Folder::new());
    let place = places(&sim).remove(2);
    let (whole, cut) = (folder.path("whole.tlr"), folder.path("cut.tlr"));
    let proxy = folder.proxy(sim.text("/cloudpbx/url"), &whole);
    place.listen(proxy.text("address"), 30);
    drop(proxy.interrupt());
    let bytes = std::fs::read(&whole).expect("the capture");
    std::fs::write(&cut, &bytes[..bytes.len() - 400]).expect("written");
    assert!(read(&cut).cut && read(&cut).entries.len() > 10);
    let pbx = replay(&cut, &["--speed", "max"]);
    assert!(!place.listen(pbx.text("address"), 5).is_empty());
    let output = pbx.interrupt();
    assert!(stderr(&output).contains("was cut off"), "{}", stderr(&output));
}

#[test]
fn once_ends_when_everything_was_played() {
    let (sim, folder) = (Sim::start(&["--speed", "300"]), Folder::new());
    let place = places(&sim).remove(3);
    let file = folder.path("once.tlr");
    let proxy = folder.proxy(sim.text("/cloudpbx/url"), &file);
    place.listen(proxy.text("address"), 20);
    drop(proxy.interrupt());
    let mut pbx = replay(&file, &["--speed", "max", "--once"]);
    place.listen(pbx.text("address"), 20);
    assert_eq!(pbx.child().wait().expect("ended").code(), Some(0));
}

#[test]
fn a_step_lets_one_event_happen() {
    let (sim, folder) = (Sim::start(&["--speed", "300"]), Folder::new());
    let place = places(&sim).remove(3);
    let file = folder.path("step.tlr");
    let proxy = folder.proxy(sim.text("/cloudpbx/url"), &file);
    place.listen(proxy.text("address"), 5);
    drop(proxy.interrupt());
    let mut command = tieline();
    command.arg("replay").arg(&file).args(["--json", "--step"]).stdin(Stdio::piped());
    let mut pbx = Running::start(command);
    pbx.child().stdin.as_mut().expect("piped").write_all(b"\n\n\n").expect("written");
    assert_eq!(place.listen(pbx.text("address"), 3).len(), 3);
    drop(pbx.interrupt());
}

#[test]
fn without_redaction_everything_is_there_and_it_is_said_loudly() {
    let (sim, folder) = (Sim::start(&[]), Folder::new());
    let place = places(&sim).remove(1);
    let file = folder.path("open.tlr");
    let mut command = tieline();
    let url = format!("{}{}", sim.text("/cloudpbx/url").replace("http", "ws"), place.target);
    command.args(["record", &url, "--no-redact", "--count", "1", "--json", "-o"]).arg(&file);
    command.args(&place.arguments).env(place.secret.0, &place.secret.1);
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("NOTHING IS REDACTED"), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&file).expect("the capture").contains(&place.secret.1));
    assert_eq!(read(&file).header.redaction, None);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("the capture").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_a_file_holds_stays_until_something_is_recorded() {
    let (sim, folder) = (Sim::start(&[]), Folder::new());
    let place = places(&sim).remove(0);
    let file = folder.path("day.tlr");
    let old = "what was recorded yesterday\n".repeat(10_000);
    std::fs::write(&file, &old).expect("written");
    let record = |password: &str| {
        let mut command = tieline();
        command.args(["record", &format!("{}{}", sim.text("/cloudpbx/url").replace("http", "ws"), place.target)]);
        command.args(["--count", "1", "-o"]).arg(&file).args(&place.arguments);
        // A password that is missing: there is no terminal to ask for it.
        if !password.is_empty() {
            command.env(place.secret.0, password);
        }
        run(command)
    };
    let unasked = record("");
    assert_eq!(code(&unasked), Some(2), "{}", stderr(&unasked));
    assert_eq!(std::fs::read_to_string(&file).expect("the old file"), old);
    let recorded = record(&place.secret.1);
    assert_eq!(code(&recorded), Some(0), "{}", stderr(&recorded));
    assert!(!std::fs::read_to_string(&file).expect("the capture").contains("yesterday"));
    assert!(!read(&file).entries.is_empty());
}

#[test]
fn failures_are_those_of_the_way_to_the_pbx_and_name_the_remedy() {
    let folder = Folder::new();
    let record = |url: &str, options: &[&str]| {
        let mut command = tieline();
        command.args(["record", url, "--user", "a", "--domain", "b"]).env("TIELINE_PASSWORD", "c").args(options);
        run(command)
    };
    let file = folder.path("x.tlr");
    let file = file.to_str().expect("text");
    let nobody = record(&format!("ws://127.0.0.1:{}/wsi", deserted_port()), &["-o", file]);
    assert_eq!(code(&nobody), Some(5), "{}", stderr(&nobody));
    let capture = read(Path::new(file));
    assert!(capture.entries.iter().any(|entry| matches!(entry.what, What::Failed { .. })), "{capture:?}");

    let sim = Sim::start(&["--tls"]);
    let url = sim.text("/wsi/url").to_owned();
    let untrusted = record(&url, &["--retry", "-o", file]);
    assert_eq!(code(&untrusted), Some(4), "{}", stderr(&untrusted));
    assert!(stderr(&untrusted).contains("--tls-pin sha256:"), "{}", stderr(&untrusted));
    let wrong = record(&url, &["--tls-pin", sim.text("/pin"), "-o", file]);
    assert_eq!(code(&wrong), Some(3), "{}", stderr(&wrong));

    let unnamed = record(&url, &[]);
    assert_eq!((code(&unnamed), stderr(&unnamed).contains("-o FILE")), (Some(2), true), "{}", stderr(&unnamed));
    let short = folder.path("short.key");
    std::fs::write(&short, "123").expect("written");
    let short = record(&url, &["-o", file, "--redact-key", short.to_str().expect("text")]);
    assert_eq!((code(&short), stderr(&short).contains("at least 16 bytes")), (Some(2), true), "{}", stderr(&short));

    let mut listen = tieline();
    listen.args(["listen", &url, "-o", file]);
    let listen = run(listen);
    assert_eq!((code(&listen), stderr(&listen).contains("possible values")), (Some(2), true), "{}", stderr(&listen));
    std::fs::write(folder.path("no.tlr"), "{}\n").expect("written");
    let mut none = tieline();
    none.arg("replay").arg(folder.path("no.tlr"));
    let none = run(none);
    assert_eq!((code(&none), stdout(&none).as_str()), (Some(9), ""), "{}", stderr(&none));
}

#[test]
fn a_login_that_is_refused_is_what_failed_though_the_pbx_was_not_there_at_first() {
    let folder = Folder::new();
    let (file, port) = (folder.path("late.tlr"), deserted_port());
    let mut command = tieline();
    command.args(["record", &format!("ws://127.0.0.1:{port}/wsi"), "--user", "nobody", "--domain", "acme.test"]);
    command.args(["--retry", "--retry-delay", "200ms", "--json", "-o"]).arg(&file).env("TIELINE_PASSWORD", "wrong");
    let mut record = Running::start(command);
    while !std::fs::read_to_string(&file).expect("the capture").contains("\"failed\"") {
        assert_eq!(record.child().try_wait().expect("running"), None);
        std::thread::yield_now();
    }
    let mut command = tieline();
    command.args(["sim", "--json", "--listen", &format!("127.0.0.1:{port}")]);
    let sim = Running::start(command);
    let output = record.output();
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    drop(sim.interrupt());
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_ends_the_capture_with_its_last_whole_line() {
    let (sim, folder) = (Sim::start(&["--speed", "600"]), Folder::new());
    let place = places(&sim).remove(1);
    let file = folder.path("full.tlr");
    let url = format!("{}{}", sim.text("/cloudpbx/url").replace("http", "ws"), place.target);
    let mut command = std::process::Command::new("sh");
    // A file cannot grow beyond some KiB; the signal that tells it would end the program.
    command.args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tieline")]);
    command.args(["record", &url, "--no-redact", "--json", "-o"]).arg(&file);
    command.args(&place.arguments).env(place.secret.0, &place.secret.1);
    let output = run(command);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("cannot write {}", file.display())), "{}", stderr(&output));
    let text = std::fs::read_to_string(&file).expect("the capture");
    assert!(text.ends_with('\n') && text.len() > 10_000, "{} bytes", text.len());
    let capture = read(&file);
    assert!(capture.cut && capture.entries.len() > 2);
}

#[test]
fn a_reader_of_standard_output_that_has_gone_is_no_failure() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = tieline();
    command.args(["record", "ws://127.0.0.1:9/wsi", "--from-proxy", "127.0.0.1:0", "-o", "-"]).stdout(writer);
    let output = command.stderr(Stdio::piped()).spawn().and_then(|child| child.wait_with_output()).expect("ran");
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_key_without_end_is_refused_and_one_that_lies_open_is_warned_of() {
    let folder = Folder::new();
    let record = |key: &Path| {
        let mut command = tieline();
        command.args(["record", &format!("ws://127.0.0.1:{}/wsi", deserted_port()), "--user", "a", "--domain", "b"]);
        command.arg("-o").arg(folder.path("x.tlr")).arg("--redact-key").arg(key).env("TIELINE_PASSWORD", "c");
        run(command)
    };
    let endless = record(Path::new("/dev/urandom"));
    assert_eq!((code(&endless), stderr(&endless).contains("too long")), (Some(2), true), "{}", stderr(&endless));
    let mode = |mode: u32| std::os::unix::fs::PermissionsExt::from_mode(mode);
    for (bits, is_open) in [(0o644, true), (0o600, false)] {
        std::fs::set_permissions(&folder.key, mode(bits)).expect("changed");
        let told = stderr(&record(&folder.key));
        assert_eq!(told.contains("can read the key of the redaction"), is_open, "{told}");
    }
}
