//! Whether what was missed came after all: what the session tells the supervisor of it, and when nobody can tell.

mod harness;

use harness::{GROUP, Player, config};
use serde_json::json;
use tieline_core::supervisor::{Recovery, Supervised};
use tieline_core::{CloseReason, Session};
use tieline_portsip_im::client::{ClientEvent, Mark, Resume};

fn recovery(player: &Player) -> Recovery {
    Supervised::recovery(&player.session)
}

#[test]
fn what_was_missed_is_recovered_once_it_is_refilled_wholly() {
    let mut player = Player::resumed(GROUP, Some(Mark::at(10)), 13);
    assert_eq!(recovery(&player), Recovery::Pending);
    player.serve_history(GROUP, &[11, 12, 13], 2);
    assert_eq!(recovery(&player), Recovery::Pending, "a page is still missing");
    player.serve_history(GROUP, &[11, 12, 13], 2);
    assert_eq!(recovery(&player), Recovery::Complete);
    assert_eq!(player.story(), ["gap 11..14", "11", "12", "13", "closed 11..14"]);
}

#[test]
fn nothing_missed_is_recovered_as_soon_as_that_is_known() {
    let player = Player::resumed(GROUP, Some(Mark::at(10)), 10);
    assert_eq!(recovery(&player), Recovery::Complete);
}

#[test]
fn what_the_server_no_longer_has_is_not_recovered() {
    let mut player = Player::resumed(GROUP, Some(Mark::at(10)), 13);
    player.serve_history(GROUP, &[11, 13], 100);
    assert_eq!(recovery(&player), Recovery::Incomplete);
}

#[test]
fn of_a_topic_that_nothing_was_known_of_nobody_can_tell_what_was_missed() {
    let player = Player::resumed(GROUP, None, 13);
    assert_eq!(recovery(&player), Recovery::Incomplete);
}

#[test]
fn a_line_that_says_nothing_refuses_no_topic() {
    let mut resume = Resume::default();
    resume.topics.insert(GROUP.into(), Some(Mark::at(10)));
    let mut player = Player::logged_in(config(), Some(resume));
    let mut over = false;
    while let Some(due) = player.session.poll_timeout().filter(|_| !over) {
        player.session.handle_timeout(due);
        player.frames();
        over = player.events().iter().any(|event| {
            assert!(!matches!(event, ClientEvent::SubscriptionLost(_)), "{event:?}");
            matches!(event, ClientEvent::Closed(CloseReason::Silent))
        });
    }
    let Ok(resume) = tieline_core::ClientSession::into_resume(player.session) else { panic!("it goes on") };
    assert_eq!(resume.topics.get(GROUP), Some(&Some(Mark::at(10))), "still wanted, from the same place");
}

#[test]
fn a_line_that_says_nothing_loses_no_missing_message() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 3);
    assert_eq!(player.story(), ["gap 1..3", "3"]);
    let mut over = false;
    while let Some(due) = player.session.poll_timeout().filter(|_| !over) {
        player.session.handle_timeout(due);
        player.frames();
        let story = player.story();
        over = story == ["Closed(the line went silent)"];
        assert!(over || story.is_empty(), "{story:?}");
    }
    let Ok(resume) = tieline_core::ClientSession::into_resume(player.session) else { panic!("it goes on") };
    let mark = resume.topics.get(GROUP).and_then(Option::as_ref).expect("followed");
    assert_eq!(mark.low_water(), 0);
}

#[test]
fn numbers_that_went_back_while_there_was_no_line_are_told_and_new_messages_come() {
    let mut player = Player::resumed(GROUP, Some(Mark::at(10)), 4);
    assert_eq!(player.story(), ["reset 10..4"]);
    assert_eq!(recovery(&player), Recovery::Incomplete);
    player.publish(GROUP, 5);
    assert_eq!(player.story(), ["5"]);
}

#[test]
fn numbers_that_go_back_on_a_line_are_told_and_the_messages_that_showed_it_come() {
    let mut player = Player::following(GROUP, 10);
    for seq in 11..=13 {
        player.publish(GROUP, seq);
    }
    assert_eq!(player.story(), ["11", "12", "13"]);
    // Restored from a backup that ended with 11.
    player.publish(GROUP, 12);
    assert_eq!(player.story().len(), 0, "it could be the same message again");
    player.answer_probe(GROUP, 12);
    assert_eq!(player.story(), ["reset 13..11", "12"]);
    player.publish(GROUP, 13);
    player.publish(GROUP, 14);
    assert_eq!(player.story(), ["13", "14"]);
}

#[test]
fn a_message_that_comes_twice_is_told_once_and_resets_nothing() {
    let mut player = Player::following(GROUP, 10);
    player.publish(GROUP, 11);
    player.publish(GROUP, 11);
    player.answer_probe(GROUP, 11);
    assert_eq!(player.story(), ["11"]);
}

#[test]
fn a_server_that_names_no_last_message_resets_nothing() {
    let mut player = Player::following(GROUP, 10);
    player.publish(GROUP, 11);
    player.publish(GROUP, 11);
    let get = player.one_sent();
    player.hear(&json!({"meta":{"id":get["get"]["id"],"topic":GROUP,"desc":{}}}));
    player.publish(GROUP, 12);
    assert_eq!(player.story(), ["11", "12"]);
}
