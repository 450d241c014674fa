//! A client and a PBX joined in memory, on virtual time: no socket, no clock, no thread. Hours pass in milliseconds, and
//! the same seed prints the same bytes.
//!
//! `cargo run -p tieline-examples --bin virtual_time [SEED]`

use std::collections::VecDeque;
use std::time::Duration;

use tieline::core::json::Encode as _;
use tieline::core::{ClientSession as _, Frame, Instant, Random, Session, Text, earliest};
use tieline::wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline::wsi::server::{ServerConfig, ServerEvent, WsiServer};
use tieline::wsi::{Auth, CallHold, Dialect, Event, Subscription, Topic};

/// One direction of the line. Frames arrive in order, each some time after it left.
#[derive(Default)]
struct Wire(VecDeque<(Instant, Frame)>);

impl Wire {
    fn carry(&mut self, now: Instant, frame: Frame, random: &mut Random) {
        let arrival = now + Duration::from_millis(5) + random.duration_below(Duration::from_millis(80));
        // Nothing overtakes.
        let arrival = self.0.back().map_or(arrival, |(last, _)| arrival.max(*last));
        self.0.push_back((arrival, frame));
    }

    /// When the next frame arrives.
    fn due(&self) -> Option<Instant> {
        self.0.front().map(|(arrival, _)| *arrival)
    }

    /// Hands in what has arrived, as long as it is wanted: what is not stays on the wire, as in a full TCP window. Pings
    /// and the goodbye are answered here on the way back, since there is no `tieline::websocket` to do it.
    fn deliver(&mut self, now: Instant, to: &mut impl Session<Input = Frame>, back: &mut Wire, random: &mut Random) {
        while to.wants_input() && self.due().is_some_and(|due| due <= now) {
            let Some((_, frame)) = self.0.pop_front() else { break };
            match &frame {
                Frame::Ping(payload) => back.carry(now, Frame::Pong(payload.clone()), random),
                Frame::Close(_) => back.carry(now, Frame::Eof, random),
                _ => {}
            }
            to.handle_input(now, frame);
        }
    }
}

/// A morning at the PBX: a login, a subscription, calls put on hold, goodbye. What the client saw, as text.
fn morning(seed: [u8; 16]) -> String {
    let mut random = Random::new(seed, 1);
    let mut now = Instant::EPOCH;
    let mut seen = String::new();
    let mut say =
        |now: Instant, what: &str| seen.push_str(&format!("{:>9.3} s  {what}\n", now.since_epoch().as_secs_f64()));

    let login = Auth::username("boss", "example.com", "111111");
    let mut client = WsiClient::start(ClientConfig::new(Dialect::V16, login), random.next_seed(), None, now);
    let mut pbx = WsiServer::start(ServerConfig::default(), now);
    let wanted = Request::Subscribe(Subscription::to(Topic::ExtensionEvents));
    client.send(now, wanted).expect("a new session takes a command");

    let (mut up, mut down) = (Wire::default(), Wire::default());
    let (mut calls, mut next_call) = (0, Some(now + Duration::from_secs(60)));
    loop {
        // Everything out of both.
        while let Some(event) = pbx.poll_event() {
            match event {
                ServerEvent::Login { id, .. } => _ = pbx.accept(now, id),
                ServerEvent::Subscribe { id, .. } => _ = pbx.respond(now, id, Ok(())),
                _ => {}
            }
        }
        while let Some((_, reply)) = client.poll_reply() {
            say(now, &format!("subscribed: {reply:?}"));
        }
        while let Some(event) = client.poll_event() {
            match event {
                ClientEvent::Received(received) => say(now, received.raw()),
                other => say(now, &format!("{other:?}")),
            }
        }
        // Frames last: what is answered above leaves now, not at the next timeout.
        while let Some(frame) = client.poll_transmit() {
            up.carry(now, frame, &mut random);
        }
        while let Some(frame) = pbx.poll_transmit() {
            down.carry(now, frame, &mut random);
        }
        if client.is_finished() && pbx.is_finished() {
            return seen;
        }

        // Time jumps to the next thing that happens, wherever that is. There always is one until both have ended.
        let sessions = earliest(client.poll_timeout(), pbx.poll_timeout());
        let up_due = up.due().filter(|_| pbx.wants_input());
        let wires = earliest(up_due, down.due().filter(|_| client.wants_input()));
        now = earliest(earliest(sessions, wires), next_call).map_or(now, |due| due.max(now));

        up.deliver(now, &mut pbx, &mut down, &mut random);
        down.deliver(now, &mut client, &mut up, &mut random);
        client.handle_timeout(now);
        pbx.handle_timeout(now);
        if next_call.is_some_and(|due| due <= now) {
            let mut hold = CallHold::<String>::default();
            hold.aor = Some(format!("sip:{}@example.com", 100 + random.below(20)));
            pbx.push(now, Text::from(Event::CallHold(hold).to_json()));
            calls += 1;
            let pause = Duration::from_secs(60) + random.duration_below(Duration::from_secs(1800));
            next_call = (calls < 10).then(|| now + pause);
            if next_call.is_none() {
                client.close(now);
            }
        }
    }
}

fn main() {
    let seed = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(7);
    let seen = morning([seed; 16]);
    print!("{seen}");
    assert_eq!(seen, morning([seed; 16]), "the same seed, the same bytes");
    assert_ne!(seen, morning([seed.wrapping_add(1); 16]), "another seed, another morning");
    println!("twice the same");
}
