//! The channel of a PBX: numbers its messages.

use alloc::string::String;

use tieline_core::Text;
use tieline_core::json::{Encode, ObjectWriter};

use crate::stream::{Event, write_message};

/// Writes the messages of one channel, each once for all its clients: the text goes to
/// [`PushServer::push`](super::PushServer::push) of every one.
///
/// ```
/// use tieline_cloudpbx::server::Publisher;
/// use tieline_cloudpbx::stream::{Event, QueueCalls, Quoted};
///
/// let mut channel = Publisher::new("pbx_MojaCentrala");
/// let mut waiting = QueueCalls::default();
/// waiting.peer = Some("Kolejka1");
/// waiting.calls = Some(Quoted(1));
/// assert_eq!(
///     channel.publish(&[Event::Queue(waiting)]),
///     r#"{"id":1,"channel":"pbx_MojaCentrala","text":{"queue":{"peer":"Kolejka1","calls":"1"}}}"#
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Publisher {
    channel: String,
    last: i64,
}

impl Publisher {
    /// A channel that nothing was published on; see [`StreamTarget::channel`](crate::stream::StreamTarget::channel).
    pub fn new(channel: impl Into<String>) -> Self {
        Self { channel: channel.into(), last: 0 }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The number of the latest message; 0 before the first.
    #[must_use]
    pub const fn last_id(&self) -> i64 {
        self.last
    }

    /// Writes the next message. The real PBX is only known to send one event a message.
    pub fn publish<S: AsRef<str> + Encode>(&mut self, events: &[Event<S>]) -> Text {
        self.last = self.last.saturating_add(1);
        let mut out = String::new();
        write_message(self.last, &self.channel, events, &mut out);
        Text::from(out)
    }

    /// Starts over, as a server does that was restarted: the next message is number 1.
    pub const fn restart(&mut self) {
        self.last = 0;
    }
}

/// The message of the push server that the channel was deleted. Not JSON, as on the real wire.
pub(super) fn channel_deleted(channel: &str) -> Text {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    object.member("id", &-2_i64);
    object.member("channel", channel);
    out.push_str(",\"text\":Channel deleted}");
    Text::from(out)
}
