//! Going on where another ended.

use tieline_axeos::poller::{Cursor, Resume};
use tieline_core::supervisor::LineEvent;
use tieline_core::{ClientSession, Instant, Session};

use crate::rig::{Rig, event};
use crate::{config, live, rig};

#[test]
fn a_poller_goes_on_where_another_ended() {
    let mut rig = live();
    rig.events(&[11]);
    rig.poller.close(rig.now);
    let rig_poller = rig.poller.into_resume().expect_err("events are unread");
    rig.poller = rig_poller;
    assert_eq!(rig.told(), ["11", "closed"]);
    rig.asks();
    let resume = rig.poller.into_resume().expect("finished and drained");
    assert_eq!(resume.cursor.as_ref().map(Cursor::seq), Some(11));

    let mut rig = Rig::start(config(), Some(resume));
    assert_eq!(rig.asks(), ["after 10 within 0"]);
    rig.events(&[11, 12]);
    rig.lists();
    assert_eq!(rig.told(), ["live 1", "users and phones", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn a_place_that_is_gone_when_a_poller_goes_on_is_a_gap() {
    let resume = Resume::at(Cursor::after(&event(11, "")).expect("a place"));
    let mut rig = Rig::start(config(), Some(resume));
    rig.asks();
    rig.events(&[15]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[15]);
    rig.lists();
    let told: Vec<_> = std::iter::from_fn(|| rig.poller.poll_event()).collect();
    let LineEvent::Gap(gap) = &told[1] else { panic!("{told:?}") };
    assert_eq!((gap.since, gap.recovered), (Instant::EPOCH, false));
    assert_eq!(told.iter().map(rig::shown).skip(2).collect::<Vec<_>>(), ["resynced", "users and phones"]);
}
