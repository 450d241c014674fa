//! What the PBX does by itself, and what it refuses.

use std::time::Duration;

use tieline_core::Instant;
use tieline_sim::world::{
    AgentMode, AgentState, CallChange, CallKey, CdrStatus, EndReason, Happening, NewExtension, NewQueue, Occurrence,
    Origin, QueueCallerReason, REGISTRATION_LIFETIME, Refused, Role, Side, TargetChange, TenantKey, WaitingKind, World,
};

/// A tenant with three extensions (101 on two devices), a trunk, and a queue whose agents are 102 and 103.
fn office() -> (World, TenantKey) {
    let mut world = World::new([1; 16], 1_700_000_000);
    let tenant = world.add_tenant("Test", "pbx.test");
    world.add_trunk(tenant, "T", "carrier.test", "18005550100").unwrap();
    world.set_trunk(tenant, "T", true).unwrap();
    for (number, devices, forward) in [
        ("101", &[("desk", "192.0.2.1:5060"), ("app", "192.0.2.2:5060")][..], None),
        ("102", &[("desk", "192.0.2.3:5060")][..], Some("103")),
        ("103", &[("desk", "192.0.2.4:5060")][..], None),
    ] {
        world
            .create_extension(
                tenant,
                &NewExtension {
                    number,
                    display_name: "Some One",
                    department: "",
                    group: "all",
                    role: Role::Extension,
                    forward_no_answer: forward,
                    devices,
                },
            )
            .unwrap();
        for device in 0..devices.len() {
            world.register(tenant, number, device).unwrap();
        }
    }
    world
        .create_queue(
            tenant,
            &NewQueue {
                number: "800",
                name: "Queue",
                overflow_to: "101",
                capacity: 2,
                ring_time: Duration::from_secs(10),
                sla: Duration::from_secs(20),
                max_wait: Duration::from_secs(40),
                wrap_up: Duration::from_secs(5),
                manager: "101",
            },
        )
        .unwrap();
    for agent in ["102", "103"] {
        world.add_agent(tenant, "800", agent, AgentMode::NotReady).unwrap();
    }
    drop(world.take_occurrences());
    (world, tenant)
}

fn pass(world: &mut World, seconds: u64) {
    world.advance(world.now() + Duration::from_secs(seconds));
}

fn call_in(world: &mut World, tenant: TenantKey, number: &str, to: &str) -> CallKey {
    let from = Origin::Trunk { trunk: "T", number, display_name: "", did: "18005550100" };
    world.dial(tenant, from, to).unwrap()
}

fn changes(occurrences: &[Occurrence]) -> Vec<CallChange> {
    let change = |one: &Occurrence| match &one.happening {
        Happening::Call { change, .. } => Some(change.clone()),
        _ => None,
    };
    occurrences.iter().filter_map(change).collect()
}

fn reasons(occurrences: &[Occurrence]) -> Vec<(QueueCallerReason, usize)> {
    let reason = |one: &Occurrence| match &one.happening {
        Happening::QueueCaller { reason, position, .. } => Some((*reason, *position)),
        _ => None,
    };
    occurrences.iter().filter_map(reason).collect()
}

fn agent(world: &World, tenant: TenantKey, number: &str) -> AgentState {
    let queue = world.queue_state(tenant, "800").unwrap();
    queue.agents.iter().find(|agent| agent.profile.number == number).unwrap().state
}

#[test]
fn answering_on_one_device_silences_the_other() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("102"), "101").unwrap();
    pass(&mut world, 1);
    let app = world.call(call).unwrap().targets[1].device.clone().unwrap();
    world.answer_at(call, "101", &app.instance).unwrap();
    let targets = &world.call(call).unwrap().targets;
    assert!(targets[1].answered.is_some());
    assert_eq!(targets[0].end_reason, EndReason::Cancelled);
}

#[test]
fn a_busy_extension_fails_with_486_and_an_offline_one_with_480() {
    let (mut world, tenant) = office();
    world.dial(tenant, Origin::Extension("101"), "103").unwrap();
    world.dial(tenant, Origin::Extension("102"), "103").unwrap();
    pass(&mut world, 1);
    assert!(changes(&world.take_occurrences()).contains(&CallChange::Failed { code: 486 }));

    let (mut world, tenant) = office();
    world.unregister(tenant, "103", 0).unwrap();
    world.dial(tenant, Origin::Extension("102"), "103").unwrap();
    pass(&mut world, 1);
    assert!(changes(&world.take_occurrences()).contains(&CallChange::Failed { code: 480 }));
}

#[test]
fn nobody_can_call_twice_or_without_a_device() {
    let (mut world, tenant) = office();
    world.dial(tenant, Origin::Extension("101"), "103").unwrap();
    assert_eq!(world.dial(tenant, Origin::Extension("101"), "102"), Err(Refused::Busy));
    world.unregister(tenant, "102", 0).unwrap();
    assert_eq!(world.dial(tenant, Origin::Extension("102"), "101"), Err(Refused::NotRegistered));
    assert_eq!(world.dial(tenant, Origin::Extension("199"), "101"), Err(Refused::NoSuchExtension));
}

#[test]
fn a_call_that_rings_out_is_forwarded_once() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("101"), "102").unwrap();
    pass(&mut world, 16);
    let rerouted = |change: &CallChange| matches!(change, CallChange::Rerouted { to, .. } if to.number == "103");
    assert!(changes(&world.take_occurrences()).iter().any(rerouted));
    pass(&mut world, 16);
    assert!(world.call(call).is_none());
    assert_eq!(world.cdrs(tenant).last().unwrap().status, CdrStatus::NoAnswer);
}

#[test]
fn without_a_trunk_calls_out_fail_with_503() {
    let (mut world, tenant) = office();
    world.set_trunk(tenant, "T", false).unwrap();
    world.dial(tenant, Origin::Extension("101"), "12025550101").unwrap();
    pass(&mut world, 1);
    assert!(changes(&world.take_occurrences()).contains(&CallChange::Failed { code: 503 }));
}

#[test]
fn only_who_talks_can_hold_and_only_who_holds_can_go_on() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("101"), "102").unwrap();
    pass(&mut world, 1);
    assert_eq!(world.hold(call, "101"), Err(Refused::NotNow));
    world.answer(call, "102").unwrap();
    assert_eq!(world.hold(call, "103"), Err(Refused::NotNow));
    world.hold(call, "101").unwrap();
    assert_eq!(world.hold(call, "102"), Err(Refused::NotNow));
    assert_eq!(world.unhold(call, "102"), Err(Refused::NotNow));
    world.unhold(call, "101").unwrap();
}

#[test]
fn a_transfer_to_nobody_ends_the_call() {
    let (mut world, tenant) = office();
    let call = call_in(&mut world, tenant, "12025550101", "102");
    pass(&mut world, 1);
    world.answer(call, "102").unwrap();
    world.transfer(call, "102", "199").unwrap();
    pass(&mut world, 1);
    let cdr = world.cdrs(tenant).last().unwrap();
    assert_eq!((cdr.status, cdr.targets[0].end_reason), (CdrStatus::Answered, EndReason::BlindTransferComplete));
}

#[test]
fn callers_are_offered_in_order_to_whom_was_ready_longest() {
    let (mut world, tenant) = office();
    let first = call_in(&mut world, tenant, "12025550101", "800");
    pass(&mut world, 1);
    let second = call_in(&mut world, tenant, "12025550102", "800");
    pass(&mut world, 1);
    world.set_agent_mode(tenant, "800", "103", AgentMode::Ready).unwrap();
    pass(&mut world, 1);
    world.answer(first, "103").unwrap();
    assert_eq!(agent(&world, tenant, "103"), AgentState::QueueCall);
    world.set_agent_mode(tenant, "800", "102", AgentMode::Ready).unwrap();
    pass(&mut world, 1);
    world.answer(second, "102").unwrap();
    world.hang_up(first, Side::Callee).unwrap();
    assert_eq!(agent(&world, tenant, "103"), AgentState::WrapUp);
    pass(&mut world, 5);
    assert_eq!(agent(&world, tenant, "103"), AgentState::Ready);
    let expected = [QueueCallerReason::Enqueued, QueueCallerReason::Enqueued, QueueCallerReason::AgentAnswered];
    let seen = reasons(&world.take_occurrences());
    assert_eq!(seen.iter().map(|(reason, _)| *reason).take(3).collect::<Vec<_>>(), expected);
    assert_eq!(seen[3], (QueueCallerReason::AgentAnswered, 1), "the second moved up");
}

#[test]
fn an_agent_that_does_not_answer_is_not_ready_and_the_caller_keeps_the_place() {
    let (mut world, tenant) = office();
    world.set_agent_mode(tenant, "800", "102", AgentMode::Ready).unwrap();
    let call = call_in(&mut world, tenant, "12025550101", "800");
    pass(&mut world, 11);
    assert_eq!(agent(&world, tenant, "102"), AgentState::NotReady);
    let queue = world.queue_state(tenant, "800").unwrap();
    assert_eq!(queue.waiting[0].call.session_id, world.call(call).unwrap().info.session_id);
}

#[test]
fn a_caller_who_waits_too_long_breaches_the_service_level_then_overflows() {
    let (mut world, tenant) = office();
    let call = call_in(&mut world, tenant, "12025550101", "800");
    pass(&mut world, 21);
    let breached = |one: &Occurrence| matches!(one.happening, Happening::SlaBreached { total_breached: 1, .. });
    assert!(world.take_occurrences().iter().any(breached));
    pass(&mut world, 21);
    assert_eq!(reasons(&world.take_occurrences()), [(QueueCallerReason::Overflow, 1)]);
    world.answer(call, "101").unwrap();
}

#[test]
fn a_full_queue_sends_calls_on_without_taking_them() {
    let (mut world, tenant) = office();
    for number in ["12025550101", "12025550102", "12025550103"] {
        call_in(&mut world, tenant, number, "800");
        pass(&mut world, 1);
    }
    assert_eq!(world.queue_state(tenant, "800").unwrap().waiting.len(), 2);
    assert_eq!(world.calls().last().unwrap().targets.last().unwrap().party.number, "101");
}

#[test]
fn a_call_that_queues_send_round_in_circles_ends() {
    let (mut world, tenant) = office();
    let circle = NewQueue {
        number: "801",
        name: "Circle",
        overflow_to: "801",
        capacity: 2,
        ring_time: Duration::from_secs(10),
        sla: Duration::from_secs(20),
        max_wait: Duration::from_millis(1),
        wrap_up: Duration::ZERO,
        manager: "101",
    };
    world.create_queue(tenant, &circle).unwrap();
    let call = call_in(&mut world, tenant, "12025550101", "801");
    pass(&mut world, 3600);
    assert!(world.call(call).is_none());
    assert_eq!(world.cdrs(tenant).last().unwrap().targets.len(), 71);
}

#[test]
fn a_callback_keeps_the_place_rings_an_agent_first_and_then_the_caller() {
    let (mut world, tenant) = office();
    let call = call_in(&mut world, tenant, "12025550101", "800");
    pass(&mut world, 1);
    world.request_callback(call).unwrap();
    let waiting = world.queue_state(tenant, "800").unwrap().waiting;
    assert_eq!((waiting.len(), waiting[0].kind), (1, WaitingKind::Callback));
    world.set_agent_mode(tenant, "800", "102", AgentMode::Ready).unwrap();
    pass(&mut world, 1);
    let back = world.calls().next().unwrap().key;
    world.answer(back, "102").unwrap();
    assert!(world.queue_state(tenant, "800").unwrap().waiting.is_empty());
    pass(&mut world, 3);
    world.answer(back, "12025550101").unwrap();
    world.hang_up(back, Side::Callee).unwrap();
    let cdr = world.cdrs(tenant).last().unwrap();
    let called: Vec<&str> = cdr.targets.iter().map(|target| target.party.number.as_str()).collect();
    assert_eq!(called, ["102", "12025550101"]);
    assert_eq!(agent(&world, tenant, "102"), AgentState::WrapUp);
}

#[test]
fn internal_callers_are_not_called_back() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("101"), "800").unwrap();
    pass(&mut world, 1);
    assert_eq!(world.request_callback(call), Err(Refused::NotNow));
}

#[test]
fn a_registration_that_is_not_refreshed_ends() {
    let (mut world, tenant) = office();
    world.advance(Instant::EPOCH + REGISTRATION_LIFETIME - Duration::from_secs(1));
    world.register(tenant, "101", 0).unwrap();
    drop(world.take_occurrences());
    pass(&mut world, 2);
    let states: Vec<bool> = world.extension_states(tenant).map(|extension| extension.online).collect();
    assert_eq!(states, [true, false, false]);
    let removed =
        |one: &Occurrence| matches!(&one.happening, Happening::Registration { removed, .. } if removed.len() == 1);
    assert_eq!(world.take_occurrences().iter().filter(|one| removed(one)).count(), 3);
}

#[test]
fn what_rings_at_a_device_that_is_gone_fails() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("102"), "101").unwrap();
    pass(&mut world, 1);
    world.unregister(tenant, "101", 0).unwrap();
    assert!(world.call(call).is_some(), "the other device still rings");
    world.unregister(tenant, "101", 1).unwrap();
    assert!(world.call(call).is_none());
    let failed = |one: &&Occurrence| matches!(&one.happening, Happening::Target { change: TargetChange::Failed, target, .. } if target.status_code == 480);
    assert_eq!(world.take_occurrences().iter().filter(failed).count(), 2);
}

#[test]
fn what_is_in_use_cannot_be_destroyed() {
    let (mut world, tenant) = office();
    let call = world.dial(tenant, Origin::Extension("101"), "800").unwrap();
    assert_eq!(world.destroy_extension(tenant, "101"), Err(Refused::Busy));
    assert_eq!(world.destroy_queue(tenant, "800"), Err(Refused::Busy), "before the queue has taken the call");
    pass(&mut world, 1);
    assert_eq!(world.destroy_queue(tenant, "800"), Err(Refused::Busy), "while the caller waits");
    world.hang_up(call, Side::Caller).unwrap();
    world.destroy_extension(tenant, "101").unwrap();
    world.destroy_queue(tenant, "800").unwrap();
}

#[test]
fn numbers_are_given_once() {
    let (mut world, tenant) = office();
    let again = NewExtension {
        number: "800",
        display_name: "X",
        department: "",
        group: "",
        role: Role::Extension,
        forward_no_answer: None,
        devices: &[],
    };
    assert_eq!(world.create_extension(tenant, &again), Err(Refused::NumberTaken));
    assert_eq!(world.add_trunk(tenant, "T", "h", ""), Err(Refused::NumberTaken));
}
