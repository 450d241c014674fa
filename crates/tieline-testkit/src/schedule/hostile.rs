//! What a client costs a server that wants nothing of it.

use std::fmt::Debug;
use std::time::Duration;

use tieline_core::Session;

use super::{Fault, World, attempts_in_an_hour};

/// All the time that such a server is watched for.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Asserts that a client asks a server that does these things to it `every` so often no more than `most` times in any
/// minute and in an hour, and does not give up.
///
/// # Panics
/// When it does.
pub fn assert_not_stormed<W: World>(faults: &[Fault], every: Duration, most: (usize, usize))
where
    <W::Client as Session>::Transmit: Debug,
    <W::Client as Session>::Input: Debug,
    W::Told: Debug,
{
    let (minute, hour) = attempts_in_an_hour::<W>(faults, every);
    assert!(minute <= most.0, "{minute} in a minute");
    assert!(hour <= most.1, "{hour} in an hour");
    assert!(hour >= 40, "{hour} in an hour: it has given up");
}

/// Tests of a protocol over a WebSocket, whose world is of this type: however an hour goes, its client dials so often and no
/// more.
#[macro_export]
macro_rules! hostile_tests {
    ($world:ty) => {
        $crate::hostile_tests! { $world;
            a_server_that_refuses_every_dial_is_not_stormed: RefuseDials;
            a_server_that_answers_no_dial_is_not_stormed: HangDials;
            a_server_that_refuses_every_login_is_not_stormed: RefuseLogins;
            a_server_that_says_nothing_after_opening_is_not_stormed: MuteAfterOpen;
            a_server_that_says_nothing_after_the_login_is_not_stormed: MuteAfterLogin;
        }

        #[test]
        fn a_server_that_ends_every_line_soon_is_not_stormed() {
            use $crate::schedule::{Fault, assert_not_stormed};
            assert_not_stormed::<$world>(&[Fault::Cut], ::std::time::Duration::from_secs(1), (20, 600));
        }
    };
    ($world:ty; $($name:ident: $fault:ident;)*) => {$(
        #[test]
        fn $name() {
            use $crate::schedule::{Fault, HOUR, assert_not_stormed};
            assert_not_stormed::<$world>(&[Fault::$fault(HOUR), Fault::Cut], HOUR, (20, 600));
        }
    )*};
}
