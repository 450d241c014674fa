//! PBXs that tell numbered events, to whoever listens and on lines that may break anywhere.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tieline_tls::ServerTls;
use tungstenite::Message;

use super::super::axeos::AxeosPbx;
use super::super::im::{Chat, GROUP};
use super::super::pbx::Heard;
use super::super::{OK, Pbx, Peer, Stream, event, millis, stream};

/// A PBX that tells events numbered from 0 on.
pub trait Site: Send + Sync {
    /// Its port.
    fn port(&self) -> u16;
    /// Tells one more.
    fn tell(&self);
    /// How many there were.
    fn told(&self) -> u64;
}

/// A PBX whose events are a number that counts.
pub struct Counting {
    pbx: Pbx,
    told: Arc<AtomicU64>,
}

/// Which events a connection gets.
enum From {
    /// From its opening on.
    Opening,
    /// From its first subscribe on.
    Subscribe,
}

impl Counting {
    /// PortSIP WSI.
    #[must_use]
    pub fn wsi() -> Self {
        let told = Arc::<AtomicU64>::default();
        let count = Arc::clone(&told);
        let pbx = Pbx::raw(move |io, _| {
            let raw = io.try_clone().expect("a handle");
            tell(io, &raw, &From::Subscribe, &count, |number| event(number as usize));
        });
        Self { pbx, told }
    }

    /// PortSIP WSI over TLS.
    #[must_use]
    pub fn wsi_over_tls(tls: &ServerTls) -> Self {
        let told = Arc::<AtomicU64>::default();
        let count = Arc::clone(&told);
        let pbx = Pbx::secure_raw(tls, move |io, _| {
            let raw = io.sock.try_clone().expect("a handle");
            tell(io, &raw, &From::Subscribe, &count, |number| event(number as usize));
        });
        Self { pbx, told }
    }

    /// CloudPBX's stream.
    #[must_use]
    pub fn cloudpbx() -> Self {
        let told = Arc::<AtomicU64>::default();
        let count = Arc::clone(&told);
        let pbx = Pbx::raw(move |io, _| {
            let raw = io.try_clone().expect("a handle");
            tell(io, &raw, &From::Opening, &count, |number| stream::message(number as i64 + 1, &[101]));
        });
        Self { pbx, told }
    }
}

fn tell(io: impl Stream, raw: &TcpStream, from: &From, told: &AtomicU64, text: impl Fn(u64) -> String) {
    let now = || told.load(Ordering::SeqCst);
    // Before the client can know that the line is open.
    let mut next = matches!(from, From::Opening).then(now);
    let Some(mut peer) = Peer::try_accept(io) else { return };
    raw.set_read_timeout(Some(millis(1))).expect("a timeout");
    loop {
        match peer.hear() {
            Heard::Message(Message::Text(asked)) => {
                if asked.contains("subscribe") {
                    next.get_or_insert_with(now);
                }
                peer.say(OK);
            }
            Heard::Message(Message::Close(_)) | Heard::End => return,
            Heard::Message(_) | Heard::Nothing => {}
        }
        if let Some(next) = &mut next {
            let end = now();
            (*next..end).for_each(|number| peer.say(text(number)));
            *next = end;
        }
    }
}

impl Site for Counting {
    fn port(&self) -> u16 {
        self.pbx.port
    }

    fn tell(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }

    fn told(&self) -> u64 {
        self.told.load(Ordering::SeqCst)
    }
}

/// The number of the message before those that IM tells.
pub const IM_MARK: u64 = 5;

impl Site for Chat {
    fn port(&self) -> u16 {
        self.pbx.port
    }

    fn tell(&self) {
        self.world().publish(GROUP);
    }

    fn told(&self) -> u64 {
        self.world().last.get(GROUP).map_or(0, |last| last - IM_MARK)
    }
}

/// IM, with [`IM_MARK`] messages before the first that is told.
#[must_use]
pub fn im_site() -> Chat {
    let chat = Chat::telling();
    chat.world().last.insert(GROUP.into(), IM_MARK);
    chat
}

/// The number of the newest event of Axeos's log before those that are told.
pub const AXEOS_MARK: u64 = 1;

impl Site for AxeosPbx {
    fn port(&self) -> u16 {
        self.pbx.port
    }

    fn tell(&self) {
        self.publish(1);
    }

    fn told(&self) -> u64 {
        self.published() - AXEOS_MARK
    }
}
