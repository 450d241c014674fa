//! What floods may take of memory.
#![cfg(feature = "wsi")]

mod common;

use std::cell::Cell;
use std::rc::Rc;

use allocation_counter::measure;
use common::{Handle, Stream, Tokio, config, soon};
use tieline_core::CloseReason;
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_testkit::adapter::bad_input::floods::{LIMIT, NAMES, deaf, names};
use tieline_testkit::adapter::memory::REST;
use tieline_testkit::adapter::{DrivenAdapter, Item, Setup, setup};
use tieline_tokio::wsi;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

impl DrivenAdapter for Tokio {
    fn prepare(url: &str, setup: Setup) -> (Handle, Stream, impl FnOnce()) {
        let config = config(setup);
        let dialer = config.dialer(url).expect("an address");
        let (client, events, driver) = wsi::connect_with(dialer, config);
        (Handle(client), Stream(events), move || runtime().block_on(driver))
    }
}

tieline_testkit::adapter_memory_tests!(Tokio);

/// Here commands are asked on the line's own thread, which is measured.
#[test]
fn commands_that_nobody_reads_stay_within_the_limit_of_bytes() {
    let pbx = deaf();
    let measured = measure(|| {
        LocalSet::new().block_on(&runtime(), async {
            let mut setup = setup();
            setup.options.policy.limits.queued_bytes = LIMIT;
            let (client, mut events) = soon(wsi::connect(&pbx.url, config(setup))).await.expect("live");
            let lost = Rc::new(Cell::new(false));
            let asking = tokio::task::spawn_local({
                let (lost, subscription) = (Rc::clone(&lost), names());
                async move {
                    while !lost.get() {
                        client.subscribe(subscription.clone()).await.expect("answered, or deferred");
                    }
                }
            });
            let cause = loop {
                if let Item::Line(LineEvent::Down { cause, .. }) = soon(events.next()).await.expect("the line lives") {
                    break cause;
                }
            };
            assert_eq!(cause, DownCause::Session(CloseReason::SlowPeer));
            lost.set(true);
            soon(asking).await.expect("no panic");
        });
    });
    // What waits to be written, a command more, and the names as the application, the session and the wire have them.
    let most = measured.bytes_max;
    assert!((LIMIT as u64..2 * LIMIT as u64 + 4 * NAMES as u64 * 100 + REST).contains(&most), "{most}");
}
