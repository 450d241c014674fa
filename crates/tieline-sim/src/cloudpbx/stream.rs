//! The world in the words of the event stream.
//!
//! An event is told when what it says is no longer what was told before. `cmember` is never told: the world has no
//! conferences. ASSUMED is all that the document leaves open:
//! - one event a message, and for a telephone `subscriber`, `extstatus` and a `qmember` for each of its queues, in this
//!   order;
//! - who calls is connecting until put through; who holds is in use and on hold; the held side is told nothing;
//! - what owners say of themselves is told nobody, nor is that an extension, a queue or an agent was removed;
//! - callers who wait to be called back are no calls in a queue;
//! - agents are dynamic, and in a break while they are not ready or logged out; a call counts as taken when it is answered.

use std::collections::BTreeMap;

use tieline_cloudpbx::stream::{
    Event, ExtensionStatus, Flag, Membership, QueueCalls, QueueMember, Quoted, SmsSendResponse, State, Subscriber,
};
use tieline_cloudpbx::{Location, SmsState};

use super::lines::{Lines, Peer, device_state};
use super::messages::Told;
use crate::filled::filled;
use crate::world::{
    Administration, AgentMode, AgentState, AgentView, Happening, Profile, QueueCallerReason, QueueProfile, TenantKey,
    WaitingKind, World,
};

/// Why an agent is in a break that logged out; one that is not ready gives no reason.
const LOGGED_OUT: &str = "Logged out";

/// What was told on the stream, and what must be known to tell more.
#[derive(Debug)]
pub(super) struct Stream {
    pbx: String,
    lines: Lines,
    /// What was told last of each extension.
    told: BTreeMap<String, (State, Option<Peer>)>,
    /// By number.
    queues: BTreeMap<String, Queue>,
}

#[derive(Debug)]
struct Queue {
    name: String,
    waiting: u64,
    /// By the number of the extension.
    agents: BTreeMap<String, Agent>,
}

impl Queue {
    fn new(profile: &QueueProfile) -> Self {
        Self { name: profile.name.clone(), waiting: 0, agents: BTreeMap::new() }
    }

    fn calls(&self) -> Event<String> {
        Event::Queue(filled!(QueueCalls { peer: self.name.clone(), calls: Quoted(self.waiting) }))
    }
}

#[derive(Debug)]
struct Agent {
    name: String,
    paused: bool,
    taken: u64,
    /// The queue's call that it is in: the session id.
    call: Option<String>,
    told: Option<QueueMember<String>>,
}

impl Agent {
    fn new(view: &AgentView) -> Self {
        Self {
            name: view.profile.display_name.clone(),
            paused: matches!(view.state, AgentState::NotReady | AgentState::LoggedOut),
            taken: 0,
            call: view.call.as_ref().map(|call| call.session_id.clone()),
            told: None,
        }
    }
}

impl Stream {
    /// What holds at a tenant counts as told: a stream begins with the next change.
    pub(super) fn new(pbx: &str, world: &World, tenant: TenantKey) -> Self {
        let mut stream =
            Self { pbx: pbx.to_owned(), lines: Lines::default(), told: BTreeMap::new(), queues: BTreeMap::new() };
        for extension in world.extension_states(tenant) {
            stream.lines.add(&extension.profile.number, extension.online);
        }
        for state in world.queue_states(tenant) {
            let mut queue = Queue::new(&state.profile);
            queue.agents = state.agents.iter().map(|agent| (agent.profile.number.clone(), Agent::new(agent))).collect();
            stream.queues.insert(state.profile.number.clone(), queue);
        }
        let mut known = Vec::new();
        for extension in world.extension_states(tenant) {
            stream.tell_line(&extension.profile.number, &mut known);
        }
        stream
    }

    /// What is to be told of something that happened at the tenant.
    pub(super) fn tell(&mut self, happening: &Happening) -> Vec<Event<String>> {
        let mut events = Vec::new();
        for number in self.lines.note(happening) {
            self.tell_line(&number, &mut events);
        }
        match happening {
            Happening::Extension { profile, change: Administration::Destroyed } => {
                self.told.remove(&profile.number);
            }
            Happening::QueueCaller { queue, kind, reason, .. } => {
                self.tell_waiting(queue, *kind, *reason, &mut events);
            }
            Happening::Agent { queue, agent, .. } => self.tell_agent(queue, agent, &mut events),
            Happening::AgentMode { queue, profile, mode } => self.tell_break(queue, profile, *mode, &mut events),
            Happening::AgentRemoved { queue, profile } => {
                if let Some(queue) = self.queues.get_mut(&queue.number) {
                    queue.agents.remove(&profile.number);
                }
            }
            Happening::Queue { profile, change: Administration::Destroyed } => {
                self.queues.remove(&profile.number);
            }
            Happening::Queue { profile, .. } => {
                let queue = self.queues.entry(profile.number.clone()).or_insert_with(|| Queue::new(profile));
                queue.name.clone_from(&profile.name);
                events.push(queue.calls());
            }
            _ => {}
        }
        events
    }

    /// Tells what the telephones of an extension do, and the queues it is an agent of, if it is news.
    fn tell_line(&mut self, number: &str, events: &mut Vec<Event<String>>) {
        let Some(state) = self.lines.state(number) else { return };
        let peer = self.lines.peer(number).cloned();
        let before = self.told.insert(number.to_owned(), (state, peer.clone()));
        if before.as_ref() != Some(&(state, peer.clone())) {
            let mut subscriber = filled!(Subscriber { peer: account(&self.pbx, number), state: state });
            if let Some((number, name)) = peer {
                subscriber.connect_peer_number = Some(number);
                subscriber.connect_peer_name = Some(name).filter(|name| !name.is_empty());
            }
            events.push(Event::Subscriber(subscriber));
        }
        if before.is_some_and(|(before, _)| before == state) {
            return;
        }
        events.push(Event::ExtensionStatus(filled!(ExtensionStatus { exten: number.to_owned(), status: state })));
        for queue in self.queues.values_mut() {
            if let Some(agent) = queue.agents.get_mut(number) {
                tell_member(&self.pbx, &queue.name, number, state, agent, None, events);
            }
        }
    }

    fn tell_waiting(
        &mut self,
        queue: &QueueProfile,
        kind: WaitingKind,
        reason: QueueCallerReason,
        events: &mut Vec<Event<String>>,
    ) {
        let Some(queue) = self.queues.get_mut(&queue.number) else { return };
        queue.waiting = match (reason, kind) {
            (QueueCallerReason::Enqueued, _) => queue.waiting + 1,
            // Left the line when the callback was asked for, and was told then.
            (QueueCallerReason::AgentAnswered, WaitingKind::Callback) => return,
            _ => queue.waiting.saturating_sub(1),
        };
        events.push(queue.calls());
    }

    fn tell_agent(&mut self, queue: &QueueProfile, view: &AgentView, events: &mut Vec<Event<String>>) {
        let number = &view.profile.number;
        let Some(state) = self.lines.state(number) else { return };
        let Some(queue) = self.queues.get_mut(&queue.number) else { return };
        let agent = queue.agents.entry(number.clone()).or_insert_with(|| Agent::new(view));
        let call = view.call.as_ref().map(|call| call.session_id.clone());
        if call.is_some() && call != agent.call {
            agent.taken += 1;
        }
        agent.call = call;
        tell_member(&self.pbx, &queue.name, number, state, agent, None, events);
    }

    fn tell_break(&mut self, queue: &QueueProfile, of: &Profile, mode: AgentMode, events: &mut Vec<Event<String>>) {
        let Some(state) = self.lines.state(&of.number) else { return };
        let Some(queue) = self.queues.get_mut(&queue.number) else { return };
        let Some(agent) = queue.agents.get_mut(&of.number) else { return };
        agent.paused = mode != AgentMode::Ready;
        let reason = (mode == AgentMode::LoggedOut).then(|| LOGGED_OUT.to_owned());
        tell_member(&self.pbx, &queue.name, &of.number, state, agent, reason, events);
    }
}

/// The account of an extension.
fn account(pbx: &str, number: &str) -> String {
    format!("{pbx}-{number}")
}

/// Tells what an agent of a queue does, if it is news or has a reason.
fn tell_member(
    pbx: &str,
    queue: &str,
    number: &str,
    state: State,
    agent: &mut Agent,
    reason: Option<String>,
    events: &mut Vec<Event<String>>,
) {
    let peer = account(pbx, number);
    let member = filled!(QueueMember {
        location: Location::new(format!("SIP/{peer}")),
        peer: peer,
        queue: queue.to_owned(),
        status: device_state(state),
        calls_taken: Quoted(agent.taken),
        membership: Membership::Dynamic,
        paused: Flag(agent.paused),
        name: agent.name.clone(),
    });
    if agent.told.as_ref() == Some(&member) && reason.is_none() {
        return;
    }
    agent.told = Some(member.clone());
    let mut member = member;
    member.reason = reason;
    events.push(Event::QueueMember(member));
}

/// The state that a message has come to. The number has its country code here.
pub(super) fn sms(told: Told) -> Event<String> {
    let Told { id, to, state, .. } = told;
    let status: SmsState<String> = state;
    Event::SmsSendResponse(filled!(SmsSendResponse { message_id: id, to: format!("48{to}"), status: status }))
}
