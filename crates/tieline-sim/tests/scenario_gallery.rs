//! The gallery of scenarios can be played, and is played.

use std::path::PathBuf;
use std::time::Duration;

use tieline_sim::Sim;
use tieline_sim::scenario::Scenario;

fn gallery() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the gallery")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).expect("a text")))
        .collect();
    found.sort();
    found
}

#[test]
fn every_scenario_of_the_gallery_can_be_played() {
    let gallery = gallery();
    assert_eq!(gallery.len(), 6);
    for (path, text) in gallery {
        if let Err(mistakes) = Scenario::parse(&text) {
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{path}\n{}", mistakes.join("\n"));
        }
    }
}

#[tokio::test]
async fn no_step_of_the_gallery_is_refused_when_it_is_served() {
    for (path, text) in gallery() {
        let scenario = Scenario::parse(&text).expect("a scenario");
        let end = scenario.end();
        // Time stands, and is moved by hand: nobody is waited for.
        let sim = Sim::builder().scenario(scenario).paused(true).start().await.expect("a free port");
        sim.advance(end + Duration::from_secs(1));
        let report = sim.report().to_string();
        assert!(!report.contains("step:"), "{path}\n{report}");
        sim.stop().await;
    }
}
