//! What is asked of `events`.

/// The parameters of `GET events`. All may be absent; what the server then does no document says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Poll {
    /// Events after this number. Without it, with a limit: the newest.
    pub last: Option<u64>,
    /// At most so many.
    pub limit: Option<u64>,
    /// How many seconds to wait for an event when there is none; 0: not at all. (That it is seconds is inferred.)
    pub timeout: Option<u64>,
}

/// A parameter of [`Poll`] that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
#[non_exhaustive]
pub enum PollError {
    /// `last` is no number.
    Last,
    /// `limit` is no number, or 0: that asks for nothing.
    Limit,
    /// `timeout` is no number.
    Timeout,
}

impl PollError {
    /// The error in words, without anything of the request.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Last => "`last` must be a whole number, 0 or more",
            Self::Limit => "`limit` must be a whole number, 1 or more",
            Self::Timeout => "`timeout` must be a whole number of seconds, 0 or more",
        }
    }
}

impl Poll {
    /// The newest event, at once: where the log is.
    pub const NEWEST: Self = Self { last: None, limit: Some(1), timeout: Some(0) };

    /// The events after `last`, waiting up to `timeout` seconds for one.
    #[must_use]
    pub const fn after(last: u64, timeout: u64) -> Self {
        Self { last: Some(last), limit: None, timeout: Some(timeout) }
    }

    /// Names and values of what is present, in the order of the reference client.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = [("last", self.last), ("limit", self.limit), ("timeout", self.timeout)];
        all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
    }

    /// Reads the parameters of a request; other names are ignored, of duplicates the last counts.
    ///
    /// # Errors
    /// When a parameter is there and cannot be meant: no number, too large a one, or a limit of 0.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, PollError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| digits)
        };
        let mut poll = Self::default();
        for (name, value) in pairs {
            let value = number(value.as_ref());
            match name.as_ref() {
                "last" => poll.last = Some(value.ok_or(PollError::Last)?),
                "limit" => poll.limit = Some(value.filter(|limit| *limit > 0).ok_or(PollError::Limit)?),
                "timeout" => poll.timeout = Some(value.ok_or(PollError::Timeout)?),
                _ => {}
            }
        }
        Ok(poll)
    }
}
