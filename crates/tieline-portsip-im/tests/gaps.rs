//! Nothing is missing without a word, and nothing comes twice.

mod harness;

use harness::{GROUP, Player, at, config};
use serde_json::json;
use tieline_core::{Frame, Session};
use tieline_portsip_im::SeqRange;
use tieline_portsip_im::client::{ClientEvent, History, Mark, Noted, Publish, Reply, Request, Resume, Subscribe};

/// Plays a server that has `present` messages until nothing is asked for any more.
fn refill(player: &mut Player, present: &[u64], cap: usize) -> Vec<(u64, u64)> {
    let mut asked = Vec::new();
    loop {
        let sent = player.sent();
        let [question] = &sent[..] else {
            assert!(sent.is_empty(), "{sent:?}");
            return asked;
        };
        asked.push(player.serve(question, GROUP, present, cap));
    }
}

#[test]
fn messages_in_order_make_no_gap() {
    let mut player = Player::following(GROUP, 41);
    player.publish(GROUP, 42);
    player.publish(GROUP, 43);
    assert_eq!(player.story(), ["42", "43"]);
    assert_eq!(player.sent().len(), 0);
}

#[test]
fn a_hole_is_told_before_the_message_that_showed_it_and_refilled_by_its_range() {
    let mut player = Player::following(GROUP, 41);
    player.publish(GROUP, 42);
    player.publish(GROUP, 45);
    assert_eq!(player.story(), ["42", "gap 43..45", "45"]);
    assert_eq!(refill(&mut player, &[43, 44], 100), [(43, 45)]);
    assert_eq!(player.story(), ["43", "44", "closed 43..45"]);
}

#[test]
fn a_hole_longer_than_a_page_is_refilled_page_by_page_oldest_first() {
    let mut config = config();
    config.page = 24;
    let mut player = Player::following_with(config, GROUP, 0);
    player.publish(GROUP, 51);
    let all: Vec<u64> = (1..=50).collect();
    assert_eq!(refill(&mut player, &all, 100), [(1, 25), (25, 49), (49, 51)]);
    let mut expected = vec!["gap 1..51".to_owned(), "51".into()];
    expected.extend(all.iter().map(u64::to_string));
    expected.push("closed 1..51".into());
    assert_eq!(player.story(), expected);
}

#[test]
fn a_server_whose_pages_are_shorter_than_asked_for_is_asked_for_the_rest() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 51);
    player.story();
    let all: Vec<u64> = (1..=50).collect();
    assert_eq!(refill(&mut player, &all, 24), [(1, 51), (1, 27), (1, 3)]);
    let seqs: Vec<u64> = player.story().iter().filter_map(|told| told.parse().ok()).collect();
    assert_eq!(seqs, all);
}

#[test]
fn a_server_that_answers_oldest_first_is_asked_for_the_rest_too() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 7);
    player.story();
    let question = player.one_sent();
    for seq in [1, 2, 3] {
        player.publish(GROUP, seq);
    }
    let id = question["get"]["id"].as_str().expect("an id").to_owned();
    player.ctrl(&id, json!({"params":{"what":"data","count":3}}), 208);
    assert_eq!(refill(&mut player, &[4, 5, 6], 100), [(4, 7)]);
    assert_eq!(player.story(), ["1", "2", "3", "4", "5", "6", "closed 1..7"]);
}

#[test]
fn live_messages_do_not_disturb_the_refill() {
    let mut player = Player::following(GROUP, 41);
    player.publish(GROUP, 45);
    player.story();
    let question = player.one_sent();
    player.publish(GROUP, 46);
    player.publish(GROUP, 44);
    player.publish(GROUP, 47);
    player.serve(&question, GROUP, &[42, 43], 100);
    assert_eq!(player.story(), ["46", "47", "42", "43", "44", "closed 42..45"]);
}

#[test]
fn a_second_hole_is_refilled_after_the_first() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 3);
    player.publish(GROUP, 6);
    assert_eq!(player.story(), ["gap 1..3", "3", "gap 4..6", "6"]);
    assert_eq!(refill(&mut player, &[1, 2, 4, 5], 100), [(1, 3), (4, 6)]);
    assert_eq!(player.story(), ["1", "2", "closed 1..3", "4", "5", "closed 4..6"]);
}

#[test]
fn a_missing_message_that_comes_late_by_itself_closes_its_gap() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 2);
    let question = player.one_sent();
    player.publish(GROUP, 1);
    player.serve(&question, GROUP, &[1], 100);
    assert_eq!(player.story(), ["gap 1..2", "2", "1", "closed 1..2"]);
}

#[test]
fn what_the_server_no_longer_has_is_told_as_lost() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 8);
    player.story();
    // 3 lies between what came, 1 and 6 to 7 do not exist either: the server is asked once more for each end.
    assert_eq!(refill(&mut player, &[2, 4, 5], 100), [(1, 8), (1, 2), (6, 8)]);
    assert_eq!(player.story(), ["2", "4", "5", "closed 1..8 lost 1..2 lost 3..4 lost 6..8"]);
    player.publish(GROUP, 9);
    assert_eq!(player.story(), ["9"]);
}

#[test]
fn a_hole_of_deleted_messages_only_is_told_as_lost_whole() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 8);
    player.story();
    assert_eq!(refill(&mut player, &[], 100), [(1, 8)]);
    assert_eq!(player.story(), ["closed 1..8 lost 1..8"]);
}

#[test]
fn of_a_hole_beyond_the_limit_only_the_newest_messages_are_asked_for() {
    let mut config = config();
    config.refill_at_most = 10;
    let mut player = Player::following_with(config, GROUP, 0);
    player.publish(GROUP, 101);
    let all: Vec<u64> = (1..=100).collect();
    assert_eq!(refill(&mut player, &all, 100), [(91, 101)]);
    let story = player.story();
    assert_eq!((story[0].as_str(), story.last().map(String::as_str)), ("gap 1..101", Some("closed 1..101 lost 1..91")));
    assert_eq!(story.len(), 13);
}

#[test]
fn a_number_without_bound_costs_neither_memory_nor_questions_without_bound() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, u64::MAX - 1);
    player.publish(GROUP, u64::MAX);
    let mut asked = 0;
    while let [question] = &player.sent()[..] {
        player.serve(question, GROUP, &[], 100);
        asked += 1;
    }
    assert_eq!(asked, 100);
}

#[test]
fn with_refills_off_gaps_are_told_and_closed_as_lost_at_once() {
    let mut config = config();
    config.refill_at_most = 0;
    let mut player = Player::following_with(config, GROUP, 0);
    player.publish(GROUP, 3);
    assert_eq!(player.story(), ["gap 1..3", "3", "closed 1..3 lost 1..3"]);
    assert_eq!(player.sent().len(), 0);
}

#[test]
fn what_the_server_sends_twice_comes_once() {
    let mut player = Player::following(GROUP, 41);
    for seq in [42, 42, 43, 42, 43] {
        player.publish(GROUP, seq);
    }
    assert_eq!(player.story(), ["42", "43"]);
}

#[test]
fn a_refused_refill_is_told_as_lost() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 3);
    player.story();
    player.answer("get", json!({"topic":GROUP}), 403);
    assert_eq!(player.story(), ["closed 1..3 lost 1..3"]);
    assert_eq!(player.sent().len(), 0);
}

#[test]
fn a_failed_refill_is_tried_three_times() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 3);
    player.story();
    player.answer("get", json!({"topic":GROUP}), 503);
    let unanswered = player.one_sent();
    assert_eq!(unanswered["get"]["data"], json!({"since":1,"before":3,"limit":2}));
    player.wait(5_000);
    player.session.handle_input(player.now, Frame::Pong(b"alive".as_slice().into()));
    player.wait(10_000);
    player.session.handle_timeout(player.now);
    assert_eq!(player.story().len(), 0);
    player.answer("get", json!({"topic":GROUP}), 500);
    assert_eq!(player.story(), ["closed 1..3 lost 1..3"]);
}

#[test]
fn ones_own_message_without_echo_makes_no_gap() {
    let mut player = Player::following(GROUP, 41);
    let id = player.ask(Request::Publish(Publish::text(GROUP, "hello").without_echo()));
    player.answer("pub", json!({"topic":GROUP,"params":{"seq":42}}), 202);
    assert!(matches!(player.reply(id), Ok(Reply::Published(published)) if published.seq == Some(42)));
    player.publish(GROUP, 43);
    assert_eq!(player.story(), ["43"]);
}

#[test]
fn history_below_the_start_is_a_reply_and_no_event() {
    let mut player = Player::following(GROUP, 41);
    let id = player.ask(Request::History(History::of(GROUP).before(10).limit(3)));
    player.serve_history(GROUP, &[7, 8, 9], 100);
    let Ok(Reply::History(page)) = player.reply(id) else { panic!("a page") };
    assert_eq!(page.messages.iter().filter_map(|message| message.seq()).collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!((page.count, page.truncated), (Some(3), false));
    assert_eq!(player.story().len(), 0);
}

#[test]
fn a_live_message_among_history_is_an_event_and_not_in_the_page() {
    let mut player = Player::following(GROUP, 41);
    let id = player.ask(Request::History(History::of(GROUP).limit(2)));
    let question = player.one_sent();
    player.publish(GROUP, 42);
    player.publish(GROUP, 41);
    player.publish(GROUP, 40);
    let wire_id = question["get"]["id"].as_str().expect("an id").to_owned();
    player.ctrl(&wire_id, json!({"params":{"what":"data","count":2}}), 208);
    let Ok(Reply::History(page)) = player.reply(id) else { panic!("a page") };
    assert_eq!(page.messages.iter().filter_map(|message| message.seq()).collect::<Vec<_>>(), [40, 41]);
    assert_eq!(player.story(), ["42"]);
}

#[test]
fn history_holds_what_was_an_event_before() {
    let mut player = Player::following(GROUP, 41);
    player.publish(GROUP, 42);
    assert_eq!(player.story(), ["42"]);
    let id = player.ask(Request::History(History::of(GROUP).since(42)));
    player.serve_history(GROUP, &[42], 100);
    let Ok(Reply::History(page)) = player.reply(id) else { panic!("a page") };
    assert_eq!(page.messages.len(), 1);
    assert_eq!(player.story().len(), 0);
}

#[test]
fn one_question_for_messages_of_a_topic_is_on_its_way_at_a_time() {
    let mut player = Player::following(GROUP, 41);
    let first = player.ask(Request::History(History::of(GROUP).limit(1)));
    let second = player.ask(Request::History(History::of(GROUP).before(10)));
    player.serve_history(GROUP, &[41], 100);
    assert!(matches!(player.reply(first), Ok(Reply::History(_))));
    player.serve_history(GROUP, &[9], 100);
    let Ok(Reply::History(page)) = player.reply(second) else { panic!("a page") };
    assert_eq!(page.messages[0].seq(), Some(9));
}

#[test]
fn the_owners_question_does_not_wait_for_a_whole_refill() {
    let mut config = config();
    config.page = 10;
    let mut player = Player::following_with(config, GROUP, 0);
    player.publish(GROUP, 51);
    let all: Vec<u64> = (1..=50).collect();
    let id = player.ask(Request::History(History::of(GROUP).before(5).limit(2)));
    assert_eq!(player.serve_history(GROUP, &all, 100), (1, 11));
    assert_eq!(player.serve_history(GROUP, &all, 100), (0, 5));
    assert!(matches!(player.reply(id), Ok(Reply::History(_))));
    assert_eq!(refill(&mut player, &all, 100), [(11, 21), (21, 31), (31, 41), (41, 51)]);
}

#[test]
fn what_was_published_while_there_was_no_line_is_a_gap_that_is_refilled() {
    let mut before = Player::following(GROUP, 41);
    before.publish(GROUP, 42);
    let resume = before.lose();
    assert_eq!(resume.topics[GROUP].as_ref().map(Mark::low_water), Some(42));
    let mut player = Player::resumed(GROUP, resume.topics[GROUP].clone(), 45);
    assert_eq!(player.story(), ["gap 43..46"]);
    assert_eq!(refill(&mut player, &[43, 44, 45], 100), [(43, 46)]);
    assert_eq!(player.story(), ["43", "44", "45", "closed 43..46"]);
}

#[test]
fn a_topic_in_which_nothing_was_said_yet_is_resumed_from_where_it_stood() {
    let resume = Player::following(GROUP, 41).lose();
    let mut player = Player::resumed(GROUP, resume.topics[GROUP].clone(), 42);
    assert_eq!(player.story(), ["gap 42..43"]);
}

#[test]
fn messages_that_come_before_the_gap_is_known_are_not_asked_for_again() {
    let mut player = Player::logged_in(config(), {
        let mut resume = Resume::default();
        resume.topics.insert(GROUP.into(), Some(Mark::at(42)));
        Some(resume)
    });
    let sub = player.one_sent();
    player.ctrl(sub["sub"]["id"].as_str().expect("an id"), json!({"topic":GROUP}), 200);
    player.publish(GROUP, 45);
    let questions = player.sent();
    assert_eq!(questions.len(), 1, "the refill waits for the question for the last message");
    player.hear(&json!({"meta":{"id":questions[0]["get"]["id"],"topic":GROUP,"desc":{"seq":45}}}));
    assert_eq!(player.story(), ["gap 43..45", "45"]);
    assert_eq!(refill(&mut player, &[43, 44], 100), [(43, 45)]);
}

#[test]
fn a_gap_that_the_line_did_not_outlive_is_refilled_on_the_next_without_what_came() {
    let mut before = Player::following(GROUP, 0);
    before.publish(GROUP, 5);
    before.publish(GROUP, 3);
    let resume = before.lose();
    let mark = resume.topics[GROUP].clone().expect("a mark");
    assert_eq!((mark.low_water(), &mark.held[..]), (0, &[SeqRange::new(3..4), SeqRange::new(5..6)][..]));
    let mut player = Player::resumed(GROUP, Some(mark), 5);
    assert_eq!(player.story(), ["gap 1..3", "gap 4..5"]);
    assert_eq!(refill(&mut player, &[1, 2, 4], 100), [(1, 3), (4, 5)]);
    assert_eq!(player.story(), ["1", "2", "closed 1..3", "4", "closed 4..5"]);
}

#[test]
fn a_topic_whose_last_message_is_not_told_is_a_gap_without_end() {
    let mut player = Player::logged_in(config(), {
        let mut resume = Resume::default();
        resume.topics.insert(GROUP.into(), Some(Mark::at(42)));
        Some(resume)
    });
    player.answer("sub", json!({"topic":GROUP}), 200);
    player.answer("get", json!({"topic":GROUP}), 403);
    assert_eq!(player.story(), [format!("gap 43..{}", u64::MAX)]);
    player.publish(GROUP, 45);
    assert_eq!(player.story(), ["gap 43..45", "45"]);
}

#[test]
fn a_new_group_is_followed_from_its_first_message_without_a_question() {
    let mut player = Player::live();
    let id = player.ask(Request::Subscribe(Subscribe::new_group(None)));
    player.answer("sub", json!({"topic":GROUP,"params":{"tmpname":"new"}}), 200);
    let Ok(Reply::Subscribed(subscribed)) = player.reply(id) else { panic!("subscribed") };
    assert_eq!((subscribed.topic.as_str(), subscribed.created), (GROUP, true));
    assert_eq!(player.sent().len(), 0);
    player.publish(GROUP, 2);
    assert_eq!(player.story(), ["gap 1..2", "2"]);
}

#[test]
fn where_the_answer_to_a_join_names_the_last_message_nothing_is_asked() {
    let mut player = Player::live();
    let id = player.ask(Request::Subscribe(Subscribe::to(GROUP)));
    player.answer("sub", json!({"topic":GROUP,"params":{"seq":1}}), 202);
    assert!(matches!(player.reply(id), Ok(Reply::Subscribed(subscribed)) if subscribed.seq == Some(1)));
    assert_eq!(player.sent().len(), 0);
    // It may be that of a notice that is still to come: what comes is delivered.
    player.publish(GROUP, 1);
    player.publish(GROUP, 2);
    assert_eq!(player.story(), ["1", "2"]);
}

#[test]
fn a_topic_that_is_lost_with_a_gap_open_closes_it_as_lost() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 3);
    player.hear(&json!({"ctrl":{"topic":GROUP,"params":{"unsub":true},"code":205,"text":"evicted"}}));
    let story = player.story();
    assert_eq!(story[..4], ["gap 1..3", "3", "ctrl", "closed 1..3 lost 1..3"]);
    assert!(story[4].starts_with("SubscriptionLost"), "{story:?}");
}

#[test]
fn a_late_answer_to_a_refill_that_was_given_up_is_noted_and_its_messages_do_not_come_twice() {
    let mut player = Player::following(GROUP, 0);
    player.publish(GROUP, 2);
    let question = player.one_sent();
    player.wait(15_000);
    player.session.handle_timeout(player.now);
    let again = player.one_sent();
    player.serve(&again, GROUP, &[1], 100);
    player.serve(&question, GROUP, &[1], 100);
    let events = player.events();
    assert_eq!(events.iter().map(harness::told).take(4).collect::<Vec<_>>(), ["gap 1..2", "2", "1", "closed 1..2"]);
    assert!(matches!(events[4..], [ClientEvent::Noted(Noted::UnmatchedAnswer, _)]), "{events:?}");
}

#[test]
fn while_nobody_takes_events_nothing_more_is_asked_for_and_then_at_once() {
    let mut config = config();
    config.limits.queued_events = 4;
    let mut player = Player::following_with(config, GROUP, 0);
    player.publish(GROUP, 10);
    player.serve_history(GROUP, &(1..=9).collect::<Vec<_>>(), 100);
    assert!(!player.session.wants_input());
    assert_eq!(player.sent().len(), 0);
    assert_eq!(player.story(), ["gap 1..10", "10", "1", "2", "3", "4"]);
    let due = player.session.poll_timeout().expect("work to do");
    assert!(due <= player.now);
    player.session.handle_timeout(player.now);
    assert_eq!(player.serve_history(GROUP, &(1..=9).collect::<Vec<_>>(), 100), (5, 9));
}

#[test]
fn messages_of_a_topic_that_was_not_asked_for_pass_through() {
    let mut player = Player::live();
    player.publish(GROUP, 5);
    player.publish(GROUP, 9);
    assert_eq!(player.story(), ["5", "9"]);
    player.session.handle_input(at(99), Frame::text(r#"{"data":{"content":1}}"#));
    assert_eq!(player.story(), ["data"]);
}
