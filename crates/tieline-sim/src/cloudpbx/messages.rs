//! Text messages on their way.

use std::collections::BTreeMap;
use std::time::Duration;

use tieline_cloudpbx::SmsState;
use tieline_core::{Instant, Random, Seed};

/// Separates the ids' random numbers from those of other parts of the simulator.
const PURPOSE: u64 = 0x5A5;
/// How long a message waits to be sent. ASSUMED, as are the steps and times of its way.
const SENDING: Duration = Duration::from_secs(1);
/// How long until the operator reports.
const REPORT: Duration = Duration::from_secs(3);
/// So many messages are on their way at once.
const MOST: usize = 10_000;

/// A message and the state it has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// When.
    pub(crate) at: Instant,
    /// The message's id: 19 digits.
    pub(crate) id: String,
    /// Where it goes: nine digits.
    pub(crate) to: String,
    /// The state.
    pub(crate) state: SmsState<String>,
}

/// The messages that have not come to an end.
#[derive(Debug)]
pub(crate) struct Messages {
    random: Random,
    due: BTreeMap<(Instant, u64), Told>,
    count: u64,
}

impl Messages {
    pub(super) fn new(seed: Seed) -> Self {
        Self { random: Random::new(seed, PURPOSE), due: BTreeMap::new(), count: 0 }
    }

    /// Sends a message; its id. The end of its way is read from the number, so that each can be had: `…01` is rejected,
    /// `…02` expires, `…03` is not delivered after another attempt, all others are delivered. A test goes no way at all.
    /// `None` when too many are on their way.
    pub(crate) fn send(&mut self, now: Instant, to: &str, test: bool) -> Option<String> {
        if self.due.len() + 3 > MOST {
            return None;
        }
        let id = self.id();
        let way: &[SmsState<String>] = match to.get(to.len().saturating_sub(2)..) {
            _ if test => &[],
            Some("01") => &[SmsState::Rejected],
            Some("02") => &[SmsState::Sent, SmsState::Expired],
            Some("03") => &[SmsState::Sent, SmsState::Renewal, SmsState::Undelivered],
            _ => &[SmsState::Sent, SmsState::Delivered],
        };
        let mut at = now;
        for (step, state) in way.iter().enumerate() {
            at = at + if step == 0 { SENDING } else { REPORT };
            self.count += 1;
            let told = Told { at, id: id.clone(), to: to.to_owned(), state: state.clone() };
            self.due.insert((at, self.count), told);
        }
        Some(id)
    }

    /// Nineteen digits, the first of them a 3 as in the document's sample.
    fn id(&mut self) -> String {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        format!("3{:018}", u64::from_le_bytes(bytes) % 1_000_000_000_000_000_000)
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// The next state that a message has come to by `until`.
    pub(crate) fn take_due(&mut self, until: Instant) -> Option<Told> {
        self.next_due().filter(|due| *due <= until)?;
        self.due.pop_first().map(|(_, told)| told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(to: &str, test: bool) -> Vec<String> {
        let mut messages = Messages::new([7; 16]);
        let id = messages.send(Instant::EPOCH, to, test).expect("room");
        assert!(id.len() == 19 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert_eq!(messages.take_due(Instant::EPOCH), None, "nothing is told at once");
        let told = std::iter::from_fn(|| messages.take_due(Instant::from_millis(60_000)));
        told.inspect(|told| assert_eq!(told.id, id)).map(|told| told.state.as_str().to_owned()).collect()
    }

    #[test]
    fn the_number_decides_how_a_message_ends() {
        assert_eq!(states("600100200", false), ["SENT", "DELIVERED"]);
        assert_eq!(states("600100201", false), ["REJECTED"]);
        assert_eq!(states("600100202", false), ["SENT", "EXPIRED"]);
        assert_eq!(states("600100203", false), ["SENT", "RENEWAL", "UNDELIVERED"]);
    }

    #[test]
    fn a_test_is_told_of_no_more() {
        assert_eq!(states("600100200", true), [""; 0]);
    }

    #[test]
    fn messages_on_their_way_are_bounded() {
        let mut messages = Messages::new([7; 16]);
        let sent = std::iter::from_fn(|| messages.send(Instant::EPOCH, "600100200", false)).take(MOST).count();
        assert!((MOST / 2 - 2..MOST / 2).contains(&sent), "{sent}");
    }
}
