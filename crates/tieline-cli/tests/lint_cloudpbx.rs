//! `tieline lint` of messages of CloudPBX's event stream.

mod common;

use std::io::Write as _;
use std::process::Output;

use common::{code, lines, run, stdout, tieline};
use serde_json::{Value, json};
use tieline_testkit::{CLOUDPBX_STREAM, StreamKind};

fn lint(options: &[&str], input: &str) -> Output {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(input.as_bytes()).expect("written");
    let mut command = tieline();
    command.arg("lint").args(options).arg(file.path());
    run(command)
}

/// Line, column, code and path of each anomaly.
fn places(output: &Output) -> Vec<Value> {
    let anomalies = lines(output).into_iter().filter(|line| line["kind"] == "anomaly");
    anomalies.map(|line| json!([line["line"], line["column"], line["code"], line["path"]])).collect()
}

const BENT: &str = r#"{"id":1,"channel":"pbx_A","text":{"queue":{"peer":"K","calls":1}}}"#;

#[test]
fn messages_tell_their_protocol_and_findings_name_it() {
    let wsi = r#"{"event_type":"call_hold","tenant_id":7}"#;
    let output = lint(&[], &format!("{BENT}\n{wsi}\n"));
    let found = lines(&output);
    let names: Vec<_> = found[..2].iter().map(|line| json!([line["vendor"], line["stream"], line["code"]])).collect();
    assert_eq!(names, [json!(["cloudpbx", "events", "other-kind"]), json!(["portsip", "wsi", "other-kind"])]);
    assert_eq!(found[0]["path"], "text.queue.calls");
    assert_eq!(code(&output), Some(0));
    assert_eq!(code(&lint(&["--strict"], BENT)), Some(9));
}

#[test]
fn a_protocol_that_is_named_is_what_all_is_held_against() {
    let output = lint(&["--protocol", "cloudpbx"], r#"{"event_type":"call_hold"}"#);
    assert_eq!(places(&output), [json!([1, 1, "unknown-message", null])]);
    let output = lint(&["--protocol", "wsi"], r#"{"id":1,"channel":"pbx_A","text":{}}"#);
    assert_eq!(places(&output)[0][2], "unknown-message");
}

#[test]
fn a_stray_backslash_is_a_repair_and_no_end() {
    let text =
        r#"{"id":1,"channel":"pbx_A","text":{"cmember":{"channel":"SIP\MojaCentrala-101-0005f005","action":"add"}}}"#;
    let output = lint(&[], text);
    assert_eq!(code(&output), Some(0));
    assert_eq!(places(&output), [json!([1, 60, "stray-backslash", null])]);
    let people = stdout(&lint(&["-o", "human"], text));
    assert!(people.ends_with(":1:60: bent: a backslash that is not escaped; read as it stands\n"), "{people}");
}

#[test]
fn broken_events_exit_with_9_and_are_told_each() {
    let text =
        r#"{"id":1,"channel":"pbx_A","text":{"queue":{"calls":"many"},"extstatus":{"status":{}},"fax":{"x":1}}}"#;
    let output = lint(&[], text);
    assert_eq!(code(&output), Some(9));
    assert_eq!(
        places(&output),
        [
            json!([1, 52, "wrong-kind", "text.queue.calls"]),
            json!([1, 82, "wrong-kind", "text.extstatus.status"]),
            json!([1, 86, "unknown-type", "text.fax"]),
        ]
    );
    assert_eq!(code(&lint(&[], r#"{"id":1,"channel":"pbx_A","text":{"data}}"#)), Some(9));
}

#[test]
fn a_transcript_and_what_listen_printed_are_looked_into() {
    let captured = concat!(
        r#"{"t":0,"from":"server","text":"{\"id\":1,\"channel\":\"pbx_A\",\"text\":{\"queue\":{\"calls\":1}}}"}"#,
        "\n",
        r#"{"v":1,"kind":"state","n":1,"vendor":"cloudpbx","stream":"events","data":{"state":"live","connection":1}}"#,
        "\n",
        r#"{"v":1,"kind":"event","n":2,"vendor":"cloudpbx","stream":"events","type":"queue","id":1,"part":0,"data":{"queue":{"calls":1}}}"#,
        "\n",
        r#"{"v":1,"kind":"error","n":3,"vendor":"cloudpbx","stream":"events","type":"queue","data":{"error":"…","bytes":"{\"queue\":{\"calls\":[]}}"}}"#,
        "\n",
    );
    let output = lint(&[], captured);
    assert_eq!(
        places(&output),
        [
            json!([1, 52, "other-kind", "text.queue.calls"]),
            json!([3, 123, "other-kind", "queue.calls"]),
            json!([1, 19, "wrong-kind", "queue.calls"]),
        ]
    );
    assert_eq!(lines(&output).pop().expect("a summary")["messages"], 3);
}

#[test]
fn the_documents_samples_are_as_documented_but_for_their_backslashes() {
    let documented = CLOUDPBX_STREAM.iter().filter(|fixture| fixture.is_documented());
    let events: String =
        documented.filter(|fixture| fixture.kind == StreamKind::Events).map(|fixture| fixture.text).collect();
    let output = lint(&["--strict"], &events);
    assert_eq!((code(&output), places(&output)), (Some(0), vec![]));
    for fixture in CLOUDPBX_STREAM.iter().filter(|fixture| fixture.invalid.is_some()) {
        let codes: Vec<_> = places(&lint(&[], fixture.text)).into_iter().map(|mut place| place[2].take()).collect();
        let expected = if fixture.kind == StreamKind::Events { "stray-backslash" } else { "not-json" };
        assert_eq!(codes, [expected], "{}", fixture.name);
    }
}
