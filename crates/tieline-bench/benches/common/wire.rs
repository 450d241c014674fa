//! WebSocket as bytes, by hand: the other side of what is measured must cost as little as it can.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A text frame of a server.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        short @ ..126 => frame.push(short as u8),
        medium @ ..0x1_0000 => {
            frame.push(126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// A text frame of a client whose mask changes nothing.
pub(crate) fn masked_frame(text: &str) -> Vec<u8> {
    let mut frame = text_frame(text);
    let header = frame.len() - text.len();
    frame[1] |= 0x80;
    frame.splice(header..header, [0; 4]);
    frame
}

/// Answers a client's opening handshake, then its login.
pub(crate) fn answer_client(stream: &mut TcpStream) {
    let mut head = BufReader::with_capacity(1, &*stream);
    let mut key = String::new();
    loop {
        let mut line = String::new();
        head.read_line(&mut line).expect("a request");
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("sec-websocket-key")
        {
            key = derive_accept_key(value.trim().as_bytes());
        }
    }
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).expect("written");
    read_frame(stream);
    stream.write_all(&text_frame(r#"{"status":0}"#)).expect("written");
}

/// Reads one short frame, masked or not, and drops it.
fn read_frame(stream: &mut TcpStream) {
    let mut header = [0; 2];
    stream.read_exact(&mut header).expect("a frame");
    let mut length = usize::from(header[1] & 0x7F);
    if length == 126 {
        let mut long = [0; 2];
        stream.read_exact(&mut long).expect("a length");
        length = usize::from(u16::from_be_bytes(long));
    }
    let mask = if header[1] & 0x80 == 0 { 0 } else { 4 };
    stream.read_exact(&mut vec![0; length + mask]).expect("a payload");
}

/// A client of WSI that has logged in and subscribed to all extension events.
pub(crate) fn subscriber(server: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(server).expect("connected");
    let request = format!(
        "GET /wsi?dialect=v16 HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("written");
    let mut end = [0; 4];
    while end != *b"\r\n\r\n" {
        end.rotate_left(1);
        stream.read_exact(&mut end[3..]).expect("an answer");
    }
    for command in [
        r#"{"command":"auth","username":"boss","domain":"portsip.io","password":"111111"}"#,
        r#"{"command":"subscribe","topics":["extension_events"]}"#,
    ] {
        stream.write_all(&masked_frame(command)).expect("written");
        read_frame(&mut stream);
    }
    stream
}
