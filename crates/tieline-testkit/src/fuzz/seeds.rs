//! What the corpora begin with: the samples of the documents.

use crate::{AXEOS, AxeosKind, CLOUDPBX_REST, CLOUDPBX_STREAM, IM, Side, WSI};

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
        _ => Vec::new(),
    };
    texts.into_iter().map(str::as_bytes).collect()
}
