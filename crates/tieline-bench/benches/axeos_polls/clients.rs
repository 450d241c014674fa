//! Clients that poll on and on, each on a connection of its own, all on one thread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use crate::servers::KEY;

/// The thread of the clients.
pub(crate) struct Clients {
    start: mpsc::UnboundedSender<SocketAddr>,
    bytes: Arc<AtomicU64>,
}

impl Clients {
    pub(crate) fn start() -> Self {
        let (start, mut addresses) = mpsc::unbounded_channel();
        let bytes = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                while let Some(address) = addresses.recv().await {
                    // One after the other, so that no listener's backlog overflows.
                    let socket = TcpStream::connect(address).await.expect("connected");
                    tokio::spawn(poll(socket, Arc::clone(&counted)));
                }
            });
        });
        Self { start, bytes }
    }

    /// Connects so many, each of which polls at once.
    pub(crate) fn connect(&self, address: SocketAddr, clients: usize) {
        for _ in 0..clients {
            self.start.send(address).expect("the thread runs");
        }
    }

    /// The bytes that all clients have read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

async fn poll(mut socket: TcpStream, bytes: Arc<AtomicU64>) {
    socket.set_nodelay(true).expect("an option");
    let mut last = 0;
    let mut answer = Vec::with_capacity(2 << 10);
    loop {
        let request = format!(
            "GET /apis/pbx/events?last={last}&timeout=300 HTTP/1.1\r\nHost: pbx\r\nAccept: application/json\r\n\
             Authorization: Basic {KEY}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("the server runs");
        answer.clear();
        let body = loop {
            if socket.read_buf(&mut answer).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some(body) = whole(&answer) {
                break body;
            }
        };
        bytes.fetch_add(answer.len() as u64, Ordering::SeqCst);
        last = number_after(&answer[body..], b"\"seq\":").expect("an event");
    }
}

/// Where the body of an answer begins that is there as a whole.
fn whole(answer: &[u8]) -> Option<usize> {
    let body = memmem::find(answer, b"\r\n\r\n")? + 4;
    let length = number_after(&answer[..body], b"content-length: ")?;
    (answer.len() as u64 >= body as u64 + length).then_some(body)
}

fn number_after(text: &[u8], name: &[u8]) -> Option<u64> {
    let rest = &text[memmem::find(text, name)? + name.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
