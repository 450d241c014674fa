//! A program without std that uses the codec crates: if this links, they need none either.
//!
//! Unsafe code stands here only because a program without std has to bring its own allocator; nothing here is published.

#![no_std]

extern crate alloc;

use alloc::string::String;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use tieline_axeos::poller::{Poller, PollerConfig};
use tieline_axeos::{Entry, Event as AxeosEvent};
use tieline_cloudpbx::client::{ClientConfig, PushClient};
use tieline_cloudpbx::{CdrRecord, InZone, Rows};
use tieline_core::{Backoff, BackoffPolicy, ClientSession, Frame, Instant, Random, Session, Str, Text};
use tieline_portsip_im::client::{ClientConfig as ImConfig, ImClient};
use tieline_portsip_im::{AccessMode, Credentials, ServerMessage as ImMessage};
use tieline_portsip_wsi::{Auth, ClientMessage, Command, Dialect, Event, ServerMessage};

const ARENA: usize = 64 * 1024;

/// Hands out an arena once and takes nothing back.
struct Bump {
    arena: UnsafeCell<[u8; ARENA]>,
    used: AtomicUsize,
}

// SAFETY: `used` gives each part of the arena to one caller only.
unsafe impl Sync for Bump {}

// SAFETY: every block is aligned, within the arena, and never given out twice; null when the arena is used up.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.arena.get().cast::<u8>();
        let take = |used: usize| {
            let start = (base as usize + used).next_multiple_of(layout.align()) - base as usize;
            start.checked_add(layout.size()).filter(|end| *end <= ARENA)
        };
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            // SAFETY: `take` accepted the end, so both ends of the block lie within the arena.
            Ok(before) => take(before).map_or(ptr::null_mut(), |end| unsafe { base.add(end - layout.size()) }),
            Err(_) => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { arena: UnsafeCell::new([0; ARENA]), used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Something of tieline-core: a wait in nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_core_wait(purpose: u64) -> u64 {
    let mut random = Random::new([7; 16], purpose);
    let wait = Backoff::new(BackoffPolicy::default()).next_wait(&mut random);
    let text = Text::from("no std").detached();
    u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX).saturating_add(text.len() as u64)
}

/// Something of tieline-portsip-wsi: decodes an event and encodes a command; the number of bytes written, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_portsip_wsi_round() -> usize {
    let text = r#"{"aor":"sip:102@portsip.io","event_type":"call_hold","time":"1632669389"}"#;
    let Ok(ServerMessage::Event(Event::CallHold(hold))) = ServerMessage::decode(text) else { return 0 };
    let command = Command::Auth(Auth::username("102", hold.aor.as_deref().unwrap_or_default(), "111111"));
    let mut out = String::new();
    ClientMessage { id: None, command }.encode(Dialect::V16, &mut out);
    out.len()
}

/// Something of tieline-cloudpbx: decodes a list of CDRs; when its first call began in Unix seconds, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_cloudpbx_records_round() -> i64 {
    let text = r#"[{"calldate":"2021-12-15 11:25:02","uniqueid":"1639563902.75"}]"#;
    let Some(Ok(row)) = Rows::<CdrRecord<Str<'_>>>::new(text).next() else { return 0 };
    row.record.ok().and_then(|call| call.moment(|_| InZone::Unknown).unix_seconds()).unwrap_or(0)
}

/// Something of tieline-cloudpbx: passes a message through a client session; the number of events it told.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_cloudpbx_round() -> usize {
    let text = r#"{"id":386,"channel":"pbx_X","text":{"subscriber":{"peer":"X-101","statusValue":1}}}"#;
    let mut session = PushClient::start(ClientConfig::default(), [7; 16], None, Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(text));
    core::iter::from_fn(|| session.poll_event()).count()
}

/// Something of tieline-axeos: decodes an event and starts a poller; the number of exchanges asked for, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_axeos_asks() -> usize {
    let text = r#"{"seq":7,"event_type":"user logged out","user_uuid":"u"}"#;
    let Ok(Entry { event: AxeosEvent::UserLoggedOut(_), .. }) = Entry::decode_str(text) else { return 0 };
    let mut poller = Poller::start(PollerConfig::default(), [7; 16], None, Instant::EPOCH);
    core::iter::from_fn(|| poller.poll_transmit()).count()
}

/// Something of tieline-portsip-im: decodes a message, computes a change of access, starts a session; the number of bytes
/// it sends first, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn tieline_portsip_im_round() -> usize {
    let Ok(ImMessage::Data(data)) = ImMessage::decode(r#"{"data":{"topic":"grpX","seq":1,"content":"x"}}"#) else {
        return 0;
    };
    let change = AccessMode::FULL.delta(AccessMode::GROUP_DEFAULT);
    let user = data.topic.map(|topic| topic.to_owned_name().into_inner()).unwrap_or_default();
    let config = ImConfig::new(Credentials::access_token(user, change, "token"));
    let mut session = ImClient::start(config, [7; 16], None, Instant::EPOCH);
    session.poll_transmit().map_or(0, |frame| frame.len())
}
