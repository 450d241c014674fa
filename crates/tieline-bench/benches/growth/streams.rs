//! What comes in pieces: multipart, and the WebSocket endpoint.

use std::hint::black_box;

use tieline_core::Instant;
use tieline_portsip_im::file::multipart::{Decoder, MultipartLimits};
use tieline_websocket::{Config, Endpoint};

use crate::judge::{Report, each};

pub(crate) fn all(report: &mut Report) {
    let contents: [(&str, &[u8]); 4] =
        [("text", b"x"), ("line ends", b"\r\n"), ("near boundaries", b"\r\n--boundar"), ("dashes", b"-")];
    for (content, repeated) in contents {
        for piece in [1, 64, 4096, usize::MAX] {
            let pieces = if piece == usize::MAX { "whole".into() } else { format!("pieces of {piece}") };
            report.case(
                "multipart",
                format!("{content}, {pieces}"),
                |length| form(repeated, length),
                Vec::len,
                |forms| each(forms, |form| read(form, piece)),
            );
        }
    }
    for (kind, make) in [
        ("one message", one_message as fn(usize) -> Vec<u8>),
        ("fragments", fragments),
        ("pings", pings),
        ("small messages", messages),
    ] {
        for piece in [1, 4096, usize::MAX] {
            let pieces = if piece == usize::MAX { "whole".into() } else { format!("pieces of {piece}") };
            report.case("WebSocket", format!("{kind}, {pieces}"), make, Vec::len, |inputs| {
                each(inputs, |bytes| endpoint(bytes, piece))
            });
        }
    }
}

fn form(repeated: &[u8], length: usize) -> Vec<u8> {
    let mut form = b"--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".to_vec();
    form.extend(repeated.repeat(length / repeated.len()));
    form.extend_from_slice(b"\r\n--boundary--\r\n");
    form
}

fn read(form: &[u8], piece: usize) -> Decoder {
    let mut decoder = Decoder::new("boundary", MultipartLimits::default());
    for piece in form.chunks(piece.min(form.len())) {
        decoder.feed(piece);
        while let Ok(Some(event)) = decoder.poll() {
            black_box(event);
        }
    }
    let _ = black_box(decoder.finish());
    decoder
}

/// A frame of a client, its mask zero.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(0xfe);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0xff);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

fn one_message(length: usize) -> Vec<u8> {
    frame(0x81, &vec![b'x'; length])
}

fn fragments(length: usize) -> Vec<u8> {
    let mut bytes = frame(0x01, b"x");
    // No more than the endpoint takes of one message: 4096.
    let piece = vec![b'x'; (length / 4000).max(2)];
    while bytes.len() < length {
        bytes.extend(frame(0x00, &piece));
    }
    bytes.extend(frame(0x80, b"x"));
    bytes
}

fn pings(length: usize) -> Vec<u8> {
    frame(0x89, b"12345678").repeat(length / 14)
}

fn messages(length: usize) -> Vec<u8> {
    frame(0x81, b"{}").repeat(length / 8)
}

fn endpoint(bytes: &[u8], piece: usize) -> Endpoint {
    let mut config = Config::default();
    config.message_bytes = 2 << 20;
    let mut endpoint = Endpoint::server(&config);
    for mut piece in bytes.chunks(piece.min(bytes.len())) {
        while !piece.is_empty() {
            let taken = endpoint.handle_bytes(Instant::EPOCH, piece);
            piece = &piece[taken..];
            while let Some(frame) = endpoint.poll_frame() {
                black_box(frame);
            }
            let outgoing = endpoint.outgoing().len();
            endpoint.sent(outgoing);
        }
    }
    assert!(endpoint.failure().is_none(), "{:?}", endpoint.failure());
    endpoint
}
