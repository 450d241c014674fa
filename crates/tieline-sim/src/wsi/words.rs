//! The words of the wire for the words of the world.

use tieline_portsip_wsi as wire;

use crate::world::{
    AgentState, Availability, CallType, CdrStatus, Direction, EndReason, LineStatus, QueueCallerReason, Target,
    TargetState, WaitingKind,
};

pub(super) fn call_status(line: LineStatus) -> wire::CallStatus<String> {
    match line {
        LineStatus::OnCall => wire::CallStatus::OnCall,
        LineStatus::Ringing => wire::CallStatus::Ringing,
        LineStatus::Idle => wire::CallStatus::Idle,
    }
}

pub(super) fn presence(availability: Availability) -> wire::Presence<String> {
    match availability {
        Availability::Online => wire::Presence::Online,
        Availability::Away => wire::Presence::Away,
        Availability::DoNotDisturb => wire::Presence::DoNotDisturb,
        Availability::BusinessTrip => wire::Presence::BusinessTrip,
        Availability::Lunch => wire::Presence::Lunch,
    }
}

/// The free text that v16 has instead of a word.
pub(super) fn presence_label(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "Online",
        Availability::Away => "Away",
        Availability::DoNotDisturb => "Do Not Disturb",
        Availability::BusinessTrip => "Business Trip",
        Availability::Lunch => "Lunch",
    }
}

pub(super) fn agent_state(state: AgentState) -> wire::AgentState<String> {
    match state {
        AgentState::Ready => wire::AgentState::Ready,
        AgentState::QueueCall => wire::AgentState::QueueCall,
        AgentState::WrapUp => wire::AgentState::WrapUp,
        AgentState::OtherCall => wire::AgentState::OtherCall,
        AgentState::NotReady => wire::AgentState::NotReady,
        AgentState::LoggedOut => wire::AgentState::Logout,
        AgentState::Offline => wire::AgentState::Offline,
    }
}

pub(super) fn caller_reason(reason: QueueCallerReason) -> wire::CallerReason<String> {
    match reason {
        QueueCallerReason::Enqueued => wire::CallerReason::Enqueue,
        QueueCallerReason::AgentAnswered => wire::CallerReason::AgentAnswered,
        QueueCallerReason::Overflow => wire::CallerReason::Overflow,
        QueueCallerReason::HungUp => wire::CallerReason::Hangup,
        QueueCallerReason::Callback => wire::CallerReason::Callback,
    }
}

pub(super) fn waiting_type(kind: WaitingKind) -> wire::WaitingType<String> {
    match kind {
        WaitingKind::Normal => wire::WaitingType::Normal,
        WaitingKind::Callback => wire::WaitingType::Callback,
    }
}

/// Up to v16 the short words, in v22 the long ones.
pub(super) fn direction(direction: Direction, dialect: wire::Dialect) -> wire::Direction<String> {
    let long = dialect >= wire::Dialect::V22;
    match direction {
        Direction::Internal if long => wire::Direction::Internal,
        Direction::Inbound if long => wire::Direction::Inbound,
        Direction::Outbound if long => wire::Direction::Outbound,
        Direction::InboundOutbound if long => wire::Direction::InboundOutbound,
        Direction::Internal => wire::Direction::Ext,
        Direction::Inbound => wire::Direction::In,
        Direction::Outbound => wire::Direction::Out,
        Direction::InboundOutbound => wire::Direction::InToOut,
    }
}

pub(super) fn end_reason(reason: EndReason) -> wire::EndReason<String> {
    match reason {
        EndReason::None => wire::EndReason::None,
        EndReason::CallerDisconnect => wire::EndReason::CallerDisconnect,
        EndReason::CalleeDisconnect => wire::EndReason::CalleeDisconnect,
        EndReason::Referred => wire::EndReason::Referred,
        EndReason::Redirected => wire::EndReason::Redirected,
        EndReason::BlindTransferComplete => wire::EndReason::BlindTransferComplete,
        EndReason::Cancelled => wire::EndReason::Cancelled,
    }
}

pub(super) fn call_type(call_type: CallType) -> wire::CallType<String> {
    match call_type {
        CallType::Normal => wire::CallType::Normal,
        CallType::Queue => wire::CallType::Queue,
        CallType::QueueCallback => wire::CallType::QueueCallback,
    }
}

pub(super) fn cdr_status(status: CdrStatus) -> wire::CdrStatus<String> {
    match status {
        CdrStatus::Answered => wire::CdrStatus::Answered,
        CdrStatus::NoAnswer => wire::CdrStatus::NoAnswer,
        CdrStatus::Failed => wire::CdrStatus::Fail,
    }
}

pub(super) fn target_status(target: &Target) -> wire::CdrStatus<String> {
    match target.state {
        _ if target.answered.is_some() => wire::CdrStatus::Answered,
        TargetState::Failed => wire::CdrStatus::Fail,
        _ => wire::CdrStatus::NoAnswer,
    }
}
