//! Axeos over real sockets, by tieline's own client; the event on WSI by a client of others.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_axeos::http::{Auth, Events, MakeCall, Phones, Users};
use tieline_axeos::{
    CallReply, CallRequest, CallStatus, Directory, EVENT_TYPES, Entry, Event, Generation, Poll, TargetPhoneType,
    UserPhoneType,
};
use tieline_core::http::CallError;
use tieline_core::{Class, Text};
use tieline_portsip_wsi::Dialect;
use tieline_sim::day::TOUR;
use tieline_sim::{Sim, SimBuilder};
use tieline_tokio::Proxy;
use tieline_tokio::http::{HttpClient, HttpConfig};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

fn still() -> SimBuilder {
    Sim::builder().paused(true)
}

/// A simulator whose time stands still at the beginning of its day.
async fn paused() -> (Sim, HttpClient) {
    let sim = still().start().await.expect("a simulator");
    let client = client(&sim, &Auth::api_key(sim.axeos_key().clone()));
    (sim, client)
}

fn client(sim: &Sim, auth: &Auth) -> HttpClient {
    let base = sim.axeos_url().parse().expect("an address");
    HttpClient::new(HttpConfig::new(base, auth.to_authorization()).proxy(Proxy::direct())).expect("a client")
}

/// Every event after a number that has been logged by now, each of which can be read, without a skipped number.
async fn events_after(client: &HttpClient, mut last: u64) -> Vec<Entry<Text>> {
    let mut events = Vec::new();
    loop {
        let batch = client.call(&Events::new(Poll::after(last, 0))).await.expect("events");
        assert_eq!(batch.bad().count(), 0);
        if batch.is_empty() {
            return events;
        }
        for entry in batch.values() {
            assert_eq!(entry.seq, last + 1);
            last = entry.seq;
            events.push(entry.clone());
        }
    }
}

/// The events of one call.
fn of_call<'e>(events: &'e [Entry<Text>], unique_id: &str) -> Vec<&'e Event<Text>> {
    let own = |event: &&Event<Text>| event.call().is_some_and(|call| call.unique_id.as_deref() == Some(unique_id));
    events.iter().map(|entry| &entry.event).filter(own).collect()
}

#[tokio::test]
async fn the_tour_shows_every_type_of_event() {
    let (sim, client) = paused().await;
    sim.advance(TOUR);
    let events = events_after(&client, 0).await;
    let seen: BTreeSet<&str> = events.iter().map(|entry| entry.event.event_type()).collect();
    let all = EVENT_TYPES.iter().map(|info| info.event_type).filter(|word| *word != "api call");
    assert_eq!(seen, all.collect());
    assert!(events.iter().all(|entry| entry.timestamp.is_some()));
    let kinds: BTreeSet<&str> = events
        .iter()
        .filter_map(|entry| entry.event.call())
        .flat_map(|call| call.targets())
        .filter_map(|target| target.user_phone_type.as_ref().map(TargetPhoneType::as_str))
        .collect();
    assert_eq!(kinds, BTreeSet::from(["forward", "hot-desk", "phone"]));
}

#[tokio::test]
async fn lists_and_events_tell_the_same_whichever_generation_the_pbx_is_of() {
    for generation in [Generation::V3, Generation::V4] {
        let sim = still().axeos_generation(generation).start().await.expect("a simulator");
        let client = client(&sim, &Auth::api_key(sim.axeos_key().clone()));
        let mut followed = Directory::new();
        followed.set_users(&client.call(&Users::default()).await.expect("users"));
        followed.set_phones(&client.call(&Phones::default()).await.expect("phones"));
        // Before the first extension comes or goes: what a list brings is not in events.
        sim.advance(Duration::from_secs(30));
        for entry in events_after(&client, 0).await {
            followed.apply(&entry);
        }
        let users = client.call(&Users::default()).await.expect("users");
        let mut listed = Directory::new();
        listed.set_users(&users);
        listed.set_phones(&client.call(&Phones::default()).await.expect("phones"));
        for user in users.values() {
            assert_eq!(user.generation(), generation);
            let uuid = user.uuid.as_deref().expect("a uuid");
            let lines = [&followed, &listed].map(|directory| directory.line(uuid).map(|line| line.to_string()));
            assert_eq!(lines[0], lines[1]);
            let on = [&followed, &listed]
                .map(|directory| directory.user(uuid).and_then(|user| user.logged_in_on()).map(ToString::to_string));
            assert_eq!(on[0], on[1]);
        }
        assert_eq!(users.len(), 12);
    }
}

#[tokio::test]
async fn a_user_with_a_second_device_is_logged_in_there_while_it_is_registered() {
    let (sim, client) = paused().await;
    let alice = async || {
        let users = client.call(&Users::default()).await.expect("users");
        users.values().find(|user| user.username.as_deref() == Some("alice")).expect("a user").clone()
    };
    let before = alice().await;
    let kinds: Vec<_> = before.phones.iter().flatten().filter_map(|phone| phone.kind.clone()).collect();
    assert_eq!(kinds, [UserPhoneType::Phone, UserPhoneType::HotDesk]);
    assert_eq!((before.phone_in_use(), before.logged_in_on()), (before.own_phone(), None));
    sim.advance(Duration::from_secs(1));
    let after = alice().await;
    assert_eq!(after.phone_in_use(), after.logged_in_on());
    let events = events_after(&client, 0).await;
    let logins: Vec<_> = events
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::UserLoggedIn(login) => Some((login.user_uuid.clone(), login.phone_uuid.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(logins, [(after.uuid.clone(), after.logged_in_on().cloned())]);
}

#[tokio::test]
async fn a_call_of_the_api_is_made_answered_and_finished_and_its_phones_say_so() {
    let (sim, client) = paused().await;
    let reply = client.call(&MakeCall::new(CallRequest::new("jonas", "112"))).await.expect("a reply");
    let id = reply.unique_id.clone().expect("an id");
    assert_eq!(reply, CallReply::success(id.clone()));
    sim.advance(Duration::from_secs(60));
    let events = events_after(&client, 0).await;
    let own = of_call(&events, &id);
    let types: Vec<&str> = own.iter().map(|event| event.event_type()).collect();
    assert_eq!(types, ["api call", "call answered", "call finished"]);
    let users = client.call(&Users::default()).await.expect("users");
    let user = |name| users.values().find(|user| user.username.as_deref() == Some(name)).expect("a user");
    for event in &own {
        let call = event.call().expect("a call");
        let caller = call.caller.as_ref().expect("a caller");
        assert_eq!((&caller.user_uuid, caller.phone_uuid.as_ref()), (&user("jonas").uuid, user("jonas").own_phone()));
        let targets: Vec<_> = call.targets().map(|target| (&target.user_uuid, target.phone_uuid.as_ref())).collect();
        assert_eq!(targets, [(&user("liam").uuid, user("liam").own_phone())]);
        assert_eq!((call.called_extension.as_deref(), call.called_number.as_deref()), (Some("112"), Some("112")));
    }
    assert_eq!(own[2].call().and_then(|call| call.reason.as_deref()), Some("hangup"));
    // From one call of the phone to the next, which may be another one's.
    let phone = user("liam").own_phone();
    let states = events.iter().filter_map(|entry| match &entry.event {
        Event::PhoneStatusUpdate(status) if status.phone_uuid.as_ref() == phone => status.status.as_deref(),
        _ => None,
    });
    assert_eq!(states.take(3).collect::<Vec<_>>(), ["ringing", "in use", "idle"]);
}

#[tokio::test]
async fn who_is_in_a_call_is_busy_and_a_user_who_is_unknown_cannot_call() {
    let (_sim, client) = paused().await;
    let call = async |user: &str| {
        let reply = client.call(&MakeCall::new(CallRequest::new(user, "12025550100"))).await.expect("a reply");
        (reply.status, reply.unique_id.is_some())
    };
    assert_eq!(call("jonas").await, (Some(CallStatus::Success), true));
    assert_eq!(call("jonas").await, (Some(CallStatus::Busy), false));
    assert_eq!(call("nobody").await, (Some(CallStatus::Failed), false));
    // Not registered when the day begins.
    assert_eq!(call("alice").await, (Some(CallStatus::Failed), false));
}

#[tokio::test]
async fn a_call_is_the_same_one_on_wsi() {
    let (sim, client) = paused().await;
    let (mut socket, _) = connect_async(sim.wsi_url(Dialect::V16)).await.expect("the simulator answers");
    let contract = sim.contract();
    let users = contract["wsi"]["users"].as_array().expect("a list");
    let admin = users.iter().find(|user| user["extension"] == "110").expect("a user");
    let login = json!({"command": "auth", "username": admin["username"], "domain": contract["wsi"]["domain"],
                       "password": admin["password"]});
    let subscribe = json!({"command": "subscribe", "topics": ["extension_events"]});
    for message in [login, subscribe] {
        socket.send(Message::text(message.to_string())).await.expect("the line is open");
        let answer = socket.next().await.expect("the line is open").expect("no failure");
        let answer: Value = serde_json::from_str(answer.to_text().expect("text")).expect("JSON");
        assert_eq!(answer["status"], 0);
    }
    sim.advance(Duration::from_millis(1_000));
    let place = sim.axeos_events().events;
    sim.advance(Duration::from_millis(1_000));
    let events = events_after(&client, place).await;
    let internal = events.iter().find_map(|entry| match &entry.event {
        Event::InternalDial(call) => Some(call),
        _ => None,
    });
    let call = internal.expect("102 calls 101");
    let mut hear = async || loop {
        let message = socket.next().await.expect("the line is open").expect("no failure");
        if message.is_text() && message.to_text().expect("text").contains("call_start") {
            return message;
        }
    };
    let started = tokio::time::timeout(Duration::from_secs(20), hear()).await.expect("WSI tells it too");
    let started: Value = serde_json::from_str(started.to_text().expect("text")).expect("JSON");
    assert_eq!(started["session_id"].as_str(), call.unique_id.as_deref());
}

#[tokio::test]
async fn a_poll_that_waits_is_answered_by_what_happens() {
    let (sim, client) = paused().await;
    let waits = tokio::spawn(async move { client.call(&Events::new(Poll::after(0, 20))).await });
    while sim.axeos_events().waiting == 0 {
        tokio::task::yield_now().await;
    }
    sim.advance(Duration::from_millis(200));
    let batch = waits.await.expect("no panic").expect("events");
    assert!(matches!(batch.values().next(), Some(Entry { seq: 1, event: Event::PhoneStatusUpdate(_), .. })));
}

#[tokio::test]
async fn keys_and_users_of_the_tenant_may_call_and_nobody_else() {
    let (sim, _) = paused().await;
    let contract = sim.contract();
    let users = contract["axeos"]["users"].as_array().expect("a list");
    let alice = users.iter().find(|user| user["username"] == "alice").expect("a user");
    let password = alice["password"].as_str().expect("a password");
    let key = contract["axeos"]["key"].as_str().expect("a key");
    assert_eq!((key.len(), contract["axeos"]["url"].as_str()), (32, Some(sim.axeos_url().as_str())));
    for auth in [Auth::api_key(key), Auth::query_key(key), Auth::user("alice", password)] {
        assert_eq!(client(&sim, &auth).call(&Users::default()).await.expect("users").len(), 12);
    }
    for auth in [
        Auth::api_key("wrong"),
        Auth::query_key(password),
        Auth::user("alice", key),
        Auth::user("bob", password),
        // Of the other tenant.
        Auth::user("mara", password),
    ] {
        let error = client(&sim, &auth).call(&Users::default()).await.expect_err("refused");
        assert_eq!(error.class(), Class::Reauthenticate, "{error}");
    }
}

#[tokio::test]
async fn a_log_that_was_restarted_counts_anew() {
    let (sim, client) = paused().await;
    sim.advance(Duration::from_secs(10));
    assert!(events_after(&client, 0).await.len() > 10);
    let waiting = client.clone();
    let waits = tokio::spawn(async move { waiting.call(&Events::new(Poll::after(9_999, 20))).await });
    while sim.axeos_events().waiting == 0 {
        tokio::task::yield_now().await;
    }
    sim.restart_axeos_log(1);
    let refused = waits.await.expect("no panic").expect_err("the server went away");
    assert!(matches!(refused, CallError::Api(error) if error.status == 503));
    assert!(events_after(&client, 0).await.is_empty());
    sim.advance(Duration::from_secs(5));
    assert!(!events_after(&client, 0).await.is_empty());
}
