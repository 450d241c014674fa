//! The control interface, as a test in another language uses it.

mod client;

use std::net::SocketAddr;

use client::im::{ask, attach, enter, heard};
use client::{Client, post, within};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::scenario::Scenario;

const OFFICE: &str = r#"
name = "office"
time = "stepped"
length = "10m"
patience = "20ms"
trunk = [{ name = "Carrier One" }]
extension = [{ number = "101", name = "Alice Novak" }, { number = "110", name = "Jonas Meyer", role = "tenant-admin" }]
group = [{ id = "ops", owner = "101", members = ["110"] }]
"#;

/// A simulator under control.
async fn controlled() -> (Sim, Control) {
    let scenario = Scenario::parse(OFFICE).expect("a scenario");
    let control = SocketAddr::from(([127, 0, 0, 1], 0));
    let sim = Sim::builder().scenario(scenario).control(control).start().await.expect("free ports");
    let url = sim.control_url().expect("a control interface");
    let address = url.trim_start_matches("http://").parse().expect("an address");
    (sim, Control(address))
}

struct Control(SocketAddr);

impl Control {
    async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let (status, body) = post(self.0, path, "application/json", "none", body).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    async fn get(&self, path: &str) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut tcp = tokio::net::TcpStream::connect(self.0).await.expect("connected");
        let request = format!("GET {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n");
        tcp.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        within(tcp.read_to_string(&mut answer)).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await).expect("JSON")
    }
}

#[tokio::test]
async fn a_call_is_begun_answered_and_ended_as_time_is_stepped() {
    let (_sim, control) = controlled().await;
    let call = r#"{"call": {"id": "a", "from": "12025550123", "name": "Anna Bell", "to": "101"}}"#;
    assert_eq!(control.post("/sim/do", call).await.0, 200);
    let (status, state) = control.post("/sim/step", r#"{"by": "2s"}"#).await;
    assert_eq!((status, state["t"].as_u64(), state["over"].as_bool()), (200, Some(2000), Some(false)));
    let calls = control.json("/sim/calls").await;
    assert_eq!((&calls[0]["id"], &calls[0]["ringing"][0]), (&Value::from("a"), &Value::from("101")));
    assert_eq!(control.post("/sim/do", r#"[{"answer": "a"}, {"hold": {"call": "a", "by": "101"}}]"#).await.0, 200);
    assert_eq!(control.json("/sim/calls").await[0]["held_by"], "callee");
    assert_eq!(control.post("/sim/do", r#"{"hang-up": "a"}"#).await.0, 200);
    assert_eq!(control.json("/sim/calls").await, Value::Array(Vec::new()));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_step_and_the_reason() {
    let (_sim, control) = controlled().await;
    let (status, why) = control.post("/sim/do", r#"[{"register": "101"}, {"answer": "nobody"}]"#).await;
    assert_eq!((status, why["step"].as_u64(), why["error"].as_str()), (404, Some(1), Some("no such call")));
    let (status, why) = control.post("/sim/do", r#"{"anwser": "a"}"#).await;
    assert_eq!(status, 400);
    assert!(why["error"][0].as_str().is_some_and(|why| why.starts_with("no step; known are")), "{why}");
    assert_eq!(control.post("/sim/step", r#"{"by": "-5s"}"#).await.0, 400);
    assert_eq!(control.post("/sim/do", "{").await.0, 400);
    assert_eq!(control.post("/sim/nothing", "{}").await.0, 404);
    assert_eq!(control.post("/sim/report", "{}").await.0, 405);
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_control_it() {
    let (_sim, control) = controlled().await;
    // What a browser sends to another origin without asking first.
    let (status, _) = post(control.0, "/sim/stop", "text/plain", "none", "{}").await;
    assert_eq!(status, 415);
    assert_eq!(control.json("/sim").await["over"], false);
}

#[tokio::test]
async fn faults_are_injected_and_what_clients_did_is_read() {
    let (sim, control) = controlled().await;
    let mut client = Client::wsi(&sim, Dialect::V16).await;
    assert_eq!(control.post("/sim/do", r#"{"fault": "restart"}"#).await.0, 200);
    client.ended().await;
    let clients = control.json("/sim/clients").await;
    assert_eq!((&clients[0]["path"], &clients[0]["connection"]), (&Value::from("/wsi"), &Value::from(1)));
    assert_eq!(control.post("/sim/do", r#"{"fault": "on=wsi:http=503,1"}"#).await.0, 200);
    assert!(Client::open(&sim.wsi_url(Dialect::V16)).await.is_err());
    let faults = control.json("/sim/faults").await;
    assert!(faults.as_array().is_some_and(|all| all.iter().any(|rule| rule["applied"] == 1)), "{faults}");
    let transcript = control.json("/sim/transcript?connection=1").await;
    let text = transcript.to_string();
    assert!(text.contains("auth") && text.contains("[redacted]"), "{text}");
    assert!(transcript.as_array().is_some_and(|all| all.iter().all(|entry| entry["connection"] == 1)));
}

#[tokio::test]
async fn expectations_are_set_and_reported_as_json_text_and_junit() {
    let (sim, control) = controlled().await;
    let login = r#"{"expect": {"login": "110", "within": "5s"}}"#;
    assert_eq!(control.post("/sim/do", login).await.0, 200);
    let never = r#"{"expect": {"connect": "axeos", "within": "5s", "at-least": 1}}"#;
    assert_eq!(control.post("/sim/do", never).await.0, 200);
    assert_eq!(control.json("/sim/report").await["checks"][0]["verdict"], "pending");
    let _client = Client::wsi(&sim, Dialect::V16).await;
    control.post("/sim/step", r#"{"by": "6s"}"#).await;
    let report = control.json("/sim/report").await;
    assert_eq!((&report["checks"][0]["verdict"], &report["checks"][1]["verdict"]), (&"met".into(), &"missed".into()));
    assert_eq!(report["success"], false);
    assert!(control.get("/sim/report.txt").await.contains("FAILED "));
    assert!(control.get("/sim/report.xml").await.contains(r#"tests="2" failures="1""#));
}

#[tokio::test]
async fn a_run_under_control_lasts_until_it_is_stopped() {
    let (sim, control) = controlled().await;
    let (_, state) = control.post("/sim/step", r#"{"by": "20m"}"#).await;
    assert_eq!(state["over"], true);
    let (report, (status, _)) = within(async { tokio::join!(sim.finish(), control.post("/sim/stop", "")) }).await;
    assert_eq!((status, report.is_success()), (200, true));
}

#[tokio::test]
async fn the_day_is_controlled_too() {
    let control = SocketAddr::from(([127, 0, 0, 1], 0));
    let sim = Sim::builder().paused(true).control(control).start().await.expect("free ports");
    let url = sim.control_url().expect("a control interface");
    let control = Control(url.trim_start_matches("http://").parse().expect("an address"));
    assert_eq!(control.json("/sim/contract").await["wsi"]["domain"], "acme.test");
    let call = r#"{"call": {"id": "mine", "from": "12025550123", "to": "110"}}"#;
    assert_eq!(control.post("/sim/do", call).await.0, 200);
    // The people of the day answer by themselves.
    control.post("/sim/step", r#"{"by": "3s"}"#).await;
    let calls = control.json("/sim/calls").await;
    let mine = calls.as_array().expect("a list").iter().find(|call| call["id"] == "mine").cloned();
    assert_eq!(mine.expect("it goes on")["talking"], "110");
}

#[tokio::test]
async fn messages_are_written_and_what_clients_write_is_read() {
    let (sim, control) = controlled().await;
    let contract = control.json("/sim/contract").await;
    let (user, group) = (&contract["im"]["users"][1], contract["im"]["groups"][0]["topic"].as_str().expect("a topic"));
    let token = user["token"].as_str().expect("a token");
    let (mut jonas, _) = enter(contract["im"]["url"].as_str().expect("an address"), "jonas", token).await;
    attach(&mut jonas, group).await;
    let expected = r#"{"expect": {"message": {"from": "110", "to": "ops", "text": "order"}, "within": "1m"}}"#;
    let asked = r#"{"message": {"from": "101", "to": "ops", "text": "What is it?"}}"#;
    assert_eq!(control.post("/sim/do", &format!("[{expected}, {asked}]")).await.0, 200);
    assert_eq!(heard(&mut jonas, "data").await[0]["content"], "What is it?");
    ask(&mut jonas, json!({"pub": {"id": "1", "topic": group, "content": "An order"}})).await;
    assert_eq!(control.json("/sim/report").await["checks"][0]["verdict"], "met");
    let told = control.json("/sim/transcript").await.to_string();
    assert!(told.contains("An order") && !told.contains(token), "{told}");
    let nobody = r#"{"message": {"from": "101", "to": "nobody", "text": "Hello"}}"#;
    assert_eq!(control.post("/sim/do", nobody).await.0, 404);
    let himself = r#"{"message": {"from": "101", "to": "101", "text": "Hello"}}"#;
    assert_eq!(control.post("/sim/do", himself).await.0, 409);
    sim.stop().await;
}
