//! What a poller asks, as one endpoint.

use bytes::Bytes;
use tieline_core::http::{
    ApiError, Authorization, BaseUrl, Body, BuildError, Endpoint, Plan, Repeat, RequestHead, ResponseHead,
};

use super::{Events, MakeCall, Phones, Users};
use crate::poller::{Answer, Ask};

/// An exchange of a poller. It repeats by itself what may be repeated, so nobody else does.
impl Endpoint for Ask {
    type Reply = Answer;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        match self {
            Self::Poll(poll) => Events::new(*poll).to_request(base, auth),
            Self::Users => Users::default().to_request(base, auth),
            Self::Phones => Phones::default().to_request(base, auth),
            Self::Call(request) => MakeCall::new(request.clone()).to_request(base, auth),
        }
    }

    fn plan(&self, head: &ResponseHead) -> Result<Plan<Answer>, ApiError> {
        match self {
            Self::Poll(poll) => Events::new(*poll).plan(head).map(whole),
            Self::Users => Users::default().plan(head).map(whole),
            Self::Phones => Phones::default().plan(head).map(whole),
            Self::Call(request) => MakeCall::new(request.clone()).plan(head).map(whole),
        }
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Answer, ApiError> {
        match self {
            Self::Poll(poll) => Events::new(*poll).parse(head, body).map(Answer::Events),
            Self::Users => Users::default().parse(head, body).map(Answer::Users),
            Self::Phones => Phones::default().parse(head, body).map(Answer::Phones),
            Self::Call(request) => MakeCall::new(request.clone()).parse(head, body).map(Answer::Call),
        }
    }
}

/// No answer of this protocol streams.
fn whole<R>(plan: Plan<R>) -> Plan<Answer> {
    match plan {
        Plan::Whole { limit } => Plan::Whole { limit },
        Plan::Stream(_) => Plan::Whole { limit: 0 },
    }
}
