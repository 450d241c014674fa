//! The table of certificates: what PBXs serve, and which [`Trust`] accepts it.
//!
//! [`CERTIFICATES`] is the list. The page `docs/tls.md` holds it as a table, and it is run row by row in memory, over every
//! client adapter, over calls of HTTP, and against the server.

mod make;
mod rows;

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use tieline_tls::{CertificateFacts, RefusalKind, Trust};

pub use make::{Made, NAMES};
pub use rows::CERTIFICATES;

/// What a server presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Served {
    /// A certificate that vouches for itself.
    SelfSigned {
        /// Whether it calls itself an authority (`CA:TRUE`).
        authority: bool,
        /// Whether it has alternative names; without, only the subject's `CN` has one.
        names: bool,
    },
    /// A self-signed one that has expired.
    SelfSignedExpired,
    /// A self-signed one, renewed with the same key; the one before is known.
    SelfSignedRenewed {
        /// Whether it calls itself an authority (`CA:TRUE`).
        authority: bool,
    },
    /// A self-signed one of X.509 version 1.
    Version1,
    /// One by a private authority.
    Issued,
    /// One by an intermediate authority, which comes with it.
    Intermediate,
    /// One by an intermediate authority, which does not come with it.
    IntermediateLeftOut,
    /// One by a private authority, renewed with the same key; the one before is known.
    RenewedSameKey,
    /// One by a private authority, renewed with another key; the one before is known.
    RenewedOtherKey,
    /// One by another authority of the same name; the right one is known.
    Impostor,
    /// One by a private authority that has expired.
    Expired,
    /// One by a private authority that is not valid yet.
    NotYetValid,
    /// One by a private authority for other names.
    WrongName,
    /// One by a private authority whose name is only in the subject's `CN`.
    NoNames,
}

/// How a client trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The system's roots, which know none of the authorities.
    System,
    /// The authority's certificate: of what is self-signed itself.
    Authority,
    /// The server's own certificate in the place of an authority's.
    Itself,
    /// The pin of the certificate.
    Pin,
    /// The pin of its key.
    KeyPin,
    /// Nothing is checked but that the server holds the key of what it presents.
    Insecure,
}

impl Mode {
    /// Every mode, in the order of the table's columns.
    pub const ALL: [Self; 6] = [Self::System, Self::Authority, Self::Itself, Self::Pin, Self::KeyPin, Self::Insecure];

    const fn heading(self) -> &'static str {
        match self {
            Self::System => "the system's roots",
            Self::Authority => "`--tls-ca`, its authority",
            Self::Itself => "`--tls-ca`, the certificate itself",
            Self::Pin => "`--tls-pin sha256:…`",
            Self::KeyPin => "`--tls-pin spki-sha256:…`",
            Self::Insecure => "`--tls-insecure`",
        }
    }
}

/// What comes of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is accepted.
    Accepted,
    /// It is refused, for this.
    Refused(RefusalKind),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the server presents.
    pub served: Served,
    /// The same in words.
    pub words: &'static str,
    /// What comes of it in each of [`Mode::ALL`].
    pub verdicts: [Verdict; 6],
}

impl Row {
    /// The modes, with what comes of each.
    pub fn cells(&self) -> impl Iterator<Item = (Mode, Verdict)> {
        Mode::ALL.into_iter().zip(self.verdicts)
    }
}

/// Makes each certificate of the table, and hands it over with its row.
///
/// # Panics
/// When a certificate cannot be made.
pub fn each_row(mut run: impl FnMut(&Row, &Made)) {
    for row in CERTIFICATES {
        run(row, &Made::new(row.served));
    }
}

/// The table as the page has it.
#[must_use]
pub fn table() -> String {
    let mut out = String::from("| the server presents |");
    for mode in Mode::ALL {
        let _ = write!(out, " {} |", mode.heading());
    }
    out += "\n|---|";
    out += &"---|".repeat(Mode::ALL.len());
    out.push('\n');
    for row in CERTIFICATES {
        let _ = write!(out, "| {} |", row.words);
        for (_, verdict) in row.cells() {
            let _ = write!(out, " {} |", words(verdict));
        }
        out.push('\n');
    }
    out
}

fn words(verdict: Verdict) -> &'static str {
    let Verdict::Refused(kind) = verdict else { return "yes" };
    match kind {
        RefusalKind::UnknownIssuer => "no: unknown authority",
        RefusalKind::SelfSigned => "no: self-signed",
        RefusalKind::NameMismatch => "no: other names",
        RefusalKind::Expired => "no: expired",
        RefusalKind::NotYetValid => "no: not valid yet",
        RefusalKind::PinMismatch => "no: not the pinned one",
        RefusalKind::OldX509Version => "no: old X.509 version",
        RefusalKind::BadSignature => "no: wrong signature",
        _ => "no",
    }
}

/// Compares what came of a handshake with the table; a refusal is given in the words that the application was shown. That they
/// say what the server presented and what would accept it. Gives those remedies, which are to be tried.
///
/// # Panics
/// When they differ.
#[must_use]
pub fn check(row: &Row, mode: Mode, made: &Made, outcome: Result<(), &str>) -> Vec<Trust> {
    let place = format!("{}, {mode:?}", row.words);
    let verdict = row.verdicts[Mode::ALL.iter().position(|own| *own == mode).expect("a mode")];
    match (verdict, outcome) {
        (Verdict::Accepted, Ok(())) => Vec::new(),
        (Verdict::Refused(kind), Err(text)) => {
            let expected = format!("TLS with `{}` failed: {}", NAMES[0], sentence(kind));
            assert!(text.contains(&expected), "{place}: {expected:?} is not in {text}");
            remedies(&place, verdict, made, text)
        }
        (verdict, outcome) => panic!("{place}: {verdict:?} is expected, and it was {outcome:?}"),
    }
}

/// How the words for a kind of refusal begin.
fn sentence(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::UnknownIssuer => "no trusted authority issued the certificate",
        RefusalKind::SelfSigned => "the certificate is self-signed",
        RefusalKind::NameMismatch => "the certificate is not for `127.0.0.1`",
        RefusalKind::Expired => "the certificate has expired",
        RefusalKind::NotYetValid => "the certificate is not valid yet (is this machine's clock right?)",
        RefusalKind::PinMismatch => "the certificate is not the pinned one",
        RefusalKind::OldX509Version => "the certificate is of an old X.509 version",
        RefusalKind::BadSignature => "a signature is wrong",
        other => panic!("{other:?} is not in the table"),
    }
}

/// What a refusal's words offer, after a look at the facts in them.
///
/// # Panics
/// When they lack one.
fn remedies(place: &str, verdict: Verdict, made: &Made, text: &str) -> Vec<Trust> {
    let facts = CertificateFacts::from_der(made.tls.certificate()).expect("a certificate");
    let names = facts.dns_names.iter().cloned().chain(facts.ip_addresses.iter().map(ToString::to_string));
    let names: Vec<String> = names.collect();
    let names = if names.is_empty() { "(none)".to_owned() } else { names.join(", ") };
    for part in [
        format!("subject  {}", facts.subject),
        format!("issuer   {}", facts.issuer),
        format!("names    {names}"),
        format!("valid    {} to {}", facts.not_before, facts.not_after),
        format!("version  X.509 v{}", facts.version),
        format!("SHA-256  {}", facts.pin),
        format!("--tls-pin {}", facts.pin),
        format!("--tls-pin {}", facts.key_pin),
        "--tls-insecure".to_owned(),
    ] {
        assert!(text.contains(&part), "{place}: {part:?} is not in {text}");
    }
    let offers_file = match verdict {
        // By its authority it would be refused for its names.
        Verdict::Refused(RefusalKind::UnknownIssuer) => facts.ip_addresses.contains(&Ipv4Addr::LOCALHOST.into()),
        verdict => verdict == Verdict::Refused(RefusalKind::SelfSigned),
    };
    assert_eq!(text.contains("--tls-ca FILE"), offers_file, "{place}: {text}");
    let pins = text.lines().filter_map(|line| line.trim().strip_prefix("--tls-pin "));
    let mut remedies: Vec<Trust> =
        pins.map(|pin| Trust::Pins(vec![pin.parse().unwrap_or_else(|error| panic!("{place}: {error}"))])).collect();
    assert_eq!(remedies.len(), 2, "{place}: {text}");
    if offers_file {
        remedies.push(Trust::ca_pem(made.issuer_pem.as_bytes()).expect("PEM"));
    }
    remedies
}
