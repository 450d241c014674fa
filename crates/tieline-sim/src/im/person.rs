//! Somebody in the service who has no line: what people of the world do there.

use serde_json::{Value, json};
use tieline_core::Text;
use tieline_portsip_im::ClientMessage;
use tieline_portsip_im::server::Answer;
use tieline_server::im::engine::Engine;
use tieline_server::im::host::{InsideSession, Told};

use crate::world::Refused;

/// So many bytes of what a person is told are kept until it does something again.
pub(super) const MAILBOX: usize = 64 << 10;
/// Deeper than anything that is said here.
const DEPTH: u32 = 32;

/// A person that is in the service.
#[derive(Debug)]
pub(super) struct Person(InsideSession);

impl Person {
    /// Comes in, and hears of presence.
    pub(super) fn enter(session: InsideSession) -> Self {
        let mut this = Self(session);
        this.tell(&json!({"sub": {"topic": "me"}}));
        this
    }

    /// Asks for something and does not wait for the answer.
    pub(super) fn tell(&mut self, request: &Value) {
        if let Some(message) = message(request) {
            self.0.request(message);
        }
    }

    /// Says something that is not answered.
    pub(super) fn note(&self, note: &Value) {
        if let Some(message) = message(note) {
            self.0.note(message);
        }
    }

    /// Asks for something and waits for the answers: its parts in their order.
    ///
    /// # Errors
    /// The service refused it, or is gone.
    pub(super) fn ask(&mut self, engine: &Engine, request: &Value) -> Result<Vec<Answer>, Refused> {
        drop(self.0.take());
        let asked = message(request).map(|message| self.0.request(message)).ok_or(Refused::NotNow)?;
        let _due = engine.settle();
        let parts = self.0.take().into_iter().filter_map(|told| match told {
            Told::Answer { request, answer, .. } if request == asked => Some(answer),
            _ => None,
        });
        let answers: Vec<Answer> = parts.collect();
        let code = answers.iter().filter_map(Answer::as_ctrl).filter_map(|ctrl| ctrl.code).max();
        match code {
            // Already so, or nothing to do.
            Some(304) => Ok(answers),
            Some(code) if code >= 300 => Err(Refused::DeniedInIm),
            _ if answers.is_empty() => Err(Refused::NotNow),
            _ => Ok(answers),
        }
    }
}

fn message(json: &Value) -> Option<ClientMessage<Text>> {
    ClientMessage::decode_frame(&Text::from(json.to_string()), DEPTH).ok()
}
