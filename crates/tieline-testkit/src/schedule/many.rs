//! Many lives, and long ones.

use std::fmt::Debug;
use std::ops::Range;
use std::time::Duration;

use tieline_core::{Instant, Session};

use super::fault::{Fault, Menu, Schedule};
use super::life::Life;
use super::world::World;

/// Lives of so many seeds, each drawn from `menu`; every sixteenth is lived twice, and both times the same must happen.
///
/// # Panics
/// When a promise is broken.
pub fn live_many<W: World>(seeds: Range<u64>, menu: &Menu)
where
    <W::Client as Session>::Transmit: Debug,
    <W::Client as Session>::Input: Debug,
    W::Told: Debug,
{
    for seed in seeds {
        let schedule = Schedule::draw(seed, menu);
        let digest = Life::<W>::live(&schedule);
        if seed.is_multiple_of(16) {
            assert_eq!(digest, Life::<W>::live(&schedule), "{schedule}\nis not the same each time");
        }
    }
}

/// An hour of faults in the life of a client, and the calm after it; what was checked is forgotten.
///
/// # Panics
/// When a promise is broken.
pub fn live_an_hour<W: World>(life: &mut Life<W>, seed: u64, menu: &Menu)
where
    <W::Client as Session>::Transmit: Debug,
    <W::Client as Session>::Input: Debug,
    W::Told: Debug,
{
    life.play_and(&Schedule::lasting(seed, menu, Duration::from_secs(3600)), Life::forget);
}

/// The most connections, or calls, that a client asks for in any minute of an hour in which a server does the same to it
/// `every` so often; and in the whole hour.
///
/// # Panics
/// When a promise is broken.
#[must_use]
pub fn attempts_in_an_hour<W: World>(faults: &[Fault], every: Duration) -> (usize, usize)
where
    <W::Client as Session>::Transmit: Debug,
    <W::Client as Session>::Input: Debug,
    W::Told: Debug,
{
    let hour = Duration::from_secs(3600);
    let mut life = Life::<W>::begin(0);
    let start = life.now;
    life.play(&Schedule::of(faults, every, hour));
    let times: Vec<Instant> = life.world.dials().iter().copied().filter(|at| at.since(start) < hour).collect();
    let minute = Duration::from_secs(60);
    let within = |from: &Instant| times.iter().filter(|at| *at >= from && at.since(*from) < minute).count();
    (times.iter().map(within).max().unwrap_or_default(), times.len())
}
