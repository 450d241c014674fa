//! What a client costs a server that wants nothing of it: however an hour goes, it is dialled so often and no more.

mod pbx;

use pbx::Pbx;
use tieline_testkit::schedule::Lines;

tieline_testkit::hostile_tests!(Lines<Pbx>);
