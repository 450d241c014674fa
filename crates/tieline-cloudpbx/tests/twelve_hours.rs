//! Twelve hours on virtual time with random faults: what the client and its world hold at the end is what they held after
//! two hours. In a binary of its own, since it counts what is allocated.

mod pbx;

use allocation_counter::measure;
use pbx::{MENU, Pbx};
use tieline_testkit::schedule::{Life, Lines, live_an_hour};

#[test]
fn memory_is_flat_through_twelve_hours_of_faults() {
    let mut life = Life::<Lines<Pbx>>::begin(1);
    let mut hours = |hours: std::ops::Range<u64>| {
        measure(|| hours.for_each(|hour| live_an_hour(&mut life, hour, &MENU))).bytes_current
    };
    let first = hours(0..2);
    let rest = hours(2..12);
    assert!(rest.abs() < 16 << 10, "{first} bytes more after two hours, {rest} bytes more after twelve");
}
