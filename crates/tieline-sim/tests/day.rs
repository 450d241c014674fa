//! The scripted day is consistent, complete and repeatable.

mod audit;

use std::collections::BTreeSet;
use std::time::Duration;

use audit::Audit;
use tieline_core::{Instant, Seed};
use tieline_sim::day::{Day, SHIFT, TOUR};
use tieline_sim::world::{
    Administration, AgentMode, AgentState, CallChange, CdrStatus, Direction, Happening, LineStatus, Occurrence,
    TargetChange,
};

const START: i64 = 1_767_250_800;

fn seed(number: u8) -> Seed {
    [number; 16]
}

fn day(number: u8) -> Day {
    Day::new(seed(number), START).expect("the offices open")
}

fn at(duration: Duration) -> Instant {
    Instant::from_epoch(duration)
}

fn tour(number: u8) -> Vec<Occurrence> {
    day(number).advance(at(TOUR))
}

#[test]
fn the_tour_is_consistent_and_nothing_in_it_is_refused() {
    for number in 0..8 {
        let mut day = day(number);
        let mut audit = Audit::new(day.world());
        audit::run(&mut day, &mut audit, at(TOUR));
        assert_eq!(day.refused(), 0, "seed {number}");
        assert!(audit.finished > 20);
    }
}

#[test]
fn hours_of_random_traffic_are_consistent() {
    for number in 1..4 {
        let mut day = day(number);
        let mut audit = Audit::new(day.world());
        audit::run(&mut day, &mut audit, at(Duration::from_secs(2 * 3600)));
        assert!(audit.finished > 500, "{} calls", audit.finished);
        assert!(audit.open_calls() < 20);
    }
}

#[test]
fn the_day_goes_on_after_a_change_of_shift() {
    let mut day = day(9);
    let before = day.advance(at(SHIFT)).len();
    let shift_change = day.advance(at(SHIFT + Duration::from_secs(60)));
    let logged_out = |occurrence: &&Occurrence| {
        matches!(&occurrence.happening, Happening::AgentMode { mode: AgentMode::LoggedOut, .. })
    };
    assert!(shift_change.iter().filter(logged_out).count() >= 5);
    let next_day = day.advance(at(SHIFT * 2)).len();
    assert!(next_day > before / 2);
}

#[test]
fn the_same_seed_and_start_give_the_same_transcript_however_time_is_cut() {
    let until = at(Duration::from_secs(1200));
    let whole = day(5).advance(until);
    let mut stepped = day(5);
    let mut parts = Vec::new();
    let mut now = Instant::EPOCH;
    while now < until {
        now = (now + Duration::from_millis(737)).min(until);
        parts.extend(stepped.advance(now));
    }
    assert_eq!(whole, parts);
    assert_ne!(whole, day(6).advance(until));
    let later = Day::new(seed(5), START + 1).expect("the offices open").advance(until);
    assert_ne!(whole, later, "another start gives other identifiers");
}

#[test]
fn something_happens_from_the_first_second_on() {
    let first = &tour(3)[0];
    assert_eq!(first.at, Instant::EPOCH);
}

#[test]
fn the_tour_shows_every_change_of_a_call() {
    let mut seen = BTreeSet::new();
    for occurrence in tour(1) {
        if let Happening::Call { change, .. } = occurrence.happening {
            seen.insert(match change {
                CallChange::Started => "started",
                CallChange::Established { .. } => "established",
                CallChange::Held { .. } => "held",
                CallChange::Unheld { .. } => "unheld",
                CallChange::Rerouted { .. } => "rerouted",
                CallChange::InfoUpdated => "info updated",
                CallChange::NoAnswer => "no answer",
                CallChange::Failed { .. } => "failed",
                CallChange::Ended { .. } => "ended",
                other => panic!("a new change: {other:?}"),
            });
        }
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
}

#[test]
fn the_tour_shows_every_change_of_a_target_and_both_devices_of_101() {
    let occurrences = tour(1);
    let mut seen = Vec::new();
    let mut devices_at_once = 0;
    for occurrence in &occurrences {
        if let Happening::Target { target, change, .. } = &occurrence.happening {
            if !seen.contains(change) {
                seen.push(*change);
            }
            let first_call = occurrence.at == Instant::from_millis(1500);
            if first_call && *change == TargetChange::Added && target.party.number == "101" {
                devices_at_once += 1;
            }
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert_eq!(devices_at_once, 2);
}

#[test]
fn the_tour_shows_every_reason_and_every_agent_state_and_a_breach() {
    let (mut reasons, mut states, mut breaches) = (BTreeSet::new(), BTreeSet::new(), 0);
    for occurrence in tour(1) {
        match occurrence.happening {
            Happening::QueueCaller { reason, .. } => _ = reasons.insert(reason),
            Happening::Agent { agent, .. } => _ = states.insert(agent.state),
            Happening::SlaBreached { total_breached, .. } => {
                breaches += 1;
                assert!(total_breached > 0);
            }
            _ => {}
        }
    }
    assert_eq!(reasons.len(), 5, "{reasons:?}");
    assert_eq!(states, AgentState::ALL.into_iter().collect());
    assert!(breaches > 1);
}

#[test]
fn the_tour_shows_administration_trunks_presence_lines_and_the_other_tenant() {
    let day = day(1);
    let occurrences = tour(1);
    let any = |wanted: &dyn Fn(&Happening) -> bool| occurrences.iter().any(|one| wanted(&one.happening));
    for wanted in [Administration::Created, Administration::Updated, Administration::Destroyed] {
        assert!(any(&|one| matches!(one, Happening::Extension { change, .. } if *change == wanted)));
        assert!(any(&|one| matches!(one, Happening::Queue { change, .. } if *change == wanted)));
    }
    for up in [true, false] {
        assert!(any(&|one| matches!(one, Happening::Trunk { connected, .. } if *connected == up)));
        assert!(any(&|one| matches!(one, Happening::Registration { removed, .. } if removed.is_empty() == up)));
        assert!(any(&|one| matches!(one, Happening::Agent { added, .. } if *added == up)));
    }
    for wanted in [LineStatus::Idle, LineStatus::Ringing, LineStatus::OnCall] {
        assert!(any(&|one| matches!(one, Happening::Line(extension) if extension.line == wanted)));
    }
    assert!(any(&|one| matches!(one, Happening::Presence(_))));
    assert!(any(&|one| matches!(one, Happening::AgentMode { .. })));
    assert!(any(&|one| matches!(one, Happening::AgentRemoved { .. })));
    assert!(occurrences.iter().any(|one| one.tenant.key == day.other_tenant()));
}

#[test]
fn the_tour_writes_records_of_each_status_and_direction() {
    let (mut answered, mut no_answer, mut failed) = (0, 0, 0);
    let mut directions = Vec::new();
    for occurrence in tour(1) {
        if let Happening::Cdr(cdr) = occurrence.happening {
            match cdr.status {
                CdrStatus::Answered => answered += 1,
                CdrStatus::NoAnswer => no_answer += 1,
                CdrStatus::Failed => failed += 1,
                other => panic!("a new status: {other:?}"),
            }
            if !directions.contains(&cdr.call.direction) {
                directions.push(cdr.call.direction);
            }
        }
    }
    assert!(answered > 5 && no_answer > 0 && failed > 2, "{answered} {no_answer} {failed}");
    let all = [Direction::Internal, Direction::Inbound, Direction::Outbound, Direction::InboundOutbound];
    assert!(all.iter().all(|direction| directions.contains(direction)), "{directions:?}");
}

#[test]
fn identifiers_look_like_the_documents() {
    for occurrence in tour(2) {
        assert_eq!(occurrence.tenant.id.len(), 18);
        if let Happening::Call { call, .. } = occurrence.happening {
            for id in [&call.session_id, &call.cdr_id] {
                assert!(id.len() == 18 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
            }
            assert_eq!(call.call_id.len(), 24);
            assert!(call.call_id.ends_with(".."));
        }
    }
}
