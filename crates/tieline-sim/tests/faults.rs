//! What goes wrong at the sockets, with permissions, over HTTP and with the PBX itself.

mod client;

use std::time::Duration;

use client::{Client, get, login, numbers, poll, sim, until, within};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::fault::{Fault, Memory, Rule};
use tieline_sim::record::Ended;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

const TEN: Duration = Duration::from_secs(10);

async fn dial(sim: &Sim) -> TcpStream {
    TcpStream::connect(sim.local_addr()).await.expect("connected")
}

fn ended(sim: &Sim, number: u64) -> Option<Ended> {
    sim.clients().iter().find(|client| client.number == number)?.ended.map(|(_, why)| why)
}

#[tokio::test]
async fn refused_connections_are_closed_at_once_and_others_are_not() {
    let sim = sim(&["conn=1-2:refuse"]).await;
    for number in [1, 2] {
        assert!(matches!(within(dial(&sim).await.read(&mut [0])).await, Ok(0) | Err(_)));
        until(|| ended(&sim, number) == Some(Ended::Dropped)).await;
    }
    Client::wsi(&sim, Dialect::V22).await;
}

#[tokio::test]
async fn a_service_can_be_refused_while_another_answers() {
    let sim = sim(&["on=cloudpbx-stream:refuse"]).await;
    assert!(matches!(Client::open(sim.cloudpbx_stream_url().expose()).await, Err(Error::Protocol(_) | Error::Io(_))));
    Client::wsi(&sim, Dialect::V16).await;
}

#[tokio::test]
async fn a_mute_connection_stays_and_says_nothing_until_the_client_leaves() {
    let sim = sim(&["nth=1:mute", "path=/apis/:mute"]).await;
    for _ in 0..2 {
        let mut mute = dial(&sim).await;
        mute.write_all(b"GET /apis/pbx/users HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        // Another connection has come to its end meanwhile, and this one has heard nothing.
        drop(Client::wsi(&sim, Dialect::V22).await);
        assert!(mute.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
        drop(mute);
    }
    until(|| sim.clients().iter().filter(|client| matches!(client.ended, Some((_, Ended::BlackHole)))).count() == 2)
        .await;
}

#[tokio::test]
async fn a_connection_is_reset_at_the_byte_that_was_asked_for() {
    let sim = sim(&["conn=1:reset=150", "conn=2:reset=20"]).await;
    for expected in [150, 20] {
        let mut tcp = dial(&sim).await;
        tcp.write_all(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .expect("sent");
        let mut heard = Vec::new();
        let end = within(tcp.read_to_end(&mut heard)).await;
        assert_eq!(end.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset));
        // What the client had not read is lost with the reset.
        assert!(heard.len() <= expected, "{}", heard.len());
    }
    assert_eq!((ended(&sim, 1), ended(&sim, 2)), (Some(Ended::Reset), Some(Ended::Reset)));
}

#[tokio::test]
async fn a_black_hole_takes_everything_and_gives_nothing() {
    let sim = sim(&[]).await;
    let mut client = Client::subscriber(&sim).await;
    let mut other = Client::subscriber(&sim).await;
    sim.faults().add("conn=1:black-hole".parse::<Rule>().expect("a rule"));
    sim.advance(TEN);
    assert!(!other.rest().await.is_empty());
    client.say(json!({"command": "unsubscribe", "topics": ["cdr_events"]})).await;
    // The server says goodbye to those who hear it; to the black hole it only seems so.
    sim.kill_connections();
    assert!(!other.ended().await);
    let mut third = Client::subscriber(&sim).await;
    third.rest().await;
    let nothing = futures::poll!(futures::StreamExt::next(&mut client.0));
    assert!(nothing.is_pending(), "{nothing:?}");
    drop(client);
    until(|| ended(&sim, 1) == Some(Ended::BlackHole)).await;
}

#[tokio::test]
async fn a_simulator_that_is_gone_lets_go_what_it_held() {
    let sim = sim(&["mute"]).await;
    let mut mute = dial(&sim).await;
    until(|| sim.connections().connections_now == 1).await;
    drop(sim);
    assert!(matches!(within(mute.read(&mut [0])).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn torn_writes_lose_nothing() {
    let sim = sim(&["split=3"]).await;
    let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
    sim.advance(TEN);
    for text in wsi.rest().await.into_iter().chain(stream.rest().await) {
        serde_json::from_str::<Value>(&text).expect("whole");
    }
    assert!(!numbers(&poll(&sim, "").await.1).is_empty());
}

#[tokio::test]
async fn logins_are_refused_in_the_words_of_each_service_and_only_as_often_as_asked_for() {
    let sim =
        sim(&["on=wsi,nth=1:login-refused", "on=cloudpbx,nth=1-2:login-refused", "on=axeos,nth=1:login-refused"]).await;
    let mut client = Client::open(&sim.wsi_url(Dialect::V16)).await.expect("open");
    client.say(login(&sim)).await;
    assert_eq!(client.hear().await, json!({"error": "name or password error", "status": -1}));
    client.say(login(&sim)).await;
    assert_eq!(client.hear().await["status"], 0);

    let Err(Error::Http(answer)) = Client::open(sim.cloudpbx_stream_url().expose()).await else { panic!("opened") };
    assert_eq!(answer.status(), 403);
    let bearer = format!("Bearer {}", sim.cloudpbx_key().expose());
    let refused = get(&sim, "/cdr", &bearer).await;
    assert!(refused.0.starts_with("HTTP/1.1 401 "));
    assert_eq!(refused.1, get(&sim, "/cdr", "Bearer wrong").await.1, "as a wrong key is");
    assert!(get(&sim, "/cdr", &bearer).await.0.starts_with("HTTP/1.1 200 "));
    Client::stream(&sim).await;

    assert_eq!((poll(&sim, "").await.0, poll(&sim, "").await.0), (401, 200));
}

#[tokio::test]
async fn a_subscribe_is_denied_in_the_form_of_the_dialect() {
    let sim = sim(&["permission-denied"]).await;
    let mut v16 = Client::wsi(&sim, Dialect::V16).await;
    v16.say(json!({"command": "subscribe", "topics": ["cdr_events"]})).await;
    assert_eq!(v16.hear().await, json!({"error": "no permission", "status": -1}));
    let mut v22 = Client::wsi(&sim, Dialect::V22).await;
    v22.say(json!({"command": "subscribe", "topics": ["cdr_events"], "id": "7"})).await;
    let denied = json!({"command": "subscribe", "error": "no permission", "id": "7", "status": -1});
    assert_eq!(v22.hear().await, denied);
    sim.advance(TEN);
    assert_eq!((v16.rest().await, v22.rest().await), (vec![], vec![]));

    let mut stream = Client::stream(&sim).await;
    let (code, reason) = stream.close().await;
    assert_eq!(
        (code, serde_json::from_str::<Value>(&reason).expect("JSON")["http_status"].clone()),
        (1008, json!(403))
    );
    assert_eq!(poll(&sim, "").await.0, 403);
}

#[tokio::test]
async fn a_token_expires_in_the_middle_of_the_stream() {
    let sim = sim(&["nth=3:token-expired"]).await;
    let mut wsi = Client::subscriber(&sim).await;
    sim.advance(Duration::from_secs(20));
    wsi.text().await;
    wsi.text().await;
    assert_eq!(wsi.close().await.0, 1008);
    sim.faults().clear();
    sim.faults().add("nth=2:token-expired".parse::<Rule>().expect("a rule"));
    let mut stream = Client::stream(&sim).await;
    sim.advance(TEN);
    stream.text().await;
    assert!(stream.close().await.1.contains("401"));
    sim.faults().clear();
    sim.faults().add(Fault::TokenExpired);
    assert_eq!(poll(&sim, "").await.0, 401);
}

#[tokio::test]
async fn any_request_is_answered_with_a_status_and_when_to_come_again() {
    let sim = sim(&["nth=1-3:http=503,7", "nth=4:http=429"]).await;
    let Err(Error::Http(answer)) = Client::open(&sim.wsi_url(Dialect::V16)).await else { panic!("opened") };
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (503, &b"7"[..]));
    let (head, _) = get(&sim, "/cdr", "none").await;
    assert!(head.starts_with("HTTP/1.1 503 ") && head.to_lowercase().contains("retry-after: 7"), "{head}");
    assert_eq!((poll(&sim, "").await.0, poll(&sim, "").await.0, poll(&sim, "").await.0), (503, 429, 200));
}

#[tokio::test]
async fn a_skewed_clock_tells_other_times_from_its_moment_on() {
    let sim = sim(&["at=20s:clock-skew=-86400"]).await;
    let mut client = Client::subscriber(&sim).await;
    let day = |text: &String| {
        let record: Value = serde_json::from_str(text).expect("JSON");
        let ended: i64 = record["ended_time"].as_str().expect("a time").parse().expect("a number");
        ended.div_euclid(86_400)
    };
    sim.advance(Duration::from_secs(19));
    let before: Vec<i64> = client.rest().await.iter().map(day).collect();
    sim.advance(Duration::from_secs(60));
    let after: Vec<i64> = client.rest().await.iter().map(day).collect();
    let first = before[0];
    assert!(
        before.iter().all(|day| *day == first) && after.iter().all(|day| *day == first - 1),
        "{before:?} {after:?}"
    );
    assert!(!after.is_empty());
}

#[tokio::test]
async fn a_restart_cuts_everybody_and_keeps_or_loses_the_numbers() {
    let sim = sim(&["at=15s:restart", "at=35s:restart=forget"]).await;
    let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
    sim.advance(TEN);
    let newest = numbers(&poll(&sim, "").await.1).pop().expect("events");
    let id = |text: &String| serde_json::from_str::<Value>(text).expect("JSON")["id"].as_i64().expect("a number");
    let last = id(stream.rest().await.last().expect("messages"));
    sim.advance(TEN);
    assert!(!wsi.ended().await && !stream.ended().await);
    let mut stream = Client::stream(&sim).await;
    sim.advance(TEN);
    assert!(id(&stream.text().await) > last);
    assert!(numbers(&poll(&sim, &format!("&last={newest}")).await.1)[0] == newest + 1);
    sim.advance(TEN);
    assert!(!stream.ended().await);
    assert_eq!(numbers(&poll(&sim, "&last=0").await.1).first(), Some(&1));
}

#[tokio::test]
async fn the_handle_restarts_and_skews_at_once() {
    let sim = sim(&[]).await;
    let mut stream = Client::stream(&sim).await;
    sim.advance(TEN);
    stream.text().await;
    sim.restart(Memory::Lost);
    assert!(!stream.ended().await);
    sim.skew_clock(3600);
    let mut stream = Client::stream(&sim).await;
    sim.advance(TEN);
    assert_eq!(stream.hear().await["id"], 1);
    let (_, body) = poll(&sim, "").await;
    assert!(body.contains("T08:00:"), "{body}");
}

#[tokio::test]
async fn a_schedule_of_scenario_time_says_when() {
    let sim = sim(&["at=10s-20s,on=axeos:http=503"]).await;
    assert_eq!(poll(&sim, "").await.0, 200);
    sim.advance(TEN);
    assert_eq!(poll(&sim, "").await.0, 503);
    sim.advance(TEN);
    assert_eq!(poll(&sim, "").await.0, 200);
    assert_eq!(sim.faults().rules()[0].1, 1);
}

#[tokio::test]
async fn a_simulator_that_does_not_watch_has_no_faults_and_no_record() {
    let sim = Sim::builder().paused(true).watched(false).fault(Fault::Refuse).start().await.expect("a free port");
    let mut client = Client::subscriber(&sim).await;
    sim.advance(TEN);
    assert!(!client.rest().await.is_empty());
    assert!(sim.clients().is_empty() && sim.transcript().is_empty());
}
