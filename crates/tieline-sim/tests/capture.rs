//! Captures: the format, the redaction, what is observed of bytes, and what a replay answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tieline_core::{Frame, Instant};
use tieline_server::Line;
use tieline_sim::capture::{
    Capture, CaptureError, Observer, Payload, RedactionKey, Redactor, ReplayLine, Script, Side, Speed, What,
};

fn redactor() -> Redactor {
    Redactor::new(RedactionKey::new(b"the key of these tests"))
}

fn mapped(message: &str) -> String {
    String::from_utf8(redactor().message(message.as_bytes())).expect("UTF-8")
}

fn json(message: &str) -> Value {
    serde_json::from_str(&mapped(message)).unwrap_or_else(|error| panic!("{error}: {message}"))
}

fn at(millis: u64) -> Instant {
    Instant::from_epoch(Duration::from_millis(millis))
}

#[test]
fn the_same_number_is_the_same_wherever_it_stands() {
    let event = json(
        r#"{"event_type":"call_start","caller":"sip:101@acme.test","callee":101,"extension":"101","call_targets":[{"number":"101"}],
            "user_data":"call 101, please","custom_field":"x-101"}"#,
    );
    let number = event["extension"].as_str().expect("text").to_owned();
    assert!(number != "101" && number.len() == 3);
    assert_eq!(event["callee"].to_string(), number);
    assert_eq!(event["call_targets"][0]["number"], *number);
    let caller = event["caller"].as_str().expect("text");
    assert!(
        caller.starts_with(&format!("sip:{number}@")) && caller.ends_with(".test") && !caller.contains("acme"),
        "{caller}"
    );
    assert!(event["user_data"].as_str().expect("text").contains(&number));
    assert_eq!(event["event_type"], "call_start");
    assert!(event.get("custom_field").is_none(), "unknown keys may be data: {event}");
    assert_eq!(redactor().text("+1 (101)").len(), "+1 (101)".len());
}

#[test]
fn names_map_part_by_part_and_texts_as_a_whole() {
    let event =
        json(r#"{"name":"Alice Novak","email":"alice@acme.test","content":"Alice Novak, Alice Novak","note":"Alice"}"#);
    let name = event["name"].as_str().expect("text").to_owned();
    let (first, last) = name.split_once(' ').expect("two parts");
    assert!(event["email"].as_str().expect("text").starts_with(&first.to_lowercase()), "{event}");
    let content = event["content"].as_str().expect("text");
    assert!(!content.contains(first) && !content.contains(last) && !content.contains("Alice"), "{content}");
    let (one, other) = content.split_once(", ").expect("as it was");
    assert_ne!(one, other, "nothing tells that a name stands there twice");
}

#[test]
fn secrets_become_placeholders_everywhere() {
    let event = mapped(
        r#"{"command":"auth","username":"alice","password":"hunter2","login":{"secret":"aHVudGVyMg==","scheme":"basic"}}"#,
    );
    assert!(
        !event.contains("hunter2") && !event.contains("aHVudGVyMg") && event.contains(r#""scheme":"basic""#),
        "{event}"
    );
    assert_eq!(
        json(r#"{"password":"hunter2","token":"hunter2"}"#)["password"],
        json(r#"{"token":"hunter2"}"#)["token"]
    );
    let number = json(r#"{"password":4711,"key":[47,null,1.5e3],"token":false}"#);
    assert!(number["password"].as_str().is_some_and(|text| text.starts_with("redacted-")), "{number}");
    assert!(
        number["key"].as_array().is_some_and(|keys| keys[0].is_string() && keys[1].is_null() && keys[2].is_string())
    );
    assert_eq!(number["token"], false);
    let target = redactor().target("/ws/pbx_MyPbx?pbxkey=hunter2&last=12&who=alice&hunter2");
    assert!(target.starts_with("/ws/pbx_") && target.contains("&last=12&"), "{target}");
    assert!(!target.contains("hunter2") && !target.contains("alice") && !target.contains("MyPbx"), "{target}");
}

#[test]
fn what_is_broken_is_redacted_all_the_same() {
    for broken in [
        r#"{"name":"Alice Novak","extension":"101""#,
        r#"{"name":"Alice"#,
        r#"{name:Alice,"x":101}"#,
        r#"{"a":"b"c","Alice":101,}"#,
        "Alice called 101",
        r#"["Alice",{"Novak":1}]]]}"#,
        r#"{"text":"{\"name\":\"Alice\",\"n\":\"{\\\"x\\\":\\\"Novak\\\"}\"}"}"#,
    ] {
        let out = mapped(broken);
        for leak in ["Alice", "Novak", "101"] {
            assert!(!out.contains(leak), "{broken}: {out}");
        }
    }
    let bytes = redactor().message(b"{\"name\":\"Al\xffice\"}");
    assert!(bytes.contains(&0xff) && std::str::from_utf8(&bytes).is_err());
}

#[test]
fn spelling_order_doubles_and_stray_backslashes_stay() {
    let odd = "{ \"status\" : 0,\t\"status\":0, \"seq\": 1.0 ,\n \"m_location\":\"SIP\\M-101\", \"x\":[ ], \"enabled\":true }";
    let out = mapped(odd);
    assert!(out.starts_with("{ \"status\" : 0,\t\"status\":0, \"seq\": 1.0 ,\n \"m_location\":\"SIP\\"), "{out}");
    assert!(out.ends_with(":[ ], \"enabled\":true }") && !out.contains("101"), "{out}");
}

#[test]
fn escapes_are_the_letters_that_they_stand_for() {
    assert_eq!(json(r#"{"name":"Zo\u00eb"}"#), json(r#"{"name":"Zoë"}"#));
    assert_ne!(json(r#"{"name":"Zo\u00eb"}"#)["name"], "Zoë");
}

#[test]
fn counts_times_and_sequence_numbers_stay_and_their_likes_elsewhere_do_not() {
    let text = r#"{"seq":5761,"duration":"45","time":"1767250893","timestamp":"2026-01-01T08:35:00.245Z","billsec":13,"status":0}"#;
    assert_eq!(mapped(text), text);
    let push = r#"{"id":4607,"channel":"","text":{"extstatus":{"exten":"12","status":8}}}"#;
    assert!(mapped(push).starts_with(r#"{"id":4607,"channel":"","text":{"extstatus":{"exten":""#));
    let other = json(r#"{"did":"1767250893","seq":48501234567890,"uniqueid":"1639563902.75"}"#);
    assert!(other["did"] != "1767250893" && other["seq"] != 48_501_234_567_890_i64, "{other}");
    assert!(other["uniqueid"].as_str().expect("text").starts_with("1639563902."), "{other}");
}

#[test]
fn a_capture_is_written_and_read_and_cut_off_anywhere() {
    let text = concat!(
        r#"{"tieline":"capture","v":1,"protocol":"wsi","dialect":"v22","started":"2026-01-01T00:00:00Z","url":"wss://x/wsi"}"#,
        "\n",
        r#"{"t":0.001,"connection":1,"kind":"opened"}"#,
        "\n",
        r#"{"t":1,"connection":1,"kind":"request","exchange":1,"method":"GET","target":"/wsi","headers":[["a","b"]],"body":""}"#,
        "\n",
        r#"{"t":2.5,"connection":1,"kind":"text","from":"server","base64":"/w=="}"#,
        "\n",
        r#"{"t":2.5,"connection":1,"kind":"of a later version","x":1}"#,
        "\n",
        r#"{"t":3,"connection":1,"kind":"ended","why":"broken"}"#,
        "\n",
        r#"{"t":3,"connection":0,"kind":"end"}"#,
        "\n",
    );
    let capture = Capture::read(text.as_bytes()).expect("a capture");
    assert_eq!((capture.entries.len(), capture.cut, capture.entries[0].at), (4, false, Duration::from_micros(1)));
    let mut written = Vec::new();
    capture.write(&mut written).expect("written");
    let again = Capture::read(&*written).expect("a capture");
    assert_eq!((again.header, again.entries), (capture.header, capture.entries));
    let first = text.find('\n').expect("a line") + 1;
    for end in first..text.len() - 1 {
        let cut = Capture::read(&text.as_bytes()[..end]).unwrap_or_else(|error| panic!("{end}: {error}"));
        assert!(cut.cut, "{end}");
        let whole = text[first..end].lines().filter(|line| serde_json::from_str::<Value>(line).is_ok());
        assert_eq!(cut.entries.len(), whole.filter(|line| !line.contains("later version")).count(), "{end}");
    }
    let read = |text: &str| Capture::read(text.as_bytes()).expect_err("no capture");
    assert!(matches!(read("{}\n"), CaptureError::NotACapture));
    assert!(matches!(read("{\"tieline\":\"capture\",\"v\":2}\n"), CaptureError::Version(2)));
    assert!(matches!(read("{\"tieline\":\"capture\",\"v\":1}\nx\n{}\n"), CaptureError::Line { line: 2, .. }));
}

/// Everything that was said, the bytes cut in pieces of this size.
fn observed(client: &[u8], server: &[u8], size: usize) -> (Vec<u8>, Vec<What>) {
    let (mut observer, mut forward, mut said) = (Observer::new(Some("pbx".into()), 8), Vec::new(), Vec::new());
    for part in client.chunks(size) {
        observer.client(at(0), part, &mut forward, &mut said);
    }
    for part in server.chunks(size) {
        observer.server(at(0), part, &mut said);
    }
    observer.end(&mut said);
    (forward, said)
}

#[test]
fn the_first_line_begins_with_what_tells_a_capture() {
    let mut written = Vec::new();
    let first =
        r#"{"tieline":"capture","v":1,"protocol":"wsi","dialect":null,"started":"s","url":"u","redaction":null}"#;
    let older = first.replace(r#""url""#, r#""seed":null,"url""#);
    Capture::read(older.as_bytes()).expect("a capture").write(&mut written).expect("written");
    assert_eq!(String::from_utf8(written).expect("text"), format!("{first}\n"));
}

#[test]
fn no_secret_of_a_capture_is_in_its_debug_output() {
    let lines = [
        r#"{"tieline":"capture","v":1}"#,
        r#"{"t":1,"connection":1,"kind":"request","exchange":1,"method":"GET","target":"/events?key=hunter2","headers":[["Authorization","hunter2"]],"body":"hunter2"}"#,
        r#"{"t":1,"connection":1,"kind":"response","exchange":1,"status":200,"headers":[["Set-Cookie","hunter2"]],"body":"[{\"seq\":1,\"x\":\"hunter2\"}]"}"#,
        r#"{"t":2,"connection":1,"kind":"text","from":"server","text":"hunter2"}"#,
    ];
    let capture = Capture::read(lines.join("\n").as_bytes()).expect("a capture");
    let shown = format!("{capture:?} {:?}", Script::new(capture.clone()));
    assert!(shown.contains("/events") && shown.contains("Set-Cookie") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_nested_without_end_or_longer_than_any_word_becomes_placeholders() {
    let deep = format!("{}[\"Alice\",47,{{\"name\":\"Novak\"}}]{}", "[".repeat(600), "]".repeat(600));
    let out = mapped(&deep);
    assert_eq!((out.matches('[').count(), out.matches("redacted-").count()), (601, 3), "{out}");
    assert!(!out.contains("Alice") && !out.contains("Novak"));
    let after = mapped(&format!("{{\"x\":{deep},\"extension\":\"101\"}}"));
    assert!(after.ends_with(&mapped(r#"{"extension":"101"}"#)[1..]), "{after}");
    let long = format!(r#"{{"content":"{}","n":{},"seq":7}}"#, "Alice ".repeat(200_000), "1".repeat(2_000_000));
    let out = json(&long);
    assert!(out["content"].as_str().is_some_and(|text| text.starts_with("redacted-")));
    assert!(mapped(&long).len() < 200 && out["seq"] == 7);
}

#[test]
fn exchanges_are_observed_however_their_bytes_are_cut() {
    let client =
        b"POST /call?x=1 HTTP/1.1\r\nHost: me\r\nContent-Length: 3\r\n\r\na=1GET /users HTTP/1.1\r\nHost: me\r\n\r\n";
    let server =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n\
                   HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n123456789";
    for size in 1..client.len() {
        let (forward, said) = observed(client, server, size);
        let expected = String::from_utf8_lossy(client).replace("Host: me", "Host: pbx");
        assert_eq!(String::from_utf8_lossy(&forward), expected, "{size}");
        let [What::Request(call), What::Request(users), What::Response(ok), What::Response(list)] = &said[..] else {
            panic!("{size}: {said:?}")
        };
        assert_eq!((&*call.target, call.body.text(), &*users.method), ("/call?x=1", Some("a=1"), "GET"));
        assert_eq!((ok.exchange, ok.body.text()), (1, Some("OK")));
        assert_eq!((list.exchange, &list.body), (2, &Payload::Size(9)), "over the limit");
    }
}

#[test]
fn what_breaks_off_is_told_and_an_answer_that_comes_early_belongs_to_its_request() {
    let upload = b"PUT /file HTTP/1.1\r\nHost: me\r\nContent-Length: 100\r\n\r\nso far";
    let (_, said) = observed(upload, b"", 7);
    assert!(matches!(&said[..], [What::Unreadable { from: Side::Client, .. }]), "{said:?}");
    let (_, said) = observed(upload, b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", 7);
    let [What::Request(request), What::Response(refusal)] = &said[..] else { panic!("{said:?}") };
    assert_eq!((request.exchange, &request.body), (1, &Payload::Size(6)));
    assert_eq!((refusal.exchange, refusal.status, refusal.body.text()), (1, 413, Some("no")));
    let get = b"GET / HTTP/1.1\r\nHost: me\r\n\r\n";
    let (_, said) = observed(get, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbreaks", 7);
    assert!(matches!(&said[..], [What::Request(_), What::Unreadable { from: Side::Server, .. }]), "{said:?}");
}

#[test]
fn what_is_no_http_passes_and_is_told() {
    let (forward, said) = observed(b"\x16\x03\x01 hello there", b"", 5);
    assert_eq!(forward, b"\x16\x03\x01 hello there");
    assert!(matches!(&said[..], [What::Unreadable { from: Side::Client, .. }]), "{said:?}");
}

fn script() -> Arc<Script> {
    let say = |t: u64, from: &str, text: &str| {
        serde_json::json!({"t": t, "connection": 1, "kind": "text", "from": from, "text": text}).to_string()
    };
    let lines = [
        r#"{"tieline":"capture","v":1}"#.to_owned(),
        r#"{"t":0,"connection":1,"kind":"request","exchange":1,"method":"GET","target":"/wsi","headers":[],"body":""}"#
            .into(),
        r#"{"t":1,"connection":1,"kind":"response","exchange":1,"status":101,"headers":[],"bytes":0}"#.into(),
        say(10, "client", r#"{"command":"auth","id":"a"}"#),
        say(20, "server", r#"{"command":"auth","id":"a","status":0}"#),
        say(30, "client", r#"{"command":"subscribe","topics":["cdr_events"],"id":"b"}"#),
        say(40, "server", r#"{"command":"subscribe","id":"b","status":0}"#),
        say(1040, "server", r#"{"event_type":"call_start","n":1}"#),
        say(3040, "server", r#"{"event_type":"call_ended","n":2}"#),
        r#"{"t":4040,"connection":1,"kind":"closed","from":"server","code":1001,"reason":""}"#.into(),
    ];
    let capture = Capture::read(lines.join("\n").as_bytes()).expect("a capture");
    Arc::new(Script::new(capture))
}

fn transmitted(line: &mut ReplayLine) -> Vec<String> {
    std::iter::from_fn(|| line.poll_transmit())
        .map(|frame| match frame {
            Frame::Text(text) => text.as_str().to_owned(),
            other => other.kind().to_owned(),
        })
        .collect()
}

#[test]
fn answers_bear_the_ids_of_the_client_and_events_wait_for_their_time() {
    let mut line = ReplayLine::new(script(), 0, Speed::Times(2.0), at(0));
    assert_eq!((transmitted(&mut line), line.poll_timeout()), (vec![], None));
    line.handle_input(at(5000), Frame::text(r#"{"command":"auth","id":"mine"}"#));
    assert_eq!(transmitted(&mut line), [r#"{"command":"auth","id":"mine","status":0}"#]);
    line.handle_input(at(6000), Frame::text(r#"{"command":"subscribe","topics":["queue_events"],"id":"x"}"#));
    assert_eq!(transmitted(&mut line), [r#"{"command":"subscribe","id":"x","status":0}"#]);
    assert_eq!(line.poll_timeout(), Some(at(6500)));
    line.handle_timeout(at(6500));
    assert_eq!(transmitted(&mut line), [r#"{"event_type":"call_start","n":1}"#]);
    assert_eq!(line.poll_timeout(), Some(at(7500)));
    line.handle_timeout(at(9000));
    assert_eq!(transmitted(&mut line), [r#"{"event_type":"call_ended","n":2}"#, "close"]);
    assert!(line.has_ended() && line.poll_timeout().is_none());
}

#[test]
fn at_full_speed_the_order_alone_counts_and_the_unknown_is_refused() {
    let mut line = ReplayLine::new(script(), 0, Speed::Max, at(0));
    line.handle_input(at(1), Frame::text(r#"{"command":"unsubscribe","topics":[],"id":"z"}"#));
    let refused = transmitted(&mut line);
    assert!(
        refused.len() == 1 && refused[0].contains(r#""status":-1"#) && refused[0].contains(r#""id":"z""#),
        "{refused:?}"
    );
    line.handle_input(at(1), Frame::text(r#"{"command":"auth","id":"a"}"#));
    line.handle_input(at(1), Frame::text(r#"{"command":"subscribe","topics":["cdr_events"],"id":"b"}"#));
    assert_eq!(transmitted(&mut line).len(), 5);
    assert!(line.has_ended());
}

#[test]
fn keys_and_words_of_the_documents_stay() {
    use tieline_testkit::{AXEOS, CLOUDPBX_STREAM, IM, WSI};
    fn take(value: &Value, key: &str, keys: &mut Vec<String>, words: &mut Vec<String>) {
        match value {
            // Those that an application put in are not the document's.
            Value::Object(members) => {
                members.iter().filter(|(key, _)| key.len() > 1 && *key != "colour").for_each(|(key, value)| {
                    keys.push(key.clone());
                    take(value, key, keys, words);
                })
            }
            Value::Array(items) => items.iter().for_each(|value| take(value, key, keys, words)),
            Value::String(word)
                if matches!(key, "event_type" | "command" | "topics" | "presence" | "direction" | "scheme") =>
            {
                words.push(word.clone());
            }
            _ => {}
        }
    }
    let wsi = WSI.iter().map(|fixture| (fixture.name, fixture.text));
    let axeos = AXEOS.iter().map(|fixture| (fixture.name, fixture.text));
    let push = CLOUDPBX_STREAM.iter().map(|fixture| (fixture.name, fixture.text));
    let im = IM.iter().map(|fixture| (fixture.name, fixture.text));
    let mut seen = 0;
    for (name, text) in wsi.chain(axeos).chain(push).chain(im) {
        // Those of our own are about unknown keys.
        let Ok(original) = serde_json::from_str::<Value>(text) else { continue };
        if name.contains("ours/") || name.contains("recorded/") {
            continue;
        }
        let told = |value: &Value| {
            let (mut keys, mut words) = (Vec::new(), Vec::new());
            take(value, "", &mut keys, &mut words);
            let of_application = redactor().text("colour");
            keys.retain(|key| *key != of_application);
            keys.sort_unstable();
            words.sort_unstable();
            (keys, words)
        };
        assert_eq!(told(&json(text)), told(&original), "{name}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_line_that_its_client_left_stays() {
    let mut lines = vec![
        r#"{"tieline":"capture","v":1}"#,
        r#"{"t":0,"connection":1,"kind":"request","exchange":1,"method":"GET","target":"/ws/pbx_A","headers":[],"body":""}"#,
        r#"{"t":1,"connection":1,"kind":"response","exchange":1,"status":101,"headers":[],"bytes":0}"#,
        r#"{"t":2,"connection":1,"kind":"closed","from":"client","code":1000,"reason":""}"#,
        r#"{"t":3,"connection":1,"kind":"closed","from":"server","code":1000,"reason":""}"#,
        r#"{"t":4,"connection":1,"kind":"ended","why":"server"}"#,
    ];
    let ends = |lines: &[&str]| {
        let capture = Capture::read(lines.join("\n").as_bytes()).expect("a capture");
        ReplayLine::new(Arc::new(Script::new(capture)), 0, Speed::Max, at(0)).has_ended()
    };
    assert!(!ends(&lines));
    lines.remove(3);
    assert!(ends(&lines));
}
