//! CloudPBX's event stream.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tieline_cloudpbx::client::{ClientEvent, IdNote};
use tieline_cloudpbx::rest::{Bases, SendSms};
use tieline_cloudpbx::{SmsEnd, SmsOutcome, SmsState};
use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_core::{BackoffPolicy, CloseReason, Secret, Sent};
use tieline_dial::cloudpbx::{RestConfig, SmsError, SmsStep, StreamAddress, StreamConfig};
use tieline_dial::{ConnectError, CredentialsError, Item, Proxy};
use tieline_websocket::OpeningError;

use super::cloudpbx::{Server, whole};
use super::{Ask, Gate, PATIENCE, Pbx, Peer, millis, request};

/// A configuration that each adapter turns into its own.
pub type StreamSetup = StreamConfig<Ask<Secret>>;

/// What the streams of the tests yield.
pub type StreamItem = Item<ClientEvent>;

/// A client adapter for CloudPBX's event stream. Its calls give up after [`PATIENCE`], by a panic or an error.
pub trait StreamAdapter {
    /// Its stream.
    type Line: StreamLine;

    /// Opens a stream, and returns once it is live for the first time.
    fn stream(address: StreamAddress, setup: StreamSetup) -> Result<Self::Line, ConnectError>;
}

/// An event stream: handle and events.
pub trait StreamLine: fmt::Debug {
    /// The next item; `None` after the end.
    fn next(&mut self) -> Option<StreamItem>;
    /// Waits for a phase.
    fn wait_for(&self, phase: Phase);
    /// What closes the stream, and waits until it is closed.
    fn closer(&self) -> Box<dyn FnOnce() + Send>;
    /// Sends a text message over a new client of calls, and waits for its final state.
    fn send_and_wait(
        &mut self,
        rest: RestConfig,
        sms: &SendSms,
        within: Duration,
        on_step: &mut dyn FnMut(SmsStep),
    ) -> Result<SmsOutcome, SmsError>;
}

/// A short name for an item, for comparing orders.
fn name(item: &StreamItem) -> String {
    match item {
        Item::Line(LineEvent::Live(_)) => "live".into(),
        Item::Line(LineEvent::Gap(_)) => "gap".into(),
        Item::Line(LineEvent::Down { cause, .. }) => format!("down: {cause}"),
        Item::Line(LineEvent::Closed(None)) => "closed".into(),
        Item::Line(LineEvent::Closed(Some(cause))) => format!("closed: {cause}"),
        Item::Line(LineEvent::Session(event)) => match event {
            ClientEvent::Received(received) => {
                let id = received.origin.id.expect("a number");
                format!("{} {id}.{}", received.event.event_type(), received.origin.index)
            }
            ClientEvent::Stale(stale) => format!("stale: {}", stale.states.len()),
            ClientEvent::Id(IdNote::Reset { id, .. }) => format!("reset {id}"),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

/// The names of the next items, up to and with the one called `last`.
pub(super) fn names_to(line: &mut impl StreamLine, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(item) = line.next() {
        names.push(name(&item));
        if names.last().is_some_and(|name| name == last) {
            return names;
        }
    }
    panic!("the events ended before {last:?}: {names:?}");
}

/// A configuration with waits short enough for tests.
pub(super) fn setup() -> StreamSetup {
    let mut setup = StreamSetup::new().proxy(Proxy::direct());
    setup.options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    setup
}

/// Where a PBX of the tests is.
pub(super) fn address(pbx: &Pbx) -> StreamAddress {
    format!("http://127.0.0.1:{}/ws/pbx_Biuro?pbxkey=swordfish", pbx.port).parse().expect("an address")
}

fn connect<A: StreamAdapter>(pbx: &Pbx, setup: StreamSetup) -> A::Line {
    A::stream(address(pbx), setup).expect("live")
}

/// A message with the state of some extensions.
pub(super) fn message(id: i64, extensions: &[u32]) -> String {
    let events: Vec<String> =
        extensions.iter().map(|number| format!(r#"{{"extstatus":{{"exten":"{number}","status":1}}}}"#)).collect();
    format!(r#"{{"id":{id},"channel":"pbx_Biuro","text":[{}]}}"#, events.join(","))
}

pub fn events_come_in_order_with_the_numbers_of_their_messages<A: StreamAdapter>() {
    let pbx = Pbx::raw(|io, _| {
        let (mut peer, target) = Peer::accept_at(io);
        assert_eq!(target, "/ws/pbx_Biuro?pbxkey=swordfish");
        peer.say(message(385, &[101]));
        peer.say(message(386, &[102, 103]));
        peer.say(message(387, &[101]));
        peer.agree();
    });
    let mut line = connect::<A>(&pbx, setup());
    let names = names_to(&mut line, "extstatus 387.0");
    assert_eq!(names, ["live", "extstatus 385.0", "extstatus 386.0", "extstatus 386.1", "extstatus 387.0"]);
    line.closer()();
    assert_eq!(names_to(&mut line, "closed"), ["closed"]);
    assert_eq!(line.next(), None);
}

pub fn a_lost_line_is_told_as_down_live_gap_and_stale<A: StreamAdapter>() {
    let pbx = Pbx::start(|mut peer, number| match number {
        0 => peer.say(message(1, &[101, 102])),
        _ => {
            peer.say(message(2, &[101]));
            peer.agree();
        }
    });
    let mut line = connect::<A>(&pbx, setup());
    let names = names_to(&mut line, "extstatus 2.0");
    assert_eq!(
        names,
        [
            "live",
            "extstatus 1.0",
            "extstatus 1.1",
            "down: the line was lost",
            "live",
            "gap",
            "stale: 2",
            "extstatus 2.0"
        ]
    );
}

const REFUSAL: &str = r#"{"http_status":403,"explain":"Subscriber could not create channels."}"#;

pub fn a_close_with_a_refusal_is_the_end_with_its_status<A: StreamAdapter>() {
    let pbx = Pbx::start(|mut peer, _| peer.refuse(REFUSAL));
    let mut setup = setup();
    setup.options.policy.retry_first = true;
    let mut line = connect::<A>(&pbx, setup);
    assert!(matches!(line.next(), Some(Item::Line(LineEvent::Live(_)))));
    assert!(matches!(line.next(), Some(Item::Line(LineEvent::Gap(_)))));
    let end = line.next();
    let Some(Item::Line(LineEvent::Closed(Some(DownCause::Session(CloseReason::LoginRefused { status, reason }))))) =
        &end
    else {
        panic!("{end:?}");
    };
    assert_eq!((*status, reason.as_str()), (403, "Subscriber could not create channels."));
    assert_eq!(line.next(), None);
    assert_eq!(pbx.accepted(), 1);
}

pub fn a_refusal_is_tried_again_if_the_policy_says_so<A: StreamAdapter>() {
    let pbx = Pbx::start(|mut peer, number| match number {
        0 => peer.refuse(REFUSAL),
        _ => {
            peer.say(message(1, &[101]));
            peer.agree();
        }
    });
    let mut setup = setup();
    setup.options.policy.retry_refused_login = true;
    let mut line = connect::<A>(&pbx, setup);
    let names = names_to(&mut line, "extstatus 1.0");
    assert!(names.len() == 5 && names[1].starts_with("down: ") && names[1].contains("403"), "{names:?}");
}

pub fn an_http_refusal_is_final<A: StreamAdapter>() {
    for status in [401, 403, 404] {
        let pbx = Pbx::raw(move |mut io, _| {
            use std::io::Write as _;
            request(&mut io);
            drop(write!(io, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"));
        });
        let mut setup = setup();
        setup.options.policy.retry_first = true;
        let error = A::stream(address(&pbx), setup).expect_err("refused");
        let ConnectError::Upgrade(OpeningError::Refused { status: told, .. }) = &error else { panic!("{error:?}") };
        assert_eq!((*told, pbx.accepted()), (status, 1));
    }
}

pub fn the_key_is_asked_anew_for_each_dial<A: StreamAdapter>() {
    let targets = Arc::new(Mutex::new(Vec::new()));
    let asked_for = Arc::clone(&targets);
    let pbx = Pbx::raw(move |io, number| {
        let (mut peer, target) = Peer::accept_at(io);
        asked_for.lock().expect("targets").push(target);
        if number == 1 {
            peer.say(message(1, &[101]));
            peer.agree();
        }
    });
    let asked = AtomicUsize::new(0);
    let ask = move || Ok(Secret::new(format!("key&{}", asked.fetch_add(1, Ordering::SeqCst))));
    let mut line = connect::<A>(&pbx, setup().key(Ask::new(ask)));
    names_to(&mut line, "extstatus 1.0");
    let targets = targets.lock().expect("targets");
    assert_eq!(*targets, ["/ws/pbx_Biuro?pbxkey=key%260", "/ws/pbx_Biuro?pbxkey=key%261"]);
}

pub fn without_a_key_nothing_is_dialled<A: StreamAdapter>() {
    let pbx = Pbx::raw(|_, _| {});
    let keyless = StreamAddress::without_key(&format!("ws://127.0.0.1:{}", pbx.port), "Biuro").expect("an address");
    let error = A::stream(keyless.clone(), setup()).expect_err("no key");
    assert!(matches!(error, ConnectError::Credentials(_)), "{error:?}");
    let sealed = || Err(CredentialsError::new(tieline_core::Class::Terminal, "the vault is sealed"));
    let error = A::stream(keyless, setup().key(Ask::new(sealed))).expect_err("no key");
    assert!(error.to_string().contains("sealed"), "{error:?}");
    assert_eq!(pbx.accepted(), 0);
}

pub fn a_pbx_that_handles_one_frame_a_read_stays_in_step<A: StreamAdapter>() {
    const FRAME: usize = 6;
    let closing = Gate::new();
    let go = closing.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        let mut burst = vec![0x89, 0];
        let text = message(1, &[101]);
        burst.extend([0x81, text.len() as u8]);
        burst.extend(text.as_bytes());
        peer.say_bytes(&burst);
        // The client has both to say by now, a pong and a close.
        go.pass();
        let first = peer.read_bytes();
        assert_eq!((first[0], first.len()), (0x8a, FRAME), "{first:?}");
        let second = peer.read_bytes();
        assert_eq!((second[0], second.len()), (0x88, FRAME), "{second:?}");
    });
    let mut line = connect::<A>(&pbx, setup());
    names_to(&mut line, "extstatus 1.0");
    let close = std::thread::spawn(line.closer());
    line.wait_for(Phase::Closing);
    closing.open();
    close.join().expect("closed");
    assert_eq!(names_to(&mut line, "closed"), ["closed"]);
}

const SMS: &str = "1639563902123456789";

/// A message about a text message.
fn state(id: i64, state: &str) -> String {
    format!(
        r#"{{"id":{id},"channel":"pbx_Biuro","text":{{"smsSendResponse":{{"MsgId":"{SMS}","to":"48600100200","status":"{state}"}}}}}}"#
    )
}

/// Takes text messages: opens `asked`, answers once it may `answer`.
fn gateway(asked: &Gate, answer: &Gate) -> Server {
    let (asked, answer) = (asked.clone(), answer.clone());
    Server::start(move |request, stream| {
        assert!(request.starts_with("POST /sendSMS HTTP/1.1\r\n"), "{request}");
        asked.open();
        answer.pass();
        let body = format!(r#"{{"responseId":"{SMS}","responseStatus":"QUEUE","responseErrorMessage":null}}"#);
        whole(stream, "200 OK", &body);
        // What is left of the connection is the body of the request.
        drop(stream.shutdown(std::net::Shutdown::Both));
    })
}

fn rest(server: &Server) -> RestConfig {
    let bases = Bases::new([server.url.parse().expect("an address")]).expect("an address");
    RestConfig::new(bases, "KEY".into()).proxy(Proxy::direct())
}

/// Sends, and gives the outcome and the names of what came meanwhile. The answer is told once, if there is one.
fn send(line: &mut impl StreamLine, server: &Server, within: Duration) -> (Result<SmsOutcome, SmsError>, Vec<String>) {
    let (mut names, mut answers) = (Vec::new(), Vec::new());
    let sms = SendSms::new("600100200", "text");
    let outcome = line.send_and_wait(rest(server), &sms, within, &mut |step| match step {
        SmsStep::Item(item) => names.push(name(&item)),
        SmsStep::Answered(response) => answers.extend(response.response_id),
        _ => {}
    });
    let expected: Vec<_> = outcome.iter().map(|outcome| outcome.id.clone()).collect();
    assert_eq!(answers, expected);
    (outcome, names)
}

pub fn an_sms_state_before_the_answer_is_found<A: StreamAdapter>() {
    let (asked, told) = (Gate::new(), Gate::new());
    let server = gateway(&asked, &told);
    let tell = told.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        asked.pass();
        peer.say(message(1, &[101]));
        peer.say(state(2, "DELIVERED"));
        peer.say(state(3, "ACCEPTED"));
        tell.open();
        peer.agree();
    });
    let mut line = connect::<A>(&pbx, setup());
    let (outcome, names) = send(&mut line, &server, PATIENCE);
    let outcome = outcome.expect("sent");
    assert_eq!((outcome.id.as_str(), outcome.stream_was_lost), (SMS, false));
    assert_eq!(outcome.end, SmsEnd::Final(SmsState::Delivered));
    assert_eq!(names[..3], ["live", "extstatus 1.0", "smsSendResponse 2.0"]);
    assert_eq!(server.asked(), 1);
}

pub fn an_sms_is_waited_for_across_a_lost_line_and_says_so<A: StreamAdapter>() {
    let (asked, back) = (Gate::new(), Gate::new());
    let server = gateway(&asked, &back);
    let again = back.clone();
    let pbx = Pbx::start(move |mut peer, number| {
        if number == 0 {
            return asked.pass();
        }
        again.open();
        peer.say(state(1, "UNDELIVERED"));
        peer.agree();
    });
    let mut line = connect::<A>(&pbx, setup());
    let outcome = send(&mut line, &server, PATIENCE).0.expect("sent");
    assert_eq!(outcome.end, SmsEnd::Final(SmsState::Undelivered));
    assert!(outcome.stream_was_lost);
}

pub fn an_sms_without_a_final_state_ends_with_the_last_one<A: StreamAdapter>() {
    let open = Gate::new();
    open.open();
    let server = gateway(&Gate::new(), &open);
    let pbx = Pbx::start(|mut peer, _| {
        peer.agree();
    });
    let mut line = connect::<A>(&pbx, setup());
    let outcome = send(&mut line, &server, Duration::ZERO).0.expect("sent");
    assert_eq!((outcome.end, outcome.stream_was_lost), (SmsEnd::Deadline(Some(SmsState::Queue)), false));
}

pub fn a_stream_that_ends_ends_the_wait_for_an_sms<A: StreamAdapter>() {
    let (asked, open) = (Gate::new(), Gate::new());
    let server = gateway(&asked, &open);
    let answer = open.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        asked.pass();
        peer.say(state(1, "SENT"));
        peer.refuse(REFUSAL);
        answer.open();
    });
    let mut line = connect::<A>(&pbx, setup());
    let (outcome, names) = send(&mut line, &server, Duration::MAX);
    let outcome = outcome.expect("sent");
    assert_eq!((outcome.end, outcome.stream_was_lost), (SmsEnd::Deadline(Some(SmsState::Sent)), true));
    assert!(names.last().is_some_and(|last| last.starts_with("closed: ")), "{names:?}");
    let (over, _) = send(&mut line, &server, Duration::MAX);
    assert!(matches!(over, Err(SmsError::StreamEnded)), "{over:?}");
    assert_eq!(server.asked(), 1);
}

pub fn no_sms_is_sent_while_the_stream_is_down<A: StreamAdapter>() {
    let server = gateway(&Gate::new(), &Gate::new());
    let end = Gate::new();
    let held = end.clone();
    let pbx = Pbx::raw(move |io, number| {
        if number == 0 {
            drop(Peer::accept(io));
        } else {
            held.pass();
        }
    });
    let mut line = connect::<A>(&pbx, setup());
    names_to(&mut line, "down: the line was lost");
    let error = send(&mut line, &server, millis(30)).0.expect_err("no stream");
    assert!(matches!(error, SmsError::NotLive), "{error:?}");
    assert_eq!((error.sent(), server.asked()), (Sent::Nothing, 0));
    end.open();
}

pub fn an_sms_that_is_refused_is_an_error<A: StreamAdapter>() {
    let server = Server::start(|_, stream| {
        whole(stream, "401 Unauthorized", "");
        drop(stream.shutdown(std::net::Shutdown::Both));
    });
    let pbx = Pbx::start(|mut peer, _| {
        peer.agree();
    });
    let error = send(&mut connect::<A>(&pbx, setup()), &server, PATIENCE).0.expect_err("refused");
    assert!(matches!(error, SmsError::Call(_)), "{error:?}");
    assert_eq!(error.sent(), Sent::All);
}
