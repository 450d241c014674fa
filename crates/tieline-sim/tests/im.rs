//! PortSIP IM: logins, talk with people of the world, presence, files.

mod client;

use std::time::Duration;

use client::im::{ask, attach, enter, heard, robot};
use client::{Client, get, post, within};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::scenario::{Extension, Group, Receipt, Scenario, ScenarioBuilder, Step};
use tieline_sim::world::{Availability, Refused, Role};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn office() -> ScenarioBuilder {
    Scenario::builder("office")
        .length(at(600))
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("102", "Bob Tanaka"))
        .extension(Extension::new("109", "Robot Nine").im(false))
        .group(Group::new("ops", "Operations", "101").member("102").member("109"))
}

async fn start(scenario: ScenarioBuilder) -> Sim {
    Sim::builder().scenario(scenario.build().expect("a scenario")).start().await.expect("a free port")
}

#[tokio::test]
async fn what_a_person_writes_comes_with_the_time_of_the_scenario_and_who_wrote_it() {
    let sim = start(office()).await;
    let mut robot = robot(&sim).await;
    assert_eq!(attach(&mut robot, &sim.im_group("ops").expect("a group")).await["code"], 200);
    sim.step(at(7)).await;
    sim.perform(Step::message("101", "ops", "Good morning")).expect("said");
    let told = heard(&mut robot, "data").await;
    let [message] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&message["content"], &message["from"]), (&json!("Good morning"), &json!(sim.im_user("101"))));
    assert_eq!(message["ts"], "2026-01-01T07:00:07Z");
}

#[tokio::test]
async fn a_client_and_a_person_talk_and_each_sees_the_other_as_the_topic() {
    let sim = start(office()).await;
    let (mut robot, alice) = (robot(&sim).await, sim.im_user("101").expect("a user"));
    attach(&mut robot, &alice).await;
    let (answer, _) = ask(&mut robot, json!({"pub": {"id": "p", "topic": alice, "content": "Hello"}})).await;
    assert_eq!((&answer["code"], &answer["params"]["seq"]), (&json!(202), &json!(1)));
    sim.perform(Step::receipt("101", "109", Receipt::Read)).expect("read");
    let read = heard(&mut robot, "info").await;
    assert_eq!((&read[0]["what"], &read[0]["seq"], &read[0]["from"]), (&json!("read"), &json!(1), &json!(alice)));
    sim.perform(Step::typing("101", "109")).expect("typed");
    sim.perform(Step::message("101", "109", "Hello yourself")).expect("said");
    let rest = robot.rest().await;
    let kinds: Vec<bool> = rest.iter().map(|text| text.starts_with(r#"{"info""#)).collect();
    assert_eq!(kinds, [true, false], "{rest:?}");
    assert!(rest[1].contains("Hello yourself") && rest[1].contains(&alice), "{rest:?}");
}

#[tokio::test]
async fn presence_follows_the_devices_as_in_wsi() {
    let admin = Extension::new("110", "Jonas Meyer").role(Role::TenantAdmin);
    let sim = start(office().extension(admin)).await;
    let mut wsi = Client::wsi(&sim, Dialect::V22).await;
    wsi.say(json!({"command": "subscribe", "topics": ["extension_events"], "extensions": ["102"]})).await;
    wsi.rest().await;
    let (mut robot, bob) = (robot(&sim).await, sim.im_user("102").expect("a user"));
    attach(&mut robot, "me").await;
    attach(&mut robot, &bob).await;
    robot.rest().await;
    sim.perform(Step::unregister("102")).expect("registered");
    sim.step(at(5)).await;
    let gone = heard(&mut robot, "pres").await;
    assert!(gone.iter().any(|pres| pres["what"] == "off" && pres["src"] == bob), "{gone:?}");
    let told = wsi.rest().await.concat();
    assert!(told.contains(r#""online":false"#) && told.contains(bob.trim_start_matches("usr")), "{told}");
    sim.perform(Step::register("102")).expect("a device");
    sim.perform(Step::presence("102", Availability::Lunch, "Back at one")).expect("an extension");
    sim.step(at(1)).await;
    let back = heard(&mut robot, "pres").await;
    assert!(back.iter().any(|pres| pres["what"] == "on" && pres["src"] == bob), "{back:?}");
    assert!(back.iter().any(|pres| pres["what"] == "upd" && pres["src"] == bob), "{back:?}");
    robot.say(json!({"get": {"id": "g", "topic": bob, "what": "desc"}})).await;
    let card = robot.hear().await["meta"]["desc"]["public"].clone();
    assert_eq!(card, json!({"fn": "Bob Tanaka", "note": "Back at one"}));
}

#[tokio::test]
async fn who_is_not_there_by_himself_comes_and_goes_by_steps() {
    let sim = start(office()).await;
    let mut robot = robot(&sim).await;
    attach(&mut robot, "me").await;
    attach(&mut robot, &sim.im_user("102").expect("a user")).await;
    robot.rest().await;
    sim.perform(Step::im_logout("102")).expect("there");
    sim.step(at(5)).await;
    sim.perform(Step::im_login("102")).expect("an extension");
    let pres = heard(&mut robot, "pres").await;
    let whats: Vec<&Value> = pres.iter().map(|pres| &pres["what"]).collect();
    assert_eq!(whats, ["off", "on"]);
}

#[tokio::test]
async fn messages_from_outside_come_to_the_channel_of_the_extension() {
    let sim = start(office()).await;
    let mut robot = robot(&sim).await;
    let channel = sim.im_user("109").expect("a user").replace("usr", "emc");
    assert_eq!(attach(&mut robot, &channel).await["code"], 200);
    sim.perform(Step::message("12025550123", "109", "Is it ready?")).expect("a channel");
    let told = heard(&mut robot, "data").await;
    assert_eq!(
        (&told[0]["content"], &told[0]["head"]["from"], told[0].get("from")),
        (&json!("Is it ready?"), &json!("12025550123"), None)
    );
}

#[tokio::test]
async fn what_cannot_be_said_is_refused() {
    let sim = start(office()).await;
    assert_eq!(sim.perform(Step::message("101", "nobody", "Hello")), Err(Refused::NoSuchGroup));
    assert_eq!(sim.perform(Step::message("199", "101", "Hello")), Err(Refused::NoSuchExtension));
    assert_eq!(sim.perform(Step::message("101", "101", "Hello")), Err(Refused::DeniedInIm));
}

#[tokio::test]
async fn tokens_come_over_rest_and_end_by_the_clock_of_the_scenario() {
    let sim = start(office().length(at(7_200))).await;
    let contract = sim.contract();
    let user = &contract["im"]["users"][2];
    let form = format!(
        "grant_type=password&username=robot&domain=acme.test&scope=all&password={}",
        user["password"].as_str().expect("a password")
    );
    let kind = "application/x-www-form-urlencoded";
    let (status, body) = post(sim.local_addr(), "/api/login/oauth/token", kind, "", &form).await;
    let grant: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &grant["expires_in"]), (200, &json!(1800)), "{body}");
    let token = grant["access_token"].as_str().expect("a token").to_owned();
    let (_, answer) = enter(&sim.im_url(), "robot", &token).await;
    assert_eq!((&answer["ctrl"]["code"], &answer["ctrl"]["params"]["user"]), (&json!(200), &user["user"]));
    sim.advance(at(1_801));
    let (_, late) = enter(&sim.im_url(), "robot", &token).await;
    assert_eq!(late["ctrl"]["code"], 401);
    let (status, _) = post(sim.local_addr(), "/api/login/oauth/token", kind, "", &form.replace("robot", "bob")).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn the_path_of_the_server_that_it_derives_from_is_served_too() {
    let sim = start(office()).await;
    let url = sim.im_url().replace("/im", "/v0/channels?apikey=any");
    let mut client = Client::open(&url).await.expect("open");
    client.say(json!({"hi": {"id": "h", "ver": "0.25"}})).await;
    assert_eq!(client.hear().await["ctrl"]["code"], 201);
}

#[tokio::test]
async fn files_are_kept_and_given_back() {
    let sim = start(office()).await;
    let token = sim.im_token("109").expect("a token").expose().clone();
    let (_client, answer) = enter(&sim.im_url(), "109", &token).await;
    let token = answer["ctrl"]["params"]["token"].as_str().expect("a token for files").to_owned();
    let body = "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"menu.txt\"\r\nContent-Type: text/plain\r\n\r\nSoup\r\n--x--\r\n";
    let kind = "multipart/form-data; boundary=x";
    let (status, sent) = post(sim.local_addr(), "/im/file", kind, &format!("token {token}"), body).await;
    let sent: Value = serde_json::from_str(&sent).expect("JSON");
    let id = sent["ctrl"]["params"]["url"].as_str().expect("an id");
    assert_eq!((status, &sent["ctrl"]["id"], id.len()), (200, &json!("7"), 32));
    let (head, file) = get(&sim, &format!("/im/file/{id}"), "").await;
    assert!(head.starts_with("HTTP/1.1 200") && file == "Soup", "{head} {file}");
    assert_eq!(post(sim.local_addr(), "/im/file", kind, "token no", body).await.0, 401);
}

#[tokio::test]
async fn the_people_of_the_day_talk_in_their_groups_and_alone() {
    let sim = Sim::builder().paused(true).start().await.expect("a free port");
    let token = sim.im_token("103").expect("a token").expose().clone();
    let (mut carla, _) = enter(&sim.im_url(), "103", &token).await;
    attach(&mut carla, &sim.im_group("sales").expect("a group")).await;
    for _ in 0..10 {
        sim.advance(at(60));
        carla.rest().await;
    }
    let query = json!({"get": {"id": "g", "topic": sim.im_group("sales"), "what": "data"}});
    let (answer, told) = within(ask(&mut carla, query)).await;
    assert!(answer["params"]["count"].as_u64().is_some_and(|count| count > 4) && !told.is_empty(), "{answer}");
}
