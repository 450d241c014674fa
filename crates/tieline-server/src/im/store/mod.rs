//! Where the IM service keeps accounts, topics, messages and files.
//!
//! A store is a [`Reader`] and a [`Writer`]. The thread that decides has both: it reads what lacks and the pages of history,
//! and takes the writes of many [steps](tieline_portsip_im::service::Step) to one commit, so that durability costs one sync for
//! as many messages as came while the one before it lasted:
//!
//! 1. The host decides all that came, and keeps the steps in their order. Then it takes the writes of all of them
//!    ([`Step::take_writes`](tieline_portsip_im::service::Step::take_writes)) to [`Writer::commit`].
//! 2. When that returns the steps go to [`Service::commit`](tieline_portsip_im::service::Service::commit) and their deliveries
//!    out; or, when it failed, to [`Service::fail`](tieline_portsip_im::service::Service::fail), and their askers are
//!    answered 500.
//! 3. A step that writes nothing while no step waits needs no commit.
//!
//! What a reader reads was committed before: a topic that lacks has no writes on their way.

#[cfg(feature = "im-store")]
mod disk;
mod error;
#[cfg(feature = "im-store")]
mod files;
mod memory;
#[cfg(feature = "im-store")]
mod sqlite;

use tieline_core::Text;
use tieline_core::json::Raw;
use tieline_portsip_im::service::{MessageRecord, Ranges, TopicKey, TopicRecord, UserNumber, UserRecord, Write};

#[cfg(feature = "im-store")]
pub use disk::{Disk, OsDisk, Pending};
pub use error::StoreError;
#[cfg(feature = "im-store")]
pub use files::{Admission, DiskFiles};
pub use memory::MemoryStore;
#[cfg(feature = "im-store")]
pub use sqlite::{FileRow, FileRows, SqliteReader, SqliteStore, SqliteTokens, SqliteWriter};

/// Reads what is kept. Each call sees all that was committed before it, and nothing by halves.
pub trait Reader: Send + 'static {
    /// A user, with the topics in which the user has or had a subscription.
    ///
    /// # Errors
    /// When the store cannot be read, or what it holds makes no sense.
    fn user(&mut self, user: UserNumber) -> Result<Option<UserRecord>, StoreError>;

    /// A topic without its messages.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    fn topic(&mut self, topic: &TopicKey) -> Result<Option<TopicRecord>, StoreError>;

    /// The messages of a topic with these numbers, the newest first: as many as [fit](fits) into `bytes`, and no more are read.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    fn messages(&mut self, topic: &TopicKey, numbers: &Ranges, bytes: usize) -> Result<Vec<MessageRecord>, StoreError>;
}

/// Whether a message still fits into a page of so many bytes, with what is in it already; the first always does.
/// `left` is what is left of them, and becomes less by the message.
pub fn fits(message: &MessageRecord, page: &[MessageRecord], left: &mut usize) -> bool {
    let weight = weight(message);
    let fits = page.is_empty() || weight <= *left;
    *left = left.saturating_sub(weight);
    fits
}

/// What a message takes on a line, about.
pub(super) fn weight(message: &MessageRecord) -> usize {
    let json = |raw: &Option<Raw<Text>>| raw.as_ref().map_or(0, |raw| raw.as_json().len());
    let reqid: usize = message.reqid.as_ref().map_or(0, |reqid| reqid.chars().map(escaped).sum());
    json(&message.head) + json(&message.content) + reqid + MESSAGE_BYTES
}

/// What a character of a string takes in JSON, at most.
const fn escaped(character: char) -> usize {
    match character {
        '\0'..='\x1f' => r"\u0000".len(),
        '"' | '\\' => 2,
        _ => character.len_utf8(),
    }
}

/// What a message is sent with beside its content and id: topic, sender, time, numbers, and its place in a queue.
const MESSAGE_BYTES: usize = 256;

/// Keeps what is written.
pub trait Writer: Send + 'static {
    /// Keeps all of it or none, in its order, and durably when this returns.
    ///
    /// # Errors
    /// When none of it is kept: a full disk, say. A later commit may succeed.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;
}

/// A store of which there may be readers and one writer.
pub trait Store {
    /// What reads it.
    type Reader: Reader;
    /// What writes it.
    type Writer: Writer;

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self) -> Result<(Self::Reader, Self::Writer), StoreError>;
}
