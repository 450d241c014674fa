//! Who receives what: the permissions of the documents, row by row, and subscriptions as a set.

use tieline_portsip_wsi::{
    Denied, Dialect, EVENT_TYPES, Event, Subject, Subscription, Subscriptions, TooManyNames, Topic, Viewer,
};

const TENANT: &str = "t1";

fn subscribed(subscription: &Subscription) -> Subscriptions {
    let mut subscriptions = Subscriptions::new();
    subscriptions.apply(subscription);
    subscriptions
}

fn about<'e>(extensions: &'e [&'e str], queue: Option<&'e str>, dialect: Dialect) -> Subject<'e> {
    Subject { extensions: extensions.into(), queue, tenant: Some(TENANT), dialect }
}

fn calls(names: &[&str]) -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions(names.iter().copied())
}

fn user() -> Viewer {
    Viewer::extension(TENANT, "101")
}

#[test]
fn an_extension_event_reaches_those_who_subscribed_to_one_of_its_extensions() {
    let rows: [(&[&str], &[&str], bool); 7] = [
        (&["102", "103"], &["102"], true),
        (&["102", "103"], &["102", "103"], true),
        (&["102", "103"], &["104", "103"], true),
        (&["102", "103"], &["104"], false),
        (&["102", "103"], &[], false),
        (&[], &["104"], true),
        (&[], &[], true),
    ];
    for (names, concerned, wanted) in rows {
        let held = subscribed(&calls(names));
        assert_eq!(
            held.wants("call_start", &about(concerned, None, Dialect::V16), &user()),
            wanted,
            "{names:?} {concerned:?}"
        );
    }
}

#[test]
fn an_event_goes_by_the_topic_that_its_dialect_has_it_in() {
    let extension_events = subscribed(&Subscription::to(Topic::ExtensionEvents));
    let cdr_events = subscribed(&Subscription::to(Topic::CdrEvents));
    let wants =
        |held: &Subscriptions, event_type, dialect| held.wants(event_type, &about(&["101"], None, dialect), &user());
    assert!(wants(&extension_events, "call_start", Dialect::V12) && !wants(&cdr_events, "call_start", Dialect::V12));
    assert!(wants(&extension_events, "call_start", Dialect::V16) && !wants(&cdr_events, "call_start", Dialect::V16));
    assert!(!wants(&extension_events, "call_start", Dialect::V22) && wants(&cdr_events, "call_start", Dialect::V22));
    assert!(!wants(&extension_events, "extension_register", Dialect::V22));
    assert!(!wants(&extension_events, "brand_new", Dialect::V22));
}

#[test]
fn in_v12_an_extension_sees_itself_and_its_group_only() {
    let viewer = user().with_groupmates(["102", "103"]);
    let rows: [(&[&str], &[&str], bool); 8] = [
        (&["102"], &["102"], true),
        (&["101"], &["101"], true),
        (&["104"], &["104"], false),
        // The one it may see is not the one it subscribed to.
        (&["104"], &["104", "103"], false),
        (&["104", "103"], &["104", "103"], true),
        (&[], &["104"], false),
        (&[], &["104", "101"], true),
        (&[], &[], false),
    ];
    for (names, concerned, wanted) in rows {
        let held = subscribed(&calls(names));
        for dialect in [Dialect::V12, Dialect::V16] {
            let subject = about(concerned, None, dialect);
            let expected =
                wanted || dialect == Dialect::V16 && held.wants("call_hold", &subject, &Viewer::tenant_admin(TENANT));
            assert_eq!(held.wants("call_hold", &subject, &viewer), expected, "{dialect} {names:?} {concerned:?}");
        }
        assert!(
            !names.is_empty()
                || held.wants("call_hold", &about(concerned, None, Dialect::V12), &Viewer::tenant_admin(TENANT))
        );
    }
}

#[test]
fn an_extension_sees_its_queues_a_manager_and_a_tenant_any() {
    let member = user().in_queues(["8001", "8002"]);
    let manager = Viewer::queue_manager(TENANT, "100");
    let tenant = Viewer::tenant_admin(TENANT);
    let rows: [(&[&str], Option<&str>, [bool; 4]); 6] = [
        (&[], Some("8001"), [true, false, true, true]),
        (&[], Some("8003"), [false, false, true, true]),
        (&["8001", "8003"], Some("8001"), [true, false, true, true]),
        (&["8001", "8003"], Some("8002"), [false, false, false, false]),
        (&["8001", "8003"], Some("8003"), [false, false, true, true]),
        // The publisher did not say which queue.
        (&["8001"], None, [false, false, false, false]),
    ];
    for (queues, queue, expected) in rows {
        let held = subscribed(&Subscription::to(Topic::QueueEvents).queues(queues.iter().copied()));
        for dialect in Dialect::ALL {
            let subject = about(&[], queue, *dialect);
            let seen = [&member, &user(), &manager, &tenant].map(|viewer| held.wants("queue_status", &subject, viewer));
            assert_eq!(seen, expected, "{dialect} {queues:?} {queue:?}");
        }
    }
}

#[test]
fn trunk_events_are_the_tenants() {
    let trunks = Subscription::to(Topic::TrunkEvents);
    let subject = about(&[], None, Dialect::V12);
    for (viewer, permitted) in [
        (Viewer::tenant_admin(TENANT), true),
        (user(), false),
        (Viewer::queue_manager(TENANT, "100"), false),
        (Viewer::system_admin(), false),
    ] {
        assert_eq!(subscribed(&trunks).wants("trunk_connected", &subject, &viewer), permitted);
        let denied = viewer.may_subscribe(&trunks, Dialect::V12);
        assert_eq!(denied, if permitted { Ok(()) } else { Err(Denied::TenantOnly(Topic::TrunkEvents)) });
    }
}

#[test]
fn management_events_are_the_administrators() {
    for (topic, event_type) in
        [(Topic::ExtensionManagementEvents, "extension_created"), (Topic::QueueManagementEvents, "queue_destroy")]
    {
        let held = subscribed(&Subscription::to(topic.clone()));
        let subject = about(&["1001"], Some("8800"), Dialect::V22);
        let mut of_this_tenant = Viewer::system_admin();
        of_this_tenant.tenant_id = Some(TENANT.into());
        assert!(held.wants(event_type, &subject, &Viewer::tenant_admin(TENANT)));
        assert!(held.wants(event_type, &subject, &of_this_tenant));
        assert!(!held.wants(event_type, &subject, &user()));
        assert!(!held.wants(event_type, &subject, &Viewer::queue_manager(TENANT, "100")));
        // Accepted, and nothing comes: as the document has it.
        assert_eq!(user().may_subscribe(&Subscription::to(topic), Dialect::V22), Ok(()));
    }
}

#[test]
fn global_topics_are_the_system_administrators_and_of_the_named_tenants() {
    for row in EVENT_TYPES.iter().filter(|row| row.dialects.contains(&Dialect::V22)) {
        let global = row.topic.global().expect("every topic of v22 has one");
        let named = Subscription::to(global.clone()).tenants([TENANT, "t2"]);
        let subject = about(&["101"], Some("8001"), Dialect::V22);
        let wants = |tenant, viewer: &Viewer| {
            subscribed(&named).wants(row.event_type, &Subject { tenant, ..subject.clone() }, viewer)
        };
        assert!(wants(Some(TENANT), &Viewer::system_admin()), "{}", row.event_type);
        assert!(!wants(Some("t3"), &Viewer::system_admin()));
        assert!(!wants(None, &Viewer::system_admin()));
        assert!(!wants(Some(TENANT), &Viewer::tenant_admin(TENANT)));
        assert!(subscribed(&Subscription::to(global)).is_empty());
    }
}

#[test]
fn events_of_another_tenant_reach_nobody_by_a_plain_topic() {
    for row in EVENT_TYPES {
        let held = subscribed(&Subscription::to(row.topic.clone()));
        let subject = about(&["101"], Some("8001"), row.dialects[0]);
        for viewer in
            [user(), Viewer::queue_manager(TENANT, "101"), Viewer::tenant_admin(TENANT), Viewer::system_admin()]
        {
            let viewer = viewer.in_queues(["8001"]);
            for tenant in [Some("t2"), None] {
                let wanted = held.wants(row.event_type, &Subject { tenant, ..subject.clone() }, &viewer);
                let own = viewer.tenant_id.as_deref() == tenant;
                assert!(!wanted || own, "{} {viewer:?} {tenant:?}", row.event_type);
            }
        }
        assert!(held.wants(row.event_type, &subject, &Viewer::tenant_admin(TENANT)), "{}", row.event_type);
    }
}

#[test]
fn a_subscribe_is_refused_for_topics_that_the_dialect_or_the_login_does_not_have() {
    let to = Subscription::to;
    let admin = Viewer::system_admin();
    let rows = [
        (user(), to(Topic::ExtensionEvents).and(Topic::CdrEvents), Dialect::V12, Ok(())),
        (user(), to(Topic::TrunkEvents), Dialect::V16, Err(Denied::UnknownTopic(Topic::TrunkEvents))),
        (
            user(),
            to(Topic::QueueManagementEvents),
            Dialect::V16,
            Err(Denied::UnknownTopic(Topic::QueueManagementEvents)),
        ),
        (
            user(),
            to(Topic::CdrEvents).and("fax".into()),
            Dialect::V22,
            Err(Denied::UnknownTopic(Topic::Other("fax".into()))),
        ),
        (
            user(),
            to(Topic::GlobalCdrEvents).tenants(["1"]),
            Dialect::V22,
            Err(Denied::SystemAdminOnly(Topic::GlobalCdrEvents)),
        ),
        (admin.clone(), to(Topic::GlobalCdrEvents).tenants(["1"]), Dialect::V22, Ok(())),
        (admin.clone(), to(Topic::GlobalCdrEvents), Dialect::V22, Err(Denied::TenantsMissing(Topic::GlobalCdrEvents))),
        (
            admin,
            to(Topic::GlobalCdrEvents).tenants(["1"]),
            Dialect::V16,
            Err(Denied::UnknownTopic(Topic::GlobalCdrEvents)),
        ),
    ];
    for (viewer, subscription, dialect, expected) in rows {
        assert_eq!(viewer.may_subscribe(&subscription, dialect), expected, "{subscription:?}");
    }
}

#[test]
fn keys_select_events_of_a_topic() {
    let held = subscribed(&calls(&["102"]).keys(["call_start", "call_ended"]));
    let viewer = user().with_groupmates(["102"]);
    let wants = |event_type| held.wants(event_type, &about(&["102"], None, Dialect::V12), &viewer);
    assert!(wants("call_start") && wants("call_ended") && !wants("call_hold"));
    assert_eq!(held.len(), 2);
}

#[test]
fn all_keys_of_a_topic_are_the_topic() {
    let all: Vec<_> = Topic::ExtensionEvents.keys(Dialect::V12).collect();
    assert_eq!(subscribed(&calls(&["102"]).keys(all)), subscribed(&calls(&["102"])));
}

#[test]
fn names_and_keys_that_were_subscribed_to_apart_do_not_mix() {
    let mut held = subscribed(&calls(&["102"]).keys(["call_start"]));
    held.apply(&calls(&["103"]).keys(["call_hold"]));
    let viewer = user().with_groupmates(["102", "103"]);
    let wants = |event_type, number| held.wants(event_type, &about(&[number], None, Dialect::V12), &viewer);
    assert!(wants("call_start", "102") && wants("call_hold", "103"));
    assert!(!wants("call_start", "103") && !wants("call_hold", "102"));
}

#[test]
fn an_unsubscribe_takes_out_what_it_names() {
    let start = || {
        let mut held = subscribed(&calls(&["102", "103"]).and(Topic::CdrEvents));
        held.apply(&Subscription::to(Topic::QueueEvents).queues(["8001", "8002"]));
        held
    };
    let none: [&str; 0] = [];
    type Left<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let rows: [(Subscription, Left<'_>); 8] = [
        (calls(&["102"]), (&["103"], &["102", "103"], &["8001", "8002"])),
        (calls(&["102"]).and(Topic::CdrEvents), (&["103"], &["103"], &["8001", "8002"])),
        (calls(&["104"]), (&["102", "103"], &["102", "103"], &["8001", "8002"])),
        (calls(&none), (&[], &["102", "103"], &["8001", "8002"])),
        (Subscription::to(Topic::QueueEvents).queues(["8001"]), (&["102", "103"], &["102", "103"], &["8002"])),
        (Subscription::to(Topic::TrunkEvents), (&["102", "103"], &["102", "103"], &["8001", "8002"])),
        (Subscription::none().extensions(["102"]), (&["103"], &["103"], &["8001", "8002"])),
        (Subscription::none(), (&[], &[], &[])),
    ];
    for (unsubscribe, (extensions, records, queues)) in rows {
        let mut held = start();
        held.remove(&unsubscribe);
        let viewer = Viewer::tenant_admin(TENANT);
        let left = |event_type: &str, names: [&'static str; 2]| -> Vec<&str> {
            let wanted = |name: &&str| {
                let extensions = [*name];
                held.wants(event_type, &about(&extensions, Some(name), Dialect::V16), &viewer)
            };
            names.into_iter().filter(wanted).collect()
        };
        assert_eq!(left("call_start", ["102", "103"]), extensions, "{unsubscribe:?}");
        assert_eq!(left("call_cdr", ["102", "103"]), records, "{unsubscribe:?}");
        assert_eq!(left("queue_status", ["8001", "8002"]), queues, "{unsubscribe:?}");
        assert_eq!(held.len(), extensions.len() + records.len() + queues.len());
        assert_eq!(held.is_empty(), unsubscribe == Subscription::none());
    }
}

#[test]
fn a_name_does_not_narrow_a_topic_that_is_held_whole() {
    let mut held = subscribed(&calls(&[]));
    held.remove(&calls(&["102"]));
    assert_eq!(held, subscribed(&calls(&[])));
    held.apply(&calls(&["102"]));
    assert_eq!(held, subscribed(&calls(&[])));
}

#[test]
fn a_key_taken_out_of_a_whole_topic_leaves_the_other_keys() {
    let mut held = subscribed(&calls(&["102"]));
    held.remove(&calls(&[]).keys(["call_start"]));
    let viewer = user().with_groupmates(["102"]);
    let wants = |event_type| held.wants(event_type, &about(&["102"], None, Dialect::V12), &viewer);
    assert!(!wants("call_start") && wants("call_hold") && wants("target_ended"));
    held.remove(&calls(&["102"]).keys(["call_hold"]));
    assert!(!held.wants("call_hold", &about(&["102"], None, Dialect::V12), &viewer));
}

#[test]
fn what_is_held_is_counted_in_names() {
    let mut held = Subscriptions::new();
    assert_eq!((held.len(), held.is_empty()), (0, true));
    held.apply(&calls(&["102", "103", "102"]).and(Topic::CdrEvents));
    assert_eq!((held.len(), held.is_empty()), (4, false));
    held.apply(&Subscription::to(Topic::CdrEvents));
    assert_eq!(held.len(), 3);
    assert_eq!(held.topics().collect::<Vec<_>>(), [&Topic::ExtensionEvents, &Topic::CdrEvents]);
}

#[test]
fn a_subscribe_that_passes_the_limit_changes_nothing() {
    let mut held = subscribed(&calls(&["102", "103"]));
    let before = held.clone();
    assert_eq!(held.apply_within(&calls(&["104"]), 2), Err(TooManyNames));
    assert_eq!(held.apply_within(&calls(&["102", "103", "104"]).and(Topic::CdrEvents), 3), Err(TooManyNames));
    assert_eq!(held, before);
    // What is held already adds nothing.
    assert_eq!(held.apply_within(&calls(&["103", "102"]), 2), Ok(()));
    assert_eq!(held.apply_within(&calls(&["104"]), 3), Ok(()));
    assert_eq!(held.len(), 3);
}

#[test]
fn keys_times_names_beyond_the_limit_are_refused_before_they_are_built() {
    let many = || (0..100_000).map(|number| number.to_string());
    let mut held = Subscriptions::new();
    let product = Subscription::to(Topic::ExtensionEvents).keys(many()).extensions(many());
    assert_eq!(held.apply_within(&product, 10_000), Err(TooManyNames));
    assert!(held.is_empty());
}

#[test]
fn subscribes_that_lead_to_a_set_are_as_few_as_its_topics_and_divisions() {
    let mut held = subscribed(&calls(&["102", "103"]).keys(["call_start", "call_hold"]));
    held.apply(&Subscription::to(Topic::QueueEvents));
    assert_eq!(
        held.to_subscriptions(),
        [calls(&["102", "103"]).keys(["call_hold", "call_start"]), Subscription::to(Topic::QueueEvents)]
    );
}

#[test]
fn a_subject_is_what_the_event_says_of_itself() {
    let text = concat!(
        r#"{"event_type":"call_cdr","tenant_id":"t1","caller":"101","callee":"8000","#,
        r#""call_targets":[{"callee":"8000"},{"callee":"102"}]}"#
    );
    let event = Event::decode(text).expect("valid");
    let subject = Subject::of(&event, Dialect::V22);
    assert_eq!(subject, about(&["101", "102", "8000"], None, Dialect::V22));
    assert!(subscribed(&Subscription::to(Topic::CdrEvents).extensions(["102"])).wants("call_cdr", &subject, &user()));
}
