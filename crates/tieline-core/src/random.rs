//! Randomness as an argument: everything random is drawn from a seed that the caller gave.

use core::time::Duration;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use uuid::Uuid;

/// What a session draws its randomness from. Adapters take it from the operating system, tests choose it.
pub type Seed = [u8; 16];

/// A generator that gives the same numbers for the same seed: request ids, masks, keys, jitter.
///
/// It is a cryptographic stream (ChaCha with 12 rounds), so masks and keys are as unpredictable as the seed is.
pub struct Random(ChaCha12Rng);

impl Random {
    /// A generator for `seed`. `purpose` separates generators of one seed, so that drawing more for one purpose does
    /// not change another's numbers.
    #[must_use]
    pub fn new(seed: Seed, purpose: u64) -> Self {
        let mut key = [0; 32];
        let (low, high) = key.split_at_mut(16);
        low.copy_from_slice(&seed);
        let (number, label) = high.split_at_mut(8);
        number.copy_from_slice(&purpose.to_le_bytes());
        label.copy_from_slice(b"tieline\0");
        Self(ChaCha12Rng::from_seed(key))
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A number below `bound`; 0 when `bound` is 0. The bias is below 2⁻³² for the small bounds it is used with.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A duration from zero up to, but not including, `bound` (in steps of a nanosecond, saturating at 2⁶⁴ ns).
    pub fn duration_below(&mut self, bound: Duration) -> Duration {
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(((u128::from(self.next_u64()) * u128::from(nanos)) >> 64) as u64)
    }

    /// A seed for another generator.
    pub fn next_seed(&mut self) -> Seed {
        let mut seed = [0; 16];
        self.fill(&mut seed);
        seed
    }

    /// A random (version 4) UUID.
    pub fn next_uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.next_seed()).into_uuid()
    }
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random")
    }
}
