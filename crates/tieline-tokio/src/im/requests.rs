//! Requests with replies of their own types.

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
    pub async fn subscribe(&self, request: impl Into<Subscribe>) -> Result<Edited<Subscribed>, ClientError> {
        edited(self.request(Request::Subscribe(request.into())).await, Reply::into_subscribed)
    }

    /// Creates a group, with what it shows of itself (`{"fn":"the name"}`), and attaches to it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn create_group(&self, public: Option<Raw<String>>) -> Result<Subscribed, ClientError> {
        typed(self.request(Request::Subscribe(Subscribe::new_group(public))).await, Reply::into_subscribed)
    }

    /// Detaches from a topic, now and on every later line. Its messages are no longer events; the subscription stays.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn leave(&self, topic: impl Into<Topic<String>>) -> Result<Edited<Ctrl<Text>>, ClientError> {
        edited(self.request(Request::Leave { topic: topic.into(), unsubscribe: false }).await, Reply::into_done)
    }

    /// Ends a subscription, in all sessions of the user: leaves a group for good.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn unsubscribe(&self, topic: impl Into<Topic<String>>) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::Leave { topic: topic.into(), unsubscribe: true }).await, Reply::into_done)
    }

    /// Publishes a message in a topic that one is attached to. After [`Disconnected`](tieline_core::RequestError::Disconnected)
    /// and timeouts it may have been published all the same.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn publish(&self, message: Publish) -> Result<Published, ClientError> {
        typed(self.request(Request::Publish(message)).await, Reply::into_published)
    }

    /// Asks for the description of a topic; of `me` for that of one's account.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn desc(&self, topic: impl Into<Topic<String>>) -> Result<Box<Desc<Text>>, ClientError> {
        typed(self.request(Request::Desc { topic: topic.into(), ims: None }).await, Reply::into_desc)
    }

    /// Asks for the subscribers of a topic, of `me` for the topics that one is subscribed to. Who is not attached is told of
    /// himself only.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn subscribers(&self, which: Subscribers) -> Result<Vec<Subscriber<Text>>, ClientError> {
        typed(self.request(Request::Subscribers(which)).await, Reply::into_subscribers)
    }

    /// Asks for messages of a topic that one is attached to; they come as the reply, not as events.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn history(&self, which: History) -> Result<HistoryPage, ClientError> {
        typed(self.request(Request::History(which)).await, Reply::into_history)
    }

    /// Asks which messages of a topic were deleted.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn deletions(&self, which: History) -> Result<Deletions, ClientError> {
        typed(self.request(Request::Deletions(which)).await, Reply::into_deletions)
    }

    /// Changes the description of a topic: the name of a group, say, for its owner.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn set_desc(
        &self,
        topic: impl Into<Topic<String>>,
        desc: SetDesc<String>,
    ) -> Result<Changed, ClientError> {
        typed(self.request(Request::SetDesc { topic: topic.into(), desc }).await, Reply::into_changed)
    }

    /// Changes the access that a user is given, and invites who is no member; of nobody (`None`) the access that one wants.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn set_access(
        &self,
        topic: impl Into<Topic<String>>,
        user: Option<UserId<String>>,
        mode: AccessMode,
    ) -> Result<Changed, ClientError> {
        typed(self.request(Request::SetAccess { topic: topic.into(), user, mode }).await, Reply::into_changed)
    }

    /// Makes another member the owner of a group. At PortSIP that is all; at Tinode the other must then ask for it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn transfer_ownership(
        &self,
        topic: impl Into<Topic<String>>,
        to: impl Into<UserId<String>>,
    ) -> Result<Changed, ClientError> {
        typed(
            self.request(Request::TransferOwnership { topic: topic.into(), to: to.into() }).await,
            Reply::into_changed,
        )
    }

    /// Deletes messages, for everybody if `hard`. Gives the id of the deletion, where the server says it.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn delete_messages(
        &self,
        topic: impl Into<Topic<String>>,
        ranges: Vec<SeqRange>,
        hard: bool,
    ) -> Result<Option<u64>, ClientError> {
        typed(self.request(Request::DeleteMessages { topic: topic.into(), ranges, hard }).await, Reply::into_deleted)
    }

    /// Removes a member of a group.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn remove_member(
        &self,
        topic: impl Into<Topic<String>>,
        user: impl Into<UserId<String>>,
    ) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::RemoveMember { topic: topic.into(), user: user.into() }).await, Reply::into_done)
    }

    /// Deletes a topic; who does not own it leaves it only. `hard`: beyond recovery.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn delete_topic(&self, topic: impl Into<Topic<String>>, hard: bool) -> Result<Ctrl<Text>, ClientError> {
        typed(self.request(Request::DeleteTopic { topic: topic.into(), hard }).await, Reply::into_done)
    }

    /// Tells the others in a topic that one is typing, or has received or read messages. Servers do not answer: it is sent
    /// when this returns, and no more is known.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, no line, not answered in time, or the line is over.
    pub async fn note(&self, topic: impl Into<Topic<String>>, what: Noting) -> Result<(), ClientError> {
        typed(self.request(Request::Note { topic: topic.into(), what }).await, Reply::into_sent)
    }
}
