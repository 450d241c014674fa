//! The poller joined with the server's log on virtual time, through thousands of random schedules of faults: what it must
//! never do is said in [`tieline_testkit::schedule`].

mod pbx;

use pbx::{MENU, Pbx, REMEMBERED};
use tieline_testkit::schedule::{Life, Schedule, live_many};

#[test]
fn nothing_is_lost_without_a_word_whatever_goes_wrong() {
    live_many::<Pbx<50>>(0..2000, &MENU);
}

#[test]
fn while_the_server_remembers_every_event_comes_once_and_every_gap_is_recovered() {
    let mut gaps = 0;
    for seed in 10_000..10_500 {
        Life::<Pbx<100_000>>::live_and(&Schedule::draw(seed, &REMEMBERED), |life| {
            assert_eq!(life.missing_since_live(), 0);
            assert!(life.gaps().iter().all(|gap| gap.recovered), "{:?}", life.gaps());
            gaps += life.gaps().len();
        });
    }
    assert!(gaps > 500, "{gaps} gaps in 500 schedules");
}
