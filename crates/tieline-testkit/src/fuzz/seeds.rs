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

/// A capture of a WebSocket, an exchange over HTTP and a log that is polled.
const CAPTURE: &str = r#"{"tieline":"capture","v":1,"protocol":"wsi","dialect":"v22","started":"2026-01-01T00:00:00Z","url":"wss://pbx/wsi","redaction":null}
{"connection":1,"kind":"opened","t":0.5}
{"body":"","connection":1,"exchange":1,"from":"client","headers":[["Host","pbx"]],"kind":"request","method":"GET","t":1.0,"target":"/wsi"}
{"body":"","connection":1,"exchange":1,"from":"server","headers":[],"kind":"response","status":101,"t":2.0}
{"connection":1,"from":"client","kind":"text","t":3.25,"text":"{\"command\":\"auth\",\"id\":\"1\"}"}
{"connection":1,"from":"server","kind":"text","t":4.0,"text":"{\"command\":\"auth\",\"id\":\"1\",\"status\":0}"}
{"base64":"/w==","connection":1,"from":"server","kind":"text","t":5.0}
{"bytes":3,"connection":1,"from":"server","kind":"binary","t":5.0}
{"bytes":2,"connection":1,"from":"server","kind":"ping","t":6.0}
{"code":1000,"connection":1,"from":"server","kind":"closed","reason":"","t":7.0}
{"connection":1,"kind":"ended","t":8.0,"why":"server"}
{"body":"","connection":2,"exchange":1,"from":"client","headers":[],"kind":"request","method":"GET","t":9.0,"target":"/apis/pbx/events?last=1"}
{"body":"[{\"seq\":2}]","connection":2,"exchange":1,"from":"server","headers":[["Content-Type","application/json"]],"kind":"response","status":200,"t":9.5}
{"connection":2,"from":"server","kind":"unreadable","t":9.75,"words":"no HTTP/1.1"}
{"connection":3,"kind":"failed","t":10.0,"words":"no TCP connection"}
{"connection":0,"kind":"end","t":11.0}
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
        "capture_file" => vec![CAPTURE],
        "capture_redact" => {
            let messages =
                WSI.iter().map(|f| f.text).chain(IM.iter().map(|f| f.text)).chain(AXEOS.iter().map(|f| f.text));
            messages.chain(CLOUDPBX_STREAM.iter().map(|f| f.text)).collect()
        }
        _ => Vec::new(),
    };
    texts.into_iter().map(str::as_bytes).collect()
}
