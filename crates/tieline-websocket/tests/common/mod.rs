//! Wire bytes by hand, and ways to drive an endpoint.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::Duration;

use tieline_core::{Frame, Instant};
use tieline_websocket::{Config, Endpoint, EndpointError, OpeningRequest, Violation};

pub(crate) const NOW: Instant = Instant::EPOCH;
pub(crate) const SEED: [u8; 16] = *b"0123456789abcdef";
pub(crate) const MASK: [u8; 4] = [0xa1, 0x5c, 0x33, 0xf0];

pub(crate) const CONTINUATION: u8 = 0x00;
pub(crate) const TEXT: u8 = 0x01;
pub(crate) const BINARY: u8 = 0x02;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;
pub(crate) const FIN: u8 = 0x80;

pub(crate) fn after(millis: u64) -> Instant {
    NOW + Duration::from_millis(millis)
}

/// A frame as a server sends it; `first` is the first byte.
pub(crate) fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64, 0);
    bytes.extend_from_slice(payload);
    bytes
}

/// A frame as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64, 0x80);
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]));
    bytes
}

/// The header of an unmasked frame that announces `length` bytes.
pub(crate) fn header(first: u8, length: u64, mask_bit: u8) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(mask_bit | length as u8),
        126..0x1_0000 => {
            bytes.push(mask_bit | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask_bit | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

/// Takes written bytes apart: first byte, whether masked, payload without mask.
pub(crate) fn parse(bytes: &[u8]) -> Vec<(u8, bool, Vec<u8>)> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let head = split(&mut rest, 2);
        let length = match head[1] & 0x7f {
            126 => u16::from_be_bytes(split(&mut rest, 2).try_into().unwrap()).into(),
            127 => u64::from_be_bytes(split(&mut rest, 8).try_into().unwrap()) as usize,
            short => usize::from(short),
        };
        let is_masked = head[1] & 0x80 != 0;
        let mask = if is_masked { split(&mut rest, 4) } else { &[0; 4] };
        let payload = split(&mut rest, length).iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        frames.push((head[0], is_masked, payload));
    }
    frames
}

fn split<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(count);
    *rest = tail;
    head
}

pub(crate) fn server() -> Endpoint {
    Endpoint::server(&Config::default())
}

pub(crate) fn client() -> Endpoint {
    Endpoint::client_opened(&Config::default(), SEED)
}

pub(crate) fn opening() -> Endpoint {
    Endpoint::client(&OpeningRequest::new("pbx.example", "/ws").unwrap(), &Config::default(), SEED, NOW)
}

/// Hands in all of `bytes` and collects the frames.
pub(crate) fn feed(endpoint: &mut Endpoint, bytes: &[u8]) -> Vec<Frame> {
    feed_at(endpoint, NOW, bytes)
}

pub(crate) fn feed_at(endpoint: &mut Endpoint, now: Instant, mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let taken = endpoint.handle_bytes(now, bytes);
        bytes = &bytes[taken..];
        frames.extend(std::iter::from_fn(|| endpoint.poll_frame()));
        if bytes.is_empty() {
            return frames;
        }
    }
}

/// Takes all that is to be written.
pub(crate) fn written(endpoint: &mut Endpoint) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let part = endpoint.outgoing().to_vec();
        if part.is_empty() {
            return bytes;
        }
        endpoint.sent(part.len());
        bytes.extend(part);
    }
}

pub(crate) fn violation(endpoint: &Endpoint) -> Option<Violation> {
    match endpoint.failure() {
        Some(EndpointError::Protocol(violation)) => Some(*violation),
        _ => None,
    }
}
