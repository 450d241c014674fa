//! Supervisor and session joined with the server's session on virtual time, through thousands of random schedules of
//! faults: what they must never do is said in [`tieline_testkit::schedule`].

mod pbx;

use pbx::{MENU, Pbx};
use tieline_testkit::schedule::{Lines, live_many};

#[test]
fn nothing_is_lost_without_a_word_whatever_goes_wrong() {
    live_many::<Lines<Pbx>>(0..2000, &MENU);
}
