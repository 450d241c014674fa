//! What goes wrong on lines of IM, and over HTTP beside them.

mod client;

use std::time::Duration;

use client::im::{ask, attach, enter, heard, robot};
use client::{Client, get, post};
use serde_json::{Value, json};
use tieline_sim::Sim;
use tieline_sim::fault::Rule;
use tieline_sim::scenario::{Extension, Group, Scenario, Step};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn start(rules: &[&str]) -> Sim {
    let scenario = Scenario::builder("faults")
        .length(at(600))
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("109", "Robot Nine").im(false))
        .group(Group::new("ops", "Operations", "101").member("109"))
        .build()
        .expect("a scenario");
    let mut builder = Sim::builder().scenario(scenario);
    for rule in rules {
        builder = builder.fault(rule.parse::<Rule>().expect("a rule"));
    }
    builder.start().await.expect("a free port")
}

/// A client in the group, past the join.
async fn member(sim: &Sim) -> Client {
    let mut robot = robot(sim).await;
    attach(&mut robot, &sim.im_group("ops").expect("a group")).await;
    robot.rest().await;
    robot
}

/// Alice says these in the group.
fn say(sim: &Sim, texts: &[&str]) {
    for text in texts {
        sim.perform(Step::message("101", "ops", *text)).expect("said");
    }
}

/// The messages that have come: number and text.
async fn told(client: &mut Client) -> Vec<(u64, String)> {
    let told = heard(client, "data").await;
    let told = told.iter().map(|data| (data["seq"].as_u64(), data["content"].as_str().map(str::to_owned)));
    told.map(|(seq, text)| (seq.unwrap_or_default(), text.unwrap_or_default())).collect()
}

async fn texts(rules: &[&str], said: &[&str]) -> Vec<String> {
    let sim = start(rules).await;
    let mut member = member(&sim).await;
    say(&sim, said);
    told(&mut member).await.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn messages_are_doubled_overtaken_and_merged() {
    assert_eq!(texts(&["on=im,nth=1:duplicate"], &["a", "b"]).await, ["a", "a", "b"]);
    assert_eq!(texts(&["on=im,nth=1:reorder"], &["a", "b"]).await, ["b", "a"]);
    assert_eq!(texts(&["on=im-line:merge=2"], &["a", "b", "c"]).await, ["a", "b"]);
}

#[tokio::test]
async fn what_is_skipped_is_in_the_history() {
    let sim = start(&["on=im-line,nth=2:skip=2"]).await;
    let mut member = member(&sim).await;
    say(&sim, &["a", "b", "c", "d"]);
    let told = told(&mut member).await;
    let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
    assert!(texts == ["a", "d"] && told[1].0 == told[0].0 + 3, "{told:?}");
    let since = json!({"since": told[0].0 + 1, "before": told[1].0});
    let query = json!({"get": {"id": "g", "topic": sim.im_group("ops"), "what": "data", "data": since}});
    let (answer, missing) = ask(&mut member, query).await;
    assert_eq!((&answer["code"], missing.len()), (&json!(208), 2), "{missing:?}");
}

#[tokio::test]
async fn numbers_that_go_back_do_so_wherever_the_topic_is_told_of() {
    let sim = start(&["on=im-line,nth=3:rewind"]).await;
    let (mut member, group) = (member(&sim).await, sim.im_group("ops").expect("a group"));
    say(&sim, &["a", "b", "c", "d"]);
    let told = told(&mut member).await;
    assert_eq!(told[2..], [(1, "c".to_owned()), (2, "d".to_owned())], "{told:?}");
    member.say(json!({"get": {"id": "g", "topic": group, "what": "desc"}})).await;
    assert_eq!(member.hear().await["meta"]["desc"]["seq"], 2);
    let query = json!({"get": {"id": "h", "topic": group, "what": "data", "data": {"since": 2}}});
    let (_, page) = ask(&mut member, query).await;
    assert_eq!((page.len(), &page[0]["data"]["seq"], &page[0]["data"]["content"]), (1, &json!(2), &json!("d")));
}

#[tokio::test]
async fn in_a_burst_the_author_says_it_again() {
    let sim = start(&["on=im-line,nth=1:burst=3"]).await;
    let mut member = member(&sim).await;
    say(&sim, &["a"]);
    let mut all = told(&mut member).await;
    // The author's words take a way of their own.
    while all.len() < 4 {
        let data = member.hear().await["data"].clone();
        all.push((data["seq"].as_u64().unwrap_or_default(), data["content"].as_str().unwrap_or_default().to_owned()));
    }
    let first = all[0].0;
    assert!((0..4).all(|more| all.contains(&(first + more, "a".to_owned()))), "{all:?}");
}

#[tokio::test]
async fn messages_are_bent_as_asked_for() {
    let bent = async |rule: &str| {
        let sim = start(&[rule]).await;
        let mut member = member(&sim).await;
        say(&sim, &["a"]);
        member.rest().await.concat()
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert!(bent("on=im-line:unknown-event").await.starts_with(r#"{"x_unknown_event":{"#));
    assert!(json(&bent("on=im-line:unknown-field").await)["data"]["x_unknown_field"].is_object());
    assert!(json(&bent("on=im-line:numbers-as-strings").await)["data"]["seq"].is_string());
    let long = json(&bent("on=im-line:oversized=5000").await);
    assert_eq!(long["data"]["x_padding"].as_str().map(str::len), Some(5000));
    assert!(serde_json::from_str::<Value>(&bent("on=im-line:bad-json=cut").await).is_err());
    assert_eq!(bent("on=im-line:split=3").await.matches(r#""content":"a""#).count(), 1);
    let sim = start(&["on=im-line:unknown-value"]).await;
    let mut member = member(&sim).await;
    sim.perform(Step::typing("101", "ops")).expect("typed");
    assert_eq!(heard(&mut member, "info").await[0]["what"], "x_unknown_word");
}

#[tokio::test]
async fn lines_end_with_a_code_or_with_none() {
    for (rule, code, reason) in
        [("on=im-line:close=1011", 1011, ""), ("on=im-line:token-expired", 1008, "token expired")]
    {
        let sim = start(&[rule]).await;
        let mut member = member(&sim).await;
        say(&sim, &["a"]);
        assert_eq!(member.close().await, (code, reason.to_owned()), "{rule}");
    }
    let sim = start(&[]).await;
    let mut member = member(&sim).await;
    sim.faults().add("on=im-line:reset".parse::<Rule>().expect("a rule"));
    say(&sim, &["a"]);
    assert!(!member.ended().await, "no close frame");
}

#[tokio::test]
async fn logins_and_subscriptions_are_refused() {
    let sim = start(&["on=im,nth=1:login-refused", "on=im,nth=1:permission-denied"]).await;
    let token = sim.im_token("109").expect("a token").expose().clone();
    let (_, refused) = enter(&sim.im_url(), "109", &token).await;
    assert_eq!(refused["ctrl"]["code"], 401, "{refused}");
    let mut robot = robot(&sim).await;
    let denied = attach(&mut robot, "me").await;
    assert_eq!((&denied["code"], &denied["topic"]), (&json!(403), &json!("me")));
    assert_eq!(attach(&mut robot, "me").await["code"], 200);
}

#[tokio::test]
async fn calls_over_http_are_answered_otherwise() {
    let sim = start(&["on=im-line,nth=1:http=503,2", "on=im-http,nth=1:http=429,7", "on=im-http:login-refused"]).await;
    assert!(Client::open(&sim.im_url()).await.is_err());
    assert!(Client::open(&sim.im_url()).await.is_ok());
    let (head, _) = get(&sim, "/im/file/none", "").await;
    assert!(head.starts_with("HTTP/1.1 429") && head.to_ascii_lowercase().contains("retry-after: 7"), "{head}");
    let (head, body) = get(&sim, "/im/file/none", "").await;
    assert!(head.starts_with("HTTP/1.1 401") && body.contains("ctrl"), "{head} {body}");
    let form = "grant_type=password&username=robot&password=x&domain=acme.test";
    let kind = "application/x-www-form-urlencoded";
    let (status, body) = post(sim.local_addr(), "/api/login/oauth/token", kind, "", form).await;
    assert!(status == 400 && body.contains("errors"), "{status} {body}");
}

#[tokio::test]
async fn a_restart_keeps_the_messages_or_forgets_them() {
    for (rule, kept) in [("restart", 2), ("restart=forget", 0)] {
        let sim = start(&[]).await;
        let (mut first, group) = (member(&sim).await, sim.im_group("ops").expect("a group"));
        say(&sim, &["a", "b"]);
        assert_eq!(told(&mut first).await.len(), 2);
        sim.perform(Step::fault(rule.parse::<Rule>().expect("a rule"))).expect("now");
        assert!(!first.ended().await, "cut without a close frame");
        let mut again = member(&sim).await;
        assert_eq!(sim.im_group("ops").as_ref(), Some(&group));
        let (_, page) = ask(&mut again, json!({"get": {"id": "g", "topic": group, "what": "data"}})).await;
        let said = page.iter().filter(|data| data["data"]["content"] != "joined the group").count();
        assert_eq!(said, kept, "{rule}: {page:?}");
        say(&sim, &["c"]);
        assert_eq!(told(&mut again).await.len(), 1);
    }
}
