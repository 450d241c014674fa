//! Whom an event concerns.

use core::array;
use core::fmt;
use core::iter::{Flatten, FusedIterator};
use core::slice;

use super::payload::Facts;
use super::{CallTarget, ExtensionState, QueueAgent};
use crate::sip::user_part;

/// The numbers of the extensions that an event concerns; made by [`Event::extensions`](super::Event::extensions).
#[derive(Clone)]
pub struct Extensions<'e, S> {
    parties: Flatten<array::IntoIter<Option<&'e S>, 5>>,
    states: slice::Iter<'e, ExtensionState<S>>,
    targets: slice::Iter<'e, CallTarget<S>>,
    agents: slice::Iter<'e, QueueAgent<S>>,
    removed_agents: slice::Iter<'e, QueueAgent<S>>,
}

impl<'e, S> Extensions<'e, S> {
    pub(super) fn of(facts: Facts<'e, S>) -> Self {
        Self {
            parties: facts.parties.into_iter().flatten(),
            states: facts.states.iter(),
            targets: facts.targets.iter(),
            agents: facts.agents.iter(),
            removed_agents: facts.removed_agents.iter(),
        }
    }
}

impl<S: AsRef<str> + Clone> fmt::Debug for Extensions<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'e, S: AsRef<str>> Iterator for Extensions<'e, S> {
    type Item = &'e str;

    fn next(&mut self) -> Option<&'e str> {
        loop {
            let address = if let Some(party) = self.parties.next() {
                Some(party)
            } else if let Some(state) = self.states.next() {
                state.extension.as_ref()
            } else if let Some(target) = self.targets.next() {
                target.callee.as_ref()
            } else if let Some(agent) = self.agents.next() {
                agent.agent_extension_number.as_ref()
            } else {
                self.removed_agents.next()?.agent_extension_number.as_ref()
            };
            match address.map(|address| user_part(address.as_ref())) {
                None | Some("") => {}
                number => return number,
            }
        }
    }
}

impl<S: AsRef<str>> FusedIterator for Extensions<'_, S> {}
