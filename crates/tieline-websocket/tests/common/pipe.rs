//! tungstenite's `WebSocket` over memory: the oracle.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};

/// A stream whose other end is the test.
#[derive(Default)]
pub(crate) struct Pipe {
    pub(crate) incoming: VecDeque<u8>,
    pub(crate) ended: bool,
    pub(crate) written: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.incoming.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// tungstenite in `role`, with the limits given, about to read `incoming` and then the end of the stream.
pub(crate) fn reading(role: Role, incoming: &[u8], limit: usize) -> WebSocket<Pipe> {
    let config =
        WebSocketConfig::default().read_buffer_size(4096).max_message_size(Some(limit)).max_frame_size(Some(limit));
    let pipe = Pipe { incoming: incoming.iter().copied().collect(), ended: true, written: Vec::new() };
    WebSocket::from_raw_socket(pipe, role, Some(config))
}

/// tungstenite in `role`, to write with.
pub(crate) fn writing(role: Role) -> WebSocket<Pipe> {
    WebSocket::from_raw_socket(Pipe::default(), role, None)
}
