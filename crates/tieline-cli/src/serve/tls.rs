//! The certificate: one's own, or one that is made and kept.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tieline_tls::{CertificateFacts, ServerTls};

use crate::args::ServePlace;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// So long before its end it is time for a new certificate.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// TLS as the options say; `None` without.
pub(super) fn load(place: &ServePlace, data: &Path) -> Result<Option<ServerTls>, Failure> {
    if place.plain {
        if !place.listen.ip().is_loopback() {
            tracing::warn!("without TLS everybody on the way reads messages and passwords");
        }
        return Ok(None);
    }
    if let (Some(chain), Some(key)) = (&place.tls_cert, &place.tls_key) {
        let tls = of_files(chain, key, Exit::Usage)?;
        warn_of_the_end(&tls, chain);
        return Ok(Some(tls));
    }
    let folder = data.join("tls");
    let (chain, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if !(chain.exists() && key.exists()) {
        let names: Vec<&str> = place.tls_name.iter().map(String::as_str).collect();
        let made = ServerTls::self_signed_pem(&names).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        // The certificate last: what is there without it is made anew.
        for (path, text) in [(&key, &made.key), (&chain, &made.certificate)] {
            let failed = |error| Failure::new(Exit::Failure, format!("cannot write {}: {error}", path.display()));
            private::save(path, text).map_err(failed)?;
        }
    }
    let kept = of_files(&chain, &key, Exit::Failure);
    let remedy =
        "What is kept there cannot be used. Remove both files, and a new certificate is made, with another pin.";
    kept.map(Some).map_err(|failure| failure.and(remedy))
}

/// Says so where a certificate has ended, or will soon.
fn warn_of_the_end(tls: &ServerTls, chain: &Path) {
    let Some(facts) = CertificateFacts::from_der(tls.certificate()) else { return };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (now, soon) = (now.as_secs(), (now + SOON).as_secs());
    let ends = u64::try_from(facts.not_after_unix).unwrap_or_default();
    let words = match ends {
        ends if ends <= now => "ended: clients refuse it",
        ends if ends <= soon => "ends soon: clients will refuse it then",
        _ => return,
    };
    let (chain, end) = (chain.display(), &facts.not_after);
    tracing::warn!("the certificate in {chain} {words} ({end}); put a new one there and start the service anew");
}

fn of_files(chain: &Path, key: &Path, exit: Exit) -> Result<ServerTls, Failure> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| Failure::new(exit, format!("cannot read {}: {error}", path.display())))
    };
    let (chain_pem, key_pem) = (read(chain)?, read(key)?);
    ServerTls::from_pem(&chain_pem, &key_pem)
        .map_err(|error| Failure::new(exit, format!("{}, {}: {error}", chain.display(), key.display())))
}
