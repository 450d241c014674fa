//! The tables of PortSIP IM samples and recordings.

use crate::Side;
use crate::recording::RecordingFile;

/// Where a sample of IM comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImSource {
    /// Shown in PortSIP's document. What its Python shows as a dictionary stands as the JSON that it sends.
    Document,
    /// Described field by field in PortSIP's or Tinode's documents: the names are documented, the values are ours.
    Assumed,
    /// Printed in PortSIP's document, but not one JSON value.
    Invalid,
}

/// One sample of IM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImFixture {
    /// The file below `fixtures/im/`, without `.json`. Unique.
    pub name: &'static str,
    /// Where it comes from.
    pub source: ImSource,
    /// Who sends it.
    pub from: Side,
    /// The sample, with its white space.
    pub text: &'static str,
}

macro_rules! fixture {
    ($source:ident, $from:ident, $name:literal) => {
        ImFixture {
            name: $name,
            source: ImSource::$source,
            from: Side::$from,
            text: include_str!(concat!("../fixtures/im/", $name, ".json")),
        }
    };
}

/// Every sample, by file name within its folder.
pub const IM: &[ImFixture] = &[
    fixture!(Document, Client, "document/01-client-login"),
    fixture!(Document, Server, "document/02-server-ctrl-login"),
    fixture!(Document, Client, "document/03-client-sub-p2p"),
    fixture!(Document, Client, "document/04-client-pub-p2p"),
    fixture!(Document, Server, "document/05-server-ctrl-pub"),
    fixture!(Document, Server, "document/06-server-data-p2p"),
    fixture!(Document, Client, "document/07-client-get-sub"),
    fixture!(Document, Server, "document/08-server-meta-sub"),
    fixture!(Document, Client, "document/09-client-get-desc"),
    fixture!(Document, Server, "document/10-server-meta-desc"),
    fixture!(Document, Client, "document/11-client-get-data"),
    fixture!(Document, Client, "document/12-client-sub-new"),
    fixture!(Document, Server, "document/13-server-ctrl-sub-new"),
    fixture!(Document, Client, "document/14-client-sub-group"),
    fixture!(Document, Server, "document/15-server-ctrl-sub-group"),
    fixture!(Document, Client, "document/16-client-pub-group"),
    fixture!(Document, Server, "document/17-server-ctrl-pub-group"),
    fixture!(Document, Server, "document/18-server-data-group"),
    fixture!(Document, Client, "document/19-client-leave"),
    fixture!(Document, Server, "document/20-server-ctrl-leave"),
    fixture!(Document, Client, "document/21-client-del-sub"),
    fixture!(Document, Server, "document/22-server-ctrl-del-sub"),
    fixture!(Document, Client, "document/23-client-del-topic"),
    fixture!(Document, Server, "document/24-server-ctrl-del-topic"),
    fixture!(Document, Client, "document/25-client-set-desc"),
    fixture!(Document, Server, "document/26-server-ctrl-set-desc"),
    fixture!(Document, Client, "document/27-client-set-sub"),
    fixture!(Document, Server, "document/28-server-pres-acs"),
    fixture!(Document, Server, "document/29-server-ctrl-set-sub"),
    fixture!(Document, Server, "document/30-server-ctrl-upload"),
    fixture!(Invalid, Client, "invalid/01-client-leave"),
    fixture!(Invalid, Server, "invalid/02-server-pres-and-ctrl"),
    fixture!(Assumed, Client, "assumed/01-client-hi"),
    fixture!(Assumed, Client, "assumed/02-client-acc"),
    fixture!(Assumed, Client, "assumed/03-client-login-cred"),
    fixture!(Assumed, Client, "assumed/04-client-sub-set-get"),
    fixture!(Assumed, Client, "assumed/05-client-get-all"),
    fixture!(Assumed, Client, "assumed/06-client-pub-head"),
    fixture!(Assumed, Client, "assumed/07-client-pub-null"),
    fixture!(Assumed, Client, "assumed/08-client-set-all"),
    fixture!(Assumed, Client, "assumed/09-client-del-msg"),
    fixture!(Assumed, Client, "assumed/10-client-del-cred"),
    fixture!(Assumed, Client, "assumed/11-client-note-read"),
    fixture!(Assumed, Client, "assumed/12-client-note-kp"),
    fixture!(Assumed, Client, "assumed/13-client-note-call"),
    fixture!(Assumed, Server, "assumed/14-server-ctrl-hi"),
    fixture!(Assumed, Server, "assumed/15-server-ctrl-error"),
    fixture!(Assumed, Server, "assumed/16-server-ctrl-login-expires"),
    fixture!(Assumed, Server, "assumed/17-server-ctrl-delivered"),
    fixture!(Assumed, Server, "assumed/18-server-ctrl-deleted"),
    fixture!(Assumed, Server, "assumed/19-server-ctrl-evicted"),
    fixture!(Assumed, Server, "assumed/20-server-ctrl-use-other"),
    fixture!(Assumed, Server, "assumed/21-server-ctrl-challenge"),
    fixture!(Assumed, Server, "assumed/22-server-ctrl-tags"),
    fixture!(Assumed, Server, "assumed/23-server-ctrl-acc"),
    fixture!(Assumed, Server, "assumed/24-server-data-full"),
    fixture!(Assumed, Server, "assumed/25-server-meta-desc-full"),
    fixture!(Assumed, Server, "assumed/26-server-meta-sub-me"),
    fixture!(Assumed, Server, "assumed/27-server-meta-del"),
    fixture!(Assumed, Server, "assumed/28-server-meta-tags"),
    fixture!(Assumed, Server, "assumed/29-server-meta-cred"),
    fixture!(Assumed, Server, "assumed/30-server-meta-aux"),
    fixture!(Assumed, Server, "assumed/31-server-pres-msg"),
    fixture!(Assumed, Server, "assumed/32-server-pres-ua"),
    fixture!(Assumed, Server, "assumed/33-server-pres-del"),
    fixture!(Assumed, Server, "assumed/34-server-pres-acs-full"),
    fixture!(Assumed, Server, "assumed/35-server-info-read"),
    fixture!(Assumed, Server, "assumed/36-server-info-me"),
    fixture!(Assumed, Server, "assumed/37-server-info-call"),
];

macro_rules! recording {
    ($name:literal) => {
        RecordingFile { name: $name, text: include_str!(concat!("../fixtures/im/recorded/", $name, ".jsonl")) }
    };
}

/// Conversations recorded with Tinode 0.25, the open-source server whose protocol PortSIP IM derives from. They are no
/// proof of what PortSIP does: its document shows other logins, ids, times, joins and transfers.
pub const IM_RECORDINGS: &[RecordingFile] = &[
    recording!("del-msg-invalid"),
    recording!("del-msg-soft"),
    recording!("del-topic-owner"),
    recording!("del-what-forms"),
    recording!("disconnect-without-leave"),
    recording!("file-errors"),
    recording!("file-upload-download"),
    recording!("frame-too-large"),
    recording!("get-not-attached"),
    recording!("get-sub-forms"),
    recording!("get-what-forms"),
    recording!("group-create-failed"),
    recording!("group-create-minimal"),
    recording!("group-desc-merge"),
    recording!("group-join-asking-mode"),
    recording!("group-join-chat"),
    recording!("group-presence"),
    recording!("group-set-desc"),
    recording!("group-subscriber-limit"),
    recording!("hi-repeated"),
    recording!("history-forms"),
    recording!("history-page-cap"),
    recording!("invite"),
    recording!("kick-refused"),
    recording!("kick"),
    recording!("leave-forms"),
    recording!("login-ok"),
    recording!("login-twice"),
    recording!("login-wrong-secret"),
    recording!("malformed-json"),
    recording!("me-background"),
    recording!("me-forbidden"),
    recording!("me-presence-on-off"),
    recording!("me-sub"),
    recording!("message-ids"),
    recording!("mode-others-no-right"),
    recording!("mode-others"),
    recording!("mode-own-detached"),
    recording!("mode-own"),
    recording!("note-attached"),
    recording!("note-not-attached"),
    recording!("note-out-of-range"),
    recording!("note-two-devices"),
    recording!("owner-transfer"),
    recording!("p2p-acs"),
    recording!("p2p-create"),
    recording!("p2p-desc"),
    recording!("p2p-echo"),
    recording!("p2p-peer-on-me"),
    recording!("p2p-unsub"),
    recording!("pipelined-requests"),
    recording!("pres-acs-by-role"),
    recording!("pub-concurrent"),
    recording!("pub-content"),
    recording!("pub-errors"),
    recording!("request-before-hi"),
    recording!("request-before-login"),
    recording!("server-shutdown"),
    recording!("set-forms"),
    recording!("sub-errors"),
    recording!("sub-race"),
    recording!("sub-with-get"),
    recording!("text-probe"),
    recording!("wrong-types"),
];

macro_rules! transcript {
    ($name:literal) => {
        ($name, include_str!(concat!("../fixtures/im/transcripts/", $name, ".jsonl")))
    };
}

/// The flows of the document as conversations, by name: what it shows, and between that the answers it leaves out and
/// the question for the description by which a client learns where a topic stands.
pub const IM_TRANSCRIPTS: &[(&str, &str)] = &[
    transcript!("authenticate"),
    transcript!("p2p-subscribe"),
    transcript!("p2p-publish"),
    transcript!("subscribers"),
    transcript!("details"),
    transcript!("history"),
    transcript!("group-create"),
    transcript!("group-join"),
    transcript!("group-publish"),
    transcript!("group-leave"),
    transcript!("member-remove"),
    transcript!("group-delete"),
    transcript!("group-update"),
    transcript!("group-transfer"),
];
