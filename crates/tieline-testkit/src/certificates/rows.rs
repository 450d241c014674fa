//! The rows.

use tieline_tls::RefusalKind::{
    BadSignature, Expired, NameMismatch, NotYetValid, OldX509Version, PinMismatch, SelfSigned, UnknownIssuer,
};

use super::{Row, Served, Verdict};

const YES: Verdict = Verdict::Accepted;

macro_rules! cell {
    (yes) => {
        YES
    };
    ($kind:ident) => {
        Verdict::Refused($kind)
    };
}

macro_rules! rows {
    ($($served:expr, $words:literal: $($cell:ident)*;)*) => {
        &[$(Row { served: $served, words: $words, verdicts: [$(cell!($cell)),*] }),*]
    };
}

/// What servers present, and what comes of it: under the system's roots, its authority, itself as one, its pin, its key's
/// pin, and without any check.
#[rustfmt::skip]
pub const CERTIFICATES: &[Row] = rows![
    Served::SelfSigned { authority: true, names: true }, "self-signed, `CA:TRUE`":
        SelfSigned yes yes yes yes yes;
    Served::SelfSigned { authority: false, names: true }, "self-signed, `CA:FALSE`":
        SelfSigned yes yes yes yes yes;
    Served::SelfSigned { authority: true, names: false }, "self-signed, `CA:TRUE`, without alternative names":
        SelfSigned yes yes yes yes yes;
    Served::SelfSigned { authority: false, names: false }, "self-signed, `CA:FALSE`, without alternative names":
        SelfSigned yes yes yes yes yes;
    Served::SelfSignedExpired, "self-signed and expired":
        Expired yes yes yes yes yes;
    Served::SelfSignedRenewed { authority: true }, "self-signed, `CA:TRUE`, renewed with the same key; the one before is trusted":
        SelfSigned SelfSigned SelfSigned PinMismatch yes yes;
    Served::SelfSignedRenewed { authority: false }, "self-signed, `CA:FALSE`, renewed with the same key; the one before is trusted":
        SelfSigned yes yes PinMismatch yes yes;
    Served::Version1, "self-signed, X.509 version 1":
        OldX509Version yes yes yes yes yes;
    Served::Issued, "by a private authority":
        UnknownIssuer yes yes yes yes yes;
    Served::Intermediate, "by an intermediate authority, sent with it":
        UnknownIssuer yes yes yes yes yes;
    Served::IntermediateLeftOut, "by an intermediate authority, not sent; the root is trusted":
        UnknownIssuer UnknownIssuer yes yes yes yes;
    Served::RenewedSameKey, "by a private authority, renewed with the same key; the one before is trusted":
        UnknownIssuer yes UnknownIssuer PinMismatch yes yes;
    Served::RenewedOtherKey, "by a private authority, renewed with another key; the one before is trusted":
        UnknownIssuer yes UnknownIssuer PinMismatch PinMismatch yes;
    Served::Impostor, "by an authority that only has the name of the trusted one":
        UnknownIssuer BadSignature UnknownIssuer PinMismatch PinMismatch yes;
    Served::Expired, "by a private authority, expired":
        Expired Expired yes yes yes yes;
    Served::NotYetValid, "by a private authority, not valid yet":
        NotYetValid NotYetValid yes yes yes yes;
    Served::WrongName, "by a private authority, for other names":
        UnknownIssuer NameMismatch yes yes yes yes;
    Served::NoNames, "by a private authority, its name in `CN` only":
        UnknownIssuer NameMismatch yes yes yes yes;
];
