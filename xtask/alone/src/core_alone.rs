//! tieline-core.

use core::hint::black_box;

use tieline_core::{Backoff, BackoffPolicy, Random, Text};

/// A wait in nanoseconds.
pub fn wait() -> usize {
    let mut random = Random::new([7; 16], black_box(1));
    let wait = Backoff::new(BackoffPolicy::default()).next_wait(&mut random);
    let text = Text::from(black_box("no std")).detached();
    usize::try_from(wait.as_nanos()).unwrap_or(usize::MAX).saturating_add(text.len())
}

/// Reads an address.
#[cfg(feature = "core-http")]
pub fn address() -> usize {
    let base = black_box("https://pbx.example.com/apis/pbx/").parse::<tieline_core::http::BaseUrl>();
    base.map_or(0, |base| base.host().len())
}
