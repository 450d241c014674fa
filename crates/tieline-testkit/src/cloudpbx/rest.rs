//! The table of the samples of CloudPBX's REST calls.

/// What a sample is the answer of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestKind {
    /// `cdr`: an array of records.
    Cdr,
    /// `record`: an array of records.
    Record,
    /// `sendSMS`: one object.
    SendSms,
}

/// One JSON sample of a REST call, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RestFixture {
    /// The file below `fixtures/cloudpbx/rest/`, without `.json`. Unique.
    pub name: &'static str,
    /// Whose answer it is.
    pub kind: RestKind,
    /// The sample as printed, with its white space.
    pub text: &'static str,
}

impl RestFixture {
    /// Whether the vendor's document shows it. Otherwise the names are documented and the values are ours.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.name.starts_with("document/")
    }
}

macro_rules! fixture {
    ($kind:ident, $name:literal) => {
        RestFixture {
            name: $name,
            kind: RestKind::$kind,
            text: include_str!(concat!("../../fixtures/cloudpbx/rest/", $name, ".json")),
        }
    };
}

/// Every JSON sample of the REST part of the CloudPBX document, in its order; then the assumed ones: the CDR with slashes
/// escaped, as the vendor's wiki shows a channel, the CDR of a sent SMS, and a refused SMS.
pub const CLOUDPBX_REST: &[RestFixture] = &[
    fixture!(Cdr, "document/01-cdr"),
    fixture!(Record, "document/02-record"),
    fixture!(SendSms, "document/03-sendSMS"),
    fixture!(Cdr, "assumed/04-cdr-escaped"),
    fixture!(Cdr, "assumed/05-cdr-sms"),
    fixture!(SendSms, "assumed/06-sendSMS-refused"),
];
