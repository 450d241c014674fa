//! A byte at a time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use super::super::millis;

/// Writes `head`, and then `tail` again and again, a byte each 5 ms, until the client is gone; gives what it wrote.
pub(in crate::adapter) fn dribble(mut io: &TcpStream, head: &[u8], tail: u8) -> Vec<u8> {
    // The wait between two bytes is a wait for the client's.
    io.set_read_timeout(Some(millis(5))).expect("a timeout");
    let (mut came, mut buffer) = (Vec::new(), [0; 1 << 10]);
    for byte in head.iter().chain(std::iter::repeat(&tail)) {
        if io.write_all(&[*byte]).is_err() {
            break;
        }
        loop {
            match io.read(&mut buffer) {
                Ok(0) => return came,
                Ok(read) => came.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return came,
            }
        }
    }
    came
}

/// The code of the masked close frame at the end of what a client wrote.
pub(super) fn last_close(bytes: &[u8]) -> Option<u16> {
    match bytes.last_chunk::<8>()? {
        [0x88, 0x82, mask @ .., high, low] => Some(u16::from_be_bytes([high ^ mask[0], low ^ mask[1]])),
        _ => None,
    }
}
