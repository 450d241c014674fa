//! What a service is started with.

use core::time::Duration;

use tieline_core::json::Raw;
use tieline_core::{Seed, Text};

/// What is stored and told when somebody joins a group for the first time.
///
/// Assumed: PortSIP's document answers a join with 202 and a `seq`, which only a message that is stored explains; what is in
/// that message no document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinNotice {
    /// The object that goes with it.
    pub head: Option<Raw<Text>>,
    /// The message.
    pub content: Option<Raw<Text>>,
}

impl Default for JoinNotice {
    /// The head `{"notice":"join"}` and an English text.
    fn default() -> Self {
        let raw = |json: &'static str| Raw::from_json(Text::from_static(json)).ok();
        Self { head: raw(r#"{"notice":"join"}"#), content: raw(r#""joined the group""#) }
    }
}

/// How many requests a session may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// So many a second in the long run.
    pub per_second: u32,
}

/// The clock, the seed, the limits and the times of a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// What the time of day is at [`Instant::EPOCH`](tieline_core::Instant::EPOCH): microseconds since
    /// 1970-01-01T00:00:00Z.
    pub epoch_unix_micros: i64,
    /// Where the names of groups are drawn from. Must differ from start to start, or names repeat.
    pub seed: Seed,
    /// What is stored when somebody joins a group; `None` answers a join with 200 and the access, as Tinode.
    pub join_notice: Option<JoinNotice>,
    /// Members of a group at most. Default 1000, PortSIP's.
    pub members: usize,
    /// Topics that a session is attached to at most. Default 1000.
    pub attached: usize,
    /// Topics of a user at most, those that the user left among them; invitations by others fill half of them at most, so
    /// that there is room for what the user begins. Default 10,000.
    pub topics: usize,
    /// Messages in a page of history at most. Default 100.
    pub page: u64,
    /// Entries of a list of subscriptions or deletions at most. Default 1024.
    pub entries: usize,
    /// Bytes of such a list at most, but one entry: entries are without `public` and `private` where that would leave no room
    /// for those behind them, and the list ends before the one that still goes beyond. Default 512 KiB, half of what clients
    /// of this workspace take in one message.
    pub answer_bytes: usize,
    /// Ranges of deleted messages, with others between, that are kept of a topic for everybody, and for each user, at most;
    /// a deletion that makes more is answered 422. Default 10,000. What hides nothing new is not kept.
    pub spans: usize,
    /// Deletions of messages of a topic for everybody, and of each user, at most, however many messages each is of: all are
    /// in memory while the topic is. One more is answered 422. Default 10,000.
    pub deletions: usize,
    /// Bytes of a `public` or `private` at most, of what a `set` or `sub` brings and of what it is merged into; more is
    /// answered 422. What the owner of the users gives an account ([`Arrival::public`](super::Arrival::public)) is not
    /// bounded. Default 32 KiB.
    pub card_bytes: usize,
    /// Requests of one session. Default 200 at once and 100 a second; more are answered 503.
    pub rate: Rate,
    /// How long a topic, and a user, counts as online after the last session left. Default 4 s.
    pub offline_after: Duration,
    /// How long after a change of a user's program others are told. Default 4 s.
    pub agent_after: Duration,
    /// Topics, and users, in memory before those that nobody uses are looked for and forgotten: at first, and again when
    /// there are twice as many as the last search left, at least so many. Default 10,000 each.
    pub idle: usize,
}

impl ServiceConfig {
    /// The usual limits, for a clock and a seed.
    #[must_use]
    pub fn new(epoch_unix_micros: i64, seed: Seed) -> Self {
        Self {
            epoch_unix_micros,
            seed,
            join_notice: Some(JoinNotice::default()),
            members: 1000,
            attached: 1000,
            topics: 10_000,
            page: 100,
            entries: 1024,
            answer_bytes: 512 << 10,
            spans: 10_000,
            deletions: 10_000,
            card_bytes: 32 << 10,
            rate: Rate { burst: 200, per_second: 100 },
            offline_after: Duration::from_secs(4),
            agent_after: Duration::from_secs(4),
            idle: 10_000,
        }
    }
}
