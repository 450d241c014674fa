//! What floods may take of memory.
#![cfg(feature = "wsi")]

mod common;

use common::{Blocking, Handle, Stream, config};
use tieline_blocking::wsi;
use tieline_testkit::adapter::{DrivenAdapter, Setup};

impl DrivenAdapter for Blocking {
    fn prepare(url: &str, setup: Setup) -> (Handle, Stream, impl FnOnce()) {
        let config = config(setup);
        let dialer = config.dialer(url).expect("an address");
        let (client, events, driver) = wsi::connect_with(dialer, config).expect("a line");
        (Handle(client), Stream(events), move || driver.run())
    }
}

tieline_testkit::adapter_memory_tests!(Blocking);
