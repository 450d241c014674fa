//! What the corpora begin with: the samples of the documents.

use crate::{AXEOS, AxeosKind, CLOUDPBX_REST, CLOUDPBX_STREAM, IM, Side, WSI};

/// The gallery of the simulator.
const SCENARIOS: [&str; 6] = [
    include_str!("../../../tieline-sim/scenarios/agent-day.toml"),
    include_str!("../../../tieline-sim/scenarios/dst-night.toml"),
    include_str!("../../../tieline-sim/scenarios/flapping-line.toml"),
    include_str!("../../../tieline-sim/scenarios/queue-overflow.toml"),
    include_str!("../../../tieline-sim/scenarios/screen-pop.toml"),
    include_str!("../../../tieline-sim/scenarios/sla-breach.toml"),
];

/// The examples of the simulator's grammar of faults.
const FAULTS: [&str; 5] =
    ["refuse", "conn=1-3:mute", "on=wsi,nth=5:close=1011", "at=30s-40s:http=503,2", "at=1m:restart=forget"];

/// Two lines in paragraphs.
const TRANSCRIPT: &str = r#"{"t":0,"from":"client","text":"{}"}

{"t":15,"from":"server","text":"{\"status\":0}"}
"#;

/// The seeds of a target of texts; none for one whose inputs are made up of choices.
#[must_use]
pub fn of(target: &str) -> Vec<&'static [u8]> {
    let im = |side| IM.iter().filter(move |f| f.from == side).map(|f| f.text);
    let axeos = |kind| AXEOS.iter().filter(move |f| f.kind == kind).map(|f| f.text);
    let texts: Vec<&'static str> = match target {
        "json_scanner" => WSI.iter().map(|f| f.text).chain(IM.iter().map(|f| f.text)).collect(),
        "wsi_server_message" | "wsi_client_message" => WSI.iter().map(|f| f.text).collect(),
        "im_server_message" => im(Side::Server).collect(),
        "im_client_message" => im(Side::Client).collect(),
        "axeos_events" => axeos(AxeosKind::Events).collect(),
        "axeos_users" => axeos(AxeosKind::Users).collect(),
        "axeos_phones" => axeos(AxeosKind::Phones).collect(),
        "cloudpbx_stream" => CLOUDPBX_STREAM.iter().map(|f| f.text).collect(),
        "cloudpbx_rest" => CLOUDPBX_REST.iter().map(|f| f.text).collect(),
        "scenario_file" => SCENARIOS.to_vec(),
        "fault_rule" => FAULTS.to_vec(),
        "transcript" => vec![TRANSCRIPT],
        _ => Vec::new(),
    };
    texts.into_iter().map(str::as_bytes).collect()
}
