//! A line over TCP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_core::{Class, CloseReason, SendErrorKind};
use tieline_dial::{ClientError, ConnectError, CredentialsError, UrlError};
use tieline_portsip_wsi::client::{ClientEvent, Confirmation};
use tieline_portsip_wsi::{Auth, Subscription, Topic};
use tieline_websocket::OpeningError;

use super::{
    Adapter, Ask, Client as _, Events as _, Gate, Item, OK, Pbx, Peer, REFUSED, Setup, calls, event, millis, names_to,
    request, setup,
};

fn connect<A: Adapter>(pbx: &Pbx, setup: Setup) -> (A::Client, A::Events) {
    A::connect(&pbx.url, setup).expect("live")
}

fn refused<A: Adapter>(url: &str, setup: Setup) -> ConnectError {
    A::connect(url, setup).expect_err("refused")
}

pub fn events_come_in_order_after_login_and_subscribe<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        let login = peer.log_in();
        assert!(login.contains(r#""username":"supervisor""#) && login.contains("hunter2"), "{login}");
        let asked = peer.heard().expect("a subscribe");
        assert!(asked.contains("extension_events") && asked.contains("102"), "{asked}");
        peer.say(OK);
        (0..3).for_each(|at| peer.say(event(at)));
        peer.agree();
    });
    let (client, mut events) = connect::<A>(&pbx, setup());
    assert_eq!(client.phase(), Phase::Live);
    let reply = client.subscribe(calls()).expect("accepted");
    assert_eq!(reply.confirmation, Confirmation::Answered);
    let names = names_to(&mut events, "event 2");
    assert_eq!(names, ["live", "logged in", "event 0", "event 1", "event 2"]);
}

pub fn what_is_desired_from_the_start_is_in_force_when_connect_returns<A: Adapter>() {
    let subscribed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&subscribed);
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        assert!(peer.heard().expect("a subscribe").contains("extension_events"));
        count.fetch_add(1, Ordering::SeqCst);
        peer.say(OK);
        peer.agree();
    });
    let _line = connect::<A>(&pbx, setup().subscribe(&calls()));
    assert_eq!(subscribed.load(Ordering::SeqCst), 1);
}

pub fn a_wrong_password_is_a_typed_error_after_exactly_one_connection<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.heard();
        peer.say(REFUSED);
        peer.close_code();
    });
    let mut setup = setup();
    setup.options.policy.retry_first = true;
    let error = refused::<A>(&pbx.url, setup);
    let ConnectError::LoginRefused { status, reason } = &error else { panic!("{error:?}") };
    assert_eq!((*status, reason.as_str()), (-1, "name or password error"));
    assert_eq!(error.class(), Class::Reauthenticate);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    // Time enough for a second dial, were there one.
    std::thread::sleep(millis(100));
    assert_eq!(pbx.accepted(), 1);
}

pub fn a_kill_is_told_as_down_live_and_gap_in_one_stream<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, number| {
        peer.log_in();
        assert!(peer.heard().expect("restored each time").contains("extension_events"));
        peer.say(OK);
        peer.say(event(number));
        if number > 0 {
            peer.agree();
        }
    });
    let (_client, mut events) = connect::<A>(&pbx, setup().subscribe(&calls()));
    let names = names_to(&mut events, "event 1");
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != "logged in").collect();
    assert_eq!(names, ["live", "event 0", "down: the line was lost", "live", "gap", "event 1"]);
}

pub fn a_broken_frame_is_answered_with_its_close_code_and_the_line_replaced<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, number| {
        peer.log_in();
        if number == 0 {
            // No opcode is 3.
            peer.say_bytes(&[0x83, 0]);
            assert_eq!(peer.close_code(), Some(1002));
            return;
        }
        peer.say(event(number));
        peer.agree();
    });
    let (_client, mut events) = connect::<A>(&pbx, setup());
    let names = names_to(&mut events, "event 1");
    assert!(names.contains(&"down: the peer broke the protocol: a frame is malformed".into()), "{names:?}");
}

pub fn closing_says_goodbye_and_ends_the_events_once<A: Adapter>() {
    let code = Arc::new(Mutex::new(None));
    let told = Arc::clone(&code);
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        *told.lock().unwrap() = peer.close_code();
    });
    let (client, mut events) = connect::<A>(&pbx, setup());
    client.close();
    client.clone().close();
    assert_eq!(*code.lock().unwrap(), Some(1000));
    assert_eq!(names_to(&mut events, "closed"), ["live", "logged in", "closed"]);
    assert_eq!(events.next(), None);
    assert!(events.is_over());
    assert_eq!(client.phase(), Phase::Closed);
    assert_eq!(client.subscribe(calls()), Err(ClientError::Closed));
}

pub fn a_line_outlives_its_clients_and_is_closed_with_its_events<A: Adapter>() {
    let (gone, go) = (Gate::new(), Gate::new());
    let (tell, wait) = (gone.clone(), go.clone());
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        wait.pass();
        peer.say(event(7));
        assert_eq!(peer.close_code(), Some(1000));
        tell.open();
    });
    let (client, mut events) = connect::<A>(&pbx, setup());
    drop(client);
    go.open();
    names_to(&mut events, "event 7");
    drop(events);
    gone.pass();
}

pub fn a_line_outlives_its_events_and_is_closed_with_its_clients<A: Adapter>() {
    let gone = Gate::new();
    let tell = gone.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        // More than any queue of ours holds.
        (0..5000).for_each(|at| peer.say(event(at)));
        assert_eq!(peer.agree().len(), 1);
        tell.open();
    });
    let (client, events) = connect::<A>(&pbx, setup());
    drop(events);
    client.subscribe(calls()).expect("answered");
    drop(client);
    gone.pass();
}

pub fn an_address_that_never_worked_is_an_error_at_once<A: Adapter>() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = refused::<A>(&format!("ws://{address}/"), setup());
    assert!(matches!(error, ConnectError::Tcp { .. }), "{error:?}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert_eq!(error.class(), Class::Retry);
}

pub fn with_retry_first_connect_waits_until_the_server_is_there<A: Adapter>() {
    let pbx = Pbx::raw(|io, number| {
        if number < 5 {
            return;
        }
        let mut peer = Peer::accept(io);
        peer.log_in();
        peer.agree();
    });
    let mut setup = setup();
    setup.options.policy.retry_first = true;
    setup.options.events = 1;
    let (_client, mut events) = connect::<A>(&pbx, setup);
    // Of the failures before only the last is kept.
    let names = names_to(&mut events, "live");
    assert!(names.len() == 2 && names[0].starts_with("down: "), "{names:?}");
}

pub fn an_http_refusal_keeps_its_status<A: Adapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        use std::io::Write as _;
        request(&mut io);
        drop(io.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    });
    let error = refused::<A>(&pbx.url, setup());
    assert!(matches!(error, ConnectError::Upgrade(OpeningError::Refused { status: 404, .. })), "{error:?}");
}

pub fn a_server_that_never_answers_the_opening_is_given_up<A: Adapter>() {
    let end = Gate::new();
    let pbx = Pbx::mute(&end);
    let mut short = setup();
    short.options.websocket.opening_timeout = millis(30);
    let error = refused::<A>(&pbx.url, short);
    assert!(matches!(error, ConnectError::Upgrade(OpeningError::Timeout)), "{error:?}");
    let mut short = setup();
    short.options.policy.dial_timeout = millis(30);
    let error = refused::<A>(&pbx.url, short);
    assert!(matches!(error, ConnectError::Timeout), "{error:?}");
    end.open();
}

pub fn a_login_that_is_never_answered_is_given_up<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.heard();
        peer.close_code();
    });
    let mut short = setup();
    short.session.login_timeout = millis(30);
    let error = refused::<A>(&pbx.url, short);
    let cause = DownCause::Session(CloseReason::LoginTimeout);
    assert!(matches!(&error, ConnectError::GaveUp(gave) if *gave == cause), "{error:?}");
}

pub fn a_mute_line_is_found_dead_and_replaced<A: Adapter>() {
    let end = Gate::new();
    let held = end.clone();
    let pbx = Pbx::start(move |mut peer, number| {
        peer.log_in();
        if number == 0 {
            // Neither reads nor writes: pings are not answered.
            held.pass();
        }
        peer.agree();
    });
    let mut short = setup();
    short.session.ping_after = millis(20);
    short.session.idle_timeout = millis(800);
    short.options.hangup_timeout = millis(10);
    let (_client, mut events) = connect::<A>(&pbx, short);
    let names = names_to(&mut events, "gap");
    assert_eq!(names, ["live", "logged in", "down: the line went silent", "live", "gap"]);
    end.open();
}

pub fn pings_keep_a_quiet_line_alive<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        let mut pings = 0;
        while pings < 20 {
            pings += usize::from(peer.message().expect("a message").is_ping());
        }
        peer.say(event(0));
        peer.agree();
    });
    let mut short = setup();
    short.session.ping_after = millis(5);
    let (_client, mut events) = connect::<A>(&pbx, short);
    assert_eq!(names_to(&mut events, "event 0"), ["live", "logged in", "event 0"]);
}

pub fn edits_without_a_line_are_deferred_and_in_force_on_the_next_one<A: Adapter>() {
    let (kill, back) = (Gate::new(), Gate::new());
    let (killed, again) = (kill.clone(), back.clone());
    let pbx = Pbx::start(move |mut peer, number| {
        if number == 0 {
            peer.log_in();
            return killed.pass();
        }
        peer.heard();
        again.pass();
        peer.say(OK);
        assert!(peer.heard().expect("the edit").contains("queue_events"));
        peer.say(OK);
        peer.say(event(1));
        peer.agree();
    });
    let mut slow = setup();
    slow.options.policy.backoff.floor = millis(200);
    slow.options.policy.backoff.cap = millis(200);
    let (client, mut events) = connect::<A>(&pbx, slow);
    kill.open();
    names_to(&mut events, "down: the line was lost");
    assert_eq!(client.phase(), Phase::Waiting);
    let reply = client.subscribe(Subscription::to(Topic::QueueEvents)).expect("noted");
    assert_eq!(reply.confirmation, Confirmation::Deferred);
    back.open();
    names_to(&mut events, "event 1");
}

pub fn credentials_are_asked_anew_for_each_dial<A: Adapter>() {
    let logins = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&logins);
    let pbx = Pbx::start(move |mut peer, number| {
        let login = peer.log_in();
        heard.lock().unwrap().push(login);
        if number == 1 {
            peer.say(event(1));
            peer.agree();
        }
    });
    let asked = AtomicUsize::new(0);
    let setup = setup().credentials(Ask::new(move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        Ok(Auth::username("u", "d", format!("token-{number}")))
    }));
    let (_client, mut events) = connect::<A>(&pbx, setup);
    names_to(&mut events, "event 1");
    let logins = logins.lock().unwrap();
    assert!(logins[0].contains("token-0") && logins[1].contains("token-1"), "{logins:?}");
}

pub fn without_credentials_nothing_is_dialled<A: Adapter>() {
    let pbx = Pbx::raw(|_, _| {});
    let setup = setup().credentials(Ask::new(|| Err(CredentialsError::new(Class::Terminal, "the vault is sealed"))));
    let error = refused::<A>(&pbx.url, setup);
    assert!(matches!(&error, ConnectError::Credentials(_)) && error.to_string().contains("sealed"), "{error:?}");
    assert_eq!(pbx.accepted(), 0);
}

pub fn a_command_that_the_dialect_lacks_is_not_sent<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        assert_eq!(peer.agree(), [""; 0]);
    });
    let (client, _events) = connect::<A>(&pbx, setup());
    let refused = client.subscribe(Subscription::to(Topic::GlobalCdrEvents)).expect_err("v22 only");
    assert!(matches!(refused, ClientError::NotSent(SendErrorKind::Invalid(_))), "{refused:?}");
}

pub fn commands_of_many_threads_are_all_answered<A: Adapter>() {
    const THREADS: usize = 8;
    const EACH: usize = 25;
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        assert_eq!(peer.agree().len(), THREADS * EACH);
    });
    let (client, events) = connect::<A>(&pbx, setup());
    let asking = (0..THREADS).map(|_| {
        let client = client.clone();
        std::thread::spawn(move || (0..EACH).try_for_each(|_| client.subscribe(calls()).map(drop)))
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(asked.join().expect("no panic"), Ok(()));
    }
    drop((client, events));
}

pub fn instants_of_events_map_to_wall_time<A: Adapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        peer.say(event(0));
        peer.agree();
    });
    let before = SystemTime::now();
    let (client, mut events) = connect::<A>(&pbx, setup());
    assert_eq!(client.started_at(), events.started_at());
    let at = loop {
        let item = events.next().expect("an event");
        if let Item::Line(LineEvent::Session(ClientEvent::Received(received))) = item {
            break received.at;
        }
    };
    let wall = events.wall(at);
    assert!(wall >= before && wall >= events.started_at());
}

pub fn an_address_that_is_none_is_refused_in_words<A: Adapter>() {
    let error = refused::<A>("ftp://pbx.example/", setup());
    assert!(matches!(error, ConnectError::Url(UrlError::Scheme)), "{error:?}");
    assert_eq!(error.class(), Class::Terminal);
}

/// Only for an adapter that is built without TLS.
pub fn without_tls_built_in_wss_is_refused_in_words<A: Adapter>() {
    let error = refused::<A>("wss://pbx.invalid/", setup());
    assert!(matches!(error, ConnectError::Url(UrlError::NoTls)), "{error:?}");
}
