//! The commands of CloudPBX, run as people and programs run them.

mod common;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use common::pbx::Pbx;
use common::server::{Answer, Server};
use common::{Sim, code, deserted_port, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};

const KEY: &str = "the-key";

/// A command for the API at `url`, after addresses that the arguments name.
fn at(url: &str, arguments: &[&str]) -> Command {
    let mut command = tieline();
    command.args(arguments).args(["--api", url]).env("TIELINE_KEY", KEY);
    command
}

fn ask(server: &Server, arguments: &[&str]) -> Output {
    run(at(&server.url, arguments))
}

/// The same for the simulator.
fn ask_sim(sim: &Sim, arguments: &[&str]) -> Output {
    let mut command = at(sim.text("/cloudpbx/url"), arguments);
    command.env("TIELINE_KEY", sim.text("/cloudpbx/key"));
    run(command)
}

#[expect(clippy::unnecessary_wraps, reason = "what a server's closure gives")]
fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Some((200, body.into()))
}

/// A call as the document prints it, one that cost money, a message in the hour that an autumn night has twice, and
/// what is no record.
const RECORDS: &str = r#"[
{"calldate":"2021-12-15 11:25:02","clid":"\"Sekretariat 3\" <101>","src":"101","dst":"105","channel":"SIP\/PBX-101-00000028","dstchannel":"SIP\/PBX-105-00000029","lastapp":"Queue","duration":13,"billsec":13,"disposition":"ANSWERED","uniqueid":"1639563902.75","cost":"","zone":""},
{"calldate":"2026-07-01 12:30:00","clid":"\"a;b, \\\"c\\\"\u001b[31m\" <102>","src":"102","dst":"600100200","duration":"61","billsec":"60","disposition":"ANSWERED","uniqueid":"1782901800.1","cost":"12.50","zone":"PL"},
{"calldate":"2026-10-25 02:30:00","src":"PBX","dst":"48600100200","uniqueid":"3421756012963258480","cost":7},
7]"#;

fn records() -> Server {
    Server::start(|_| ok(RECORDS))
}

#[test]
fn cdr_prints_each_record_with_what_is_told_from_it() {
    let output = ask(&records(), &["cdr"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let expected = json!([
        {"v":1,"kind":"cdr","n":1,"vendor":"cloudpbx","stream":"rest","ts":"2021-12-15T10:25:02.000Z","ts_rule":"uniqueid",
         "utc_offset":3600,"call":"1639563902.75","caller_name":"Sekretariat 3","caller_number":"101","cost_grosze":null,
         "data":{"calldate":"2021-12-15 11:25:02","clid":"\"Sekretariat 3\" <101>","src":"101","dst":"105",
                 "channel":"SIP/PBX-101-00000028","dstchannel":"SIP/PBX-105-00000029","lastapp":"Queue","duration":13,
                 "billsec":13,"disposition":"ANSWERED","uniqueid":"1639563902.75","cost":"","zone":""}},
        {"v":1,"kind":"cdr","n":2,"vendor":"cloudpbx","stream":"rest","ts":"2026-07-01T10:30:00.000Z","ts_rule":"uniqueid",
         "utc_offset":7200,"call":"1782901800.1","caller_name":"a;b, \"c\"\u{1b}[31m","caller_number":"102","cost_grosze":12.5,
         "data":{"calldate":"2026-07-01 12:30:00","clid":"\"a;b, \\\"c\\\"\u{1b}[31m\" <102>","src":"102","dst":"600100200",
                 "duration":"61","billsec":"60","disposition":"ANSWERED","uniqueid":"1782901800.1","cost":"12.50","zone":"PL"}},
        {"v":1,"kind":"cdr","n":3,"vendor":"cloudpbx","stream":"rest","ts":"2026-10-25T00:30:00.000Z","ts_rule":"zone-twice",
         "ts_later":"2026-10-25T01:30:00.000Z","utc_offset":null,"call":"3421756012963258480","caller_name":null,
         "caller_number":null,"cost_grosze":7,
         "data":{"calldate":"2026-10-25 02:30:00","src":"PBX","dst":"48600100200","uniqueid":"3421756012963258480","cost":7}},
    ]);
    let mut lines = lines(&output);
    let summary = lines.pop().expect("a summary");
    let error = lines.pop().expect("the row that is none");
    assert_eq!(Value::from(lines), expected);
    assert_eq!((&error["kind"], &error["n"], &error["data"]["bytes"]), (&json!("error"), &json!(4), &json!("7")));
    assert_eq!((&error["data"]["line"], &error["data"]["column"]), (&json!(5), &json!(1)));
    let expected = json!({"v":1,"kind":"summary","n":5,"vendor":"cloudpbx","stream":"rest","records":3,"unreadable":1,
        "truncated":false,"overflowed":[],"short":[]});
    assert_eq!(summary, expected);
    assert!(stderr(&output).contains("a row of the list cannot be read"), "{}", stderr(&output));
}

#[test]
fn csv_has_a_header_and_keeps_the_data_exact() {
    let output = ask(&records(), &["cdr", "--csv", "-o", "json"]);
    let expected = [
        "calldate,clid,src,dst,channel,dstchannel,lastapp,duration,billsec,disposition,uniqueid,cost,zone,\
         ts,ts_rule,ts_later,utc_offset,caller_name,caller_number,cost_grosze",
        "2021-12-15 11:25:02,\"\"\"Sekretariat 3\"\" <101>\",101,105,SIP/PBX-101-00000028,SIP/PBX-105-00000029,Queue,13,13,\
         ANSWERED,1639563902.75,,,2021-12-15T10:25:02.000Z,uniqueid,,3600,Sekretariat 3,101,",
        "2026-07-01 12:30:00,\"\"\"a;b, \\\"\"c\\\"\"\u{1b}[31m\"\" <102>\",102,600100200,,,,61,60,ANSWERED,1782901800.1,\
         12.50,PL,2026-07-01T10:30:00.000Z,uniqueid,,7200,\"a;b, \"\"c\"\"\u{1b}[31m\",102,12.5",
        "2026-10-25 02:30:00,,PBX,48600100200,,,,,,,3421756012963258480,7,,\
         2026-10-25T00:30:00.000Z,zone-twice,2026-10-25T01:30:00.000Z,,,,7",
    ];
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_table_is_for_people_and_no_record_can_play_with_their_terminal() {
    let output = ask(&records(), &["cdr", "-o", "human"]);
    let text = stdout(&output);
    assert!(text.contains("101 Sekretariat 3") && text.contains("600100200"), "{text}");
    assert!(text.contains("a;b, \"c\"\u{fffd}[31m") && !text.contains('\u{1b}'), "{text}");
    assert_eq!(text.lines().count(), 4, "a header and three records: {text}");
    assert!(stderr(&output).contains("3 records"));
}

#[test]
fn days_are_asked_for_as_the_document_has_it() {
    let server = Server::start(|_| ok("[]"));
    assert_eq!(code(&ask(&server, &["cdr"])), Some(0));
    assert_eq!(code(&ask(&server, &["cdr", "--from", "2021-10-01", "--to", "2021-10-07"])), Some(0));
    assert_eq!(code(&ask(&server, &["rec", "list", "--from", "9999-12-31"])), Some(0));
    assert_eq!(
        server.asked(),
        [
            "GET /cdr",
            "GET /cdr?datestart=2021-10-01&datestop=2021-10-07",
            "GET /record?datestart=9999-12-31&datestop=9999-12-31"
        ]
    );
    for days in [&["--to", "2021-10-07"][..], &["--from", "2021-10-07", "--to", "2021-10-01"], &["--from", "yesterday"]]
    {
        assert_eq!(code(&ask(&server, &[&["cdr"], days].concat())), Some(2), "{days:?}");
    }
}

/// A server whose days have so many records each, and which gives 10,000 at most.
fn busy(records_a_day: usize) -> Server {
    Server::start(move |request| {
        let day = |name: &str| {
            let date = request.split_once(name).expect("a range").1;
            date[9..11].parse::<usize>().expect("a day")
        };
        let days = day("datestop") - day("datestart") + 1;
        ok(format!("[{}]", vec![r#"{"src":"1"}"#; (days * records_a_day).min(10_000)].join(",")))
    })
}

const FOUR_DAYS: [&str; 5] = ["cdr", "--from", "2021-10-01", "--to", "2021-10-04"];

#[test]
fn a_list_that_may_be_cut_off_is_told_with_its_remedy() {
    let output = ask(&busy(5_000), &FOUR_DAYS);
    assert_eq!(code(&output), Some(0));
    assert!(stderr(&output).contains("--all"), "{}", stderr(&output));
    let summary = lines(&output).pop().expect("a summary");
    assert_eq!((&summary["records"], &summary["truncated"]), (&json!(10_000), &json!(true)));
}

#[test]
fn all_asks_in_parts_until_nothing_is_cut_off() {
    let server = busy(4_000);
    let output = ask(&server, &[&FOUR_DAYS[..], &["--all"]].concat());
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let summary = lines(&output).pop().expect("a summary");
    assert_eq!((&summary["records"], &summary["truncated"]), (&json!(16_000), &json!(false)));
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_day_with_more_than_can_be_had_is_named() {
    let output = ask(&busy(10_000), &["cdr", "--all", "--from", "2021-10-01", "--to", "2021-10-02"]);
    let summary = lines(&output).pop().expect("a summary");
    assert_eq!(summary["overflowed"], json!(["2021-10-01", "2021-10-02"]));
    assert_eq!(summary["truncated"], json!(true));
    assert!(stderr(&output).contains("2021-10-02 alone"), "{}", stderr(&output));
}

#[test]
fn the_next_address_is_tried_for_what_only_reads() {
    let server = records();
    let dead = format!("http://127.0.0.1:{}", deserted_port());
    let output = ask(&server, &["cdr", "--api", &dead]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("the next address is tried"), "{}", stderr(&output));
}

#[test]
fn nobody_there_exits_with_5_and_the_addresses_tried() {
    let dead = [deserted_port(), deserted_port()].map(|port| format!("http://127.0.0.1:{port}"));
    for arguments in [&["cdr"][..], &["call", "101", "102"], &["sms", "send", "600100200", "text"]] {
        let output = run(at(&dead[0], &[arguments, &["--api", &dead[1]]].concat()));
        assert_eq!(code(&output), Some(5), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("--api") && stderr(&output).contains("Tried: http://127"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn something_else_exits_with_6() {
    for (status, body) in [(200, "<html>hello</html>"), (404, "<html>no\u{1b}[31m such page</html>")] {
        let server = Server::start(move |_| Some((status, body.into())));
        let output = ask(&server, &["cdr"]);
        assert_eq!(code(&output), Some(6), "{}", stderr(&output));
        assert!(!stderr(&output).contains("\u{1b}[31m such"), "{}", stderr(&output));
    }
}

#[test]
fn a_wrong_key_exits_with_3_and_is_not_printed() {
    let sim = Sim::start(&[]);
    let url = sim.text("/cloudpbx/url");
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    for arguments in [
        &["cdr"][..],
        &["rec", "list"],
        &["rec", "pull", "1.1", "--dir", &folder],
        &["call", "101", "102"],
        &["sms", "send", "600100200", "a"],
    ] {
        let output = run(at(url, arguments));
        assert_eq!(code(&output), Some(3), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("--key-file") && !stderr(&output).contains(KEY), "{}", stderr(&output));
    }
}

#[test]
fn a_key_comes_from_a_file_or_a_variable_of_any_name() {
    let sim = Sim::start(&[]);
    let (url, key) = (sim.text("/cloudpbx/url"), sim.text("/cloudpbx/key"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key").display().to_string();
    std::fs::write(&file, format!("{key}\r\n")).expect("written");
    assert_eq!(code(&run(at(url, &["cdr", "--key-file", &file]))), Some(0));
    let mut command = at(url, &["cdr", "--key-env", "ACME_KEY"]);
    command.env("ACME_KEY", key);
    assert_eq!(code(&run(command)), Some(0));
}

#[test]
fn without_a_key_the_remedy_is_named() {
    let mut command = at("http://127.0.0.1:1", &["cdr"]);
    command.env_remove("TIELINE_KEY");
    let output = run(command);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("--key-file") && stderr(&output).contains("TIELINE_KEY"), "{}", stderr(&output));
}

#[test]
fn a_key_in_an_address_is_taken_with_a_warning_and_never_printed() {
    let sim = Sim::start(&[]);
    let key = sim.text("/cloudpbx/key");
    let host = sim.text("/cloudpbx/url").trim_start_matches("http://");
    for url in
        [format!("http://{host}?key={key}"), format!("http://{host}/?pbxkey={key}"), format!("http://{key}@{host}")]
    {
        let mut command = at(&url, &["cdr", "--log", "debug"]);
        command.env_remove("TIELINE_KEY");
        let output = run(command);
        assert_eq!(code(&output), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("WARN") && stderr(&output).contains(host), "{}", stderr(&output));
        assert!(!stderr(&output).contains(key) && !stdout(&output).contains(key), "{}", stderr(&output));
    }
    let mut help = tieline();
    help.args(["cdr", "--help"]).env("TIELINE_API", format!("http://{key}@{host}"));
    assert!(!stdout(&run(help)).contains(key));
    let output = run(at(&format!("http://{host}?key={key}&other=1"), &["cdr"]));
    assert!(code(&output) == Some(2) && !stderr(&output).contains(key), "{}", stderr(&output));
}

#[test]
fn a_self_signed_api_exits_with_4_and_the_pin_that_accepts_it() {
    let sim = Sim::start(&["--tls"]);
    assert!(sim.text("/cloudpbx/url").starts_with("https://"));
    let refused = ask_sim(&sim, &["cdr"]);
    assert_eq!(code(&refused), Some(4), "{}", stderr(&refused));
    let pin = sim.text("/pin");
    assert!(stderr(&refused).contains(&format!("--tls-pin {pin}")), "{}", stderr(&refused));
    assert_eq!(code(&ask_sim(&sim, &["cdr", "--tls-pin", pin])), Some(0));
}

#[test]
fn call_asks_for_one_call() {
    let pbx = Pbx::after_minutes(0);
    let output = pbx.ask(&["call", "110", "112"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let expected = json!({"v":1,"kind":"call","n":1,"vendor":"cloudpbx","stream":"rest","from":"110","to":"112"});
    assert_eq!(lines(&output), [expected]);
    let refused = pbx.ask(&["call", "999", "102"]);
    assert_eq!(code(&refused), Some(7), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("Action Error"), "{}", stderr(&refused));
}

#[test]
fn sms_send_prints_the_id_and_the_state() {
    let sim = Sim::start(&[]);
    let output = ask_sim(&sim, &["sms", "send", "600100200", "zażółć gęślą jaźń", "--test"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let line = lines(&output).remove(0);
    let id = line["id"].as_str().expect("an id");
    let expected = json!({"v":1,"kind":"sms","n":1,"vendor":"cloudpbx","stream":"rest","to":"600100200","test":true,"id":id,
        "state":"QUEUE","final":false,"data":{"responseId":id,"responseStatus":"QUEUE","responseErrorMessage":null}});
    assert_eq!(line, expected);
}

#[test]
fn sms_send_reads_the_text_from_standard_input() {
    let sim = Sim::start(&[]);
    let send = |text: &str| {
        let mut command = at(sim.text("/cloudpbx/url"), &["sms", "send", "600100200", "-"]);
        command.env("TIELINE_KEY", sim.text("/cloudpbx/key")).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
        child.wait_with_output().expect("ran")
    };
    // Characters are counted, and the line break at the end is none of the text.
    assert_eq!(code(&send(&format!("{}\n", "ż".repeat(1024)))), Some(0));
    assert_eq!(code(&send(&"ż".repeat(1025))), Some(2));
    assert_eq!(code(&send("\n")), Some(2));
}

#[test]
fn a_message_that_cannot_be_sent_exits_with_2_before_anything_is_asked() {
    let server = Server::start(|_| ok(""));
    for (to, text) in [("+48600100200", "text"), ("600100200", "")] {
        let output = ask(&server, &["sms", "send", to, text]);
        assert_eq!(code(&output), Some(2), "{}", stderr(&output));
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_message_that_the_server_refuses_exits_with_7_and_its_words() {
    let body = r#"{"responseId":null,"responseStatus":"FAILED","responseErrorMessage":"no gateway"}"#;
    let server = Server::start(move |_| Some((500, body.into())));
    let output = ask(&server, &["sms", "send", "600100200", "text"]);
    assert_eq!(code(&output), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("no gateway"), "{}", stderr(&output));
}

#[test]
fn what_may_have_been_done_exits_with_10_and_is_never_repeated() {
    // Closed without an answer, an answer nobody documents, a failure of who knows whom.
    let answers: [Answer; 3] = [None, ok("YES"), Some((502, "gateway".into()))];
    for answer in answers {
        for arguments in [&["call", "101", "102"][..], &["sms", "send", "600100200", "text"]] {
            let [first, second] = [answer.clone(), answer.clone()].map(|answer| Server::start(move |_| answer.clone()));
            let output = ask(&second, &[arguments, &["--api", &first.url]].concat());
            assert_eq!(code(&output), Some(10), "{answer:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("it is not known whether the PBX"), "{}", stderr(&output));
            assert_eq!((first.asked().len(), second.asked().len()), (1, 0));
        }
    }
}

#[test]
fn the_commands_teach_by_example() {
    for command in [&["cdr"][..], &["rec", "list"], &["rec", "pull"], &["call"], &["sms", "send"]] {
        let mut help = tieline();
        help.args(command).arg("--help");
        assert!(stdout(&run(help)).contains("Example"), "{command:?}");
    }
}
