//! The calls of CloudPBX over real sockets, by tieline's own client.

use std::time::Duration;

use tieline_cloudpbx::rest::{Cdr, Dial, RecordList, Recording, SendSms};
use tieline_cloudpbx::{CivilTime, DateRange, Disposition, InZone, Moment, RecordingCheck, SmsState, UniqueIdKind};
use tieline_core::Class;
use tieline_core::http::{Authorization, CallError};
use tieline_sim::Sim;
use tieline_tokio::Proxy;
use tieline_tokio::http::{HttpClient, HttpConfig};

/// A simulator whose time stands still after `minutes` of its day.
async fn after(minutes: u64) -> (Sim, HttpClient) {
    let sim = Sim::builder().paused(true).start().await.expect("a simulator");
    sim.advance(Duration::from_secs(minutes * 60));
    let key = sim.cloudpbx_key().clone();
    let client = client(&sim, Authorization::Bearer(key));
    (sim, client)
}

fn client(sim: &Sim, auth: Authorization) -> HttpClient {
    let base = sim.cloudpbx_url().parse().expect("an address");
    HttpClient::new(HttpConfig::new(base, auth).proxy(Proxy::direct())).expect("a client")
}

#[tokio::test]
async fn the_calls_of_the_day_are_in_the_list_of_cdrs() {
    let (_sim, client) = after(30).await;
    let listing = client.call(&Cdr::today()).await.expect("a list");
    assert!(listing.rows.iter().all(Result::is_ok), "every row can be read");
    let records: Vec<_> = listing.records().collect();
    assert!(records.len() > 50, "{}", records.len());
    let mut ids: Vec<_> = records.iter().map(|record| record.uniqueid.as_ref().expect("an id").raw()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), records.len(), "no two calls have one id");
    for record in records {
        let duration = record.duration.as_ref().and_then(|seconds| seconds.to_u64()).expect("seconds");
        let billed = record.billsec.as_ref().and_then(|seconds| seconds.to_u64()).expect("seconds");
        assert!(billed <= duration, "{record:?}");
        let answered = record.disposition == Some(Disposition::Answered);
        assert!(answered || billed == 0, "{record:?}");
        // The clock of the PBX and the id tell the same time: winter in Warsaw.
        let moment = record.moment(|_: CivilTime| InZone::Unknown);
        assert!(matches!(moment, Moment::ByUniqueId { utc_offset: Some(3600), .. }), "{moment:?}");
    }
}

#[tokio::test]
async fn another_day_has_no_records() {
    let (_sim, client) = after(30).await;
    let day = DateRange::day("2025-12-31".parse().expect("a date"));
    assert!(client.call(&Cdr::of(day)).await.expect("a list").rows.is_empty());
    let both = DateRange::new("2025-12-31".parse().expect("a date"), "2026-01-01".parse().expect("a date"));
    assert!(!client.call(&Cdr::of(both.expect("in order"))).await.expect("a list").rows.is_empty());
}

#[tokio::test]
async fn every_recording_of_the_list_is_a_whole_wav_file() {
    let (_sim, client) = after(10).await;
    let listing = client.call(&RecordList::today()).await.expect("a list");
    assert!(listing.rows.len() > 5);
    for record in listing.records() {
        let id = record.uniqueid.as_ref().expect("an id").raw();
        let (head, download) = client.download(&Recording::new(id)).await.expect("a recording");
        let mut download = download.expect("a body");
        assert_eq!(head.length, download.length());
        let mut check = RecordingCheck::new("wav", head.length);
        while let Some(piece) = download.next().await.expect("a piece") {
            check.feed(&piece).expect("WAV");
        }
        assert!(check.finish().expect("whole").end_is_known());
    }
    let error = client.download(&Recording::new("1.1")).await.expect_err("no such recording");
    assert!(matches!(error, CallError::Api(error) if error.status == 404));
}

#[tokio::test]
async fn dialling_starts_a_call_that_is_recorded_when_it_is_over() {
    let (sim, client) = after(0).await;
    client.call(&Dial::new("110", "112")).await.expect("OK");
    sim.advance(Duration::from_secs(60));
    let listing = client.call(&Cdr::today()).await.expect("a list");
    let own = |record: &&tieline_cloudpbx::CdrRecord<tieline_core::Text>| {
        record.src.as_deref() == Some("110") && record.dst.as_deref() == Some("112")
    };
    let record = listing.records().find(own).expect("the record of the call");
    assert_eq!(record.disposition, Some(Disposition::Answered));
    assert_eq!(record.billsec.as_ref().and_then(|seconds| seconds.to_u64()), Some(20));
}

#[tokio::test]
async fn a_number_that_is_none_of_the_pbx_cannot_dial() {
    let (_sim, client) = after(0).await;
    let error = client.call(&Dial::new("999", "112")).await.expect_err("no such extension");
    assert!(error.to_string().contains("Action Error"), "{error}");
}

#[tokio::test]
async fn a_message_stands_in_the_records_under_its_id_and_a_test_does_not() {
    let (_sim, client) = after(0).await;
    let sent = client.call(&SendSms::new("600100200", "zażółć gęślą jaźń")).await.expect("a response");
    assert_eq!(sent.response_status, Some(SmsState::Queue));
    client.call(&SendSms::new("600100201", "test").test()).await.expect("a response");
    let listing = client.call(&Cdr::today()).await.expect("a list");
    let messages: Vec<_> = listing
        .records()
        .filter_map(|record| record.uniqueid.as_ref())
        .filter(|id| id.kind() == UniqueIdKind::Sms)
        .map(|id| id.raw().to_owned())
        .collect();
    assert_eq!(messages, [sent.response_id.expect("an id").to_string()]);
}

#[tokio::test]
async fn without_the_key_nothing_is_answered() {
    let (sim, _) = after(0).await;
    for auth in [Authorization::None, Authorization::bearer("wrong"), Authorization::basic("a", "b")] {
        let error = client(&sim, auth).call(&Cdr::today()).await.expect_err("no key");
        assert_eq!(error.class(), Class::Reauthenticate, "{error}");
    }
}
