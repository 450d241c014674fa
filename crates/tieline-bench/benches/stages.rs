//! stages
#![allow(clippy::print_stdout)]
mod common;
use common::{decoders, stream, wire};
use std::hint::black_box;
use tieline_bench::{Contest, effort};
use tieline_core::supervisor::{LineInput, Policy, Supervisor};
use tieline_core::{ClientSession as _, Frame, Instant, Session as _, Text};
use tieline_portsip_wsi::client::{ClientConfig, WsiClient};
use tieline_portsip_wsi::{Auth, Dialect};
use tieline_websocket::{Config, Endpoint};

fn main() {
    let events = stream::events(effort(20_000, 200));
    let frames: Vec<u8> = events.iter().flat_map(|text| wire::text_frame(text)).collect();
    let now = Instant::EPOCH;
    let mut contest = Contest::new("stage", events.len() as f64);
    contest.enter("text decode", || events.iter().for_each(|t| drop(black_box(decoders::ours_text(t)))));
    contest.enter("copy to Text", || {
        events.iter().for_each(|t| {
            let t = Text::from_utf8(bytes::Bytes::copy_from_slice(t.as_bytes().as_ref())).unwrap();
            black_box(&t);
            drop(t.clone())
        })
    });
    for batch in [1, 8192] {
        let chunks = move |frames: &[u8], mut f: &mut dyn FnMut(&[u8])| {
            for c in frames.chunks(8192) {
                f(c)
            }
        };
        let _ = batch;
        let fr = &frames;
        contest.enter(if batch == 1 { "endpoint, drop at once" } else { "endpoint, drop after read" }, move || {
            let mut e = Endpoint::client_opened(&Config::default(), [1; 16]);
            let mut held = Vec::new();
            chunks(fr, &mut |c| {
                let mut c = c;
                while !c.is_empty() {
                    let n = e.handle_bytes(now, c);
                    c = &c[n..];
                    while let Some(f) = e.poll_frame() {
                        if batch == 1 { drop(black_box(f)) } else { held.push(f) }
                    }
                }
                held.clear();
            });
        });
        contest.enter(
            if batch == 1 { "endpoint, session, drop at once" } else { "endpoint, session, drop after read" },
            move || {
                let mut e = Endpoint::client_opened(&Config::default(), [1; 16]);
                let mut s = WsiClient::start(
                    ClientConfig::new(Dialect::V16, Auth::username("a", "b", "c")),
                    [2; 16],
                    None,
                    now,
                );
                s.handle_input(now, Frame::text("{\"status\":0}"));
                while s.poll_event().is_some() {}
                let mut held = Vec::new();
                chunks(fr, &mut |c| {
                    let mut c = c;
                    while !c.is_empty() {
                        let n = e.handle_bytes(now, c);
                        c = &c[n..];
                        while let Some(f) = e.poll_frame() {
                            s.handle_input(now, f);
                            let ev = s.poll_event();
                            if batch == 1 { drop(black_box(ev)) } else { held.push(ev) }
                        }
                    }
                    held.clear();
                });
            },
        );
    }
    let fr = &frames;
    contest.enter("endpoint, supervisor, drop at once", move || {
        let mut e = Endpoint::client_opened(&Config::default(), [1; 16]);
        let auth = Auth::username("a", "b", "c");
        let mut s = Supervisor::<WsiClient>::new(
            ClientConfig::new(Dialect::V16, auth.clone()),
            Policy::default(),
            [2; 16],
            Default::default(),
            now,
        );
        let line = s.line();
        s.handle_input(now, LineInput::Opened(line, auth));
        s.handle_input(now, LineInput::Frame(line, Frame::text("{\"status\":0}")));
        while s.poll_event().is_some() {}
        for c in fr.chunks(8192) {
            let mut c = c;
            while !c.is_empty() {
                let n = e.handle_bytes(now, c);
                c = &c[n..];
                while let Some(f) = e.poll_frame() {
                    s.handle_input(now, LineInput::Frame(line, f));
                    drop(black_box(s.poll_event()));
                }
            }
        }
    });
    contest.run(effort(30, 1)).print("text decode");
}
