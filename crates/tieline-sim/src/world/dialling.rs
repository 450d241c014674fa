//! Calls begin, and are put to their targets.

use std::sync::Arc;
use std::time::Duration;

use super::call::{Call, CallInfo, CallKey, CallType, Direction, EndReason, Party, PartyKind, Target, TargetState};
use super::ending::Outcome;
use super::extension::Device;
use super::timers::Timer;
use super::{CallChange, Happening, Refused, TargetChange, TenantKey, World};

/// How long an extension rings.
const RING_TIME: Duration = Duration::from_secs(15);
/// How long a number outside rings.
const RING_TIME_OUTSIDE: Duration = Duration::from_secs(30);
/// How often a call is sent on before it is given up: `Max-Forwards` of RFC 3261, whose answer to more is 483. Queues that
/// overflow into each other would pass it round for ever.
const MOST_HOPS: u32 = 70;

/// Where a call comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Origin<'a> {
    /// An extension of the tenant.
    Extension(&'a str),
    /// A number outside.
    Trunk {
        /// The trunk's name.
        trunk: &'a str,
        /// The caller's number.
        number: &'a str,
        /// The caller's name, as the network tells it; may be empty.
        display_name: &'a str,
        /// The number that the caller dialled.
        did: &'a str,
    },
}

impl World {
    /// Somebody calls `to`: an extension, a queue, a number outside (five digits and more), or nothing at all.
    ///
    /// # Errors
    /// No such tenant, extension or trunk; the extension is in a call, or has no registered device.
    pub fn dial(&mut self, tenant: TenantKey, from: Origin<'_>, to: &str) -> Result<CallKey, Refused> {
        let mut callee = self.party(tenant, to)?;
        let mut outbound_caller_id = String::new();
        let (caller, did, trunk, direction) = match from {
            Origin::Extension(number) => {
                if self.extension(tenant, number)?.contacts.is_empty() {
                    return Err(Refused::NotRegistered);
                }
                if self.is_busy(tenant, number) {
                    return Err(Refused::Busy);
                }
                let caller = self.party(tenant, number)?;
                let mut trunk = None;
                let mut direction = Direction::Internal;
                if callee.kind == PartyKind::External {
                    direction = Direction::Outbound;
                    trunk = self.any_trunk(tenant)?;
                    outbound_caller_id =
                        trunk.as_ref().map(|trunk| trunk.outbound_caller_id.clone()).unwrap_or_default();
                }
                (caller, String::new(), trunk, direction)
            }
            Origin::Trunk { trunk, number, display_name, did } => {
                let line = self.site(tenant)?.trunks.get(trunk).filter(|line| line.connected);
                let trunk = Arc::clone(&line.ok_or(Refused::NoSuchTrunk)?.trunk);
                let caller = Party {
                    kind: PartyKind::External,
                    number: number.to_owned(),
                    id: None,
                    display_name: display_name.to_owned(),
                    host: trunk.host.clone(),
                };
                (caller, did.to_owned(), Some(trunk), Direction::Inbound)
            }
        };
        if direction == Direction::Outbound {
            callee.host = trunk.as_ref().map_or(callee.host, |trunk| trunk.host.clone());
        }
        let to = callee.clone();
        let key = self.open_call(tenant, |session_id, cdr_id, call_id| CallInfo {
            session_id,
            cdr_id,
            call_id,
            direction,
            caller,
            callee,
            did,
            outbound_caller_id,
            trunk,
        });
        self.route(key, to, CallType::Normal)?;
        self.settle();
        Ok(key)
    }

    pub(super) fn any_trunk(&self, tenant: TenantKey) -> Result<Option<Arc<super::Trunk>>, Refused> {
        let line = self.site(tenant)?.trunks.values().find(|line| line.connected);
        Ok(line.map(|line| Arc::clone(&line.trunk)))
    }

    fn is_connected(&self, tenant: TenantKey, trunk: &super::Trunk) -> bool {
        self.site(tenant).is_ok_and(|site| site.trunks.get(&trunk.name).is_some_and(|line| line.connected))
    }

    pub(super) fn open_call(
        &mut self,
        tenant: TenantKey,
        info: impl FnOnce(String, String, String) -> CallInfo,
    ) -> CallKey {
        let key = CallKey(self.next_call);
        self.next_call += 1;
        let (session, cdr) = (self.ids.snowflake(self.now), self.ids.snowflake(self.now));
        let info = Arc::new(info(session, cdr, self.ids.call_id()));
        let call = Call {
            key,
            tenant,
            info: Arc::clone(&info),
            started: self.now,
            rang: None,
            answered: None,
            targets: Vec::new(),
            held_by: None,
            queue: None,
            connected: None,
            round: 0,
            forwarded: false,
            hops: 0,
            is_callback: false,
        };
        self.calls.insert(key, call);
        self.emit(tenant, Happening::Call { call: info, change: CallChange::Started });
        key
    }

    /// Puts a call to `to`, as its next attempt.
    pub(super) fn route(&mut self, key: CallKey, to: Party, call_type: CallType) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        call.round += 1;
        let round = call.round;
        match to.kind {
            PartyKind::Extension => self.ring_extension(key, round, &to, call_type),
            PartyKind::Queue => {
                let destination = to.uri();
                self.add_target(key, to, destination, None, CallType::Queue)?;
                self.after(Duration::from_millis(400), Timer::QueueTakes { call: key, round });
                Ok(())
            }
            PartyKind::External => self.ring_outside(key, round, to),
            PartyKind::Unknown => self.fails_soon(key, round, 404),
        }
    }

    /// The call is sent on to `number`.
    pub(super) fn send_on(&mut self, key: CallKey, from: Party, number: &str) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        call.hops += 1;
        if call.hops > MOST_HOPS {
            let answered = call.answered.is_some();
            return self.finish(key, if answered { Outcome::Ended(EndReason::None) } else { Outcome::Failed(483) });
        }
        let (tenant, info) = (call.tenant, Arc::clone(&call.info));
        let to = self.party(tenant, number)?;
        let change = CallChange::Rerouted { from, to: to.clone() };
        self.emit(tenant, Happening::Call { call: info, change });
        self.route(key, to, CallType::Normal)
    }

    fn fails_soon(&mut self, key: CallKey, round: u32, code: u16) -> Result<(), Refused> {
        self.after(Duration::from_millis(300), Timer::Fails { call: key, round, code });
        Ok(())
    }

    fn ring_extension(&mut self, key: CallKey, round: u32, to: &Party, call_type: CallType) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        let (tenant, queue) = (call.tenant, call.queue.clone());
        let extension = self.extension(tenant, &to.number)?;
        let contacts = extension.contacts.clone();
        let busy = self.is_busy(tenant, &to.number);
        if contacts.is_empty() {
            return self.fails_soon(key, round, 480);
        }
        for (position, contact) in contacts.into_iter().enumerate() {
            let destination = format!("sip:{}@{}", to.number, contact.device.address);
            let target = self.add_target(key, to.clone(), destination, Some(contact.device), call_type)?;
            if !busy {
                let delay = Duration::from_millis(300 + 150 * (position as u64 % 8));
                self.after(delay, Timer::Rings { call: key, round, target });
            }
        }
        if busy {
            return self.fails_soon(key, round, 486);
        }
        let ring_time = match (call_type, queue) {
            (CallType::Normal, _) | (_, None) => RING_TIME,
            (_, Some(queue)) => self.queue(tenant, &queue)?.profile.ring_time,
        };
        self.after(ring_time, Timer::RangOut { call: key, round });
        Ok(())
    }

    pub(super) fn ring_outside(&mut self, key: CallKey, round: u32, to: Party) -> Result<(), Refused> {
        let tenant = self.calls.get(&key).ok_or(Refused::NoSuchCall)?.tenant;
        let own = self.calls.get(&key).and_then(|call| call.info.trunk.clone());
        let own = own.filter(|trunk| self.is_connected(tenant, trunk));
        let Some(trunk) = own.map_or_else(|| self.any_trunk(tenant), |own| Ok(Some(own)))? else {
            return self.fails_soon(key, round, 503);
        };
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let info = Arc::make_mut(&mut call.info);
        info.direction = match info.caller.kind {
            PartyKind::External => Direction::InboundOutbound,
            _ => Direction::Outbound,
        };
        if info.trunk.is_none() {
            info.trunk = Some(Arc::clone(&trunk));
        }
        if info.outbound_caller_id.is_empty() {
            info.outbound_caller_id.clone_from(&trunk.outbound_caller_id);
        }
        let destination = format!("sip:{}@{}", to.number, trunk.host);
        let target = self.add_target(key, to, destination, None, CallType::Normal)?;
        let delay = self.ids.between(Duration::from_millis(800), Duration::from_millis(1800));
        self.after(delay, Timer::Rings { call: key, round, target });
        self.after(RING_TIME_OUTSIDE, Timer::RangOut { call: key, round });
        Ok(())
    }

    fn add_target(
        &mut self,
        key: CallKey,
        party: Party,
        destination: String,
        device: Option<Arc<Device>>,
        call_type: CallType,
    ) -> Result<usize, Refused> {
        let id = self.ids.snowflake(self.now);
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let index = call.targets.len();
        call.targets.push(Target {
            id,
            party,
            destination,
            device,
            call_type,
            state: TargetState::Added,
            started: self.now,
            rang: None,
            answered: None,
            ended: None,
            end_reason: EndReason::None,
            status_code: 0,
            round: call.round,
        });
        self.tell_target(key, index, TargetChange::Added);
        Ok(index)
    }

    pub(super) fn tell_target(&mut self, key: CallKey, index: usize, change: TargetChange) {
        let Some(call) = self.calls.get(&key) else { return };
        let Some(target) = call.targets.get(index).cloned() else { return };
        let (tenant, call) = (call.tenant, Arc::clone(&call.info));
        self.emit(tenant, Happening::Target { call, target, change });
    }
}
