//! What the people of the day write to each other: now and then a few lines between two, or in a group.

use std::collections::VecDeque;
use std::time::Duration;

use tieline_core::{Instant, Random, Seed};

use crate::scenario::{Group, ImAct, Receipt, Word};

/// Separates the random numbers of talk from those of other parts of the simulator.
const PURPOSE: u64 = 0xC4A7;

/// The group of the sales department.
const SALES: &str = "sales";
/// The group of the support department.
const SUPPORT: &str = "support";

/// The departments with their groups: the id, the name, the owner and the other members.
const GROUPS: [(&str, &str, &str, &[&str]); 2] = [
    (SALES, "Sales Department", "109", &["101", "102", "103", "104"]),
    (SUPPORT, "Support Department", "105", &["106", "107", "108"]),
];

/// Who talks to whom.
const PAIRS: [(&str, &str); 6] =
    [("101", "102"), ("102", "109"), ("105", "108"), ("106", "107"), ("110", "111"), ("112", "110")];

/// What one says and the other answers.
const TALKS: [(&str, &str); 8] = [
    ("Can you take the next call from Bell & Sons?", "Yes, put them through."),
    ("The customer of this morning called again.", "I will call back before noon."),
    ("Lunch at half past twelve?", "Fine. The usual place."),
    ("Carrier Two is slow today.", "Seen it. It is being looked at."),
    ("Who has the price list for October?", "It is in the shared folder."),
    ("I am off in ten minutes.", "See you tomorrow!"),
    ("Ticket 4711 is solved.", "Great, thanks."),
    ("Does the headset in room 3 work again?", "Since yesterday, yes."),
];

/// The groups that the day begins with.
pub(crate) fn groups() -> Vec<Group> {
    let group = |(id, name, owner, members): &(&str, &str, &str, &[&str])| {
        members.iter().fold(Group::new(*id, *name, *owner), |group, member| group.member(*member))
    };
    GROUPS.iter().map(group).collect()
}

/// Talk without end; the same seed gives the same.
#[derive(Debug)]
pub(crate) struct Chatter {
    random: Random,
    next: Instant,
    /// What is left of the talk that goes on.
    planned: VecDeque<(Instant, ImAct)>,
}

impl Chatter {
    /// The first line comes after five seconds.
    pub(crate) fn new(seed: Seed) -> Self {
        let next = Instant::from_epoch(Duration::from_secs(5));
        Self { random: Random::new(seed, PURPOSE), next, planned: VecDeque::new() }
    }

    /// When somebody does something next.
    pub(crate) fn next_due(&self) -> Instant {
        self.planned.front().map_or(self.next, |(due, _)| *due)
    }

    /// What somebody does by `until`.
    pub(crate) fn take_due(&mut self, until: Instant) -> Option<ImAct> {
        if self.next_due() > until {
            return None;
        }
        if self.planned.is_empty() {
            self.plan();
        }
        self.planned.pop_front().map(|(_, act)| act)
    }

    /// Plans a talk: somebody types and writes, the other reads it, types and answers.
    fn plan(&mut self) {
        let talk = *self.pick(&TALKS);
        let (one, other, to) = if self.random.below(3) == 0 {
            let (id, _, owner, members) = *self.pick(&GROUPS);
            (owner, *self.pick(members), Some(id))
        } else {
            let (one, other) = *self.pick(&PAIRS);
            (one, other, None)
        };
        let word = |text: &str| Word::from(text.to_owned());
        let typing = |by: &str, peer: &str| ImAct::Typing { by: word(by), to: word(to.unwrap_or(peer)) };
        let say = |from: &str, peer: &str, text: &str| ImAct::Message {
            from: word(from),
            to: word(to.unwrap_or(peer)),
            text: text.to_owned(),
        };
        let read = ImAct::Receipt { by: word(other), of: word(to.unwrap_or(one)), what: Receipt::Read };
        let acts = [typing(one, other), say(one, other, talk.0), read, typing(other, one), say(other, one, talk.1)];
        let mut at = self.next;
        for act in acts {
            self.planned.push_back((at, act));
            at = at + Duration::from_millis(1_000 + u64::from(self.random.below(3_000)));
        }
        self.next = at + Duration::from_secs(5 + u64::from(self.random.below(20)));
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.random.below(u32::try_from(from.len()).unwrap_or(1)) as usize;
        from.get(index).unwrap_or(&from[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_talk_in_order_of_time() {
        let talk = |seed| {
            let mut chatter = Chatter::new([seed; 16]);
            let mut talk = Vec::new();
            while talk.len() < 200 {
                let due = chatter.next_due();
                let act = chatter.take_due(due).expect("due");
                talk.push((due, format!("{act:?}")));
            }
            talk
        };
        let one = talk(7);
        assert!(one.is_sorted_by_key(|(due, _)| *due) && one == talk(7) && one != talk(8));
    }
}
