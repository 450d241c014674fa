//! A client that writes the bytes of its frames by hand, and so any bytes.
#![allow(dead_code)]

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::{OK, Site, within};

pub(crate) const CONTINUATION: u8 = 0x00;
pub(crate) const TEXT: u8 = 0x01;
pub(crate) const BINARY: u8 = 0x02;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;
pub(crate) const FIN: u8 = 0x80;

pub(crate) struct Raw(pub(crate) TcpStream);

/// A frame of a client, under a mask of zeros.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

impl Raw {
    /// A WebSocket, without a login.
    pub(crate) async fn open(site: &Site) -> Self {
        let mut stream = TcpStream::connect(site.addr()).await.unwrap();
        let request = "GET /wsi HTTP/1.1\r\nHost: pbx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(within(stream.read_u8()).await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        Self(stream)
    }

    pub(crate) async fn logged_in(site: &Site, login: &str) -> Self {
        let mut raw = Self::open(site).await;
        raw.send(FIN | TEXT, login.as_bytes()).await;
        assert_eq!(raw.text().await, OK);
        raw
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within(self.0.write_all(bytes)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, first: u8, payload: &[u8]) {
        self.write(&frame(first, payload)).await;
    }

    /// The next frame: its first byte and its payload; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        within(async {
            let first = self.0.read_u8().await.ok()?;
            let length = match self.0.read_u8().await.ok()? {
                126 => self.0.read_u16().await.ok()?.into(),
                127 => self.0.read_u64().await.ok()?,
                length => length.into(),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        })
        .await
    }

    /// The next text, past pings and pongs.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            match self.next().await.expect("the connection lives") {
                (PING | PONG, _) => {}
                (first, payload) => {
                    assert_eq!(first, FIN | TEXT);
                    return String::from_utf8(payload).unwrap();
                }
            }
        }
    }

    pub(crate) async fn answer(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Reads to the end, past everything else, and says the code of the close frame there was.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some((first, payload)) = self.next().await {
            if first == CLOSE {
                code = payload.try_into().ok().map(u16::from_be_bytes);
            }
        }
        code
    }
}
