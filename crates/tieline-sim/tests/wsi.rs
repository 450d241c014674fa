//! What the simulator writes on the WSI wire: the documents' keys and types, every event type, the right receivers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tieline_core::Instant;
use tieline_core::json::Encode as _;
use tieline_portsip_wsi::{Dialect, EVENT_TYPES, Event, Evidence, Subscription, Subscriptions, Topic, Viewer};
use tieline_sim::day::{Day, TOUR};
use tieline_sim::wsi::{self, Rendered};
use tieline_testkit::{Dialect as Page, Fixture, Kind, WSI};

const START: i64 = 1_767_250_800;

fn day() -> Day {
    Day::new([7; 16], START).expect("the offices open")
}

/// Everything that the tour tells in a dialect.
fn tour(dialect: Dialect) -> Vec<Rendered> {
    let mut day = day();
    let occurrences = day.advance(Instant::from_epoch(TOUR));
    occurrences.iter().flat_map(|one| wsi::render(one, dialect, day.world().clock())).collect()
}

fn json(rendered: &Rendered) -> Value {
    serde_json::from_str(&rendered.event.to_json()).expect("what is rendered is JSON")
}

/// Whether a value has exactly the keys and JSON types of a sample; an empty list has any.
fn is_like(sample: &Value, value: &Value) -> bool {
    match (sample, value) {
        (Value::Object(sample), Value::Object(value)) => {
            sample.len() == value.len()
                && sample.iter().all(|(key, inner)| value.get(key).is_some_and(|value| is_like(inner, value)))
        }
        (Value::Array(sample), Value::Array(values)) => {
            values.iter().all(|value| sample.iter().any(|sample| is_like(sample, value)))
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => true,
        (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null) => true,
        _ => false,
    }
}

fn event_samples(page: Page) -> impl Iterator<Item = (&'static Fixture, Value)> {
    WSI.iter()
        .filter(move |fixture| fixture.dialect == page && fixture.kind == Kind::Event)
        .map(|fixture| (fixture, serde_json::from_str(fixture.text).expect("a valid sample")))
}

fn snapshots(dialect: Dialect, viewer: &Viewer, subscription: &Subscription) -> Vec<Rendered> {
    let mut day = day();
    // In the rush, when callers wait and an agent talks.
    let _before = day.advance(Instant::from_millis(72_000));
    wsi::snapshots(day.world(), dialect, viewer, subscription)
}

fn admin(day: &Day) -> Viewer {
    Viewer::tenant_admin(day.world().tenants().next().expect("a tenant").id.as_str())
}

#[test]
fn every_sample_of_an_event_has_a_rendered_twin_with_the_same_keys_and_types() {
    // The pages print v16's record under v22, whose own is the webhook's.
    let not_of_v22 = ["v22/31-event-call_cdr"];
    for (page, dialect) in [(Page::V12, Dialect::V12), (Page::V16, Dialect::V16), (Page::V22, Dialect::V22)] {
        let mut rendered = tour(dialect);
        let all = Subscription::to(Topic::ExtensionEvents).and(Topic::QueueEvents);
        rendered.extend(snapshots(dialect, &admin(&day()), &all));
        let rendered: Vec<Value> = rendered.iter().map(json).collect();
        for (fixture, sample) in event_samples(page).filter(|(fixture, _)| !not_of_v22.contains(&fixture.name)) {
            let twin =
                rendered.iter().any(|value| value["event_type"] == sample["event_type"] && is_like(&sample, value));
            assert!(twin, "nothing is like {}", fixture.name);
        }
    }
    let record = WSI.iter().find(|fixture| fixture.name == not_of_v22[0]).expect("a fixture");
    let record: Value = serde_json::from_str(record.text).expect("a valid sample");
    assert!(tour(Dialect::V16).iter().any(|rendered| is_like(&record, &json(rendered))));
}

#[test]
fn no_documented_event_has_a_key_or_a_type_that_no_document_gives_it() {
    let mut samples: BTreeMap<(Dialect, String), Vec<Value>> = BTreeMap::new();
    let mut add = |dialect, sample: &Value| {
        let word = sample["event_type"].as_str().expect("an event type");
        // The three have the fields of one table, of which each sample shows some.
        let accounts = ["extension_created", "extension_updated", "extension_destroyed"];
        let words = if accounts.contains(&word) { accounts.to_vec() } else { vec![word] };
        for word in words {
            samples.entry((dialect, word.to_owned())).or_default().push(sample.clone());
        }
    };
    for (page, dialect) in [(Page::V12, Dialect::V12), (Page::V16, Dialect::V16), (Page::V22, Dialect::V22)] {
        event_samples(page).for_each(|(_, sample)| add(dialect, &sample));
    }
    event_samples(Page::Assumed).for_each(|(_, sample)| add(Dialect::V22, &sample));
    event_samples(Page::V22)
        .filter(|(_, sample)| sample["event_type"] == "call_cdr")
        .for_each(|(_, sample)| add(Dialect::V16, &sample));

    for dialect in Dialect::ALL {
        for rendered in tour(*dialect) {
            let value = json(&rendered);
            let word = rendered.event.event_type().to_owned();
            let Some(samples) = samples.get(&(*dialect, word)) else { continue };
            for (key, inner) in value.as_object().expect("an object") {
                let given = samples.iter().filter_map(|sample| sample.get(key)).any(|sample| is_like(sample, inner));
                assert!(given, "{dialect}: {key} of {value}");
            }
        }
    }
}

#[test]
fn what_no_document_shows_has_only_the_common_envelope() {
    let envelope = ["event_type", "tenant_id", "tenant_name", "time", "session_id", "call_id"];
    for dialect in Dialect::ALL {
        for rendered in tour(*dialect) {
            let word = rendered.event.event_type();
            let row = EVENT_TYPES.iter().find(|row| row.event_type == word && row.dialects.contains(dialect));
            if row.is_none_or(|row| row.evidence == Evidence::Documented) || word == "call_cdr" {
                continue;
            }
            for key in json(&rendered).as_object().expect("an object").keys() {
                assert!(envelope.contains(&key.as_str()), "{dialect}: {word} has {key}");
            }
        }
    }
}

#[test]
fn the_tour_shows_every_event_type_of_every_dialect() {
    for dialect in Dialect::ALL {
        let mut seen: BTreeSet<String> =
            tour(*dialect).iter().map(|rendered| rendered.event.event_type().to_owned()).collect();
        let all = Subscription::to(Topic::ExtensionEvents).and(Topic::QueueEvents);
        seen.extend(
            snapshots(*dialect, &admin(&day()), &all).iter().map(|rendered| rendered.event.event_type().to_owned()),
        );
        // The webhook's own spelling of target events is not the stream's.
        let of_dialect = EVENT_TYPES
            .iter()
            .filter(|row| row.dialects.contains(dialect) && !row.event_type.starts_with("cdr_target_"))
            .map(|row| row.event_type.to_owned());
        assert_eq!(seen, of_dialect.collect(), "{dialect}");
    }
}

#[test]
fn only_v12_names_the_tenant_in_every_event() {
    let named = |dialect| tour(dialect).iter().filter(|one| json(one).get("tenant_name").is_some()).count();
    assert_eq!(named(Dialect::V12), tour(Dialect::V12).len());
    for dialect in [Dialect::V16, Dialect::V22] {
        let records = tour(dialect).iter().filter(|one| matches!(one.event, Event::CallCdr(_))).count();
        assert_eq!(named(dialect), records);
    }
}

#[test]
fn times_are_scenario_time_from_the_start() {
    let first = tour(Dialect::V16).into_iter().find(|one| one.event.event_type() == "call_start").expect("a call");
    assert_eq!(json(&first)["time"], (START + 1).to_string());
}

/// What a viewer receives of the tour, by event type.
fn received(dialect: Dialect, viewer: &Viewer, subscription: &Subscription) -> Vec<Value> {
    let mut subscriptions = Subscriptions::new();
    subscriptions.apply(subscription);
    tour(dialect)
        .iter()
        .filter(|one| subscriptions.wants(one.event.event_type(), &one.subject(), viewer))
        .map(json)
        .collect()
}

#[test]
fn a_watcher_of_101_sees_its_two_targets() {
    let day = day();
    let subscription = Subscription::to(Topic::ExtensionEvents).extensions(["101"]);
    let first_call: Vec<Value> = received(Dialect::V16, &admin(&day), &subscription);
    let session =
        first_call.iter().find(|one| one["event_type"] == "call_start").expect("a call")["session_id"].clone();
    let added = first_call.iter().filter(|one| one["event_type"] == "target_add" && one["session_id"] == session);
    assert_eq!(added.count(), 2);
}

#[test]
fn an_extension_receives_only_its_own_queues() {
    let day = day();
    let tenant = day.world().tenants().next().expect("a tenant");
    let queue = day.world().queue_state(day.tenant(), "8001").expect("a queue").profile.id.clone();
    let agent = Viewer::extension(tenant.id.as_str(), "102").in_queues(["8001"]);
    let events = received(Dialect::V16, &agent, &Subscription::to(Topic::QueueEvents));
    assert!(events.len() > 10);
    assert!(events.iter().all(|event| event["queue_id"] == queue));
}

#[test]
fn a_tenant_never_receives_what_happens_at_another() {
    for dialect in Dialect::ALL {
        let day = day();
        let viewer = admin(&day);
        let mut all = Subscription::to(Topic::ExtensionEvents).and(Topic::QueueEvents).and(Topic::CdrEvents);
        all = all.and(Topic::QueueManagementEvents).and(Topic::ExtensionManagementEvents).and(Topic::TrunkEvents);
        let events = received(*dialect, &viewer, &all);
        assert!(
            events
                .iter()
                .all(|event| Some(event["tenant_id"].as_str().expect("a tenant")) == viewer.tenant_id.as_deref())
        );
        let everything = tour(*dialect).len();
        assert!(events.len() > everything / 2 && events.len() < everything);
    }
}

#[test]
fn the_system_administrator_receives_the_tenants_it_names() {
    let day = day();
    let other = day.world().tenants().nth(1).expect("a second tenant").id.clone();
    let subscription = Subscription::to(Topic::GlobalCdrEvents).and(Topic::GlobalExtensionEvents).tenants([&other]);
    let events = received(Dialect::V22, &Viewer::system_admin(), &subscription);
    assert!(!events.is_empty());
    assert!(events.iter().all(|event| event["tenant_id"] == other.as_str()));
}

#[test]
fn a_subscriber_is_told_the_extensions_it_asked_for_in_one_list() {
    let two = Subscription::to(Topic::ExtensionEvents).extensions(["102", "104"]);
    for dialect in [Dialect::V16, Dialect::V22] {
        let told = snapshots(dialect, &admin(&day()), &two);
        let status = json(&told[0])["status"].as_array().expect("a list").len();
        assert_eq!((told.len(), status), (1, 2));
    }
    assert!(snapshots(Dialect::V12, &admin(&day()), &two).is_empty(), "v12 has no such event");
}

#[test]
fn a_subscriber_is_told_each_queue_with_who_waits_and_who_answers() {
    let told = snapshots(Dialect::V16, &admin(&day()), &Subscription::to(Topic::QueueEvents).queues(["8001"]));
    assert_eq!(told.len(), 1);
    let status = json(&told[0]);
    assert_eq!(status["queue_number"], "8001");
    assert_eq!(status["agents"].as_array().expect("a list").len(), 4);
    let both = snapshots(Dialect::V22, &admin(&day()), &Subscription::to(Topic::QueueEvents));
    assert_eq!(both.len(), 2);
}

#[test]
fn a_manager_of_queues_is_told_every_queue_as_created() {
    let told = snapshots(Dialect::V22, &admin(&day()), &Subscription::to(Topic::QueueManagementEvents));
    let numbers: Vec<Option<&str>> = told.iter().map(|one| one.event.queue_number()).collect();
    assert_eq!(numbers, [Some("8001"), Some("8002")]);
    let extension = Viewer::extension(day().world().tenants().next().expect("a tenant").id.as_str(), "101");
    assert!(snapshots(Dialect::V22, &extension, &Subscription::to(Topic::QueueManagementEvents)).is_empty());
}

#[test]
fn the_administrator_of_the_pbx_is_told_about_each_tenant_it_names() {
    let day = day();
    let ids: Vec<String> = day.world().tenants().map(|tenant| tenant.id.clone()).collect();
    let subscription = Subscription::to(Topic::GlobalExtensionEvents).tenants(&ids);
    let told = snapshots(Dialect::V22, &Viewer::system_admin(), &subscription);
    assert_eq!(told.iter().map(|one| one.event.tenant_id().expect("a tenant")).collect::<Vec<_>>(), ids);
}
