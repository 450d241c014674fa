//! A WSI line over real TCP.
#![cfg(feature = "wsi")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::*;
use futures::StreamExt as _;
use futures::stream::FusedStream as _;
use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_core::{Class, CloseReason, SendErrorKind};
use tieline_portsip_wsi::client::{ClientEvent, Confirmation};
use tieline_portsip_wsi::{Auth, Subscription, Topic};
use tieline_tokio::{ClientError, ConnectError, Credentials, CredentialsError, Item, wsi};
use tieline_websocket::OpeningError;
use tokio::sync::Notify;

#[tokio::test]
async fn events_come_in_order_after_login_and_subscribe() {
    let pbx = Pbx::start(|mut peer, _| async move {
        let login = peer.log_in().await;
        assert!(login.contains(r#""username":"supervisor""#) && login.contains("hunter2"), "{login}");
        let asked = peer.heard().await.expect("a subscribe");
        assert!(asked.contains("extension_events") && asked.contains("102"), "{asked}");
        peer.say(OK).await;
        for at in 0..3 {
            peer.say(event(at)).await;
        }
        peer.agree().await;
    })
    .await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    assert_eq!(client.phase(), Phase::Live);
    let reply = soon(client.subscribe(calls())).await.expect("accepted");
    assert_eq!(reply.confirmation, Confirmation::Answered);
    let names = names_to(&mut events, "event 2").await;
    assert_eq!(names, ["live", "logged in", "event 0", "event 1", "event 2"]);
}

#[tokio::test]
async fn what_is_desired_from_the_start_is_in_force_when_connect_returns() {
    let subscribed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&subscribed);
    let pbx = Pbx::start(move |mut peer, _| {
        let count = Arc::clone(&count);
        async move {
            peer.log_in().await;
            assert!(peer.heard().await.expect("a subscribe").contains("extension_events"));
            count.fetch_add(1, Ordering::SeqCst);
            peer.say(OK).await;
            peer.agree().await;
        }
    })
    .await;
    let _line = soon(wsi::connect(&pbx.url, config().subscribe(&calls()))).await.expect("live");
    assert_eq!(subscribed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_wrong_password_is_a_typed_error_after_exactly_one_connection() {
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.heard().await;
        peer.say(REFUSED).await;
        peer.close_code().await;
    })
    .await;
    let mut config = config();
    config.options.policy.retry_first = true;
    let error = soon(wsi::connect(&pbx.url, config)).await.expect_err("refused");
    let ConnectError::LoginRefused { status, reason } = &error else { panic!("{error:?}") };
    assert_eq!((*status, reason.as_str()), (-1, "name or password error"));
    assert_eq!(error.class(), Class::Reauthenticate);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    // Time enough for a second dial, were there one.
    tokio::time::sleep(millis(100)).await;
    assert_eq!(pbx.accepted(), 1);
}

#[tokio::test]
async fn a_kill_is_told_as_down_live_and_gap_in_one_stream() {
    let pbx = Pbx::start(|mut peer, number| async move {
        peer.log_in().await;
        assert!(peer.heard().await.expect("restored each time").contains("extension_events"));
        peer.say(OK).await;
        peer.say(event(number)).await;
        if number > 0 {
            peer.agree().await;
        }
    })
    .await;
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config().subscribe(&calls()))).await.expect("live");
    let names = names_to(&mut events, "event 1").await;
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != "logged in").collect();
    assert_eq!(names, ["live", "event 0", "down: the line was lost", "live", "gap", "event 1"]);
}

#[tokio::test]
async fn a_broken_frame_is_answered_with_its_close_code_and_the_line_replaced() {
    let pbx = Pbx::start(|mut peer, number| async move {
        use tokio::io::AsyncWriteExt as _;
        peer.log_in().await;
        if number == 0 {
            // No opcode is 3.
            peer.0.get_mut().write_all(&[0x83, 0]).await.expect("a client");
            assert_eq!(peer.close_code().await, Some(1002));
            return;
        }
        peer.say(event(number)).await;
        peer.agree().await;
    })
    .await;
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    let names = names_to(&mut events, "event 1").await;
    assert!(names.contains(&"down: the peer broke the protocol: a frame is malformed".into()), "{names:?}");
}

#[tokio::test]
async fn closing_says_goodbye_and_ends_the_stream_once() {
    let code = Arc::new(Mutex::new(None));
    let told = Arc::clone(&code);
    let pbx = Pbx::start(move |mut peer, _| {
        let told = Arc::clone(&told);
        async move {
            peer.log_in().await;
            *told.lock().unwrap() = peer.close_code().await;
        }
    })
    .await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    soon(client.close()).await;
    soon(client.clone().close()).await;
    assert_eq!(*code.lock().unwrap(), Some(1000));
    assert_eq!(names_to(&mut events, "closed").await, ["live", "logged in", "closed"]);
    assert_eq!(soon(events.next()).await, None);
    assert!(events.is_terminated());
    assert_eq!(client.phase(), Phase::Closed);
    assert_eq!(soon(client.subscribe(calls())).await, Err(ClientError::Closed));
}

#[tokio::test]
async fn a_line_outlives_its_clients_and_is_closed_with_its_events() {
    let (gone, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&gone), Arc::clone(&go));
    let pbx = Pbx::start(move |mut peer, _| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            peer.log_in().await;
            wait.notified().await;
            peer.say(event(7)).await;
            assert_eq!(peer.close_code().await, Some(1000));
            tell.notify_one();
        }
    })
    .await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    drop(client);
    go.notify_one();
    names_to(&mut events, "event 7").await;
    drop(events);
    soon(gone.notified()).await;
}

#[tokio::test]
async fn a_line_outlives_its_events_and_is_closed_with_its_clients() {
    let gone = Arc::new(Notify::new());
    let tell = Arc::clone(&gone);
    let pbx = Pbx::start(move |mut peer, _| {
        let tell = Arc::clone(&tell);
        async move {
            peer.log_in().await;
            // More than any queue of ours holds.
            for at in 0..5000 {
                peer.say(event(at)).await;
            }
            assert_eq!(peer.agree().await.len(), 1);
            tell.notify_one();
        }
    })
    .await;
    let (client, events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    drop(events);
    soon(client.subscribe(calls())).await.expect("answered");
    drop(client);
    soon(gone.notified()).await;
}

#[tokio::test]
async fn an_address_that_never_worked_is_an_error_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = soon(wsi::connect(&format!("ws://{address}/"), config())).await.expect_err("nobody listens");
    assert!(matches!(error, ConnectError::Tcp { .. }), "{error:?}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert_eq!(error.class(), Class::Retry);
}

#[tokio::test]
async fn with_retry_first_connect_waits_until_the_server_is_there() {
    let pbx = Pbx::raw(|io, number| async move {
        if number < 5 {
            return;
        }
        let mut peer = Peer::accept(io).await;
        peer.log_in().await;
        peer.agree().await;
    })
    .await;
    let mut config = config();
    config.options.policy.retry_first = true;
    config.options.events = 1;
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live in the end");
    // Of the failures before only the last is kept.
    let names = names_to(&mut events, "live").await;
    assert!(names.len() == 2 && names[0].starts_with("down: "), "{names:?}");
}

#[tokio::test]
async fn an_http_refusal_keeps_its_status() {
    let pbx = Pbx::raw(|mut io, _| async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut request = [0; 2048];
        let _ = io.read(&mut request).await;
        let _ = io.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let error = soon(wsi::connect(&pbx.url, config())).await.expect_err("refused");
    assert!(matches!(error, ConnectError::Upgrade(OpeningError::Refused { status: 404, .. })), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_the_opening_is_given_up() {
    let held = || {
        Pbx::raw(|io, _| async move {
            std::future::pending::<()>().await;
            drop(io)
        })
    };
    let mut short = config();
    short.options.websocket.opening_timeout = millis(30);
    let error = soon(wsi::connect(&held().await.url, short)).await.expect_err("mute");
    assert!(matches!(error, ConnectError::Upgrade(OpeningError::Timeout)), "{error:?}");
    let mut short = config();
    short.options.policy.dial_timeout = millis(30);
    let error = soon(wsi::connect(&held().await.url, short)).await.expect_err("mute");
    assert!(matches!(error, ConnectError::Timeout), "{error:?}");
}

#[tokio::test]
async fn a_login_that_is_never_answered_is_given_up() {
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.heard().await;
        peer.close_code().await;
    })
    .await;
    let mut short = config();
    short.session.login_timeout = millis(30);
    let error = soon(wsi::connect(&pbx.url, short)).await.expect_err("mute");
    let cause = DownCause::Session(CloseReason::LoginTimeout);
    assert!(matches!(&error, ConnectError::GaveUp(gave) if *gave == cause), "{error:?}");
}

#[tokio::test]
async fn a_mute_line_is_found_dead_and_replaced() {
    let pbx = Pbx::start(|mut peer, number| async move {
        peer.log_in().await;
        if number == 0 {
            // Neither reads nor writes: pings are not answered.
            std::future::pending::<()>().await;
        }
        peer.agree().await;
    })
    .await;
    let mut short = config();
    short.session.ping_after = millis(20);
    short.session.idle_timeout = millis(800);
    short.options.hangup_timeout = millis(10);
    let (_client, mut events) = soon(wsi::connect(&pbx.url, short)).await.expect("live");
    let names = names_to(&mut events, "gap").await;
    assert_eq!(names, ["live", "logged in", "down: the line went silent", "live", "gap"]);
}

#[tokio::test]
async fn pings_keep_a_quiet_line_alive() {
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.log_in().await;
        let mut pings = 0;
        while pings < 20 {
            match peer.0.next().await {
                Some(Ok(message)) => pings += usize::from(message.is_ping()),
                other => panic!("{other:?}"),
            }
        }
        peer.say(event(0)).await;
        peer.agree().await;
    })
    .await;
    let mut short = config();
    short.session.ping_after = millis(5);
    let (_client, mut events) = soon(wsi::connect(&pbx.url, short)).await.expect("live");
    assert_eq!(names_to(&mut events, "event 0").await, ["live", "logged in", "event 0"]);
}

#[tokio::test]
async fn edits_without_a_line_are_deferred_and_in_force_on_the_next_one() {
    let (kill, back) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (killed, again) = (Arc::clone(&kill), Arc::clone(&back));
    let pbx = Pbx::start(move |mut peer, number| {
        let (killed, again) = (Arc::clone(&killed), Arc::clone(&again));
        async move {
            if number == 0 {
                peer.log_in().await;
                return killed.notified().await;
            }
            peer.heard().await;
            again.notified().await;
            peer.say(OK).await;
            assert!(peer.heard().await.expect("the edit").contains("queue_events"));
            peer.say(OK).await;
            peer.say(event(1)).await;
            peer.agree().await;
        }
    })
    .await;
    let mut slow = config();
    slow.options.policy.backoff.floor = millis(200);
    slow.options.policy.backoff.cap = millis(200);
    let (client, mut events) = soon(wsi::connect(&pbx.url, slow)).await.expect("live");
    kill.notify_one();
    names_to(&mut events, "down: the line was lost").await;
    assert_eq!(client.phase(), Phase::Waiting);
    let reply = soon(client.subscribe(Subscription::to(Topic::QueueEvents))).await.expect("noted");
    assert_eq!(reply.confirmation, Confirmation::Deferred);
    back.notify_one();
    names_to(&mut events, "event 1").await;
}

#[tokio::test]
async fn credentials_are_asked_anew_for_each_dial() {
    let logins = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&logins);
    let pbx = Pbx::start(move |mut peer, number| {
        let heard = Arc::clone(&heard);
        async move {
            let login = peer.log_in().await;
            heard.lock().unwrap().push(login);
            if number == 1 {
                peer.say(event(1)).await;
                peer.agree().await;
            }
        }
    })
    .await;
    let asked = Arc::new(AtomicUsize::new(0));
    let mut config = config();
    config.credentials = Some(Credentials::asked(move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        async move { Ok(Auth::username("u", "d", format!("token-{number}"))) }
    }));
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
    names_to(&mut events, "event 1").await;
    let logins = logins.lock().unwrap();
    assert!(logins[0].contains("token-0") && logins[1].contains("token-1"), "{logins:?}");
}

#[tokio::test]
async fn without_credentials_nothing_is_dialled() {
    let pbx = Pbx::raw(|_, _| async {}).await;
    let mut config = config();
    config.credentials =
        Some(Credentials::asked(|| async { Err(CredentialsError::new(Class::Terminal, "the vault is sealed")) }));
    let error = soon(wsi::connect(&pbx.url, config)).await.expect_err("no credentials");
    assert!(matches!(&error, ConnectError::Credentials(_)) && error.to_string().contains("sealed"), "{error:?}");
    assert_eq!(pbx.accepted(), 0);
}

#[tokio::test]
async fn a_command_that_the_dialect_lacks_is_not_sent() {
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.log_in().await;
        assert_eq!(peer.agree().await, [""; 0]);
    })
    .await;
    let (client, _events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    let refused = soon(client.subscribe(Subscription::to(Topic::GlobalCdrEvents))).await.expect_err("v22 only");
    assert!(matches!(refused, ClientError::NotSent(SendErrorKind::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn instants_of_events_map_to_wall_time() {
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.log_in().await;
        peer.say(event(0)).await;
        peer.agree().await;
    })
    .await;
    let before = std::time::SystemTime::now();
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    assert_eq!(client.started_at(), events.started_at());
    let at = soon(async {
        loop {
            let item = events.next().await.expect("an event");
            if let Item::Line(LineEvent::Session(ClientEvent::Received(received))) = item {
                return received.at;
            }
        }
    })
    .await;
    let wall = events.clock().wall(at);
    assert!(wall >= before && wall >= events.started_at());
}

#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
#[tokio::test]
async fn without_tls_built_in_wss_is_refused_in_words() {
    let error = soon(wsi::connect("wss://pbx.invalid/", config())).await.expect_err("no TLS");
    assert!(matches!(error, ConnectError::Url(tieline_tokio::UrlError::NoTls)), "{error:?}");
}
