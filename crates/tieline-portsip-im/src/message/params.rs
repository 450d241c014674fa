//! What the `params` of answers hold.

use tieline_core::json::Raw;
use tieline_core::{Timestamp, wire_struct};

use super::common::Access;
use crate::{Concealed, FileRef, Topic, UserId};

wire_struct! {
    /// The known members of the `params` of a [`Ctrl`](super::Ctrl), of all answers together; which of them stand where:
    /// [the page on IM](https://github.com/tieline-rs/tieline/blob/main/docs/im.md).
    pub struct Params<S> {
        /// Login: the level, `auth`.
        pub authlvl: S,
        /// Login: when the token ends. Tinode's; PortSIP does not write it.
        pub expires: Timestamp<S>,
        /// Login: the token for file transfers, standard base64.
        pub token: Concealed<S>,
        /// Login: the own id. Change of access: whose access it is.
        pub user: UserId<S>,
        /// Publish: the number of the message. Joining a group (PortSIP): the number of its last message.
        pub seq: u64,
        /// Subscribe and change of access: the access that is in force now.
        pub acs: Access<S>,
        /// Creation: the name that was asked for.
        pub tmpname: S,
        /// 204 and 208: the section that this answer closes.
        pub what: S,
        /// 208: how many messages were sent.
        pub count: u64,
        /// Deletion of messages: the id of the deletion.
        pub del: u64,
        /// Evicted: whether the subscription ended too.
        pub unsub: bool,
        /// Upload: the file.
        pub url: FileRef<S>,
        /// 303: the name to use instead.
        pub topic: Topic<S>,
        /// 300: what to confirm or to answer.
        pub challenge: S,
        /// 300: the credentials to confirm.
        pub cred: Raw<S>,
        /// Change of tags: how many were added.
        pub added: u64,
        /// Change of tags: how many were removed.
        pub removed: u64,
        /// Hello: the protocol version of the server.
        pub ver: S,
        /// Hello: the build of the server.
        pub build: S,
        /// Hello: bytes in a message at most.
        pub max_message_size: u64 = "maxMessageSize",
        /// Hello: subscribers of a group at most.
        pub max_subscriber_count: u64 = "maxSubscriberCount",
        /// Hello: characters in a tag at least.
        pub min_tag_length: u64 = "minTagLength",
        /// Hello: characters in a tag at most.
        pub max_tag_length: u64 = "maxTagLength",
        /// Hello: tags at most.
        pub max_tag_count: u64 = "maxTagCount",
        /// Hello: bytes in a file at most.
        pub max_file_upload_size: u64 = "maxFileUploadSize",
        /// Hello: the credentials that an account needs, by level.
        pub required_credentials: Raw<S> = "reqCred"; null,
        /// Hello: how old in seconds a message may be to be deleted for everybody; 0 for any age.
        pub msg_del_age: u64 = "msgDelAge",
        /// Hello: servers for calls.
        pub ice_servers: Raw<S> = "iceServers",
        /// Hello: seconds a call rings.
        pub call_timeout: u64 = "callTimeout",
        /// Creation of an account: its description.
        pub desc: Raw<S>,
    }
}
