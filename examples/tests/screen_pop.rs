//! The toy screen-pop against scenarios: with the one of the gallery, and with one that is built here.

use std::time::Duration;

use tieline::sim::Sim;
use tieline::sim::fault::Memory;
use tieline::sim::scenario::{Call, Expect, Extension, Scenario, Trunk};
use tieline::wsi::{Auth, Dialect};
use tieline_examples::pop::{Pop, pops};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const GALLERY: &str = include_str!("../../crates/tieline-sim/scenarios/screen-pop.toml");

/// Waits for what comes for sure.
async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it never came")
}

/// A simulator that plays a scenario, and what Alice's screen-pop shows.
async fn play(scenario: Scenario) -> (Sim, UnboundedReceiver<Pop>) {
    let sim = Sim::builder().scenario(scenario).start().await.expect("a free port");
    let contract = sim.contract();
    let alice = &contract["wsi"]["users"][0];
    let text = |value: &str| alice[value].as_str().expect("text").to_owned();
    let domain = contract["wsi"]["domain"].as_str().expect("text").to_owned();
    let auth = Auth::username(text("username"), domain, text("password"));
    let url = sim.wsi_url(Dialect::V16);
    let (show, shown) = unbounded_channel();
    tokio::spawn(async move { pops(&url, auth, |pop| show.send(pop).is_ok()).await });
    (sim, shown)
}

fn pop(from: &str, to: &str) -> Option<Pop> {
    Some(Pop { from: from.to_owned(), to: to.to_owned() })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_of_the_gallery_pops_once_however_many_devices_ring() {
    let (sim, mut shown) = play(Scenario::parse(GALLERY).expect("a scenario")).await;
    let report = within(sim.finish()).await;
    assert!(report.is_success(), "{report}");
    assert_eq!(within(shown.recv()).await, pop("12025550123", "101"));
    assert_eq!(within(shown.recv()).await, pop("+442075550188", "101"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_line_was_cut_the_next_call_pops() {
    let listens = || Expect::subscribe("extension_events").within(Duration::from_secs(9));
    let scenario = Scenario::builder("cut")
        .length(Duration::from_secs(600))
        .trunk(Trunk::new("Carrier One"))
        .extension(Extension::new("101", "Alice Novak").answers(Duration::from_secs(1)))
        .at(Duration::ZERO, listens())
        .build()
        .expect("a scenario");
    let (sim, mut shown) = play(scenario).await;
    let call = |from| Call::new(from, from, "101").talk(Duration::from_secs(2));
    // Stands until the screen-pop listens.
    sim.step(Duration::from_secs(1)).await;
    sim.perform(call("12025550101")).expect("a call");
    assert_eq!(within(shown.recv()).await, pop("12025550101", "101"));

    sim.step(Duration::from_secs(10)).await;
    sim.perform(listens().label("it comes back")).expect("room");
    sim.restart(Memory::Kept);
    sim.step(Duration::from_secs(1)).await;
    sim.perform(call("12025550102")).expect("a call");
    assert_eq!(within(shown.recv()).await, pop("12025550102", "101"));
    assert!(sim.report().is_success(), "{}", sim.report());
}
