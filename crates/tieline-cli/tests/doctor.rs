//! `tieline doctor`: what it says of what is wrong, and what to do about it.

mod common;

use common::doctor::{Examined, answering, doctor, head, proxy, server};
use common::{Sim, deserted_port, run, stderr, stdout};
use std::io::Write as _;
use std::process::Command;
use tieline_portsip_im::Status;
use tieline_testkit::adapter::im::Chat;
use tieline_testkit::adapter::{Gate, Pbx};
use tieline_testkit::certificates::{Mode, check, each_row};
use tieline_tls::Trust;

const WSI: [&str; 11] =
    ["proxy", "name", "tcp", "tunnel", "tls", "upgrade", "clock", "login", "subscription", "keys", "dialect"];

/// The first user of the simulator.
fn user(sim: &Sim, options: &[&str]) -> Command {
    let mut command = doctor(sim.text("/wsi/dialects/v16"), options);
    command.args(["--user", sim.text("/wsi/users/0/username"), "--domain", sim.text("/wsi/domain")]);
    command.env("TIELINE_PASSWORD", sim.text("/wsi/users/0/password"));
    command
}

fn ws(port: u16, path: &str) -> String {
    format!("ws://127.0.0.1:{port}{path}")
}

#[test]
fn every_step_is_told_with_its_time_and_the_last_line_is_a_summary() {
    let sim = Sim::start(&[]);
    let examined = Examined::by(user(&sim, &["--for", "1s"]));
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    let steps: Vec<&str> = examined.lines.iter().filter_map(|line| line["step"].as_str()).collect();
    assert_eq!(steps, WSI);
    for name in ["proxy", "tcp", "upgrade", "clock", "login", "subscription", "dialect", "keys"] {
        assert_eq!(examined.outcome(name), "ok", "{}", examined.step(name));
        assert!(examined.step(name)["seconds"].is_f64());
    }
    assert!(examined.step("keys")["facts"]["events"].as_u64().is_some_and(|events| events > 0));
    assert_eq!(examined.step("clock")["facts"]["skew_seconds"].as_i64().map(|skew| skew.abs() < 5), Some(true));
    let summary = examined.lines.last().expect("a summary");
    assert_eq!((&summary["kind"], &summary["exit"], &summary["failed"]), (&"summary".into(), &0.into(), &().into()));
}

#[test]
fn people_get_a_list_to_read() {
    let sim = Sim::start(&[]);
    let mut command = user(&sim, &["-o", "human"]);
    command.env("TIELINE_PASSWORD", "not-the-password");
    let output = run(command);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(text.contains("  ok       tcp ") && text.contains("  FAILED   login "), "{text}");
    assert!(text.contains("what to do") && text.contains("It fails at login (exit code 3)"), "{text}");
    assert!(!text.contains('{') && !text.contains("not-the-password"), "{text}");
}

#[test]
fn a_wrong_password_is_named_with_the_servers_words() {
    let sim = Sim::start(&[]);
    let mut command = user(&sim, &[]);
    command.env("TIELINE_PASSWORD", "not-the-password");
    let examined = Examined::by(command);
    assert_eq!(examined.fails_at("login", 3), "Check user, domain, password and --dialect.");
    assert!(examined.words("login").contains("name or password error"));
    assert_eq!(examined.outcome("keys"), "skipped");
    assert!(!stdout(&examined.output).contains("not-the-password"));
}

#[test]
fn without_a_login_it_says_which_options_go_on() {
    let sim = Sim::start(&[]);
    let examined = Examined::by(doctor(sim.text("/wsi/url"), &[]));
    assert_eq!((examined.code(), examined.outcome("login")), (Some(0), "skipped"));
    assert!(examined.words("login").contains("--user NAME --domain DOMAIN"), "{}", examined.words("login"));
}

#[test]
fn a_login_without_a_password_is_told_where_passwords_come_from() {
    let sim = Sim::start(&[]);
    let mut command = user(&sim, &[]);
    command.env_remove("TIELINE_PASSWORD");
    let examined = Examined::by(command);
    examined.fails_at("login", 2);
    assert!(examined.words("login").contains("--password-file"));
}

#[test]
fn a_topic_that_is_refused_is_named_with_its_remedy() {
    let sim = Sim::start(&[]);
    let examined = Examined::by(user(&sim, &["--topic", "trunk_events"]));
    assert!(examined.fails_at("subscription", 7).contains("--topic"));
    assert!(examined.words("subscription").starts_with("trunk_events:"));
}

#[test]
fn a_wrong_path_is_answered_with_where_the_protocol_lies() {
    let sim = Sim::start(&[]);
    let url = sim.text("/wsi/url").replace("/wsi", "/elsewhere");
    let examined = Examined::by(doctor(&url, &["--protocol", "wsi"]));
    let remedy = examined.fails_at("upgrade", 6);
    assert!(
        remedy.contains("There is nothing at the path /elsewhere. WSI lies at the path / (v12 and v16"),
        "{remedy}"
    );
}

#[test]
fn a_port_that_nobody_listens_on_is_answered_with_the_usual_ones() {
    let port = deserted_port();
    let examined = Examined::by(doctor(&ws(port, "/wsi"), &[]));
    let remedy = examined.fails_at("tcp", 5);
    assert!(remedy.contains("Check the port") && remedy.contains("8887"), "{remedy}");
    assert_eq!(examined.words("tcp"), format!("nobody listens on port {port} of 127.0.0.1"));
}

#[test]
fn a_name_that_is_not_known_is_told_before_anything_is_dialled() {
    let examined = Examined::by(doctor("wss://pbx.invalid:8887/wsi", &[]));
    assert!(examined.fails_at("name", 5).contains("Check its spelling"));
    assert_eq!(examined.outcome("tcp"), "skipped");
}

#[test]
fn each_certificate_of_the_table_is_told_with_the_options_that_accept_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |text: &str| {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    each_row(|row, made| {
        let pbx = Pbx::secure(&made.tls, |peer, _| drop(peer));
        let with = |options: &[&str]| Examined::by(doctor(&format!("wss://127.0.0.1:{}/wsi", pbx.port), options));
        let is_accepted = |examined: &Examined| ["ok", "warning"].contains(&examined.outcome("tls"));
        for (mode, _) in row.cells() {
            let examined = match (mode, made.trust(mode)) {
                (Mode::System, _) => with(&[]),
                (Mode::Authority, _) => with(&["--tls-ca", &file(&made.authority_pem)]),
                (Mode::Pin | Mode::KeyPin, Trust::Pins(pins)) => with(&["--tls-pin", &pins[0].to_string()]),
                _ => continue,
            };
            let facts = &examined.step("tls")["facts"];
            let days_left = facts["days_left"].as_i64().expect("a number");
            if is_accepted(&examined) {
                assert_eq!(examined.outcome("tls"), if days_left < 30 { "warning" } else { "ok" }, "{}", row.words);
                assert!(check(row, mode, made, Ok(())).is_empty());
                continue;
            }
            let remedy = examined.fails_at("tls", 4);
            assert_eq!(facts["option"], format!("--tls-pin {}", facts["pin"].as_str().expect("a pin")));
            let text = format!("{}\n{remedy}", examined.words("tls"));
            let remedies = check(row, mode, made, Err(&text));
            // The words are the same in every mode; that they help is tried in one.
            for remedy in remedies.into_iter().filter(|_| mode == Mode::System) {
                let accepted = match remedy {
                    Trust::Pins(pins) => with(&["--tls-pin", &pins[0].to_string()]),
                    _ => with(&["--tls-ca", &file(&made.issuer_pem)]),
                };
                assert!(is_accepted(&accepted), "{}: {}", row.words, stdout(&accepted.output));
            }
        }
    });
}

#[test]
fn a_plain_text_port_behind_wss_is_answered_with_ws() {
    let sim = Sim::start(&[]);
    let url = sim.text("/wsi/url").replace("ws://", "wss://");
    let examined = Examined::by(doctor(&url, &[]));
    let remedy = examined.fails_at("tls", 4);
    assert!(remedy.contains(&format!("Use {} instead", sim.text("/wsi/url"))), "{remedy}");
}

#[test]
fn a_tls_port_behind_ws_is_answered_with_wss() {
    let sim = Sim::start(&["--tls"]);
    let url = sim.text("/wsi/url").replace("wss://", "ws://");
    let examined = Examined::by(doctor(&url, &[]));
    let remedy = examined.fails_at("upgrade", 6);
    assert!(remedy.contains(&format!("Use {} instead", sim.text("/wsi/url"))), "{remedy}");
    let port = answering("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port".into());
    let examined = Examined::by(doctor(&ws(port, "/wsi"), &[]));
    assert!(examined.fails_at("upgrade", 6).contains(&format!("use wss://127.0.0.1:{port}/wsi instead")));
}

#[test]
fn a_mute_port_is_told_from_one_that_answers() {
    let gate = Gate::new();
    let mute = Pbx::mute(&gate);
    let examined = Examined::by(doctor(&ws(mute.port, "/wsi"), &["--timeout", "300ms"]));
    let remedy = examined.fails_at("upgrade", 5);
    assert!(remedy.contains(&format!("try wss://127.0.0.1:{}/wsi", mute.port)), "{remedy}");
    let examined = Examined::by(doctor(&format!("wss://127.0.0.1:{}/wsi", mute.port), &["--timeout", "300ms"]));
    let remedy = examined.fails_at("tls", 5);
    assert!(remedy.contains(&format!("Try ws://127.0.0.1:{}/wsi instead", mute.port)), "{remedy}");
    gate.open();
}

#[test]
fn a_connection_that_is_closed_at_once_is_told() {
    let port = server(drop);
    let examined = Examined::by(doctor(&ws(port, "/wsi"), &[]));
    assert!(examined.fails_at("upgrade", 5).contains("try wss://"));
    assert_eq!(examined.words("upgrade"), "the connection was closed without an answer");
}

#[test]
fn what_answers_in_the_place_of_the_pbx_is_quoted_shortly() {
    let page = format!("<html><h1>Welcome to the hotel</h1>{}", "x".repeat(5000));
    for (status, headers, code, remedy, words) in [
        ("200 OK", "", 6, "login page of the network", "HTTP status 200: \"Welcome to the hotel xxx"),
        (
            "302 Found",
            "Location: http://login.example/?key=secret\r\n",
            6,
            "open it in a browser",
            "HTTP status 302, which sends to http://login.example/",
        ),
        ("403 Forbidden", "", 3, "proxy or firewall between refuses", "HTTP status 403: \"Welcome"),
        (
            "407 Proxy Authentication Required",
            "",
            3,
            "HTTP_PROXY), as http://USER:PASSWORD@HOST:PORT",
            "HTTP status 407",
        ),
        ("503 Service Unavailable", "", 5, "look at its log", "HTTP status 503"),
    ] {
        let port = answering(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{page}", page.len()));
        let examined = Examined::by(doctor(&ws(port, "/wsi"), &[]));
        let told = examined.fails_at("upgrade", code);
        assert!(told.contains(remedy), "{status}: {told}");
        let told = examined.words("upgrade");
        assert!(told.starts_with(words) && told.len() < 250 && !told.contains("secret"), "{status}: {told}");
    }
}

#[test]
fn the_proxy_of_the_environment_is_named_and_passed() {
    let sim = Sim::start(&[]);
    let port = sim.text("/wsi/url").split(':').nth(2).and_then(|rest| rest.split('/').next()).expect("a port");
    let proxy = proxy(Ok(port.parse().expect("a number")));
    let mut command = doctor("ws://pbx.invalid/wsi", &[]);
    command.env("HTTP_PROXY", format!("http://127.0.0.1:{proxy}"));
    let examined = Examined::by(command);
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    assert_eq!(examined.step("proxy")["facts"]["variable"], "HTTP_PROXY");
    assert_eq!(examined.words("tunnel"), "the proxy connected to pbx.invalid:80");
    assert_eq!(examined.outcome("tls"), "warning");
}

#[test]
fn a_proxy_that_does_not_let_through_is_told_with_the_variable_to_set() {
    for (answer, expected) in [
        ("407 Proxy Authentication Required", "Put them into HTTPS_PROXY: http://USER:PASSWORD@127.0.0.1:"),
        ("403 Forbidden", "Ask its keeper to allow port 8887 of pbx.invalid. To go without it: NO_PROXY=pbx.invalid"),
        ("502 Bad Gateway", "The proxy did not reach the PBX"),
    ] {
        let mut command = doctor("wss://pbx.invalid:8887/wsi", &[]);
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy(Err(answer))));
        let examined = Examined::by(command);
        let remedy = examined.fails_at("tunnel", 5);
        assert!(remedy.contains(expected), "{answer}: {remedy}");
    }
    let mut command = doctor("wss://pbx.invalid:8887/wsi", &[]);
    command.env("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:1080");
    let examined = Examined::by(command);
    let remedy = examined.fails_at("proxy", 5);
    assert!(remedy.contains("http:// proxy") || remedy.contains("NO_PROXY"), "{remedy}");
    assert!(!stdout(&examined.output).contains("hunter2"));
}

#[test]
fn clocks_that_differ_are_a_warning() {
    let answer = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\n[]";
    let port = answering(answer.into());
    let examined = Examined::by(doctor(&format!("http://127.0.0.1:{port}/apis/pbx"), &[]));
    assert_eq!((examined.code(), examined.outcome("clock")), (Some(0), "warning"), "{}", stdout(&examined.output));
    assert!(examined.words("clock").contains("s behind the one of this machine"));
    assert!(examined.step("clock")["remedy"].as_str().expect("a remedy").contains("NTP"));
}

#[test]
fn what_no_document_has_is_named_by_key_and_never_by_value() {
    let pbx = Pbx::start(|mut peer, number| {
        // The first connection ends after the upgrade.
        if number == 0 {
            peer.agree();
            return;
        }
        peer.log_in();
        peer.say(r#"{"event_type":"call_start","session_id":"1","brand_new":"a-value"}"#);
        peer.say(r#"{"event_type":"never_heard_of"}"#);
        peer.agree();
    });
    let mut command = doctor(&pbx.url, &["--for", "500ms", "--user", "u", "--domain", "d", "--dialect", "v16"]);
    command.env("TIELINE_PASSWORD", "p");
    let examined = Examined::by(command);
    assert_eq!((examined.code(), examined.outcome("keys")), (Some(0), "warning"), "{}", stdout(&examined.output));
    let unknown = examined.step("keys")["facts"]["unknown"].to_string();
    assert!(unknown.contains("`brand_new` of `call_start`") && unknown.contains("`never_heard_of`"), "{unknown}");
    assert!(!stdout(&examined.output).contains("a-value"));
}

#[test]
fn the_stream_of_cloudpbx_is_examined_with_its_key() {
    let sim = Sim::start(&[]);
    let stream = sim.text("/cloudpbx/stream").split('?').next().expect("an address");
    let with = |key: Option<&str>| {
        let mut command = doctor(stream, &["--for", "1s"]);
        key.map(|key| command.env("TIELINE_KEY", key));
        Examined::by(command)
    };
    let examined = with(Some(sim.text("/cloudpbx/key")));
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    assert_eq!((examined.outcome("login"), examined.outcome("keys")), ("ok", "ok"), "{}", stdout(&examined.output));
    let examined = with(Some("not-the-key"));
    assert!(examined.fails_at("upgrade", 3).contains("--key-file"));
    assert!(!stdout(&examined.output).contains("not-the-key"));
    assert!(with(None).fails_at("upgrade", 3).contains("It wants the API key: --key-file"));
}

#[test]
fn the_api_of_cloudpbx_is_examined_with_its_key() {
    let sim = Sim::start(&[]);
    let with = |key: &str| {
        let mut command = doctor(sim.text("/cloudpbx/url"), &["--protocol", "cloudpbx-api"]);
        command.env("TIELINE_KEY", key);
        Examined::by(command)
    };
    let examined = with(sim.text("/cloudpbx/key"));
    assert_eq!((examined.code(), examined.outcome("http")), (Some(0), "ok"), "{}", stdout(&examined.output));
    let examined = with("not-the-key");
    assert!(examined.fails_at("login", 3).contains("--key-file"));
}

#[test]
fn axeos_is_examined_with_its_key_or_without() {
    let sim = Sim::start(&[]);
    let with = |key: Option<&str>| {
        let mut command = doctor(sim.text("/axeos/url"), &[]);
        key.map(|key| command.env("TIELINE_KEY", key));
        Examined::by(command)
    };
    let examined = with(Some(sim.text("/axeos/key")));
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    assert_eq!((examined.outcome("login"), examined.outcome("subscription")), ("ok", "ok"));
    let examined = with(Some("not-the-key"));
    assert!(examined.fails_at("login", 3).contains("--key-file"));
    let examined = with(None);
    assert_eq!((examined.code(), examined.outcome("login")), (Some(0), "skipped"));
}

#[test]
fn im_is_examined_with_its_token() {
    let chat = Chat::serving();
    let login = ["--protocol", "im", "--user", "alice", "--domain", "portsip.io"];
    let with = |token: &str| {
        let mut command = doctor(&chat.pbx.url, &login);
        command.env("TIELINE_TOKEN", token);
        Examined::by(command)
    };
    let examined = with("V1TC8EQWN2ZLJQ");
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    assert_eq!((examined.outcome("login"), examined.outcome("subscription")), ("ok", "ok"));
    chat.world().logins.push(Status::AUTHENTICATION_FAILED);
    assert!(with("V1TC8EQWN2ZLJQ").fails_at("login", 3).contains("access token"));
    let examined = Examined::by(doctor(&chat.pbx.url, &["--protocol", "im"]));
    assert_eq!(examined.outcome("login"), "skipped");
}

#[test]
fn an_address_that_tells_no_protocol_asks_for_it() {
    let output = run(doctor("wss://pbx.example.com/chat", &[]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--protocol"), "{}", stderr(&output));
}

#[test]
fn a_request_that_breaks_off_is_no_answer() {
    let port = server(|mut stream| {
        head(&mut stream);
        drop(stream.write_all(b"HTTP/1.1 10"));
    });
    let examined = Examined::by(doctor(&ws(port, "/wsi"), &[]));
    examined.fails_at("upgrade", 5);
}
