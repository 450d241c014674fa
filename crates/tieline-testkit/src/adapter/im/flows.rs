//! The flows of the document, played by a server.

use tieline_core::supervisor::LineEvent;
use tieline_dial::Item;
use tieline_portsip_im::client::{ClientEvent, Reply};
use tieline_tls::{ServerTls, Trust};

use super::{ImAdapter, ImClient as _, ImEvents as _, ImSetup, names_to, play, setup};
use crate::adapter::Pbx;
use crate::{IM_TRANSCRIPTS, Line, Side, Transcript, im_request_of};

/// What the line itself asks for: its numbers are ours.
fn is_own(line: &Line) -> bool {
    line.text.contains(r#""id":"0000000"#)
}

fn flow<A: ImAdapter>(name: &str, pbx: &Pbx, lines: &[Line], setup: ImSetup) {
    let (client, mut events) = A::connect(&pbx.url, setup).expect(name);
    let (mut listed, mut replies) = (0, Vec::new());
    for line in lines.iter().filter(|line| line.from == Side::Client && !is_own(line)).skip(1) {
        let reply = client.request(im_request_of(&line.text).expect(name)).expect(name);
        if let Reply::History(page) = &reply {
            listed += page.messages.len();
        }
        replies.push(reply);
    }
    let pushed = ["data", "pres", "info"].map(|key| format!(r#"{{"{key}":"#));
    let pushes = lines.iter().filter(|line| pushed.iter().any(|key| line.text.starts_with(key))).count();
    let mut awaited = pushes - listed;
    while awaited > 0 {
        let item = events.next().expect(name);
        if let Item::Line(LineEvent::Session(ClientEvent::Received(_))) = item {
            awaited -= 1;
        }
    }
    client.close();
    let rest = names_to(&mut events, "closed");
    assert!(rest.iter().all(|told| ["live", "logged in", "closed"].contains(&told.as_str())), "{name}: {rest:?}");
}

pub fn every_flow_of_the_document_is_played<A: ImAdapter>() {
    for (name, text) in IM_TRANSCRIPTS {
        let lines = Transcript::parse(text).expect(name);
        let played = lines.clone();
        let pbx = Pbx::start(move |peer, _| play(peer, &played));
        flow::<A>(name, &pbx, &lines, setup());
    }
}

pub fn every_flow_of_the_document_is_played_over_tls<A: ImAdapter>() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    for (name, text) in IM_TRANSCRIPTS {
        let lines = Transcript::parse(text).expect(name);
        let played = lines.clone();
        let pbx = Pbx::secure(&tls, move |peer, _| play(peer, &played));
        flow::<A>(name, &pbx, &lines, setup().trust(Trust::Insecure));
    }
}
