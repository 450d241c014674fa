//! The name of a call, or of a message.

use super::wire_text;

wire_text! {
    /// The id of a call, or in a CDR of a sent SMS that of the message, as the wire wrote it. The recording of the call
    /// is asked for by it.
    pub struct UniqueId<S>;
}

/// What a [`UniqueId`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UniqueIdKind {
    /// `1639563902.75`: the second in which the call's channel was made, and a counter.
    Call {
        /// Unix seconds, of the years 1973 to 2286.
        unix_seconds: i64,
        /// The counter.
        sequence: u64,
    },
    /// `3421756012963258480`: the `responseId` of a sent SMS. Says nothing about time.
    Sms,
    /// Anything else.
    Other,
}

impl<S: AsRef<str>> UniqueId<S> {
    /// What it is: nine or ten digits, a dot and digits are a call, with a system name and a hyphen before them too
    /// (as Asterisk writes where it has a system name); 15 to 20 digits alone are a message.
    #[must_use]
    pub fn kind(&self) -> UniqueIdKind {
        let raw = self.raw();
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_digits(raw) {
            return if (15..=20).contains(&raw.len()) { UniqueIdKind::Sms } else { UniqueIdKind::Other };
        }
        let id = raw.rsplit_once('-').map_or(raw, |(_, id)| id);
        match id.split_once('.') {
            Some((seconds, sequence))
                if (9..=10).contains(&seconds.len()) && is_digits(seconds) && is_digits(sequence) =>
            {
                match (seconds.parse(), sequence.parse()) {
                    (Ok(unix_seconds), Ok(sequence)) => UniqueIdKind::Call { unix_seconds, sequence },
                    _ => UniqueIdKind::Other,
                }
            }
            _ => UniqueIdKind::Other,
        }
    }
}
