//! `tieline im`, run against a server of the testkit.

mod common;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use common::{code, deserted_port, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tieline_portsip_im::{ClientBody, Status};
use tieline_testkit::adapter::im::{Act, Chat, GROUP};
use tieline_tls::ServerTls;

/// A command with the login, in words and in the environment.
fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = tieline();
    command.arg("im").args(arguments).args(["--server", url, "--user", "alice", "--domain", "portsip.io"]);
    command.env("TIELINE_TOKEN", "V1TC8EQWN2ZLJQ");
    command
}

fn im(chat: &Chat, arguments: &[&str]) -> Output {
    run(command(&chat.pbx.url, arguments))
}

/// The only line of a command that succeeds.
fn one(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    let mut lines = lines(output);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

/// What the server was asked, but for subscribes.
fn asked(chat: &Chat) -> Vec<Value> {
    let world = chat.world();
    let asked = world.asked.iter().map(|text| serde_json::from_str(text).expect("JSON"));
    asked.filter(|message: &Value| message.get("sub").is_none()).collect()
}

#[test]
fn send_publishes_once_and_prints_the_number() {
    let chat = Chat::serving();
    let sent = one(&im(&chat, &["send", GROUP, "Room 12 is ready."]));
    assert_eq!((&sent["kind"], &sent["vendor"], &sent["stream"]), (&json!("sent"), &json!("portsip"), &json!("im")));
    assert_eq!((&sent["topic"], &sent["seq"]), (&json!(GROUP), &json!(1)));
    let published: Vec<Value> = asked(&chat).into_iter().filter(|message| message.get("pub").is_some()).collect();
    let [message] = &published[..] else { panic!("{published:?}") };
    assert_eq!((&message["pub"]["content"], &message["pub"]["id"]), (&json!("Room 12 is ready."), &sent["id"]));
    assert_eq!(chat.world().tokens, ["V1TC8EQWN2ZLJQ"]);
}

#[test]
fn send_reads_the_text_from_standard_input_without_its_last_line_break() {
    let chat = Chat::serving();
    let mut child = command(&chat.pbx.url, &["send", GROUP, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    child.stdin.take().expect("piped").write_all("one\ntwo\n".as_bytes()).expect("written");
    assert!(child.wait_with_output().expect("ran").status.success());
    let published = asked(&chat).into_iter().find(|message| message.get("pub").is_some()).expect("published");
    assert_eq!(published["pub"]["content"], "one\ntwo");
}

#[test]
fn a_send_whose_answer_a_lost_line_took_is_not_repeated_and_ends_with_10() {
    let chat = Chat::start(|_, asked, _, _| if matches!(asked, ClientBody::Pub(_)) { Act::Cut(0) } else { Act::Serve });
    let output = im(&chat, &["send", GROUP, "hello"]);
    assert_eq!(code(&output), Some(10), "{}", stderr(&output));
    assert_eq!((chat.pbx.accepted(), chat.world().last[GROUP]), (1, 1));
}

#[test]
fn history_comes_oldest_first_over_several_pages() {
    let chat = Chat::serving();
    chat.world().last.insert(GROUP.into(), 250);
    chat.world().deleted.extend([200]);
    let output = im(&chat, &["history", GROUP, "--limit", "150"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = lines(&output);
    let (summary, messages) = lines.split_last().expect("lines");
    let seqs: Vec<u64> = messages.iter().filter_map(|message| message["seq"].as_u64()).collect();
    assert_eq!(seqs, (100..=250).filter(|seq| *seq != 200).collect::<Vec<_>>());
    assert_eq!((&messages[0]["text"], &messages[0]["from"]), (&json!("m100"), &json!("usr7")));
    assert_eq!(messages[0]["data"]["data"]["seq"], 100);
    assert_eq!((&summary["messages"], &summary["first"], &summary["last"]), (&json!(150), &json!(100), &json!(250)));
    let human = stdout(&im(&chat, &["history", GROUP, "--since", "249", "-o", "human"]));
    assert!(human.contains("#249  usr7  m249") && human.lines().count() == 2, "{human}");
}

#[test]
fn tail_prints_what_comes_after_a_number_and_then_what_is_published_over_lost_lines() {
    let chat = Chat::start(|world, asked, number, _| {
        // The first line dies on the first page, behind three messages.
        let is_page = matches!(asked, ClientBody::Get(get) if get.what.as_deref() == Some("data"));
        if is_page && number == 0 {
            world.publish(GROUP);
            return Act::Cut(3);
        }
        Act::Serve
    });
    chat.world().last.insert(GROUP.into(), 9);
    let output = im(&chat, &["tail", GROUP, "--after", "2", "--count", "8"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = lines(&output);
    let mut seqs: Vec<u64> =
        lines.iter().filter(|line| line["kind"] == "message").filter_map(|line| line["seq"].as_u64()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (3..=10).collect::<Vec<_>>());
    let states: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "state").map(|line| &line["state"]).collect();
    assert_eq!(states, ["live", "down", "live"]);
    let missing = lines.iter().find(|line| line["state"] == "missing").expect("told");
    assert_eq!((&missing["kind"], &missing["first"], &missing["last"]), (&json!("gap"), &json!(3), &json!(9)));
}

#[test]
fn tail_without_topics_follows_all_subscriptions() {
    let chat = Chat::start(|world, asked, _, pushes| {
        // Somebody speaks once the group is followed.
        if matches!(asked, ClientBody::Get(get) if get.topic.as_ref().is_some_and(|topic| topic.as_str() == GROUP)) {
            let message = world.publish(GROUP);
            pushes.push(message);
        }
        Act::Serve
    });
    let output = im(&chat, &["tail", "--raw", "--count", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(one(&output)["data"]["content"], "m1");
}

#[test]
fn tail_ends_with_8_where_messages_are_lost_for_good() {
    let chat = Chat::serving();
    chat.world().last.insert(GROUP.into(), 9);
    chat.world().deleted.extend([5, 6]);
    let output = im(&chat, &["tail", GROUP, "--after", "2", "--fail-on-gap"]);
    assert_eq!(code(&output), Some(8), "{}", stderr(&output));
    let complete = lines(&output).into_iter().find(|line| line["state"] == "complete").expect("told");
    assert_eq!(complete["lost"], json!([[5, 6]]));
}

#[test]
fn topics_are_listed_for_programs_and_for_people() {
    let chat = Chat::serving();
    let topic = one(&im(&chat, &["topics"]));
    assert_eq!((&topic["kind"], &topic["topic"], &topic["access"]), (&json!("topic"), &json!(GROUP), &json!("JRWPS")));
    let human = stdout(&im(&chat, &["topics", "-o", "human"]));
    assert!(human.contains("TOPIC") && human.contains(GROUP), "{human}");
}

#[test]
fn a_group_is_created_with_its_name_and_members() {
    let chat = Chat::serving();
    let output = im(&chat, &["group", "create", "Küche", "--invite", "7,usr8"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = lines(&output);
    let said =
        |line: &Value| [&line["action"], &line["user"], &line["access"]].map(|value| value.as_str().map(str::to_owned));
    let words = |words: [Option<&str>; 3]| words.map(|word| word.map(str::to_owned));
    assert_eq!(said(&lines[0]), words([Some("created"), None, Some("JRWPASDO")]));
    assert_eq!(said(&lines[1]), words([Some("added"), Some("usr7"), Some("JRWPS")]));
    assert_eq!(said(&lines[2]), words([Some("added"), Some("usr8"), Some("JRWPS")]));
    let world = chat.world();
    assert!(world.asked.iter().any(|text| text.contains(r#""public":{"fn":"Küche"}"#)), "{:?}", world.asked);
}

#[test]
fn each_command_of_groups_asks_for_what_it_says() {
    let user = "804252613548703744";
    for (arguments, expected) in [
        (
            &["group", "add", GROUP, user, "--mode", "JRP"][..],
            json!({"set": {"sub": {"user": format!("usr{user}"), "mode": "JRP"}}}),
        ),
        (&["group", "remove", GROUP, user], json!({"del": {"what": "sub", "user": format!("usr{user}")}})),
        (&["group", "leave", GROUP], json!({"leave": {"unsub": true}})),
        (&["group", "rename", GROUP, "Dinner"], json!({"set": {"desc": {"public": {"fn": "Dinner"}}}})),
        (
            &["group", "transfer", GROUP, user],
            json!({"set": {"sub": {"user": format!("usr{user}"), "mode": "JRWPASDO"}}}),
        ),
        (&["group", "delete", GROUP], json!({"del": {"what": "topic", "hard": true}})),
    ] {
        let chat = Chat::serving();
        let done = one(&im(&chat, arguments));
        assert_eq!((&done["kind"], &done["topic"], &done["changed"]), (&json!("group"), &json!(GROUP), &json!(true)));
        let asked = asked(&chat);
        let fits = |message: &Value| {
            let Some((kind, body)) = expected.as_object().and_then(|expected| expected.iter().next()) else {
                return false;
            };
            body.as_object().is_some_and(|body| body.iter().all(|(key, value)| message[kind][key] == *value))
                && message[kind]["topic"] == GROUP
        };
        assert!(asked.iter().any(fits), "{arguments:?}: {asked:?}");
    }
}

#[test]
fn joining_info_and_members_of_a_group() {
    let chat = Chat::serving();
    chat.world().last.insert(GROUP.into(), 3);
    assert_eq!(one(&im(&chat, &["group", "join", GROUP]))["action"], "joined");
    assert_eq!(one(&im(&chat, &["group", "info", GROUP]))["seq"], 3);
    let member = one(&im(&chat, &["group", "members", GROUP]));
    assert_eq!((&member["user"], &member["access"]), (&json!("usr7"), &json!("JRWPS")));
    let human = stdout(&im(&chat, &["group", "members", GROUP, "-o", "human"]));
    assert!(human.contains("usr7") && human.contains("JRWPS"), "{human}");
}

#[test]
fn failures_have_their_exit_codes_and_never_the_token() {
    let chat = Chat::serving();
    chat.world().logins = vec![Status::AUTHENTICATION_FAILED];
    let refused = im(&chat, &["topics"]);
    assert!(stderr(&refused).contains("authentication failed"), "{}", stderr(&refused));
    let nobody = run(command(&format!("ws://127.0.0.1:{}/im", deserted_port()), &["topics"]));
    let mut tokenless = command(&chat.pbx.url, &["topics"]);
    let tokenless = run({
        tokenless.env_remove("TIELINE_TOKEN");
        tokenless
    });
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let secure = Chat::secure(&tls);
    let distrusted = im(&secure, &["topics"]);
    assert!(
        stderr(&distrusted).contains("--tls-pin") || stderr(&distrusted).contains("sha256:"),
        "{}",
        stderr(&distrusted)
    );
    let empty = im(&chat, &["send", "", "hello"]);
    for (output, expected) in [(&refused, 3), (&nobody, 5), (&tokenless, 2), (&distrusted, 4), (&empty, 2)] {
        assert_eq!(code(output), Some(expected), "{}", stderr(output));
        assert!(!(stderr(output) + &stdout(output)).contains("V1TC8EQWN2ZLJQ"));
    }
    let trusted = run({
        let mut command = command(&secure.pbx.url, &["topics", "--tls-insecure"]);
        command.env("TIELINE_LOG", "error");
        command
    });
    assert!(trusted.status.success(), "{}", stderr(&trusted));
}

#[test]
fn the_token_comes_from_a_file_too() {
    let chat = Chat::serving();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    std::fs::write(&path, "FROMFILE\n").expect("written");
    let output = im(&chat, &["topics", "--token-file", path.to_str().expect("text")]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(chat.world().tokens, ["FROMFILE"]);
}
