//! The client session on virtual time, one behaviour a test.

#[path = "../harness/mod.rs"]
mod harness;
mod life;
mod login;
mod order;
mod requests;
mod topics;

use harness::Player;
use tieline_core::CloseReason;
use tieline_portsip_im::client::{ClientEvent, Request, Subscribe};

const PEER: &str = "usr804252613548703744";

fn subscribe(topic: &str) -> Request {
    Request::Subscribe(Subscribe::to(topic))
}

fn closed(player: &mut Player) -> CloseReason {
    match player.events().pop() {
        Some(ClientEvent::Closed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}
