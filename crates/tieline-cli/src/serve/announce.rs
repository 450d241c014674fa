//! Tells other programs, or people, that it is ready.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use tieline_server::ServerHandle;
use tieline_tls::Pin;

use super::{Service, running_url, users};
use crate::args::Output;
use crate::output::{self, Line};

/// Where everything is.
#[derive(Serialize)]
struct Serving {
    data: String,
    /// Of the lines.
    url: String,
    /// Of the token calls, and of files below `/im/file`.
    api: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
    users: usize,
}

/// Prints it, flushed.
pub(super) fn print(
    data: &Path,
    standing: &Service,
    server: &ServerHandle,
    watch: Option<&ServerHandle>,
    pin: Option<Pin>,
    output: Output,
) -> std::io::Result<()> {
    let (ws, http) = if pin.is_some() { ("wss", "https") } else { ("ws", "http") };
    let serving = Serving {
        data: data.display().to_string(),
        url: running_url(ws, server, "/im"),
        api: running_url(http, server, ""),
        pin: pin.map(|pin| pin.to_string()),
        metrics: watch.map(|watch| running_url("http", watch, "/metrics")),
        users: standing.desk().users().all().len(),
    };
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        write!(out, "{}", readable(&serving))?;
    } else {
        Line::new("serving", 1, &serving).write(&mut out)?;
    }
    out.flush()?;
    if serving.users == 0 {
        let path = users::path(data);
        tracing::warn!(
            "there are no users in {} yet; `tieline serve users add {} NAME@DOMAIN` adds one, also now",
            path.display(),
            serving.data
        );
    }
    Ok(())
}

fn readable(serving: &Serving) -> String {
    use std::fmt::Write as _;
    let Serving { data, url, api, pin, metrics, users } = serving;
    let mut text = format!("An IM service in {data}; Ctrl-C ends it in order.\n\n");
    let _ = writeln!(text, "lines    {url}");
    let _ = writeln!(text, "tokens   {api}/api/login/oauth/token");
    let _ = writeln!(text, "files    {api}/im/file");
    if let Some(pin) = pin {
        let _ = writeln!(text, "TLS      --tls-pin {pin}");
    }
    if let Some(metrics) = metrics {
        let _ = writeln!(text, "metrics  {metrics}");
    }
    let _ = writeln!(text, "users    {users}");
    let trust = pin.as_ref().map(|pin| format!(" TIELINE_TLS_PIN={pin}")).unwrap_or_default();
    let _ = writeln!(text, "\nTry it:  export TIELINE_IM={url} TIELINE_USER=NAME TIELINE_DOMAIN=DOMAIN{trust}");
    let _ = writeln!(text, "         export TIELINE_TOKEN=$(tieline im token --raw)");
    let _ = writeln!(text, "         tieline im tail");
    text
}
