//! Requests with replies of their own types.

use std::time::Duration;

use tieline_core::Text;
use tieline_core::json::Raw;
use tieline_dial::im::{edited, typed};
use tieline_portsip_im::client::{
    Changed, Edited, History, HistoryPage, Noting, Publish, Published, Reply, Request, Subscribe, Subscribed,
    Subscribers,
};
use tieline_portsip_im::{AccessMode, Ctrl, Deletions, Desc, SeqRange, SetDesc, Subscriber, Topic, UserId};

use super::Client;
use crate::ClientError;

impl Client {
    /// Attaches to a topic, now and on every later line; subscribes to it, or creates it, first if need be. Without a line it
    /// is noted, unless it sets something or creates a group.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn subscribe(
        &self,
        request: impl Into<Subscribe>,
        timeout: Duration,
    ) -> Result<Edited<Subscribed>, ClientError> {
        edited(self.request(Request::Subscribe(request.into()), timeout), Reply::into_subscribed)
    }

    /// Creates a group, with what it shows of itself (`{"fn":"the name"}`), and attaches to it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn create_group(&self, public: Option<Raw<String>>, timeout: Duration) -> Result<Subscribed, ClientError> {
        typed(self.request(Request::Subscribe(Subscribe::new_group(public)), timeout), Reply::into_subscribed)
    }

    /// Detaches from a topic, now and on every later line. Its messages are no longer events; the subscription stays.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn leave(&self, topic: impl Into<Topic<String>>, timeout: Duration) -> Result<Edited<Ctrl<Text>>, ClientError> {
        edited(self.request(Request::Leave { topic: topic.into(), unsubscribe: false }, timeout), Reply::into_done)
    }

    /// Ends a subscription, in all sessions of the user: leaves a group for good.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn unsubscribe(&self, topic: impl Into<Topic<String>>, timeout: Duration) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::Leave { topic: topic.into(), unsubscribe: true }, timeout), Reply::into_done)
    }

    /// Publishes a message in a topic that one is attached to. After [`Disconnected`](tieline_core::RequestError::Disconnected)
    /// and timeouts it may have been published all the same.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn publish(&self, message: Publish, timeout: Duration) -> Result<Published, ClientError> {
        typed(self.request(Request::Publish(message), timeout), Reply::into_published)
    }

    /// Asks for the description of a topic; of `me` for that of one's account.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn desc(&self, topic: impl Into<Topic<String>>, timeout: Duration) -> Result<Box<Desc<Text>>, ClientError> {
        typed(self.request(Request::Desc { topic: topic.into(), ims: None }, timeout), Reply::into_desc)
    }

    /// Asks for the subscribers of a topic, of `me` for the topics that one is subscribed to. Who is not attached is told of
    /// himself only.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn subscribers(&self, which: Subscribers, timeout: Duration) -> Result<Vec<Subscriber<Text>>, ClientError> {
        typed(self.request(Request::Subscribers(which), timeout), Reply::into_subscribers)
    }

    /// Asks for messages of a topic that one is attached to; they come as the reply, not as events.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn history(&self, which: History, timeout: Duration) -> Result<HistoryPage, ClientError> {
        typed(self.request(Request::History(which), timeout), Reply::into_history)
    }

    /// Asks which messages of a topic were deleted.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn deletions(&self, which: History, timeout: Duration) -> Result<Deletions, ClientError> {
        typed(self.request(Request::Deletions(which), timeout), Reply::into_deletions)
    }

    /// Changes the description of a topic: the name of a group, say, for its owner.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn set_desc(
        &self,
        topic: impl Into<Topic<String>>,
        desc: SetDesc<String>,
        timeout: Duration,
    ) -> Result<Changed, ClientError> {
        typed(self.request(Request::SetDesc { topic: topic.into(), desc }, timeout), Reply::into_changed)
    }

    /// Changes the access that a user is given, and invites who is no member; of nobody (`None`) the access that one wants.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn set_access(
        &self,
        topic: impl Into<Topic<String>>,
        user: Option<UserId<String>>,
        mode: AccessMode,
        timeout: Duration,
    ) -> Result<Changed, ClientError> {
        typed(self.request(Request::SetAccess { topic: topic.into(), user, mode }, timeout), Reply::into_changed)
    }

    /// Makes another member the owner of a group. At PortSIP that is all; at Tinode the other must then ask for it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn transfer_ownership(
        &self,
        topic: impl Into<Topic<String>>,
        to: impl Into<UserId<String>>,
        timeout: Duration,
    ) -> Result<Changed, ClientError> {
        typed(
            self.request(Request::TransferOwnership { topic: topic.into(), to: to.into() }, timeout),
            Reply::into_changed,
        )
    }

    /// Deletes messages, for everybody if `hard`. Gives the id of the deletion, where the server says it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn delete_messages(
        &self,
        topic: impl Into<Topic<String>>,
        ranges: Vec<SeqRange>,
        hard: bool,
        timeout: Duration,
    ) -> Result<Option<u64>, ClientError> {
        typed(self.request(Request::DeleteMessages { topic: topic.into(), ranges, hard }, timeout), Reply::into_deleted)
    }

    /// Removes a member of a group.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn remove_member(
        &self,
        topic: impl Into<Topic<String>>,
        user: impl Into<UserId<String>>,
        timeout: Duration,
    ) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::RemoveMember { topic: topic.into(), user: user.into() }, timeout), Reply::into_done)
    }

    /// Deletes a topic; who does not own it leaves it only. `hard`: beyond recovery.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn delete_topic(
        &self,
        topic: impl Into<Topic<String>>,
        hard: bool,
        timeout: Duration,
    ) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::DeleteTopic { topic: topic.into(), hard }, timeout), Reply::into_done)
    }

    /// Tells the others in a topic that one is typing, or has received or read messages. Servers do not answer: it is sent
    /// when this returns, and no more is known.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub fn note(&self, topic: impl Into<Topic<String>>, what: Noting, timeout: Duration) -> Result<(), ClientError> {
        typed(self.request(Request::Note { topic: topic.into(), what }, timeout), Reply::into_sent)
    }
}
