//! Identifiers as the vendors' documents print them, all from the seed.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use tieline_core::{Instant, Random, Seed};

/// Separates this generator's numbers from those of other parts of the simulator.
const PURPOSE: u64 = 0x1D5;

/// The node number in the low bits of every snowflake; the documents' identifiers all carry node 1.
const NODE: u64 = 1 << 12;

/// Draws identifiers: the same seed, start and order of draws give the same ones.
#[derive(Debug)]
pub(super) struct Ids {
    random: Random,
    base: u64,
    last_tick: u64,
    sequence: u64,
}

impl Ids {
    /// Identifiers for a seed and a start time in Unix seconds.
    pub(super) fn new(seed: Seed, start_unix_seconds: i64) -> Self {
        let mut random = Random::new(seed, PURPOSE ^ start_unix_seconds.unsigned_abs().rotate_left(16));
        // From 5·10¹⁷, so that identifiers have 18 digits for more than two years of scenario time.
        let base = (500_000_000_000_000_000 + (random.next_u64() % 200_000_000_000_000_000)) >> 22;
        Self { random, base, last_tick: 0, sequence: 0 }
    }

    /// A snowflake: milliseconds of scenario time above, node and sequence below; rises with each call.
    pub(super) fn snowflake(&mut self, now: Instant) -> String {
        let tick = u64::try_from(now.since_epoch().as_millis()).unwrap_or(u64::MAX >> 23).max(self.last_tick);
        self.sequence = if tick == self.last_tick { self.sequence + 1 } else { 0 };
        self.last_tick = tick + (self.sequence >> 12);
        self.sequence &= 0xFFF;
        (((self.base + self.last_tick) << 22) | NODE | self.sequence).to_string()
    }

    /// A SIP call id as the documents print it: 22 characters of URL-safe base64, and two dots.
    pub(super) fn call_id(&mut self) -> String {
        let mut id = BASE64URL_NOPAD.encode(&self.random.next_seed());
        id.push_str("..");
        id
    }

    /// A device's instance id, in upper case as the documents print it: `F36DDB5A-5CC3-A59A-0FB2-E53F7A56F245`.
    pub(super) fn instance(&mut self) -> String {
        self.random.next_uuid().as_hyphenated().to_string().to_uppercase()
    }

    /// A duration from `low` up to `high`, in whole milliseconds.
    pub(super) fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let span = u32::try_from(high.saturating_sub(low).as_millis()).unwrap_or(u32::MAX);
        low + Duration::from_millis(u64::from(self.random.below(span)))
    }
}
