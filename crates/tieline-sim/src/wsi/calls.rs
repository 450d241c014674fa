//! Payloads of calls and their targets.

use tieline_portsip_wsi::{
    CallFail, CallHold, CallProgress, CallStart, CallUpdateInfo, Dialect, Envelope, ExtensionHold, Target as WireTarget,
};

use super::words;
use super::writer::{Writer, filled};
use crate::world::{CallInfo, Party};

impl Writer<'_> {
    pub(super) fn call_start(&self, call: &CallInfo) -> CallStart<String> {
        let mut payload = filled!(CallStart {
            call_id: call.call_id.clone(),
            callee: call.callee.uri(),
            caller: call.caller.uri(),
            caller_display_name: call.caller.display_name.clone(),
            cdr_id: call.cdr_id.clone(),
            direction: words::direction(call.direction, self.dialect),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        payload.tenant_name = self.tenant_name();
        if self.dialect >= Dialect::V22 {
            let if_any = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            payload.callee_display_name = Some(call.callee.display_name.clone());
            payload.did = if_any(&call.did);
            payload.outbound_caller_id = if_any(&call.outbound_caller_id);
        } else {
            payload.request_id = Some("0".to_owned());
        }
        payload
    }

    /// `with`: who answered; nobody at the end, as the documents print it.
    pub(super) fn call_progress(&self, call: &CallInfo, with: Option<&Party>) -> CallProgress<String> {
        let mut payload = filled!(CallProgress {
            call_id: call.call_id.clone(),
            call_target: with.map(Party::uri).unwrap_or_default(),
            callee: call.callee.uri(),
            caller: call.caller.uri(),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        payload.tenant_name = self.tenant_name();
        payload
    }

    pub(super) fn call_fail(&self, call: &CallInfo, code: u16) -> CallFail<String> {
        let mut payload = filled!(CallFail {
            call_id: call.call_id.clone(),
            call_target: String::new(),
            callee: call.callee.uri(),
            caller: call.caller.uri(),
            fail_code: i64::from(code),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        payload.tenant_name = self.tenant_name();
        payload
    }

    pub(super) fn call_hold(&self, call: &CallInfo, by: &Party, peer: &Party) -> CallHold<String> {
        let mut payload = filled!(CallHold {
            aor: by.uri(),
            call_id: call.call_id.clone(),
            peer_aor: peer.uri(),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        payload.tenant_name = self.tenant_name();
        payload
    }

    /// The form of a draft of v22. A peer outside has no id.
    pub(super) fn extension_hold(&self, call: &CallInfo, by: &Party, peer: &Party) -> ExtensionHold<String> {
        filled!(ExtensionHold {
            call_id: call.call_id.clone(),
            extension: by.uri(),
            extension_id: by.id.clone().unwrap_or_default(),
            peer_extension: peer.uri(),
            peer_extension_id: peer.id.clone().unwrap_or_default(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        })
    }

    pub(super) fn call_update_info(&self, call: &CallInfo) -> CallUpdateInfo<String> {
        filled!(CallUpdateInfo {
            callee: call.callee.uri(),
            callee_display_name: call.callee.display_name.clone(),
            caller: call.caller.uri(),
            caller_display_name: call.caller.display_name.clone(),
            cdr_id: call.cdr_id.clone(),
            did: call.did.clone(),
            direction: words::direction(call.direction, self.dialect),
            outbound_caller_id: call.outbound_caller_id.clone(),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        })
    }

    /// No document shows a payload: only what all events of calls share.
    pub(super) fn target(&self, call: &CallInfo) -> WireTarget<String> {
        let mut payload = filled!(WireTarget {
            call_id: call.call_id.clone(),
            session_id: call.session_id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        payload.tenant_name = self.tenant_name();
        payload
    }

    /// No document shows a payload: only what all events share.
    pub(super) fn envelope(&self, call: Option<&CallInfo>) -> Envelope<String> {
        let mut payload = filled!(Envelope { tenant_id: self.tenant_id(), time: self.now() });
        payload.call_id = call.map(|call| call.call_id.clone());
        payload.session_id = call.map(|call| call.session_id.clone());
        payload.tenant_name = self.tenant_name();
        payload
    }
}
