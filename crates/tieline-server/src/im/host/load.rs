//! How much of a line's requests is decided at once: what they are answered with has to find room on the line, however many a
//! client asks for without waiting.

use tieline_core::Text;
use tieline_portsip_im::server::ServerRequestId;
use tieline_portsip_im::service::ServiceConfig;
use tieline_portsip_im::{ClientBody, ClientMessage, Section};

/// What any answer takes, about.
const ANSWER: usize = 512;

/// What the sections of an answer may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    /// A description, with two cards.
    desc: usize,
    /// A list of members, topics or deletions, in memory or on the wire.
    list: usize,
}

impl Costs {
    pub(super) const fn of(config: &ServiceConfig) -> Self {
        Self { desc: config.card_bytes.saturating_mul(2), list: config.answer_bytes.saturating_mul(2) }
    }
}

/// The requests of one line that are being decided, and what they weigh: their own bytes, as a message comes back to who
/// publishes it and goes to others, and what they ask for.
pub(super) struct Load {
    under_way: Vec<(ServerRequestId, usize)>,
    bytes: usize,
    costs: Costs,
    /// The `queued_bytes` of the session.
    limit: usize,
}

impl Load {
    pub(super) const fn new(costs: Costs, limit: usize) -> Self {
        Self { under_way: Vec::new(), bytes: 0, costs, limit }
    }

    /// What a request of so many bytes weighs, at most.
    pub(super) fn weight(&self, message: &ClientMessage<Text>, bytes: usize) -> usize {
        let what = match &message.body {
            ClientBody::Get(get) => get.what.as_deref(),
            ClientBody::Sub(sub) => sub.get.as_deref().and_then(|get| get.what.as_deref()),
            _ => None,
        };
        let section = |section| match section {
            Section::Data => self.limit / 2,
            Section::Sub | Section::Del => self.costs.list,
            Section::Desc => self.costs.desc,
            _ => ANSWER,
        };
        let asked = Section::list(what.unwrap_or_default()).map(section).sum::<usize>();
        // The answer has at least one message of a page, or entry of a list, however little room there is.
        asked.min(self.limit / 2).saturating_add(bytes).saturating_add(ANSWER)
    }

    /// Whether a request weighs so little that there may be as many as may be in flight.
    pub(super) const fn is_small(&self, weight: usize) -> bool {
        weight <= self.limit / 1024
    }

    /// Whether a request may be decided now, while so many bytes wait to be sent.
    ///
    /// What a line publishes at once has to find room on the lines of others too, with what others publish. As these lines are
    /// told what this one is told, whoever publishes more than is read waits for it here.
    pub(super) fn admits(&self, weight: usize, waiting: usize) -> bool {
        let is_alone = self.under_way.is_empty();
        (is_alone || self.bytes.saturating_add(weight) <= self.limit / 16) && waiting <= self.limit / 8
    }

    /// It is being decided.
    pub(super) fn begin(&mut self, request: ServerRequestId, weight: usize) {
        self.under_way.push((request, weight));
        self.bytes = self.bytes.saturating_add(weight);
    }

    /// It is decided, and its answer is among what waits to be sent.
    pub(super) fn end(&mut self, request: ServerRequestId) {
        if let Some(at) = self.under_way.iter().position(|(under_way, _)| *under_way == request) {
            let (_, weight) = self.under_way.swap_remove(at);
            self.bytes = self.bytes.saturating_sub(weight);
        }
        if self.under_way.is_empty() {
            // A line at rest holds no memory for more.
            self.under_way = Vec::new();
        }
    }
}
