//! The system's roots, with a system of our own: the test runs itself in a process whose roots are given by the environment.
#![cfg(all(feature = "platform", target_os = "linux"))]

mod handshake;

use std::process::Command;

use handshake::{VERSIONS, handshake};
use tieline_testkit::certificates::{Made, NAMES, Served};
use tieline_tls::rustls::pki_types::pem::PemObject as _;
use tieline_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tieline_tls::{RefusalKind, ServerTls, Trust};

/// Where the process inside finds the server's certificate and key.
const INSIDE: &str = "TIELINE_TEST_SERVER";

#[test]
fn the_systems_roots_vouch_for_what_they_issued_under_its_name_and_while_it_is_valid() {
    if let Ok(dir) = std::env::var(INSIDE) {
        return inside(&dir);
    }
    for (served, expected) in [
        (Served::Issued, "accepted"),
        (Served::Intermediate, "accepted"),
        (Served::IntermediateLeftOut, "UnknownIssuer"),
        (Served::Expired, "Expired"),
        (Served::NotYetValid, "NotYetValid"),
        (Served::WrongName, "NameMismatch"),
        (Served::Impostor, "BadSignature"),
    ] {
        let made = Made::new(served);
        let dir = std::env::temp_dir().join(format!("tieline-roots-{}-{served:?}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let (roots, chain, key) = (dir.join("roots.pem"), dir.join("chain.pem"), dir.join("key.pem"));
        std::fs::write(&roots, &made.authority_pem).expect("written");
        std::fs::write(&chain, &made.chain_pem).expect("written");
        std::fs::write(&key, &made.key_pem).expect("written");
        let run = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "--nocapture"])
            .arg("the_systems_roots_vouch_for_what_they_issued_under_its_name_and_while_it_is_valid")
            .env("SSL_CERT_FILE", &roots)
            .env_remove("SSL_CERT_DIR")
            .env(INSIDE, &dir)
            .output()
            .expect("run");
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        std::fs::remove_dir_all(&dir).expect("removed");
        assert!(run.status.success() && said.contains(&format!("the outcome is {expected}.")), "{served:?}: {said}");
    }
}

#[allow(clippy::print_stdout, reason = "the process outside reads it")]
fn inside(dir: &str) {
    let read = |name: &str| std::fs::read(format!("{dir}/{name}")).expect("a file");
    let chain = CertificateDer::pem_slice_iter(&read("chain.pem")).collect::<Result<_, _>>().expect("PEM");
    let tls = ServerTls::new(chain, PrivateKeyDer::from_pem_slice(&read("key.pem")).expect("PEM")).expect("a server");
    let outcome = handshake(Trust::System, &tls.config(), VERSIONS[0], NAMES[0]);
    let kind: Option<RefusalKind> = outcome.err().map(|refused| refused.kind());
    println!("the outcome is {}.", kind.map_or_else(|| "accepted".to_owned(), |kind| format!("{kind:?}")));
}
