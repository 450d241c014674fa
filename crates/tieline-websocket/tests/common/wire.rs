//! What may stand on the wire, good and bad, and how it may be cut.
#![allow(dead_code, reason = "each test binary uses its part")]

use proptest::prelude::*;
use tieline_core::Frame;
use tieline_websocket::{Config, Endpoint, Role};

use crate::common::*;

/// The limit of messages and frames that `lenient_limits` sets.
pub(crate) const LIMIT: usize = 1000;

pub(crate) fn control() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..=125)
}

pub(crate) fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

pub(crate) fn endpoint(role: Role, config: &Config) -> Endpoint {
    match role {
        Role::Client => Endpoint::client_opened(config, SEED),
        Role::Server => Endpoint::server(config),
    }
}

/// Frames as they may stand on the wire, good and bad.
pub(crate) fn wire_frame(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => prop::sample::select(vec![0x81_u8, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a]),
        1 => Just(0x88),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        6 => "\\PC{0,20}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..130),
        1 => (900_usize..1100).prop_map(|length| vec![b'x'; length]),
        1 => (1000_u16..1020, "[a-z]{0,3}").prop_map(|(code, why)| [&code.to_be_bytes()[..], why.as_bytes()].concat()),
    ];
    (first, payload, prop::bool::weighted(0.03)).prop_map(move |(first, payload, wrong_mask)| {
        if (role == Role::Server) != wrong_mask { masked(first, &payload) } else { plain(first, &payload) }
    })
}

/// Bytes for `role` to read: frames, a few of their bytes changed, and then so many zeros that every frame which was begun
/// is complete, since tungstenite judges a frame at its end and we at its header.
pub(crate) fn wire(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (prop::collection::vec(wire_frame(role), 0..12), changes).prop_map(|(frames, changes)| {
        let mut bytes = frames.concat();
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes.extend([0; 2 * LIMIT]);
        bytes
    })
}

pub(crate) fn lenient_limits() -> Config {
    let mut config = Config::default();
    config.message_bytes = LIMIT;
    config.frame_bytes = LIMIT;
    config.fragments = usize::MAX;
    config
}

/// Feeds `bytes` in pieces of the given sizes, the last size for ever.
pub(crate) fn feed_in_pieces(endpoint: &mut Endpoint, mut bytes: &[u8], sizes: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut sizes = sizes.iter().chain(std::iter::repeat(sizes.last().unwrap_or(&1)));
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at((*sizes.next().unwrap()).min(bytes.len()));
        frames.extend(feed(endpoint, piece));
        bytes = rest;
    }
    frames
}

pub(crate) fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        prop::collection::vec(1_usize..20, 1..30),
        prop::collection::vec(1_usize..5000, 1..30),
        Just(vec![usize::MAX]),
    ]
}
